-- Layout 2: what people say to each other, with pictures; which payments give back; the key that signs.

-- The payment that a refund gives back of.
ALTER TABLE payments ADD COLUMN refund_of INTEGER;
UPDATE payments SET refund_of =
    (SELECT CASE WHEN json_valid(b.body) THEN json_extract(b.body, '$.invoice.refund_of') END
     FROM payment_bodies b WHERE b.payment = payments.id)
WHERE refund = 1;
CREATE INDEX payments_refund_of ON payments (refund_of) WHERE refund_of IS NOT NULL;

-- Where messages are exchanged. `name` says all of `kind`, `about` and `buyer`: an invoice and who would buy, a payment, or
-- a deal. `person` is the other side; `last` the newest message, 0 if there is none; `spoken` what lists sort by.
-- `read_to` is the newest message that the person has read; `unread` are those of others above it.
CREATE TABLE talks (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    about INTEGER NOT NULL,
    buyer BLOB,
    person BLOB NOT NULL REFERENCES people (id),
    subject TEXT NOT NULL,
    conversation INTEGER,
    last INTEGER NOT NULL,
    spoken TEXT NOT NULL,
    read_to INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    hidden INTEGER NOT NULL,
    read TEXT NOT NULL
) STRICT;
CREATE INDEX talks_listed ON talks (spoken, number, kind, person, unread) WHERE hidden = 0;
CREATE INDEX talks_unread ON talks (unread) WHERE hidden = 0 AND unread > 0;

-- Messages as the marketplace gives them now. No author: the arbiter. `pictures` are names, or how many there were.
CREATE TABLE messages (
    row INTEGER PRIMARY KEY,
    talk INTEGER NOT NULL REFERENCES talks (number),
    number INTEGER NOT NULL,
    own INTEGER NOT NULL,
    author BLOB,
    created TEXT NOT NULL,
    text TEXT NOT NULL,
    pictures TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    UNIQUE (talk, number)
) STRICT;
CREATE INDEX messages_of_others ON messages (talk, number) WHERE own = 0;

-- Messages as the marketplace gave them at another time.
CREATE TABLE former_messages (
    row INTEGER PRIMARY KEY,
    message INTEGER NOT NULL REFERENCES messages (row),
    noticed TEXT NOT NULL,
    author BLOB,
    created TEXT NOT NULL,
    text TEXT NOT NULL,
    pictures TEXT NOT NULL
) STRICT;
CREATE INDEX former_messages_message ON former_messages (message);

-- What is searched, in lower case: the other side's name and the subject of a talk (message 0), and each message.
CREATE TABLE talk_words (
    row INTEGER PRIMARY KEY,
    talk INTEGER NOT NULL REFERENCES talks (number),
    message INTEGER NOT NULL,
    words TEXT NOT NULL,
    UNIQUE (talk, message)
) STRICT;
CREATE VIRTUAL TABLE talk_trigrams USING fts5 (
    words,
    content = 'talk_words', content_rowid = 'row',
    columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

-- Messages on their way. `message`: what the marketplace made of it, once that is known.
CREATE TABLE outgoing (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    talk TEXT NOT NULL,
    state TEXT NOT NULL,
    open INTEGER NOT NULL,
    made TEXT NOT NULL,
    message INTEGER,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX outgoing_open ON outgoing (number) WHERE open = 1;
CREATE INDEX outgoing_unmatched ON outgoing (talk, number) WHERE message IS NULL;

-- Messages that came of what was sent: the one, and copies that something on the way made of it. Nobody else's, ever.
CREATE TABLE claims (
    talk TEXT NOT NULL,
    message INTEGER NOT NULL,
    outgoing INTEGER NOT NULL REFERENCES outgoing (number),
    PRIMARY KEY (talk, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX claims_outgoing ON claims (outgoing);

-- Pictures: those made here, from the draft on, and those of others. `place` is the order in a draft or a message, `outgoing`
-- the message on its way that takes them along, `held` the bytes that lie here.
CREATE TABLE pictures (
    id BLOB PRIMARY KEY,
    mine INTEGER NOT NULL,
    talk TEXT,
    state TEXT NOT NULL,
    place INTEGER,
    outgoing INTEGER REFERENCES outgoing (number),
    name TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    length INTEGER NOT NULL,
    sha256 BLOB,
    made TEXT NOT NULL,
    used TEXT NOT NULL,
    held INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX pictures_draft ON pictures (talk, place) WHERE state = 'draft';
CREATE INDEX pictures_outgoing ON pictures (outgoing) WHERE outgoing IS NOT NULL;
CREATE INDEX pictures_evictable ON pictures (used, held) WHERE held > 0 AND state IN ('uploaded', 'received');

CREATE TABLE picture_bytes (
    row INTEGER PRIMARY KEY,
    picture BLOB NOT NULL REFERENCES pictures (id),
    size TEXT NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (picture, size)
) STRICT;

-- Keys of this installation for this account, by what they are for.
CREATE TABLE keys (
    what TEXT PRIMARY KEY,
    seed BLOB NOT NULL CHECK (length(seed) = 32)
) STRICT, WITHOUT ROWID;

-- Belt and braces, as in layout 1.
CREATE TRIGGER talks_stay BEFORE DELETE ON talks BEGIN SELECT raise(ABORT, 'talks stay'); END;
CREATE TRIGGER messages_stay BEFORE DELETE ON messages BEGIN SELECT raise(ABORT, 'messages stay'); END;
CREATE TRIGGER former_messages_stay BEFORE DELETE ON former_messages BEGIN SELECT raise(ABORT, 'messages stay'); END;
CREATE TRIGGER former_messages_are_final BEFORE UPDATE ON former_messages
    BEGIN SELECT raise(ABORT, 'former messages are final'); END;
CREATE TRIGGER outgoing_stays BEFORE DELETE ON outgoing WHEN old.open = 1 OR old.message IS NOT NULL
    BEGIN SELECT raise(ABORT, 'what is on its way or sent stays'); END;
CREATE TRIGGER pictures_stay BEFORE DELETE ON pictures WHEN old.outgoing IS NOT NULL
    BEGIN SELECT raise(ABORT, 'pictures of a message stay'); END;
CREATE TRIGGER queued_bytes_stay BEFORE DELETE ON picture_bytes
    WHEN EXISTS (SELECT 1 FROM pictures p WHERE p.id = old.picture AND p.state = 'queued' AND p.outgoing IS NOT NULL)
    BEGIN SELECT raise(ABORT, 'pictures of a message stay'); END;
CREATE TRIGGER keys_stay BEFORE DELETE ON keys BEGIN SELECT raise(ABORT, 'keys stay'); END;
CREATE TRIGGER keys_are_final BEFORE UPDATE ON keys BEGIN SELECT raise(ABORT, 'keys are final'); END;
