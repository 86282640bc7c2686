//! A cutout across the borders of images that lie on one pixel grid, such as the patches of a sky map.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::{CutoutArea, CutoutRequest, Detail, Edge, PlannedCutout, READ_AT_ONCE_BYTES};
use crate::fits::{Cutout, CutoutNote, HduIndex, ImageHdu, MosaicPatch};
use crate::pixel::{AxisRun, Patchwork};
use crate::render::{Error, OpenFile};
use crate::sky::{Wcs, centred_window};

/// An image that may have a part in a mosaic.
#[derive(Clone, Debug)]
pub struct Patch {
    /// Its file.
    pub file: Arc<OpenFile>,
    /// What the header of the mosaic calls it.
    pub name: String,
}

impl CutoutRequest {
    /// As [`Self::plan`] of the first patch, with what the others have where it has no pixels. Every pixel is copied
    /// from the patch whose centre is nearest; none is resampled.
    ///
    /// # Errors
    /// [`Error::NotABox`] for any other area, [`Error::DifferentGrids`] when a patch is not on the grid of the first,
    /// [`Error::OutsideImage`] when no patch has a pixel of the box, and those of [`Cutout::mosaic`] and
    /// [`Cutout::verify`].
    pub fn plan_mosaic(&self, patches: &[Patch]) -> Result<PlannedCutout, Error> {
        let CutoutArea::Centred { centre, size } = &self.area else { return Err(Error::NotABox) };
        let first = patches.first().ok_or(Error::NoImage)?;
        let (science, grid) = science_of(&first.file)?;
        let window = centred_window(&grid, *centre, *size).ok_or(Error::OutsideImage)?;
        let mut placed = Vec::new();
        for patch in patches {
            let wcs = patch.file.wcs(science)?;
            let shift = wcs.shift_onto(&grid).ok_or(Error::DifferentGrids)?;
            let fits = Arc::clone(&patch.file.fits);
            let placed_patch = MosaicPatch { file: fits, shift, name: patch.name.clone() };
            let place = placed_patch.place(patch.file.fits.hdu(science)?.image()?);
            placed.push((placed_patch, place));
        }
        let work = Patchwork::new(placed.iter().map(|(_, place)| *place).collect());
        let covered = work.covered(window).ok_or(Error::OutsideImage)?;
        let window = match self.edge {
            Edge::Strict if !work.covers(window) => return Err(Error::BeyondTheEdge),
            Edge::Trim => covered,
            Edge::Strict | Edge::Pad => window,
        };
        // The first gives the header, whether or not it has pixels here.
        let is_seen = |place: &[AxisRun; 2]| Patchwork::new(vec![*place]).covered(window).is_some();
        let mut number = 0..;
        placed.retain(|(_, place)| number.next() == Some(0) || is_seen(place));
        let stamps: Vec<_> = placed.iter().map(|(patch, _)| patch.file.stamp()).collect();
        let patches = placed.into_iter().map(|(patch, _)| patch).collect();
        let note = CutoutNote {
            region: self.region_text.clone(),
            publisher_did: self.publisher_did.clone(),
            made_at: self.made_at,
        };
        let cutout = Cutout::mosaic(patches, &self.planes(&first.file, science)?, window, &note)?;
        let bytes = if cutout.content_length() <= READ_AT_ONCE_BYTES {
            Some(cutout.to_bytes()?)
        } else {
            cutout.verify()?;
            None
        };
        let mut hasher = DefaultHasher::new();
        (&stamps, &window, cutout.content_length()).hash(&mut hasher);
        let stamp = stamps.into_iter().max_by_key(|stamp| stamp.modified()).ok_or(Error::NoImage)?;
        Ok(PlannedCutout {
            cutout: Arc::new(cutout),
            bytes,
            science: window.to_vec(),
            stamp,
            digest: hasher.finish(),
        })
    }

    /// The images of a file that are stitched: the first with a WCS, and its planes of the same size.
    fn planes(&self, file: &OpenFile, science: HduIndex) -> Result<Vec<HduIndex>, Error> {
        let size = file.fits.hdu(science)?.image()?.axes.clone();
        let is_plane = |image: &ImageHdu| image.axes == size;
        let images = file.fits.hdus().iter().filter(|hdu| hdu.image.as_ref().is_some_and(is_plane));
        let others =
            images.map(|hdu| hdu.index).filter(|index| *index != science && self.detail != Detail::Image);
        Ok(std::iter::once(science).chain(others).collect())
    }
}

/// The first image with a place on the sky, and its pixel grid.
fn science_of(file: &OpenFile) -> Result<(HduIndex, Arc<Wcs>), Error> {
    let mut refusal = None;
    for hdu in file.fits.hdus().iter().filter(|hdu| hdu.image.is_some()) {
        match file.wcs(hdu.index) {
            Ok(wcs) if wcs.is_picture() => return Ok((hdu.index, wcs)),
            Ok(_) => {}
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    Err(refusal.map_or(Error::NoImage, Error::from))
}
