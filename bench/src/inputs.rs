//! What is measured on: texts out of a random seed, signed by real GnuPG with keys made for this run.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;
use kvit_bench_worker::{Order, Proof};
use rand::Rng;
use rand::rngs::StdRng;

/// Bytes of a confirmation's text in rows P1 to P3.
pub const TEXT_BYTES: usize = 180;
/// Confirmations opened at once in row P3.
pub const BATCH: usize = 1000;
/// Different confirmations under the Ed25519 key.
const ED_TEXTS: usize = 200;

/// A folder that only its owner may enter: GnuPG complains about others.
pub fn private_folder() -> std::io::Result<tempfile::TempDir> {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    tempfile::Builder::new().permissions(mode).tempdir()
}

/// A GnuPG home for one run.
struct Home(tempfile::TempDir);

impl Drop for Home {
    fn drop(&mut self) {
        // Its agent would live on.
        let _ = Command::new("gpgconf")
            .arg("--homedir")
            .arg(self.0.path())
            .args(["--kill", "all"])
            .status();
    }
}

impl Home {
    fn new() -> Result<Self> {
        Ok(Self(private_folder()?))
    }

    fn gpg(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>> {
        let mut child = Command::new("gpg")
            .arg("--homedir")
            .arg(self.0.path())
            .args([
                "--batch",
                "--yes",
                "--quiet",
                "--no-tty",
                "--trust-model",
                "always",
            ])
            .args(["--pinentry-mode", "loopback", "--passphrase", ""])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start gpg")?;
        let mut pipe = child.stdin.take().context("no pipe")?;
        let output = std::thread::scope(|scope| {
            // gpg may write before it has read everything.
            let writer = scope.spawn(move || pipe.write_all(input));
            let output = child.wait_with_output();
            let _ = writer.join();
            output
        })?;
        if !output.status.success() {
            bail!("gpg failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(output.stdout)
    }

    fn key(&self, name: &str, algorithm: &str) -> Result<Vec<u8>> {
        self.gpg(&["--quick-generate-key", name, algorithm, "sign", "never"], b"")?;
        self.gpg(&["--armor", "--export", name], b"")
    }

    fn sign(&self, name: &str, text: &str) -> Result<String> {
        let signed = self.gpg(
            &["--local-user", name, "--digest-algo", "SHA256", "--clear-sign"],
            text.as_bytes(),
        )?;
        Ok(String::from_utf8(signed)?)
    }
}

/// The folder of inputs and what they must give.
pub struct Inputs {
    folder: tempfile::TempDir,
    rsa: Vec<String>,
    ed: Vec<String>,
}

/// A confirmation's text of exactly [`TEXT_BYTES`] bytes (marketplace reference, section 11.1), without the last
/// line end.
fn body(random: &mut StdRng, now: Timestamp) -> Result<String> {
    let created = now.to_zoned(jiff::tz::TimeZone::UTC);
    let mut text = String::new();
    write!(
        text,
        "Type: INVOICE_PAYMENT\nPaymentId: {}\nPieces: {}\nInvoiceId: {}\nCryptoAmount: 0.0{:07}\nCreatedAt: {}\nPayer: ",
        random.random_range(1..1_000_000_u32),
        random.random_range(1..100_u32),
        random.random_range(1..1_000_000_u32),
        random.random_range(1..10_000_000_u32),
        created.strftime("%m/%d/%Y %H:%M:%S"),
    )?;
    let owner = "\nInvoiceOwner: ";
    let room = TEXT_BYTES
        .checked_sub(text.len())
        .and_then(|room| room.checked_sub(owner.len()))
        .context("the text is too long")?;
    let mut name = |length: usize| -> String {
        (0..length)
            .map(|_| char::from(random.random_range(b'a'..=b'z')))
            .collect()
    };
    let payer = name(room / 2);
    let other = name(room.saturating_sub(room / 2));
    text.push_str(&payer);
    text.push_str(owner);
    text.push_str(&other);
    ensure!(text.len() == TEXT_BYTES, "the text has {} bytes", text.len());
    Ok(text)
}

/// About `bytes` of short lines that need no dash escape.
fn lines(random: &mut StdRng, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes);
    while text.len().saturating_add(40) < bytes {
        let length = random.random_range(8..40_usize);
        text.extend((0..length).map(|_| char::from(random.random_range(b'a'..=b'z'))));
        text.push('\n');
    }
    text.push_str("end");
    text
}

/// Sizes of row P5, in KiB; each four times the one before.
pub const SIZES: [usize; 4] = [64, 256, 1024, 4096];

/// What texts of row P5 look like; all but the first are hostile.
pub const FAMILIES: [&str; 10] = [
    "valid",
    "altered",
    "truncated",
    "control-last",
    "crlf-mixed",
    "escapes",
    "one-line",
    "long-armor",
    "headers",
    "repeated",
];

/// A hostile text of about the size of `valid`, a good signed text.
fn hostile(family: &str, valid: &str, small: &str) -> Result<String> {
    const SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----\n";
    let bytes = valid.len();
    let (text, armor) = valid
        .split_once(SIGNATURE)
        .context("a text without a signature")?;
    let head = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n";
    let fill = |line: &str| line.repeat(bytes.checked_div(line.len()).unwrap_or(0));
    Ok(match family {
        // One letter of the last line: the whole way to a bad signature, and the question whose fault it is.
        "altered" => format!(
            "{}eNd\n{SIGNATURE}{armor}",
            text.strip_suffix("end\n").context("no last line")?
        ),
        "truncated" => text.to_owned(),
        "control-last" => format!("{valid}\u{1B}"),
        // CRLF everywhere but at the very last line.
        "crlf-mixed" => format!("{}x\n", valid.replace('\n', "\r\n")),
        "escapes" => format!("{head}{}", fill("- -----BEGIN PGP SIGNATURE-----\n")),
        "one-line" => format!("{head}{}\n{SIGNATURE}{armor}", fill("x")),
        "long-armor" => {
            let line = format!("{}\n", "A".repeat(64));
            format!(
                "{head}x\n{SIGNATURE}\n{}-----END PGP SIGNATURE-----\n",
                fill(&line)
            )
        }
        "headers" => format!("-----BEGIN PGP SIGNED MESSAGE-----\n{}", fill("Hash: SHA256\n")),
        "repeated" => fill(small),
        other => bail!("no such family: {other}"),
    })
}

impl Inputs {
    /// Makes keys and texts; with `growth`, the large ones too.
    pub fn make(random: &mut StdRng, growth: bool) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let home = Home::new()?;
        let now = Timestamp::now();
        let mut named = |name: &str, algorithm: &str, count: usize| -> Result<Vec<String>> {
            let key = home.key(name, algorithm)?;
            let mut bodies = Vec::new();
            let mut texts = Vec::new();
            for _ in 0..count {
                let body = body(random, now)?;
                texts.push(home.sign(name, &body)?);
                bodies.push(body);
            }
            write(&folder.path().join(name), &key, &texts)?;
            Ok(bodies)
        };
        let rsa = named("rsa", "rsa3072", BATCH)?;
        let ed = named("ed", "ed25519", ED_TEXTS)?;
        if growth {
            let key = std::fs::read(folder.path().join("rsa").join("key.asc"))?;
            let small = std::fs::read_to_string(folder.path().join("rsa").join("texts").join("0000.asc"))?;
            for size in SIZES {
                let valid = home.sign("rsa", &lines(random, size.saturating_mul(1024)))?;
                for family in FAMILIES {
                    let text = match family {
                        "valid" => valid.clone(),
                        family => hostile(family, &valid, &small)?,
                    };
                    write(&folder.path().join(growth_name(family, size)), &key, &[text])?;
                }
            }
        }
        Ok(Self { folder, rsa, ed })
    }

    /// Where they are: a folder for each operation, with `key.asc` and the folder `texts`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The proof that the confirmations under the key `name` were read as they were signed.
    pub fn expected(&self, name: &str) -> impl Fn(&Order) -> u64 + use<> {
        let bodies = if name == "ed" { &self.ed } else { &self.rsa }.clone();
        move |order| {
            let mut proof = Proof::default();
            order.inputs(&bodies).for_each(|body| proof.text(body.as_bytes()));
            proof.value()
        }
    }
}

/// The name of the operation on a large text.
pub fn growth_name(family: &str, kib: usize) -> String {
    format!("growth-{family}-{kib}")
}

fn write(folder: &Path, key: &[u8], texts: &[String]) -> Result<()> {
    let at = folder.join("texts");
    std::fs::create_dir_all(&at)?;
    std::fs::write(folder.join("key.asc"), key)?;
    for (number, text) in texts.iter().enumerate() {
        std::fs::write(at.join(format!("{number:04}.asc")), text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn bodies_have_their_size_and_differ() {
        let mut random = StdRng::seed_from_u64(7);
        let now = Timestamp::constant(1_767_225_600, 0);
        let one = body(&mut random, now).unwrap();
        let other = body(&mut random, now).unwrap();
        assert_eq!((one.len(), other.len()), (TEXT_BYTES, TEXT_BYTES));
        assert_ne!(one, other);
        assert_eq!(one.lines().count(), 8);
        let again = body(&mut StdRng::seed_from_u64(7), now).unwrap();
        assert_eq!(one, again);
    }

    #[test]
    fn every_family_has_about_the_size_of_the_valid_text() {
        let mut random = StdRng::seed_from_u64(7);
        let text = lines(&mut random, 64 * 1024);
        assert!(
            text.lines()
                .all(|line| !line.starts_with('-') && !line.is_empty())
        );
        let valid = format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{text}\n-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n"
        );
        for family in FAMILIES.into_iter().filter(|family| *family != "valid") {
            let made = hostile(family, &valid, "a small one\n").unwrap();
            assert_ne!(made, valid, "{family}");
            let difference = made.len().abs_diff(valid.len());
            assert!(difference < 6 * 1024, "{family}: {} bytes", made.len());
        }
        assert!(hostile("unheard of", &valid, "x").is_err());
    }
}
