//! Cutouts with pixels that are made up: beyond the edge of the image, or blanked because they are not wanted.

use super::cut::ImageCut;
use crate::fits::error::{FitsError, Result};
use crate::fits::file::FitsFile;
use crate::fits::hdu::Hdu;
use crate::fits::header::Header;
use crate::fits::image::{Bitpix, ImageHdu};
use crate::fits::samples::{physical, physical_single};
use crate::fits::section::read_stored;

/// How missing samples of a cutout are written.
#[derive(Debug)]
pub(super) struct Canvas {
    /// One missing sample; nothing when the samples that are there stay and none beyond them are needed.
    fill: Vec<u8>,
    /// The sample type when the stored one has no way to say "missing".
    promoted: Option<Bitpix>,
    is_padded: bool,
}

impl Canvas {
    /// What this cut needs; `None` when every sample is copied as it is.
    pub(super) fn needed(hdu: &Hdu, cut: &ImageCut) -> Result<Option<Self>> {
        let is_padded = cut.is_padded(hdu.image()?);
        if !is_padded && cut.keep.is_none() {
            return Ok(None);
        }
        Self::of(hdu, is_padded).map(Some)
    }

    /// For an image of which some pixels are nowhere.
    pub(super) fn for_gaps(hdu: &Hdu) -> Result<Self> {
        Self::of(hdu, true)
    }

    fn of(hdu: &Hdu, is_padded: bool) -> Result<Self> {
        let image = hdu.image()?;
        let bitpix = image.bitpix;
        let plain = |fill: Vec<u8>| Ok(Self { fill, promoted: None, is_padded });
        if bitpix.is_float() {
            return plain(nan(bitpix));
        }
        if is_mask(hdu) {
            let flag = flag_of_no_data(&hdu.header).unwrap_or(0);
            // Stored = physical - BZERO; flags are not scaled otherwise.
            return plain(integer(bitpix, flag.wrapping_sub(image.bzero as i64)));
        }
        match image.blank {
            Some(blank) => plain(integer(bitpix, blank)),
            None if !is_padded => Err(FitsError::NoBlank(hdu.index)),
            None => {
                let promoted = if bitpix.bytes() <= 2 { Bitpix::F32 } else { Bitpix::F64 };
                Ok(Self { fill: nan(promoted), promoted: Some(promoted), is_padded })
            }
        }
    }

    /// Bytes of one sample.
    pub(super) fn sample_bytes(&self) -> usize {
        self.fill.len()
    }

    /// Makes every sample missing.
    pub(super) fn fill(&self, samples: &mut [u8]) {
        samples.chunks_exact_mut(self.fill.len()).for_each(|sample| sample.copy_from_slice(&self.fill));
    }

    /// Says in the header what was done.
    pub(super) fn describe(&self, header: &mut Header) {
        if let Some(promoted) = self.promoted {
            header.set_integer("BITPIX", promoted.code(), "");
            for keyword in ["BSCALE", "BZERO", "BLANK"] {
                header.remove(keyword);
            }
            header.push_history("Integers made floating point, so that missing pixels can be told.");
        }
        if self.is_padded {
            header.push_text("CUTEDGE", "PAD", "pixels beyond the source are filled");
        }
    }

    /// The samples of these planes.
    pub(super) fn samples(
        &self,
        file: &FitsFile,
        hdu: &Hdu,
        cut: &ImageCut,
        planes: &[usize],
    ) -> Result<Vec<u8>> {
        let image = hdu.image()?;
        let window = cut.window(image)?;
        let ([columns, rows], [left, bottom]) = (cut.size(), cut.origin());
        let sample = self.fill.len();
        let mut out = self.fill.repeat(columns * rows * planes.len());
        let mut stored = vec![0; window.pixels() * image.bitpix.bytes()];
        // A mask without a flag for missing pixels is not changed where it has pixels.
        let keep = cut.keep.as_ref().filter(|_| !is_mask(hdu) || flag_of_no_data(&hdu.header).is_some());
        for (&plane, out) in planes.iter().zip(out.chunks_exact_mut(columns * rows * sample)) {
            read_stored(file, hdu, plane, window, &mut stored)?;
            let converted = self.converted(image, &stored);
            let samples = converted.as_deref().unwrap_or(&stored);
            for (row, from) in samples.chunks_exact(window.width * sample).enumerate() {
                let y = (window.y as i64 - bottom) as usize + row;
                let x = (window.x as i64 - left) as usize;
                let to = &mut out[(y * columns + x) * sample..][..window.width * sample];
                match keep {
                    None => to.copy_from_slice(from),
                    Some(keep) => {
                        let keep = &keep[row * window.width..][..window.width];
                        let pairs = to.chunks_exact_mut(sample).zip(from.chunks_exact(sample));
                        for ((to, from), _) in pairs.zip(keep).filter(|(_, keep)| **keep) {
                            to.copy_from_slice(from);
                        }
                    }
                }
            }
        }
        Ok(out)
    }

    /// Stored samples as physical values of the promoted type, big-endian; `None` when they stay as they are.
    pub(super) fn converted(&self, image: &ImageHdu, stored: &[u8]) -> Option<Vec<u8>> {
        match self.promoted? {
            Bitpix::F32 => {
                Some(physical_single(image, stored).into_iter().flat_map(f32::to_be_bytes).collect())
            }
            _ => Some(physical(image, stored).into_iter().flat_map(f64::to_be_bytes).collect()),
        }
    }
}

/// A quiet NaN of a float type.
fn nan(bitpix: Bitpix) -> Vec<u8> {
    if bitpix == Bitpix::F32 { f32::NAN.to_be_bytes().to_vec() } else { f64::NAN.to_be_bytes().to_vec() }
}

/// An integer of this many bytes.
fn integer(bitpix: Bitpix, value: i64) -> Vec<u8> {
    value.to_be_bytes()[8 - bitpix.bytes()..].to_vec()
}

/// Whether an image is the mask plane of an exposure, its bits flags.
fn is_mask(hdu: &Hdu) -> bool {
    ["EXTTYPE", "EXTNAME"]
        .iter()
        .any(|keyword| hdu.header.text(keyword).is_some_and(|kind| kind.trim().eq_ignore_ascii_case("MASK")))
}

/// The bit `MP_NO_DATA` names.
fn flag_of_no_data(header: &Header) -> Option<i64> {
    let bit = header.integer("MP_NO_DATA")?;
    u32::try_from(bit).ok().and_then(|bit| 1_i64.checked_shl(bit))
}
