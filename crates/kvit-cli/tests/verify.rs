//! `kvit verify` and `kvit verify-bundle` from outside: exit codes, both outputs, both languages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests; clippy exempts only functions marked as such, not their fixtures"
)]

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::Timestamp;
use kvit_cli::{FORGED, Language, NOT_CHECKED, NOT_VERIFIED, Surroundings, VERIFIED, run, run_in};
use kvit_proof::bundle::{BundleKey, BundleWriter, Head, ItemKind, Subject, SubjectKind, leave_out};
use sequoia_openpgp::cert::{Cert, CertBuilder, CipherSuite};
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::serialize::SerializeInto as _;
use sequoia_openpgp::serialize::stream::{Message, Signer};

const AT: Timestamp = Timestamp::constant(1_709_294_400, 0);
const BODY: &str = "Type: INVOICE_PAYMENT\nPaymentId: 1207\nPieces: 2\nInvoiceId: 88\n\
     CryptoAmount: 0.00240000\nCreatedAt: 03/01/2024 11:45:07\nPayer: alice\nInvoiceOwner: shop-1";

/// One key for all tests.
fn cert() -> &'static Cert {
    static CERT: OnceLock<Cert> = OnceLock::new();
    CERT.get_or_init(|| {
        CertBuilder::new()
            .set_cipher_suite(CipherSuite::RSA3k)
            .set_creation_time(std::time::SystemTime::from(AT))
            .set_primary_key_flags(
                sequoia_openpgp::types::KeyFlags::empty()
                    .set_certification()
                    .set_signing(),
            )
            .add_userid("market")
            .generate()
            .unwrap()
            .0
    })
}

fn sign(text: &str) -> String {
    let at = std::time::SystemTime::from(AT);
    let policy = StandardPolicy::at(at);
    let key = cert()
        .keys()
        .with_policy(&policy, at)
        .secret()
        .for_signing()
        .next()
        .unwrap();
    let mut frame = Vec::new();
    let mut signer = Signer::new(
        Message::new(&mut frame),
        key.key().clone().into_keypair().unwrap(),
    )
    .unwrap()
    .cleartext()
    .creation_time(at)
    .build()
    .unwrap();
    signer.write_all(text.as_bytes()).unwrap();
    signer.finalize().unwrap();
    String::from_utf8(frame).unwrap()
}

