//! FITS files in, FITS cutouts out; the only room that calls a FITS library. No HTTP, no SQL.

pub mod card;
mod compressed;
pub mod create;
pub mod error;
pub mod file;
pub mod hdu;
pub mod header;
mod rice;
mod samples;
pub mod section;

pub use card::{Card, CardValue};
pub use error::{FitsError, Result};
pub use file::{FileStamp, FitsFile};
pub use hdu::{Bitpix, Hdu, HduIndex, HduKind, ImageHdu};
pub use header::Header;

/// Bytes of a FITS block: headers and data are padded to multiples of it.
pub const BLOCK_BYTES: usize = 2880;
