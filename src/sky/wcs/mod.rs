//! The world coordinate system of an image: pixel ↔ ICRS. The only place that knows the projection library.

pub(in crate::sky) mod cards;
mod ctype;
mod description;
mod frame;
pub(in crate::sky) mod linear;
mod sip;
mod topology;

use thiserror::Error;

use self::cards::Cards;
use self::description::Description;
use self::linear::solve;
use super::SkyCoord;
use super::radesys::{FrameConversion, RadeSys};
use crate::error::{Classified, ErrorKind};

/// Pixels further out belong to no image.
const FARTHEST_PX: f64 = 1e12;
/// Reference pixels that miss a whole number of pixels by no more than rounding still lie on one grid.
const GRID_TOLERANCE_PX: f64 = 1e-6;

/// A position on the pixel grid as FITS counts: 1-based, the centre of the first pixel is (1, 1), its outer
/// corner (0.5, 0.5). x runs along axis 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitsPixel {
    /// Along the first axis (columns).
    pub x: f64,
    /// Along the second axis (rows).
    pub y: f64,
}

/// Why a header gives no (usable) world coordinates.
#[derive(Debug, Error)]
pub enum WcsError {
    /// No pair of longitude and latitude axes with a projection.
    #[error("the image states no celestial coordinates")]
    NoCelestialAxes,
    /// A projection or distortion this service does not evaluate.
    #[error("unsupported projection {0}")]
    UnsupportedProjection(String),
    /// Celestial, but in a frame that has no fixed relation to ICRS (solar, planetary, apparent).
    #[error("positions in the image's frame ({0}) have no fixed place on the sky")]
    NotEquatorial(String),
    /// A cube whose planes are not pictures of the sky cannot be padded.
    #[error("the first two axes of the image are not its celestial ones")]
    NotAPicture,
    /// Scale and rotation collapse the image to a line.
    #[error("the image's coordinate matrix is singular")]
    SingularMatrix,
    /// A value is missing its partner, not a finite number, or contradicts another.
    #[error("the image's {0} card has no usable value")]
    InvalidKeyword(String),
    /// The keywords contradict each other in a way only the projection notices.
    #[error("the image's coordinate keywords contradict each other")]
    Inconsistent(#[source] fits_well::FitsError),
}

impl Classified for WcsError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoCelestialAxes
            | Self::UnsupportedProjection(_)
            | Self::NotEquatorial(_)
            | Self::NotAPicture => ErrorKind::Unsupported,
            Self::SingularMatrix | Self::InvalidKeyword(_) | Self::Inconsistent(_) => ErrorKind::BrokenFile,
        }
    }
}

/// A celestial coordinate system on the pixels of one image. Cheap to ask (well below a microsecond for most
/// projections), free to share between threads.
#[derive(Clone, Debug)]
pub struct Wcs {
    transform: fits_well::wcs::Wcs,
    description: Description,
    frame: Result<(RadeSys, FrameConversion), String>,
    turn: Option<Turn>,
}

/// A full turn of longitude on a cylindrical map: pixels one turn apart are the same place.
#[derive(Clone, Copy, Debug)]
struct Turn {
    /// Pixels from a place to the same place one turn on.
    step: [f64; 2],
    /// The middle of the image: of all copies the nearest is meant.
    middle: [f64; 2],
}

impl Wcs {
    /// The description in a header that tells places on the sky: `cards` are its raw 80-byte cards (END may be
    /// missing). That is the primary one; where it has no celestial axes, or those of a frame without a place on the
    /// sky as in images of the Sun, it is the first alternate ('A' to 'Z') that does better, if any.
    ///
    /// Axes beyond the celestial pair are held at their first pixel.
    ///
    /// # Errors
    /// [`WcsError`] says what is missing, broken or not supported in the primary description. A frame without a place
    /// on the sky (helioprojective, planetary) is no error here: see [`Self::require_sky`].
    pub fn parse(cards: &[u8]) -> Result<Self, WcsError> {
        let cards = Cards::read(cards);
        let primary = Self::read(&cards, "");
        match &primary {
            Err(WcsError::NoCelestialAxes) => {}
            Ok(wcs) if wcs.frame.is_err() => {}
            _ => return primary,
        }
        let described = cards.alternates().into_iter();
        let mut alternates =
            described.filter_map(|letter| Self::read(&cards, letter.encode_utf8(&mut [0; 4])).ok());
        alternates.find(|wcs| wcs.frame.is_ok()).map_or(primary, Ok)
    }

