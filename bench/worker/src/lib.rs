//! What the subjects and the peers of a measurement have in common.
//!
//! Each is a small process of its own that waits for orders on standard input and answers on standard output, one
//! line each. An order is `WHAT START COUNT`: do the operation `WHAT` on `COUNT` inputs, from input `START` on, round
//! and round. The answer is `CPU WALL PROOF SAMPLE...`: nanoseconds of processor time (this thread, and children it
//! waited for), nanoseconds on the wall, the proof of the work in hexadecimal, and the single times if the operation
//! is measured one by one. So slices of work alternate between programs that cannot be linked into one.
//!
//! The first line a process prints says what it is: names and versions.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_gettime};

/// One order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The operation.
    pub what: String,
    /// Number of the first input.
    pub start: usize,
    /// How many operations.
    pub count: usize,
}

impl Order {
    /// Reads `WHAT START COUNT`.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let order = Self {
            what: words.next()?.to_owned(),
            start: words.next()?.parse().ok()?,
            count: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(order)
    }

    /// The inputs of this order out of `all`, round and round.
    pub fn inputs<'a, T>(&self, all: &'a [T]) -> impl Iterator<Item = &'a T> + use<'a, T> {
        let skip = self.start.checked_rem(all.len()).unwrap_or(0);
        all.iter().cycle().skip(skip).take(self.count)
    }
}

impl std::fmt::Display for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.what, self.start, self.count)
    }
}

/// What an operation leaves behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// A hash over everything the operations gave; equal work gives equal proofs.
    pub proof: u64,
    /// Nanoseconds of each operation, where they are wanted one by one.
    pub samples: Vec<u64>,
}

/// The answer to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Processor time of the working thread and of the children it waited for.
    pub cpu: Duration,
    /// Time on the wall.
    pub wall: Duration,
    /// What the work left behind.
    pub done: Done,
}

impl Slice {
    /// Reads an answer. A line that begins with `error` is one.
    ///
    /// # Errors
    ///
    /// The worker's own words, or the line that is no answer.
    pub fn parse(line: &str) -> Result<Self, String> {
        if let Some(error) = line.strip_prefix("error ") {
            return Err(error.to_owned());
        }
        let read = || {
            let mut words = line.split_whitespace();
            Some(Self {
                cpu: Duration::from_nanos(words.next()?.parse().ok()?),
                wall: Duration::from_nanos(words.next()?.parse().ok()?),
                done: Done {
                    proof: u64::from_str_radix(words.next()?, 16).ok()?,
                    samples: words.map(|word| word.parse().ok()).collect::<Option<_>>()?,
                },
            })
        };
        read().ok_or_else(|| format!("not an answer: {line}"))
    }
}

impl std::fmt::Display for Slice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {} {:x}",
            self.cpu.as_nanos(),
            self.wall.as_nanos(),
            self.done.proof
        )?;
        self.done
            .samples
            .iter()
            .try_for_each(|sample| write!(f, " {sample}"))
    }
}

/// A hash of results that every worker computes alike (FNV-1a, 64 bits): cheap, and it need not resist anybody.
#[derive(Debug, Clone, Copy)]
pub struct Proof(u64);

impl Default for Proof {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Proof {
    /// A verified text: its lines joined by LF, whatever line ends the verifier gave and whether or not it kept the
    /// last one.
    pub fn text(&mut self, text: &[u8]) {
        let mut pending = false;
        for byte in text.iter().copied().filter(|byte| *byte != b'\r') {
            if pending {
                self.byte(b'\n');
            }
            pending = byte == b'\n';
            if !pending {
                self.byte(byte);
            }
        }
        self.byte(0);
    }

    /// A refusal.
    pub fn refused(&mut self) {
        self.byte(1);
    }

    /// A number.
    pub fn number(&mut self, number: u64) {
        number.to_le_bytes().into_iter().for_each(|byte| self.byte(byte));
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
    }

    /// The hash.
    #[must_use]
    pub fn value(self) -> u64 {
        self.0
    }
}

/// Processor time of this thread.
///
/// # Errors
///
/// The system has no such clock.
pub fn thread_time() -> io::Result<Duration> {
    Ok(Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?))
}

/// Processor time of all children that were waited for.
fn children_time() -> io::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = usage
        .user_time()
        .num_microseconds()
        .saturating_add(usage.system_time().num_microseconds());
    Ok(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
}

