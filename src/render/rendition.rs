//! What one request wants of a frame: a value, and therefore the cache key.

use crate::pixel::codec::Format;
use crate::pixel::{AutoStretch, BayerPattern};

/// A picture of a frame, fully described. Two requests with equal renditions share one computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rendition {
    /// Colour filter array to interpolate; `None` leaves the samples grey.
    pub debayer: Option<BayerPattern>,
    /// How brightness is mapped; `None` keeps the samples as they are.
    pub stretch: Option<StretchRequest>,
    /// Whether the range the samples really use is spread over all levels before anything else.
    pub is_spread: bool,
    /// Whether the frame's last row is shown first: the first row of most FITS images is the lowest.
    pub is_turned_over: bool,
    /// Columns of the result, no more than the frame has.
    pub columns: usize,
    /// Rows of the result, no more than the frame has.
    pub rows: usize,
    /// How the result is encoded.
    pub format: Format,
}

/// An automatic stretch, by the midtones transfer function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StretchRequest {
    /// The level the median is brought to, 0 to 1.
    pub target_background: Finite,
    /// Black point in units of 1.4826 MAD from the median.
    pub shadows_clipping: Finite,
    /// Whether colour channels share one curve.
    pub linkage: Linkage,
}

impl StretchRequest {
    /// The parameters as the pixel room takes them.
    pub fn parameters(&self) -> AutoStretch {
        AutoStretch {
            target_background: self.target_background.get(),
            shadows_clipping: self.shadows_clipping.get(),
        }
    }
}

/// Whether the colour channels of a debayered frame are stretched alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Linkage {
    /// One curve, from the statistics of the frame before debayering.
    Linked,
    /// A curve for each channel, from its own statistics.
    Unlinked,
}

/// A floating-point number that is neither NaN nor infinite, and so can be compared and hashed.
#[derive(Clone, Copy, Debug)]
pub struct Finite(f64);

impl Finite {
    /// The number, if it is one. Negative zero becomes zero.
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value + 0.0))
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl PartialEq for Finite {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Finite {}

impl std::hash::Hash for Finite {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_numbers_become_part_of_a_key() {
        assert!(Finite::new(f64::NAN).is_none());
        assert!(Finite::new(f64::INFINITY).is_none());
        assert_eq!(Finite::new(-0.0), Finite::new(0.0));
    }
}
