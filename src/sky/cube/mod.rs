//! The axes of a cube beside the two on the sky: wavelength, time, polarisation (FITS Papers III and IV, FITS 4.0
//! §8.4 and §9). From an interval of what they measure to a run of pixels.

mod quantity;
mod spectral;
mod stokes;
mod time;

use thiserror::Error;

use super::WcsError;
use super::wcs::cards::Cards;
use super::wcs::linear::LinearRows;
use crate::error::{Classified, ErrorKind};
use crate::pixel::AxisRun;

pub use self::spectral::SpectralAxis;
pub use self::stokes::{Polarization, StokesAxis};
pub use self::time::TimeAxis;

/// As for regions: an interval that ends on a pixel's edge to within this much does not pull the neighbour in.
const EDGE_TOLERANCE_PX: f64 = super::bounds::EDGE_TOLERANCE_PX;

/// Why an axis cannot be cut by what it measures.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CubeError {
    /// A kind of axis, unit or scale this service does not evaluate.
    #[error("axis {axis} of the cube cannot be evaluated: {what}")]
    Unsupported {
        /// FITS number of the axis.
        axis: usize,
        /// What is in the way.
        what: String,
    },
}

impl Classified for CubeError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Unsupported
    }
}

/// Why an axis was not read.
#[derive(Debug)]
enum Unread {
    /// A card has no usable value: then no axis of the image is.
    Keyword(WcsError),
    /// This axis is of a kind we do not evaluate.
    Unsupported(String),
}

impl From<WcsError> for Unread {
    fn from(error: WcsError) -> Self {
        Self::Keyword(error)
    }
}

/// An axis with its FITS number, or why it cannot be evaluated.
type Numbered<T> = (usize, Result<T, CubeError>);

/// A linear axis: value = `reference_value` + `step` · (pixel − `reference_pixel`), pixels as FITS counts.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Linear {
    reference_pixel: f64,
    reference_value: f64,
    step: f64,
    /// Number of pixels.
    length: usize,
}

impl Linear {
    fn at(&self, pixel: f64) -> f64 {
        self.reference_value + self.offset_at(pixel)
    }

    fn offset_at(&self, pixel: f64) -> f64 {
        self.step * (pixel - self.reference_pixel)
    }

    /// The outer edges of the first and the last pixel.
    fn edges(&self) -> [f64; 2] {
        [0.5, self.length as f64 + 0.5]
    }

    /// The pixels where a monotonic `value` lies in `[low, high]`; of a single value the pixel that holds it.
    fn run(&self, value: impl Fn(f64) -> f64, [low, high]: [f64; 2]) -> Option<AxisRun> {
        let [first, last] = self.edges();
        let (at_first, at_last) = (value(first), value(last));
        let (lowest, highest) = (at_first.min(at_last), at_first.max(at_last));
        if !(low <= high && lowest.is_finite() && highest.is_finite()) || high < lowest || low > highest {
            return None;
        }
        let is_rising = at_last >= at_first;
        let pixel_of = |wanted: f64| {
            let (mut from, mut to) = (first, last);
            for _ in 0..80 {
                let middle = f64::midpoint(from, to);
                if (value(middle) < wanted) == is_rising { from = middle } else { to = middle }
            }
            f64::midpoint(from, to)
        };
        let ends = [low, high].map(|wanted| {
            if wanted <= lowest {
                if is_rising { first } else { last }
            } else if wanted >= highest {
                if is_rising { last } else { first }
            } else {
                pixel_of(wanted)
            }
        });
        let (from, to) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        let begin = (from + 0.5 + EDGE_TOLERANCE_PX).floor().clamp(1.0, self.length as f64);
        let end = (to - 0.5 - EDGE_TOLERANCE_PX).ceil().clamp(begin, self.length as f64);
        AxisRun::between(begin as i64 - 1, end as i64)
    }
}

/// The axes of an image that measure something beside a place on the sky; of each kind the first.
#[derive(Clone, Debug, Default)]
pub struct CubeAxes {
    /// Wavelength, frequency, velocity or energy, and its FITS number.
    pub spectral: Option<Numbered<SpectralAxis>>,
    /// Time, and its FITS number.
    pub time: Option<Numbered<TimeAxis>>,
    /// Polarisation, and its FITS number.
    pub stokes: Option<Numbered<StokesAxis>>,
}

impl CubeAxes {
    /// Reads the axes of an image with these raw header cards and axis lengths.
    ///
    /// # Errors
    /// [`WcsError::InvalidKeyword`] when a card has no usable value.
    pub fn parse(cards: &[u8], lengths: &[usize]) -> Result<Self, WcsError> {
        let cards = Cards::read(cards);
        let mut axes = Self::default();
        for (axis, &length) in (1..=9).zip(lengths) {
            let Some(ctype) = cards.text(&format!("CTYPE{axis}")).map(str::to_ascii_uppercase) else {
                continue;
            };
            let linear = || linear(&cards, axis, length, lengths);
            if spectral::is_spectral(&ctype) && axes.spectral.is_none() {
                let read = linear().and_then(|linear| SpectralAxis::read(&cards, axis, &ctype, linear));
                axes.spectral = Some(numbered(axis, read)?);
            } else if time::is_time(&ctype) && axes.time.is_none() {
                let read = linear().and_then(|linear| TimeAxis::read(&cards, axis, &ctype, linear));
                axes.time = Some(numbered(axis, read)?);
            } else if ctype == "STOKES" && axes.stokes.is_none() {
                axes.stokes = Some(numbered(axis, linear().map(StokesAxis::new))?);
            }
        }
        Ok(axes)
    }
}

/// An axis as it is kept: one that cannot be evaluated is no reason not to read the others.
fn numbered<T>(axis: usize, read: Result<T, Unread>) -> Result<Numbered<T>, WcsError> {
    match read {
        Ok(read) => Ok((axis, Ok(read))),
        Err(Unread::Unsupported(what)) => Ok((axis, Err(CubeError::Unsupported { axis, what }))),
        Err(Unread::Keyword(error)) => Err(error),
    }
}

/// The linear part of one axis, unless other axes that are more than one pixel long have a share in it.
fn linear(cards: &Cards, axis: usize, length: usize, lengths: &[usize]) -> Result<Linear, Unread> {
    let rows = LinearRows::read(cards, "", [axis, axis])?;
    let is_turned =
        (1..=9).zip(lengths).any(|(other, &length)| other != axis && length > 1 && rows.at(0, other) != 0.0);
    if is_turned {
        return Err(Unread::Unsupported("it is turned into another axis".to_owned()));
    }
    let step = rows.at(0, axis);
    if step == 0.0 {
        return Err(Unread::Unsupported("its step is zero".to_owned()));
    }
    Ok(Linear {
        reference_pixel: cards.number(&format!("CRPIX{axis}"))?.unwrap_or(0.0),
        reference_value: cards.number(&format!("CRVAL{axis}"))?.unwrap_or(0.0),
        step,
        length,
    })
}

#[cfg(test)]
mod tests;