    fn read(cards: &Cards, alternate: &str) -> Result<Self, WcsError> {
        let description = Description::read(cards, alternate)?;
        let frame = match frame::read(cards, alternate, &description.system) {
            Ok(frame) => Ok((frame, frame.conversion())),
            Err(WcsError::NotEquatorial(name)) => Err(name),
            Err(other) => return Err(other),
        };
        let transform = transform(&description)?;
        let turn = Turn::of(&description);
        Ok(Self { transform, description, frame, turn })
    }

    /// The ICRS position of a pixel; `None` outside the projection or when the frame has no place on the sky.
    pub fn sky_at(&self, pixel: FitsPixel) -> Option<SkyCoord> {
        let (_, conversion) = self.frame.as_ref().ok()?;
        let (longitude_deg, latitude_deg) = self.native_at(pixel)?;
        conversion.icrs_of(longitude_deg, latitude_deg)
    }

    /// The pixel of an ICRS position, inside the image or not; `None` where the projection or its distortion
    /// has no such point. On a cylindrical map the copy nearest the middle of the image.
    pub fn pixel_at(&self, position: SkyCoord) -> Option<FitsPixel> {
        let (_, conversion) = self.frame.as_ref().ok()?;
        let (longitude_deg, latitude_deg) = conversion.native_of(position);
        self.pixel_at_native(longitude_deg, latitude_deg)
    }

    /// Longitude and latitude of a pixel in the image's own frame, degrees.
    pub fn native_at(&self, pixel: FitsPixel) -> Option<(f64, f64)> {
        let pixel = [pixel.x, pixel.y];
        if !pixel.iter().all(|position| position.abs() <= FARTHEST_PX) {
            return None;
        }
        let mut world = [0.0; 2];
        let pixel = self.turn.map_or(pixel, |turn| turn.copy_nearest(pixel, self.description.crpix));
        self.transform.pixel_to_world(&pixel, &mut world).ok()?;
        if !world.iter().all(|value| value.is_finite()) {
            return None;
        }
        if self.description.projection == "HPX" {
            // The library finds positions on the prolonged edges of facets, outside the map.
            let [x, y] = self.projected(world)?;
            let off = (x - pixel[0]).abs().max((y - pixel[1]).abs());
            return (off < 1e-3).then_some((world[0], world[1]));
        }
        Some((world[0], world[1]))
    }

    /// The pixel of a longitude and latitude in the image's own frame, degrees.
    pub fn pixel_at_native(&self, longitude_deg: f64, latitude_deg: f64) -> Option<FitsPixel> {
        let world = [longitude_deg, latitude_deg];
        let mut pixel = self.projected(world)?;
        if self.description.projection == "CSC" {
            pixel = self.inverse_of_csc(pixel);
        }
        let [x, y] = self.turn.map_or(pixel, |turn| turn.copy_nearest(pixel, turn.middle));
        Some(FitsPixel { x, y })
    }

    fn projected(&self, world: [f64; 2]) -> Option<[f64; 2]> {
        let mut pixel = [0.0; 2];
        self.transform.world_to_pixel(&world, &mut pixel).ok()?;
        pixel.iter().all(|value| value.is_finite()).then_some(pixel)
    }

    /// The COBE cube has two polynomials that undo each other only to 24 arcsec (Paper II §5.6.2). What counts is
    /// the way from pixel to sky; this finds its inverse from the approximate one, as far as the single precision
    /// of the library (and of wcslib) lets it: 1e-5 pixels of half a degree.
    fn inverse_of_csc(&self, approximate: [f64; 2]) -> [f64; 2] {
        let mut pixel = approximate;
        for _ in 0..30 {
            let mut there = [0.0; 2];
            if self.transform.pixel_to_world(&pixel, &mut there).is_err() {
                return approximate;
            }
            let Some(back) = self.projected(there) else { return approximate };
            let step = [approximate[0] - back[0], approximate[1] - back[1]];
            pixel = [pixel[0] + step[0], pixel[1] + step[1]];
            if step[0].abs().max(step[1].abs()) < 1e-6 {
                break;
            }
        }
        pixel
    }

    /// That a region of the sky is a region of this image, and in what frame.
    ///
    /// # Errors
    /// [`WcsError::NotEquatorial`] for solar, planetary and apparent frames: cut those by pixel.
    pub fn require_sky(&self) -> Result<RadeSys, WcsError> {
        self.frame.as_ref().map(|(frame, _)| *frame).map_err(|name| WcsError::NotEquatorial(name.clone()))
    }

    /// Whether the celestial axes are the first two, as a [`crate::pixel::PixelBox`] takes for granted.
    pub fn is_picture(&self) -> bool {
        self.celestial_axes() == [1, 2]
    }

