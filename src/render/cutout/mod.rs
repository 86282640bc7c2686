//! A region of the sky, or a box of pixels around a point of it, becomes a FITS cutout.

mod boxes;
mod filters;
mod masking;
mod mosaic;
mod picture;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};

pub use self::filters::{AxisFilters, Coverage};
pub use self::mosaic::Patch;
pub use self::picture::{CutoutPicture, PictureFormat, PictureStretch};
use super::{Error, OpenFile};
use crate::fits::{Cutout, CutoutNote, FileStamp, HduKind, ImageCut, Kept};
use crate::pixel::AxisRun;
use crate::sky::{CutoutSize, Region, SkyCoord};

/// Which pixels are wanted.
#[derive(Clone, Debug)]
pub enum CutoutArea {
    /// All of every plane.
    Whole,
    /// A box with a width along axis 1 and a height along axis 2, centred on a point (ImageServ, `BRECT`).
    Centred {
        /// Where its middle is.
        centre: SkyCoord,
        /// How large it is.
        size: CutoutSize,
    },
    /// The smallest box of pixels that covers the region (SODA).
    Region(Region),
    /// These columns and rows.
    Pixels([AxisRun; 2]),
}

/// What becomes of a box that reaches beyond the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Edge {
    /// It is trimmed.
    #[default]
    Trim,
    /// What the image does not have is filled with "missing".
    Pad,
    /// It is refused.
    Strict,
}

/// How much of a multi-extension file is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Detail {
    /// Everything: images cut, tables as they are.
    #[default]
    Exposure,
    /// The first image with its planes of the same size: mask and variance.
    MaskedImage,
    /// The first image.
    Image,
}

/// A cutout of one file.
#[derive(Clone, Debug)]
pub struct CutoutRequest {
    /// Which pixels.
    pub area: CutoutArea,
    /// What becomes of a box that reaches beyond the image.
    pub edge: Edge,
    /// Whether pixels of the box whose centre is outside the region are made missing.
    pub blank_outside: bool,
    /// Which wavelengths, times and polarisations.
    pub filters: AxisFilters,
    /// What is known of the wavelengths and so on of an image that has no axis for them.
    pub coverage: Coverage,
    /// How much of the file.
    pub detail: Detail,
    /// Whether the pixels are left out.
    pub headers_only: bool,
    /// More pixels than this are refused; `None` leaves it to the limits of the service.
    pub most_pixels: Option<u64>,
    /// The region as the client wrote it, for the HISTORY card.
    pub region_text: String,
    /// Identifier of the dataset, for the `CUTID` card.
    pub publisher_did: Option<String>,
    /// When the cutout is made.
    pub made_at: DateTime<Utc>,
}

impl CutoutRequest {
    /// A trimmed cutout of everything in a file, made at `made_at`.
    pub fn new(area: CutoutArea, region_text: String, made_at: DateTime<Utc>) -> Self {
        Self {
            area,
            edge: Edge::default(),
            blank_outside: false,
            filters: AxisFilters::default(),
            coverage: Coverage::default(),
            detail: Detail::default(),
            headers_only: false,
            most_pixels: None,
            region_text,
            publisher_did: None,
            made_at,
        }
    }
}

/// A cutout whose form is decided.
#[derive(Clone, Debug)]
pub struct PlannedCutout {
    /// Its bytes, to be read in parts.
    pub cutout: Arc<Cutout>,
    /// Its bytes, already read because they are few.
    pub bytes: Option<Bytes>,
    /// What is cut of the first image it holds: columns, rows and further axes that are cut.
    pub science: Vec<AxisRun>,
    /// The version of the file it is cut from.
    pub stamp: FileStamp,
    /// A number that is the same for the same pixels of the same version of the file.
    pub digest: u64,
}

impl PlannedCutout {
    /// The pixels of the first image in FITS counting: `x1:x2,y1:y2`, further axes behind.
    pub fn bounds(&self) -> String {
        self.science.iter().map(|run| run.to_fits_range()).collect::<Vec<_>>().join(",")
    }
}

