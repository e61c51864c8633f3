//! The others: built when a row wants them, each in a folder of its own under the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// The bundler of Tauri's own command line; prebuilt, so nothing is compiled for it.
const TAURI_CLI: &str = "@tauri-apps/cli@2.12.5";

/// Where things come from and where they are put.
#[derive(Debug, Clone)]
pub struct Builder {
    /// The tree.
    pub top: PathBuf,
    /// Cargo's target folder of the workspace.
    pub target: PathBuf,
}

impl Builder {
    /// For a tree; the target folder is the one this program lies in.
    pub fn new(top: PathBuf) -> Result<Self> {
        let own = std::env::current_exe()?;
        let target = own
            .ancestors()
            .nth(2)
            .context("this program lies in no target folder")?
            .to_owned();
        Ok(Self { top, target })
    }

    fn others(&self) -> PathBuf {
        self.target.join("bench")
    }

    fn bench(&self) -> PathBuf {
        self.top.join("bench")
    }

    fn cargo_build(&self, manifest: &Path, features: &str) -> Result<()> {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command
            .args(["build", "--release", "--locked", "--features", features])
            .arg("--manifest-path")
            .arg(manifest)
            .arg("--target-dir")
            .arg(self.others())
            .current_dir(&self.top);
        run(&mut command)
    }

    /// A peer under `bench/peers`, built with `features`, kept as `name`.
    pub fn peer(&self, name: &str, folder: &str, features: &str) -> Result<PathBuf> {
        println!("    building {name}");
        let manifest = self.bench().join("peers").join(folder).join("Cargo.toml");
        self.cargo_build(&manifest, features)?;
        let kept = self.others().join("bin").join(name);
        std::fs::create_dir_all(self.others().join("bin"))?;
        // The same package with other features would take its place.
        std::fs::copy(
            self.others().join("release").join(format!("peer-{folder}")),
            &kept,
        )?;
        Ok(kept)
    }

    /// The bare WebKitGTK window.
    pub fn floor(&self) -> Result<PathBuf> {
        println!("    building the bare WebKitGTK window");
        let flags = Command::new("pkg-config")
            .args(["--cflags", "--libs", "webkit2gtk-4.1"])
            .output()
            .context("cannot start pkg-config")?;
        ensure!(flags.status.success(), "pkg-config does not know webkit2gtk-4.1");
        let flags = String::from_utf8(flags.stdout)?;
        std::fs::create_dir_all(self.others().join("bin"))?;
        let program = self.others().join("bin").join("floor");
        let mut command = Command::new("cc");
        command
            .args(["-O2", "-o"])
            .arg(&program)
            .arg(self.bench().join("floor").join("floor.c"))
            .args(flags.split_whitespace());
        run(&mut command)?;
        Ok(program)
    }

    /// Tauri's hello with the app's profile.
    pub fn hello(&self) -> Result<PathBuf> {
        println!("    building Tauri's hello");
        let manifest = self.bench().join("hello").join("Cargo.toml");
        self.cargo_build(&manifest, "custom-protocol")?;
        Ok(self.others().join("release").join("hello"))
    }

    /// The page that hello and the bare windows show.
    pub fn page(&self) -> String {
        format!(
            "file://{}",
            self.bench()
                .join("hello")
                .join("page")
                .join("index.html")
                .display()
        )
    }

    /// The screens over the made-up backend, built into a folder of their own.
    pub fn screens(&self) -> Result<PathBuf> {
        println!("    building the screens over the made-up backend");
        let folder = self.others().join("screens");
        let mut command = Command::new("node");
        command
            .arg(Path::new("node_modules").join("vite").join("bin").join("vite.js"))
            .args(["build", "--mode", "fake", "--emptyOutDir", "--outDir"])
            .arg(&folder)
            .current_dir(self.top.join("ui"));
        run(&mut command)?;
        Ok(folder)
    }

    /// The `.deb` of hello, and of the app, by Tauri's bundler.
    pub fn packages(&self) -> Result<(PathBuf, PathBuf)> {
        let hello = self.package(&self.bench().join("hello"), &self.others(), "Hello_")?;
        let app = self.package(&self.top.join("src-tauri"), &self.target, "Kvit_")?;
        Ok((hello, app))
    }

    fn package(&self, folder: &Path, target: &Path, prefix: &str) -> Result<PathBuf> {
        println!("    packing {}", prefix.trim_end_matches('_'));
        let mut command = Command::new("npm");
        command
            .args(["exec", "--yes"])
            .arg(format!("--package={TAURI_CLI}"))
            .args(["--", "tauri", "bundle", "--bundles", "deb"])
            .env("CARGO_TARGET_DIR", target)
            .current_dir(folder);
        run(&mut command)?;
        let made = target.join("release").join("bundle").join("deb");
        let packages = std::fs::read_dir(&made)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with(prefix) && name.ends_with(".deb")
            })
            .collect::<Vec<_>>();
        match packages.as_slice() {
            [one] => Ok(one.clone()),
            _ => bail!("there is not exactly one package {prefix}*.deb"),
        }
    }
}

/// Runs unseen; its own words only when it fails.
fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let last: Vec<&str> = words.lines().rev().take(15).collect();
        bail!(
            "{program} failed:\n{}",
            last.into_iter().rev().collect::<Vec<_>>().join("\n")
        );
    }
    Ok(())
}
