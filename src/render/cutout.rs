//! A region of the sky, or a box of pixels around a point of it, becomes a FITS cutout.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::{Error, OpenFile};
use crate::fits::{Cutout, CutoutNote, FileStamp, Hdu, HduIndex, HduKind};
use crate::pixel::PixelBox;
use crate::sky::{CutoutSize, Region, SkyCoord, Wcs, centred_box, region_box};

/// Which pixels are wanted.
#[derive(Clone, Debug)]
pub enum CutoutArea {
    /// A box with a width along axis 1 and a height along axis 2, centred on a point (ImageServ, `BRECT`).
    Centred {
        /// Where its middle is.
        centre: SkyCoord,
        /// How large it is.
        size: CutoutSize,
    },
    /// The smallest box of pixels that covers the region (SODA).
    Region(Region),
}

impl CutoutArea {
    fn pixels(&self, wcs: &Wcs, width: usize, height: usize) -> Option<PixelBox> {
        match self {
            Self::Centred { centre, size } => centred_box(wcs, *centre, *size, width, height),
            Self::Region(region) => region_box(wcs, region, width, height),
        }
    }
}

/// A cutout of one file.
#[derive(Clone, Debug)]
pub struct CutoutRequest {
    /// Which pixels.
    pub area: CutoutArea,
    /// The region as the client wrote it, for the HISTORY card.
    pub region_text: String,
    /// Identifier of the dataset, for the `CUTID` card.
    pub publisher_did: Option<String>,
    /// When the cutout is made.
    pub made_at: DateTime<Utc>,
}

/// A cutout whose form is decided.
#[derive(Clone, Debug)]
pub struct PlannedCutout {
    /// Its bytes, to be read in parts.
    pub cutout: Arc<Cutout>,
    /// Its bytes, already read because they are few.
    pub bytes: Option<Bytes>,
    /// The pixels of the first image it holds.
    pub science_box: PixelBox,
    /// The version of the file it is cut from.
    pub stamp: FileStamp,
}

/// Cutouts up to this size are read at once.
const READ_AT_ONCE_BYTES: u64 = 4 << 20;
/// Cutouts up to this size are made where the request is answered, if memory holds them.
const PLANNED_AT_ONCE_BYTES: u64 = 256 << 10;
const PLANNED_AT_ONCE_PIXELS: usize = 1 << 17;

impl CutoutRequest {
    /// Decides the pixels of every image of `file` and reads them if they are few.
    ///
    /// Every image HDU with a celestial WCS is cut by its own; planes without one but as large as the first
    /// image that has one (masks, variances) take its box; images the region does not touch are left out.
    ///
    /// # Errors
    /// [`Error::OutsideImage`] when no image is touched, the WCS's own error when the first image has none that
    /// can be used, and those of [`Cutout::plan`].
    pub fn plan(&self, file: &OpenFile) -> Result<PlannedCutout, Error> {
        let mut planned = self.outline(file, &self.boxes(file)?)?;
        if planned.cutout.content_length() <= READ_AT_ONCE_BYTES {
            planned.bytes = Some(planned.cutout.to_bytes()?);
        }
        Ok(planned)
    }

    /// As [`Self::plan`], if that is a matter of microseconds: few uncompressed pixels that lie in memory. `None`
    /// when it is not.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub fn plan_at_once(&self, file: &OpenFile) -> Result<Option<PlannedCutout>, Error> {
        let boxes = self.boxes(file)?;
        let is_plain = |(index, cut): &(HduIndex, PixelBox)| {
            cut.pixels() <= PLANNED_AT_ONCE_PIXELS
                && file.fits.hdu(*index).is_ok_and(|hdu| hdu.kind == HduKind::Image)
        };
        if !boxes.iter().all(is_plain) {
            return Ok(None);
        }
        let mut planned = self.outline(file, &boxes)?;
        if planned.cutout.content_length() <= PLANNED_AT_ONCE_BYTES {
            planned.bytes = planned.cutout.to_resident_bytes()?;
        }
        Ok(planned.bytes.is_some().then_some(planned))
    }

    /// The cutout with no byte read.
    fn outline(&self, file: &OpenFile, boxes: &[(HduIndex, PixelBox)]) -> Result<PlannedCutout, Error> {
        let (_, science_box) = *boxes.first().ok_or(Error::OutsideImage)?;
        let note = CutoutNote {
            region: self.region_text.clone(),
            publisher_did: self.publisher_did.clone(),
            made_at: self.made_at,
        };
        let cutout = Arc::new(Cutout::plan(Arc::clone(&file.fits), boxes, &note)?);
        Ok(PlannedCutout { cutout, bytes: None, science_box, stamp: file.fits.stamp() })
    }

    fn boxes(&self, file: &OpenFile) -> Result<Vec<(HduIndex, PixelBox)>, Error> {
        let images = || file.fits.hdus().iter().filter_map(|hdu| Some((hdu.index, plane_size(hdu)?)));
        let mut boxes = Vec::new();
        let mut science: Option<((usize, usize), Option<PixelBox>)> = None;
        let mut refusal = None;
        for (index, (width, height)) in images() {
            match (file.wcs(index), science) {
                (Ok(wcs), _) => {
                    let cut = self.area.pixels(&wcs, width, height);
                    science.get_or_insert(((width, height), cut));
                    boxes.extend(cut.map(|cut| (index, cut)));
                }
                (Err(_), Some((size, cut))) if size == (width, height) => {
                    boxes.extend(cut.map(|cut| (index, cut)));
                }
                (Err(error), None) => refusal = refusal.or(Some(error)),
                (Err(_), Some(_)) => {}
            }
        }
        match (science, refusal) {
            (Some(_), _) => Ok(boxes),
            (None, Some(error)) => Err(error.into()),
            (None, None) => Err(Error::NoImage),
        }
    }
}

/// Columns and rows of an HDU's image planes.
fn plane_size(hdu: &Hdu) -> Option<(usize, usize)> {
    let axes = &hdu.image.as_ref()?.axes;
    Some((*axes.first()?, *axes.get(1)?))
}
