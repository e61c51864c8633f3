//! What is damaged, cut, swapped, older, newer, locked or somebody else's is told from what was written.

use std::{
    fs,
    path::{Path, PathBuf},
};

use kvit_domain::{
    id::PaymentId,
    message::Message,
    payment::{BearerText, PaymentStatus, Secret},
};
use kvit_store::{
    Doubt, FILE, Freshness, KeptPayment, OpenFault, Page, PictureSize, Seed, Store, StoreFault, StoreKey,
    TalksQuery,
};
use tempfile::TempDir;

use crate::samples::*;

const LOG: &str = "store.db-wal";
const PAGE: usize = 4096;
/// Heads of the log and of each frame in it.
const LOG_HEAD: usize = 32;
const FRAME_HEAD: usize = 24;

/// Payments as they come first.
fn fill_payments(store: &Store) {
    for number in 1..=12 {
        let mut payment = payment(number);
        payment.invoice.comment = format!("order {number} {}", "long ".repeat(100));
        payment.secrets = vec![Secret {
            text: "MARKER-SECRET".into(),
            url: None,
            pictures: Vec::new(),
        }];
        payment.change_promise = Some(BearerText::new("MARKER-PROMISE".into()));
        store.keep_payments(vec![verified(payment)], at(1)).unwrap();
    }
}

/// A little of everything; the last commit is a durable one.
fn fill(store: &Store) {
    fill_payments(store);
    let mut pending = payment(3);
    pending.status = PaymentStatus::Pending;
    store.keep_payments(vec![unchecked(pending)], at(2)).unwrap();
    store
        .keep_deals(vec![deal(1), deal(2)], Freshness::Read, at(2))
        .unwrap();
    store.keep_balance(Default::default(), at(2)).unwrap();
    for number in 1..=5 {
        store
            .begin_operation(&operation(number), &step("MARKER-STEP"))
            .unwrap();
    }
    for text in ["MARKER-EARLIER", "MARKER-MESSAGE"] {
        let said = Message {
            text: text.into(),
            ..message(1)
        };
        store
            .keep_conversations(vec![conversation(1, vec![said])], user(1), at(3))
            .unwrap();
    }
    store
        .put_picture(&draft_picture(1), Some(b"MARKER-PICTURE"), None)
        .unwrap();
    store.put_outgoing(&outgoing(1), &[picture(1)], false).unwrap();
    store.put_signing_seed(&Seed::random()).unwrap();
    store.take_news(&[news(1), news(2)], at(3)).unwrap();
    store.keep_draft("chat", "MARKER-DRAFT").unwrap();
}

/// A closed store.
fn closed() -> TempDir {
    let folder = folder();
    let store = open(folder.path());
    fill(&store);
    store.close();
    folder
}

/// What a kill leaves: the files of a store that is open. Everything is in the log but for what was there at `fill`.
fn killed() -> TempDir {
    let (living, left) = (folder(), folder());
    let store = open(living.path());
    fill(&store);
    copy(living.path(), left.path());
    left
}

