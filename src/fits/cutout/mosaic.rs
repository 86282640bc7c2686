//! The pixels of one image of several files that lie on one grid: nothing is resampled, every pixel is copied from the
//! file that owns it.

use std::sync::Arc;

use super::canvas::Canvas;
use crate::fits::error::{FitsError, Result};
use crate::fits::file::FitsFile;
use crate::fits::hdu::{Hdu, HduKind};
use crate::fits::image::ImageHdu;
use crate::fits::index::HduIndex;
use crate::fits::section::{check, read_stored};
use crate::pixel::{AxisRun, Patchwork, PixelBox};

/// What must be equal in files whose pixels come to stand side by side: the unit, and its zero point.
const CALIBRATION: [&str; 2] = ["BUNIT", "FLUXMAG0"];
/// Begin the keywords that number the planes of a mask (LSST).
const MASK_PLANE: &str = "MP_";

/// A file of a mosaic.
#[derive(Clone, Debug)]
pub struct MosaicPatch {
    /// The file.
    pub file: Arc<FitsFile>,
    /// What to add to a pixel of this file to get the pixel of the first file at the same place.
    pub shift: [i64; 2],
    /// What the header of the mosaic calls it.
    pub name: String,
}

impl MosaicPatch {
    /// Columns and rows of an image of this file, in pixels of the first file.
    pub fn place(&self, image: &ImageHdu) -> [AxisRun; 2] {
        [(0, image.width()), (1, image.height())].map(|(n, length)| AxisRun { start: self.shift[n], length })
    }
}

/// One image of a mosaic: the planes of this number of all files.
#[derive(Debug)]
pub(super) struct Mosaic {
    patches: Arc<[MosaicPatch]>,
    work: Arc<Patchwork>,
    hdu: HduIndex,
    /// Columns and rows, in pixels of the first file.
    window: [AxisRun; 2],
    /// What stands where no file has a pixel.
    pub(super) canvas: Option<Canvas>,
    pub(super) sample_bytes: usize,
}

impl Mosaic {
    /// The images of all files that stand where `hdu` stands in the first.
    pub(super) fn of(
        hdu: &Hdu,
        patches: &Arc<[MosaicPatch]>,
        work: &Arc<Patchwork>,
        window: [AxisRun; 2],
    ) -> Result<Self> {
        for (patch, place) in patches.iter().zip(work.patches()) {
            let other = patch.file.hdu(hdu.index)?;
            require_alike(hdu, other)?;
            let primaries = (patches[0].file.hdus().first(), patch.file.hdus().first());
            if let (Some(a), Some(b)) = primaries {
                require_same_calibration(a, b)?;
            }
            let image = other.image()?;
            if patch.place(image) != *place {
                return Err(FitsError::Unsupported(
                    "a mosaic of images whose planes differ in size".to_owned(),
                ));
            }
            check(&patch.file, other, 0, PixelBox::whole(image.width(), image.height()))?;
        }
        let canvas = if work.covers(window) { None } else { Some(Canvas::for_gaps(hdu)?) };
        let sample_bytes = canvas.as_ref().map_or(hdu.image()?.bitpix.bytes(), Canvas::sample_bytes);
        Ok(Self {
            patches: Arc::clone(patches),
            work: Arc::clone(work),
            hdu: hdu.index,
            window,
            canvas,
            sample_bytes,
        })
    }

    /// Whether any of its pixels have to be decoded.
    pub(super) fn is_compressed(&self) -> bool {
        let is_compressed = |hdu: &Hdu| hdu.kind == HduKind::CompressedImage;
        self.patches.iter().any(|patch| patch.file.hdu(self.hdu).is_ok_and(is_compressed))
    }

