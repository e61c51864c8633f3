//! What may not stand in a tracked file.
//!
//! The words looked for are put together from halves, so that this file does not find itself.

use std::sync::LazyLock;

use regex::Regex;

use crate::{none, output_of, top};

/// Crates that count money: no binary fractions in them at all.
const MONEY: &[&str] = &[
    "crates/kvit-domain/",
    "crates/kvit-wire/",
    "crates/kvit-client/",
    "crates/kvit-proof/",
    "crates/kvit-store/",
    "crates/kvit-engine/",
    "crates/kvit-view/",
    "crates/kvit-sandbox/",
];

/// Which folder alone may import what, in the UI.
const ONLY_HERE: &[(&str, &[&str])] = &[
    ("ui/src/ipc/", &["@tauri-apps/"]),
    ("ui/src/kit/", &["bits-ui", "virtua", "@lucide/"]),
];

/// A tracked text file.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    fn is_rust(&self) -> bool {
        self.extension() == "rs"
    }

    fn is_script(&self) -> bool {
        matches!(self.extension(), "ts" | "js" | "mjs" | "svelte")
    }

    fn is_lock(&self) -> bool {
        self.path == "Cargo.lock" || self.path.ends_with("package-lock.json")
    }

    /// Lines with their numbers, from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(number, line)| (number + 1, line))
    }

    /// A complaint for each line that `is_bad`.
    fn complain(&self, why: &str, is_bad: impl Fn(&str) -> bool) -> Vec<String> {
        self.lines()
            .filter(|(_, line)| is_bad(line))
            .map(|(number, line)| format!("{}:{number}: {why}: {}", self.path, line.trim()))
            .collect()
    }
}

fn tracked_paths() -> Vec<String> {
    let paths = output_of("git", &["ls-files", "-z"]);
    paths
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Tracked files that are text; pictures, fonts and the like are left out.
fn tracked() -> Vec<Source> {
    let sources: Vec<Source> = tracked_paths()
        .into_iter()
        .filter_map(|path| {
            let text = std::fs::read_to_string(top().join(&path)).ok()?;
            Some(Source { path, text })
        })
        .collect();
    assert!(sources.len() > 30, "the tracked files were not found");
    sources
}

fn all(rule: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    tracked().iter().flat_map(rule).collect()
}

fn regex(halves: &[&str]) -> Regex {
    Regex::new(&halves.concat()).unwrap()
}

/// A path that exists on one machine only.
fn machine_paths(source: &Source) -> Vec<String> {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
        regex(&[
            r"(^|[^A-Za-z0-9._~$}{*)/-])(/ho",
            r"me/[a-z]|/ro",
            r"ot/|/wo",
            r"rk/|/Us",
            r"ers/[A-Za-z])|\b[A-Z]:\\{1,2}Us",
            r"ers\\",
        ])
    });
    source.complain("a path of somebody's machine", |line| PATTERN.is_match(line))
}

/// Packages come from the public registries, by their public names, and nothing in the tree says otherwise.
fn registries(source: &Source) -> Vec<String> {
    let name = source.path.rsplit('/').next().unwrap_or_default();
    match name {
        "Cargo.lock" => source.complain("not from crates.io", |line| {
            line.starts_with("source = ")
                && line != "source = \"registry+https://github.com/rust-lang/crates.io-index\""
        }),
        // The lock file names no host at all: whoever installs has a registry of their own.
        "package-lock.json" => source.complain("names a host", |line| {
            line.trim_start().starts_with("\"resolved\": ")
        }),
        ".npmrc" => source.complain("names a registry", |line| {
            // `registry=…` for all packages, `@scope:registry=…` for some.
            let key = line.split('=').next().unwrap_or_default().trim();
            key == "registry" || key.ends_with(":registry")
        }),
        "config.toml" if source.path.contains(".cargo/") => source.complain("names a registry", |line| {
            ["[source", "[registries", "[registry", "replace-with"]
                .iter()
                .any(|word| line.contains(word))
        }),
        _ => Vec::new(),
    }
}

