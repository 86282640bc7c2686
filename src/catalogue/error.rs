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
    /// The file is a database, but damaged.
    #[error("the database is damaged; move it away and start again: it is made anew from the files")]
    Damaged,
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

impl From<sqlx::Error> for CatalogueError {
    fn from(error: sqlx::Error) -> Self {
        // SQLITE_BUSY is 5, SQLITE_LOCKED is 6; extended codes carry them in the low byte.
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .and_then(|code| code.parse::<u32>().ok());
        match (&error, code.map(|code| code & 0xff)) {
            (sqlx::Error::PoolTimedOut, _) | (_, Some(5 | 6)) => Self::Busy(error),
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
            | Self::Damaged
            | Self::Storage(_)
            | Self::Unexpected(_) => ErrorKind::Internal,
        }
    }
}
