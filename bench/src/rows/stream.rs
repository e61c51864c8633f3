//! Rows P12 to P14: what is announced, and a line that dies.

use anyhow::{Context, Result, bail, ensure};
use kvit_bench_worker::Order;

use super::{Bench, control, figure, micros};
use crate::figures::{Attempt, Clock, Figure, Round, Spread, Target, ratios, to_f64};
use crate::harness::{Measured, Subject, Worker, alternate};
use crate::listener::SILENCE;
use crate::news::EVENTS;

/// A server that announces, and who listens to it.
fn connect(bench: &mut Bench) -> Result<(Worker, Worker, tempfile::TempDir)> {
    let folder = tempfile::tempdir()?;
    let at = folder.path().as_os_str();
    let seed = bench.seed.to_string();
    let server = Worker::start(
        "announcer",
        &bench.own,
        ["worker".as_ref(), "announce".as_ref(), at, seed.as_ref()],
    )?;
    let told: Vec<String> = server.about.split_whitespace().map(str::to_owned).collect();
    ensure!(told.len() == 3, "the server does not tell its ports");
    let arguments = ["worker".into(), "listen".into(), at.to_owned()]
        .into_iter()
        .chain(told.into_iter().map(Into::into));
    let listener = Worker::start("listener", &bench.own, arguments)?;
    bench.peers.insert("streams".to_owned(), listener.about.clone());
    Ok((server, listener, folder))
}

fn subjects(what: &[&str]) -> Vec<Subject> {
    what.iter()
        .map(|what| Subject {
            worker: 0,
            what: (*what).to_owned(),
            count: 1,
            expected: None,
        })
        .collect()
}

/// Events a second, as a part of those of another.
fn rate(ours: &Measured, theirs: &Measured) -> Result<Spread> {
    Spread::of(&ratios(&theirs.rounds, &ours.rounds)).context("nothing was measured")
}

/// Thousands of events a second.
fn thousands(rounds: &[Round]) -> Result<f64> {
    Ok(to_f64(EVENTS as u64) * 1e3 / micros(rounds)?)
}

/// P12: the stream of events.
pub fn events(bench: &mut Bench) -> Result<Attempt> {
    let (_server, listener, _folder) = connect(bench)?;
    let measured = alternate(
        &mut [listener],
        &subjects(&["listen", "listen", "journal", "drain"]),
        bench.rounds(50, 10),
        Clock::Wall,
        &mut bench.random,
    )?;
    let [listen, again, journal, drain] = measured.as_slice() else {
        bail!("a subject got lost");
    };
    Ok(Attempt {
        figures: vec![
            Figure::ratio(
                "Kvit with the journal / bare drain (rate)",
                rate(journal, drain)?,
                Target::AtLeast(0.10),
            ),
            Figure::ratio(
                "Kvit without / bare drain (rate)",
                rate(listen, drain)?,
                Target::AtLeast(0.40),
            ),
        ],
        control: Some(control(&again.rounds, &listen.rounds, Clock::Wall)?),
        notes: vec![format!(
            "thousand events a second: Kvit with the journal {:.1}, without {:.1}, bare drain {:.1}; {EVENTS} events a slice",
            thousands(&journal.rounds)?,
            thousands(&listen.rounds)?,
            thousands(&drain.rounds)?
        )],
    })
}

/// P13: a peer that is dead.
pub fn dead_peer(bench: &mut Bench) -> Result<Attempt> {
    let (_server, mut listener, _folder) = connect(bench)?;
    let times = if bench.quick { 10 } else { 40 };
    let limit = SILENCE.as_secs_f64() * 1e9;
    let mut worst = |what: &str| -> Result<Spread> {
        let order = Order {
            what: what.to_owned(),
            start: 0,
            count: times,
        };
        let samples = listener.slice(&order)?.done.samples;
        ensure!(samples.len() == times, "not every death was noticed");
        let parts: Vec<f64> = samples.iter().map(|sample| to_f64(*sample) / limit).collect();
        let spread = Spread::of(&parts).context("nothing was measured")?;
        // What counts is the worst of them.
        Ok(Spread {
            median: parts.iter().copied().fold(0.0, f64::max),
            ..spread
        })
    };
    let (stream, call) = (worst("dead-peer")?, worst("dead-call")?);
    let figure = |name: &str, spread| Figure::ratio(name, spread, Target::AtMost(1.10));
    Ok(Attempt {
        figures: vec![
            figure("a stream, the slowest of all / its limit", stream),
            figure("a call, the slowest of all / its deadline", call),
        ],
        control: None,
        notes: vec![format!(
            "noticed {times} of {times} times each. Bare tonic has no limit unless one is set: it never notices"
        )],
    })
}

/// P14: a cut.
pub fn reconnect(bench: &mut Bench) -> Result<Attempt> {
    let (_server, listener, _folder) = connect(bench)?;
    let measured = alternate(
        &mut [listener],
        &subjects(&["reconnect", "reconnect", "handshake", "subscribe"]),
        bench.rounds(25, 6),
        Clock::Wall,
        &mut bench.random,
    )?;
    let [kvit, again, handshake, subscribe] = measured.as_slice() else {
        bail!("a subject got lost");
    };
    let cuts = kvit.samples.len().saturating_add(again.samples.len());
    Ok(Attempt {
        figures: vec![
            figure(
                "after the declared wait, Kvit / handshake of TCP, TLS and HTTP/2",
                &kvit.rounds,
                &handshake.rounds,
                Target::AtMost(1.5),
            )?,
            figure(
                "the same / bare tonic, subscribed and a first message heard",
                &kvit.rounds,
                &subscribe.rounds,
                Target::Reported,
            )?,
        ],
        control: Some(control(&again.rounds, &kvit.rounds, Clock::Wall)?),
        notes: vec![format!(
            "{cuts} cuts, all mended after a wait of 0.1 to 1 s as declared; then Kvit takes {:.2} ms, the bare handshake \
             {:.2} ms, bare tonic until the first message {:.2} ms",
            micros(&kvit.rounds)? / 1e3,
            micros(&handshake.rounds)? / 1e3,
            micros(&subscribe.rounds)? / 1e3
        )],
    })
}
