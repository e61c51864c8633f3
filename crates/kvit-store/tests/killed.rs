//! A process that keeps things is killed at any moment, many times over: whatever it was told is kept, is kept.
//!
//! The child is this binary again. It says what was acknowledged after each call; the parent kills it after a moment
//! that chance chooses, opens the file, and looks for all that any child ever said. `KVIT_KILLS` is how often, 150 if
//! it is not set, 1,000 in the full size.
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
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use kvit_domain::id::EventId;
use kvit_store::{OperationRow, OutgoingRow, PictureRow, PictureSize, Store};
use rand::Rng as _;
use samples::*;

const FOLDER: &str = "KVIT_KILLED_FOLDER";
const FROM: &str = "KVIT_KILLED_FROM";

/// The child: keeps one thing after the other, from a number on, and says each when it is acknowledged. Without a folder
/// it is nobody's child.
#[test]
fn keep_and_say() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let from: u64 = std::env::var(FROM).unwrap().parse().unwrap();
    let store = Store::open(&folder, &key(), 0, at(0)).unwrap();
    assert_eq!(store.doubt, None);
    let store = store.store;
    println!("said opens {}", store.opens());
    for number in from.. {
        let row = operation(u128::from(number));
        store.begin_operation(&row, &step("begun")).unwrap();
        println!("said begun {number}");
        let receipt = number.is_multiple_of(3);
        let incoming = if receipt {
            verified(payment(number))
        } else {
            unchecked(payment(number))
        };
        store.keep_payments(vec![incoming], at(1)).unwrap();
        if receipt {
            println!("said receipt {number}");
        }
        println!("said copy {number}");
        let done = OperationRow {
            open: false,
            state: "done".into(),
            ..row
        };
        store.change_operation(&done, &[step("done")]).unwrap();
        println!("said done {number}");
        store.take_news(&[news(number)], at(1)).unwrap();
        println!("said news {number}");
        store.keep_draft("chat", &number.to_string()).unwrap();
        println!("said draft {number}");
        let sent = OutgoingRow {
            id: outgoing(u128::from(number)).id,
            ..outgoing(1)
        };
        let row = PictureRow {
            id: picture(u128::from(number)),
            ..draft_picture(1)
        };
        store.put_picture(&row, Some(&[1; 5_000]), None).unwrap();
        store.put_outgoing(&sent, &[row.id], false).unwrap();
        println!("said sent {number}");
        if number.is_multiple_of(50) {
            // A close and an opening are moments to be killed at, too.
            drop(store);
            return keep_again(&folder, number + 1);
        }
    }
}

/// As a process that goes on after a proper end.
fn keep_again(folder: &Path, from: u64) {
    let opened = Store::open(folder, &key(), 0, at(0)).unwrap();
    assert_eq!(opened.doubt, None);
    drop(opened);
    println!("said closed {from}");
    // The parent begins anew.
}

/// The highest number of each kind that any child said.
#[derive(Debug, Default)]
struct Said {
    opens: u64,
    begun: u64,
    receipts: Vec<u64>,
    copy: u64,
    done: u64,
    news: u64,
    draft: u64,
    sent: u64,
    /// The first number that no child used, acknowledged or not.
    next: u64,
}

impl Said {
    fn hear(&mut self, line: &str) {
        let mut words = line.split(' ').skip_while(|word| *word != "said").skip(1);
        let (Some(what), Some(number)) = (words.next(), words.next()) else {
            return;
        };
        // A line that the kill cut short is no acknowledgement of another number: numbers end with their line.
        let number: u64 = number.trim_end().parse().unwrap();
        match what {
            "opens" => self.opens = number,
            "begun" => self.begun = number,
            "receipt" => self.receipts.push(number),
            "copy" => self.copy = number,
            "done" => self.done = number,
            "news" => self.news = number,
            "draft" => self.draft = number,
            "sent" => self.sent = number,
            _ => {}
        }
    }

