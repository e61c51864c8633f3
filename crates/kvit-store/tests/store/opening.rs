//! Opening and closing.

use kvit_domain::Timestamp;
use kvit_store::{Doubt, OpenFault, Store, StoreKey};

use crate::samples::folder;

fn now() -> Timestamp {
    "2026-11-22T10:00:00.123456789Z".parse().unwrap()
}

#[test]
fn made_closed_and_opened_again() {
    let folder = folder();
    let key = StoreKey::random();
    assert!(!Store::exists(folder.path()));
    let opened = Store::open(folder.path(), &key, 0, now()).unwrap();
    assert!(opened.fresh && opened.doubt.is_none() && Store::exists(folder.path()));
    assert_eq!(opened.store.opens(), 1);
    opened.store.keep_draft("chat/1", "hello").unwrap();
    opened.store.check().unwrap();
    assert_eq!(
        Store::open(folder.path(), &key, 1, now()).unwrap_err(),
        OpenFault::Taken
    );
    opened.store.close();
    assert!(!folder.path().join("store.db-wal").exists());
    let opened = Store::open(folder.path(), &key, 1, now()).unwrap();
    assert!(!opened.fresh && opened.doubt.is_none());
    assert_eq!(opened.store.draft("chat/1").unwrap().as_deref(), Some("hello"));
    assert_eq!(opened.store.opens(), 2);
    let other = StoreKey::Passphrase("words".to_owned().into());
    opened.store.change_key(&other).unwrap();
    opened.store.keep_draft("chat/2", "there").unwrap();
    opened.store.close();
    assert_eq!(
        Store::open(folder.path(), &key, 2, now()).unwrap_err(),
        OpenFault::Damaged
    );
    let opened = Store::open(folder.path(), &other, 9, now()).unwrap();
    assert_eq!(opened.doubt, Some(Doubt::OlderCopy));
    assert_eq!(opened.store.draft("chat/1").unwrap().as_deref(), Some("hello"));
    assert_eq!(opened.store.draft("chat/2").unwrap().as_deref(), Some("there"));
    opened.store.check().unwrap();
}
