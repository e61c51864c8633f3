//! Rows P6 to P9: a photograph of 12 megapixels on its way out, and as a thumbnail.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use kvit_bench_worker::Order;

use super::{Bench, control, figure, micros};
use crate::figures::{Attempt, Clock, Figure, Spread, Target, to_f64};
use crate::harness::{Measured, Subject, Worker, alternate};
use crate::machine;

mod photo;
mod score;
pub mod worker;

/// Different photographs in the rows of time and memory.
const PHOTOS: usize = 3;
/// Photographs in the row of quality.
const SCORED: usize = 24;

/// The others, as Debian has them: name, program, how it tells its version.
const OTHERS: [(&str, &str, &str); 2] = [
    ("djpeg", "djpeg", "-version"),
    ("vipsthumbnail", "vipsthumbnail", "--vips-version"),
];

/// Photographs in a folder for as long as a row needs them.
struct Photos(tempfile::TempDir);

impl Photos {
    fn make(bench: &Bench) -> Result<Self> {
        println!("    making photographs");
        let folder = tempfile::tempdir()?;
        for number in 0..PHOTOS {
            // As a telephone held upright writes them.
            let file = photo::jpeg(bench.seed.wrapping_add(number as u64), Some(6))?;
            std::fs::write(folder.path().join(format!("{number}.jpg")), file)?;
        }
        Ok(Self(folder))
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }
}

/// One of the others, if it is installed; named in the report either way.
fn other(bench: &mut Bench, name: &str) -> Option<()> {
    let (_, program, flag) = OTHERS.iter().find(|(other, ..)| *other == name)?;
    let about = std::process::Command::new(program).arg(flag).output().ok();
    // djpeg tells its version on standard error.
    let line = about
        .map(|output| [output.stdout, output.stderr].concat())
        .and_then(|text| {
            let text = String::from_utf8_lossy(&text).into_owned();
            text.lines().next().map(str::to_owned)
        });
    let said = line
        .clone()
        .unwrap_or_else(|| "not in this run: it is not installed here".to_owned());
    bench.peers.insert(name.to_owned(), said);
    line.map(drop)
}

fn start(bench: &Bench, name: &str, subject: &str, photos: &Photos) -> Result<Worker> {
    let arguments = [
        "worker".as_ref(),
        "pictures".as_ref(),
        photos.folder().as_os_str(),
        subject.as_ref(),
    ];
    Worker::start(name, &bench.own, arguments)
}

/// The same job by all, by the wall: Kvit works on a thread of its own, the others in processes.
fn race(bench: &mut Bench, job: &str, targets: [Target; 2]) -> Result<Attempt> {
    let photos = Photos::make(bench)?;
    let mut names = vec![("Kvit", "kvit"), ("Kvit again", "kvit"), ("image alone", "image")];
    bench.peers.insert(
        "image alone".to_owned(),
        "the image crate as its documentation has it: decode, apply_orientation, resize with Lanczos3, JPEG encoder"
            .to_owned(),
    );
    for (name, subject, _) in OTHERS {
        if other(bench, name).is_some() {
            names.push((name, subject));
        }
    }
    let mut workers = Vec::new();
    for (name, subject) in &names {
        workers.push(start(bench, name, subject, &photos)?);
    }
    let subjects: Vec<Subject> = (0..names.len())
        .map(|worker| Subject {
            worker,
            what: job.to_owned(),
            count: PHOTOS,
            expected: None,
        })
        .collect();
    let rounds = bench.rounds(20, 6);
    let measured = alternate(&mut workers, &subjects, rounds, Clock::Wall, &mut bench.random)?;
    let of = |name: &str| {
        let found = names.iter().zip(&measured).find(|((other, _), _)| *other == name);
        found.map(|(_, measured)| measured)
    };
    let ours = of("Kvit").context("Kvit got lost")?;
    let mut figures = Vec::new();
    let mut notes = Vec::new();
    let mut against = |name: &str, label: &str, target: Target| -> Result<()> {
        let Some(other) = of(name) else {
            notes.push(format!("{name} is not installed, so {label} is NOT MEASURED"));
            return Ok(());
        };
        figures.push(figure(label, &ours.rounds, &other.rounds, target)?);
        Ok(())
    };
    let [decode, vips] = targets;
    against("djpeg", "Kvit / one full libjpeg-turbo decode (djpeg)", decode)?;
    against("vipsthumbnail", "Kvit / vipsthumbnail", vips)?;
    against("image alone", "Kvit / image alone", Target::Reported)?;
    notes.push(times(&names, &measured)?);
    notes.push(
        "djpeg and vipsthumbnail are processes of their own, and their start is in their time".to_owned(),
    );
    let again = of("Kvit again").context("Kvit got lost")?;
    Ok(Attempt {
        figures,
        control: Some(control(&again.rounds, &ours.rounds, Clock::Wall)?),
        notes,
    })
}

