//! TIFF files in: 8 to 64 bits, grey, colour or palette, in strips or tiles, and the EXIF tags beside the picture. The
//! only room that calls the TIFF library. Knows nothing of FITS.

pub mod error;
pub mod exif;
pub mod file;

pub use error::{Result, TiffFileError};
pub use exif::Exif;
pub use file::TiffFile;

/// What TIFF files begin with, those with offsets of 64 bits included. Many camera raws begin so, too.
pub const SIGNATURES: [&[u8]; 4] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];