/// Work left for later.
fn unfinished(source: &Source) -> Vec<String> {
    static WORDS: LazyLock<Regex> = LazyLock::new(|| regex(&[r"\b(TO", r"DO|FIX", r"ME)\b"]));
    static MACROS: LazyLock<Regex> =
        LazyLock::new(|| regex(&[r"\b(to", r"do|unimple", r"mented)!\s*[(\[{]"]));
    if source.is_lock() {
        return Vec::new();
    }
    source.complain("unfinished", |line| {
        WORDS.is_match(line) || (source.is_rust() && MACROS.is_match(line))
    })
}

/// A test that does not run, or keeps the others from running.
fn switched_off(source: &Source) -> Vec<String> {
    static RUST: LazyLock<Regex> = LazyLock::new(|| regex(&[r"#\s*\[\s*(cfg_attr\s*\(.*\b)?ign", r"ore\b"]));
    static SCRIPT: LazyLock<Regex> = LazyLock::new(|| {
        regex(&[
            r"\b(it|test|describe|suite)(\.\w+)*\.(on",
            r"ly|sk",
            r"ip|to",
            r"do|fa",
            r"ils)\b|\bx(it|describe)\(",
        ])
    });
    source.complain("a test is switched off", |line| {
        (source.is_rust() && RUST.is_match(line)) || (source.is_script() && SCRIPT.is_match(line))
    })
}

/// A binary fraction where money is counted.
fn floats(source: &Source) -> Vec<String> {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| regex(&[r"(\b|\d_?)f(32|64)\b"]));
    let counts_money = MONEY.iter().any(|folder| source.path.starts_with(folder));
    if !(source.is_rust() && counts_money) {
        return Vec::new();
    }
    source.complain("a float where money is counted", |line| {
        PATTERN.is_match(line.split("//").next().unwrap_or_default())
    })
}

/// An import that belongs to one folder, elsewhere in the UI.
fn stray_imports(source: &Source) -> Vec<String> {
    if !(source.path.starts_with("ui/src/") && source.is_script()) {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for (home, names) in ONLY_HERE
        .iter()
        .filter(|(home, _)| !source.path.starts_with(home))
    {
        for name in *names {
            let imports = |line: &str| {
                let quoted = ['"', '\'']
                    .iter()
                    .any(|quote| line.contains(&format!("{quote}{name}")));
                quoted && (line.contains("from") || line.contains("import"))
            };
            complaints.extend(source.complain(&format!("only {home} imports {name}"), imports));
        }
    }
    complaints
}

/// Things that are made, not written.
fn made_things(paths: &[String]) -> Vec<String> {
    let is_made = |path: &&String| {
        let mut folders = path.split('/').rev().skip(1);
        folders.any(|folder| matches!(folder, "node_modules" | "dist" | "target" | "test-results"))
            || [".log", ".orig", ".rej", ".DS_Store", ".env", ".tsbuildinfo"]
                .iter()
                .any(|end| path.ends_with(end))
    };
    paths
        .iter()
        .filter(is_made)
        .map(|path| format!("{path} is not a source"))
        .collect()
}

/// Signs that show a text in another order than it has (Trojan Source, CVE-2021-42574), or do not show at all. Written as
/// escapes they are visible.
fn unseen_signs(source: &Source) -> Vec<String> {
    let is_unseen = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    source.complain("a sign that cannot be seen", |line| line.contains(is_unseen))
}

/// A name that says nothing about what it names, or a file that hides its name in its folder's.
fn empty_names(source: &Source) -> Vec<String> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        regex(&[
            r"\b(struct|enum|trait|class|interface)\s+\w*(Mana",
            r"ger|Hel",
            r"per|Ut",
            r"ils?)\b",
        ])
    });
    let mut complaints = source.complain("a name that says nothing", |line| NAME.is_match(line));
    // Cargo takes every file right under `tests` for a test program, so what they share has no other name.
    if source.path.ends_with("/mod.rs") && !source.path.ends_with("/tests/common/mod.rs") {
        complaints.push(format!(
            "{}: belongs beside its folder, under the folder's name",
            source.path
        ));
    }
    complaints
}

