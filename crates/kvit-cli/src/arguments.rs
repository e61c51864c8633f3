//! The arguments of `kvit verify` and `kvit verify-bundle`.

use std::ffi::OsString;
use std::path::PathBuf;

/// Where bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// `-`.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl From<OsString> for Source {
    fn from(argument: OsString) -> Self {
        if argument == "-" {
            Self::Stdin
        } else {
            Self::File(argument.into())
        }
    }
}

/// A call of `verify` or `verify-bundle`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub file: Source,
    pub key: Option<Source>,
    pub json: bool,
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Verify(Arguments),
    VerifyBundle(Arguments),
    Help,
}

/// What is wrong with the arguments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Misuse {
    /// Another command than these, or none.
    NoCommand,
    /// No file is named.
    NoFile,
    /// Both files are `-`.
    BothStdin,
    /// An argument that is not known, is given twice, lacks its value or has one too many.
    Unexpected(String),
}

impl From<lexopt::Error> for Misuse {
    fn from(error: lexopt::Error) -> Self {
        Self::Unexpected(match error {
            lexopt::Error::MissingValue { option: Some(option) } => option,
            lexopt::Error::UnexpectedOption(option) => option,
            lexopt::Error::UnexpectedArgument(argument) => argument.to_string_lossy().into_owned(),
            lexopt::Error::UnexpectedValue { option, .. } => option,
            other => other.to_string(),
        })
    }
}

impl Request {
    /// Reads the arguments behind the program's name.
    pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self, Misuse> {
        use lexopt::prelude::{Long, Short, Value};
        let mut parser = lexopt::Parser::from_args(args);
        let command = match parser.next()? {
            Some(Value(command)) if command == "verify" => Self::Verify,
            Some(Value(command)) if command == "verify-bundle" => Self::VerifyBundle,
            Some(Short('h') | Long("help")) => return Ok(Self::Help),
            _ => return Err(Misuse::NoCommand),
        };
        let mut file = None;
        let mut key = None;
        let mut json = false;
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(Self::Help),
                Long("json") if !json => json = true,
                Long("key") if key.is_none() => key = Some(Source::from(parser.value()?)),
                Value(path) if file.is_none() => file = Some(Source::from(path)),
                other => return Err(other.unexpected().into()),
            }
        }
        let file = file.ok_or(Misuse::NoFile)?;
        if file == Source::Stdin && key == Some(Source::Stdin) {
            return Err(Misuse::BothStdin);
        }
        Ok(command(Arguments { file, key, json }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &str) -> Result<Request, Misuse> {
        Request::parse(args.split_whitespace().map(OsString::from))
    }

    #[test]
    fn arguments_in_any_order() {
        let expected = |key: Option<Source>, json| {
            Ok(Request::Verify(Arguments {
                file: Source::File("a.asc".into()),
                key,
                json,
            }))
        };
        let key = || Some(Source::File("k.asc".into()));
        assert_eq!(parse("verify a.asc"), expected(None, false));
        assert_eq!(parse("verify a.asc --key k.asc --json"), expected(key(), true));
        assert_eq!(parse("verify --json --key=k.asc a.asc"), expected(key(), true));
        assert_eq!(
            parse("verify --key - -- a.asc"),
            expected(Some(Source::Stdin), false)
        );
        assert_eq!(parse("verify --help"), Ok(Request::Help));
        assert_eq!(
            parse("verify-bundle e.zip --json"),
            Ok(Request::VerifyBundle(Arguments {
                file: Source::File("e.zip".into()),
                key: None,
                json: true,
            }))
        );
    }

    #[test]
    fn misuse_is_named() {
        assert_eq!(parse(""), Err(Misuse::NoCommand));
        assert_eq!(parse("sign a.asc"), Err(Misuse::NoCommand));
        assert_eq!(parse("verify"), Err(Misuse::NoFile));
        assert_eq!(parse("verify - --key -"), Err(Misuse::BothStdin));
        for (args, what) in [
            ("verify a b", "b"),
            ("verify a --quiet", "--quiet"),
            ("verify a --json --json", "--json"),
            ("verify a --json=yes", "--json"),
            ("verify a --key k --key j", "--key"),
            ("verify a --key", "--key"),
        ] {
            assert_eq!(parse(args), Err(Misuse::Unexpected(what.to_owned())), "{args}");
        }
    }
}
