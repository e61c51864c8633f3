//! At each fail point: a call that fails there, and a process that ends there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests"
)]

#[path = "store/samples.rs"]
mod samples;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use fail::FailScenario;
use kvit_domain::id::EventId;
use kvit_store::{FILE, OperationRow, Store, StoreFault, StoreKey};
use samples::*;

const FOLDER: &str = "KVIT_STORE_FOLDER";
const POINT: &str = "KVIT_STORE_POINT";

/// Points of opening a new file, in their order.
const OPENING: [&str; 4] = [
    "store.open.before_migrated",
    "store.open.migrated",
    "store.open.in_use",
    "store.open.checkpointed",
];

/// Points of the calls below, each with the number of things kept when a process ends there.
const CALLS: [(&str, usize); 20] = [
    ("store.begin.before_commit", 0),
    ("store.begin.after_commit", 1),
    ("store.change.before_commit", 1),
    ("store.change.after_commit", 2),
    ("store.payments.before_commit", 2),
    ("store.payments.after_commit", 3),
    ("store.receipts.before_commit", 3),
    ("store.receipts.after_commit", 3),
    ("store.news.before_commit", 3),
    ("store.news.after_commit", 4),
    ("store.drafts.before_commit", 4),
    ("store.drafts.after_commit", 5),
    ("store.pictures.before_commit", 5),
    ("store.pictures.after_commit", 6),
    ("store.outgoing.before_commit", 6),
    ("store.outgoing.after_commit", 7),
    ("store.talks.before_commit", 7),
    ("store.talks.after_commit", 8),
    ("store.key.written", 8),
    ("store.key.renamed", 8),
];

type Call = fn(&Store) -> Result<(), StoreFault>;

/// One after the other; each adds one to [`kept`], the last one nothing.
const ALL: [Call; 9] = [
    |store| store.begin_operation(&operation(1), &step("begun")).map(|_| ()),
    |store| {
        let done = OperationRow {
            open: false,
            ..operation(1)
        };
        store.change_operation(&done, &[step("done")])
    },
    |store| store.keep_payments(vec![verified(payment(1))], at(1)).map(|_| ()),
    |store| store.take_news(&[news(1)], at(1)).map(|_| ()),
    |store| store.keep_draft(&chat(), "text"),
    |store| store.put_picture(&draft_picture(1), Some(b"abc"), None),
    |store| store.put_outgoing(&outgoing(1), &[picture(1)], true).map(|_| ()),
    |store| {
        let came = conversation(1, vec![message(1)]);
        store.keep_conversations(vec![came], user(1), at(1)).map(|_| ())
    },
    |store| store.change_key(&next_key()),
];

/// Where the draft of [`outgoing`] is.
fn chat() -> String {
    outgoing(1).talk.to_string()
}

fn next_key() -> StoreKey {
    StoreKey::from_hex(&"a5".repeat(32).into()).unwrap()
}

/// How far the calls came. Whatever is there is whole, and nothing is there before what came before it.
fn kept(store: &Store) -> usize {
    store.check().unwrap();
    let operation = store.operation(operation(1).id).unwrap();
    let sent = store.outgoing(outgoing(1).id).unwrap().is_some();
    let all = [
        operation.is_some(),
        operation.as_ref().is_some_and(|(_, row)| !row.open),
        store.payment(payment_id(1)).unwrap().is_some(),
        store.has_news(EventId::new(1).unwrap()).unwrap(),
        store.draft(&chat()).unwrap().is_some() || sent,
        store.picture(picture(1)).unwrap().is_some(),
        sent,
        store.message_count(talk(1)).unwrap() == 1,
    ];
    let count = all.iter().take_while(|there| **there).count();
    assert!(all.iter().skip(count).all(|there| !there), "{all:?}");
    if let Some((_, row)) = operation {
        assert_eq!(store.steps(row.id).unwrap().len(), if row.open { 1 } else { 2 });
    }
    assert_eq!(store.receipt(payment_id(1)).unwrap().is_some(), count >= 3);
    // The words and the picture are in the draft or with the message, never in both and never in none.
    let drafted = !store.draft_pictures(talk(1)).unwrap().is_empty();
    assert_eq!(
        (store.draft(&chat()).unwrap().is_some(), drafted),
        ((5..7).contains(&count), count == 6)
    );
    assert_eq!(
        store.outgoing_pictures(outgoing(1).id).unwrap().len(),
        usize::from(sent)
    );
    count
}

