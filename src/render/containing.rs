//! Whether a point lies on the pixels of an image, by the image's own WCS.

use std::error::Error as StdError;
use std::sync::Arc;

use super::{Error, OpenFile};
use crate::catalogue::ArchiveImage;
use crate::error::chain;
use crate::fits::HduIndex;
use crate::sky::SkyCoord;

/// An image that contains a point.
#[derive(Clone, Debug)]
pub struct ContainingImage {
    /// The image.
    pub image: Arc<ArchiveImage>,
    /// Its file; `None` when it cannot be opened.
    pub file: Option<Arc<OpenFile>>,
}

impl ContainingImage {
    /// The image if `point` lies on one of its pixels. When its file cannot be opened the outline of the catalogue
    /// decides, so that a damaged file is told of and no other image takes its place.
    pub(super) fn of(
        image: Arc<ArchiveImage>,
        file: Result<Arc<OpenFile>, Error>,
        point: SkyCoord,
    ) -> Option<Self> {
        let warn = |error: &dyn StdError, what: &str| {
            tracing::warn!(path = %image.frame.path.display(), error = %chain(error), "{what}");
        };
        let file = file.inspect_err(|error| warn(error, "image judged by its outline")).ok();
        let holds = match &file {
            Some(file) => is_on_pixels(file, image.frame.facts.hdu, point)
                .inspect_err(|error| warn(error, "image left out"))
                .unwrap_or(false),
            None => image.place.as_ref().is_some_and(|place| place.footprint().contains(point)),
        };
        holds.then_some(Self { image, file })
    }
}

/// Whether ½ ≤ x < NAXIS1 + ½, and likewise y.
fn is_on_pixels(file: &OpenFile, hdu: HduIndex, point: SkyCoord) -> Result<bool, Error> {
    let wcs = file.wcs(hdu)?;
    let axes = &file.fits.hdu(hdu)?.image()?.axes;
    let inside = |at: f64, axis: usize| {
        let length = axes.get(axis - 1).copied().unwrap_or(0);
        (0.5..length as f64 + 0.5).contains(&at)
    };
    let [x_axis, y_axis] = wcs.celestial_axes();
    Ok(wcs.pixel_at(point).is_some_and(|pixel| inside(pixel.x, x_axis) && inside(pixel.y, y_axis)))
}
