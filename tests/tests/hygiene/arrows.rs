//! Who may use whom, as the map in README says.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{none, output_of, top};

/// Every crate of the workspace and the crates of ours that it may build on.
const MAY_USE: &[(&str, &[&str])] = &[
    ("kvit-proto", &[]),
    ("kvit-domain", &[]),
    ("kvit-wire", &["kvit-proto", "kvit-domain"]),
    ("kvit-client", &["kvit-wire", "kvit-proto", "kvit-domain"]),
    ("kvit-proof", &["kvit-domain"]),
    ("kvit-vault", &["kvit-domain"]),
    ("kvit-store", &["kvit-domain"]),
    ("kvit-images", &[]),
    (
        "kvit-engine",
        &[
            "kvit-domain",
            "kvit-client",
            "kvit-proof",
            "kvit-vault",
            "kvit-store",
            "kvit-images",
        ],
    ),
    ("kvit-view", &["kvit-domain", "kvit-proof", "kvit-engine"]),
    // Its arithmetic is its own: an oracle that shared our code would share our mistakes.
    ("kvit-sandbox", &["kvit-proto"]),
    (
        "kvit-testkit",
        &[
            "kvit-domain",
            "kvit-client",
            "kvit-proof",
            "kvit-vault",
            "kvit-store",
            "kvit-engine",
            "kvit-sandbox",
        ],
    ),
    ("kvit-cli", &["kvit-domain", "kvit-proof"]),
    (
        "kvit-app",
        &[
            "kvit-domain",
            "kvit-vault",
            "kvit-engine",
            "kvit-view",
            "kvit-sandbox",
            "kvit-cli",
        ],
    ),
    ("kvit-tests", &[]),
    // The engine and the store as real processes, against the practice marketplace as another.
    (
        "kvit-soak",
        &[
            "kvit-client",
            "kvit-domain",
            "kvit-engine",
            "kvit-proto",
            "kvit-sandbox",
            "kvit-store",
            "kvit-testkit",
            "kvit-vault",
        ],
    ),
    ("xtask", &[]),
    // Measures the rooms one by one, as the app has them.
    (
        "kvit-bench",
        &[
            "kvit-bench-worker",
            "kvit-client",
            "kvit-domain",
            "kvit-engine",
            "kvit-images",
            "kvit-proof",
            "kvit-proto",
            "kvit-sandbox",
            "kvit-store",
            "kvit-vault",
            "kvit-wire",
        ],
    ),
    ("kvit-bench-worker", &[]),
];

/// Ends of the chain: nobody builds on them, not even for tests.
const LEAVES: &[&str] = &["kvit-app", "kvit-tests", "kvit-soak", "xtask", "kvit-bench"];

/// May know Tauri.
const SHELL: &str = "kvit-app";

/// Pure crates, and all they may stand on: values and errors, no I/O, no clock of their own, no async, no serde.
const PURE: &[(&str, &[&str])] = &[(
    "kvit-domain",
    &["jiff", "rust_decimal", "secrecy", "thiserror", "uuid", "zeroize"],
)];

/// Features of the contract crate that a crate may turn on (tests aside).
const CONTRACT_SIDES: &[(&str, &[&str])] = &[
    ("kvit-client", &["client"]),
    ("kvit-sandbox", &["server"]),
    // Reads on the wire what the client sent.
    ("kvit-soak", &["client"]),
    // The bare generated client, and a server that echoes.
    ("kvit-bench", &["client", "server"]),
    ("kvit-wire", &[]),
];

/// One crate's need of another.
struct Need {
    of: String,
    on: String,
    for_tests: bool,
    features: Vec<String>,
}

fn needs(metadata: &Value) -> Vec<Need> {
    let mut needs = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        for one in package["dependencies"].as_array().unwrap() {
            needs.push(Need {
                of: package["name"].as_str().unwrap().to_owned(),
                on: one["name"].as_str().unwrap().to_owned(),
                for_tests: one["kind"].as_str() == Some("dev"),
                features: one["features"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|feature| feature.as_str().unwrap().to_owned())
                    .collect(),
            });
        }
    }
    needs
}

fn crates(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| package["name"].as_str().unwrap().to_owned())
        .collect()
}

fn metadata() -> Value {
    let text = output_of(
        env!("CARGO"),
        &["metadata", "--format-version", "1", "--no-deps", "--offline"],
    );
    serde_json::from_str(&text).unwrap()
}

