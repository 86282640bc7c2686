//! What a header says about its celestial axes, brought into one form: degrees, longitude before latitude, one
//! 2x2 matrix over the two pixel axes of the picture. FITS Papers I and II, SIP, TPV and what software makes of them.

use super::WcsError;
use super::cards::Cards;
use super::ctype::{AxisPair, CelestialSystem};
use super::linear::{LinearRows, solve};
use super::sip::Sip;

/// Highest `m` of a TPV term `PVi_m`.
const MAX_TPV_TERM: usize = 39;

/// One description, independent of how the header spelled it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Description {
    pub(super) system: CelestialSystem,
    /// FITS numbers of the two pixel axes, ascending: x and y.
    pub(super) pixel_axes: [usize; 2],
    /// Three-letter code; `TPV` counts as one.
    pub(super) projection: String,
    /// Reference pixel (x, y), 1-based.
    pub(super) crpix: [f64; 2],
    /// Reference longitude and latitude, degrees.
    pub(super) crval: [f64; 2],
    /// Degrees per pixel: rows longitude, latitude; columns x, y.
    pub(super) cd_matrix: [[f64; 2]; 2],
    pub(super) lonpole: Option<f64>,
    pub(super) latpole: Option<f64>,
    /// Projection parameters: axis (1 longitude, 2 latitude), m, value.
    pub(super) parameters: Vec<(usize, usize, f64)>,
    pub(super) sip: Option<Sip>,
    /// NAXIS of the two pixel axes, if stated.
    pub(super) size: Option<[f64; 2]>,
}

impl Description {
    /// Reads the description `alternate` ("" for the primary one, else a letter).
    pub(super) fn read(cards: &Cards, alternate: &str) -> Result<Self, WcsError> {
        let pair = AxisPair::find(cards, alternate)?;
        refuse_lookup_distortions(cards, alternate)?;
        let axes = [pair.longitude, pair.latitude];
        let pixel_axes = [axes[0].min(axes[1]), axes[0].max(axes[1])];
        let mut crval = [0.0; 2];
        let mut scale = [1.0; 2];
        for (row, axis) in axes.into_iter().enumerate() {
            scale[row] = degrees_per_unit(cards, &format!("CUNIT{axis}{alternate}"))?;
            crval[row] = cards.number(&format!("CRVAL{axis}{alternate}"))?.unwrap_or(0.0) * scale[row];
        }
        let linear = LinearRows::read(cards, alternate, axes)?;
        let cd_matrix = [0, 1].map(|row| pixel_axes.map(|axis| linear.at(row, axis) * scale[row]));
        let sip = if alternate.is_empty() && pair.projection != "TPV" { Sip::read(cards)? } else { None };
        if sip.is_some() && pixel_axes != [1, 2] {
            return Err(WcsError::UnsupportedProjection("SIP on a cube".to_owned()));
        }
        let mut crpix = [0.0; 2];
        for (pixel, axis) in crpix.iter_mut().zip(pixel_axes) {
            *pixel = cards.number(&format!("CRPIX{axis}{alternate}"))?.unwrap_or(0.0);
        }
        let offset = linear.first_plane_offset(cards, alternate, pixel_axes)?;
        let shift =
            solve(cd_matrix, [offset[0] * scale[0], offset[1] * scale[1]]).ok_or(WcsError::SingularMatrix)?;
        crpix = [crpix[0] - shift[0], crpix[1] - shift[1]];
        let mut description = Self {
            system: pair.system,
            pixel_axes,
            projection: pair.projection,
            crpix,
            crval,
            cd_matrix,
            lonpole: cards.number(&format!("LONPOLE{alternate}"))?,
            latpole: cards.number(&format!("LATPOLE{alternate}"))?,
            parameters: parameters(cards, alternate, axes)?,
            sip,
            size: size(cards, pixel_axes)?,
        };
        description.translate_conventions()?;
        description.check_parameters(axes, alternate)?;
        Ok(description)
    }

    /// Latitudes the projections rely on must be some (the reference, the native reference `PVi_2`, on conics also
    /// `PVi_1` of the latitude axis), and numbers of facets must count.
    fn check_parameters(&self, axes: [usize; 2], alternate: &str) -> Result<(), WcsError> {
        let is_latitude = |value: f64| value.abs() <= 90.0;
        if !is_latitude(self.crval[1]) {
            return Err(WcsError::InvalidKeyword(format!("CRVAL{}{alternate}", axes[1])));
        }
        let is_conic = matches!(self.projection.as_str(), "COP" | "COE" | "COD" | "COO");
        for &(axis, m, value) in &self.parameters {
            let means_latitude =
                self.projection != "TPV" && ((axis, m) == (1, 2) || is_conic && (axis, m) == (2, 1));
            // HEALPix counts its facets: H and K (Calabretta & Roukema 2007).
            let means_count = self.projection == "HPX" && axis == 2 && (1..=2).contains(&m);
            let is_count = value.fract().abs() < 1e-9 && (1.0..=1000.0).contains(&value);
            if means_latitude && !is_latitude(value) || means_count && !is_count {
                return Err(WcsError::InvalidKeyword(format!("PV{}_{m}{alternate}", axes[axis - 1])));
            }
        }
        Ok(())
    }

