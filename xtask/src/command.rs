//! Other programs: run in sight, with a sentence when they fail.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

/// Announces a step.
pub fn say(step: &str) {
    println!("\n==> {step}");
}

/// One run of a program.
pub struct Run {
    command: Command,
}

impl Run {
    /// `program`, in the folder `at`.
    pub fn new(program: impl AsRef<OsStr>, at: &Path) -> Self {
        let mut command = Command::new(program);
        command.current_dir(at);
        Self { command }
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// The command as one would type it.
    pub fn shown(&self) -> String {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        words
            .map(|word| word.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn not_started(&self) -> String {
        format!("cannot start `{}`", self.shown())
    }

    /// Runs in sight of the person.
    pub fn status(mut self) -> Result<ExitStatus> {
        println!("    {}", self.shown());
        let sentence = self.not_started();
        self.command.status().context(sentence)
    }

    /// Runs in sight of the person, and must succeed.
    pub fn succeed(self) -> Result<()> {
        let shown = self.shown();
        let status = self.status()?;
        if !status.success() {
            bail!("`{shown}` failed ({status}); its own words are above");
        }
        Ok(())
    }

    /// Runs in sight of the person, and shows `listen` each line of standard output as well.
    pub fn overheard(mut self, mut listen: impl FnMut(&str)) -> Result<ExitStatus> {
        println!("    {}", self.shown());
        let sentence = self.not_started();
        let mut child = self.command.stdout(Stdio::piped()).spawn().context(sentence)?;
        let mut output = BufReader::new(child.stdout.take().context("no pipe")?);
        let mut line = Vec::new();
        // Bytes, because a test may print what is no text.
        while output.read_until(b'\n', &mut line)? > 0 {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            std::io::stdout().flush()?;
            listen(text.trim_end());
            line.clear();
        }
        child.wait().context("lost sight of a program")
    }

    /// Runs unseen; standard output if it succeeded, `None` if it did not or is not there.
    pub fn quiet(mut self) -> Option<String> {
        let output = self
            .command
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs unseen; standard output, however it ended.
    pub fn answer(mut self) -> Result<String> {
        let sentence = self.not_started();
        let output = self
            .command
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .context(sentence)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Run {
        Run::new("sh", Path::new("/")).args(["-c", script])
    }

    #[test]
    fn every_line_is_overheard_even_broken_ones() {
        let mut heard = Vec::new();
        let script = r"printf 'one\n\377two\n'; echo unheard >&2; printf three; exit 3";
        let status = shell(script)
            .overheard(|line| heard.push(line.to_owned()))
            .unwrap();
        assert_eq!(status.code(), Some(3));
        assert_eq!(heard, ["one", "\u{fffd}two", "three"]);
    }

    #[test]
    fn a_failure_names_the_command() {
        let error = shell("exit 1").succeed().unwrap_err().to_string();
        assert!(error.starts_with("`sh -c exit 1` failed"), "{error}");
        let error = Run::new("no-such-program", Path::new("/"))
            .arg("x")
            .succeed()
            .unwrap_err()
            .to_string();
        assert_eq!(error, "cannot start `no-such-program x`");
    }

    #[test]
    fn quiet_runs_tell_success_from_failure() {
        assert_eq!(shell("echo yes").quiet().as_deref(), Some("yes\n"));
        assert_eq!(shell("echo no; exit 1").quiet(), None);
        assert_eq!(Run::new("no-such-program", Path::new("/")).quiet(), None);
    }
}