    /// All of it is there, and nothing is half there.
    fn hold(&self, store: &Store, newest_first: u32) {
        assert!(store.opens() > self.opens);
        let operation_of = |number: u64| store.operation(operation(u128::from(number)).id).unwrap();
        if self.begun > 0 {
            let (_, row) = operation_of(self.begun).expect("what was begun is in the journal");
            assert!(!store.steps(row.id).unwrap().is_empty());
        }
        if self.done > 0 {
            let (_, row) = operation_of(self.done).unwrap();
            assert_eq!((row.open, &*row.state), (false, "done"));
            assert_eq!(store.steps(row.id).unwrap().len(), 2);
        }
        for number in self.receipts.iter().rev().take(5) {
            assert_eq!(
                store.receipt(payment_id(*number)).unwrap(),
                Some(receipt(&payment(*number)))
            );
        }
        if self.copy > 0 {
            let kept = store.payment(payment_id(self.copy)).unwrap().unwrap();
            assert_eq!(kept.payment, payment(self.copy));
        }
        if self.news > 0 {
            assert!(store.has_news(EventId::new(self.news).unwrap()).unwrap());
        }
        if self.draft > 0 {
            let draft: u64 = store.draft("chat").unwrap().unwrap().parse().unwrap();
            assert!(draft >= self.draft);
        }
        if self.sent > 0 {
            let pictures = store
                .outgoing_pictures(outgoing(u128::from(self.sent)).id)
                .unwrap();
            assert_eq!(pictures.len(), 1, "sent {}", self.sent);
            let bytes = store
                .picture_bytes(pictures[0].id, PictureSize::Original)
                .unwrap();
            assert_eq!(bytes.unwrap(), [1; 5_000]);
        }
        // What was not acknowledged may be there or not, whole.
        for (_, row) in store.operations(None, newest_first).unwrap() {
            let steps = store.steps(row.id).unwrap().len();
            assert_eq!(steps, if row.open { 1 } else { 2 });
        }
    }
}

fn run(folder: &Path, said: &mut Said, life: Duration) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "keep_and_say", "--nocapture"])
        .env(FOLDER, folder)
        .env(FROM, said.next.max(1).to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    let heard = std::thread::spawn(move || {
        lines
            .split(b'\n')
            .map(|line| String::from_utf8_lossy(&line.unwrap()).into_owned())
            .collect::<Vec<_>>()
    });
    // Real time: it is the killer's clock, and nothing is expected of it.
    let end = Instant::now() + life;
    while Instant::now() < end && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_micros(200));
    }
    let _ = child.kill();
    let output = child.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(!complaint.contains("panicked"), "{complaint}");
    let mut lines = heard.join().unwrap();
    // The last one has no end and may be cut.
    if output.status.code().is_none() {
        lines.pop();
    }
    for line in lines {
        said.hear(&line);
    }
}

#[test]
fn nothing_acknowledged_is_lost_by_a_kill() {
    let kills: u32 = std::env::var("KVIT_KILLS").map_or(150, |text| text.parse().unwrap());
    let folder = folder();
    let mut said = Said::default();
    let mut chance = rand::rng();
    let mut in_use = 0;
    for kill in 0..kills {
        run(
            folder.path(),
            &mut said,
            Duration::from_micros(chance.random_range(2_000..30_000)),
        );
        let log = std::fs::metadata(folder.path().join("store.db-wal")).map_or(0, |log| log.len());
        in_use += u32::from(log > 0);
        let opened = Store::open(folder.path(), &key(), said.opens, at(0)).unwrap();
        assert_eq!(opened.doubt, None, "kill {kill}");
        said.hold(&opened.store, 5);
        if kill % 25 == 0 {
            opened.store.check().unwrap();
        }
        said.opens = opened.store.opens();
        if let Some((_, last)) = opened.store.operations(None, 1).unwrap().pop() {
            said.next = u64::try_from(last.id.as_u128()).unwrap() + 1;
        }
        // Some are left as a kill leaves them for the next child.
        if kill % 3 == 0 {
            opened.store.close();
        }
    }
    println!("{kills} kills, {in_use} of them while it was in use; {said:?}");
    assert!(
        said.draft > u64::from(kills) / 4,
        "the children got nowhere: {said:?}"
    );
    assert!(in_use > kills / 4, "hardly any was killed in use");
    let opened = Store::open(folder.path(), &key(), said.opens, at(0)).unwrap();
    said.hold(&opened.store, u32::MAX);
    for number in &said.receipts {
        assert!(opened.store.receipt(payment_id(*number)).unwrap().is_some());
    }
    opened.store.check().unwrap();
}
