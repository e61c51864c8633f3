//! Keys and texts by GnuPG, made once for all tests of this binary. The key rings live in temporary folders and
//! are gone, with their agents, when the world is ready.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use kvit_proof::{Facts, PinnedKey, Refusal, Signed, verify_signature};
use rust_decimal::Decimal;

/// When keys are made and texts are signed, for `gpg --faked-system-time`.
const SIGNED: &str = "20240301T120000!";
/// The same as a timestamp.
pub const SIGNED_AT: Timestamp = Timestamp::constant(1_709_294_400, 0);
/// When texts are judged: an hour later.
pub const AT: Timestamp = Timestamp::constant(1_709_298_000, 0);

pub const PUBLIC: &str = "Type: INVOICE_PAYMENT\nPaymentId: 1207\nPieces: 2\nInvoiceId: 88\n\
     CryptoAmount: 0.00240000\nCreatedAt: 03/01/2024 11:45:07\nPayer: alice\nInvoiceOwner: shop-1";

pub fn private() -> String {
    PUBLIC.replace("Pieces: 2\n", "")
}

pub const PROMISE: &str = "contacts: Spend me at the marketplace.\nid: 0b0f2a9e-52ac-4d2b-8f6c-0d9a51f1e6aa\n\
     amount: 0.01\ncreatedAt: 2024-03-01T11:45:07.1234567+00:00\n";

/// The payment that [`PUBLIC`] confirms.
pub fn facts() -> Facts {
    Facts {
        payment_id: 1207,
        pieces: Some(2),
        invoice_id: 88,
        amount: Decimal::new(24, 4),
        created_at: "2024-03-01T11:45:07.25Z".parse().unwrap(),
        payer: "alice".to_owned(),
        invoice_owner: "shop-1".to_owned(),
    }
}

/// Everything GnuPG made.
pub struct World {
    /// Public and private parts by name, binary.
    public: BTreeMap<&'static str, Vec<u8>>,
    secret: BTreeMap<&'static str, Vec<u8>>,
    /// The armored public key of the marketplace.
    pub armored: Vec<u8>,
    texts: BTreeMap<&'static str, String>,
}

impl World {
    pub fn key(&self, name: &str) -> PinnedKey {
        PinnedKey::parse(&self.public[name]).unwrap()
    }

    pub fn public_bytes(&self, name: &str) -> &[u8] {
        &self.public[name]
    }

    pub fn secret_bytes(&self, name: &str) -> &[u8] {
        &self.secret[name]
    }

    pub fn text(&self, name: &str) -> &str {
        &self.texts[name]
    }

    /// Judged against the marketplace's key, an hour after signing.
    pub fn verify(&self, text: impl AsRef<[u8]>) -> Result<Signed, Refusal> {
        verify_signature(text.as_ref(), Some(&self.key("market")), AT)
    }
}

/// The verdict in one word, with the detail where there is one.
pub fn word(verdict: &Result<Signed, Refusal>) -> String {
    use kvit_proof::verdict::Forgery;
    match verdict {
        Ok(_) => "verified".to_owned(),
        Err(Refusal::NotVerified(reason)) => format!("not verified: {}", reason.code()),
        Err(Refusal::Forged(Forgery::Frame(fault))) => format!("forged: {}", fault.kind.code()),
        Err(Refusal::Forged(forgery)) => format!("forged: {}", forgery.code()),
    }
}

pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| Home::new().make())
}

/// One GnuPG home with its agent.
struct Home(tempfile::TempDir);