fn table<'a>(rows: &[(&'a str, &'a [&'a str])]) -> BTreeMap<&'a str, &'a [&'a str]> {
    rows.iter().copied().collect()
}

fn wrong_arrows(metadata: &Value) -> Vec<String> {
    let may_use = table(MAY_USE);
    let ours = crates(metadata);
    let mut complaints: Vec<String> = ours
        .iter()
        .filter(|name| !may_use.contains_key(name.as_str()))
        .map(|name| format!("{name} has no place in the map"))
        .collect();
    for need in needs(metadata).iter().filter(|need| ours.contains(&need.on)) {
        let Some(allowed) = may_use.get(need.of.as_str()) else {
            continue;
        };
        if LEAVES.contains(&need.on.as_str()) {
            complaints.push(format!("{} uses {}, on which nobody builds", need.of, need.on));
        } else if !need.for_tests && !allowed.contains(&need.on.as_str()) {
            complaints.push(format!("{} may not use {}", need.of, need.on));
        }
    }
    complaints
}

fn tauri_below_the_shell(metadata: &Value) -> Vec<String> {
    let knows = |need: &&Need| {
        (need.on == "tauri" || need.on.starts_with("tauri-") || need.on == "wry") && need.of != SHELL
    };
    needs(metadata)
        .iter()
        .filter(knows)
        .map(|need| format!("{} knows {}", need.of, need.on))
        .collect()
}

fn impure(metadata: &Value) -> Vec<String> {
    let pure = table(PURE);
    needs(metadata)
        .iter()
        .filter(|need| !need.for_tests)
        .filter(|need| {
            pure.get(need.of.as_str())
                .is_some_and(|allowed| !allowed.contains(&need.on.as_str()))
        })
        .map(|need| format!("{} is to be pure and uses {}", need.of, need.on))
        .collect()
}

fn wrong_sides(metadata: &Value) -> Vec<String> {
    let sides = table(CONTRACT_SIDES);
    let mut complaints = Vec::new();
    for need in needs(metadata)
        .iter()
        .filter(|need| need.on == "kvit-proto" && !need.for_tests)
    {
        let allowed = sides.get(need.of.as_str()).copied().unwrap_or_default();
        for feature in need
            .features
            .iter()
            .filter(|feature| !allowed.contains(&feature.as_str()))
        {
            complaints.push(format!("{} turns on the {feature} side of the contract", need.of));
        }
    }
    complaints
}

/// A manifest that does not take the workspace's lints. The contract crate is generated code and has none.
fn own_lints(name: &str, manifest: &str) -> Option<String> {
    let lints = manifest
        .split("\n[")
        .find_map(|section| section.strip_prefix("lints]"));
    let inherited =
        lints.is_some_and(|section| section.lines().any(|line| line.trim() == "workspace = true"));
    (name != "kvit-proto" && !inherited).then(|| format!("{name} does not inherit the workspace's lints"))
}

/// Places to fail at are turned on by the soak's own feature, and by nobody else: the app has none.
fn places_to_fail_at(metadata: &Value) -> Vec<String> {
    needs(metadata)
        .iter()
        .filter(|need| need.features.iter().any(|feature| feature.contains("failpoints")))
        .map(|need| format!("{} turns on places to fail at in {}", need.of, need.on))
        .collect()
}

#[test]
fn nobody_turns_on_places_to_fail_at() {
    none(places_to_fail_at(&metadata()));
}

#[test]
fn crates_use_only_whom_the_map_allows() {
    none(wrong_arrows(&metadata()));
}

#[test]
fn nobody_below_the_shell_knows_tauri() {
    none(tauri_below_the_shell(&metadata()));
}

#[test]
fn pure_crates_are_pure() {
    none(impure(&metadata()));
}

#[test]
fn each_side_of_the_contract_keeps_to_itself() {
    none(wrong_sides(&metadata()));
}

#[test]
fn every_crate_inherits_the_lints() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() >= 10, "the workspace was not found");
    none(
        packages
            .iter()
            .filter_map(|package| {
                let manifest = std::fs::read_to_string(package["manifest_path"].as_str().unwrap()).unwrap();
                own_lints(package["name"].as_str().unwrap(), &manifest)
            })
            .collect(),
    );
}

#[test]
fn the_map_in_the_readme_names_every_crate() {
    let readme = std::fs::read_to_string(top().join("README.md")).unwrap();
    none(missing_in_the_map(&readme, &crates(&metadata())));
}