fn copy(from: &Path, to: &Path) {
    for name in [FILE, LOG, "store.seen"] {
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

/// Everything that can be read, as text.
fn content(store: &Store) -> Result<String, StoreFault> {
    let mut all = String::new();
    let mut add = |text: String| all.push_str(&text);
    let ids: Vec<PaymentId> = (1..=12).map(payment_id).collect();
    for id in &ids {
        add(format!("{:?}", store.payment(*id)?));
        add(format!("{:?}", store.receipt(*id)?));
        add(format!("{:?}", store.said_of(*id)?));
        add(format!("{:?}", store.notices_of(*id)?));
    }
    for (_, operation) in store.operations(None, 99)? {
        add(format!("{:?}", store.steps(operation.id)?));
        add(format!("{operation:?}"));
    }
    add(format!("{:?}", store.deals(false, 99)?));
    add(format!("{:?}", store.news(None, 99)?));
    add(format!("{:?}", store.balance()?));
    add(format!("{:?}", store.draft("chat")?));
    add(format!("{:?}", store.talks(&TalksQuery::default(), 0, 99)?));
    add(format!("{:?}", store.messages(talk(1), Page::Last, 99)?));
    add(format!("{:?}", store.open_outgoing()?));
    add(format!("{:?}", store.outgoing_pictures(outgoing(1).id)?));
    add(format!(
        "{:?}",
        store.picture_bytes(picture(1), PictureSize::Original)?
    ));
    add(format!("{:?}", store.signing_seed()?.map(|seed| *seed.reveal())));
    Ok(all)
}

#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// A fault or a doubt said so.
    Told,
    /// Nothing said so, and everything is as it was.
    Same,
    /// Nothing said so, and something is another.
    Other,
}

/// Opens what was damaged, and looks whether that is told. No payment may ever be read as one it never was.
fn judge(folder: &Path, whole: &str, versions: &[KeptPayment]) -> Found {
    let opened = match Store::open(folder, &key(), 0, at(9)) {
        Err(OpenFault::Damaged | OpenFault::Unreadable(_) | OpenFault::Newer { .. }) => return Found::Told,
        Err(other) => panic!("{other:?}"),
        Ok(opened) => opened,
    };
    for number in 1..=12 {
        if let Ok(Some(kept)) = opened.store.payment(payment_id(number)) {
            assert!(versions.contains(&kept), "another value: {kept:?}");
        }
    }
    if opened.doubt.is_some() || opened.store.check().is_err() {
        return Found::Told;
    }
    match content(&opened.store) {
        Err(_) => Found::Told,
        Ok(read) if read == whole => Found::Same,
        Ok(_) => Found::Other,
    }
}

/// What is in a folder: as one text, and as payments, each in every version it ever had.
fn whole(left: &Path) -> (String, Vec<KeptPayment>) {
    let other = folder();
    copy(left, other.path());
    let store = Store::open(other.path(), &key(), 0, at(9)).unwrap().store;
    let ids: Vec<PaymentId> = (1..=12).map(payment_id).collect();
    let mut versions = store.payments_by_id(&ids).unwrap();
    assert_eq!(versions.len(), 12);
    // And before the last of them changed.
    let first = Store::in_memory(at(0)).unwrap();
    fill_payments(&first);
    versions.extend(first.payments_by_id(&ids).unwrap());
    (content(&store).unwrap(), versions)
}

/// The folder once more, one of its files changed.
fn changed(left: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> TempDir {
    let other = folder();
    copy(left, other.path());
    let path = other.path().join(name);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
    other
}

/// A bit for each part of a page, another one in every page.
fn bits(page: usize) -> [usize; 4] {
    let mix = |part: usize| (page.wrapping_mul(2_654_435_761) ^ part.wrapping_mul(40_503)) >> 3;
    // Anywhere; in the first bytes; in the nonce and in the code at the end (48 + 32 bytes before the padding).
    [
        mix(1) % (PAGE * 8),
        mix(2) % 128,
        (PAGE - 80) * 8 + mix(3) % 128,
        (PAGE - 64) * 8 + mix(4) % 512,
    ]
}

#[test]
fn one_bit_in_any_page_of_the_file_is_told() {
    let folder = closed();
    let (whole, versions) = whole(folder.path());
    let pages = fs::metadata(folder.path().join(FILE)).unwrap().len() as usize / PAGE;
    assert!(pages > 40, "{pages} pages");
    println!("{pages} pages");
    for page in 0..pages {
        for bit in bits(page) {
            let other = changed(folder.path(), FILE, |bytes| {
                bytes[page * PAGE + bit / 8] ^= 1 << (bit % 8);
            });
            assert_eq!(
                judge(other.path(), &whole, &versions),
                Found::Told,
                "page {page}, bit {bit}"
            );
        }
    }
}

#[test]
fn one_bit_anywhere_in_the_log_is_told_or_changes_nothing() {
    let folder = killed();
    let (whole, versions) = whole(folder.path());
    let log = fs::metadata(folder.path().join(LOG)).unwrap().len() as usize;
    let frames = (log - LOG_HEAD) / (FRAME_HEAD + PAGE);
    assert!(frames > 100, "{frames} frames");
    println!("{frames} frames");
    let mut told = 0;
    for frame in 0..frames {
        let start = LOG_HEAD + frame * (FRAME_HEAD + PAGE);
        for (place, bit) in [
            (start + frame % FRAME_HEAD, frame % 8),
            (start + FRAME_HEAD + bits(frame)[0] / 8, frame % 8),
        ] {
            let other = changed(folder.path(), LOG, |bytes| bytes[place] ^= 1 << bit);
            let found = judge(other.path(), &whole, &versions);
            assert_ne!(found, Found::Other, "frame {frame}, byte {place}");
            told += usize::from(found == Found::Told);
        }
    }
    assert_eq!(
        told,
        2 * frames,
        "every frame holds something that was acknowledged"
    );
    for place in 0..LOG_HEAD {
        let other = changed(folder.path(), LOG, |bytes| bytes[place] ^= 1);
        assert_ne!(
            judge(other.path(), &whole, &versions),
            Found::Other,
            "head, byte {place}"
        );
    }
}

#[test]
fn a_log_cut_short_is_told() {
    let folder = killed();
    let (whole, versions) = whole(folder.path());
    let log = fs::metadata(folder.path().join(LOG)).unwrap().len() as usize;
    for cut in (0..log).step_by(5_003) {
        let other = changed(folder.path(), LOG, |bytes| bytes.truncate(cut));
        assert_eq!(judge(other.path(), &whole, &versions), Found::Told, "at {cut}");
    }
}

#[test]
fn a_file_cut_short_is_told() {
    let folder = closed();
    let (whole, versions) = whole(folder.path());
    let length = fs::metadata(folder.path().join(FILE)).unwrap().len() as usize;
    for cut in (1..length).step_by(10_007).chain([1, 15, 16, 100, PAGE - 1]) {
        let other = changed(folder.path(), FILE, |bytes| bytes.truncate(cut));
        assert_eq!(judge(other.path(), &whole, &versions), Found::Told, "at {cut}");
    }
}

#[test]
fn two_pages_in_each_others_place_are_told() {
    let folder = closed();
    let (whole, versions) = whole(folder.path());
    let pages = fs::metadata(folder.path().join(FILE)).unwrap().len() as usize / PAGE;
    for page in 0..pages - 1 {
        let with = page + 1 + (page * 7) % (pages - page - 1);
        let other = changed(folder.path(), FILE, |bytes| {
            let (head, tail) = bytes.split_at_mut(with * PAGE);
            head[page * PAGE..(page + 1) * PAGE].swap_with_slice(&mut tail[..PAGE]);
        });
        assert_eq!(
            judge(other.path(), &whole, &versions),
            Found::Told,
            "{page} and {with}"
        );
    }
}

#[test]
fn a_kill_loses_nothing() {
    let folder = killed();
    let (whole, versions) = whole(folder.path());
    assert_eq!(judge(folder.path(), &whole, &versions), Found::Same);
}

#[test]
fn a_log_that_is_gone_is_doubted_until_the_file_was_closed() {
    let folder = killed();
    fs::remove_file(folder.path().join(LOG)).unwrap();
    let opened = Store::open(folder.path(), &key(), 0, at(9)).unwrap();
    assert_eq!(opened.doubt, Some(Doubt::LogGone));
    // Killed before anybody could act on it.
    let again = crate::samples::folder();
    copy(folder.path(), again.path());
    let reopened = Store::open(again.path(), &key(), 0, at(9)).unwrap();
    assert_eq!(reopened.doubt, Some(Doubt::LogGone));
    reopened.store.close();
    let reopened = Store::open(again.path(), &key(), 0, at(9)).unwrap();
    assert_eq!(reopened.doubt, None);
}

#[test]
fn an_older_copy_is_doubted_by_what_is_remembered() {
    let folder = closed();
    let older = crate::samples::folder();
    fs::copy(folder.path().join(FILE), older.path().join(FILE)).unwrap();
    let store = open(folder.path());
    store.keep_draft("chat", "later").unwrap();
    let opens = store.opens();
    store.close();
    // By how often it was opened, as the caller remembers.
    let opened = Store::open(older.path(), &key(), opens + 1, at(9)).unwrap();
    assert_eq!(opened.doubt, Some(Doubt::OlderCopy));
    assert!(
        opened.store.opens() > opens + 1,
        "or the next older copy would pass"
    );
    opened.store.close();
    // By the number of commits beside it, if the caller remembers nothing.
    let other = closed();
    let store = open(other.path());
    store.keep_draft("chat", "later").unwrap();
    fs::copy(other.path().join("store.seen"), folder.path().join("seen")).unwrap();
    store.close();
    let first = closed();
    fs::copy(first.path().join(FILE), other.path().join(FILE)).unwrap();
    let opened = Store::open(other.path(), &key(), 0, at(9)).unwrap();
    assert_eq!(opened.doubt, Some(Doubt::OlderCopy));
}

#[test]
fn a_file_that_is_gone_is_doubted_if_it_is_remembered() {
    let folder = folder();
    let opened = Store::open(folder.path(), &key(), 3, at(9)).unwrap();
    assert!(opened.fresh);
    assert_eq!(opened.doubt, Some(Doubt::OlderCopy));
    assert_eq!(opened.store.opens(), 4);
}

#[test]
fn another_key_does_not_open_it() {
    let folder = closed();
    let fault = Store::open(folder.path(), &StoreKey::random(), 0, at(9)).unwrap_err();
    assert_eq!(fault, OpenFault::Damaged);
    let words = |text: &str| StoreKey::Passphrase(text.to_owned().into());
    let fault = Store::open(folder.path(), &words("wrong"), 0, at(9)).unwrap_err();
    assert_eq!(fault, OpenFault::WrongPassphrase);
    // Refusing changed nothing.
    let opened = Store::open(folder.path(), &key(), 0, at(9)).unwrap();
    assert_eq!(opened.doubt, None);
    opened.store.change_key(&words("right")).unwrap();
    opened.store.check().unwrap();
    opened.store.keep_draft("chat", "after").unwrap();
    opened.store.close();
    let fault = Store::open(folder.path(), &words("Right"), 0, at(9)).unwrap_err();
    assert_eq!(fault, OpenFault::WrongPassphrase);
    let opened = Store::open(folder.path(), &words("right"), 0, at(9)).unwrap();
    assert_eq!(opened.doubt, None);
    assert_eq!(opened.store.draft("chat").unwrap().as_deref(), Some("after"));
    assert_eq!(opened.store.receipt_count().unwrap(), 12);
    let query = kvit_store::PaymentsQuery {
        me: user(1),
        direction: None,
        status: None,
        text: "order 7".into(),
        noticed_only: false,
    };
    assert_eq!(opened.store.payment_ids(&query).unwrap(), [payment_id(7)]);
}

#[test]
fn a_later_layout_is_refused_and_left_alone() {
    let folder = closed();
    let raw = raw(folder.path());
    raw.pragma_update(None, "user_version", 99).unwrap();
    drop(raw);
    let before = fs::read(folder.path().join(FILE)).unwrap();
    let fault = Store::open(folder.path(), &key(), 0, at(9)).unwrap_err();
    assert!(matches!(fault, OpenFault::Newer { found: 99, known } if known >= 1));
    assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), before);
}

