//! A display of our own and a look at its pixels from outside: what is painted is judged by the X server, not by the
//! program that paints.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

/// Size of the display. No window manager runs, so windows lie at its corner.
const WIDTH: u16 = 1280;
const HEIGHT: u16 = 900;

/// Part of the display that is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    x: u16,
    y: u16,
    width: u16,
    height: u16,
}

/// A block of about a few words.
const BLOCK_WIDTH: u16 = 96;
const BLOCK_HEIGHT: u16 = 20;

/// Some pixels, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    pixels: Vec<[u8; 3]>,
}

impl Picture {
    /// How many pixels differ from their left neighbour: text does, planes do not.
    fn edges(&self, block: Block) -> usize {
        let rows = self
            .pixels
            .chunks_exact(self.width.max(1))
            .skip(block.y.into())
            .take(block.height.into());
        rows.map(|row| {
            let part: Vec<_> = row.iter().skip(block.x.into()).take(block.width.into()).collect();
            part.windows(2).filter(|pair| pair.first() != pair.last()).count()
        })
        .sum()
    }

    /// The block with the most content in the inner part of the display: not in a title bar, not at a border.
    pub fn richest_block(&self) -> Result<Block> {
        self.richest_block_beyond(None)
    }

    /// A part of it.
    fn part(&self, block: Block) -> Picture {
        Picture {
            width: block.width.into(),
            pixels: self
                .pixels
                .chunks_exact(self.width.max(1))
                .skip(block.y.into())
                .take(block.height.into())
                .flat_map(|row| row.iter().skip(block.x.into()).take(block.width.into()))
                .copied()
                .collect(),
        }
    }

    /// The same among those where another picture shows other content.
    pub fn richest_block_beyond(&self, other: Option<&Picture>) -> Result<Block> {
        let mut best = None;
        for y in (HEIGHT / 8..HEIGHT * 3 / 4).step_by(10) {
            for x in (WIDTH / 20..WIDTH * 4 / 5).step_by(16) {
                let block = Block {
                    x,
                    y,
                    width: BLOCK_WIDTH,
                    height: BLOCK_HEIGHT,
                };
                let edges = self.edges(block);
                if edges <= best.map_or(0, |(most, _)| most) {
                    continue;
                }
                if other.is_some_and(|other| self.part(block).shows(&other.part(block))) {
                    continue;
                }
                best = Some((edges, block));
            }
        }
        match best {
            // A few words have hundreds of edges.
            Some((edges, block)) if edges > 100 => Ok(block),
            _ => bail!("there is no content in the window"),
        }
    }

    /// The most frequent colour: what the content stands on.
    fn ground(&self) -> Option<[u8; 3]> {
        let mut counts = std::collections::HashMap::new();
        for pixel in &self.pixels {
            let count: &mut usize = counts.entry(*pixel).or_default();
            *count = count.saturating_add(1);
        }
        counts
            .into_iter()
            .max_by_key(|(_, count)| *count)
            .map(|(pixel, _)| pixel)
    }

    /// Whether this shows the content that `painted` shows: on the same ground, as many edges by a quarter.
    ///
    /// Not pixel by pixel: the web view does not smooth the same letters alike in every launch.
    pub fn shows(&self, painted: &Picture) -> bool {
        let all = |picture: &Picture| {
            let rows = picture.pixels.chunks_exact(picture.width.max(1));
            rows.map(|row| row.windows(2).filter(|pair| pair.first() != pair.last()).count())
                .sum::<usize>()
        };
        let (now, then) = (all(self), all(painted));
        self.pixels.len() == painted.pixels.len()
            && self.ground() == painted.ground()
            && now.abs_diff(then).saturating_mul(4) <= then
    }
}

/// A display, and the programs' session bus.
pub struct Screen {
    server: Child,
    bus: Child,
    /// `:N`.
    pub display: String,
    /// Address of the bus.
    pub bus_address: String,
    connection: RustConnection,
    root: Window,
}

impl Screen {
    /// Starts a display without a graphics card and a session bus.
    pub fn start() -> Result<Self> {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-br", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{WIDTH}x{HEIGHT}x24"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start Xvfb")?;
        let number = first_line(server.stdout.take())?;
        let display = format!(":{number}");
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start dbus-daemon")?;
        let bus_address = first_line(bus.stdout.take())?;
        let (connection, screen) = x11rb::connect(Some(&display)).context("cannot look at the display")?;
        let root = connection
            .setup()
            .roots
            .get(screen)
            .context("a display without a screen")?
            .root;
        Ok(Self {
            server,
            bus,
            display,
            bus_address,
            connection,
            root,
        })
    }

    fn picture_of(&self, block: Block) -> Result<Picture> {
        let Block { x, y, width, height } = block;
        let reply = self
            .connection
            .get_image(
                ImageFormat::Z_PIXMAP,
                self.root,
                i16::try_from(x)?,
                i16::try_from(y)?,
                width,
                height,
                u32::MAX,
            )?
            .reply()?;
        // 24 bits deep, four bytes a pixel, the fourth is nothing.
        let pixels: Vec<[u8; 3]> = reply
            .data
            .chunks_exact(4)
            .filter_map(|pixel| pixel.first_chunk::<3>().copied())
            .collect();
        ensure!(
            pixels.len() == usize::from(width).saturating_mul(height.into()),
            "the display gave another picture than asked for"
        );
        Ok(Picture {
            width: width.into(),
            pixels,
        })
    }

