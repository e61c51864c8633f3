//! The rows: what is measured, on what, against whom.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use rand::rngs::StdRng;

use crate::build::Builder;
use crate::figures::{Attempt, Clock, Control, Figure, Round, Spread, Target, ratios};
use crate::inputs::Inputs;
use crate::past::Stores;

mod page;
pub mod pictures;
mod proof;
mod rpc;
mod scroll;
mod size;
mod store;
mod stream;
mod sync;
mod window;

/// A row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    P1,
    P2,
    P3,
    P5,
    P6,
    P7,
    P8,
    P9,
    P10,
    P11,
    P12,
    P13,
    P14,
    P15,
    P16,
    P17,
    P19,
    P20,
    P21,
    P22,
    P24,
    P26,
    P28,
    /// The first reading of everything, which the list of targets has no number for.
    Sync,
}

/// All of them, in order.
pub const ALL: [Row; 24] = [
    Row::P1,
    Row::P2,
    Row::P3,
    Row::P5,
    Row::P6,
    Row::P7,
    Row::P8,
    Row::P9,
    Row::P10,
    Row::P11,
    Row::P12,
    Row::P13,
    Row::P14,
    Row::P15,
    Row::P16,
    Row::P17,
    Row::P19,
    Row::P20,
    Row::P21,
    Row::P22,
    Row::P24,
    Row::P26,
    Row::P28,
    Row::Sync,
];

