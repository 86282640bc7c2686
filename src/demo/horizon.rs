//! Where the sky stands above the demo observatory: sidereal time, altitude, airmass.

use chrono::{DateTime, Utc};

use super::geometry::Direction;
use super::night::SITE;

/// Days since 1858 November 17.
pub(super) fn modified_julian_date(time: DateTime<Utc>) -> f64 {
    40_587.0 + time.timestamp_millis() as f64 / 86_400_000.0
}

/// Mean sidereal time at the site (Meeus, Astronomical Algorithms, 12.4, without the slow terms).
pub(super) fn local_sidereal_deg(time: DateTime<Utc>) -> f64 {
    let days = modified_julian_date(time) - 51_544.5;
    (280.460_618_37 + 360.985_647_366_29 * days + SITE.longitude_deg).rem_euclid(360.0)
}

/// Altitude and azimuth (north through east), without refraction.
pub(super) fn horizontal(sky: Direction, time: DateTime<Utc>) -> (f64, f64) {
    let (sin_hour, cos_hour) = (local_sidereal_deg(time) - sky.ra_deg).to_radians().sin_cos();
    let (sin_lat, cos_lat) = SITE.latitude_deg.to_radians().sin_cos();
    let (sin_dec, cos_dec) = sky.dec_deg.to_radians().sin_cos();
    let altitude = (sin_lat * sin_dec + cos_lat * cos_dec * cos_hour).asin().to_degrees();
    let azimuth = (-cos_dec * sin_hour).atan2(sin_dec * cos_lat - cos_dec * cos_hour * sin_lat).to_degrees();
    (altitude, azimuth.rem_euclid(360.0))
}

/// Pickering (2002), good to the horizon.
pub(super) fn airmass(altitude_deg: f64) -> f64 {
    1.0 / (altitude_deg + 244.0 / (165.0 + 47.0 * altitude_deg.powf(1.1))).to_radians().sin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::night::frames;

    #[test]
    fn every_target_stands_well_above_the_horizon() {
        for frame in frames() {
            if let Some(geometry) = frame.geometry() {
                let (altitude, _) = horizontal(geometry.crval, frame.start);
                assert!(altitude > 25.0, "{altitude}");
                assert!((1.0..2.4).contains(&airmass(altitude)));
            }
        }
    }
}
