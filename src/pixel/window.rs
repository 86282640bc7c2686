//! Boxes of pixels.

/// A box of whole pixels: 0-based, x along FITS axis 1 (columns), y along axis 2 (rows), never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PixelBox {
    /// First column.
    pub x: usize,
    /// First row.
    pub y: usize,
    /// Columns, at least 1.
    pub width: usize,
    /// Rows, at least 1.
    pub height: usize,
}

impl PixelBox {
    /// The box of a whole image of `width` x `height` pixels.
    pub fn whole(width: usize, height: usize) -> Self {
        Self { x: 0, y: 0, width, height }
    }

    /// The part of the 0-based, half-open ranges `[x0, x1) × [y0, y1)` that lies inside an image of
    /// `width` x `height` pixels; `None` when nothing is left.
    pub fn clipped(x0: i64, x1: i64, y0: i64, y1: i64, width: usize, height: usize) -> Option<Self> {
        let (x0, x1) = (x0.max(0), x1.min(width as i64));
        let (y0, y1) = (y0.max(0), y1.min(height as i64));
        (x0 < x1 && y0 < y1).then(|| Self {
            x: x0 as usize,
            y: y0 as usize,
            width: (x1 - x0) as usize,
            height: (y1 - y0) as usize,
        })
    }

    /// Whether it lies inside an image of `width` x `height` pixels.
    pub fn fits_in(&self, width: usize, height: usize) -> bool {
        let inside =
            |start: usize, length: usize, side| start.checked_add(length).is_some_and(|end| end <= side);
        inside(self.x, self.width, width) && inside(self.y, self.height, height)
    }

    /// Number of pixels.
    pub fn pixels(&self) -> usize {
        self.width * self.height
    }

    /// `x1:x2,y1:y2` in FITS pixels: 1-based, inclusive.
    pub fn to_fits_section(self) -> String {
        format!("{}:{},{}:{}", self.x + 1, self.x + self.width, self.y + 1, self.y + self.height)
    }
}
