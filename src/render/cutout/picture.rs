//! A cutout to look at: one plane, stretched between two percentiles, the first row at the bottom.

use bytes::Bytes;

use super::CutoutRequest;
use crate::fits::section;
use crate::pixel::codec::{Channels, EightBit, jpeg_encode, png_encode};
use crate::pixel::{AxisRun, PixelBox};
use crate::render::{Error, Finite, OpenFile};

/// Pixels a picture may have.
const MOST_PIXELS: u64 = 1 << 24;
/// Quality of JPEG pictures.
const JPEG_QUALITY: u8 = 90;

/// How brightness grows between black and white.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "functions have names")]
pub enum PictureStretch {
    #[default]
    Linear,
    Sqrt,
    Log,
    Asinh,
}

impl PictureStretch {
    /// Brightness of a sample, both from 0 to 1.
    fn apply(self, x: f64) -> f64 {
        match self {
            Self::Linear => x,
            Self::Sqrt => x.sqrt(),
            // The curves of SAOImage DS9 and astropy's visualization, with their usual parameters.
            Self::Log => (1000.0 * x).ln_1p() / 1000.0_f64.ln_1p(),
            Self::Asinh => (10.0 * x).asinh() / 10.0_f64.asinh(),
        }
    }
}

/// How a picture travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureFormat {
    /// Portable Network Graphics, 8 bits.
    Png,
    /// Baseline JPEG.
    Jpeg,
}

/// What a picture of a cutout looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CutoutPicture {
    /// How it travels.
    pub format: PictureFormat,
    /// How brightness grows.
    pub stretch: PictureStretch,
    /// The percentiles (0 to 100) of the samples that become black and white.
    pub cut_percent: [Finite; 2],
}

impl CutoutPicture {
    /// The first plane of the first image of a cutout, and the pixels it shows.
    ///
    /// # Errors
    /// Those of [`CutoutRequest::plan`]; [`Error::TooManyPixels`].
    pub fn render(&self, request: &CutoutRequest, file: &OpenFile) -> Result<(Bytes, Vec<AxisRun>), Error> {
        let cut = request.cuts(file)?.into_iter().next().ok_or(Error::OutsideImage)?;
        let image = file.fits.hdu(cut.hdu)?.image()?;
        let (Some(columns), Some(rows)) = (cut.runs.first(), cut.runs.get(1)) else {
            return Err(Error::OutsideImage);
        };
        let window = PixelBox::of_runs(*columns, *rows, image.width(), image.height());
        let window = window.ok_or(Error::OutsideImage)?;
        let asked = window.pixels() as u64;
        if asked > MOST_PIXELS {
            return Err(Error::TooManyPixels { asked, allowed: MOST_PIXELS });
        }
        let mut stride = 1;
        let mut plane = 0;
        for (axis, &length) in image.axes.iter().enumerate().skip(2) {
            plane += cut.runs.get(axis).map_or(0, |run| run.start as usize) * stride;
            stride *= length;
        }
        let mut samples = section::physical(&file.fits, cut.hdu, plane, window)?.into_raw_vec_and_offset().0;
        if let Some(keep) = &cut.keep {
            for (sample, _) in samples.iter_mut().zip(keep.iter()).filter(|(_, keep)| !**keep) {
                *sample = f64::NAN;
            }
        }
        let picture = self.eight_bit(&samples, window).ok_or(Error::OutsideImage)?;
        let bytes = match self.format {
            PictureFormat::Png => png_encode(&picture)?,
            PictureFormat::Jpeg => jpeg_encode(&picture, JPEG_QUALITY)?,
        };
        Ok((bytes.into(), cut.runs))
    }

    fn eight_bit(&self, samples: &[f64], window: PixelBox) -> Option<EightBit> {
        let [black, white] = self.levels(samples);
        let range = white - black;
        let brightness = |&sample: &f64| {
            if !sample.is_finite() {
                return 0;
            }
            let x = if range > 0.0 { ((sample - black) / range).clamp(0.0, 1.0) } else { 0.5 };
            (self.stretch.apply(x) * 255.0).round() as u8
        };
        let pixels = samples.chunks_exact(window.width).rev().flatten().map(brightness).collect();
        EightBit::new(window.width, window.height, Channels::Grey, pixels)
    }

    /// The samples at the two percentiles; missing ones do not count.
    fn levels(&self, samples: &[f64]) -> [f64; 2] {
        let mut finite: Vec<f64> = samples.iter().copied().filter(|sample| sample.is_finite()).collect();
        self.cut_percent.map(|percent| {
            let last = finite.len().saturating_sub(1);
            let at = (percent.get().clamp(0.0, 100.0) / 100.0 * last as f64).round() as usize;
            if finite.is_empty() { 0.0 } else { *finite.select_nth_unstable_by(at, f64::total_cmp).1 }
        })
    }
}
