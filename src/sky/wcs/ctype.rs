//! CTYPE: which axes are celestial, in what system, under which projection (FITS Paper II §3.1).

use super::WcsError;
use super::cards::Cards;

/// The celestial system a pair of axes belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CelestialSystem {
    /// RA and DEC.
    Equatorial,
    /// GLON and GLAT.
    Galactic,
    /// ELON and ELAT.
    Ecliptic,
    /// Anything else on a sphere (`HP`: helioprojective, `S`: supergalactic, ...), by the prefix of its axes.
    Other(String),
}

/// A longitude axis with the latitude axis of the same system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AxisPair {
    /// FITS axis number of the longitude.
    pub(super) longitude: usize,
    /// FITS axis number of the latitude.
    pub(super) latitude: usize,
    pub(super) system: CelestialSystem,
    /// Three letters that name a projection we have.
    pub(super) projection: String,
}

/// Projections the library evaluates, and the conventions that are translated into them.
const PROJECTIONS: [&str; 30] = [
    "TAN", "SIN", "ARC", "STG", "ZEA", "ZPN", "AIR", "AZP", "SZP", "CAR", "CEA", "MER", "CYP", "SFL", "PAR",
    "AIT", "MOL", "COP", "COE", "COD", "COO", "BON", "PCO", "TSC", "CSC", "QSC", "HPX", "TPV", "GLS", "NCP",
];

struct Axis<'a> {
    is_longitude: bool,
    system: &'a str,
    projection: &'a str,
    distortion: Option<&'a str>,
}

impl<'a> Axis<'a> {
    fn parse(ctype: &'a str) -> Option<Self> {
        let (head, algorithm) = ctype.split_once('-')?;
        let mut codes = algorithm.trim_start_matches('-').split('-').map(str::trim);
        let projection = codes.next().filter(|code| !code.is_empty())?;
        let distortion = codes.next().filter(|code| !code.is_empty());
        let (is_longitude, system) = match head.trim() {
            "RA" => (true, "RA"),
            "DEC" => (false, "RA"),
            name => {
                let ends =
                    |suffix| name.strip_suffix(suffix).filter(|prefix| (1..=2).contains(&prefix.len()));
                match (ends("LON").or_else(|| ends("LN")), ends("LAT").or_else(|| ends("LT"))) {
                    (Some(system), _) => (true, system),
                    (None, Some(system)) => (false, system),
                    (None, None) => return None,
                }
            }
        };
        Some(Self { is_longitude, system, projection, distortion })
    }
}

impl AxisPair {
    /// The first longitude axis that has a latitude axis of its own system.
    pub(super) fn find(cards: &Cards, alternate: &str) -> Result<Self, WcsError> {
        let ctypes: Vec<(usize, String)> = (1..=9)
            .filter_map(|axis| {
                Some((axis, cards.text(&format!("CTYPE{axis}{alternate}"))?.to_ascii_uppercase()))
            })
            .collect();
        let axes: Vec<(usize, Axis<'_>)> =
            ctypes.iter().filter_map(|(axis, ctype)| Some((*axis, Axis::parse(ctype)?))).collect();
        let pair = axes.iter().filter(|(_, axis)| axis.is_longitude).find_map(|(number, longitude)| {
            let (other, latitude) =
                axes.iter().find(|(_, axis)| !axis.is_longitude && axis.system == longitude.system)?;
            Some((*number, longitude, *other, latitude))
        });
        let Some((longitude_axis, longitude, latitude_axis, latitude)) = pair else {
            // The plate polynomial of the Digitised Sky Survey stands without CTYPE.
            return Err(if cards.text("AMDX1").is_some() {
                WcsError::UnsupportedProjection("DSS".to_owned())
            } else {
                WcsError::NoCelestialAxes
            });
        };
        if longitude.projection != latitude.projection {
            return Err(WcsError::InvalidKeyword(format!("CTYPE{latitude_axis}{alternate}")));
        }
        let projection = match (longitude.projection, longitude.distortion.or(latitude.distortion)) {
            (code, None | Some("SIP")) => code,
            ("TAN", Some("TPV")) => "TPV",
            (_, Some(code)) => return Err(WcsError::UnsupportedProjection(code.to_owned())),
        };
        if !PROJECTIONS.contains(&projection) {
            return Err(WcsError::UnsupportedProjection(projection.to_owned()));
        }
        let system = match longitude.system {
            "RA" => CelestialSystem::Equatorial,
            "G" => CelestialSystem::Galactic,
            "E" => CelestialSystem::Ecliptic,
            other => CelestialSystem::Other(other.to_owned()),
        };
        Ok(Self {
            longitude: longitude_axis,
            latitude: latitude_axis,
            system,
            projection: projection.to_owned(),
        })
    }
}
