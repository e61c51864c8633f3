//! What goes wrong with a file, without any text of its content or key.

use rusqlite::ErrorCode;

/// Why a store could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenFault {
    /// Another process, or another part of this one, has it open.
    #[error("the store is open elsewhere")]
    Taken,
    /// Not what was written: damaged, cut short, or made with another raw key.
    #[error("the store is damaged, or its key is another one")]
    Damaged,
    /// The passphrase does not open it. A damaged first page looks the same.
    #[error("the passphrase does not open the store")]
    WrongPassphrase,
    /// Made by a newer version of the app.
    #[error("the store has layout {found}, this version knows {known}")]
    Newer {
        /// Layout of the file.
        found: u32,
        /// Newest layout that is known here.
        known: u32,
    },
    /// The folder or the file cannot be written: rights, space, a broken disk.
    #[error("the store cannot be written: {0}")]
    Unwritable(String),
    /// The file is there and cannot be read.
    #[error("the store cannot be read: {0}")]
    Unreadable(String),
}

/// Why a call failed. Nothing of it was kept then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreFault {
    /// No space left.
    #[error("no space is left for the store: {0}")]
    Full(String),
    /// What is in the file is not what was written.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The disk or its rights.
    #[error("the store cannot be read or written: {0}")]
    Io(String),
    /// What was to be kept cannot be: out of bounds, or against a rule of the store.
    #[error("this cannot be kept: {0}")]
    Invalid(String),
}

/// What SQLite says, without the SQL: a statement may hold a key.
fn words(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => failure.to_string(),
        rusqlite::Error::SqlInputError { error, .. } => error.to_string(),
        rusqlite::Error::FromSqlConversionFailure(column, kind, _) => {
            format!("column {column} of type {kind} holds something else")
        }
        rusqlite::Error::InvalidColumnType(_, name, kind) => format!("column {name} is of type {kind}"),
        rusqlite::Error::IntegralValueOutOfRange(column, _) => format!("column {column} is out of range"),
        rusqlite::Error::QueryReturnedNoRows => "a row is missing".to_owned(),
        _ => "SQLite refused".to_owned(),
    }
}

fn code(error: &rusqlite::Error) -> Option<ErrorCode> {
    match error {
        rusqlite::Error::SqlInputError { error, .. } => Some(error.code),
        other => other.sqlite_error_code(),
    }
}

impl From<rusqlite::Error> for StoreFault {
    fn from(error: rusqlite::Error) -> Self {
        let text = words(&error);
        match code(&error) {
            Some(ErrorCode::DiskFull) => Self::Full(text),
            // A page that fails its authentication is reported as a plain error or as memory that is not there.
            Some(
                ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::Unknown
                | ErrorCode::OutOfMemory
                | ErrorCode::TypeMismatch,
            ) => Self::Damaged(text),
            Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig) => Self::Invalid(text),
            Some(_) => Self::Io(text),
            None => Self::Damaged(text),
        }
    }
}

impl From<StoreFault> for OpenFault {
    fn from(fault: StoreFault) -> Self {
        match fault {
            StoreFault::Damaged(_) | StoreFault::Invalid(_) => Self::Damaged,
            StoreFault::Full(text) | StoreFault::Io(text) => Self::Unwritable(text),
        }
    }
}

impl From<rusqlite::Error> for OpenFault {
    fn from(error: rusqlite::Error) -> Self {
        StoreFault::from(error).into()
    }
}
