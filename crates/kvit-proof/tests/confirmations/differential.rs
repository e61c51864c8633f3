//! Whatever we accept, stock Sequoia and gpgv accept too, and read the same bytes.

use std::cell::Cell;
use std::process::Command;

use kvit_proof::verify_signature;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use sequoia_openpgp::KeyHandle;
use sequoia_openpgp::cert::Cert;
use sequoia_openpgp::parse::Parse as _;
use sequoia_openpgp::parse::stream::{MessageLayer, MessageStructure, VerificationHelper, VerifierBuilder};
use sequoia_openpgp::policy::StandardPolicy;

use crate::fixture::{AT, packets, with_packets, world};

/// One change of a frame.
#[derive(Debug, Clone)]
enum Change {
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index),
    DropLine(Index),
    RepeatLine(Index),
    SwapLines(Index, Index),
    JoinLines(Index),
    AppendToLine(Index, &'static str),
    Truncate(Index),
    Crlf,
    DropLastLineEnd,
    DropChecksum,
    /// A byte of the signature packet, in canonical armor.
    Packet(Index, u8),
    /// The packet's header in the new format.
    NewHeader,
    DropUnhashed,
}

fn change() -> impl Strategy<Value = Change> {
    let text = prop_oneof![
        Just(" "),
        Just("\t"),
        Just("\r"),
        Just("\0"),
        Just("\u{0C}"),
        Just("- "),
        Just("="),
        Just("\u{A0}"),
        Just("\u{200B}"),
        Just("-----BEGIN PGP SIGNATURE-----"),
        Just("Hash: SHA256"),
        Just("x"),
    ];
    prop_oneof![
        (any::<Index>(), 1..=255_u8).prop_map(|(at, mask)| Change::Flip(at, mask)),
        (any::<Index>(), proptest::collection::vec(any::<u8>(), 1..4))
            .prop_map(|(at, new)| Change::Insert(at, new)),
        any::<Index>().prop_map(Change::Remove),
        any::<Index>().prop_map(Change::DropLine),
        any::<Index>().prop_map(Change::RepeatLine),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Change::SwapLines(one, other)),
        any::<Index>().prop_map(Change::JoinLines),
        (any::<Index>(), text).prop_map(|(at, text)| Change::AppendToLine(at, text)),
        any::<Index>().prop_map(Change::Truncate),
        (any::<Index>(), 1..=255_u8).prop_map(|(at, mask)| Change::Packet(at, mask)),
        Just(Change::Crlf),
        Just(Change::DropLastLineEnd),
        Just(Change::DropChecksum),
        Just(Change::NewHeader),
        Just(Change::DropUnhashed),
    ]
}

fn apply(change: &Change, bytes: Vec<u8>) -> Vec<u8> {
    if bytes.is_empty() {
        return bytes;
    }
    let lines = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut lines: Vec<Vec<u8>> = bytes
            .split_inclusive(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        change(&mut lines);
        lines.concat()
    };
    // Changes of packets need a frame that still is one.
    let packet = |change: &dyn Fn(&mut Vec<u8>)| {
        let text = String::from_utf8(bytes.clone()).ok();
        let whole = text.filter(|text| {
            kvit_proof::verify_text(text.as_bytes(), Some(&world().key("market")), AT, 1 << 20).is_ok()
                && !text.contains('\r')
        });
        whole.map_or(bytes.clone(), |text| {
            let mut packets = packets(&text);
            change(&mut packets);
            with_packets(&text, &packets).into_bytes()
        })
    };
    match change {
        Change::Flip(at, mask) => {
            let mut bytes = bytes;
            let at = at.index(bytes.len());
            bytes[at] ^= mask;
            bytes
        }
        Change::Insert(at, new) => {
            let mut bytes = bytes;
            let at = at.index(bytes.len());
            bytes.splice(at..at, new.iter().copied());
            bytes
        }
        Change::Remove(at) => {
            let mut bytes = bytes;
            bytes.remove(at.index(bytes.len()));
            bytes
        }
        Change::DropLine(at) => lines(&|lines| {
            lines.remove(at.index(lines.len()));
        }),
        Change::RepeatLine(at) => lines(&|lines| {
            let at = at.index(lines.len());
            lines.insert(at, lines[at].clone());
        }),
        Change::SwapLines(one, other) => lines(&|lines| {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
        }),
        Change::JoinLines(at) => lines(&|lines| {
            let at = at.index(lines.len());
            lines[at].pop();
        }),
        Change::AppendToLine(at, text) => lines(&|lines| {
            let at = at.index(lines.len());
            let line = &mut lines[at];
            let end = line.len() - usize::from(line.ends_with(b"\n"));
            line.splice(end..end, text.bytes());
        }),
        Change::Truncate(at) => bytes[..at.index(bytes.len())].to_vec(),
        Change::Crlf => lines(&|lines| {
            for line in lines
                .iter_mut()
                .filter(|line| line.ends_with(b"\n") && !line.ends_with(b"\r\n"))
            {
                line.pop();
                line.extend(b"\r\n");
            }
        }),
        Change::DropLastLineEnd => bytes
            .strip_suffix(b"\r\n")
            .or(bytes.strip_suffix(b"\n"))
            .unwrap_or(&bytes)
            .to_vec(),
        Change::DropChecksum => {
            lines(&|lines| lines.retain(|line| !(line.starts_with(b"=") && (6..=7).contains(&line.len()))))
        }
        Change::Packet(at, mask) => packet(&|packets| {
            let at = at.index(packets.len());
            packets[at] ^= mask;
        }),
        Change::NewHeader => packet(&|packets| {
            if packets.first() == Some(&0x89) {
                let length = u32::try_from(packets.len() - 3).unwrap().to_be_bytes();
                packets.splice(..3, [&[0xC2, 0xFF][..], &length].concat());
            }
        }),
        Change::DropUnhashed => packet(&|packets| {
            if packets.first() == Some(&0x89) {
                let hashed = usize::from(u16::from_be_bytes([packets[7], packets[8]]));
                let at = 9 + hashed;
                let unhashed = usize::from(u16::from_be_bytes([packets[at], packets[at + 1]]));
                packets.splice(at..at + 2 + unhashed, [0, 0]);
                let length = u16::try_from(packets.len() - 3).unwrap().to_be_bytes();
                packets.splice(1..3, length);
            }
        }),
    }
}

