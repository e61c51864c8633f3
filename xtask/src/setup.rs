//! A tree made ready: what every command begins with.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::command::{Run, say};
use crate::packages::{self, Purpose};
use crate::{APP, APP_BINARY, APP_FEATURE, tools, ui};

/// A tree whose system packages, tools and npm packages are there.
pub struct Setup {
    top: PathBuf,
}

impl Setup {
    /// Makes it so, or says what is wanting.
    pub fn prepare(top: &Path, purpose: Purpose, as_is: bool) -> Result<Self> {
        if !as_is {
            packages::ensure(top, purpose)?;
        }
        tools::check(top, purpose)?;
        let setup = Self { top: top.to_owned() };
        ui::packages(&setup)?;
        Ok(setup)
    }

    /// The top of the tree.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The folder of the UI.
    pub fn ui(&self) -> PathBuf {
        self.top.join("ui")
    }

    pub fn cargo(&self, arguments: &[&str]) -> Run {
        self.run(tools::cargo()).args(arguments)
    }

    pub fn npm(&self, arguments: &[&str]) -> Run {
        let run = Run::new(tools::npm(), &self.ui()).args(arguments);
        match tools::browser() {
            Some(browser) => run.env(tools::BROWSER_VARIABLE, browser),
            None => run,
        }
    }

    /// Any other program, at the top of the tree.
    pub fn run(&self, program: impl AsRef<std::ffi::OsStr>) -> Run {
        Run::new(program, &self.top)
    }

    pub fn build_ui(&self) -> Result<()> {
        ui::build(self)
    }

    /// Builds the app with the UI inside, and tells where it is.
    pub fn build_app(&self, release: bool) -> Result<PathBuf> {
        say("Building the app");
        let mut arguments = vec![
            "build",
            "--package",
            APP,
            "--bin",
            APP_BINARY,
            "--features",
            APP_FEATURE,
        ];
        if release {
            arguments.push("--release");
        }
        self.cargo(&arguments).succeed()?;
        let profile = if release { "release" } else { "debug" };
        let program = format!("{APP_BINARY}{}", std::env::consts::EXE_SUFFIX);
        let app = self.target()?.join(profile).join(program);
        ensure!(
            app.is_file(),
            "cargo built the app and it is not at {}",
            app.display()
        );
        Ok(app)
    }

    /// Where cargo puts what it builds, which the environment may change.
    pub fn target(&self) -> Result<PathBuf> {
        let metadata = self
            .cargo(&["metadata", "--format-version", "1", "--no-deps"])
            .answer()?;
        let metadata: serde_json::Value =
            serde_json::from_str(&metadata).context("cargo metadata is no JSON")?;
        let target = metadata
            .get("target_directory")
            .and_then(serde_json::Value::as_str);
        Ok(PathBuf::from(
            target.context("cargo metadata names no target directory")?,
        ))
    }
}
