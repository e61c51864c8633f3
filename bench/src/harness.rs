//! Processes that work slice by slice, and the order in which they do.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use kvit_bench_worker::{Order, Slice};
use rand::Rng;
use rand::seq::SliceRandom;

use crate::figures::{Clock, Round, quantile, to_f64};

/// A process that works on order.
pub struct Worker {
    name: String,
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// What it said it is.
    pub about: String,
}

impl Worker {
    /// Starts one and waits for what it is.
    pub fn start(
        name: &str,
        program: &Path,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let orders = child.stdin.take();
        let answers = child.stdout.take().context("no pipe")?;
        let mut worker = Self {
            name: name.to_owned(),
            child,
            orders,
            answers: BufReader::new(answers),
            about: String::new(),
        };
        worker.about = worker.line()?;
        Ok(worker)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        let read = self.answers.read_line(&mut line)?;
        ensure!(read > 0, "{} ended before it answered", self.name);
        Ok(line.trim_end().to_owned())
    }

    /// Has one order done.
    pub fn slice(&mut self, order: &Order) -> Result<Slice> {
        let pipe = self.orders.as_mut().context("the worker was told to end")?;
        writeln!(pipe, "{order}")?;
        pipe.flush()?;
        let line = self.line()?;
        Slice::parse(&line)
            .map_err(anyhow::Error::msg)
            .with_context(|| format!("{}: {order}", self.name))
    }

