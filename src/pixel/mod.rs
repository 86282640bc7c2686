//! Pure functions on arrays of samples: no files, no HTTP, no clock.
//!
//! Two lanes. A [`Raster`] holds samples in the type the file stores, for exact work. [`Scanlines`] is a lazy
//! picture of 16-bit samples that is read band by band, so that decoding, debayering, stretching and scaling
//! a frame is one pass over memory with every core at work.

pub mod bayer;
pub mod codec;
pub mod debayer;
pub mod limits;
pub mod memory;
pub mod orient;
pub mod patchwork;
pub mod raster;
#[cfg(test)]
mod reference;
pub mod resample;
pub mod resize;
pub mod scanlines;
mod scratch;
mod sixteen_bit;
pub mod stars;
pub mod statistics;
pub mod stretch;
pub mod window;

pub use bayer::BayerPattern;
pub use codec::{Channels, EightBit, Format};
pub use debayer::Debayer;
pub use limits::Limits;
pub use memory::InMemory;
pub use orient::{FlipColumns, FlipRows, Window};
pub use patchwork::{Owned, Patchwork};
pub use raster::{Raster, SampleType};
pub use resample::{AreaAverage, Reduction};
pub use resize::{Part, Resizer};
pub use scanlines::{BandError, Scanlines, Shape};
pub use stars::{Luminance, Star, StarField};
pub use statistics::{Histogram, Statistics};
pub use stretch::{AutoStretch, BitDepth, MidtonesTransfer, Stretch, StretchTable};
pub use window::{AxisRun, PixelBox};
