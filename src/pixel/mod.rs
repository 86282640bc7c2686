//! Pure functions on arrays of samples: no files, no HTTP, no clock.
//!
//! Two lanes. A [`Raster`] holds samples in the type the file stores, for exact work. [`Scanlines`] is a lazy
//! picture of 16-bit samples that is read band by band, so that decoding, debayering, stretching and scaling
//! a frame is one pass over memory with every core at work.

pub mod codec;
pub mod limits;
pub mod memory;
pub mod raster;
pub mod scanlines;
pub mod window;

pub use codec::{Channels, EightBit, Format};
pub use limits::Limits;
pub use memory::InMemory;
pub use raster::{Raster, SampleType};
pub use scanlines::{BandError, Scanlines, Shape};
pub use window::PixelBox;