fn missing_in_the_map(readme: &str, crates: &[String]) -> Vec<String> {
    crates
        .iter()
        .filter(|name| !readme.contains(&format!("`{name}`")))
        .map(|name| format!("README does not name `{name}`"))
        .collect()
}

// The rules complain.

/// A crate and its needs: on whom, of which kind, with which features.
type Sample<'a> = (&'a str, &'a [(&'a str, &'a str, &'a [&'a str])]);

fn world(packages: &[Sample<'_>]) -> Value {
    let packages: Vec<Value> = packages
        .iter()
        .map(|(name, needs)| {
            let needs: Vec<Value> = needs
                .iter()
                .map(|(on, kind, features)| {
                    let kind = if kind.is_empty() {
                        Value::Null
                    } else {
                        Value::from(*kind)
                    };
                    serde_json::json!({ "name": on, "kind": kind, "features": features })
                })
                .collect();
            serde_json::json!({ "name": name, "dependencies": needs })
        })
        .collect();
    serde_json::json!({ "packages": packages })
}

#[test]
fn a_wrong_arrow_is_seen() {
    let bad = world(&[
        ("kvit-domain", &[("kvit-engine", "", &[])]),
        (
            "kvit-engine",
            &[("kvit-proof", "", &[]), ("kvit-app", "dev", &[])],
        ),
        ("kvit-proof", &[("kvit-sandbox", "dev", &[])]),
        ("kvit-sandbox", &[("kvit-domain", "build", &[])]),
        ("kvit-app", &[]),
        ("kvit-stranger", &[]),
    ]);
    assert_eq!(
        wrong_arrows(&bad),
        [
            "kvit-stranger has no place in the map",
            "kvit-domain may not use kvit-engine",
            "kvit-engine uses kvit-app, on which nobody builds",
            "kvit-sandbox may not use kvit-domain",
        ]
    );
}

#[test]
fn tauri_below_the_shell_is_seen() {
    let bad = world(&[
        ("kvit-app", &[("tauri", "", &[])]),
        ("kvit-engine", &[("tauri", "", &[])]),
        ("kvit-view", &[("tauri-specta", "dev", &[])]),
    ]);
    assert_eq!(
        tauri_below_the_shell(&bad),
        ["kvit-engine knows tauri", "kvit-view knows tauri-specta"]
    );
}

#[test]
fn impurity_is_seen() {
    let bad = world(&[(
        "kvit-domain",
        &[("tokio", "", &[]), ("proptest", "dev", &[]), ("uuid", "", &[])],
    )]);
    assert_eq!(impure(&bad), ["kvit-domain is to be pure and uses tokio"]);
}

#[test]
fn the_wrong_side_of_the_contract_is_seen() {
    let bad = world(&[
        (
            "kvit-sandbox",
            &[
                ("kvit-proto", "", &["server", "client"]),
                ("kvit-proto", "dev", &["client"]),
            ],
        ),
        ("kvit-wire", &[("kvit-proto", "", &["client"])]),
        ("kvit-client", &[("kvit-proto", "", &["client"])]),
    ]);
    assert_eq!(
        wrong_sides(&bad),
        [
            "kvit-sandbox turns on the client side of the contract",
            "kvit-wire turns on the client side of the contract"
        ]
    );
}

#[test]
fn a_place_to_fail_at_in_the_app_is_seen() {
    let bad = world(&[
        ("kvit-app", &[("kvit-engine", "", &["failpoints"])]),
        ("kvit-store", &[("fail", "", &[])]),
    ]);
    assert_eq!(
        places_to_fail_at(&bad),
        ["kvit-app turns on places to fail at in kvit-engine"]
    );
}

#[test]
fn a_crate_with_its_own_lints_is_seen() {
    assert!(own_lints("kvit-x", "[package]\nname = \"kvit-x\"\n").is_some());
    assert!(
        own_lints(
            "kvit-x",
            "[package]\n\n[lints]\nrust = {}\n\n[dependencies]\nworkspace = true\n"
        )
        .is_some()
    );
    assert!(own_lints("kvit-x", "[package]\n\n[lints]\nworkspace = true\n").is_none());
}

#[test]
fn a_crate_that_is_not_on_the_map_is_seen() {
    let crates = ["kvit-a".to_owned(), "kvit-b".to_owned()];
    assert_eq!(
        missing_in_the_map("| `kvit-a` | ... kvit-b", &crates),
        ["README does not name `kvit-b`"]
    );
}
