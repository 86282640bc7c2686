//! How a picture is made to look as somebody wants it: placed into another size, written on, replaced by a notice.
//! Pixels only; who asks and when is not known here.

pub(super) mod canvas;
pub(super) mod fit;
pub(super) mod overlay;
pub(super) mod placeholder;
pub(super) mod scale;

use super::resolution::Resolution;

/// How somebody wants to see a camera's pictures. Equal looks share one encode per picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Look {
    /// Exact size.
    pub size: Resolution,
    /// With the camera's name and the time of the picture written into it.
    pub stamped: bool,
}

impl Look {
    /// Plain, at a size that is only known once the picture is decoded.
    pub(super) const UNKNOWN: Self = Self { size: Resolution::new(0, 0), stamped: false };

    /// Plain, at this size.
    pub const fn at(size: Resolution) -> Self {
        Self { size, stamped: false }
    }
}