/// A private key in the tree. Tests make theirs when they run.
fn private_keys(source: &Source) -> Vec<String> {
    static PATTERN: LazyLock<Regex> =
        LazyLock::new(|| regex(&["-----BE", "GIN [A-Z ]*PRIVATE KE", "Y( BLOCK)?-----"]));
    source.complain("a private key", |line| PATTERN.is_match(line))
}

#[test]
fn sources_are_what_they_look_like() {
    none(all(unseen_signs));
}

#[test]
fn names_say_what_they_name() {
    none(all(empty_names));
}

#[test]
fn an_unseen_sign_is_seen() {
    judges(
        unseen_signs,
        "a.rs",
        &["let a = \"\u{202e}b\";", "a\u{200b}b", "\u{feff}fn main() {}"],
        &["let a = \"\\u{202e}b\";", "квит, ä, 漢"],
    );
}

#[test]
fn an_empty_name_is_seen() {
    judges(
        empty_names,
        "a.rs",
        &[
            concat!("pub struct PaymentMana", "ger;"),
            concat!("enum Hel", "per {"),
            concat!("class DateUt", "ils {"),
        ],
        &["struct Payment;", "fn manager() {}", "enum UtilityBill {"],
    );
    judges(empty_names, "crates/a/src/b/mod.rs", &["pub fn b() {}"], &[]);
    judges(
        empty_names,
        "crates/a/tests/common/mod.rs",
        &[],
        &["pub fn b() {}"],
    );
}

/// A picture or page that the text of `document` points to and that is not among `paths`.
fn dead_links(document: &str, paths: &[String]) -> Vec<String> {
    static LINK: LazyLock<Regex> = LazyLock::new(|| regex(&[r"\]\(([^)\s#:]+)\)"]));
    let links = LINK.captures_iter(document).filter_map(|found| found.get(1));
    links
        .map(|link| link.as_str().to_owned())
        .filter(|link| !paths.iter().any(|path| path == link))
        .map(|link| format!("README points to {link}, which is not there"))
        .collect()
}

#[test]
fn the_readme_points_to_what_is_there() {
    let readme = std::fs::read_to_string(top().join("README.md")).unwrap();
    none(dead_links(&readme, &tracked_paths()));
}

#[test]
fn a_dead_link_is_seen() {
    let paths = ["docs/a.png".to_owned()];
    let text = "![a](docs/a.png) ![b](docs/b.png) [c](https://example.org/c) [d](#d)";
    assert_eq!(
        dead_links(text, &paths),
        ["README points to docs/b.png, which is not there"]
    );
}

#[test]
fn no_paths_of_somebodys_machine() {
    none(all(machine_paths));
}

#[test]
fn packages_come_from_public_registries() {
    none(all(registries));
}

#[test]
fn nothing_is_left_for_later() {
    none(all(unfinished));
}

#[test]
fn every_test_runs() {
    none(all(switched_off));
}

#[test]
fn money_is_never_a_float() {
    none(all(floats));
}

#[test]
fn the_ui_has_one_seam_and_one_kit() {
    none(all(stray_imports));
}

#[test]
fn only_sources_are_tracked() {
    none(made_things(&tracked_paths()));
}

#[test]
fn no_private_key_is_tracked() {
    none(all(private_keys));
}

// The rules complain.

