//! Mirrored pictures, and parts of pictures.

use std::ops::Range;
use std::sync::Arc;

use super::PixelBox;
use super::scanlines::{BandError, Scanlines, Shape};
use super::scratch::Scratch;

/// A picture with its last row first: FITS bottom-up becomes screen top-down.
pub struct FlipRows(Arc<dyn Scanlines>);

impl FlipRows {
    /// `source` upside down.
    pub fn new(source: Arc<dyn Scanlines>) -> Self {
        Self(source)
    }
}

impl Scanlines for FlipRows {
    fn shape(&self) -> Shape {
        self.0.shape()
    }

    fn read(&self, rows: Range<usize>, band: &mut [u16]) -> Result<(), BandError> {
        let shape = self.shape();
        let (count, length) = (rows.len(), shape.row_samples());
        self.0.read(shape.rows - rows.end..shape.rows - rows.start, band)?;
        let (top, bottom) = band.split_at_mut(count / 2 * length);
        if length > 0 {
            let bottom = bottom.chunks_exact_mut(length).rev();
            top.chunks_exact_mut(length).zip(bottom).for_each(|(upper, lower)| upper.swap_with_slice(lower));
        }
        Ok(())
    }
}

/// A picture with its last column first.
pub struct FlipColumns(Arc<dyn Scanlines>);

impl FlipColumns {
    /// `source` seen in a mirror.
    pub fn new(source: Arc<dyn Scanlines>) -> Self {
        Self(source)
    }
}

impl Scanlines for FlipColumns {
    fn shape(&self) -> Shape {
        self.0.shape()
    }

    fn read(&self, rows: Range<usize>, band: &mut [u16]) -> Result<(), BandError> {
        self.0.read(rows, band)?;
        band.chunks_exact_mut(self.shape().columns.max(1)).for_each(<[u16]>::reverse);
        Ok(())
    }
}

/// Part of a picture. On a mosaic the Bayer pattern moves with the corner: see
/// [`BayerPattern::shifted`](super::BayerPattern::shifted).
pub struct Window {
    source: Arc<dyn Scanlines>,
    part: PixelBox,
    lines: Scratch<Vec<u16>>,
}

impl Window {
    /// The pixels of `source` in `part`; `None` when it sticks out.
    pub fn new(source: Arc<dyn Scanlines>, part: PixelBox) -> Option<Self> {
        let shape = source.shape();
        part.fits_in(shape.columns, shape.rows).then(|| Self { source, part, lines: Scratch::default() })
    }
}

impl Scanlines for Window {
    fn shape(&self) -> Shape {
        Shape { planes: self.source.shape().planes, rows: self.part.height, columns: self.part.width }
    }

    fn read(&self, rows: Range<usize>, band: &mut [u16]) -> Result<(), BandError> {
        let from = self.source.shape();
        let PixelBox { x, y, width, .. } = self.part;
        let mut lines = self.lines.lend_band(from.band_rows() * from.row_samples());
        let bunches = band.chunks_mut(from.band_rows() * self.shape().row_samples());
        for (first, bunch) in rows.step_by(from.band_rows()).zip(bunches) {
            let count = bunch.len() / self.shape().row_samples();
            let lines = &mut lines[..count * from.row_samples()];
            self.source.read(y + first..y + first + count, lines)?;
            for (line, part) in lines.chunks_exact(from.columns).zip(bunch.chunks_exact_mut(width)) {
                part.copy_from_slice(&line[x..x + width]);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::InMemory;
    use proptest::prelude::*;

    fn picture(planes: usize, rows: usize, columns: usize, seed: u16) -> Arc<dyn Scanlines> {
        let shape = Shape { planes, rows, columns };
        let samples =
            (0..shape.samples()).map(|i| (i as u16).wrapping_mul(40_503).wrapping_add(seed)).collect();
        Arc::new(InMemory::from_band(shape, samples).unwrap())
    }

    fn all(picture: &dyn Scanlines) -> InMemory {
        InMemory::gather(picture).unwrap()
    }

    #[test]
    fn the_last_row_comes_first_in_every_plane() {
        let source = picture(3, 5, 4, 7);
        let (flipped, original) = (all(&FlipRows::new(Arc::clone(&source))), all(&source));
        for (plane, row) in [(0, 0), (1, 2), (2, 4)] {
            assert_eq!(flipped.row(plane, row), original.row(plane, 4 - row));
        }
    }

    #[test]
    fn a_band_of_flipped_rows_is_the_same_as_those_rows_of_the_whole() {
        let flipped = FlipRows::new(picture(1, 9, 3, 1));
        let mut band = vec![0; 4 * 3];
        flipped.read(2..6, &mut band).unwrap();
        assert_eq!(band, all(&flipped).samples()[2 * 3..6 * 3]);
    }

    #[test]
    fn a_window_that_sticks_out_does_not_exist() {
        let part = PixelBox { x: 2, y: 0, width: 3, height: 1 };
        assert!(Window::new(picture(1, 3, 4, 0), part).is_none());
        assert!(Window::new(picture(1, 3, 4, 0), PixelBox { x: usize::MAX, ..part }).is_none());
    }

    proptest! {
        #[test]
        fn flipping_twice_changes_nothing(planes in 1usize..4, rows in 1usize..40, columns in 1usize..40, seed: u16) {
            let source = picture(planes, rows, columns, seed);
            let rows_twice = FlipRows::new(Arc::new(FlipRows::new(Arc::clone(&source))));
            prop_assert_eq!(all(&rows_twice), all(&source));
            let columns_twice = FlipColumns::new(Arc::new(FlipColumns::new(Arc::clone(&source))));
            prop_assert_eq!(all(&columns_twice), all(&source));
        }

        #[test]
        fn a_window_of_a_window_is_a_window(
            (x, y, width, height) in (0usize..20, 0usize..20, 1usize..20, 1usize..20),
            (dx, dy) in (0usize..19, 0usize..19),
        ) {
            let source = picture(3, 40, 40, 3);
            let outer = PixelBox { x, y, width, height };
            let inner = PixelBox { x: dx % width, y: dy % height, width: width - dx % width, height: height - dy % height };
            let nested = Window::new(Arc::new(Window::new(Arc::clone(&source), outer).unwrap()), inner).unwrap();
            let direct = Window::new(source, PixelBox { x: x + inner.x, y: y + inner.y, ..inner }).unwrap();
            prop_assert_eq!(all(&nested), all(&direct));
        }
    }
}
