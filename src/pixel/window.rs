//! Boxes of pixels, and runs of pixels along one axis.

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

/// A run of pixels along one axis, never empty. It may begin before the first pixel of an image and end behind
/// its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AxisRun {
    /// First pixel, 0-based.
    pub start: i64,
    /// Number of pixels, at least 1.
    pub length: usize,
}

impl AxisRun {
    /// All pixels of an axis.
    pub fn whole(length: usize) -> Self {
        Self { start: 0, length }
    }

    /// The run `[first, end)`, 0-based; `None` when it is empty or longer than any axis.
    pub fn between(first: i64, end: i64) -> Option<Self> {
        let length = usize::try_from(end.checked_sub(first)?).ok().filter(|length| *length > 0)?;
        Some(Self { start: first, length })
    }

    /// The pixel behind the last.
    pub fn end(self) -> i64 {
        self.start.saturating_add_unsigned(self.length as u64)
    }

    /// The part on an axis of `length` pixels; `None` when nothing is.
    pub fn clipped(self, length: usize) -> Option<Self> {
        self.common(Self::whole(length))
    }

    /// What two runs have in common; `None` when nothing.
    pub fn common(self, other: Self) -> Option<Self> {
        Self::between(self.start.max(other.start), self.end().min(other.end()))
    }

    /// Whether all of it is on an axis of `length` pixels.
    pub fn is_inside(self, length: usize) -> bool {
        self.clipped(length) == Some(self)
    }

    /// `first:last` in FITS pixels: 1-based, inclusive.
    pub fn to_fits_range(self) -> String {
        format!("{}:{}", self.start + 1, self.end())
    }
}

impl PixelBox {
    /// Its columns and its rows.
    pub fn runs(self) -> [AxisRun; 2] {
        [(self.x, self.width), (self.y, self.height)]
            .map(|(start, length)| AxisRun { start: i64::try_from(start).unwrap_or(i64::MAX), length })
    }

    /// The box of the parts of two runs that lie on an image of `width` x `height` pixels.
    pub fn of_runs(columns: AxisRun, rows: AxisRun, width: usize, height: usize) -> Option<Self> {
        Self::clipped(columns.start, columns.end(), rows.start, rows.end(), width, height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_clipped_to_their_axis() {
        let run = |first, end| AxisRun::between(first, end);
        assert_eq!(run(-3, 5).unwrap().clipped(4), run(0, 4));
        assert_eq!(run(4, 5).unwrap().clipped(4), None);
        assert_eq!(run(2, 2), None);
        assert_eq!(run(i64::MIN, i64::MAX), None);
        assert!(run(1, 4).unwrap().is_inside(4) && !run(1, 5).unwrap().is_inside(4));
        assert_eq!(run(-3, 5).unwrap().to_fits_range(), "-2:5");
    }
}
