//! Which pixels of one image are cut.

use std::sync::Arc;

use crate::fits::crop::Crop;
use crate::fits::error::{FitsError, Result};
use crate::fits::image::ImageHdu;
use crate::fits::index::HduIndex;
use crate::pixel::{AxisRun, PixelBox};

/// A cut through one image: a run of pixels along each of its axes.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageCut {
    /// The image.
    pub hdu: HduIndex,
    /// Columns, rows, and then as many further axes as are cut; the rest stays whole. Columns and rows may reach
    /// beyond the image: what it does not have is filled.
    pub runs: Vec<AxisRun>,
    /// Which pixels of the box keep their value, row by row of the part that lies on the image; the others are
    /// made missing.
    pub keep: Option<Arc<[bool]>>,
}

/// What a cutout takes along beside the images that are cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kept {
    /// Every table and empty HDU.
    #[default]
    Everything,
    /// Nothing.
    Images,
    /// Nothing, and of the images only their headers.
    Headers,
}

impl ImageCut {
    /// A box of every plane of an image.
    pub fn of_box(hdu: HduIndex, window: PixelBox) -> Self {
        Self { hdu, runs: window.runs().to_vec(), keep: None }
    }

    /// First column and row.
    pub(super) fn origin(&self) -> [i64; 2] {
        let crop = Crop(&self.runs);
        [crop.offset(1), crop.offset(2)]
    }

    /// Columns and rows asked for.
    pub(super) fn size(&self) -> [usize; 2] {
        [1, 2].map(|axis| Crop(&self.runs).run(axis).map_or(1, |run| run.length))
    }

    /// The part of the box that lies on the image.
    pub(super) fn window(&self, image: &ImageHdu) -> Result<PixelBox> {
        let sides = (self.runs.first(), self.runs.get(1));
        let window = match sides {
            (Some(columns), Some(rows)) => PixelBox::of_runs(*columns, *rows, image.width(), image.height()),
            _ => None,
        };
        window.ok_or(FitsError::OutsideImage(self.hdu))
    }

    /// Whether the box reaches beyond the image.
    pub(super) fn is_padded(&self, image: &ImageHdu) -> bool {
        let sides = [image.width(), image.height()];
        self.runs.iter().zip(sides).any(|(run, length)| !run.is_inside(length))
    }

    /// The numbers of the planes that are cut, ascending.
    pub(super) fn planes(&self, image: &ImageHdu) -> Result<Vec<usize>> {
        let mut planes = vec![0];
        let mut stride = 1;
        for (n, &length) in image.axes.iter().enumerate().skip(2) {
            let run = self.runs.get(n).copied().unwrap_or(AxisRun::whole(length));
            if !run.is_inside(length) {
                return Err(FitsError::OutsideImage(self.hdu));
            }
            let first = run.start as usize;
            planes = (first..first + run.length)
                .flat_map(|at| planes.iter().map(move |plane| plane + at * stride))
                .collect();
            stride *= length;
        }
        Ok(planes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fits::Bitpix;

    #[test]
    fn planes_of_a_cube_are_counted_along_its_further_axes() {
        let image =
            ImageHdu { bitpix: Bitpix::I16, axes: vec![10, 10, 4, 3], bscale: 1.0, bzero: 0.0, blank: None };
        let run = |start, length| AxisRun { start, length };
        let planes = |further: &[AxisRun]| {
            let runs = [&[run(0, 10), run(0, 10)], further].concat();
            ImageCut { hdu: HduIndex(0), runs, keep: None }.planes(&image)
        };
        assert_eq!(planes(&[]).unwrap().len(), 12);
        assert_eq!(planes(&[run(1, 2)]).unwrap(), [1, 2, 5, 6, 9, 10]);
        assert_eq!(planes(&[run(3, 1), run(2, 1)]).unwrap(), [11]);
        assert!(planes(&[run(3, 2)]).is_err() && planes(&[run(-1, 2)]).is_err());
    }
}
