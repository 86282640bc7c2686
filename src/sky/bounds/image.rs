//! The pixel grid of one image: what lies on it, how far from it, and where on the sky it is.

use crate::pixel::{AxisRun, PixelBox};
use crate::sky::{FitsPixel, SkyCoord, Wcs};

use super::EDGE_TOLERANCE_PX;

/// A WCS with the size of its image: x in [½, width + ½), y in [½, height + ½).
#[derive(Clone, Copy)]
pub(super) struct Image<'a> {
    pub(super) wcs: &'a Wcs,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// Bounds of a set of points on the pixel grid, in FITS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PixelExtent {
    pub(super) x: [f64; 2],
    pub(super) y: [f64; 2],
}

impl PixelExtent {
    pub(super) const EMPTY: Self =
        Self { x: [f64::INFINITY, f64::NEG_INFINITY], y: [f64::INFINITY, f64::NEG_INFINITY] };

    pub(super) fn include(&mut self, pixel: FitsPixel) {
        self.x = [self.x[0].min(pixel.x), self.x[1].max(pixel.x)];
        self.y = [self.y[0].min(pixel.y), self.y[1].max(pixel.y)];
    }

    pub(super) fn is_empty(&self) -> bool {
        self.x[0] > self.x[1]
    }

    /// Columns and rows the extent reaches into by more than the tolerance.
    pub(super) fn to_runs(self) -> Option<[AxisRun; 2]> {
        if self.is_empty() {
            return None;
        }
        let side = |[low, high]: [f64; 2]| -> Option<AxisRun> {
            if !(low.is_finite() && high.is_finite()) {
                return None;
            }
            // Beyond any image, and still an integer a double holds exactly.
            let whole = |value: f64| value.clamp(-1e15, 1e15) as i64;
            let first = whole((low + 0.5 + EDGE_TOLERANCE_PX).floor());
            let last = whole((high - 0.5 - EDGE_TOLERANCE_PX).ceil()).max(first);
            AxisRun::between(first - 1, last)
        };
        Some([side(self.x)?, side(self.y)?])
    }
}

impl Image<'_> {
    /// The part of columns and rows that lies on the image.
    pub(super) fn clip(&self, [columns, rows]: [AxisRun; 2]) -> Option<PixelBox> {
        PixelBox::of_runs(columns, rows, self.width, self.height)
    }

    pub(super) fn right(&self) -> f64 {
        self.width as f64 + 0.5
    }

    pub(super) fn top(&self) -> f64 {
        self.height as f64 + 0.5
    }

    pub(super) fn holds(&self, pixel: FitsPixel) -> bool {
        self.distance(pixel) <= 0.0
    }

    /// How far outside the image a point lies, along the axis where it is worse; negative inside.
    pub(super) fn distance(&self, pixel: FitsPixel) -> f64 {
        let x = (0.5 - pixel.x).max(pixel.x - self.right());
        let y = (0.5 - pixel.y).max(pixel.y - self.top());
        x.max(y)
    }

    pub(super) fn diagonal(&self) -> f64 {
        (self.width as f64).hypot(self.height as f64)
    }

    pub(super) fn centre(&self) -> FitsPixel {
        FitsPixel { x: f64::midpoint(0.5, self.right()), y: f64::midpoint(0.5, self.top()) }
    }

    /// Points of the outer edge, corners included, once around: `per_side` to a side.
    pub(super) fn border(&self, per_side: usize) -> impl Iterator<Item = FitsPixel> {
        let (right, top) = (self.right(), self.top());
        (0..4 * per_side).map(move |index| {
            let along = (index % per_side) as f64 / per_side as f64;
            let (x, y) = (0.5 + along * (right - 0.5), 0.5 + along * (top - 0.5));
            match index / per_side {
                0 => FitsPixel { x, y: 0.5 },
                1 => FitsPixel { x: right, y },
                2 => FitsPixel { x: right + 0.5 - x, y: top },
                _ => FitsPixel { x: 0.5, y: top + 0.5 - y },
            }
        })
    }

    /// A circle of the sky that covers the image: centre and radius in radians. `None` when part of the edge
    /// is not on the sky or the image spans more than a third of it.
    pub(super) fn covering_cap(&self) -> Option<(SkyCoord, f64)> {
        let centre = self.wcs.sky_at(self.centre())?;
        let mut radius = 0.0_f64;
        for pixel in self.border(16) {
            radius = radius.max(centre.separation_deg(self.wcs.sky_at(pixel)?));
        }
        // Between samples a bent edge may bulge a little.
        (radius < 60.0).then(|| (centre, (radius * 1.05).to_radians()))
    }
}
