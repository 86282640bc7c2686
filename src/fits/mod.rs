//! FITS files in, FITS cutouts out; the only room that calls a FITS library. No HTTP, no SQL.

pub mod card;
mod compressed;
pub mod create;
mod crop;
pub mod cutout;
mod disk;
pub mod error;
pub mod file;
mod file_bytes;
pub mod frame;
pub mod hdu;
pub mod header;
mod image;
mod index;
mod packing;
mod read_at;
mod samples;
pub mod section;
pub mod stamp;
#[cfg(test)]
mod testing;
pub mod translation;
mod walk;

pub use card::{Card, CardValue};
pub use cutout::{Cutout, CutoutNote, ImageCut, Kept, MosaicPatch};
pub use error::{FitsError, Result};
pub use file::FitsFile;
pub use frame::SixteenBitFrame;
pub use hdu::{Hdu, HduKind};
pub use header::Header;
pub use image::{Bitpix, ImageHdu};
pub use index::HduIndex;
pub use stamp::FileStamp;
pub use translation::Translation;

/// Bytes of a FITS block: headers and data are padded to multiples of it.
pub const BLOCK_BYTES: usize = 2880;
