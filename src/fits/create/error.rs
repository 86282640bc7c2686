//! Why a FITS file could not be made.

use std::io;

use crate::error::{Classified, ErrorKind};

/// Why a file could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The operating system refused.
    #[error("the file could not be written")]
    Io(#[from] io::Error),
    /// A table's columns have different numbers of rows.
    #[error("the columns of a table differ in length")]
    UnevenColumns,
    /// cfitsio refused; the status is its own number.
    #[error("compression failed with cfitsio status {status}")]
    Compression {
        /// cfitsio's error number.
        status: i32,
    },
}

impl Classified for CreateError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Internal
    }
}