impl Drop for Home {
    fn drop(&mut self) {
        let _ = Command::new("gpgconf")
            .arg("--homedir")
            .arg(self.0.path())
            .args(["--kill", "all"])
            .status();
    }
}

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        // GnuPG complains about folders that others may enter.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(home.0.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        }
        home
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn gpg(&self, time: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
        let mut command = Command::new("gpg");
        command.arg("--homedir").arg(self.path());
        command.args([
            "--batch",
            "--yes",
            "--quiet",
            "--no-tty",
            "--trust-model",
            "always",
        ]);
        command.args([
            "--pinentry-mode",
            "loopback",
            "--passphrase",
            "",
            "--faked-system-time",
            time,
        ]);
        let mut child = command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("gpg is installed");
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "gpg {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    fn clearsign(&self, key: &str, digest: &str, text: &str) -> String {
        self.clearsign_with(SIGNED, &["-u", key, "--digest-algo", digest], text)
    }

    fn clearsign_with(&self, time: &str, options: &[&str], text: &str) -> String {
        let args = [options, &["--clearsign", "--output", "-"]].concat();
        String::from_utf8(self.gpg(time, &args, text.as_bytes())).unwrap()
    }

    fn generate(&self, time: &str, name: &str, usage: &[&str]) {
        let user_id = format!("{name} <{name}@example.org>");
        self.gpg(time, &[&["--quick-generate-key", &user_id], usage].concat(), b"");
    }

    fn fingerprint(&self, name: &str) -> String {
        let listing = self.gpg(SIGNED, &["--with-colons", "--list-keys", name], b"");
        let listing = String::from_utf8(listing).unwrap();
        listing
            .lines()
            .find(|line| line.starts_with("fpr:"))
            .unwrap()
            .split(':')
            .nth(9)
            .unwrap()
            .to_owned()
    }

    fn make(self) -> World {
        self.generate(SIGNED, "market", &["rsa3072", "sign", "never"]);
        self.generate(SIGNED, "stranger", &["rsa3072", "sign", "never"]);
        self.generate(SIGNED, "edwards", &["ed25519", "sign", "never"]);
        self.generate(SIGNED, "split", &["rsa3072", "cert", "never"]);
        let split = self.fingerprint("split");
        self.gpg(
            SIGNED,
            &["--quick-add-key", &split, "rsa3072", "sign", "never"],
            b"",
        );
        self.gpg(
            SIGNED,
            &["--quick-add-key", &split, "rsa3072", "auth", "never"],
            b"",
        );
        self.generate("20230101T000000!", "expired", &["rsa3072", "sign", "1y"]);
        self.generate(SIGNED, "revoked", &["rsa3072", "sign", "never"]);

        let mut texts = BTreeMap::new();
        for (name, key, digest) in [
            ("public sha256", "market", "SHA256"),
            ("public", "market", "SHA512"),
            ("sha1", "market", "SHA1"),
            ("sha224", "market", "SHA224"),
            ("by a stranger", "stranger", "SHA512"),
            ("by edwards", "edwards", "SHA512"),
            ("by a subkey", "split", "SHA512"),
            ("by the revoked", "revoked", "SHA512"),
        ] {
            texts.insert(name, self.clearsign(key, digest, PUBLIC));
        }
        texts.insert("public sha384", self.clearsign("market", "SHA384", PUBLIC));
        // The server ends the private text with a line end and the public one without.
        texts.insert(
            "private",
            self.clearsign("market", "SHA512", &format!("{}\n", private())),
        );
        let expired = ["-u", "expired", "--digest-algo", "SHA512"];
        texts.insert(
            "by the expired",
            self.clearsign_with("20230301T120000!", &expired, PUBLIC),
        );
        let later = ["-u", "market", "--digest-algo", "SHA512"];
        texts.insert(
            "from tomorrow",
            self.clearsign_with("20240302T120000!", &later, PUBLIC),
        );
        texts.insert(
            "a little early",
            self.clearsign_with("20240301T132959!", &later, PUBLIC),
        );

        // Validly signed by the marketplace, and not what they seem.
        let lines: Vec<&str> = PUBLIC.split('\n').collect();
        let without = |index: usize| {
            let mut lines = lines.clone();
            lines.remove(index);
            lines.join("\n")
        };
        let mut swapped = lines.clone();
        swapped.swap(1, 3);
        for (name, text) in [
            ("promise", PROMISE.to_owned()),
            ("prose", "I have paid.".to_owned()),
            ("promise inside", format!("{PROMISE}{PUBLIC}")),
            ("other type", PUBLIC.replace("INVOICE_PAYMENT", "INVOICE_REFUND")),
            (
                "ru-RU",
                PUBLIC
                    .replace("0.00240000", "0,00240000")
                    .replace("03/01/2024", "01.03.2024"),
            ),
            (
                "en-US",
                PUBLIC.replace("03/01/2024 11:45:07", "3/1/2024 11:45:07 AM"),
            ),
            (
                "duplicate line",
                PUBLIC.replace("Payer: alice", "Payer: alice\nPayer: alice"),
            ),
            ("missing line", without(6)),
            ("missing type", without(0)),
            ("extra line", format!("{PUBLIC}\nNote: paid in full")),
            ("empty line first", format!("\n{PUBLIC}")),
            ("reordered lines", swapped.join("\n")),
            ("bidi name", PUBLIC.replace("alice", "alice\u{202E}")),
            ("look-alike name", PUBLIC.replace("alice", "аlice")),
            ("look-alike label", PUBLIC.replace("Payer:", "Рayer:")),
            ("full-width digits", PUBLIC.replace("1207", "１２０７")),
            (
                "dashes",
                format!("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n{PUBLIC}"),
            ),
            (
                "unicode dashes",
                format!("{PUBLIC}\n‐‐‐‐‐BEGIN PGP SIGNATURE-----\n\nx"),
            ),
            ("blanks at line ends", PUBLIC.replace("alice", "alice ")),
            ("escape", PUBLIC.replace("alice", "alice\u{1B}[2J")),
            ("form feed", PUBLIC.replace("alice", "alice\u{0C}")),
            ("too large", format!("{PUBLIC}\n{}", "Note: x\n".repeat(2100))),
        ] {
            texts.insert(name, self.clearsign("market", "SHA512", &text));
        }

        // Other ways to sign.
        let market = ["-u", "market", "--digest-algo", "SHA512"];
        let sign = |options: &[&str]| self.clearsign_with(SIGNED, &[&market, options].concat(), PUBLIC);
        texts.insert("not dash-escaped", sign(&["--not-dash-escaped"]));
        texts.insert("with comment", sign(&["--comment", "hello"]));
        texts.insert("with version", sign(&["--emit-version"]));
        texts.insert("two signers", sign(&["-u", "stranger"]));
        texts.insert("two signatures", sign(&["-u", "edwards"]));
        texts.insert("signature expires", sign(&["--default-sig-expire", "1d"]));
        texts.insert(
            "with notation",
            sign(&["--set-notation", "note@example.org=fine"]),
        );
        texts.insert(
            "critical notation",
            sign(&["--set-notation", "!note@example.org=fine"]),
        );
        let armored = |options: &[&str]| {
            let args = [&market, options, &["--armor", "--output", "-"]].concat();
            String::from_utf8(self.gpg(SIGNED, &args, PUBLIC.as_bytes())).unwrap()
        };
        texts.insert("inline", armored(&["--sign"]));
        texts.insert("detached", armored(&["--detach-sign"]));

        // GnuPG writes a revocation certificate with every key, disarmed by a colon.
        let revocation = self
            .path()
            .join(format!("openpgp-revocs.d/{}.rev", self.fingerprint("revoked")));
        let revocation = std::fs::read_to_string(revocation)
            .unwrap()
            .replace(":-----BEGIN", "-----BEGIN");
        self.gpg(SIGNED, &["--import"], revocation.as_bytes());

        let names = ["market", "stranger", "edwards", "split", "expired", "revoked"];
        let export = |how: &str| {
            names
                .map(|name| (name, self.gpg(SIGNED, &[how, name], b"")))
                .into()
        };
        World {
            public: export("--export"),
            secret: export("--export-secret-keys"),
            armored: self.gpg(SIGNED, &["--armor", "--export", "market"], b""),
            texts,
        }
    }
}

/// The packets inside the armor of a frame.
pub fn packets(frame: &str) -> Vec<u8> {
    let armor = frame.split("-----BEGIN PGP SIGNATURE-----\n\n").nth(1).unwrap();
    let data: String = armor
        .lines()
        .take_while(|line| !line.starts_with(['=', '-']))
        .collect();
    BASE64.decode(data).unwrap()
}

/// The frame with other packets, in canonical armor without checksum.
pub fn with_packets(frame: &str, packets: &[u8]) -> String {
    let head = frame.split("-----BEGIN PGP SIGNATURE-----\n\n").next().unwrap();
    let data = BASE64.encode(packets);
    let lines: Vec<&str> = (0..data.len())
        .step_by(64)
        .map(|at| &data[at..data.len().min(at + 64)])
        .collect();
    format!(
        "{head}-----BEGIN PGP SIGNATURE-----\n\n{}\n-----END PGP SIGNATURE-----\n",
        lines.join("\n")
    )
}
