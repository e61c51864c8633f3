//! Bundles of evidence: what is left out leaves the rest as it was, what is changed is noticed, and no file does harm.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::io::{Cursor, Read, Write};

use jiff::Timestamp;
use kvit_proof::{
    Refusal,
    bundle::{
        BundleFault, BundleKey, BundleReport, BundleVerdict, BundleWriter, Head, ItemKind, ItemState,
        Subject, SubjectKind, check, leave_out,
    },
};
use proptest::prelude::*;
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn key() -> BundleKey {
    BundleKey::from_seed(&[7; 32])
}

fn head() -> Head {
    Head {
        made: Timestamp::from_second(1_700_000_000).unwrap(),
        app: "Kvit 0.1.0".into(),
        subject: Subject {
            kind: SubjectKind::Payment,
            number: 1207,
            marketplace: "https://market.example".into(),
            login: "alice".into(),
        },
    }
}

fn salt(number: usize) -> [u8; 32] {
    let mut salt = [0xA5; 32];
    salt[..8].copy_from_slice(&(number as u64).to_be_bytes());
    salt
}

fn made(items: &[(ItemKind, Vec<u8>, bool)]) -> Vec<u8> {
    let key = key();
    let mut writer = BundleWriter::new(head(), &key);
    for (place, (kind, bytes, kept)) in items.iter().enumerate() {
        writer.add(*kind, bytes, &salt(place), *kept).unwrap();
    }
    writer.finish(&salt(items.len())).unwrap()
}

fn sample() -> Vec<(ItemKind, Vec<u8>, bool)> {
    vec![
        (
            ItemKind::Receipt,
            b"-----BEGIN PGP SIGNED MESSAGE-----".to_vec(),
            true,
        ),
        (ItemKind::Message, b"{\"text\":\"where is it?\"}".to_vec(), true),
        (ItemKind::Message, b"{\"text\":\"card 4000 1234\"}".to_vec(), true),
        (ItemKind::Picture, (0..=255).cycle().take(500).collect(), true),
    ]
}

fn checked(bytes: &[u8]) -> Result<BundleReport, BundleFault> {
    check(bytes, None, NOW)
}

fn states(report: &BundleReport) -> Vec<ItemState> {
    report.items.iter().map(|item| item.state).collect()
}

/// The files of an archive, in order.
fn files(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .map(|place| {
            let mut file = zip.by_index(place).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            (String::from_utf8(file.name_raw().to_vec()).unwrap(), content)
        })
        .collect()
}

