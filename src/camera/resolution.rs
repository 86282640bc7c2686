//! Picture sizes, and the list every camera is offered at.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest side a picture may have, pixels.
pub const LONGEST_SIDE: u32 = 8192;

/// Width and height of a picture, pixels, both at least 1. Written `640x480`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Resolution {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// Sizes every camera is offered at, ascending by area: the union of what intercoms list and their clients ask for.
pub const STANDARD: [Resolution; 12] = [
    Resolution::new(160, 120),
    Resolution::new(176, 144),
    Resolution::new(320, 240),
    Resolution::new(352, 272),
    Resolution::new(352, 288),
    Resolution::new(480, 272),
    Resolution::new(640, 360),
    Resolution::new(640, 480),
    Resolution::new(800, 600),
    Resolution::new(1024, 600),
    Resolution::new(1280, 720),
    Resolution::new(1280, 960),
];

/// Offered as soon as one camera is that big.
pub const FULL_HD: Resolution = Resolution::new(1920, 1080);

impl Resolution {
    /// A size known to be sensible; for anything from outside use [`FromStr`].
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Number of pixels.
    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Width over height.
    pub fn aspect(self) -> f64 {
        f64::from(self.width) / f64::from(self.height)
    }

    /// The largest size of the same shape inside `bounds`, even where it can be; this size itself if it fits.
    #[must_use]
    pub fn fitted(self, bounds: Self) -> Self {
        if bounds.covers(self) {
            return self;
        }
        let factor = (f64::from(bounds.width) / f64::from(self.width))
            .min(f64::from(bounds.height) / f64::from(self.height));
        let side = |side: u32, bound: u32| {
            let even = (f64::from(side) * factor / 2.0).round() as u32 * 2;
            even.clamp(1, bound)
        };
        Self::new(side(self.width, bounds.width), side(self.height, bounds.height))
    }

    /// Whether `other` fits inside without being scaled down.
    pub fn covers(self, other: Self) -> bool {
        self.width >= other.width && self.height >= other.height
    }
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// The text is not `<width>x<height>` with sides of 1 to 8192 pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a resolution is written like 640x480, each side 1 to {LONGEST_SIDE}")]
pub struct InvalidResolution;

impl FromStr for Resolution {
    type Err = InvalidResolution;

    fn from_str(text: &str) -> Result<Self, InvalidResolution> {
        let (width, height) = text.split_once('x').ok_or(InvalidResolution)?;
        let side = |digits: &str| {
            let side: u32 = digits.parse().ok()?;
            (1..=LONGEST_SIDE).contains(&side).then_some(side)
        };
        Ok(Self::new(side(width).ok_or(InvalidResolution)?, side(height).ok_or(InvalidResolution)?))
    }
}

impl TryFrom<String> for Resolution {
    type Error = InvalidResolution;

    fn try_from(text: String) -> Result<Self, InvalidResolution> {
        text.parse()
    }
}

impl From<Resolution> for String {
    fn from(resolution: Resolution) -> Self {
        resolution.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_size_are_inverse() {
        assert_eq!("1280x960".parse(), Ok(Resolution::new(1280, 960)));
        assert_eq!(Resolution::new(1280, 960).to_string(), "1280x960");
    }

    #[test]
    fn nonsense_sizes_are_refused() {
        for text in
            ["", "640", "640x", "x480", "0x480", "640x0", "-640x480", "640x480x3", "8193x1", "640 x 480"]
        {
            assert_eq!(text.parse::<Resolution>(), Err(InvalidResolution), "{text:?}");
        }
    }

    #[test]
    fn a_size_fitted_into_another_keeps_its_shape() {
        let fitted = |w, h| Resolution::new(w, h).fitted(Resolution::new(1280, 960)).to_string();
        assert_eq!(fitted(640, 480), "640x480");
        assert_eq!(fitted(3840, 2160), "1280x720");
        assert_eq!(fitted(4000, 3000), "1280x960");
        assert_eq!(fitted(8192, 1), "1280x1");
        assert_eq!(fitted(1936, 1096), "1280x724");
    }

    #[test]
    fn the_standard_list_ascends_by_area_and_holds_vga() {
        assert!(STANDARD.is_sorted_by_key(|r| r.area()));
        assert!(STANDARD.contains(&Resolution::new(640, 480)));
    }
}
