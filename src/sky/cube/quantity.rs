//! The quantities spectral axes are written in (FITS Paper III), each to and from vacuum wavelength.

/// Speed of light in vacuum, m/s.
pub(super) const LIGHT_M_S: f64 = 299_792_458.0;
/// Planck's constant times the speed of light, J·m.
const PLANCK_LIGHT_J_M: f64 = 6.626_070_15e-34 * LIGHT_M_S;
/// One electronvolt in joules.
const ELECTRONVOLT_J: f64 = 1.602_176_634e-19;

/// A quantity that tells a wavelength.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
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
    pub(super) fn of_code(code: &str) -> Option<Self> {
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
    pub(super) fn of_letter(letter: u8) -> Option<Self> {
        Some(match letter {
            b'F' => Self::Frequency,
            b'W' => Self::VacuumWavelength,
            b'A' => Self::AirWavelength,
            b'V' => Self::ApparentVelocity,
            _ => return None,
        })
    }

    pub(super) fn needs_rest(self) -> bool {
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
    pub(super) fn to_wavelength(self, value: f64, rest: f64) -> f64 {
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
    pub(super) fn of_wavelength(self, wavelength: f64, rest: f64) -> f64 {
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
    pub(super) fn unit(self, unit: &str) -> Option<f64> {
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