fn packed(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The same archive with one file changed.
fn with_changed(bytes: &[u8], name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut files = files(bytes);
    let file = files.iter_mut().find(|(found, _)| found == name).unwrap();
    change(&mut file.1);
    packed(&files)
}

#[test]
fn a_bundle_says_who_signed_what_about_what() {
    let bytes = made(&sample());
    assert_eq!(bytes, made(&sample()), "the same items make the same bytes");
    let report = checked(&bytes).unwrap();
    assert_eq!(report.verdict, BundleVerdict::Whole);
    assert_eq!(report.key, key().public());
    assert_eq!(report.head, head());
    assert_eq!(report.items.len(), 5, "and the cover");
    assert_eq!(report.items[1].path, "items/00002-message.json");
    assert_eq!(report.items[4].path, "cover.html");
    // The receipt is verified again, by itself.
    assert_eq!(report.receipts.len(), 1);
    assert!(matches!(
        report.receipts[0].result,
        Err(Refusal::NotVerified(_) | Refusal::Forged(_))
    ));
}

#[test]
fn what_is_left_out_is_nowhere_in_the_file() {
    let bytes = made(&sample());
    let without = leave_out(&bytes, &[3]).unwrap();
    let report = checked(&without).unwrap();
    assert_eq!(report.verdict, BundleVerdict::Parts);
    assert_eq!(states(&report)[2], ItemState::LeftOut);
    let all: Vec<u8> = files(&without)
        .into_iter()
        .flat_map(|(name, content)| [name.into_bytes(), content].concat())
        .collect();
    for secret in [b"card 4000".as_slice(), &salt(2), b"salts/00003"] {
        assert!(!all.windows(secret.len()).any(|window| window == secret));
    }
    // Neither is its length: the line is as long as any other of its kind.
    let manifest = |bytes: &[u8]| {
        files(bytes)
            .into_iter()
            .find(|(name, _)| name == "manifest.json")
            .unwrap()
            .1
    };
    assert_eq!(
        manifest(&bytes),
        manifest(&without),
        "the signed bytes are the same"
    );
    let longer = {
        let mut items = sample();
        items[2].1.extend_from_slice(&[b'x'; 500]);
        made(&items)
    };
    assert_eq!(manifest(&longer).len(), manifest(&bytes).len());
    assert_eq!(leave_out(&without, &[3]), Err(BundleFault::NoSuchItem(3)));
    assert_eq!(leave_out(&bytes, &[77]), Err(BundleFault::NoSuchItem(77)));
}

#[test]
fn left_out_at_the_making_and_left_out_later_are_the_same_to_the_check() {
    let mut items = sample();
    items[2].2 = false;
    let report = checked(&made(&items)).unwrap();
    let later = checked(&leave_out(&made(&sample()), &[3]).unwrap()).unwrap();
    assert_eq!((states(&report), report.verdict), (states(&later), later.verdict));
}

#[test]
fn every_changed_byte_of_a_file_is_noticed() {
    let bytes = made(&sample());
    for (name, content) in files(&bytes) {
        for place in 0..content.len() {
            let changed = with_changed(&bytes, &name, |content| content[place] ^= 1);
            match checked(&changed) {
                Ok(report) => assert_eq!(report.verdict, BundleVerdict::Altered, "{name} {place}"),
                Err(BundleFault::Manifest | BundleFault::Signature | BundleFault::Newer(_)) => {
                    assert!(
                        matches!(name.as_str(), "manifest.json" | "signature"),
                        "{name} {place}"
                    );
                }
                Err(other) => panic!("{name} {place}: {other}"),
            }
            if place > 400 {
                break;
            }
        }
        for changed in [
            with_changed(&bytes, &name, |content| content.push(b'\n')),
            with_changed(&bytes, &name, |content| {
                content.pop();
            }),
            with_changed(&bytes, &name, Vec::clear),
        ] {
            assert!(
                !matches!(checked(&changed), Ok(report) if report.verdict != BundleVerdict::Altered),
                "{name}"
            );
        }
    }
}

/// Whatever byte of the archive itself is changed: refused, noticed, or nothing that anybody sees is another thing.
#[test]
fn every_changed_byte_of_the_archive_is_noticed_or_means_nothing() {
    let bytes = made(&sample());
    let (report, before) = (checked(&bytes).unwrap(), files(&bytes));
    for place in 0..bytes.len() {
        for change in [1_u8, 0x80] {
            let mut changed = bytes.clone();
            changed[place] ^= change;
            if let Ok(found) = checked(&changed)
                && found.verdict != BundleVerdict::Altered
            {
                assert_eq!(found, report, "{place}");
                assert_eq!(files(&changed), before, "{place}");
            }
        }
    }
}

#[test]
fn files_put_in_swapped_or_halved_are_named() {
    let bytes = made(&sample());
    let mut more = files(&bytes);
    more.push(("items/00009-message.json".into(), b"{}".to_vec()));
    let report = checked(&packed(&more)).unwrap();
    assert_eq!(report.strangers, ["items/00009-message.json"]);
    assert_eq!(report.verdict, BundleVerdict::Altered);
    assert_eq!(leave_out(&packed(&more), &[1]), Err(BundleFault::Altered));

    let mut swapped = files(&bytes);
    let place =
        |files: &[(String, Vec<u8>)], name: &str| files.iter().position(|file| file.0 == name).unwrap();
    let (one, two) = (
        place(&swapped, "items/00002-message.json"),
        place(&swapped, "items/00003-message.json"),
    );
    let content = swapped[one].1.clone();
    swapped[one].1 = swapped[two].1.clone();
    swapped[two].1 = content;
    let report = checked(&packed(&swapped)).unwrap();
    assert_eq!(states(&report)[1..3], [ItemState::Altered; 2]);

    for half in ["items/00002-message.json", "salts/00002"] {
        let mut files = files(&bytes);
        files.retain(|(name, _)| name != half);
        let report = checked(&packed(&files)).unwrap();
        assert_eq!(states(&report)[1], ItemState::Missing, "{half}");
        assert_eq!(report.verdict, BundleVerdict::Altered);
    }
}

#[test]
fn a_manifest_of_another_key_or_version_is_not_this_one() {
    let bytes = made(&sample());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let other = BundleKey::from_seed(&[8; 32]).public();
    let renamed = with_changed(&bytes, "manifest.json", |manifest| {
        *manifest = text(manifest).replace(&key().public(), &other).into_bytes();
    });
    assert_eq!(checked(&renamed), Err(BundleFault::Signature));
    let newer = with_changed(&bytes, "manifest.json", |manifest| {
        *manifest = text(manifest)
            .replace("\"version\": 1", "\"version\": 2")
            .into_bytes();
    });
    assert_eq!(checked(&newer), Err(BundleFault::Newer(2)));
    let upper = with_changed(&bytes, "signature", |signature| signature.make_ascii_uppercase());
    assert_eq!(checked(&upper), Err(BundleFault::Signature));
}

#[test]
fn names_that_mean_other_files_elsewhere_are_refused() {
    for name in [
        "../evil",
        "/etc/passwd",
        "items/../../evil",
        "items\\evil",
        "C:evil",
        "a/b/c",
        "Cover.html",
        "MANIFEST.JSON",
        "cover.html\u{202E}",
        ".hidden",
        "",
        &"x".repeat(101),
    ] {
        let mut files = files(&made(&sample()));
        files.push((name.to_owned(), b"evil".to_vec()));
        assert_eq!(checked(&packed(&files)), Err(BundleFault::Archive), "{name:?}");
    }
}

#[test]
fn nothing_stands_before_between_or_behind_the_files() {
    let bytes = made(&sample());
    let mut before = b"MZ".to_vec();
    before.extend_from_slice(&bytes);
    let mut behind = bytes.clone();
    behind.extend_from_slice(b"\n");
    let mut commented = bytes.clone();
    let end = commented.len() - 2;
    commented[end] = 4;
    commented.extend_from_slice(b"note");
    for hostile in [
        before,
        behind,
        commented,
        [bytes.clone(), bytes.clone()].concat(),
        Vec::new(),
    ] {
        assert_eq!(checked(&hostile), Err(BundleFault::Archive));
    }
}

#[test]
fn bombs_do_not_go_off() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let zeros = vec![0; 1 << 20];
    zip.start_file("items/00001-message.json", options).unwrap();
    for _ in 0..40 {
        zip.write_all(&zeros).unwrap();
    }
    let bomb = zip.finish().unwrap().into_inner();
    assert!(bomb.len() < 100_000);
    assert_eq!(checked(&bomb), Err(BundleFault::UnpacksToTooMuch));
    // One that lies about what it unpacks to is read no further than it says.
    let bytes = made(&sample());
    let mut files = files(&bytes);
    files.retain(|(name, _)| name != "manifest.json");
    files.push(("manifest.json".into(), vec![b'['; 9 << 20]));
    assert_eq!(
        checked(&packed(&files)),
        Err(BundleFault::Manifest),
        "longer than any manifest"
    );
    // Deeper than any parser should follow.
    let nested = with_changed(&bytes, "manifest.json", |manifest| {
        *manifest = vec![b'['; 100_000]
    });
    assert_eq!(checked(&nested), Err(BundleFault::Manifest));
}