    /// What it is called in tables.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Without orders it ends by itself; a stuck one is ended.
        drop(self.orders.take());
        let gone = (0..100).any(|_| {
            let gone = matches!(self.child.try_wait(), Ok(Some(_)) | Err(_));
            if !gone {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            gone
        });
        if !gone {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The proof that an order was carried out.
pub type Expected = Box<dyn Fn(&Order) -> u64>;

/// One who takes part in a row.
pub struct Subject {
    /// Number of the worker.
    pub worker: usize,
    /// The operation.
    pub what: String,
    /// Operations in a slice.
    pub count: usize,
    /// The proof that the work was done, from the first input and the number of them; `None` to demand only that the
    /// same work always gives the same proof.
    pub expected: Option<Expected>,
}

/// What one subject's slices gave.
#[derive(Debug, Default)]
pub struct Measured {
    /// Nanoseconds for one operation.
    pub rounds: Vec<Round>,
    /// Nanoseconds of all single operations, where the worker gives them.
    pub samples: Vec<u64>,
}

/// A number for one slice: by the median of its samples where there are any, else by its clock.
fn for_one(slice: &Slice, count: usize, clock: Clock) -> Result<f64> {
    if !slice.done.samples.is_empty() {
        let mut samples: Vec<f64> = slice.done.samples.iter().copied().map(to_f64).collect();
        samples.sort_by(f64::total_cmp);
        return quantile(&samples, 0.5).context("no samples");
    }
    let time = match clock {
        Clock::Cpu => slice.cpu,
        Clock::Wall => slice.wall,
    };
    Ok(time.as_secs_f64() * 1e9 / to_f64(count as u64))
}

/// Rounds that are not counted: caches and branch predictors get to know the work.
const WARM_UP: usize = 2;

/// Lets all subjects work in an order and back, A B C C B A, `rounds` times. The order is drawn anew for each round:
/// who stands at an end works twice in a row and finds its caches warm, and that must not always be the same one.
/// Inputs begin at random places, the same for all within a half of a round.
pub fn alternate(
    workers: &mut [Worker],
    subjects: &[Subject],
    rounds: usize,
    clock: Clock,
    random: &mut impl Rng,
) -> Result<Vec<Measured>> {
    alternate_after(WARM_UP, workers, subjects, rounds, clock, random)
}

/// The same after so many rounds that are not counted: for work of seconds, which needs fewer.
pub fn alternate_after(
    warm_up: usize,
    workers: &mut [Worker],
    subjects: &[Subject],
    rounds: usize,
    clock: Clock,
    random: &mut impl Rng,
) -> Result<Vec<Measured>> {
    let mut measured: Vec<Measured> = subjects.iter().map(|_| Measured::default()).collect();
    let mut known: Vec<std::collections::HashMap<usize, u64>> = subjects
        .iter()
        .map(|_| std::collections::HashMap::new())
        .collect();
    for round in 0..rounds.saturating_add(warm_up) {
        let mut there = vec![0.0; subjects.len()];
        let mut order_of: Vec<usize> = (0..subjects.len()).collect();
        order_of.shuffle(random);
        for half in 0..2 {
            let start = random.random_range(0..1000_usize);
            if half == 1 {
                order_of.reverse();
            }
            for &index in &order_of {
                let (Some(subject), Some(measured), Some(first), Some(known)) = (
                    subjects.get(index),
                    measured.get_mut(index),
                    there.get_mut(index),
                    known.get_mut(index),
                ) else {
                    bail!("a subject got lost");
                };
                let order = Order {
                    what: subject.what.clone(),
                    start,
                    count: subject.count,
                };
                let worker = workers.get_mut(subject.worker).context("a worker got lost")?;
                let slice = worker.slice(&order)?;
                let expected = match &subject.expected {
                    Some(expected) => expected(&order),
                    None => *known.entry(start).or_insert(slice.done.proof),
                };
                ensure!(
                    slice.done.proof == expected,
                    "{} did other work than asked for ({order})",
                    worker.name()
                );
                let value = for_one(&slice, subject.count, clock)?;
                if half == 0 {
                    *first = value;
                } else if round >= warm_up {
                    measured.rounds.push(Round {
                        there: *first,
                        back: value,
                    });
                }
                if round >= warm_up {
                    measured.samples.extend(slice.done.samples);
                }
            }
        }
    }
    Ok(measured)
}

/// How many operations make a slice of about `nanoseconds`, at most `most`.
pub fn fitting(worker: &mut Worker, what: &str, nanoseconds: f64, most: usize) -> Result<usize> {
    let order = |count| Order {
        what: what.to_owned(),
        start: 0,
        count,
    };
    worker.slice(&order(1))?;
    let one = worker.slice(&order(1))?.cpu.as_secs_f64() * 1e9;
    let count = (nanoseconds / one.max(1.0)).round();
    Ok((count as usize).clamp(1, most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    /// A worker in shell: answers every order with 10 ns for each operation of `a` and 30 ns for those of others, and
    /// the number of operations as proof; writes down what it was asked.
    fn shell(log: &Path) -> Worker {
        let script = format!(
            "echo a worker; while read what start count; do echo $what >> {}; \
             case $what in a) t=10;; *) t=30;; esac; echo $((t * count)) $((1000 * count)) $count; done",
            log.display()
        );
        Worker::start("shell", Path::new("sh"), ["-c", &script]).unwrap()
    }

    fn subject(what: &str, count: usize, expected: Option<u64>) -> Subject {
        Subject {
            worker: 0,
            what: what.to_owned(),
            count,
            expected: expected.map(|proof| Box::new(move |_: &Order| proof) as Expected),
        }
    }

    #[test]
    fn subjects_alternate_there_and_back() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut workers = [shell(&log)];
        assert_eq!(workers.first().unwrap().about, "a worker");
        let subjects = [subject("a", 4, Some(4)), subject("b", 2, None)];
        let mut random = StdRng::seed_from_u64(1);
        let rounds = 20;
        let measured = alternate(&mut workers, &subjects, rounds, Clock::Cpu, &mut random).unwrap();
        let asked = std::fs::read_to_string(&log).unwrap();
        let asked: Vec<&str> = asked.split_whitespace().collect();
        assert_eq!(asked.len(), 4 * (rounds + WARM_UP));
        let orders: std::collections::BTreeSet<String> = asked.chunks(4).map(<[&str]>::concat).collect();
        // Each round goes there and back, and not always in the same order.
        assert_eq!(orders, ["abba".to_owned(), "baab".to_owned()].into());
        let [a, b] = measured.as_slice() else {
            panic!("two subjects")
        };
        assert_eq!((a.rounds.len(), b.rounds.len()), (rounds, rounds));
        let ratios = crate::figures::ratios(&b.rounds, &a.rounds);
        assert!(
            ratios.iter().all(|ratio| (ratio - 3.0).abs() < 1e-6),
            "{ratios:?}"
        );
    }

    #[test]
    fn work_that_was_not_done_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let mut workers = [shell(&folder.path().join("log"))];
        let mut random = StdRng::seed_from_u64(1);
        let error = alternate(
            &mut workers,
            &[subject("a", 4, Some(5))],
            1,
            Clock::Cpu,
            &mut random,
        )
        .unwrap_err()
        .to_string();
        assert!(error.starts_with("shell did other work"), "{error}");
    }

    #[test]
    fn a_worker_that_dies_is_noticed() {
        let mut worker = Worker::start("dying", Path::new("sh"), ["-c", "echo here"]).unwrap();
        let order = Order {
            what: "a".to_owned(),
            start: 0,
            count: 1,
        };
        assert!(worker.slice(&order).is_err());
    }

    #[test]
    fn latency_is_the_median_of_the_samples() {
        let slice = Slice::parse("9 9 0 5 1 100").unwrap();
        assert_eq!(for_one(&slice, 3, Clock::Wall).unwrap(), 5.0);
    }
}