/// Opens with the key before or the key after.
fn open_with_either(folder: &Path) -> kvit_store::Opened {
    Store::open(folder, &key(), 0, at(0))
        .or_else(|_| Store::open(folder, &next_key(), 0, at(0)))
        .unwrap()
}

#[test]
fn a_call_that_fails_keeps_all_or_nothing() {
    let scenario = FailScenario::setup();
    for (point, expected) in CALLS {
        let folder = folder();
        let store = open(folder.path());
        fail::cfg(point, "return").unwrap();
        let failed = ALL.iter().find_map(|call| call(&store).err());
        assert_eq!(failed, Some(StoreFault::Io("a fail point".into())), "{point}");
        fail::remove(point);
        // It goes on living with what it has.
        assert_eq!(kept(&store), expected, "{point}");
        store.keep_draft("other", "text").unwrap();
        store.close();
        let opened = open_with_either(folder.path());
        assert_eq!(opened.doubt, None, "{point}");
        assert_eq!(kept(&opened.store), expected, "{point}");
        assert_eq!(opened.store.draft("other").unwrap().as_deref(), Some("text"));
    }
    scenario.teardown();
}

#[test]
fn an_opening_that_fails_can_be_done_again() {
    let scenario = FailScenario::setup();
    for point in OPENING {
        let folder = folder();
        fail::cfg(point, "return").unwrap();
        assert!(Store::open(folder.path(), &key(), 0, at(0)).is_err(), "{point}");
        fail::remove(point);
        let opened = Store::open(folder.path(), &key(), 0, at(0)).unwrap();
        assert_eq!(opened.doubt, None, "{point}");
        assert_eq!(kept(&opened.store), 0);
    }
    scenario.teardown();
}

/// The child: ends without any farewell at the point it is told, or lives to the end. Without a folder it is nobody's
/// child.
#[test]
fn end_at_a_point() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let scenario = FailScenario::setup();
    let point = std::env::var(POINT).unwrap();
    fail::cfg_callback(point, || std::process::abort()).unwrap();
    let store = Store::open(&folder, &key(), 0, at(0)).unwrap().store;
    for call in ALL {
        call(&store).unwrap();
    }
    store.close();
    scenario.teardown();
}

fn ended_at(point: &str, folder: &Path) -> bool {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "end_at_a_point"])
        .env(FOLDER, folder)
        .env(POINT, point)
        .output()
        .unwrap()
        .status;
    !status.success()
}

#[test]
fn a_process_that_ends_at_a_point_leaves_what_was_committed() {
    for (point, expected) in CALLS {
        let folder = folder();
        assert!(ended_at(point, folder.path()), "{point} was never reached");
        let opened = open_with_either(folder.path());
        assert_eq!((opened.doubt, kept(&opened.store)), (None, expected), "{point}");
        assert!(folder.path().join(FILE).exists() && !folder.path().join("store.next.db").exists());
    }
    let folder = folder();
    assert!(
        !ended_at("no.such.point", folder.path()),
        "the child by itself is well"
    );
    let opened = open_with_either(folder.path());
    assert_eq!((opened.doubt, kept(&opened.store)), (None, 8));
}

#[test]
fn a_process_that_ends_while_opening_leaves_a_file_that_opens() {
    for point in OPENING {
        let folder = folder();
        for round in 0..3 {
            let ended = ended_at(point, folder.path());
            // A layout is reached once; the others are passed at every opening.
            assert!(ended || (round > 0 && point.ends_with("migrated")), "{point}");
        }
        let opened = open_with_either(folder.path());
        assert_eq!(opened.doubt, None, "{point}");
        kept(&opened.store);
    }
}
