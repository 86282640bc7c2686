//! From a region of the sky to the box of pixels that holds it.

mod centred;
mod extremes;
mod image;
mod intersection;
mod region;

pub use self::centred::{CutoutSize, CutoutSizeError, Extent, centred_box, centred_window};
pub use self::region::{region_box, region_window};

/// An extent that ends on a pixel's edge to within this many pixels does not pull the neighbour in, whatever
/// the rounding on the way.
pub(crate) const EDGE_TOLERANCE_PX: f64 = 1e-4;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
