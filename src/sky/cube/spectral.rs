//! Spectral axes in all the quantities FITS Paper III has, as vacuum wavelength in metres.
//!
//! Velocities are converted with the rest frequency or wavelength of the header. The frame of reference (`SPECSYS`)
//! is taken as it is: the shift between barycentric and other frames is below 2e-4 of a wavelength.

use super::{CubeError, Linear};
use crate::pixel::AxisRun;
use crate::sky::WcsError;
use crate::sky::wcs::cards::Cards;

/// Speed of light in vacuum, m/s.
const LIGHT_M_S: f64 = 299_792_458.0;
/// Planck's constant times the speed of light, J·m.
const PLANCK_LIGHT_J_M: f64 = 6.626_070_15e-34 * LIGHT_M_S;
/// One electronvolt in joules.
const ELECTRONVOLT_J: f64 = 1.602_176_634e-19;

/// A quantity that tells a wavelength.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantity {
    /// Hz
    Frequency,
    /// J
    Energy,
    /// 1/m
    Wavenumber,
    /// m
    VacuumWavelength,
    /// m, in air
    AirWavelength,
    /// m/s, linear in frequency
    RadioVelocity,
    /// m/s, linear in wavelength
    OpticalVelocity,
    /// linear in wavelength
    Redshift,
    /// m/s, relativistic
    ApparentVelocity,
    /// in units of the speed of light
    Beta,
}

impl Quantity {
    /// The quantity of a CTYPE's first four letters.
    fn of_code(code: &str) -> Option<Self> {
        Some(match code {
            "FREQ" => Self::Frequency,
            "ENER" => Self::Energy,
            "WAVN" => Self::Wavenumber,
            "WAVE" | "LAMBDA" | "WAVELENG" => Self::VacuumWavelength,
            "AWAV" => Self::AirWavelength,
            "VRAD" => Self::RadioVelocity,
            "VOPT" | "FELO" => Self::OpticalVelocity,
            "ZOPT" => Self::Redshift,
            "VELO" => Self::ApparentVelocity,
            "BETA" => Self::Beta,
            _ => return None,
        })
    }

    /// What an axis is linear in by the first letter of its algorithm (Paper III table 2).
    fn of_letter(letter: u8) -> Option<Self> {
        Some(match letter {
            b'F' => Self::Frequency,
            b'W' => Self::VacuumWavelength,
            b'A' => Self::AirWavelength,
            b'V' => Self::ApparentVelocity,
            _ => return None,
        })
    }

    fn needs_rest(self) -> bool {
        matches!(
            self,
            Self::RadioVelocity
                | Self::OpticalVelocity
                | Self::Redshift
                | Self::ApparentVelocity
                | Self::Beta
        )
    }

    /// Vacuum wavelength of a value in SI units; `rest` is the wavelength at rest.
    fn to_wavelength(self, value: f64, rest: f64) -> f64 {
        match self {
            Self::Frequency => LIGHT_M_S / value,
            Self::Energy => PLANCK_LIGHT_J_M / value,
            Self::Wavenumber => 1.0 / value,
            Self::VacuumWavelength => value,
            Self::AirWavelength => value * refraction(value),
            Self::RadioVelocity => rest / (1.0 - value / LIGHT_M_S),
            Self::OpticalVelocity => rest * (1.0 + value / LIGHT_M_S),
            Self::Redshift => rest * (1.0 + value),
            Self::ApparentVelocity => Self::Beta.to_wavelength(value / LIGHT_M_S, rest),
            Self::Beta => rest * ((1.0 + value) / (1.0 - value)).sqrt(),
        }
    }

    /// The value of a vacuum wavelength.
    fn of_wavelength(self, wavelength: f64, rest: f64) -> f64 {
        match self {
            Self::Frequency => LIGHT_M_S / wavelength,
            Self::Energy => PLANCK_LIGHT_J_M / wavelength,
            Self::Wavenumber => 1.0 / wavelength,
            Self::VacuumWavelength => wavelength,
            Self::AirWavelength => (0..4).fold(wavelength, |air, _| wavelength / refraction(air)),
            Self::RadioVelocity => LIGHT_M_S * (1.0 - rest / wavelength),
            Self::OpticalVelocity => LIGHT_M_S * (wavelength / rest - 1.0),
            Self::Redshift => wavelength / rest - 1.0,
            Self::ApparentVelocity => LIGHT_M_S * Self::Beta.of_wavelength(wavelength, rest),
            Self::Beta => {
                let square = (wavelength / rest).powi(2);
                (square - 1.0) / (square + 1.0)
            }
        }
    }