/// The file without the store around it.
fn raw(folder: &Path) -> rusqlite::Connection {
    let raw = rusqlite::Connection::open(folder.join(FILE)).unwrap();
    raw.execute_batch(&format!("PRAGMA key = \"x'{}'\"", "5a".repeat(32)))
        .unwrap();
    raw
}

#[test]
fn receipts_and_what_was_said_cannot_be_touched_by_any_statement() {
    let folder = closed();
    let raw = raw(folder.path());
    for statement in [
        "DELETE FROM receipts",
        "UPDATE receipts SET sats = 1",
        "UPDATE receipt_texts SET text = ''",
        "DELETE FROM receipt_texts",
        "DELETE FROM said",
        "UPDATE said SET value = ''",
        "DELETE FROM operations",
        "DELETE FROM steps",
        "UPDATE steps SET what = ''",
        "DELETE FROM notices",
        "DELETE FROM talks",
        "DELETE FROM messages",
        "DELETE FROM former_messages",
        "UPDATE former_messages SET text = ''",
        "DELETE FROM outgoing",
        "DELETE FROM pictures",
        "DELETE FROM picture_bytes",
        "DELETE FROM keys",
        "UPDATE keys SET seed = zeroblob(32)",
    ] {
        assert!(raw.execute(statement, []).is_err(), "{statement}");
    }
}

