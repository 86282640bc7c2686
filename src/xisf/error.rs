//! What goes wrong with XISF files. Texts may be shown to anyone: no path, no system detail.

use std::io;

use crate::error::{Classified, ErrorKind};

/// Why an XISF file, or its pixels, cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum XisfError {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Io(#[source] io::Error),
    /// Bytes the header promises are not there.
    #[error("the file is truncated: {needed} bytes are needed, {held} are there")]
    Truncated {
        /// Where the wanted bytes end.
        needed: u64,
        /// Where the file ends.
        held: u64,
    },
    /// The header is no XML.
    #[error("the XISF header is no well-formed XML")]
    Xml(#[from] quick_xml::Error),
    /// A header that cannot be believed.
    #[error("malformed XISF header: {0}")]
    Malformed(String),
    /// Legal, but more than this room does.
    #[error("unsupported XISF feature: {0}")]
    Unsupported(String),
    /// More than the limits allow.
    #[error("{what}: {asked} are more than the {allowed} allowed")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// How many there are.
        asked: u64,
        /// The limit.
        allowed: u64,
    },
    /// The pixels are not those that were written.
    #[error("the checksum of the pixels does not match")]
    Checksum,
    /// The pixels do not decompress to what the header says.
    #[error("compressed pixels are damaged: {0}")]
    Damaged(&'static str),
}

impl Classified for XisfError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unsupported(_) => ErrorKind::Unsupported,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::Io(_)
            | Self::Truncated { .. }
            | Self::Xml(_)
            | Self::Malformed(_)
            | Self::Checksum
            | Self::Damaged(_) => ErrorKind::BrokenFile,
        }
    }
}

/// A result of this room.
pub type Result<T, E = XisfError> = std::result::Result<T, E>;