/// Does one order between two readings of the clocks.
///
/// # Errors
///
/// What the work says went wrong.
pub fn slice(order: &Order, work: impl FnOnce(&Order) -> Result<Done, String>) -> Result<Slice, String> {
    let clocks = || Ok((thread_time()?, children_time()?, Instant::now()));
    let failed = |error: io::Error| error.to_string();
    let (thread, children, wall) = clocks().map_err(failed)?;
    let done = work(order)?;
    let (thread_after, children_after, wall_after) = clocks().map_err(failed)?;
    let cpu = thread_after
        .saturating_sub(thread)
        .saturating_add(children_after.saturating_sub(children));
    Ok(Slice {
        cpu,
        wall: wall_after.saturating_duration_since(wall),
        done,
    })
}

/// Says what this process is, then obeys orders until standard input ends.
pub fn serve(about: &str, mut work: impl FnMut(&Order) -> Result<Done, String>) -> ExitCode {
    let mut obey = || -> io::Result<()> {
        let mut output = io::stdout().lock();
        writeln!(output, "{about}")?;
        output.flush()?;
        for line in io::stdin().lock().lines() {
            let line = line?;
            let answer = match Order::parse(&line) {
                Some(order) => slice(&order, &mut work),
                None => Err(format!("not an order: {line}")),
            };
            match answer {
                Ok(slice) => writeln!(output, "{slice}")?,
                Err(error) => writeln!(output, "error {}", error.replace('\n', " "))?,
            }
            output.flush()?;
        }
        Ok(())
    };
    match obey() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The files of a folder, in the order of their names.
///
/// # Errors
///
/// The folder or a file cannot be read, or there is none.
pub fn files(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut paths = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    if paths.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "no inputs"));
    }
    paths.iter().map(std::fs::read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_and_answers_survive_the_pipe() {
        let order = Order {
            what: "rsa".to_owned(),
            start: 7,
            count: 20,
        };
        assert_eq!(Order::parse(&order.to_string()), Some(order));
        for bad in ["", "rsa", "rsa 1", "rsa x 1", "rsa 1 -1", "rsa 1 2 3"] {
            assert_eq!(Order::parse(bad), None, "{bad}");
        }
        let slice = Slice {
            cpu: Duration::from_nanos(12),
            wall: Duration::from_nanos(13),
            done: Done {
                proof: 0xAB,
                samples: vec![5, 6],
            },
        };
        assert_eq!(Slice::parse(&slice.to_string()), Ok(slice));
        assert_eq!(Slice::parse("error no key"), Err("no key".to_owned()));
        assert!(Slice::parse("1 2").is_err());
        assert!(Slice::parse("1 2 ff x").is_err());
    }

    #[test]
    fn inputs_go_round() {
        let order = |start, count| Order {
            what: String::new(),
            start,
            count,
        };
        let all = [1, 2, 3];
        assert_eq!(
            order(2, 5).inputs(&all).copied().collect::<Vec<_>>(),
            [3, 1, 2, 3, 1]
        );
        assert_eq!(order(7, 1).inputs(&all).copied().collect::<Vec<_>>(), [2]);
        assert_eq!(order(7, 1).inputs(&[0_u8; 0]).count(), 0);
    }

    #[test]
    fn the_same_text_in_other_line_ends_is_the_same_work() {
        let of = |text: &[u8]| {
            let mut proof = Proof::default();
            proof.text(text);
            proof.value()
        };
        assert_eq!(of(b"a\nb"), of(b"a\r\nb\r\n"));
        assert_ne!(of(b"a\nb"), of(b"a\n\nb"));
        assert_ne!(of(b"a\nb"), of(b"ab"));
        let mut two = Proof::default();
        two.text(b"a");
        two.text(b"b");
        assert_ne!(two.value(), of(b"ab"));
    }

    #[test]
    fn a_slice_counts_the_work_and_not_the_waiting() {
        let order = Order {
            what: String::new(),
            start: 0,
            count: 1,
        };
        let busy = |_: &Order| {
            let begin = thread_time().unwrap();
            while thread_time().unwrap() - begin < Duration::from_millis(2) {}
            Ok(Done::default())
        };
        let slice = slice(&order, busy).unwrap();
        assert!(slice.cpu >= Duration::from_millis(2), "{slice:?}");
        assert!(slice.wall >= slice.cpu / 2, "{slice:?}");
        let failed = super::slice(&order, |_| Err("broken".to_owned()));
        assert_eq!(failed, Err("broken".to_owned()));
    }
}
