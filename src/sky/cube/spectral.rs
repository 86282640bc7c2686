//! Spectral axes in all the quantities FITS Paper III has, as vacuum wavelength in metres.
//!
//! Velocities are converted with the rest frequency or wavelength of the header. The frame of reference (`SPECSYS`)
//! is taken as it is: the shift between barycentric and other frames is below 2e-4 of a wavelength.

use super::quantity::{LIGHT_M_S, Quantity};
use super::{Linear, Unread};
use crate::pixel::AxisRun;
use crate::sky::WcsError;
use crate::sky::wcs::cards::Cards;

/// Whether a CTYPE names a spectral axis.
pub(super) fn is_spectral(ctype: &str) -> bool {
    Quantity::of_code(code(ctype)).is_some()
}

fn code(ctype: &str) -> &str {
    ctype.split('-').next().unwrap_or(ctype).trim()
}

/// How the value grows along the axis.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Growth {
    Linear,
    /// `-LOG`
    Exponential,
    /// Linear in another quantity: that, its value at the reference, and its derivative by the axis's own there.
    LinearIn(Quantity, f64, f64),
}

/// The spectral axis of a cube.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpectralAxis {
    linear: Linear,
    quantity: Quantity,
    growth: Growth,
    /// Vacuum wavelength at rest; 1 where it does not matter.
    rest_m: f64,
}

/// What a CTYPE says of an axis.
struct Kind {
    quantity: Quantity,
    /// What it is linear in when that is another quantity.
    linear_in: Option<Quantity>,
    /// `-LOG`
    is_exponential: bool,
}

impl Kind {
    fn read(cards: &Cards, ctype: &str) -> Result<Self, Unread> {
        let unsupported = || Unread::Unsupported(format!("CTYPE {ctype}"));
        let algorithm = ctype.split_once('-').map_or("", |(_, rest)| rest.trim_matches(['-', ' ']));
        let mut quantity = Quantity::of_code(code(ctype)).ok_or_else(unsupported)?;
        // AIPS names the frame where the algorithm stands; its VELO is optical or radio by VELREF.
        let is_frame = matches!(algorithm, "LSR" | "HEL" | "OBS" | "TOPO" | "BARY");
        if is_frame && quantity == Quantity::ApparentVelocity {
            let is_radio = cards.number("VELREF")?.is_some_and(|reference| reference >= 256.0);
            quantity = if is_radio { Quantity::RadioVelocity } else { Quantity::OpticalVelocity };
        }
        let linear_in = match algorithm.as_bytes() {
            b"" | b"LOG" => None,
            _ if is_frame && code(ctype) == "FELO" => Some(Quantity::Frequency),
            _ if is_frame => None,
            [from, b'2', _] => Some(Quantity::of_letter(*from).ok_or_else(unsupported)?),
            _ => return Err(unsupported()),
        };
        Ok(Self { quantity, linear_in, is_exponential: algorithm == "LOG" })
    }

    fn needs_rest(&self) -> bool {
        self.quantity.needs_rest() || self.linear_in.is_some_and(Quantity::needs_rest)
    }

    /// How an axis of this kind grows whose numbers are `linear`, in SI units.
    fn growth(&self, linear: &Linear, rest_m: f64) -> Growth {
        match self.linear_in {
            Some(other) => {
                let across =
                    |value: f64| other.of_wavelength(self.quantity.to_wavelength(value, rest_m), rest_m);
                let at = linear.reference_value;
                let step = (at.abs() * 1e-6).max(f64::MIN_POSITIVE.max(linear.step.abs() * 1e-3));
                Growth::LinearIn(other, across(at), (across(at + step) - across(at - step)) / (2.0 * step))
            }
            None if self.is_exponential => Growth::Exponential,
            None => Growth::Linear,
        }
    }
}

/// The wavelength at rest that velocities are measured from, metres.
fn rest_m(cards: &Cards) -> Result<Option<f64>, WcsError> {
    let frequency = match cards.number("RESTFRQ")? {
        Some(frequency) => Some(frequency),
        None => cards.number("RESTFREQ")?,
    };
    Ok(match (cards.number("RESTWAV")?, frequency) {
        (Some(wavelength), _) if wavelength > 0.0 => Some(wavelength),
        (_, Some(frequency)) if frequency > 0.0 => Some(LIGHT_M_S / frequency),
        _ => None,
    })
}

impl SpectralAxis {
    pub(super) fn read(cards: &Cards, axis: usize, ctype: &str, linear: Linear) -> Result<Self, Unread> {
        let kind = Kind::read(cards, ctype)?;
        let rest = rest_m(cards)?;
        if rest.is_none() && kind.needs_rest() {
            return Err(Unread::Unsupported("its velocities have no rest wavelength".to_owned()));
        }
        let rest_m = rest.unwrap_or(1.0);
        let unit = cards.text(&format!("CUNIT{axis}"));
        let scale = unit.map_or(Some(1.0), |unit| kind.quantity.unit(unit));
        let scale =
            scale.ok_or_else(|| Unread::Unsupported(format!("CUNIT {}", unit.unwrap_or_default())))?;
        let linear =
            Linear { reference_value: linear.reference_value * scale, step: linear.step * scale, ..linear };
        let growth = kind.growth(&linear, rest_m);
        let read = Self { linear, quantity: kind.quantity, growth, rest_m };
        if linear.edges().into_iter().any(|edge| read.wavelength_m(edge).is_none()) {
            return Err(Unread::Unsupported("it has no wavelength at one of its ends".to_owned()));
        }
        Ok(read)
    }

    /// Vacuum wavelength of a pixel as FITS counts, metres; `None` where the axis has none.
    pub fn wavelength_m(&self, pixel: f64) -> Option<f64> {
        let wavelength = match self.growth {
            Growth::Linear => self.quantity.to_wavelength(self.linear.at(pixel), self.rest_m),
            Growth::Exponential => {
                let reference = self.linear.reference_value;
                let value = reference * (self.linear.offset_at(pixel) / reference).exp();
                self.quantity.to_wavelength(value, self.rest_m)
            }
            Growth::LinearIn(other, reference, slope) => {
                other.to_wavelength(reference + slope * self.linear.offset_at(pixel), self.rest_m)
            }
        };
        (wavelength.is_finite() && wavelength > 0.0).then_some(wavelength)
    }

    /// Shortest and longest wavelength, at the outer edges of the axis.
    pub fn bounds_m(&self) -> [f64; 2] {
        let [a, b] = self.linear.edges().map(|edge| self.wavelength_m(edge).unwrap_or(f64::NAN));
        [a.min(b), a.max(b)]
    }

    /// The pixels that see some of the wavelengths from `low` to `high`, metres; `None` when none does.
    pub fn run(&self, low: f64, high: f64) -> Option<AxisRun> {
        self.linear.run(|pixel| self.wavelength_m(pixel).unwrap_or(f64::NAN), [low, high])
    }
}