    /// Side of the square of the same area as the pixel at CRPIX, degrees: √|det CD|, distortion left out.
    pub fn pixel_scale_deg(&self) -> f64 {
        let [[a, b], [c, d]] = self.description.cd_matrix;
        (a * d - b * c).abs().sqrt()
    }

    /// FITS numbers of the pixel axes x and y lie along: [1, 2] for pictures, others in some cubes.
    pub fn celestial_axes(&self) -> [usize; 2] {
        self.description.pixel_axes
    }

    /// What to add to a pixel of this image to get the pixel of `other` at the same place, where both lie on one grid:
    /// the same projection, orientation and scale, and reference pixels that differ by whole pixels. `None` where
    /// they do not.
    pub fn shift_onto(&self, other: &Self) -> Option<[i64; 2]> {
        let one = Description { crpix: other.description.crpix, size: None, ..self.description.clone() };
        let is_same = one == Description { size: None, ..other.description.clone() }
            && self.require_sky().ok()? == other.require_sky().ok()?;
        let mut shift = [0; 2];
        for (n, whole) in shift.iter_mut().enumerate() {
            let difference = other.description.crpix[n] - self.description.crpix[n];
            if !is_same || (difference - difference.round()).abs() > GRID_TOLERANCE_PX {
                return None;
            }
            *whole = difference.round() as i64;
        }
        Some(shift)
    }

    /// Three-letter code of the projection (`TAN`, `TPV`, ...).
    pub fn projection(&self) -> &str {
        &self.description.projection
    }

    /// Whether a polynomial (SIP or TPV) bends the pixel grid.
    pub fn is_distorted(&self) -> bool {
        self.description.sip.is_some() || self.description.projection == "TPV"
    }
}

impl Turn {
    fn of(description: &Description) -> Option<Self> {
        // One turn of x on the cylinder, degrees: Paper II equations 74 and 79 to 89.
        let circumference = match description.projection.as_str() {
            "CAR" | "CEA" | "MER" => 360.0,
            "CYP" => {
                360.0
                    * description
                        .parameters
                        .iter()
                        .find(|&&(axis, m, _)| (axis, m) == (2, 2))
                        .map_or(1.0, |&(.., value)| value)
            }
            _ => return None,
        };
        let step = solve(description.cd_matrix, [circumference, 0.0])?;
        let middle = match description.size {
            Some([width, height]) => [f64::midpoint(1.0, width), f64::midpoint(1.0, height)],
            None => description.crpix,
        };
        Some(Self { step, middle })
    }

    /// The copy of `pixel` nearest `to`, measured along the turn.
    fn copy_nearest(self, pixel: [f64; 2], to: [f64; 2]) -> [f64; 2] {
        let [step_x, step_y] = self.step;
        let off = (to[0] - pixel[0]) * step_x + (to[1] - pixel[1]) * step_y;
        let turns = (off / (step_x * step_x + step_y * step_y)).round();
        [pixel[0] + turns * step_x, pixel[1] + turns * step_y]
    }
}

/// Hands a clean two-axis description to the library, longitude first.
fn transform(description: &Description) -> Result<fits_well::wcs::Wcs, WcsError> {
    let mut header = fits_well::header::Header::new();
    let fill = |header: &mut fits_well::header::Header| -> fits_well::Result<()> {
        header.set("WCSAXES", 2_i64)?;
        for (axis, name) in [(0, "XLON"), (1, "XLAT")] {
            let number = axis + 1;
            header.set(format!("CTYPE{number}"), format!("{name}-{}", description.projection))?;
            header.set(format!("CRPIX{number}"), description.crpix[axis])?;
            header.set(format!("CRVAL{number}"), description.crval[axis])?;
            for column in 0..2 {
                header.set(format!("CD{number}_{}", column + 1), description.cd_matrix[axis][column])?;
            }
        }
        for (name, value) in [("LONPOLE", description.lonpole), ("LATPOLE", description.latpole)] {
            if let Some(value) = value {
                header.set(name, value)?;
            }
        }
        for &(axis, m, value) in &description.parameters {
            header.set(format!("PV{axis}_{m}"), value)?;
        }
        if let Some(sip) = &description.sip {
            for (root, terms) in [("A", &sip.a), ("B", &sip.b)] {
                header.set(format!("{root}_ORDER"), sip.order as i64)?;
                for (p, q, value) in terms {
                    header.set(format!("{root}_{p}_{q}"), *value)?;
                }
            }
        }
        Ok(())
    };
    fill(&mut header)
        .and_then(|()| fits_well::wcs::Wcs::from_header(&header, None))
        .map_err(WcsError::Inconsistent)
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
