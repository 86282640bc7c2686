//! XISF files in: the container of `PixInsight`, which N.I.N.A. can save instead of FITS. Read only, monolithic files
//! only, written from the specification (XISF 1.0). Knows nothing of FITS.

mod block;
mod checksum;
mod compression;
pub mod error;
pub mod file;
pub mod header;
mod samples;
mod text_encoding;

pub use error::{Result, XisfError};
pub use file::XisfFile;
pub use header::{ImageHeader, Keyword, Property};

/// What every monolithic XISF file begins with.
pub const SIGNATURE: &[u8] = b"XISF0100";