/// A folder with a key, a confirmation and whatever a test adds.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let key = cert()
            .clone()
            .strip_secret_key_material()
            .armored()
            .to_vec()
            .unwrap();
        folder.add("key.asc", &key);
        folder.add("good.asc", sign(BODY).as_bytes());
        folder
    }

    fn add(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

struct Ran {
    code: u8,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn json(&self) -> serde_json::Value {
        assert!(
            self.stdout
                .bytes()
                .all(|byte| byte == b'\n' || (b' '..0x7F).contains(&byte)),
            "{}",
            self.stdout
        );
        assert_eq!(self.stdout.matches('\n').count(), 1);
        serde_json::from_str(&self.stdout).unwrap()
    }
}

fn call(args: &[&dyn AsRef<Path>], stdin: &mut dyn Read, language: Language) -> Ran {
    run_as("verify", args, stdin, language)
}

fn run_as(command: &str, args: &[&dyn AsRef<Path>], stdin: &mut dyn Read, language: Language) -> Ran {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let args = std::iter::once(OsString::from(command)).chain(
        args.iter()
            .map(|argument| argument.as_ref().as_os_str().to_owned()),
    );
    let surroundings = Surroundings {
        stdin,
        stdout: &mut stdout,
        stderr: &mut stderr,
        language,
        now: AT,
    };
    let code = run_in(args, surroundings);
    Ran {
        code,
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

fn english(args: &[&dyn AsRef<Path>]) -> Ran {
    call(args, &mut io::empty(), Language::English)
}

#[test]
fn verified() {
    let folder = Folder::new();
    let (good, key) = (folder.path("good.asc"), folder.path("key.asc"));
    let ran = english(&[&good, &"--key", &key]);
    assert_eq!((ran.code, ran.stderr.as_str()), (VERIFIED, ""));
    for part in [
        "VERIFIED: ",
        "1207",
        "0.0024 BTC",
        "2024-03-01 11:45:07 UTC",
        "alice",
        "shop-1",
        "SHA512",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    let russian = call(&[&good, &"--key", &key], &mut io::empty(), Language::Russian);
    assert_eq!(russian.code, VERIFIED);
    assert!(russian.stdout.starts_with("ПОДТВЕРЖДЕНО: ") && russian.stdout.contains("Плательщик"));

    let json = english(&[&good, &"--key", &key, &"--json"]).json();
    assert_eq!(json["outcome"], "verified");
    assert_eq!(json["confirmation"]["paymentId"], "1207");
    assert_eq!(json["confirmation"]["pieces"], "2");
    assert_eq!(json["confirmation"]["cryptoAmount"], "0.0024");
    assert_eq!(json["confirmation"]["createdAt"], "2024-03-01T11:45:07Z");
    assert_eq!(json["key"], cert().fingerprint().to_hex());
    assert_eq!(json["text"], BODY);
}

#[test]
fn from_standard_input() {
    let folder = Folder::new();
    let text = std::fs::read(folder.path("good.asc")).unwrap();
    let key = folder.path("key.asc");
    assert_eq!(
        call(&[&"-", &"--key", &key], &mut &text[..], Language::English).code,
        VERIFIED
    );
    let key = std::fs::read(key).unwrap();
    let good = folder.path("good.asc");
    assert_eq!(
        call(&[&good, &"--key", &"-"], &mut &key[..], Language::English).code,
        VERIFIED
    );
}

#[test]
fn not_verified() {
    let folder = Folder::new();
    let key = folder.path("key.asc");
    let no_key = english(&[&folder.path("good.asc")]);
    assert_eq!(no_key.code, NOT_VERIFIED);
    assert!(
        no_key.stdout.starts_with("NOT VERIFIED: no key was given."),
        "{}",
        no_key.stdout
    );
    assert_eq!(
        english(&[&folder.path("good.asc"), &"--json"]).json()["reason"],
        "no-key-pinned"
    );

    let empty = folder.add("empty.asc", b"");
    assert_eq!(english(&[&empty, &"--key", &key]).code, NOT_VERIFIED);

    // Signed by the marketplace, not a confirmation, and meant for the terminal.
    let promise = folder.add("promise.asc", sign("id: \u{202E}7\namount: 1").as_bytes());
    let ran = english(&[&promise, &"--key", &key]);
    assert_eq!(ran.code, NOT_VERIFIED);
    assert!(
        ran.stdout.contains("  | id: \\u{202E}7\n  | amount: 1\n"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains('\u{202E}'));
    let json = english(&[&promise, &"--key", &key, &"--json"]);
    assert_eq!(json.code, NOT_VERIFIED);
    assert_eq!(json.json()["reason"], "not-a-confirmation");
    assert_eq!(json.json()["text"], "id: \u{202E}7\namount: 1");

    let foreign = folder.add("foreign.asc", sign(&BODY.replace("0.0024", "0,0024")).as_bytes());
    let ran = english(&[&foreign, &"--key", &key, &"--json"]);
    assert_eq!(ran.code, NOT_VERIFIED);
    assert_eq!(
        (&ran.json()["line"], &ran.json()["field"]),
        (&5.into(), &"CryptoAmount".into())
    );
}

#[test]
fn forged() {
    let folder = Folder::new();
    let (key, good) = (folder.path("key.asc"), sign(BODY));
    for (bad, reason) in [
        (good.replace("alice", "mallory"), "bad-signature"),
        (format!("Paid!\n{good}"), "frame"),
        (format!("{good}{good}"), "frame"),
        (good.replace("alice", "\u{1B}[2Jalice"), "frame"),
        ("x".repeat(10 << 20), "too-large"),
    ] {
        let bad = folder.add("bad.asc", bad.as_bytes());
        let ran = english(&[&bad, &"--key", &key]);
        assert_eq!(ran.code, FORGED);
        assert!(ran.stdout.starts_with("FORGED OR ALTERED: ") && !ran.stdout.contains('\u{1B}'));
        assert_eq!(
            english(&[&bad, &"--key", &key, &"--json"]).json()["reason"],
            reason
        );
    }
    // A broken frame is one with or without a key.
    let bad = folder.path("bad.asc");
    assert_eq!(english(&[&bad]).code, FORGED);
}

#[test]
fn not_checked() {
    let folder = Folder::new();
    let (key, good) = (folder.path("key.asc"), folder.path("good.asc"));
    let none = folder.path("no\u{202E}such");
    let ran = english(&[&none, &"--key", &key]);
    assert_eq!((ran.code, ran.stdout.as_str()), (NOT_CHECKED, ""));
    assert!(
        ran.stderr.starts_with("Cannot read: ") && ran.stderr.contains("no\\u{202E}such"),
        "{}",
        ran.stderr
    );
    assert_eq!(english(&[&good, &"--key", &none]).code, NOT_CHECKED);
    assert_eq!(english(&[&folder.0.path(), &"--key", &key]).code, NOT_CHECKED);
    assert_eq!(english(&[&good, &"--key", &good]).code, NOT_CHECKED);
    let secret = folder.add("secret.asc", &cert().as_tsk().armored().to_vec().unwrap());
    let ran = english(&[&good, &"--key", &secret, &"--json"]);
    assert_eq!(ran.code, NOT_CHECKED);
    assert!(ran.stderr.contains("private key"));
    assert_eq!(
        (&ran.json()["reason"], &ran.json()["detail"]),
        (&"key".into(), &"secret".into())
    );

    let wrong = english(&[&good, &"--verbose"]);
    assert_eq!(wrong.code, NOT_CHECKED);
    assert!(wrong.stderr.starts_with("Not understood: --verbose\n\nUsage: "));
    let help = english(&[&"--help"]);
    assert_eq!(help.code, NOT_CHECKED);
    assert!(help.stdout.starts_with("Usage: kvit verify"));
}

/// Endless input that counts what is read of it.
struct Endless(u64);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        buffer.fill(b'-');
        self.0 += u64::try_from(buffer.len()).unwrap();
        Ok(buffer.len())
    }
}

#[test]
fn reading_is_bounded() {
    let folder = Folder::new();
    let (key, good) = (folder.path("key.asc"), folder.path("good.asc"));
    let mut input = Endless(0);
    assert_eq!(
        call(&[&"-", &"--key", &key], &mut input, Language::English).code,
        FORGED
    );
    assert_eq!(input.0, 16 * 1024 + 1);
    let mut input = Endless(0);
    assert_eq!(
        call(&[&good, &"--key", &"-"], &mut input, Language::English).code,
        NOT_CHECKED
    );
    assert_eq!(input.0, 64 * 1024 + 1);
}

/// A reader that went away.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_answer_nobody_read_is_none() {
    let folder = Folder::new();
    let args = [
        "verify".into(),
        folder.path("good.asc").into(),
        "--key".into(),
        folder.path("key.asc").into(),
    ];
    let args: [OsString; 4] = args;
    assert_eq!(run(args.clone(), &mut Vec::new(), &mut Vec::new()), VERIFIED);
    assert_eq!(run(args, &mut Closed, &mut Vec::new()), NOT_CHECKED);
}

/// A bundle with this receipt and a message.
fn bundle(receipt: &str) -> Vec<u8> {
    let head = Head {
        made: AT,
        app: "Kvit".into(),
        subject: Subject {
            kind: SubjectKind::Payment,
            number: 1207,
            marketplace: "https://market.example".into(),
            login: "alice\u{202E}".into(),
        },
    };
    let key = BundleKey::from_seed(&[3; 32]);
    let mut writer = BundleWriter::new(head, &key);
    writer
        .add(ItemKind::Receipt, receipt.as_bytes(), &[1; 32], true)
        .unwrap();
    writer.add(ItemKind::Message, b"{}", &[2; 32], true).unwrap();
    writer.finish(&[3; 32]).unwrap()
}

fn verify_bundle(args: &[&dyn AsRef<Path>], language: Language) -> Ran {
    run_as("verify-bundle", args, &mut io::empty(), language)
}

#[test]
fn bundles_are_checked_with_their_receipts() {
    let folder = Folder::new();
    let key = folder.path("key.asc");
    let whole = bundle(&sign(BODY));
    let file = folder.add("whole.zip", &whole);
    let ran = verify_bundle(&[&file, &"--key", &key], Language::English);
    assert_eq!((ran.code, ran.stderr.as_str()), (VERIFIED, ""), "{}", ran.stdout);
    for part in [
        "INTACT: ",
        "payment 1207",
        "cover.html",
        "Receipt 1: VERIFIED",
        "alice\\u{202E}",
        "does not prove",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    let russian = verify_bundle(&[&file], Language::Russian);
    assert_eq!(
        russian.code, VERIFIED,
        "nothing is said of receipts without a key"
    );
    assert!(russian.stdout.starts_with("ЦЕЛО: ") && russian.stdout.contains("укажите ключ площадки"));

    let parts = folder.add("parts.zip", &leave_out(&whole, &[2]).unwrap());
    let ran = verify_bundle(&[&parts, &"--key", &key], Language::English);
    assert_eq!(ran.code, VERIFIED);
    assert!(ran.stdout.starts_with("INTACT, IN PARTS: ") && ran.stdout.contains("left out"));
    let json = verify_bundle(&[&parts, &"--key", &key, &"--json"], Language::English).json();
    assert_eq!(json["outcome"], "parts");
    assert_eq!(json["items"][1]["state"], "left-out");
    assert_eq!(json["receipts"][0]["outcome"], "verified");
}

#[test]
fn bundles_whose_receipts_do_not_hold_are_not_verified() {
    let folder = Folder::new();
    let key = folder.path("key.asc");
    let none = folder.add("none.zip", &leave_out(&bundle(&sign(BODY)), &[1]).unwrap());
    assert_eq!(
        verify_bundle(&[&none, &"--key", &key], Language::English).code,
        NOT_VERIFIED,
        "a key, and nothing to hold against it"
    );
    assert_eq!(verify_bundle(&[&none], Language::English).code, VERIFIED);
    let forged = sign(BODY).replace("alice", "mallet");
    let forged = folder.add("forged.zip", &bundle(&forged));
    let ran = verify_bundle(&[&forged, &"--key", &key], Language::English);
    assert_eq!(ran.code, FORGED, "{}", ran.stdout);
    assert!(ran.stdout.contains("Receipt 1: FORGED OR ALTERED"));
}

#[test]
fn altered_bundles_and_other_files_are_no_evidence() {
    let folder = Folder::new();
    let mut bytes = bundle("no receipt");
    let place = bytes
        .windows(9)
        .position(|window| window == b"signature")
        .unwrap()
        + 9;
    bytes[place + 5] ^= 1;
    for bytes in [bytes.as_slice(), b"", b"PK", sign(BODY).as_bytes()] {
        let file = folder.add("other.zip", bytes);
        let ran = verify_bundle(&[&file], Language::English);
        assert_eq!(ran.code, FORGED, "{}", ran.stdout);
        let json = verify_bundle(&[&file, &"--json"], Language::English).json();
        assert_eq!(json["outcome"], "altered");
    }
    assert_eq!(
        verify_bundle(&[&folder.path("nowhere")], Language::English).code,
        NOT_CHECKED
    );
}