    /// SI units in one of the axis's own.
    fn unit(self, unit: &str) -> Option<f64> {
        let lower = unit.to_ascii_lowercase();
        let found = match self {
            Self::Frequency => [("hz", 1.0), ("khz", 1e3), ("mhz", 1e6), ("ghz", 1e9), ("thz", 1e12)]
                .into_iter()
                .find(|(name, _)| *name == lower),
            Self::Energy => {
                // Case decides between milli and mega.
                [
                    ("J", 1.0),
                    ("eV", 1.0),
                    ("keV", 1e3),
                    ("MeV", 1e6),
                    ("GeV", 1e9),
                    ("TeV", 1e12),
                    ("erg", 1e-7),
                ]
                .into_iter()
                .find(|(name, _)| *name == unit)
                .map(|(name, factor)| {
                    (name, if name.ends_with("eV") { factor * ELECTRONVOLT_J } else { factor })
                })
            }
            Self::Wavenumber => {
                [("/m", 1.0), ("m-1", 1.0), ("1/m", 1.0), ("/cm", 100.0), ("cm-1", 100.0), ("1/cm", 100.0)]
                    .into_iter()
                    .find(|(name, _)| *name == lower)
            }
            Self::VacuumWavelength | Self::AirWavelength => [
                ("m", 1.0),
                ("cm", 1e-2),
                ("mm", 1e-3),
                ("um", 1e-6),
                ("micron", 1e-6),
                ("nm", 1e-9),
                ("angstrom", 1e-10),
                ("angstroms", 1e-10),
                ("pm", 1e-12),
            ]
            .into_iter()
            .find(|(name, _)| *name == lower),
            Self::RadioVelocity | Self::OpticalVelocity | Self::ApparentVelocity => {
                [("m/s", 1.0), ("m s-1", 1.0), ("km/s", 1e3), ("km s-1", 1e3), ("cm/s", 1e-2)]
                    .into_iter()
                    .find(|(name, _)| *name == lower)
            }
            Self::Redshift | Self::Beta => None,
        };
        found.map(|(_, factor)| factor)
    }
}

/// Refractive index of air at an air wavelength in metres (FITS 4.0 §8.4.1, Paper III equation 65).
fn refraction(air: f64) -> f64 {
    let per_square_micron = 1.0 / (air * 1e6).powi(2);
    1.0 + 1e-6 * (287.6155 + 1.62887 * per_square_micron + 0.0136 * per_square_micron.powi(2))
}

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

impl SpectralAxis {
    pub(super) fn read(
        cards: &Cards,
        axis: usize,
        ctype: &str,
        linear: Linear,
    ) -> Result<Result<Self, CubeError>, WcsError> {
        let unsupported = |what: String| Ok(Err(CubeError::Unsupported { axis, what }));
        let algorithm = ctype.split_once('-').map_or("", |(_, rest)| rest.trim_matches(['-', ' ']));
        let Some(mut quantity) = Quantity::of_code(code(ctype)) else {
            return unsupported(format!("CTYPE {ctype}"));
        };
        // AIPS names the frame where the algorithm stands; its VELO is optical or radio by VELREF.
        let is_frame = matches!(algorithm, "LSR" | "HEL" | "OBS" | "TOPO" | "BARY");
        if is_frame && quantity == Quantity::ApparentVelocity {
            let is_radio = cards.number("VELREF")?.is_some_and(|reference| reference >= 256.0);
            quantity = if is_radio { Quantity::RadioVelocity } else { Quantity::OpticalVelocity };
        }
        let rest_frequency = match cards.number("RESTFRQ")? {
            Some(frequency) => Some(frequency),
            None => cards.number("RESTFREQ")?,
        };
        let rest = match (cards.number("RESTWAV")?, rest_frequency) {
            (Some(wavelength), _) if wavelength > 0.0 => Some(wavelength),
            (_, Some(frequency)) if frequency > 0.0 => Some(LIGHT_M_S / frequency),
            _ => None,
        };
        let other = match algorithm.as_bytes() {
            b"" | b"LOG" => None,
            _ if is_frame && code(ctype) == "FELO" => Some(Quantity::Frequency),
            _ if is_frame => None,
            [from, b'2', _] => match Quantity::of_letter(*from) {
                Some(other) => Some(other),
                None => return unsupported(format!("CTYPE {ctype}")),
            },
            _ => return unsupported(format!("CTYPE {ctype}")),
        };
        if rest.is_none() && (quantity.needs_rest() || other.is_some_and(Quantity::needs_rest)) {
            return unsupported("its velocities have no rest wavelength".to_owned());
        }
        let unit = cards.text(&format!("CUNIT{axis}"));
        let Some(scale) = unit.map_or(Some(1.0), |unit| quantity.unit(unit)) else {
            return unsupported(format!("CUNIT {}", unit.unwrap_or_default()));
        };
        let linear =
            Linear { reference_value: linear.reference_value * scale, step: linear.step * scale, ..linear };
        let rest_m = rest.unwrap_or(1.0);
        let growth = match other {
            Some(other) => {
                let across = |value: f64| other.of_wavelength(quantity.to_wavelength(value, rest_m), rest_m);
                let at = linear.reference_value;
                let step = (at.abs() * 1e-6).max(f64::MIN_POSITIVE.max(linear.step.abs() * 1e-3));
                Growth::LinearIn(other, across(at), (across(at + step) - across(at - step)) / (2.0 * step))
            }
            None if algorithm == "LOG" => Growth::Exponential,
            None => Growth::Linear,
        };
        let read = Self { linear, quantity, growth, rest_m };
        if linear.edges().into_iter().all(|edge| read.wavelength_m(edge).is_some()) {
            Ok(Ok(read))
        } else {
            unsupported("it has no wavelength at one of its ends".to_owned())
        }
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