#[test]
fn a_value_that_cannot_be_is_damage_and_not_a_nought() {
    let folder = closed();
    let raw = raw(folder.path());
    let body: String = raw
        .query_row("SELECT body FROM payment_bodies WHERE payment = 1", [], |row| {
            row.get(0)
        })
        .unwrap();
    for (from, to) in [
        ("\"amount\":2000,", ""),
        ("\"amount\":2000,", "\"amount\":-1,"),
        ("\"amount\":2000,", "\"amount\":2.5,"),
        ("\"amount\":2000,", "\"amount\":\"2000\","),
        ("\"status\":\"paid\"", "\"status\":\"payed\""),
        ("\"id\":1,", "\"id\":2,"),
        ("\"id\":1,", "\"id\":0,"),
    ] {
        let other = body.replacen(from, to, 1);
        assert_ne!(other, body, "{from}");
        raw.execute("UPDATE payment_bodies SET body = ?1 WHERE payment = 1", [other])
            .unwrap();
        let store = open(folder.path());
        let fault = store.payment(payment_id(1)).unwrap_err();
        assert!(matches!(fault, StoreFault::Damaged(_)), "{from} -> {to}");
        assert!(!fault.to_string().contains("MARKER"), "{fault}");
        assert!(store.payment(payment_id(2)).unwrap().is_some());
    }
}

