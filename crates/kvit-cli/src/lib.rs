//! `kvit verify` and `kvit verify-bundle`: the checks of kvit-proof without a window, an account or a network.
//!
//! ```text
//! kvit verify FILE|- [--key KEYFILE] [--json]
//! kvit verify-bundle FILE|- [--key KEYFILE] [--json]
//! ```
//!
//! The exit code is the answer. Of a confirmation: 0 only if the text is a payment confirmation with a good signature of
//! the given key; 1 if that cannot be said; 2 if the text is forged, altered or damaged. Of a bundle of evidence: 0 only
//! if it is signed and what is in it is as it was signed, and where a key is given, if it has receipts and all of them
//! are verified by it; 1 if the receipts are not, or the bundle is of a newer format; 2 if it is altered or damaged.
//! 3 if nothing was checked: wrong usage (`--help` too), an unreadable file, a key that is none, an answer that could
//! not be written.
//!
//! Files are read up to their limits and no further. What they say is printed with every control and direction
//! character escaped.

mod arguments;
mod bundle;
mod json;
mod report;
mod words;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};

use jiff::Timestamp;
use kvit_proof::bundle::MAX_BUNDLE_BYTES;
use kvit_proof::{
    KeyFault, MAX_CONFIRMATION_BYTES, MAX_KEY_BYTES, PinnedKey, Refusal, Signed, verify_signature,
};

use crate::arguments::{Arguments, Request, Source};
pub use crate::words::Language;

/// The text is a confirmation with a good signature of the given key; the bundle is as it was signed.
pub const VERIFIED: u8 = 0;
/// Nothing can be said for sure.
pub const NOT_VERIFIED: u8 = 1;
/// The text or the bundle is forged, altered or damaged.
pub const FORGED: u8 = 2;
/// Nothing was checked.
pub const NOT_CHECKED: u8 = 3;

/// What surrounds one call.
pub struct Surroundings<'a> {
    /// Read when the file is `-`.
    pub stdin: &'a mut dyn Read,
    /// The answer.
    pub stdout: &'a mut dyn Write,
    /// What went wrong.
    pub stderr: &'a mut dyn Write,
    /// The words of the answer.
    pub language: Language,
    /// The time to judge keys and signatures at.
    pub now: Timestamp,
}

/// Runs a command with this process's input, clock and language. `args` are the arguments behind the
/// program's name, beginning with the command. Returns the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>, stdout: &mut dyn Write, stderr: &mut dyn Write) -> u8 {
    let surroundings = Surroundings {
        stdin: &mut io::stdin().lock(),
        stdout,
        stderr,
        language: Language::from_environment(|name| std::env::var(name).ok()),
        now: Timestamp::now(),
    };
    run_in(args, surroundings)
}

/// [`run`] in given surroundings.
pub fn run_in(args: impl IntoIterator<Item = OsString>, surroundings: Surroundings<'_>) -> u8 {
    let Surroundings {
        stdin,
        stdout,
        stderr,
        language,
        now,
    } = surroundings;
    let written = match Request::parse(args) {
        Ok(Request::Help) => write!(stdout, "{}", language.usage()).map(|()| NOT_CHECKED),
        Err(usage) => {
            write!(stderr, "{}\n\n{}", language.misuse(&usage), language.usage()).map(|()| NOT_CHECKED)
        }
        Ok(Request::Verify(arguments)) => {
            let answer = check(&arguments, stdin, now);
            report(&answer, arguments.json, language, stdout, stderr)
        }
        Ok(Request::VerifyBundle(arguments)) => {
            let answer = check_bundle(&arguments, stdin, now);
            report(&answer, arguments.json, language, stdout, stderr)
        }
    };
    match written.and_then(|code| stdout.flush().map(|()| code)) {
        Ok(code) => code,
        // Nobody has read the answer, so there is none. Stderr may be gone as well.
        Err(_) => NOT_CHECKED,
    }
}

/// What came of a call: the result of the check, or why there was none.
type Answer = Result<Checked, Obstacle>;

/// What was checked, and the result.
enum Checked {
    /// A payment confirmation.
    Confirmation(Result<Signed, Refusal>),
    /// A bundle of evidence.
    Bundle(bundle::Checked),
}

/// Why nothing was checked.
enum Obstacle {
    /// A file could not be read.
    Unreadable { source: Source, error: io::Error },
    /// The key file holds no key that can be pinned.
    Key(KeyFault),
}

fn check(arguments: &Arguments, stdin: &mut dyn Read, now: Timestamp) -> Answer {
    let (text, key) = read(arguments, stdin, MAX_CONFIRMATION_BYTES)?;
    Ok(Checked::Confirmation(verify_signature(&text, key.as_ref(), now)))
}

fn check_bundle(arguments: &Arguments, stdin: &mut dyn Read, now: Timestamp) -> Answer {
    let (bytes, key) = read(arguments, stdin, MAX_BUNDLE_BYTES)?;
    Ok(Checked::Bundle(bundle::Checked {
        result: kvit_proof::bundle::check(&bytes, key.as_ref(), now),
        with_key: key.is_some(),
    }))
}

/// The file, up to its limit, and the key if one is named.
fn read(
    arguments: &Arguments,
    stdin: &mut dyn Read,
    limit: usize,
) -> Result<(Vec<u8>, Option<PinnedKey>), Obstacle> {
    let mut read = |source: &Source, limit| {
        read_bounded(source, stdin, limit).map_err(|error| Obstacle::Unreadable {
            source: source.clone(),
            error,
        })
    };
    let key = match &arguments.key {
        None => None,
        Some(source) => Some(PinnedKey::parse(&read(source, MAX_KEY_BYTES)?).map_err(Obstacle::Key)?),
    };
    Ok((read(&arguments.file, limit)?, key))
}

/// Reads at most one byte more than `limit`: enough to know that it is too much.
fn read_bounded(source: &Source, stdin: &mut dyn Read, limit: usize) -> io::Result<Vec<u8>> {
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    match source {
        Source::Stdin => stdin.take(bound).read_to_end(&mut bytes)?,
        Source::File(path) => File::open(path)?.take(bound).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

fn report(
    answer: &Answer,
    json: bool,
    language: Language,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> io::Result<u8> {
    if let Err(obstacle) = answer {
        writeln!(stderr, "{}", language.obstacle(obstacle))?;
    }
    if json {
        writeln!(stdout, "{}", json::answer(answer))?;
    } else if let Ok(checked) = answer {
        let words = match checked {
            Checked::Confirmation(result) => report::answer(result, language),
            Checked::Bundle(checked) => checked.report(language),
        };
        write!(stdout, "{words}")?;
    }
    Ok(match answer {
        Ok(Checked::Confirmation(Ok(_))) => VERIFIED,
        Ok(Checked::Confirmation(Err(Refusal::NotVerified(_)))) => NOT_VERIFIED,
        Ok(Checked::Confirmation(Err(Refusal::Forged(_)))) => FORGED,
        Ok(Checked::Bundle(checked)) => checked.code(),
        Err(_) => NOT_CHECKED,
    })
}
