//! The workers of this program: the shipped verifier, and gpgv.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use jiff::Timestamp;
use kvit_bench_worker::{Done, Order, Proof, files, serve};
use kvit_proof::{MAX_CONFIRMATION_BYTES, PinnedKey, verify_many, verify_signature, verify_text};

/// Threads of the batch in row P3.
const THREADS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);
/// Above every text of row P5, so that the growth behind the cap can be seen at all.
const NO_CAP: usize = 8 * 1024 * 1024;

/// A key and texts.
struct Loaded {
    key: PinnedKey,
    texts: Vec<Vec<u8>>,
}

fn load(folder: &Path, name: &str) -> Result<Loaded, String> {
    let at = folder.join(name);
    let read =
        || -> std::io::Result<_> { Ok((std::fs::read(at.join("key.asc"))?, files(&at.join("texts"))?)) };
    let (key, texts) = read().map_err(|error| format!("{name}: {error}"))?;
    let key = PinnedKey::parse(&key).map_err(|error| error.to_string())?;
    Ok(Loaded { key, texts })
}

/// `kvit_proof`, by the operations:
///
/// - `NAME`: [`verify_signature`], one by one, on the confirmations of that folder;
/// - `batch-NAME`: [`verify_many`] on two threads;
/// - `growth-…`: [`verify_text`] with a cap above the text;
/// - `over-BYTES`: [`verify_signature`] on a text that is longer than the cap.
pub fn proof(folder: &Path) -> ExitCode {
    let mut loaded = HashMap::new();
    let folder = folder.to_owned();
    serve("kvit-proof, as the app has it", move |order: &Order| {
        let at = Timestamp::now();
        let mut proof = Proof::default();
        if let Some(bytes) = order.what.strip_prefix("over-") {
            let bytes: usize = bytes.parse().map_err(|_| "no number of bytes".to_owned())?;
            if bytes <= MAX_CONFIRMATION_BYTES {
                return Err("not over the cap".to_owned());
            }
            if !loaded.contains_key(&order.what) {
                let mut made = load(&folder, "rsa")?;
                let mut text = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n".to_vec();
                text.resize(bytes, b'x');
                made.texts = vec![text];
                loaded.insert(order.what.clone(), made);
            }
        }
        let name = order.what.strip_prefix("batch-").unwrap_or(&order.what);
        if !loaded.contains_key(name) {
            loaded.insert(name.to_owned(), load(&folder, name)?);
        }
        let Loaded { key, texts } = loaded.get(name).ok_or("nothing loaded")?;
        if order.what.starts_with("batch-") {
            let batch: Vec<&[u8]> = order.inputs(texts).map(Vec::as_slice).collect();
            for verdict in verify_many(&batch, Some(key), at, THREADS) {
                let signed = verdict.map_err(|refusal| format!("{refusal:?}"))?;
                proof.text(signed.text.as_bytes());
            }
        } else if order.what.starts_with("growth-") {
            for text in order.inputs(texts) {
                match verify_text(text, Some(key), at, NO_CAP) {
                    Ok(signed) => proof.text(signed.text.as_bytes()),
                    Err(_) => proof.refused(),
                }
            }
        } else {
            for text in order.inputs(texts) {
                match verify_signature(text, Some(key), at) {
                    Ok(signed) => proof.text(signed.text.as_bytes()),
                    Err(_) => proof.refused(),
                }
            }
        }
        Ok(Done {
            proof: proof.value(),
            ..Done::default()
        })
    })
}

/// What gpgv is called with; the text comes on standard input and goes to standard output.
pub const GPGV: &str = "gpgv --homedir EMPTY --keyring KEY --output - -";

/// gpgv, one process for each text.
pub fn gpgv(folder: &Path) -> ExitCode {
    let folder = folder.to_owned();
    let about = match Command::new("gpgv").arg("--version").output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout)
            .lines()
            .next()
            .unwrap_or("gpgv")
            .to_owned(),
        Err(_) => return ExitCode::FAILURE,
    };
    let Ok(home) = crate::inputs::private_folder() else {
        return ExitCode::FAILURE;
    };
    let mut loaded: HashMap<String, (PathBuf, Vec<Vec<u8>>)> = HashMap::new();
    serve(&about, move |order: &Order| {
        if !loaded.contains_key(&order.what) {
            let at = folder.join(&order.what);
            // gpgv reads binary keyrings.
            let ring = home.path().join(format!("{}.gpg", order.what));
            let binary = Command::new("gpg")
                .arg("--homedir")
                .arg(home.path())
                .args(["--batch", "--yes", "--quiet", "--output"])
                .arg(&ring)
                .arg("--dearmor")
                .arg(at.join("key.asc"))
                .status();
            if !binary.is_ok_and(|status| status.success()) {
                return Err("gpg cannot dearmor the key".to_owned());
            }
            let texts = files(&at.join("texts")).map_err(|error| error.to_string())?;
            loaded.insert(order.what.clone(), (ring, texts));
        }
        let (ring, texts) = loaded.get(&order.what).ok_or("nothing loaded")?;
        let mut proof = Proof::default();
        for text in order.inputs(texts) {
            match gpgv_once(home.path(), ring, text) {
                Ok(Some(read)) => proof.text(&read),
                Ok(None) => proof.refused(),
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(Done {
            proof: proof.value(),
            ..Done::default()
        })
    })
}

fn gpgv_once(home: &Path, ring: &Path, text: &[u8]) -> std::io::Result<Option<Vec<u8>>> {
    let mut child = Command::new("gpgv")
        .arg("--homedir")
        .arg(home)
        .arg("--keyring")
        .arg(ring)
        .args(["--output", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    // A confirmation fits into a pipe, so this cannot block on what gpgv has not read.
    if let Some(mut pipe) = child.stdin.take() {
        std::io::Write::write_all(&mut pipe, text)?;
    }
    let output = child.wait_with_output()?;
    Ok(output.status.success().then_some(output.stdout))
}
