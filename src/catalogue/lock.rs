//! One service per database: an advisory lock on a file beside it, which the kernel drops with the process.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::{CatalogueError, Result};

/// The right to serve from a database, held until dropped.
#[derive(Debug)]
pub(super) struct ServiceLock {
    _file: File,
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn open(database: &Path) -> std::io::Result<File> {
    File::options().create(true).truncate(false).read(true).write(true).open(lock_path(database))
}

impl ServiceLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// [`CatalogueError::InUse`] when another service has it.
    pub(super) fn take(database: &Path) -> Result<Self> {
        let file = open(database).map_err(CatalogueError::Folder)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(CatalogueError::InUse),
            Err(TryLockError::Error(error)) => Err(CatalogueError::Folder(error)),
        }
    }

    /// Whether no service holds the database right now.
    pub(super) fn is_free(database: &Path) -> bool {
        open(database).is_ok_and(|file| file.try_lock_shared().is_ok())
    }
}
