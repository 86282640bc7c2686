//! FITS files in, FITS cutouts out; the only room that calls a FITS library. No HTTP, no SQL.

pub mod card;
pub mod create;
pub mod header;
mod rice;

pub use card::{Card, CardValue};
pub use header::Header;

/// Bytes of a FITS block: headers and data are padded to multiples of it.
pub const BLOCK_BYTES: usize = 2880;