#[test]
fn an_empty_file_and_a_half_made_one_are_new() {
    for half in [false, true] {
        let folder = folder();
        if half {
            let raw = raw(folder.path());
            let _: String = raw
                .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
                .unwrap();
        } else {
            fs::write(folder.path().join(FILE), b"").unwrap();
        }
        let opened = Store::open(folder.path(), &key(), 0, at(0)).unwrap();
        assert!(opened.fresh && opened.doubt.is_none());
        opened.store.check().unwrap();
    }
}

#[test]
fn a_log_without_its_file_is_not_played_into_a_new_one() {
    let folder = killed();
    fs::remove_file(folder.path().join(FILE)).unwrap();
    let opened = Store::open(folder.path(), &key(), 1, at(9)).unwrap();
    assert!(opened.fresh && opened.doubt == Some(Doubt::OlderCopy));
    assert_eq!(opened.store.payment_count().unwrap(), 0);
    assert!(folder.path().join("store.damaged-1.db-wal").exists());
}

#[test]
fn setting_aside_overwrites_nothing() {
    let folder = closed();
    fs::write(folder.path().join("store.damaged-1.db"), "first").unwrap();
    fs::write(folder.path().join("store.damaged-2.db-wal"), "second").unwrap();
    let before = fs::read(folder.path().join(FILE)).unwrap();
    fs::write(folder.path().join(LOG), "log").unwrap();
    let aside = Store::set_aside(folder.path()).unwrap();
    assert_eq!(aside, folder.path().join("store.damaged-3.db"));
    assert_eq!(fs::read(&aside).unwrap(), before);
    assert_eq!(
        fs::read(folder.path().join("store.damaged-3.db-wal")).unwrap(),
        b"log"
    );
    assert_eq!(
        fs::read(folder.path().join("store.damaged-1.db")).unwrap(),
        b"first"
    );
    assert!(!Store::exists(folder.path()) && !folder.path().join(LOG).exists());
    assert_eq!(
        Store::set_aside(folder.path()).unwrap_err().kind(),
        std::io::ErrorKind::NotFound
    );
    let opened = Store::open(folder.path(), &key(), 0, at(9)).unwrap();
    assert!(opened.fresh && opened.doubt.is_none());
    assert_eq!(
        Store::set_aside(folder.path()).unwrap_err().kind(),
        std::io::ErrorKind::ResourceBusy
    );
}