fn sample(path: &str, text: &str) -> Source {
    Source {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

/// `rule` complains about each of `bad` alone and about none of `good`.
#[track_caller]
fn judges(rule: impl Fn(&Source) -> Vec<String>, path: &str, bad: &[&str], good: &[&str]) {
    for text in bad {
        assert_eq!(rule(&sample(path, text)).len(), 1, "missed in {path}: {text}");
    }
    for text in good {
        assert_eq!(
            rule(&sample(path, text)),
            [""; 0],
            "wrongly blamed in {path}: {text}"
        );
    }
}

#[test]
fn a_path_of_a_machine_is_seen() {
    judges(
        machine_paths,
        "README.md",
        &[
            concat!("cd /ho", "me/kim/kvit"),
            concat!("\"/ro", "ot/.cargo\""),
            concat!("see /wo", "rk/main"),
            concat!("file:/Us", "ers/kim"),
            concat!("C:\\Us", "ers\\kim"),
        ],
        &[
            "https://example.org/home/page",
            "a/work/b",
            "$HOME/work/x",
            ":root { }",
            "src/root/",
            "/usr/bin/env",
        ],
    );
}

#[test]
fn another_registry_is_seen() {
    judges(
        registries,
        "Cargo.lock",
        &[
            "source = \"registry+https://crates.example.org/index\"",
            "source = \"git+https://example.org/x\"",
        ],
        &[
            "source = \"registry+https://github.com/rust-lang/crates.io-index\"",
            "name = \"x\"",
        ],
    );
    judges(
        registries,
        "ui/package-lock.json",
        &["      \"resolved\": \"https://npm.example.org/x.tgz\","],
        &["\"integrity\": \"sha512-x\""],
    );
    judges(
        registries,
        "ui/.npmrc",
        &["registry=https://npm.example.org"],
        &["engine-strict=true"],
    );
    judges(
        registries,
        ".cargo/config.toml",
        &["[source.crates-io]", "replace-with = \"x\""],
        &["[alias]"],
    );
}

#[test]
fn unfinished_work_is_seen() {
    judges(
        unfinished,
        "a.rs",
        &[
            concat!("// TO", "DO: later"),
            concat!("/* FIX", "ME */"),
            concat!("to", "do!()"),
            concat!("unimple", "mented!(\"x\")"),
        ],
        &["// done", "Status::unimplemented(\"x\")", "let todo = 1;"],
    );
    judges(unfinished, "Cargo.lock", &[], &[concat!("TO", "DO")]);
}

#[test]
fn a_test_that_does_not_run_is_seen() {
    judges(
        switched_off,
        "a.rs",
        &[
            concat!("#[ign", "ore]"),
            concat!("#[ign", "ore = \"slow\"]"),
            concat!("#[cfg_attr(unix, ign", "ore)]"),
        ],
        &["#[test]", "values.iter().skip(1)", "// to ignore"],
    );
    judges(
        switched_off,
        "a.test.ts",
        &[
            concat!("it.on", "ly('x', f)"),
            concat!("describe.sk", "ip('x', f)"),
            concat!("test.concurrent.on", "ly('x')"),
        ],
        &["it('only this', f)", "list.only(x)"],
    );
}

#[test]
fn a_float_is_seen() {
    let path = "crates/kvit-domain/src/money.rs";
    judges(
        floats,
        path,
        &["let x: f64 = 0.0;", "x as f32", "1_f64"],
        &["// never f64", "let f640 = 1;"],
    );
    judges(floats, "xtask/src/main.rs", &[], &["let x: f64 = 0.0;"]);
}

#[test]
fn a_stray_import_is_seen() {
    let seam = "import { invoke } from '@tauri-apps/api/core';";
    judges(
        stray_imports,
        "ui/src/screens/Pay.svelte",
        &[seam, "import { Select } from \"bits-ui\";"],
        &["import x from '../kit/Button.svelte';"],
    );
    judges(stray_imports, "ui/src/ipc/call.ts", &[], &[seam]);
    judges(
        stray_imports,
        "ui/src/kit/Select.svelte",
        &[seam],
        &["import { Select } from 'bits-ui';"],
    );
}

#[test]
fn made_things_are_seen() {
    let paths = [
        "ui/node_modules/x/y.js",
        "ui/dist/index.html",
        "a/target/x",
        "npm.log",
        "ui/src/dist.ts",
        "target.rs",
    ];
    let complaints = made_things(&paths.map(str::to_owned));
    assert_eq!(complaints.len(), 4, "{complaints:?}");
}

#[test]
fn a_private_key_is_seen() {
    let (pem, armor) = (
        concat!("-----BE", "GIN PRIVATE KE", "Y-----"),
        concat!("-----BE", "GIN PGP PRIVATE KE", "Y BLOCK-----"),
    );
    judges(
        private_keys,
        "a.pem",
        &[pem, armor],
        &[
            "-----BEGIN PGP PUBLIC KEY BLOCK-----",
            "-----BEGIN CERTIFICATE-----",
        ],
    );
}
