//! What can go wrong with the catalogue.

use crate::error::{Classified, ErrorKind};

/// Why the catalogue could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The address cannot be read.
    #[error("the database address is not of the form sqlite://path")]
    Address(#[source] sqlx::Error),
    /// The address names no file.
    #[error("the database must be a file: sqlite://path")]
    NotAFile,
    /// The folder of the database or the lock file in it cannot be written.
    #[error("the folder of the database cannot be written")]
    Folder(#[source] std::io::Error),
    /// Another service holds the database.
    #[error("another trifocal service is using this database; stop it or choose another database")]
    InUse,
    /// A command would have to migrate a database under a running service.
    #[error(
        "the database must be brought up to date first, but a service of another version is using it; stop it"
    )]
    InUseByOlder,
    /// The database was written by a newer version.
    #[error(
        "the database was written by a newer version of trifocal; install that version or choose another database"
    )]
    Newer,
    /// A migration did not go through; the database is as it was.
    #[error("the database could not be brought up to date")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// The file cannot be opened as a database.
    #[error("the database cannot be opened")]
    Open(#[source] sqlx::Error),
    /// The file is no database, or a damaged one.
    #[error("the database is damaged; move it away and start again: it is made anew from the files")]
    Damaged(#[source] sqlx::Error),
    /// A statement failed.
    #[error("the catalogue cannot be read or written")]
    Storage(#[source] sqlx::Error),
    /// Another writer or too many readers; the same again may succeed.
    #[error("the catalogue is busy")]
    Busy(#[source] sqlx::Error),
    /// A value in the database is not one this service writes.
    #[error("the catalogue holds an unexpected value in {0}")]
    Unexpected(&'static str),
}

impl CatalogueError {
    /// Why a file cannot be opened.
    pub(super) fn opening(error: sqlx::Error) -> Self {
        match primary_code(&error) {
            Some(SQLITE_CORRUPT | SQLITE_NOTADB) => Self::Damaged(error),
            _ => Self::Open(error),
        }
    }
}

const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_NOTADB: u32 = 26;

/// SQLite's own number for an error; extended codes carry it in the low byte.
fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<u32>().ok().map(|code| code & 0xff)
}

impl From<sqlx::Error> for CatalogueError {
    fn from(error: sqlx::Error) -> Self {
        match (&error, primary_code(&error)) {
            (sqlx::Error::PoolTimedOut, _) | (_, Some(SQLITE_BUSY | SQLITE_LOCKED)) => Self::Busy(error),
            _ => Self::Storage(error),
        }
    }
}

impl Classified for CatalogueError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Address(_) | Self::NotAFile => ErrorKind::InvalidInput,
            Self::InUse | Self::InUseByOlder => ErrorKind::Unavailable,
            Self::Busy(_) => ErrorKind::Busy,
            Self::Folder(_)
            | Self::Newer
            | Self::Migration(_)
            | Self::Open(_)
            | Self::Damaged(_)
            | Self::Storage(_)
            | Self::Unexpected(_) => ErrorKind::Internal,
        }
    }
}
