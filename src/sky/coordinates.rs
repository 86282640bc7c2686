//! Positions on the sky, always ICRS. Other frames come in and go out through [`super::radesys`].

use thiserror::Error;

use super::vector::{self, UnitVector};
use crate::error::{Classified, ErrorKind};

/// Why two numbers are no position on the sky.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum CoordinateError {
    /// Not a finite number in [-180, 360].
    #[error("right ascension {0} is not between 0 and 360 degrees")]
    RightAscension(f64),
    /// Not a finite number in [-90, 90].
    #[error("declination {0} is not between -90 and 90 degrees")]
    Declination(f64),
}

impl Classified for CoordinateError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

/// An ICRS position in degrees: right ascension in [0, 360), declination in [-90, 90].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkyCoord {
    ra_deg: f64,
    dec_deg: f64,
}

impl SkyCoord {
    /// A position from degrees as people write them: right ascension in [0, 360] (360 is 0) or, counted
    /// westwards, in [-180, 0); declination in [-90, 90].
    ///
    /// # Errors
    /// [`CoordinateError`] names the value that is out of range or not a number.
    pub fn new(ra_deg: f64, dec_deg: f64) -> Result<Self, CoordinateError> {
        if !(-180.0..=360.0).contains(&ra_deg) {
            return Err(CoordinateError::RightAscension(ra_deg));
        }
        if !(-90.0..=90.0).contains(&dec_deg) {
            return Err(CoordinateError::Declination(dec_deg));
        }
        // Adding 0 turns a negative zero into zero.
        Ok(Self { ra_deg: vector::full_turn_deg(ra_deg) + 0.0, dec_deg: dec_deg + 0.0 })
    }

    /// The position a direction points to; `None` when it is no direction (zero length, NaN).
    pub fn from_vector(v: [f64; 3]) -> Option<Self> {
        let length = vector::norm(v);
        (length > 0.0 && length.is_finite()).then(|| {
            let (ra_deg, dec_deg) = vector::to_degrees(v);
            Self { ra_deg, dec_deg }
        })
    }

    /// Right ascension in degrees, [0, 360).
    pub fn ra_deg(self) -> f64 {
        self.ra_deg
    }

    /// Declination in degrees, [-90, 90].
    pub fn dec_deg(self) -> f64 {
        self.dec_deg
    }

    /// The direction as a unit vector: x towards (0, 0), y towards (90, 0), z towards the north pole.
    pub fn unit_vector(self) -> UnitVector {
        vector::from_degrees(self.ra_deg, self.dec_deg)
    }

    /// Great-circle distance in degrees, full accuracy from the tiniest angle to 180: the haversine formula with
    /// the sine and the cosine of half the distance, each without cancellation.
    pub fn separation_deg(self, other: Self) -> f64 {
        let around = (self.ra_deg - other.ra_deg).abs();
        let (sin_ra, cos_ra) = (around.min(360.0 - around) / 2.0).to_radians().sin_cos();
        let sin_difference = ((self.dec_deg - other.dec_deg) / 2.0).to_radians().sin();
        let sin_sum = f64::midpoint(self.dec_deg, other.dec_deg).to_radians().sin();
        let cosines = vector::sin_cos_deg(self.dec_deg).1 * vector::sin_cos_deg(other.dec_deg).1;
        let sin_half = (sin_difference * sin_difference + cosines * sin_ra * sin_ra).sqrt();
        let cos_half = (sin_sum * sin_sum + cosines * cos_ra * cos_ra).sqrt();
        2.0 * sin_half.atan2(cos_half).to_degrees()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ra: f64, dec: f64) -> SkyCoord {
        SkyCoord::new(ra, dec).unwrap()
    }

    #[test]
    fn right_ascension_may_be_counted_westwards() {
        assert_eq!(at(-0.5, 1.0), at(359.5, 1.0));
        assert_eq!(at(-180.0, 1.0), at(180.0, 1.0));
        assert_eq!(at(360.0, 1.0), at(0.0, 1.0));
        assert_eq!(at(-0.0, -0.0).ra_deg().to_bits(), 0);
    }

    #[test]
    fn positions_off_the_sphere_are_refused() {
        for (ra, dec) in [(360.1, 0.0), (-180.1, 0.0), (f64::NAN, 0.0), (f64::INFINITY, 0.0)] {
            assert!(matches!(SkyCoord::new(ra, dec), Err(CoordinateError::RightAscension(_))), "{ra}");
        }
        for dec in [90.000_001, -90.1, f64::NAN, f64::NEG_INFINITY] {
            assert!(matches!(SkyCoord::new(1.0, dec), Err(CoordinateError::Declination(_))), "{dec}");
        }
        assert!(SkyCoord::from_vector([0.0, 0.0, 0.0]).is_none());
        assert!(SkyCoord::from_vector([f64::NAN, 0.0, 0.0]).is_none());
    }

    #[test]
    fn separations_hold_their_digits_when_tiny_and_when_antipodal() {
        for (a, b, expected) in [
            (at(10.0, 0.0), at(10.0, 1e-9), 1e-9),
            (at(359.75, 0.0), at(0.25, 0.0), 0.5),
            (at(350.0, 60.0), at(350.0, 60.0 + 1.0 / 65_536.0), 1.0 / 65_536.0),
            (at(0.0, 89.0), at(180.0, 89.0), 2.0),
            (at(10.0, 20.0), at(190.0, -20.0), 180.0),
            (at(0.0, 0.0), at(180.0, 1e-7), 180.0 - 1e-7),
            (at(45.0, 90.0), at(200.0, -90.0), 180.0),
        ] {
            let separation = a.separation_deg(b);
            assert!((separation - expected).abs() <= 1e-14 * expected, "{a:?} {b:?} {separation}");
        }
    }

    #[test]
    fn a_direction_gives_its_position_back() {
        for (ra, dec) in [(0.0, 0.0), (123.456, -78.9), (359.999_999_9, 89.999_999), (200.0, -90.0)] {
            let there = at(ra, dec);
            let back = SkyCoord::from_vector(there.unit_vector()).unwrap();
            assert!(there.separation_deg(back) < 1e-13, "{there:?} {back:?}");
        }
    }
}