/// Cutouts up to this size are read at once.
const READ_AT_ONCE_BYTES: u64 = 4 << 20;
/// Cutouts up to this size are made where the request is answered, if memory holds them.
const PLANNED_AT_ONCE_BYTES: u64 = 256 << 10;

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
        let mut planned = self.outline(file, &self.cuts(file)?)?;
        if planned.cutout.content_length() <= READ_AT_ONCE_BYTES {
            planned.bytes = Some(planned.cutout.to_bytes()?);
        }
        Ok(planned)
    }

    /// As [`Self::plan`], if that is a matter of microseconds: few uncompressed pixels of a simple region that lie
    /// in memory and are answered as they are. `None` when it is not.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub fn plan_at_once(&self, file: &OpenFile) -> Result<Option<PlannedCutout>, Error> {
        let is_simple = match &self.area {
            CutoutArea::Centred { .. } | CutoutArea::Region(Region::Circle(_)) | CutoutArea::Pixels(_) => {
                true
            }
            CutoutArea::Region(_) | CutoutArea::Whole => false,
        };
        if !is_simple || self.blank_outside || self.edge != Edge::Trim {
            return Ok(None);
        }
        let cuts = self.cuts(file)?;
        if !cuts.iter().all(|cut| is_small_and_plain(file, cut)) {
            return Ok(None);
        }
        let mut planned = self.outline(file, &cuts)?;
        if planned.cutout.content_length() <= PLANNED_AT_ONCE_BYTES {
            planned.bytes = planned.cutout.to_resident_bytes()?;
        }
        Ok(planned.bytes.is_some().then_some(planned))
    }

    /// The cutout with nothing read.
    fn outline(&self, file: &OpenFile, cuts: &[ImageCut]) -> Result<PlannedCutout, Error> {
        let science = cuts.first().ok_or(Error::OutsideImage)?.runs.clone();
        let note = CutoutNote {
            region: self.region_text.clone(),
            publisher_did: self.publisher_did.clone(),
            made_at: self.made_at,
        };
        let kept = match self.detail {
            _ if self.headers_only => Kept::Headers,
            Detail::Exposure => Kept::Everything,
            Detail::MaskedImage | Detail::Image => Kept::Images,
        };
        let cutout = Cutout::plan(Arc::clone(&file.fits), cuts, kept, &note)?;
        let stamp = file.fits.stamp();
        let mut hasher = DefaultHasher::new();
        (stamp, &science, cutout.content_length(), self.blank_outside.then_some(&self.region_text))
            .hash(&mut hasher);
        let digest = hasher.finish();
        Ok(PlannedCutout { cutout: Arc::new(cutout), bytes: None, science, stamp, digest })
    }

    /// What is cut of each image, the first image first.
    fn cuts(&self, file: &OpenFile) -> Result<Vec<ImageCut>, Error> {
        let cuts = boxes::cuts(self, file)?;
        self.check_size(file, &cuts)?;
        if self.blank_outside { masking::masked(self, file, cuts) } else { Ok(cuts) }
    }

    fn check_size(&self, file: &OpenFile, cuts: &[ImageCut]) -> Result<(), Error> {
        let Some(allowed) = self.most_pixels else { return Ok(()) };
        let mut asked = 0_u64;
        for cut in cuts {
            let image = file.fits.hdu(cut.hdu)?.image()?;
            let further = image.axes.iter().enumerate().skip(cut.runs.len()).map(|(_, length)| *length);
            let sides = cut.runs.iter().map(|run| run.length).chain(further);
            asked = asked.saturating_add(sides.fold(1, |product, side| product.saturating_mul(side as u64)));
        }
        if asked > allowed { Err(Error::TooManyPixels { asked, allowed }) } else { Ok(()) }
    }
}

fn is_small_and_plain(file: &OpenFile, cut: &ImageCut) -> bool {
    let pixels = cut.runs.iter().fold(1_u64, |product, run| product.saturating_mul(run.length as u64));
    let is_plain = file.fits.hdu(cut.hdu).is_ok_and(|hdu| hdu.kind == HduKind::Image);
    is_plain && pixels <= PLANNED_AT_ONCE_BYTES
}

#[cfg(test)]
mod tests;
