//! FITS files in, FITS cutouts out; the only room that calls a FITS library. No HTTP, no SQL.

pub mod card;
mod column;
mod compressed;
pub mod create;
pub mod cutout;
mod disk;
pub mod error;
pub mod file;
pub mod frame;
pub mod hdu;
pub mod header;
mod packing;
mod read_at;
mod rice;
mod samples;
pub mod section;
pub mod stamp;
#[cfg(test)]
mod testing;
pub mod translation;

pub use card::{Card, CardValue};
pub use cutout::{Cutout, CutoutNote, ImageCut, Kept, MosaicPatch};
pub use error::{FitsError, Result};
pub use file::FitsFile;
pub use frame::SixteenBitFrame;
pub use hdu::{Bitpix, Hdu, HduIndex, HduKind, ImageHdu};
pub use header::Header;
pub use stamp::FileStamp;
pub use translation::Translation;

/// Bytes of a FITS block: headers and data are padded to multiples of it.
pub const BLOCK_BYTES: usize = 2880;