    /// All of it.
    fn picture(&self) -> Result<Picture> {
        self.picture_of(Block {
            x: 0,
            y: 0,
            width: WIDTH,
            height: HEIGHT,
        })
    }

    /// The picture once it has content and has not changed for a second.
    pub fn settled(&self) -> Result<Picture> {
        let begin = Instant::now();
        let mut last = self.picture()?;
        let mut since = Instant::now();
        while begin.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(100));
            let now = self.picture()?;
            if now != last {
                (last, since) = (now, Instant::now());
            } else if since.elapsed() > Duration::from_secs(1) && last.richest_block().is_ok() {
                return Ok(last);
            }
        }
        bail!("nothing settled on the display within a minute")
    }

    /// That part of a picture as the display shows it now.
    pub fn look(&self, block: Block) -> Result<Picture> {
        self.picture_of(block)
    }

    /// Watches a block until it shows what `painted` shows; when that was.
    pub fn wait_for(&self, block: Block, painted: &Picture) -> Result<Instant> {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(60) {
            if self.picture_of(block)?.shows(painted) {
                return Ok(Instant::now());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        bail!("the content was not painted within a minute")
    }

    /// Waits until nothing is left on the display.
    pub fn wait_until_bare(&self) -> Result<()> {
        for _ in 0..1000 {
            if self.picture()?.pixels.iter().all(|pixel| *pixel == [0, 0, 0]) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bail!("a window stayed on the display")
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        for child in [&mut self.server, &mut self.bus] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The first line a program prints; the pipe is kept from filling up afterwards.
fn first_line(output: Option<impl Read + Send + 'static>) -> Result<String> {
    let mut output = BufReader::new(output.context("no pipe")?);
    let mut line = String::new();
    output.read_line(&mut line)?;
    ensure!(!line.trim().is_empty(), "it ended before it was ready");
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    Ok(line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blank() -> Picture {
        Picture {
            width: WIDTH.into(),
            pixels: vec![[255; 3]; usize::from(WIDTH) * usize::from(HEIGHT)],
        }
    }

    #[test]
    fn content_is_found_where_it_is() {
        let mut picture = blank();
        assert!(picture.richest_block().is_err());
        // Something like a word at 400, 300.
        for y in 300..316 {
            for x in (400..480).step_by(2) {
                picture.pixels[y * usize::from(WIDTH) + x] = [0; 3];
            }
        }
        let block = picture.richest_block().unwrap();
        assert!(
            (380..=400).contains(&block.x) && (290..=305).contains(&block.y),
            "{block:?}"
        );
    }

    #[test]
    fn content_that_is_there_anyway_is_not_taken() {
        let mut picture = blank();
        let word = |picture: &mut Picture, x: usize, y: usize| {
            for y in y..y + 16 {
                for x in (x..x + 80).step_by(2) {
                    picture.pixels[y * usize::from(WIDTH) + x] = [0; 3];
                }
            }
        };
        word(&mut picture, 400, 300);
        let other = picture.clone();
        word(&mut picture, 600, 500);
        assert_eq!(
            picture.richest_block().unwrap().y,
            other.richest_block().unwrap().y
        );
        let block = picture.richest_block_beyond(Some(&other)).unwrap();
        assert!(
            (580..=600).contains(&block.x) && (490..=505).contains(&block.y),
            "{block:?}"
        );
    }

    #[test]
    fn a_title_bar_is_no_content() {
        let mut picture = blank();
        for y in 4..24 {
            for x in (400..600).step_by(2) {
                picture.pixels[y * usize::from(WIDTH) + x] = [0; 3];
            }
        }
        assert!(picture.richest_block().is_err());
    }

    #[test]
    fn content_is_known_again_when_its_letters_are_smoothed_differently() {
        // `strokes` strokes on white, in shades of their own.
        let of = |strokes: usize, shade: u8| {
            let mut pixels = vec![[255; 3]; 1000];
            for stroke in pixels.iter_mut().skip(1).step_by(3).take(strokes) {
                *stroke = [shade; 3];
            }
            Picture { width: 100, pixels }
        };
        let painted = of(100, 0);
        assert!(painted.shows(&painted));
        assert!(of(100, 90).shows(&painted));
        assert!(of(90, 0).shows(&painted));
        assert!(!of(0, 0).shows(&painted), "an empty block");
        assert!(!of(60, 0).shows(&painted), "half of the words");
        assert!(!of(200, 0).shows(&painted), "other words");
        let mut dark = painted.clone();
        for pixel in dark.pixels.iter_mut().filter(|pixel| **pixel == [255; 3]) {
            *pixel = [20; 3];
        }
        assert!(!dark.shows(&painted), "another ground");
        let shorter = Picture {
            width: 100,
            pixels: painted.pixels.iter().copied().take(900).collect(),
        };
        assert!(!shorter.shows(&painted));
    }
}