fn times(names: &[(&str, &str)], measured: &[Measured]) -> Result<String> {
    let mut told = Vec::new();
    for ((name, _), measured) in names.iter().zip(measured) {
        told.push(format!("{name} {:.0} ms", micros(&measured.rounds)? / 1e3));
    }
    Ok(format!("a photograph takes {}", told.join(", ")))
}

/// P6: a photograph as it is sent.
pub fn send(bench: &mut Bench) -> Result<Attempt> {
    race(bench, worker::SEND, [Target::AtMost(1.5), Target::AtMost(1.15)])
}

/// P7: a thumbnail of 256 pixels.
pub fn thumbnail(bench: &mut Bench) -> Result<Attempt> {
    race(
        bench,
        worker::THUMBNAIL,
        [Target::AtMost(0.5), Target::AtMost(1.0)],
    )
}

/// P9: the most memory a process has, from exec to exit, for one job.
pub fn memory(bench: &mut Bench) -> Result<Attempt> {
    let photos = Photos::make(bench)?;
    let theirs = other(bench, "vipsthumbnail").is_some();
    let peak = |name: &str, subject: &str, what: &str| -> Result<f64> {
        // A new one each time: the system tells the most of all children there ever were.
        let mut worker = start(bench, name, subject, &photos)?;
        let order = Order {
            what: what.to_owned(),
            start: 0,
            count: 1,
        };
        let slice = worker.slice(&order)?;
        let bytes = slice.done.samples.first().context("the worker told no memory")?;
        Ok(to_f64(*bytes))
    };
    let (mut figures, mut notes) = (Vec::new(), Vec::new());
    let idle = peak("Kvit", "memory-kvit", worker::NOTHING)?;
    for (job, name) in [(worker::SEND, "to send"), (worker::THUMBNAIL, "a thumbnail")] {
        let ours = peak("Kvit", "memory-kvit", job)?;
        figures.push(Figure {
            name: format!("Kvit, {name}, over its rest"),
            unit: "decoded frames",
            spread: Spread::exact((ours - idle) / to_f64(photo::FRAME_BYTES)),
            target: Target::AtMost(1.5),
        });
        if theirs {
            let vips = peak("vipsthumbnail", "memory-vipsthumbnail", job)?;
            figures.push(Figure::ratio(
                format!("Kvit's process / vipsthumbnail's, {name}"),
                Spread::exact(ours / vips),
                Target::Reported,
            ));
            notes.push(format!(
                "{name}: Kvit {:.0} MB, vipsthumbnail {:.0} MB",
                ours / 1e6,
                vips / 1e6
            ));
        } else {
            notes.push(format!(
                "{name}: Kvit {:.0} MB; vipsthumbnail is not installed",
                ours / 1e6
            ));
        }
    }
    Ok(Attempt {
        figures,
        control: None,
        notes,
    })
}

/// P8: quality, by SSIMULACRA2 against a reduction in linear light at 32 bits.
pub fn quality(bench: &mut Bench) -> Result<Attempt> {
    if other(bench, "vipsthumbnail").is_none() {
        bail!("this row needs vipsthumbnail (Debian: libvips-tools)");
    }
    println!("    scoring photographs");
    let folder = tempfile::tempdir()?;
    let (mut bytes, mut better, mut scores) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..bench.rounds(SCORED, 4) {
        let seed = bench.seed.wrapping_add(1000).wrapping_add(number as u64);
        let scored = score::against_vips(seed, folder.path())?;
        bytes.push(scored.bytes_at_equal_score);
        better.push(scored.score_at_equal_bytes);
        scores.push(scored.score);
    }
    let spread = |values: &[f64]| Spread::of(values).context("nothing was scored");
    Ok(Attempt {
        figures: vec![
            Figure::ratio(
                "Kvit's bytes / libvips's at equal score",
                spread(&bytes)?,
                Target::AtMost(1.02),
            ),
            Figure {
                name: "Kvit's score less libvips's at equal bytes".to_owned(),
                unit: "points",
                spread: spread(&better)?,
                target: Target::Reported,
            },
            Figure {
                name: "Kvit's score".to_owned(),
                unit: "points",
                spread: spread(&scores)?,
                target: Target::Reported,
            },
        ],
        control: None,
        notes: vec![format!(
            "{} photographs made from the seed, not taken by a camera; load {}",
            scores.len(),
            machine::load()
        )],
    })
}

/// Where a worker's photographs are.
fn files(folder: &Path) -> Vec<PathBuf> {
    (0..PHOTOS)
        .map(|number| folder.join(format!("{number}.jpg")))
        .collect()
}