    /// Turns conventions that are not projections of their own into the projections they mean.
    fn translate_conventions(&mut self) -> Result<(), WcsError> {
        let [_, latitude] = self.crval;
        match self.projection.as_str() {
            // SCAMP writes TPV terms under the name TAN. Terms 5 and up exist in no other convention (as wcslib
            // decides), and a TAN latitude axis has no parameter of its own.
            "TAN" => {
                let scamp = self
                    .parameters
                    .iter()
                    .any(|&(axis, m, value)| m > 4 || (axis == 2 && m == 1 && value != 0.0));
                if scamp && self.sip.is_some() {
                    self.parameters.clear();
                } else if scamp {
                    "TPV".clone_into(&mut self.projection);
                }
            }
            // AIPS' global sinusoid: SFL moved to the reference latitude without turning the graticule.
            "GLS" => {
                "SFL".clone_into(&mut self.projection);
                if latitude != 0.0 {
                    self.parameters = vec![(1, 0, 1.0), (1, 1, 0.0), (1, 2, latitude)];
                }
            }
            // The north-celestial-pole projection of east-west interferometers: a slant SIN (Paper II §5.1.5).
            "NCP" => {
                if latitude == 0.0 {
                    return Err(WcsError::InvalidKeyword("CRVAL".to_owned()));
                }
                "SIN".clone_into(&mut self.projection);
                self.parameters = vec![(2, 1, 0.0), (2, 2, 1.0 / latitude.to_radians().tan())];
            }
            _ => {}
        }
        Ok(())
    }
}

fn parameters(
    cards: &Cards,
    alternate: &str,
    axes: [usize; 2],
) -> Result<Vec<(usize, usize, f64)>, WcsError> {
    let mut parameters = Vec::new();
    for keyword in cards.keywords() {
        let indices = keyword.strip_prefix("PV").and_then(|rest| rest.strip_suffix(alternate));
        let Some((number, m)) = indices.and_then(|indices| indices.split_once('_')) else { continue };
        let row = index(number).and_then(|number| axes.iter().position(|&axis| axis == number));
        let term = index(m).filter(|&m| m <= MAX_TPV_TERM);
        if let (Some(row), Some(m), Some(value)) = (row, term, cards.number(keyword)?) {
            parameters.push((row + 1, m, value));
        }
    }
    parameters.sort_unstable_by_key(|&(row, m, _)| (row, m));
    Ok(parameters)
}

/// A number in a keyword, spelled as the standard has it: no sign, no zeros in front.
fn index(digits: &str) -> Option<usize> {
    let is_plain =
        digits.bytes().all(|b| b.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
    is_plain.then(|| digits.parse().ok())?
}

/// The factor from a CUNIT to degrees; degrees where none is stated.
fn degrees_per_unit(cards: &Cards, keyword: &str) -> Result<f64, WcsError> {
    let Some(unit) = cards.text(keyword) else { return Ok(1.0) };
    let unit = unit.to_ascii_lowercase();
    match unit.strip_suffix('s').unwrap_or(&unit) {
        "deg" | "degree" => Ok(1.0),
        "arcmin" => Ok(1.0 / 60.0),
        "arcsec" | "asec" => Ok(1.0 / 3600.0),
        "ma" | "marcsec" | "milliarcsec" => Ok(1.0 / 3_600_000.0),
        "rad" | "radian" => Ok(180.0 / std::f64::consts::PI),
        _ => Err(WcsError::InvalidKeyword(keyword.to_owned())),
    }
}

fn size(cards: &Cards, pixel_axes: [usize; 2]) -> Result<Option<[f64; 2]>, WcsError> {
    let mut size = [0.0; 2];
    for (value, axis) in size.iter_mut().zip(pixel_axes) {
        // A tile-compressed image keeps its own size in ZNAXISn; NAXISn is that of the table.
        let stated = match cards.number(&format!("ZNAXIS{axis}"))? {
            Some(stated) => Some(stated),
            None => cards.number(&format!("NAXIS{axis}"))?,
        };
        match stated {
            Some(stated) if stated >= 1.0 => *value = stated,
            _ => return Ok(None),
        }
    }
    Ok(Some(size))
}

/// Distortions kept as tables of pixels next to the image.
fn refuse_lookup_distortions(cards: &Cards, alternate: &str) -> Result<(), WcsError> {
    for axis in 1..=2 {
        for keyword in
            [format!("CPDIS{axis}{alternate}"), format!("CQDIS{axis}{alternate}"), format!("D2IMDIS{axis}")]
        {
            if cards.text(&keyword).is_some() {
                return Err(WcsError::UnsupportedProjection(format!("{keyword} distortion")));
            }
        }
    }
    Ok(())
}