impl Row {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::P5 => "P5",
            Self::P6 => "P6",
            Self::P7 => "P7",
            Self::P8 => "P8",
            Self::P9 => "P9",
            Self::P10 => "P10",
            Self::P11 => "P11",
            Self::P12 => "P12",
            Self::P13 => "P13",
            Self::P14 => "P14",
            Self::P15 => "P15",
            Self::P16 => "P16",
            Self::P17 => "P17",
            Self::P19 => "P19",
            Self::P20 => "P20",
            Self::P21 => "P21",
            Self::P22 => "P22",
            Self::P24 => "P24",
            Self::P26 => "P26",
            Self::P28 => "P28",
            Self::Sync => "SYNC",
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
            Self::P6 => {
                "A photograph of 12 megapixels (4:2:0, lying on its side, as telephones write them) to what is sent: \
                 decoded, upright, 1600 pixels, quality 80, without metadata; by the wall. The unit is one full decode \
                 by libjpeg-turbo, which is C with assembler; everything here is Rust."
            }
            Self::P7 => "The same photograph to a thumbnail of 256 pixels.",
            Self::P8 => {
                "Quality of what is sent: SSIMULACRA2 against a Lanczos3 reduction in linear light at 32 bits, and its \
                 bytes over those with which libvips reaches the same score."
            }
            Self::P9 => {
                "The most memory a process has for one of these jobs, from exec to exit: this program at rest, and with \
                 the job; a decoded frame of 12 megapixels has 36 MB."
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
            Self::P12 => {
                "A burst of stored events about payments, each with its whole payment, over TLS on the loopback, by the \
                 wall: from the wire through kvit-client, told apart, gathered into batches of what changed for the \
                 window, and kept (synced), told and marked in the encrypted store by the calls the engine makes; \
                 against the generated client that only decodes. What the engine then reads again about each payment \
                 is in row P28."
            }
            Self::P13 => {
                "The process of the server is stopped: it answers nothing and closes nothing. Time until Kvit says so, \
                 over the time it allows (2 s here and a heartbeat every 0.2 s; 25 s and 10 s in the app)."
            }
            Self::P14 => {
                "A connection with an open stream is cut. From the new connection, which comes after a declared wait of \
                 0.1 to 1 s, until the stream says that it lives; against bare handshakes over the same way."
            }
            Self::P15 => {
                "From exec to the first useful paint, by the wall: until a block of the window shows the words it will \
                 keep, as the X server sees it. Kvit opens on 100,000 payments in its encrypted store, offline, and the \
                 block lies among their rows: where the same window shows something else over 1,000 others. Xvfb without \
                 a graphics card; all programs started in turn, caches of files warm. Each of Kvit's launches is ended by SIGKILL, \
                 so the next one also plays what the log holds."
            }
            Self::P16 => {
                "As P15, over the same with no payments in the store, whose window is waited for until it shows its \
                 words."
            }
            Self::P17 => {
                "Memory of the process tree at rest (proportional share, PSS), one program at a time; Kvit with the \
                 list of 100,000 payments on screen."
            }
            Self::P19 => {
                "Scrolling by script, one step a frame, through a list of 100,000 rows over a made-up backend, and through \
                 the same first 50 rows as a page without a program: a line each frame, a page each sixth, and to any \
                 place each frame. Headless Chromium without a graphics card, so a lower bound."
            }
            Self::P20 => {
                "The search over 100,000 payments and over 1,000, in the real window by the page's clock: from a change \
                 of the field until the list shows the rows that fit and a frame later, less the 200 ms for which the \
                 field waits for more letters. One payment in twelve fits. The store's part alone, by processor time: \
                 the numbers of all that fit, and the first 50 of them."
            }
            Self::P21 => {
                "A window of 50 rows out of 100,000 payments through the encrypted store, against plain SQLite with the \
                 same schema, rows, indexes and settings (the same library without a key), asked by keyset in one \
                 statement. Plain SQLite gives columns, Kvit whole payments. Warm by processor time; from the disk by \
                 the wall, after the system was told to forget both files."
            }
            Self::P22 => {
                "An operation put into the journal, on the disk when the call returns, against 4 KiB written over an \
                 old page of a bare file and fdatasync; by the wall, in turn on the same disk."
            }
            Self::P28 => {
                "Catching up with new payments after a time away, from the opening of the engine over the store of \
                 before until everything is read, checked (RSA-3072) and kept; by the wall. The slope leaves out what \
                 every start costs. Bare is the generated client over the same TLS and one synced transaction of plain \
                 SQLite with the messages as they came."
            }
            Self::Sync => {
                "The first reading of everything through the engine, from an empty folder until everything is read, \
                 checked (RSA-3072), kept and its receipts archived, against the paging loop of kvit-client that keeps \
                 nothing; by the wall."
            }
            Self::P24 => {
                "A page of 50 rows out of 100,000 asked for by the page of the real window, until the answer is there as \
                 an object; against an invoke of a command that does not exist, which does nothing but refuse. By the \
                 page's clock."
            }
            Self::P26 => {
                "Size of the stripped release binary, and of the package, against Tauri's hello with the same profile \
                 built in the same run."
            }
        }
    }

    /// In how many of `launches` it is measured. Sizes and scores do not vary; memory hardly does and takes minutes.
    pub const fn launches(self, launches: usize) -> usize {
        match self {
            Self::P8 | Self::P26 => 1,
            Self::P17 if launches > 3 => 3,
            _ => launches,
        }
    }

    /// Whether it needs the app itself.
    pub const fn wants_app(self) -> bool {
        matches!(
            self,
            Self::P15 | Self::P16 | Self::P17 | Self::P20 | Self::P24 | Self::P26
        )
    }

    /// One attempt.
    pub fn measure(self, bench: &mut Bench) -> Result<Attempt> {
        match self {
            Self::P1 => proof::first(bench, "rsa"),
            Self::P2 => proof::first(bench, "ed"),
            Self::P3 => proof::batch(bench),
            Self::P5 => proof::growth(bench),
            Self::P6 => pictures::send(bench),
            Self::P7 => pictures::thumbnail(bench),
            Self::P8 => pictures::quality(bench),
            Self::P9 => pictures::memory(bench),
            Self::P10 => rpc::unary(bench),
            Self::P11 => rpc::delayed(bench),
            Self::P12 => stream::events(bench),
            Self::P13 => stream::dead_peer(bench),
            Self::P14 => stream::reconnect(bench),
            Self::P15 => window::paint(bench),
            Self::P16 => window::growth(bench),
            Self::P17 => window::memory(bench),
            Self::P19 => scroll::scroll(bench),
            Self::P20 => store::filter(bench),
            Self::P21 => store::window(bench),
            Self::P22 => store::journal(bench),
            Self::P24 => page::invoke(bench),
            Self::P26 => size::size(bench),
            Self::P28 => sync::catch_up(bench),
            Self::Sync => sync::first(bench),
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
    /// Stores of this run, once a row wanted them.
    stores: Option<Stores>,
    /// Marketplaces of this run, once a row wanted them.
    markets: Option<sync::Markets>,
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
            stores: None,
            markets: None,
            built: BTreeMap::new(),
            peers: BTreeMap::new(),
        }
    }

    /// The texts of this run.
    pub fn inputs(&self) -> Result<&Inputs> {
        self.inputs.as_ref().context("the inputs were not made")
    }

    /// The stores of this run; made at the first call.
    pub fn stores(&mut self) -> Result<&Stores> {
        let stores = match self.stores.take() {
            Some(stores) => stores,
            None => {
                println!("    making stores of a long past");
                let stores = Stores::make(self.seed)?;
                crate::kept::export(stores.folder(), &stores.key)?;
                stores
            }
        };
        Ok(self.stores.insert(stores))
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
