//! Camera raws in: the mosaic as the sensor gave it, and what the camera says of it. Knows nothing of FITS.
//!
//! Their formats are many, secret and read by a decoder (`rawler`) that trusts its files. So it works in a process of
//! its own, `trifocal decode-raw`, with bounds on memory and time: a file that makes it loop, allocate without end or
//! crash ends that process and nothing else. The decoder is there when compiled with the feature `camera-raw`.

#[cfg(feature = "camera-raw")]
pub mod decode;
pub mod decoder;
pub mod error;
pub mod file;
pub mod picture;

pub use error::{CameraRawError, Result};
pub use file::CameraRawFile;
pub use picture::{Picture, Sample};
