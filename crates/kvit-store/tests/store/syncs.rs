//! What reaches the disk when, as the kernel sees it: a child writes under strace, and its calls are counted.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use kvit_domain::message::Message;
use kvit_store::{Freshness, OperationRow, PictureRow, PictureState};

use crate::samples::*;

/// What the child does, in this order, and how many syncs of the disk each takes.
const DURABLE: [(&str, usize); 11] = [
    ("begin", 1),
    ("begin again", 1),
    ("change", 1),
    ("draft", 1),
    ("news", 1),
    ("news again", 0),
    ("first receipt", 1),
    ("draft picture", 1),
    ("outgoing", 1),
    ("outgoing changed", 1),
    ("said otherwise", 1),
];
const COPIES: [&str; 8] = [
    "note",
    "payments",
    "deals",
    "balance",
    "mark",
    "talks",
    "read mark",
    "picture",
];

fn acts(store: &kvit_store::Store, done: &mut dyn FnMut(&str)) {
    store.begin_operation(&operation(1), &step("begun")).unwrap();
    done("begin");
    store.begin_operation(&operation(2), &step("begun")).unwrap();
    done("begin again");
    let changed = OperationRow {
        state: "sent".into(),
        ..operation(1)
    };
    store.change_operation(&changed, &[step("sent")]).unwrap();
    done("change");
    store.keep_draft("chat", "text").unwrap();
    done("draft");
    store.take_news(&[news(1), news(2), news(3)], at(1)).unwrap();
    done("news");
    store.take_news(&[news(2)], at(1)).unwrap();
    done("news again");
    store.keep_payments(vec![verified(payment(1))], at(1)).unwrap();
    done("first receipt");
    store
        .put_picture(&draft_picture(1), Some(&[1; 9_000]), None)
        .unwrap();
    done("draft picture");
    store.put_outgoing(&outgoing(1), &[picture(1)], true).unwrap();
    done("outgoing");
    store.change_outgoing(&outgoing(1)).unwrap();
    done("outgoing changed");
    let hear = |text: &str| {
        let said = Message {
            text: text.into(),
            ..message(1)
        };
        store
            .keep_conversations(vec![conversation(1, vec![said])], user(1), at(1))
            .unwrap();
    };
    hear("first");
    done("talks");
    hear("second");
    done("said otherwise");
    store.read_up_to(talk(1), message_id(1)).unwrap();
    done("read mark");
    let received = PictureRow {
        id: picture(2),
        mine: false,
        state: PictureState::Received,
        ..draft_picture(2)
    };
    store.put_picture(&received, Some(&[1; 9_000]), None).unwrap();
    done("picture");
    store.note_step(operation(1).id, &step("look")).unwrap();
    done("note");
    store
        .keep_payments(vec![verified(payment(1)), unchecked(payment(2))], at(2))
        .unwrap();
    done("payments");
    store.keep_deals(vec![deal(1)], Freshness::Read, at(1)).unwrap();
    done("deals");
    store.keep_balance(Default::default(), at(1)).unwrap();
    done("balance");
    store.keep_mark("mark", 1).unwrap();
    done("mark");
    store.change_key(&kvit_store::StoreKey::random()).unwrap();
    done("key");
}

/// The child. Without a folder it is nobody's.
#[test]
fn write_under_watch() {
    let Some(folder) = std::env::var_os("KVIT_STORE_FOLDER").map(PathBuf::from) else {
        return;
    };
    // Takes the points from the environment.
    #[cfg(feature = "failpoints")]
    let _scenario = fail::FailScenario::setup();
    let store = open(&folder);
    // A file that is never there: its name in the trace says how far the child is.
    let say = |what: &str| {
        let _ = std::fs::metadata(Path::new("/nowhere").join(what));
    };
    say("opened");
    acts(&store, &mut |what| say(what));
    store.close();
    say("closed");
}

/// Syncs of the file or its log between one mark and the next.
fn syncs(trace: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut count = 0;
    for line in trace.lines() {
        if let Some((_, rest)) = line.split_once("\"/nowhere/") {
            let (what, _) = rest.split_once('"').unwrap();
            found.push((what.to_owned(), count));
            count = 0;
        } else if line.contains("fsync(") || line.contains("fdatasync(") {
            count += 1;
        }
    }
    found
}

/// How many syncs each act of the child took; `None`: nothing can be traced here, and that was said.
fn watched(points: &str) -> Option<Vec<(String, usize)>> {
    if Command::new("strace").arg("-V").output().is_err() {
        println!("there is no strace here: nothing was counted");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let calls = "trace=fsync,fdatasync,sync_file_range,msync,stat,statx,newfstatat";
    let output = Command::new("strace")
        .args(["-f", "-e", calls, "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "syncs::write_under_watch"])
        .env("KVIT_STORE_FOLDER", folder.path())
        .env("FAILPOINTS", points)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("ptrace") && !output.status.success() {
        println!("strace may not trace here: nothing was counted");
        return None;
    }
    assert!(output.status.success(), "{said}");
    let found = syncs(&std::fs::read_to_string(&trace).unwrap());
    println!("{found:?}");
    Some(found)
}

fn of(found: &[(String, usize)], what: &str) -> usize {
    found.iter().find(|(name, _)| name == what).unwrap().1
}

#[test]
fn a_durable_call_is_one_sync_and_a_copy_is_none() {
    let Some(found) = watched("") else { return };
    for (what, syncs) in DURABLE {
        assert_eq!(of(&found, what), syncs, "{what}");
    }
    for what in COPIES {
        assert_eq!(of(&found, what), 0, "{what}");
    }
    let key = of(&found, "key");
    assert!(
        (4..20).contains(&key),
        "{key}: the new file, its folder, after the change, and the log"
    );
    assert!(of(&found, "closed") >= 2, "the log, then the file");
}

/// The count above tells a journal that is not synced.
#[cfg(feature = "failpoints")]
#[test]
fn a_planted_journal_without_syncs_is_seen() {
    let Some(found) = watched("planted.no_sync=return") else {
        return;
    };
    assert_eq!(of(&found, "begin"), 0);
}