#[test]
fn nothing_of_it_lies_readable_on_the_disk() {
    let folder = folder();
    let store = open(folder.path());
    fill(&store);
    let search = || {
        let mut files = 0;
        for entry in fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            for marker in [&b"MARKER"[..], b"shop", b"CREATE TABLE", b"SQLite format"] {
                assert!(
                    !bytes.windows(marker.len()).any(|window| window == marker),
                    "{} in {path:?}",
                    String::from_utf8_lossy(marker)
                );
            }
            files += 1;
        }
        files
    };
    assert!(search() >= 4, "file, log, index, lock, number");
    store.close();
    search();
}

/// Runs a test of this binary in a process of its own; what it printed.
fn child(name: &str, folder: &Path, prepare: impl FnOnce(&mut std::process::Command)) -> String {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", name, "--nocapture"])
        .env("KVIT_STORE_FOLDER", folder);
    prepare(&mut command);
    let output = command.output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The other process of the tests below. Without a folder it is nobody's.
#[test]
fn open_and_say_what_happened() {
    let Some(folder) = std::env::var_os("KVIT_STORE_FOLDER").map(PathBuf::from) else {
        return;
    };
    match Store::open(&folder, &key(), 0, at(9)) {
        Ok(_) => println!("opened it"),
        Err(fault) => println!("said {fault:?}"),
    }
}

#[test]
fn a_second_process_does_not_open_it() {
    let folder = closed();
    let store = open(folder.path());
    let tried = || child("damage::open_and_say_what_happened", folder.path(), |_| {});
    assert!(tried().contains("said Taken"));
    store.close();
    assert!(tried().contains("opened it"));
}

#[cfg(unix)]
mod rights {
    use super::*;
    use std::os::unix::{fs::PermissionsExt as _, process::CommandExt as _};

    #[test]
    fn only_the_owner_may_read() {
        let folder = folder();
        let store = open(folder.path());
        fill(&store);
        for entry in fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{:?}", entry.file_name());
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_said_to_be() {
        let file = closed();
        let below = file.path().join(FILE).join("folder");
        assert!(matches!(
            Store::open(&below, &key(), 0, at(9)),
            Err(OpenFault::Unwritable(_))
        ));
        let folder = closed();
        let rights = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        fs::remove_file(folder.path().join("store.lock")).unwrap();
        rights(0o555);
        // Rights do not bind the super-user, so such a one asks as nobody.
        let root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
        let said = child("damage::open_and_say_what_happened", folder.path(), |command| {
            if root {
                command.uid(65_534).gid(65_534);
            }
        });
        rights(0o755);
        assert!(said.contains("said Unwritable"), "{said}");
    }
}