fn kinds() -> impl Strategy<Value = ItemKind> {
    proptest::sample::select(&ItemKind::ALL[1..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn leaving_out_leaves_the_rest_as_it_was(
        items in proptest::collection::vec((kinds(), proptest::collection::vec(any::<u8>(), 0..300), any::<bool>(), any::<bool>()), 0..12),
    ) {
        let at_first: Vec<_> = items.iter().map(|(kind, bytes, kept, _)| (*kind, bytes.clone(), *kept)).collect();
        let bytes = made(&at_first);
        let report = checked(&bytes).unwrap();
        let later: Vec<u32> = (1..)
            .zip(&items)
            .filter(|(_, (_, _, kept, gone))| *kept && *gone)
            .map(|(number, _)| number)
            .collect();
        let without = leave_out(&bytes, &later).unwrap();
        let after = checked(&without).unwrap();
        for (place, (_, content, kept, gone)) in items.iter().enumerate() {
            prop_assert_eq!(report.items[place].state, if *kept { ItemState::Intact } else { ItemState::LeftOut });
            let stays = *kept && !*gone;
            prop_assert_eq!(after.items[place].state, if stays { ItemState::Intact } else { ItemState::LeftOut });
            let there = files(&without).into_iter().find(|(name, _)| *name == after.items[place].path);
            prop_assert_eq!(there.map(|(_, content)| content), stays.then(|| content.clone()));
        }
        prop_assert_eq!(after.verdict == BundleVerdict::Whole, items.iter().all(|(_, _, kept, gone)| *kept && !*gone));
        prop_assert_eq!(&after.key, &report.key);
        prop_assert_eq!(&after.head, &report.head);
    }

    #[test]
    fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert!(checked(&bytes).is_err());
    }

    /// Cut, doubled, overwritten: never a panic, and never another bundle that is whole.
    #[test]
    fn mangled_bundles_are_refused_or_noticed(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), proptest::collection::vec(any::<u8>(), 0..40)), 1..4),
    ) {
        let whole = made(&sample());
        let report = checked(&whole).unwrap();
        let mut bytes = whole.clone();
        for (from, to, with) in edits {
            let (one, two) = (from.index(bytes.len() + 1), to.index(bytes.len() + 1));
            bytes.splice(one.min(two)..one.max(two), with);
        }
        match checked(&bytes) {
            Ok(found) if found.verdict != BundleVerdict::Altered => prop_assert_eq!(found, report),
            _ => {}
        }
    }
}
