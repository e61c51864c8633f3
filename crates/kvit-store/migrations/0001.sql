-- Layout 1. Times are RFC 3339 in UTC with nine places; people are the 16 bytes of their id, none for the marketplace.

-- The file itself. `in_use`: somebody has it open, so a log must lie beside it. `commits`: durable ones, ever.
-- `doubt`: what was wrong when it was opened, kept until it is closed properly.
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    opens INTEGER NOT NULL,
    in_use INTEGER NOT NULL,
    commits INTEGER NOT NULL,
    touched INTEGER NOT NULL,
    doubt TEXT
) STRICT;
INSERT INTO state VALUES (1, 0, 0, 0, 0, NULL);

-- Copies of what the marketplace said.

CREATE TABLE people (
    id BLOB PRIMARY KEY,
    read TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE invoices (
    id INTEGER PRIMARY KEY,
    read TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE deals (
    id INTEGER PRIMARY KEY,
    open INTEGER NOT NULL,
    payment INTEGER,
    read TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX deals_open ON deals (id) WHERE open = 1;
CREATE INDEX deals_read ON deals (read);
CREATE INDEX deals_payment ON deals (payment) WHERE payment IS NOT NULL;

-- What lists sort and filter by; the rest of a payment is in its body, so that a list reads few pages.
CREATE TABLE payments (
    id INTEGER PRIMARY KEY,
    buyer BLOB NOT NULL REFERENCES people (id),
    owner BLOB NOT NULL REFERENCES people (id),
    invoice INTEGER NOT NULL,
    deal INTEGER REFERENCES deals (id),
    status TEXT NOT NULL,
    sats INTEGER NOT NULL,
    pieces INTEGER NOT NULL,
    refund INTEGER NOT NULL,
    created TEXT NOT NULL,
    mark TEXT NOT NULL,
    mark_key TEXT,
    first_read TEXT NOT NULL,
    read TEXT NOT NULL,
    gone INTEGER NOT NULL
) STRICT;
CREATE INDEX payments_owner ON payments (owner, status, id);
CREATE INDEX payments_invoice ON payments (invoice, id);
CREATE INDEX payments_buyer ON payments (buyer);
CREATE INDEX payments_deal ON payments (deal) WHERE deal IS NOT NULL;
CREATE INDEX payments_pending ON payments (id) WHERE status = 'pending';
CREATE INDEX payments_paid ON payments (mark_key, id) WHERE status = 'paid';
CREATE INDEX payments_first ON payments (first_read);

CREATE TABLE payment_bodies (
    payment INTEGER PRIMARY KEY REFERENCES payments (id),
    body TEXT NOT NULL
) STRICT;

-- The signed text of the copy: another one at every read.
CREATE TABLE confirmations (
    payment INTEGER PRIMARY KEY REFERENCES payments (id),
    text TEXT NOT NULL
) STRICT;

-- What is searched, in lower case.
CREATE TABLE payment_words (
    payment INTEGER PRIMARY KEY REFERENCES payments (id),
    buyer TEXT NOT NULL,
    owner TEXT NOT NULL,
    comment TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE payment_trigrams USING fts5 (
    buyer, owner, comment,
    content = 'payment_words', content_rowid = 'payment',
    columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE balances (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    read TEXT NOT NULL,
    confirmed INTEGER NOT NULL,
    unconfirmed INTEGER NOT NULL,
    deposited INTEGER NOT NULL
) STRICT;
CREATE INDEX balances_at ON balances (at);

CREATE TABLE rates (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE profile (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    anonymous INTEGER NOT NULL,
    default_currency TEXT NOT NULL
) STRICT;

CREATE TABLE sync (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    first_done INTEGER NOT NULL,
    before INTEGER,
    taken INTEGER NOT NULL,
    finished TEXT
) STRICT;

CREATE TABLE marks (
    place TEXT PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What must never be lost.

CREATE TABLE receipts (
    payment INTEGER PRIMARY KEY,
    first_seen TEXT NOT NULL,
    key TEXT NOT NULL,
    signed TEXT NOT NULL,
    pieces INTEGER,
    invoice INTEGER NOT NULL,
    sats INTEGER NOT NULL,
    created TEXT NOT NULL,
    payer TEXT NOT NULL,
    owner TEXT NOT NULL,
    payer_words TEXT NOT NULL,
    owner_words TEXT NOT NULL
) STRICT;
CREATE INDEX receipts_invoice ON receipts (invoice);
CREATE TABLE receipt_texts (
    payment INTEGER PRIMARY KEY REFERENCES receipts (payment),
    text TEXT NOT NULL
) STRICT;

-- What the marketplace said of a payment before, where it changed; first values that never changed are the copy's.
CREATE TABLE said (
    number INTEGER PRIMARY KEY,
    payment INTEGER NOT NULL REFERENCES payments (id),
    at TEXT NOT NULL,
    about TEXT NOT NULL,
    value TEXT NOT NULL
) STRICT;
CREATE INDEX said_payment ON said (payment, about);
CREATE INDEX said_paid ON said (at) WHERE about = 'status' AND value = 'paid';

-- What was bought, as it was handed over before it became something else.
CREATE TABLE former_secrets (
    number INTEGER PRIMARY KEY,
    payment INTEGER NOT NULL REFERENCES payments (id),
    until TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX former_secrets_payment ON former_secrets (payment);

CREATE TABLE notices (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    payment INTEGER NOT NULL REFERENCES payments (id),
    about TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    noticed TEXT NOT NULL,
    seen INTEGER NOT NULL
) STRICT;
CREATE INDEX notices_payment ON notices (payment, about);
CREATE INDEX notices_unseen ON notices (payment) WHERE seen = 0;

CREATE TABLE operations (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    act TEXT NOT NULL,
    state TEXT NOT NULL,
    open INTEGER NOT NULL,
    prepared TEXT NOT NULL,
    settled TEXT,
    invoice INTEGER,
    payment INTEGER,
    deal INTEGER,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX operations_open ON operations (number) WHERE open = 1;
CREATE INDEX operations_payment ON operations (payment) WHERE payment IS NOT NULL;
CREATE INDEX operations_deal ON operations (deal) WHERE deal IS NOT NULL;

CREATE TABLE steps (
    number INTEGER PRIMARY KEY,
    operation INTEGER NOT NULL REFERENCES operations (number),
    at TEXT NOT NULL,
    what TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX steps_operation ON steps (operation);

CREATE TABLE news (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    event INTEGER NOT NULL UNIQUE,
    received TEXT NOT NULL,
    kind TEXT NOT NULL,
    told INTEGER NOT NULL,
    marked INTEGER NOT NULL,
    read INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX news_untold ON news (number) WHERE told = 0;
CREATE INDEX news_unmarked ON news (number) WHERE told = 1 AND marked = 0;
CREATE INDEX news_unread ON news (number) WHERE read = 0;

CREATE TABLE drafts (
    place TEXT PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Belt and braces: no statement of ours does these, and none ever may.
CREATE TRIGGER receipts_stay BEFORE DELETE ON receipts BEGIN SELECT raise(ABORT, 'receipts stay'); END;
CREATE TRIGGER receipts_are_final BEFORE UPDATE ON receipts BEGIN SELECT raise(ABORT, 'receipts are final'); END;
CREATE TRIGGER receipt_texts_stay BEFORE DELETE ON receipt_texts BEGIN SELECT raise(ABORT, 'receipts stay'); END;
CREATE TRIGGER receipt_texts_are_final BEFORE UPDATE ON receipt_texts BEGIN SELECT raise(ABORT, 'receipts are final'); END;
CREATE TRIGGER said_stays BEFORE DELETE ON said BEGIN SELECT raise(ABORT, 'what was said stays'); END;
CREATE TRIGGER said_is_final BEFORE UPDATE ON said BEGIN SELECT raise(ABORT, 'what was said is final'); END;
CREATE TRIGGER operations_stay BEFORE DELETE ON operations BEGIN SELECT raise(ABORT, 'operations stay'); END;
CREATE TRIGGER steps_stay BEFORE DELETE ON steps BEGIN SELECT raise(ABORT, 'steps stay'); END;
CREATE TRIGGER steps_are_final BEFORE UPDATE ON steps BEGIN SELECT raise(ABORT, 'steps are final'); END;
CREATE TRIGGER notices_stay BEFORE DELETE ON notices BEGIN SELECT raise(ABORT, 'notices stay'); END;