/// Sequoia as its documentation shows it: any good signature of the key will do.
struct Stock(Cert, bool);

impl VerificationHelper for Stock {
    fn get_certs(&mut self, _: &[KeyHandle]) -> sequoia_openpgp::Result<Vec<Cert>> {
        Ok(vec![self.0.clone()])
    }

    fn check(&mut self, structure: MessageStructure<'_>) -> sequoia_openpgp::Result<()> {
        for layer in structure.iter() {
            if let MessageLayer::SignatureGroup { results } = layer {
                self.1 |= results.iter().any(Result::is_ok);
            }
        }
        Ok(())
    }
}

fn stock_sequoia(input: &[u8]) -> Option<Vec<u8>> {
    let cert = Cert::from_bytes(world().public_bytes("market")).unwrap();
    let at = std::time::SystemTime::from(AT);
    let policy = StandardPolicy::at(at);
    let mut verifier = VerifierBuilder::from_bytes(input)
        .ok()?
        .with_policy(&policy, at, Stock(cert, false))
        .ok()?;
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut verifier, &mut text).ok()?;
    verifier.into_helper().1.then_some(text)
}

fn gpgv(folder: &std::path::Path, input: &[u8]) -> Option<Vec<u8>> {
    let file = folder.join("input.asc");
    std::fs::write(&file, input).unwrap();
    let output = Command::new("gpgv")
        .args(["--quiet", "--output", "-", "--keyring"])
        .arg(folder.join("market.gpg"))
        .arg(&file)
        .output()
        .expect("gpgv is installed");
    output.status.success().then_some(output.stdout)
}

#[test]
fn accepted_by_us_is_accepted_by_all() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("market.gpg"), world.public_bytes("market")).unwrap();
    let key = world.key("market");

    // The judges must be able to say no.
    let altered = world.text("public").replace("alice", "mallory");
    assert_eq!(stock_sequoia(altered.as_bytes()), None);
    assert_eq!(gpgv(folder.path(), altered.as_bytes()), None);

    let names = [
        "public",
        "public sha256",
        "public sha384",
        "private",
        "with notation",
    ];
    let accepted = Cell::new(0_u32);
    let refused = Cell::new(0_u32);
    let mut runner = TestRunner::new(Config {
        cases: 3000,
        failure_persistence: None,
        ..Config::default()
    });
    let cases = (
        proptest::sample::select(names.to_vec()),
        proptest::collection::vec(change(), 1..3),
    );
    let outcome = runner.run(&cases, |(name, changes)| {
        let original = world.text(name);
        let mutant = changes
            .iter()
            .fold(original.as_bytes().to_vec(), |bytes, change| apply(change, bytes));
        match verify_signature(&mutant, Some(&key), AT) {
            Err(_) => refused.set(refused.get() + 1),
            Ok(signed) => {
                accepted.set(accepted.get() + 1);
                // Nobody but the marketplace can make a text that it did not sign.
                let ours = signed.text.into_bytes();
                prop_assert_eq!(
                    &ours,
                    &verify_signature(original.as_bytes(), Some(&key), AT)
                        .unwrap()
                        .text
                        .into_bytes()
                );
                let unix = |text: Vec<u8>| {
                    String::from_utf8(text)
                        .unwrap()
                        .replace("\r\n", "\n")
                        .into_bytes()
                };
                // Line ends apart, which both judges pass through, the texts are the same bytes.
                let sequoia = stock_sequoia(&mutant);
                prop_assert!(sequoia.is_some(), "Sequoia refuses");
                prop_assert_eq!(&unix(sequoia.unwrap()), &ours);
                let gnupg = gpgv(folder.path(), &mutant);
                prop_assert!(gnupg.is_some(), "gpgv refuses");
                // GnuPG writes the line end before the signature too.
                let gnupg = unix(gnupg.unwrap());
                prop_assert_eq!(gnupg.strip_suffix(b"\n").unwrap_or(&gnupg), &ours[..]);
            }
        }
        Ok(())
    });
    outcome.unwrap();
    println!("{} accepted, {} refused", accepted.get(), refused.get());
    assert!(
        accepted.get() >= 100,
        "only {} mutants were accepted: nothing was compared",
        accepted.get()
    );
    assert!(
        refused.get() >= 1000,
        "only {} mutants were refused",
        refused.get()
    );
}
