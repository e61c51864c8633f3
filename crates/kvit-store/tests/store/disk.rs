//! A disk that is full, that fails, and a process that the kernel ends in the middle of a call: strace does it to a
//! child at each call in turn, and whatever the child was told is kept, is kept.

use std::{path::PathBuf, process::Command};

use kvit_domain::id::EventId;
use kvit_store::{FILE, OperationRow, Store};

use crate::samples::*;

/// The child: keeps things, goes on after faults, and says what was acknowledged. Without a folder it is nobody's child.
#[test]
fn live_on() {
    let Some(folder) = std::env::var_os("KVIT_STORE_FOLDER").map(PathBuf::from) else {
        return;
    };
    let opened = match Store::open(&folder, &key(), 0, at(0)) {
        Ok(opened) => opened,
        Err(fault) => {
            println!("said closed: {fault}");
            return;
        }
    };
    assert_eq!(opened.doubt, None);
    let store = opened.store;
    let say = |what: &str, kept: bool| println!("{} {what}.", if kept { "said" } else { "refused" });
    for number in 1..=3 {
        let begun = store.begin_operation(&operation(number), &step("begun")).is_ok();
        say(&format!("begun {number}"), begun);
        let kept = store.keep_payments(vec![verified(payment(number as u64))], at(1));
        say(&format!("receipt {number}"), kept.is_ok());
        let done = OperationRow {
            open: false,
            ..operation(number)
        };
        let done = begun && store.change_operation(&done, &[step("done")]).is_ok();
        say(&format!("done {number}"), done);
        say(
            &format!("news {number}"),
            store.take_news(&[news(number as u64)], at(1)).is_ok(),
        );
    }
    store.close();
}

/// Holds what a child said against what is there.
fn hold(store: &Store, said: &str) {
    store.check().unwrap();
    assert_eq!(store.draft("before").unwrap().as_deref(), Some("text"));
    for number in 1..=3_u64 {
        let said = |what: &str| said.contains(&format!("said {what} {number}."));
        let row = store.operation(operation(u128::from(number)).id).unwrap();
        assert!(row.is_some() || !said("begun"));
        assert!(row.is_some_and(|(_, row)| !row.open) || !said("done"));
        assert!(store.receipt(payment_id(number)).unwrap().is_some() || !said("receipt"));
        assert!(store.has_news(EventId::new(number).unwrap()).unwrap() || !said("news"));
    }
}

/// Lives under an injection; `false`: it was never reached, or nothing can be traced here.
fn under(injection: &str) -> bool {
    let folder = folder();
    let store = open(folder.path());
    store.keep_draft("before", "text").unwrap();
    store.close();
    let log = folder.path().join("strace");
    let output = Command::new("strace")
        .args(["-f", "-e", &format!("inject={injection}"), "-P"])
        .arg(folder.path().join(FILE))
        .arg("-P")
        .arg(folder.path().join("store.db-wal"))
        .arg("-o")
        .arg(&log)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "disk::live_on", "--nocapture", "--test-threads=1"])
        .env("KVIT_STORE_FOLDER", folder.path())
        .output()
        .unwrap();
    let trace = std::fs::read_to_string(&log).unwrap_or_default();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(!complaint.contains("panicked"), "{injection}: {complaint}");
    if !trace.contains("INJECTED") && !trace.contains("killed by SIGKILL") {
        return false;
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    // The disk is well again.
    let opened = Store::open(folder.path(), &key(), 0, at(9)).unwrap();
    assert_eq!(opened.doubt, None, "{injection}");
    hold(&opened.store, &said);
    true
}

/// Every so-manieth call of each kind, until there are no more. `KVIT_EVERY_CALL`: every single one.
fn at_each_call(effect: &str, calls: &[(&str, usize)]) {
    if Command::new("strace").arg("-V").output().is_err() {
        println!("there is no strace here: nothing was tried");
        return;
    }
    let every = std::env::var_os("KVIT_EVERY_CALL").is_some();
    for (call, stride) in calls {
        let mut number = 1;
        let mut tried = 0;
        while under(&format!("{call}:{effect}:when={number}")) {
            tried += 1;
            number += if every { 1 } else { *stride };
        }
        println!("{effect} at {tried} calls of {call}");
        assert!(tried > 0 || cannot_trace(), "{call} was never reached");
    }
}

/// Some systems do not let one process trace another.
fn cannot_trace() -> bool {
    !Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    at_each_call("error=ENOSPC", &[("pwrite64", 9)]);
}

#[test]
fn a_failing_disk_loses_nothing_that_was_acknowledged() {
    at_each_call("error=EIO", &[("pwrite64", 11), ("fsync", 2)]);
}

#[test]
fn an_end_in_the_middle_of_a_call_loses_nothing_that_was_acknowledged() {
    at_each_call("signal=KILL", &[("pwrite64", 7), ("fsync", 2)]);
}
