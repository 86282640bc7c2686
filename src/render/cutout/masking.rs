//! Pixels of a box that are not in the region are made missing.

use std::sync::Arc;

use rayon::prelude::*;

use super::{CutoutArea, CutoutRequest};
use crate::fits::ImageCut;
use crate::pixel::PixelBox;
use crate::render::{Error, OpenFile};
use crate::sky::{FitsPixel, Region, Wcs};

/// Tests of a pixel against an edge that one request may cost: some seconds.
const MOST_TESTS: u64 = 1 << 28;

/// The cuts with their pixels outside the region left out.
pub(super) fn masked(
    request: &CutoutRequest,
    file: &OpenFile,
    mut cuts: Vec<ImageCut>,
) -> Result<Vec<ImageCut>, Error> {
    let CutoutArea::Region(region) = &request.area else { return Ok(cuts) };
    let mut known: Vec<([usize; 2], Arc<[bool]>)> = Vec::new();
    for cut in &mut cuts {
        let image = file.fits.hdu(cut.hdu)?.image()?;
        let (Some(columns), Some(rows)) = (cut.runs.first(), cut.runs.get(1)) else { continue };
        let window = PixelBox::of_runs(*columns, *rows, image.width(), image.height());
        let window = window.ok_or(Error::OutsideImage)?;
        let size = [window.width, window.height];
        cut.keep = match file.wcs(cut.hdu) {
            Ok(wcs) if wcs.is_picture() => {
                let asked = (window.pixels() as u64).saturating_mul(region.edges() as u64);
                if asked > MOST_TESTS {
                    return Err(Error::TooManyPixels {
                        asked: window.pixels() as u64,
                        allowed: MOST_TESTS / region.edges() as u64,
                    });
                }
                let keep = inside(&wcs, region, window);
                known.push((size, Arc::clone(&keep)));
                Some(keep)
            }
            // A plane without coordinates of its own follows one of the same size.
            _ => known.iter().find(|(known, _)| *known == size).map(|(_, keep)| Arc::clone(keep)),
        };
    }
    Ok(cuts)
}

/// Which pixels of the window have their centre in the region.
fn inside(wcs: &Wcs, region: &Region, window: PixelBox) -> Arc<[bool]> {
    let mut keep = vec![false; window.pixels()];
    keep.par_chunks_mut(window.width).enumerate().for_each(|(row, keep)| {
        for (column, keep) in keep.iter_mut().enumerate() {
            let centre = FitsPixel { x: (window.x + column + 1) as f64, y: (window.y + row + 1) as f64 };
            *keep = wcs.sky_at(centre).is_some_and(|position| region.contains(position));
        }
    });
    keep.into()
}
