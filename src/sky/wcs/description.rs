//! What a header says about its celestial axes, brought into one form: degrees, longitude before latitude, one
//! 2x2 matrix over the two pixel axes of the picture. FITS Papers I and II, SIP, TPV and what software makes of them.

use super::WcsError;
use super::cards::Cards;
use super::ctype::{AxisPair, CelestialSystem};

/// Highest SIP order: one digit for each power in the keyword.
const MAX_SIP_ORDER: usize = 9;
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

/// The forward SIP polynomials; the approximate inverse a header may carry is not needed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sip {
    pub(super) order: usize,
    /// Terms of A: powers of u and v, coefficient.
    pub(super) a: Vec<(usize, usize, f64)>,
    /// Terms of B.
    pub(super) b: Vec<(usize, usize, f64)>,
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
        Ok(description)
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

/// Solves `matrix · x = b`; `None` when the matrix is singular to working precision.
pub(super) fn solve(matrix: [[f64; 2]; 2], b: [f64; 2]) -> Option<[f64; 2]> {
    let [[a00, a01], [a10, a11]] = matrix;
    let determinant = a00 * a11 - a01 * a10;
    let size = a00.abs().max(a01.abs()) * a10.abs().max(a11.abs());
    (determinant.is_finite() && determinant.abs() > 4.0 * f64::EPSILON * size)
        .then(|| [(b[0] * a11 - a01 * b[1]) / determinant, (a00 * b[1] - b[0] * a10) / determinant])
}

/// The longitude and the latitude row of the linear matrix over all pixel axes, in the units of the header.
struct LinearRows {
    /// (row, pixel axis, value)
    cells: Vec<(usize, usize, f64)>,
}

impl LinearRows {
    /// `CDi_j` if any is there, else `PCi_j · CDELTi`, else `CDELTi` turned by the `CROTA` of the latitude axis.
    fn read(cards: &Cards, alternate: &str, axes: [usize; 2]) -> Result<Self, WcsError> {
        let cd = matrix_cells(cards, "CD", alternate, axes)?;
        if !cd.is_empty() {
            return Ok(Self { cells: cd });
        }
        let mut cdelt = [1.0; 2];
        for (value, axis) in cdelt.iter_mut().zip(axes) {
            *value = cards.number(&format!("CDELT{axis}{alternate}"))?.unwrap_or(1.0);
        }
        let pc = matrix_cells(cards, "PC", alternate, axes)?;
        if !pc.is_empty() {
            let mut cells: Vec<_> =
                pc.into_iter().map(|(row, column, value)| (row, column, value * cdelt[row])).collect();
            for (row, axis) in axes.into_iter().enumerate() {
                if !cells.iter().any(|&(r, column, _)| (r, column) == (row, axis)) {
                    cells.push((row, axis, cdelt[row]));
                }
            }
            return Ok(Self { cells });
        }
        let rotation = cards.number(&format!("CROTA{}{alternate}", axes[1]))?.unwrap_or(0.0);
        let (sin, cos) = crate::sky::vector::sin_cos_deg(rotation);
        Ok(Self {
            cells: vec![
                (0, axes[0], cdelt[0] * cos),
                (0, axes[1], -cdelt[1] * sin),
                (1, axes[0], cdelt[0] * sin),
                (1, axes[1], cdelt[1] * cos),
            ],
        })
    }

    fn at(&self, row: usize, axis: usize) -> f64 {
        self.cells.iter().filter(|cell| (cell.0, cell.1) == (row, axis)).map(|cell| cell.2).sum()
    }

    /// What the other axes of a cube add on its first plane, where their pixel is 1.
    fn first_plane_offset(
        &self,
        cards: &Cards,
        alternate: &str,
        pixel_axes: [usize; 2],
    ) -> Result<[f64; 2], WcsError> {
        let mut offset = [0.0; 2];
        for &(row, axis, value) in &self.cells {
            if !pixel_axes.contains(&axis) {
                let crpix = cards.number(&format!("CRPIX{axis}{alternate}"))?.unwrap_or(0.0);
                offset[row] += value * (1.0 - crpix);
            }
        }
        Ok(offset)
    }
}

/// The cells of `CDi_j` or `PCi_j` (or the obsolete `PC001002`) on the rows of `axes`.
fn matrix_cells(
    cards: &Cards,
    root: &str,
    alternate: &str,
    axes: [usize; 2],
) -> Result<Vec<(usize, usize, f64)>, WcsError> {
    let mut cells = Vec::new();
    for keyword in cards.keywords() {
        let Some(indices) = keyword.strip_prefix(root).and_then(|rest| rest.strip_suffix(alternate)) else {
            continue;
        };
        let (row, column) = match indices.split_once('_') {
            Some(split) => split,
            None if indices.len() == 6 && indices.is_ascii() => indices.split_at(3),
            None => continue,
        };
        let (Ok(row), Ok(column)) = (row.parse::<usize>(), column.parse::<usize>()) else { continue };
        if let (Some(row), Some(value)) = (axes.iter().position(|&axis| axis == row), cards.number(keyword)?)
        {
            cells.push((row, column, value));
        }
    }
    // The order of summation must not depend on the order of a hash map.
    cells.sort_by_key(|&(row, column, _)| (row, column));
    Ok(cells)
}

impl Sip {
    /// `A_ORDER`, `B_ORDER` and their terms, with or without `-SIP` in CTYPE.
    fn read(cards: &Cards) -> Result<Option<Self>, WcsError> {
        let order = |keyword: &str| -> Result<Option<usize>, WcsError> {
            cards
                .number(keyword)?
                .map(|order| {
                    (0..=MAX_SIP_ORDER)
                        .find(|&whole| (order - whole as f64).abs() < 1e-9)
                        .ok_or_else(|| WcsError::InvalidKeyword(keyword.to_owned()))
                })
                .transpose()
        };
        let (a, b) = match (order("A_ORDER")?, order("B_ORDER")?) {
            (None, None) => return Ok(None),
            (Some(a), Some(b)) => (a, b),
            (Some(_), None) => return Err(WcsError::InvalidKeyword("B_ORDER".to_owned())),
            (None, Some(_)) => return Err(WcsError::InvalidKeyword("A_ORDER".to_owned())),
        };
        let terms = |root: &str, order: usize| -> Result<Vec<(usize, usize, f64)>, WcsError> {
            let mut terms = Vec::new();
            for p in 0..=order {
                for q in 0..=order - p {
                    if let Some(value) =
                        cards.number(&format!("{root}_{p}_{q}"))?.filter(|&value| value != 0.0)
                    {
                        terms.push((p, q, value));
                    }
                }
            }
            Ok(terms)
        };
        Ok(Some(Self { order: a.max(b), a: terms("A", a)?, b: terms("B", b)? }))
    }
}

fn parameters(
    cards: &Cards,
    alternate: &str,
    axes: [usize; 2],
) -> Result<Vec<(usize, usize, f64)>, WcsError> {
    let mut parameters = Vec::new();
    for (row, axis) in axes.into_iter().enumerate() {
        for m in 0..=MAX_TPV_TERM {
            if let Some(value) = cards.number(&format!("PV{axis}_{m}{alternate}"))? {
                parameters.push((row + 1, m, value));
            }
        }
    }
    Ok(parameters)
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
