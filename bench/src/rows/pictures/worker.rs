//! Those who work on photographs.

use std::io::Cursor;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageReader};
use kvit_bench_worker::{Done, Order, Proof, serve};
use kvit_images::{LONG_SIDE, Limits, Prepare, QUALITY, Side, Stop};
use nix::sys::resource::{UsageWho, getrusage};

/// The operations: a photograph as it is sent, a thumbnail, and nothing but a start.
pub const SEND: &str = "send";
pub const THUMBNAIL: &str = "thumbnail";
pub const NOTHING: &str = "nothing";

/// Longer side of a thumbnail.
const THUMBNAIL_SIDE: u32 = 256;

/// `vipsthumbnail` with the usual settings of a web site: stripped, with Huffman tables of its own.
pub fn vipsthumbnail(from: &Path, to: &Path, side: u32, quality: u8) -> Command {
    let mut command = Command::new("vipsthumbnail");
    command.arg(from).arg("--size").arg(format!("{side}x{side}"));
    let mut output = to.as_os_str().to_owned();
    output.push(format!("[Q={quality},strip,optimize_coding]"));
    command.arg("--output").arg(output);
    command
}

/// Obeys orders: `subject` is `kvit`, `image`, `djpeg`, `vipsthumbnail`, or `memory-` and one that is a process.
pub fn worker(folder: &Path, subject: &str) -> ExitCode {
    let files = super::files(folder);
    let out = folder.join(format!("out-{subject}.jpg"));
    let (folder, subject) = (folder.to_owned(), subject.to_owned());
    serve(&subject.clone(), move |order: &Order| {
        let mut done = Done::default();
        let mut proof = Proof::default();
        for file in order.inputs(&files) {
            let sides =
                one(&subject, &order.what, file, &out, &folder).map_err(|error| format!("{error:#}"))?;
            proof.number(u64::from(sides.0));
            proof.number(u64::from(sides.1));
        }
        if subject.starts_with("memory-") {
            let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| error.to_string())?;
            // In KiB on Linux.
            done.samples
                .push(u64::try_from(usage.max_rss()).unwrap_or(0).saturating_mul(1024));
        }
        done.proof = proof.value();
        Ok(done)
    })
}

/// One job; gives the sides of what came out.
fn one(subject: &str, what: &str, file: &Path, out: &Path, folder: &Path) -> Result<(u32, u32)> {
    match subject {
        "kvit" => kvit(what, file),
        "image" => library(what, file),
        "djpeg" => {
            // The one full decode that times are compared with.
            let status = Command::new("djpeg")
                .arg("-outfile")
                .arg("/dev/null")
                .arg(file)
                .status()?;
            ensure!(status.success(), "djpeg failed");
            Ok((0, 0))
        }
        "vipsthumbnail" | "memory-vipsthumbnail" => {
            let side = if what == SEND { LONG_SIDE } else { THUMBNAIL_SIDE };
            ensure!(
                vipsthumbnail(file, out, side, QUALITY).status()?.success(),
                "vipsthumbnail failed"
            );
            Ok(image::image_dimensions(out)?)
        }
        "memory-kvit" => {
            let status = Command::new(std::env::current_exe()?)
                .args(["worker", "picture"])
                .arg(folder)
                .arg(what)
                .stdout(Stdio::null())
                .status()?;
            ensure!(status.success(), "Kvit failed");
            Ok((0, 0))
        }
        other => anyhow::bail!("nobody is called {other}"),
    }
}

/// A process of one job of Kvit's, for its memory.
pub fn once(folder: &Path, what: &str) -> Result<ExitCode> {
    let file = super::files(folder).first().cloned().context("no photograph")?;
    if what != NOTHING {
        kvit(what, &file)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn kvit(what: &str, file: &Path) -> Result<(u32, u32)> {
    let bytes = std::fs::read(file)?.into();
    if what == SEND {
        let sent = kvit_images::prepare(bytes, Prepare::default(), Limits::OWN, &Stop::new())?;
        return Ok((sent.width, sent.height));
    }
    let shown = kvit_images::show(bytes, Limits::OWN, Side::new(THUMBNAIL_SIDE), &Stop::new())?;
    Ok((shown.width, shown.height))
}

/// `image` alone.
fn library(what: &str, file: &Path) -> Result<(u32, u32)> {
    let bytes = std::fs::read(file)?;
    let mut decoder = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()?
        .into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    let side = if what == SEND { LONG_SIDE } else { THUMBNAIL_SIDE };
    let small = picture.resize(side, side, FilterType::Lanczos3).into_rgb8();
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, QUALITY).encode_image(&small)?;
    Ok(small.dimensions())
}