    /// Fills `buffer` with the samples, row by row, from `skipped` bytes on.
    pub(super) fn read(&self, skipped: usize, buffer: &mut [u8]) -> Result<()> {
        let row_bytes = self.window[0].length * self.sample_bytes;
        let first = skipped / row_bytes;
        let end = (skipped + buffer.len()).div_ceil(row_bytes);
        let mut strip = vec![0; (end - first) * row_bytes];
        let rows = AxisRun { start: self.window[1].start + first as i64, length: end - first };
        self.paint(rows, &mut strip)?;
        let from = skipped - first * row_bytes;
        buffer.copy_from_slice(&strip[from..from + buffer.len()]);
        Ok(())
    }

    /// Fills `strip` with whole rows of the window.
    fn paint(&self, rows: AxisRun, strip: &mut [u8]) -> Result<()> {
        let [columns, _] = self.window;
        let sample = self.sample_bytes;
        if let Some(canvas) = &self.canvas {
            canvas.fill(strip);
        }
        let owned: Vec<_> = (rows.start..rows.end()).map(|y| self.work.row(y, columns)).collect();
        for (number, (patch, place)) in self.patches.iter().zip(self.work.patches()).enumerate() {
            let (Some(across), Some(along)) = (place[0].common(columns), place[1].common(rows)) else {
                continue;
            };
            if !owned.iter().flatten().any(|run| run.patch == number) {
                continue;
            }
            let hdu = patch.file.hdu(self.hdu)?;
            let image = hdu.image()?;
            let part = PixelBox {
                x: (across.start - place[0].start) as usize,
                y: (along.start - place[1].start) as usize,
                width: across.length,
                height: along.length,
            };
            let mut stored = vec![0; part.pixels() * image.bitpix.bytes()];
            read_stored(&patch.file, hdu, 0, part, &mut stored)?;
            let converted = self.canvas.as_ref().and_then(|canvas| canvas.converted(image, &stored));
            let samples = converted.unwrap_or(stored);
            for (y, from) in (along.start..).zip(samples.chunks_exact(across.length * sample)) {
                let row = (y - rows.start) as usize;
                for run in owned[row].iter().filter(|run| run.patch == number) {
                    let source = (run.columns.start - across.start) as usize * sample;
                    let target =
                        (row * columns.length + (run.columns.start - columns.start) as usize) * sample;
                    let length = run.columns.length * sample;
                    strip[target..target + length].copy_from_slice(&from[source..source + length]);
                }
            }
        }
        Ok(())
    }
}

/// Fails unless two images store the same quantity in the same way.
fn require_alike(one: &Hdu, other: &Hdu) -> Result<()> {
    let (a, b) = (one.image()?, other.image()?);
    let is_stored_alike = a.bitpix == b.bitpix
        && a.bscale.to_bits() == b.bscale.to_bits()
        && a.bzero.to_bits() == b.bzero.to_bits()
        && a.blank == b.blank;
    let same_name =
        ["EXTNAME", "EXTTYPE"].into_iter().all(|name| one.header.text(name) == other.header.text(name));
    if a.axes.len() != 2 || b.axes.len() != 2 || !is_stored_alike || !same_name {
        return Err(FitsError::Unsupported("a mosaic of images that are stored differently".to_owned()));
    }
    let numbers = |hdu: &Hdu| {
        let planes =
            hdu.header.cards().map(|card| card.keyword()).filter(|name| name.starts_with(MASK_PLANE));
        let mut planes: Vec<_> = planes.map(|name| (hdu.header.integer(&name), name)).collect();
        planes.sort_unstable();
        planes
    };
    if numbers(one) != numbers(other) {
        return Err(FitsError::Unsupported(
            "a mosaic of masks whose planes are numbered differently".to_owned(),
        ));
    }
    require_same_calibration(one, other)
}

fn require_same_calibration(one: &Hdu, other: &Hdu) -> Result<()> {
    match CALIBRATION.into_iter().find(|name| one.header.value(name) != other.header.value(name)) {
        Some(name) => Err(FitsError::Unsupported(format!("a mosaic of images that differ in {name}"))),
        None => Ok(()),
    }
}
