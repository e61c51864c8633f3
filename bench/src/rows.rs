//! The rows: what is measured, on what, against whom.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use rand::rngs::StdRng;

use crate::build::Builder;
use crate::figures::{Attempt, Clock, Control, Figure, Round, Spread, Target, ratios};
use crate::inputs::Inputs;

mod proof;
mod rpc;
mod size;
mod window;

/// A row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    P1,
    P2,
    P3,
    P5,
    P10,
    P11,
    P15,
    P17,
    P26,
}

/// All of them, in order.
pub const ALL: [Row; 9] = [
    Row::P1,
    Row::P2,
    Row::P3,
    Row::P5,
    Row::P10,
    Row::P11,
    Row::P15,
    Row::P17,
    Row::P26,
];

impl Row {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::P5 => "P5",
            Self::P10 => "P10",
            Self::P11 => "P11",
            Self::P15 => "P15",
            Self::P17 => "P17",
            Self::P26 => "P26",
        }
    }

    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|row| row.name().eq_ignore_ascii_case(name))
    }

    /// What is measured, in a sentence or two.
    pub const fn what(self) -> &'static str {
        match self {
            Self::P1 => {
                "First verification of a clear-signed confirmation of 180 bytes, RSA-3072, one core, by processor time. \
                 Rates; 1.0 of raw is OpenSSL's bare RSA-3072 verification with a key that is ready."
            }
            Self::P2 => "The same under an Ed25519 key; 1.0 of raw is ed25519-dalek's bare verify_strict.",
            Self::P3 => {
                "A thousand confirmations opened at once on two cores, by the wall; 1.0 of raw is one core doing \
                 nothing but OpenSSL's RSA-3072 verifications."
            }
            Self::P5 => {
                "Growth: time for four times the bytes over time for the bytes (4.0 is linear), worst of 64 to 256 KiB, \
                 256 KiB to 1 MiB, 1 to 4 MiB, valid and hostile texts. The app itself refuses anything above 16 KiB \
                 unread (last lines); growth is measured through the same public verifier with that cap raised."
            }
            Self::P10 => {
                "One unary call (SendMessage, 256 bytes of text) over TLS on the loopback, by the wall: through all of \
                 kvit-client, through the generated client alone, and as a bare echo of 300 bytes. One server process \
                 for all, on one thread; one calling process on one thread. The app speaks only TLS, so the echo under \
                 rustls is its physical limit; the echo over bare TCP is reported."
            }
            Self::P11 => {
                "A hundred thousand calls as in P10: how many took 35 to 60 ms, the mark of a delayed acknowledgement, \
                 beyond those of as many echoes over bare TCP in the same slices."
            }
            Self::P15 => {
                "From exec to the first useful paint, by the wall: until a block of the window shows the words it will \
                 keep, as the X server sees it. Empty home, first-run screen; Xvfb without a graphics card; all \
                 programs started in turn, caches of files warm."
            }
            Self::P17 => {
                "Memory of the process tree at rest (proportional share, PSS) on the first-run screen, one program at a \
                 time."
            }
            Self::P26 => {
                "Size of the stripped release binary, and of the package, against Tauri's hello with the same profile \
                 built in the same run."
            }
        }
    }

    /// In how many of `launches` it is measured. Sizes do not vary; memory hardly does and takes minutes.
    pub const fn launches(self, launches: usize) -> usize {
        match self {
            Self::P26 => 1,
            Self::P17 if launches > 3 => 3,
            _ => launches,
        }
    }

    /// Whether it needs the app itself.
    pub const fn wants_app(self) -> bool {
        matches!(self, Self::P15 | Self::P17 | Self::P26)
    }

    /// One attempt.
    pub fn measure(self, bench: &mut Bench) -> Result<Attempt> {
        match self {
            Self::P1 => proof::first(bench, "rsa"),
            Self::P2 => proof::first(bench, "ed"),
            Self::P3 => proof::batch(bench),
            Self::P5 => proof::growth(bench),
            Self::P10 => rpc::unary(bench),
            Self::P11 => rpc::delayed(bench),
            Self::P15 => window::paint(bench),
            Self::P17 => window::memory(bench),
            Self::P26 => size::size(bench),
        }
    }
}

/// Everything the rows share in one run.
pub struct Bench {
    /// Builds the others.
    pub builder: Builder,
    /// This program.
    pub own: PathBuf,
    /// The app's release binary.
    pub app: Option<PathBuf>,
    /// Fewer rounds: to look, not to judge.
    pub quick: bool,
    /// Where every random number comes from.
    pub random: StdRng,
    /// The seed of it.
    pub seed: u64,
    /// Texts and keys of this run.
    pub inputs: Option<Inputs>,
    /// Others that are built, by name; `None`: they could not be.
    built: BTreeMap<String, Option<PathBuf>>,
    /// Who took part: name, and what it said it is or how it was called.
    pub peers: BTreeMap<String, String>,
}

impl Bench {
    /// A run.
    pub fn new(builder: Builder, own: PathBuf, app: Option<PathBuf>, quick: bool, seed: u64) -> Self {
        Self {
            builder,
            own,
            app,
            quick,
            random: rand::SeedableRng::seed_from_u64(seed),
            seed,
            inputs: None,
            built: BTreeMap::new(),
            peers: BTreeMap::new(),
        }
    }

    /// The texts of this run.
    pub fn inputs(&self) -> Result<&Inputs> {
        self.inputs.as_ref().context("the inputs were not made")
    }

    /// The app.
    pub fn app(&self) -> Result<PathBuf> {
        self.app
            .clone()
            .context("this row needs the app: `cargo xtask bench` builds it and tells where it is")
    }

    /// Builds another once. One that cannot be built is left out and named; `must` makes that an error.
    pub fn other(
        &mut self,
        name: &str,
        must: bool,
        build: impl FnOnce(&Builder) -> Result<PathBuf>,
    ) -> Result<Option<PathBuf>> {
        if let Some(built) = self.built.get(name) {
            return Ok(built.clone());
        }
        let built = match build(&self.builder) {
            Ok(path) => Some(path),
            Err(error) if must => return Err(error.context(format!("{name} is needed"))),
            Err(error) => {
                println!("    {name} is not in this run: {error:#}");
                self.peers.insert(
                    name.to_owned(),
                    "not in this run: it could not be built here".to_owned(),
                );
                None
            }
        };
        self.built.insert(name.to_owned(), built.clone());
        Ok(built)
    }

    /// `full` rounds, or `quick` ones.
    pub const fn rounds(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }
}

/// The spread of `above` over `below`.
fn over(above: &[Round], below: &[Round]) -> Result<Spread> {
    Spread::of(&ratios(above, below)).context("nothing was measured")
}

/// A ratio as a figure.
fn figure(name: impl Into<String>, above: &[Round], below: &[Round], target: Target) -> Result<Figure> {
    Ok(Figure::ratio(name, over(above, below)?, target))
}

/// The subject against itself.
fn control(second: &[Round], first: &[Round], clock: Clock) -> Result<Control> {
    Ok(Control {
        spread: over(second, first)?,
        clock,
    })
}

/// The median of means, in microseconds.
fn micros(rounds: &[Round]) -> Result<f64> {
    let means: Vec<f64> = rounds.iter().map(|round| round.mean() / 1e3).collect();
    Ok(Spread::of(&means).context("nothing was measured")?.median)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_names() {
        for row in ALL {
            assert_eq!(Row::named(row.name()), Some(row));
        }
        assert_eq!(Row::named("p15"), Some(Row::P15));
        assert_eq!(Row::named("P4"), None);
    }
}
