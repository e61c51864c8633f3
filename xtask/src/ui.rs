//! The UI: its npm packages and its build, each done again only when what they are made from has changed.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command::say;
use crate::setup::Setup;

/// What in `ui/` the build reads. Tests and notes are not among it.
const SOURCES: &[&str] = &[
    "src",
    "public",
    "index.html",
    "package.json",
    "package-lock.json",
    "svelte.config.js",
    "tsconfig.json",
    "vite.config.ts",
];

/// `npm ci`, unless the packages that are there were made from this very lock file.
pub fn packages(setup: &Setup) -> Result<()> {
    say("Checking the UI's packages");
    let ui = setup.ui();
    let lock = std::fs::read(ui.join("package-lock.json")).context("cannot read ui/package-lock.json")?;
    // Inside node_modules, so that it goes when they go.
    let stamp = ui.join("node_modules/.kvit-made-from");
    if std::fs::read(&stamp).is_ok_and(|made_from| made_from == lock) {
        println!("    as in package-lock.json");
        return Ok(());
    }
    setup.npm(&["ci", "--no-audit", "--no-fund"]).succeed()?;
    std::fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))
}

/// `npm run build`, unless the sources are those of the last build.
pub fn build(setup: &Setup) -> Result<()> {
    say("Building the UI");
    let ui = setup.ui();
    let now = fingerprint(&ui)?.to_string();
    let built = ui.join("dist/index.html");
    let stamp = ui.join("node_modules/.kvit-built-from");
    if built.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|then| then == now) {
        println!("    unchanged since the last time");
        return Ok(());
    }
    setup.npm(&["run", "build"]).succeed()?;
    anyhow::ensure!(built.is_file(), "`npm run build` made no ui/dist/index.html");
    std::fs::write(&stamp, now).with_context(|| format!("cannot write {}", stamp.display()))
}

/// A number that changes when a name or a byte of the sources does.
fn fingerprint(ui: &Path) -> Result<u64> {
    let mut files = Vec::new();
    for source in SOURCES {
        collect(&ui.join(source), &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.strip_prefix(ui).unwrap_or(&file).hash(&mut hasher);
        std::fs::read(&file)
            .with_context(|| format!("cannot read {}", file.display()))?
            .hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// Every file at or below `path`; none where nothing is.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))? {
            collect(&entry?.path(), files)?;
        }
    } else if path.is_file() {
        files.push(path.to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_follows_names_and_bytes_of_sources_only() {
        let folder = tempfile::tempdir().unwrap();
        let ui = folder.path();
        let write = |name: &str, text: &str| {
            let path = ui.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("index.html", "a");
        write("src/kit/Button.svelte", "b");
        let first = fingerprint(ui).unwrap();
        write("dist/index.html", "made");
        write("tests/a.test.ts", "a test");
        write("src/kit/Button.svelte", "b");
        assert_eq!(fingerprint(ui).unwrap(), first);
        write("src/kit/Button.svelte", "c");
        let changed = fingerprint(ui).unwrap();
        assert_ne!(changed, first);
        std::fs::rename(ui.join("src/kit/Button.svelte"), ui.join("src/kit/Field.svelte")).unwrap();
        assert_ne!(fingerprint(ui).unwrap(), changed);
    }
}
