//! The pieces a region's edge is made of, each walked by a parameter from 0 to 1.

use std::f64::consts::TAU;

use super::SkyCoord;
use super::polygon::plane_normal;
use super::vector::{UnitVector, angle, combine, cross, full_turn_deg, normalised};

/// One smooth piece of an edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Curve {
    /// Around a centre: two directions at right angles to it, its sine and cosine of the radius.
    Circle { centre: UnitVector, east: UnitVector, north: UnitVector, sin_radius: f64, cos_radius: f64 },
    /// From a point along a direction.
    GreatArc { from: UnitVector, towards: UnitVector, length_rad: f64 },
    /// Of constant declination, eastwards.
    Parallel { dec_deg: f64, west_deg: f64, span_deg: f64 },
    /// Of constant right ascension, northwards.
    Meridian { ra_deg: f64, south_deg: f64, north_deg: f64 },
}

impl Curve {
    pub(crate) fn circle(centre: SkyCoord, radius_deg: f64) -> Self {
        let (ra, dec) = (centre.ra_deg().to_radians(), centre.dec_deg().to_radians());
        let (sin_radius, cos_radius) = radius_deg.to_radians().sin_cos();
        Self::Circle {
            centre: centre.unit_vector(),
            east: [-ra.sin(), ra.cos(), 0.0],
            north: [-dec.sin() * ra.cos(), -dec.sin() * ra.sin(), dec.cos()],
            sin_radius,
            cos_radius,
        }
    }

    /// The shorter way from `a` to `b`, which are neither equal nor opposite.
    pub(crate) fn great_arc(a: UnitVector, b: UnitVector) -> Self {
        let towards = plane_normal(a, b).and_then(|normal| normalised(cross(normal, a))).unwrap_or(a);
        Self::GreatArc { from: a, towards, length_rad: angle(a, b) }
    }

    /// The position at `t`; beyond 0 and 1 the curve goes on.
    pub(crate) fn at(&self, t: f64) -> Option<SkyCoord> {
        match *self {
            Self::Circle { centre, east, north, sin_radius, cos_radius } => {
                let (sin, cos) = (t * TAU).sin_cos();
                let around = combine(east, sin, north, cos);
                SkyCoord::from_vector(combine(centre, cos_radius, around, sin_radius))
            }
            Self::GreatArc { from, towards, length_rad } => {
                let (sin, cos) = (t * length_rad).sin_cos();
                SkyCoord::from_vector(combine(from, cos, towards, sin))
            }
            Self::Parallel { dec_deg, west_deg, span_deg } => {
                SkyCoord::new(full_turn_deg(west_deg + t * span_deg), dec_deg).ok()
            }
            Self::Meridian { ra_deg, south_deg, north_deg } => {
                // At its ends exactly the sides; never over the pole.
                let dec_deg = south_deg * (1.0 - t) + north_deg * t;
                SkyCoord::new(ra_deg, dec_deg.clamp(-90.0, 90.0)).ok()
            }
        }
    }

    /// Whether 1 is the same point as 0.
    pub(crate) fn is_closed(&self) -> bool {
        match self {
            Self::Circle { .. } => true,
            Self::Parallel { span_deg, .. } => *span_deg >= 360.0,
            Self::GreatArc { .. } | Self::Meridian { .. } => false,
        }
    }

    /// Length on the sphere, radians.
    pub(crate) fn length_rad(&self) -> f64 {
        match self {
            Self::Circle { sin_radius, .. } => TAU * sin_radius.abs(),
            Self::GreatArc { length_rad, .. } => *length_rad,
            Self::Parallel { dec_deg, span_deg, .. } => span_deg.to_radians() * dec_deg.to_radians().cos(),
            Self::Meridian { south_deg, north_deg, .. } => (north_deg - south_deg).to_radians(),
        }
    }

    /// Into how many steps to cut the curve so that each turns and runs little.
    pub(crate) fn steps(&self) -> usize {
        let turn_deg = match self {
            Self::Circle { .. } => 360.0,
            Self::Parallel { span_deg, .. } => *span_deg,
            Self::GreatArc { .. } | Self::Meridian { .. } => 0.0,
        };
        let by_turn = (turn_deg / 5.625).ceil();
        let by_length = (self.length_rad().to_degrees() / 2.0).ceil();
        // Both are finite and at most 180.
        (by_turn.max(by_length) as usize).clamp(8, 180)
    }
}
