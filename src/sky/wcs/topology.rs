//! Where a projection tears the sphere: the points and lines at which neighbours on the sky are not neighbours
//! on the image.

use fits_well::wcs::Projection;

use super::{FitsPixel, Turn, Wcs};
use crate::sky::SkyCoord;
use crate::sky::vector::{UnitVector, cross, dot, full_turn_deg};

/// The tears of one image's projection.
#[derive(Clone, Debug)]
pub(crate) struct Topology {
    /// Points that become lines, circles or infinity; a region that holds one is not bounded by its edge.
    pub(crate) singular_points: Vec<SkyCoord>,
    /// Whether the map ends at an outline that may lie inside the image.
    pub(crate) has_outline: bool,
    seam: Seam,
}

#[derive(Clone, Copy, Debug)]
enum Seam {
    None,
    /// Pixels one turn apart meet.
    Cylinder(Turn),
    /// The half great circle between the native poles through native longitude 180.
    Meridian {
        pole: UnitVector,
        through: UnitVector,
    },
    /// Facets: may be torn anywhere.
    Facets,
}

impl Wcs {
    /// The tears of this image's projection; `None` where positions have no place on the sky.
    pub(crate) fn topology(&self) -> Option<Topology> {
        let (_, conversion) = self.frame.as_ref().ok()?;
        let celestial = self.transform.description().celestial_projection?;
        let pole = conversion.icrs_of(full_turn_deg(celestial.pole.ra), celestial.pole.dec)?;
        let antipole = SkyCoord::from_vector(pole.unit_vector().map(|c| -c))?;
        let poles = vec![pole, antipole];
        Some(match celestial.projection {
            Projection::Tan | Projection::Stg => {
                Topology { singular_points: vec![antipole], has_outline: false, seam: Seam::None }
            }
            Projection::Sin
            | Projection::Arc
            | Projection::Zea
            | Projection::Zpn
            | Projection::Air
            | Projection::Azp
            | Projection::Szp => {
                Topology { singular_points: vec![antipole], has_outline: true, seam: Seam::None }
            }
            Projection::Tsc | Projection::Csc | Projection::Qsc | Projection::Hpx => {
                Topology { singular_points: poles, has_outline: true, seam: Seam::Facets }
            }
            _ => {
                let seam = if let Some(turn) = self.turn {
                    Seam::Cylinder(turn)
                } else {
                    let (ra, dec) = native_to_celestial(celestial.pole, 180.0);
                    let through = conversion.icrs_of(ra, dec)?.unit_vector();
                    Seam::Meridian { pole: pole.unit_vector(), through }
                };
                Topology { singular_points: poles, has_outline: true, seam }
            }
        })
    }
}

impl Topology {
    /// Whether the map may be torn anywhere, so that an edge says nothing about the inside.
    pub(crate) fn is_faceted(&self) -> bool {
        matches!(self.seam, Seam::Facets)
    }

    /// Whether the seam runs between two neighbouring points of an edge.
    pub(crate) fn is_torn_between(&self, a: (SkyCoord, FitsPixel), b: (SkyCoord, FitsPixel)) -> bool {
        match self.seam {
            Seam::None => false,
            Seam::Facets => true,
            Seam::Cylinder(turn) => {
                let [x, y] = turn.step;
                let along = (b.1.x - a.1.x) * x + (b.1.y - a.1.y) * y;
                2.0 * along.abs() > x * x + y * y
            }
            Seam::Meridian { pole, through } => {
                let side = cross(pole, through);
                let (a, b) = (a.0.unit_vector(), b.0.unit_vector());
                let (left, right) = (dot(a, side), dot(b, side));
                let behind = dot(a, through) > 0.0 || dot(b, through) > 0.0;
                behind && left.min(right) <= 0.0 && left.max(right) >= 0.0
            }
        }
    }
}

/// Celestial longitude and latitude of the native point (φ, θ = 0), degrees (FITS Paper II equation 2).
fn native_to_celestial(pole: fits_well::wcs::CelestialPole, phi_deg: f64) -> (f64, f64) {
    let (sin_phi, cos_phi) = (phi_deg - pole.lonpole).to_radians().sin_cos();
    let (sin_pole, cos_pole) = pole.dec.to_radians().sin_cos();
    let longitude = pole.ra + (-sin_phi).atan2(-sin_pole * cos_phi).to_degrees();
    (full_turn_deg(longitude), (cos_pole * cos_phi).clamp(-1.0, 1.0).asin().to_degrees())
}
