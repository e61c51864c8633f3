//! Rows P10 and P11: calls.

use anyhow::{Context, Result, bail, ensure};

use super::{Bench, control, figure, micros};
use crate::figures::{Attempt, Clock, Figure, Spread, Target, quantile, to_f64};
use crate::harness::{Subject, Worker, alternate};
use crate::rpc;

/// A server, and a caller that is connected to it.
fn connect(bench: &mut Bench) -> Result<(Worker, Worker, tempfile::TempDir)> {
    let folder = tempfile::tempdir()?;
    let at = folder.path().as_os_str();
    let server = Worker::start("server", &bench.own, ["worker".as_ref(), "echo".as_ref(), at])?;
    let ports: Vec<String> = server.about.split_whitespace().map(str::to_owned).collect();
    ensure!(ports.len() == 3, "the server does not tell its ports");
    let arguments = ["worker".into(), "call".into(), at.to_owned()]
        .into_iter()
        .chain(ports.into_iter().map(Into::into));
    let caller = Worker::start("caller", &bench.own, arguments)?;
    bench.peers.insert("calls".to_owned(), caller.about.clone());
    Ok((server, caller, folder))
}

fn subjects(what: &[&str], count: usize) -> Vec<Subject> {
    what.iter()
        .map(|what| Subject {
            worker: 0,
            what: (*what).to_owned(),
            count,
            expected: Some(Box::new(rpc::expected)),
        })
        .collect()
}

/// The part of the samples below, in nanoseconds.
fn tail(samples: &[u64], part: f64) -> Result<f64> {
    let mut sorted: Vec<f64> = samples.iter().copied().map(to_f64).collect();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, part).context("no samples")
}

/// P10: one call after the other.
pub fn unary(bench: &mut Bench) -> Result<Attempt> {
    let (_server, caller, _folder) = connect(bench)?;
    let subjects = subjects(&["kvit", "kvit-again", "tonic", "tls", "tcp"], 100);
    let measured = alternate(
        &mut [caller],
        &subjects,
        bench.rounds(150, 80),
        Clock::Wall,
        &mut bench.random,
    )?;
    let [kvit, again, tonic, tls, tcp] = measured.as_slice() else {
        bail!("a subject got lost");
    };
    let tails = tail(&kvit.samples, 0.99)? / tail(&tls.samples, 0.99)?;
    Ok(Attempt {
        figures: vec![
            figure(
                "p50, Kvit / bare tonic",
                &kvit.rounds,
                &tonic.rounds,
                Target::AtMost(1.10),
            )?,
            figure(
                "p50, Kvit / echo under rustls",
                &kvit.rounds,
                &tls.rounds,
                Target::AtMost(6.0),
            )?,
            Figure::ratio(
                "p99, Kvit / echo under rustls",
                Spread::exact(tails),
                Target::AtMost(12.0),
            ),
            figure(
                "p50, Kvit / echo over TCP",
                &kvit.rounds,
                &tcp.rounds,
                Target::Reported,
            )?,
            figure(
                "p50, bare tonic / echo under rustls",
                &tonic.rounds,
                &tls.rounds,
                Target::Reported,
            )?,
        ],
        control: Some(control(&again.rounds, &kvit.rounds, Clock::Wall)?),
        notes: vec![format!(
            "p50: Kvit {:.0} us, bare tonic {:.0} us, echo under rustls {:.0} us, over TCP {:.0} us",
            micros(&kvit.rounds)?,
            micros(&tonic.rounds)?,
            micros(&tls.rounds)?,
            micros(&tcp.rounds)?
        )],
    })
}

/// Calls of row P11.
const CALLS: usize = 100_000;
/// In a slice.
const CALLS_IN_SLICE: usize = 500;

/// How many took so many whole milliseconds.
fn within(samples: &[u64], milliseconds: std::ops::RangeInclusive<u64>) -> usize {
    samples
        .iter()
        .filter(|nanoseconds| milliseconds.contains(&nanoseconds.div_euclid(1_000_000)))
        .count()
}

/// How many took 35 to 60 ms.
fn delayed_acks(samples: &[u64]) -> usize {
    within(samples, 35..=59)
}

/// P11: the mark of a delayed acknowledgement.
pub fn delayed(bench: &mut Bench) -> Result<Attempt> {
    let (_server, caller, _folder) = connect(bench)?;
    let subjects = subjects(&["kvit", "tonic", "tcp"], CALLS_IN_SLICE);
    let rounds = CALLS.div_ceil(2 * CALLS_IN_SLICE);
    let measured = alternate(&mut [caller], &subjects, rounds, Clock::Wall, &mut bench.random)?;
    let [kvit, tonic, tcp] = measured.as_slice() else {
        bail!("a subject got lost");
    };
    ensure!(
        kvit.samples.len() == CALLS && tcp.samples.len() == CALLS,
        "not as many calls as asked for"
    );
    let (ours, bare, echo) = (
        delayed_acks(&kvit.samples),
        delayed_acks(&tonic.samples),
        delayed_acks(&tcp.samples),
    );
    let excess = to_f64(ours.saturating_sub(echo) as u64);
    Ok(Attempt {
        figures: vec![Figure {
            name: "Kvit's calls of 35 to 60 ms beyond the echo's".to_owned(),
            unit: "calls",
            spread: Spread::exact(excess),
            target: Target::AtMost(0.0),
        }],
        control: None,
        notes: vec![format!(
            "of {CALLS} each: Kvit {ours}, bare tonic {bare}, echo over TCP {echo}. A delayed acknowledgement is never \
             shorter than 35 ms; a stall of the machine may be: 15 to 35 ms took Kvit {}, bare tonic {}, the echo {}",
            within(&kvit.samples, 15..=34),
            within(&tonic.samples, 15..=34),
            within(&tcp.samples, 15..=34)
        )],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_mark_of_a_delayed_acknowledgement_counts() {
        let of = |milliseconds: &[u64]| -> usize {
            delayed_acks(&milliseconds.iter().map(|ms| ms * 1_000_000).collect::<Vec<_>>())
        };
        assert_eq!(of(&[1, 34, 60, 1000]), 0);
        assert_eq!(of(&[35, 40, 44, 59]), 4);
        assert_eq!(delayed_acks(&[34_999_999, 59_999_999, 60_000_000]), 1);
    }
}
