//! Where the pixels of a made image lie: TAN, TAN-SIP and CEA both ways, and the cards that say so.
//!
//! Kept apart from `crate::sky` on purpose: what the service computes is checked against what was drawn here.

use super::distortion;
use crate::fits::Header;

/// A direction on the sky, ICRS degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Direction {
    /// Right ascension, 0 to 360.
    pub ra_deg: f64,
    /// Declination.
    pub dec_deg: f64,
}

impl Direction {
    /// A direction from degrees.
    pub const fn new(ra_deg: f64, dec_deg: f64) -> Self {
        Self { ra_deg, dec_deg }
    }

    /// The unit vector to it.
    pub(super) fn unit(self) -> [f64; 3] {
        let (sin_ra, cos_ra) = self.ra_deg.to_radians().sin_cos();
        let (sin_dec, cos_dec) = self.dec_deg.to_radians().sin_cos();
        [cos_dec * cos_ra, cos_dec * sin_ra, sin_dec]
    }

    fn of_unit(v: [f64; 3]) -> Self {
        Self {
            ra_deg: v[1].atan2(v[0]).to_degrees().rem_euclid(360.0),
            dec_deg: v[2].atan2(v[0].hypot(v[1])).to_degrees(),
        }
    }

    /// Great-circle distance in degrees.
    pub(super) fn separation_deg(self, other: Self) -> f64 {
        let (a, b) = (self.unit(), other.unit());
        let chord = ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)).sqrt();
        2.0 * (chord / 2.0).asin().to_degrees()
    }
}

/// ICRS to FK5 J2000: the frame bias (Feissel & Mignard 1998), as ERFA applies it.
const ICRS_TO_FK5: [[f64; 3]; 3] = [
    [1.0, -1.110_223_329_1e-7, -4.411_804_492_0e-8],
    [1.110_223_372_3e-7, 1.0, 9.647_792_246_0e-8],
    [4.411_803_427_0e-8, -9.647_792_752_0e-8, 1.0],
];

/// The equatorial frame an image's header speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Equatorial {
    Icrs,
    Fk5,
}

impl Equatorial {
    /// What this frame calls an ICRS direction.
    fn of_icrs(self, direction: Direction) -> Direction {
        self.rotate(direction, |m, row, column| m[row][column])
    }

    /// The ICRS direction of one in this frame.
    fn to_icrs(self, direction: Direction) -> Direction {
        self.rotate(direction, |m, row, column| m[column][row])
    }

    fn rotate(self, direction: Direction, entry: impl Fn(&[[f64; 3]; 3], usize, usize) -> f64) -> Direction {
        if self == Self::Icrs {
            return direction;
        }
        let v = direction.unit();
        let row = |r| (0..3).map(|c| entry(&ICRS_TO_FK5, r, c) * v[c]).sum();
        Direction::of_unit([row(0), row(1), row(2)])
    }
}

/// How the sphere is laid on the plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Projection {
    /// Gnomonic about `CRVAL`.
    Tan,
    /// Gnomonic with the camera's [distortion].
    TanSip,
    /// Cylindrical equal area, reference on the equator, λ = 1.
    Cea,
}

/// The world coordinates of an image. Pixels are FITS pixels: the first one's centre is (1, 1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    pub projection: Projection,
    pub equatorial: Equatorial,
    pub crpix: [f64; 2],
    /// In the image's own frame, not ICRS.
    pub crval: Direction,
    pub cd: [[f64; 2]; 2],
}

impl Geometry {
    /// This geometry with `CRVAL` moved so that `pixel` shows `sky` to 1e-12 degrees.
    pub(super) fn anchored(mut self, pixel: [f64; 2], sky: Direction) -> Self {
        self.crval = self.equatorial.of_icrs(sky);
        for _ in 0..4 {
            let shown = self.sky_at(pixel);
            self.crval.ra_deg = (self.crval.ra_deg + sky.ra_deg - shown.ra_deg).rem_euclid(360.0);
            self.crval.dec_deg += sky.dec_deg - shown.dec_deg;
        }
        self
    }

    /// The geometry of the part whose first pixel is the 0-based pixel (`x`, `y`) of this image.
    pub(super) fn cropped(mut self, x: usize, y: usize) -> Self {
        self.crpix = [self.crpix[0] - x as f64, self.crpix[1] - y as f64];
        self
    }

    /// Length of a pixel's side: sqrt |det CD|, in arcseconds.
    pub(super) fn pixel_scale_arcsec(&self) -> f64 {
        (self.cd[0][0] * self.cd[1][1] - self.cd[0][1] * self.cd[1][0]).abs().sqrt() * 3600.0
    }

    /// Pixels along both axes that lead `east` and `north` by these degrees on the plane: CD inverted.
    pub(super) fn pixels_along(&self, east: f64, north: f64) -> [f64; 2] {
        let [[east_x, east_y], [north_x, north_y]] = self.cd;
        let determinant = east_x * north_y - east_y * north_x;
        [(north_y * east - east_y * north) / determinant, (east_x * north - north_x * east) / determinant]
    }

    /// The direction a pixel shows.
    pub(super) fn sky_at(&self, pixel: [f64; 2]) -> Direction {
        let (mut u, mut v) = (pixel[0] - self.crpix[0], pixel[1] - self.crpix[1]);
        if self.projection == Projection::TanSip {
            (u, v) = distortion::undistorted(u, v);
        }
        let x = self.cd[0][0] * u + self.cd[0][1] * v;
        let y = self.cd[1][0] * u + self.cd[1][1] * v;
        let own = match self.projection {
            Projection::Cea => Direction::new(
                (self.crval.ra_deg + x).rem_euclid(360.0),
                y.to_radians().clamp(-1.0, 1.0).asin().to_degrees(),
            ),
            Projection::Tan | Projection::TanSip => {
                let (x, y) = (x.to_radians(), y.to_radians());
                let (sin_dec, cos_dec) = self.crval.dec_deg.to_radians().sin_cos();
                let depth = cos_dec - y * sin_dec;
                let ra = x.atan2(depth).to_degrees() + self.crval.ra_deg;
                let dec = (sin_dec + y * cos_dec).atan2(x.hypot(depth)).to_degrees();
                Direction::new(ra.rem_euclid(360.0), dec)
            }
        };
        self.equatorial.to_icrs(own)
    }

    /// The pixel that shows `sky`; `None` on the far side of a gnomonic plane.
    pub(super) fn pixel_at(&self, sky: Direction) -> Option<[f64; 2]> {
        let sky = self.equatorial.of_icrs(sky);
        let east_deg = (sky.ra_deg - self.crval.ra_deg + 180.0).rem_euclid(360.0) - 180.0;
        let (x, y) = match self.projection {
            Projection::Cea => (east_deg, sky.dec_deg.to_radians().sin().to_degrees()),
            Projection::Tan | Projection::TanSip => {
                let (sin_east, cos_east) = east_deg.to_radians().sin_cos();
                let (sin_dec, cos_dec) = sky.dec_deg.to_radians().sin_cos();
                let (sin_ref, cos_ref) = self.crval.dec_deg.to_radians().sin_cos();
                let depth = sin_ref * sin_dec + cos_ref * cos_dec * cos_east;
                if depth <= 0.0 {
                    return None;
                }
                let x = cos_dec * sin_east / depth;
                let y = (cos_ref * sin_dec - sin_ref * cos_dec * cos_east) / depth;
                (x.to_degrees(), y.to_degrees())
            }
        };
        let [mut u, mut v] = self.pixels_along(x, y);
        if self.projection == Projection::TanSip {
            (u, v) = distortion::distorted(u, v);
        }
        Some([u + self.crpix[0], v + self.crpix[1]])
    }

    /// Appends the WCS cards.
    pub(super) fn describe(&self, header: &mut Header) {
        let (kind, suffix) = match self.projection {
            Projection::Tan => ("TAN", ""),
            Projection::TanSip => ("TAN", "-SIP"),
            Projection::Cea => ("CEA", ""),
        };
        header.set_real("EQUINOX", 2000.0, "equinox of the coordinates");
        let frame = if self.equatorial == Equatorial::Fk5 { "FK5" } else { "ICRS" };
        header.set_text("RADESYS", frame, "coordinate system");
        header.set_text("CTYPE1", &format!("RA---{kind}{suffix}"), "");
        header.set_text("CTYPE2", &format!("DEC--{kind}{suffix}"), "");
        header.set_text("CUNIT1", "deg", "");
        header.set_text("CUNIT2", "deg", "");
        header.set_real("CRPIX1", self.crpix[0], "reference pixel");
        header.set_real("CRPIX2", self.crpix[1], "reference pixel");
        header.set_real("CRVAL1", self.crval.ra_deg, "[deg] right ascension there");
        header.set_real("CRVAL2", self.crval.dec_deg, "[deg] declination there");
        for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            header.set_real(&format!("CD{}_{}", row + 1, column + 1), self.cd[row][column], "[deg/pixel]");
        }
        if self.projection == Projection::TanSip {
            distortion::describe(header);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(projection: Projection, equatorial: Equatorial) -> Geometry {
        Geometry {
            projection,
            equatorial,
            crpix: [1024.5, 744.5],
            crval: Direction::new(359.99, if projection == Projection::Cea { 0.0 } else { 0.1 }),
            cd: [[-2e-8, 1.1e-4], [1.1e-4, 3e-8]],
        }
    }

    #[test]
    fn there_and_back_is_the_same_pixel_in_every_projection() {
        for projection in [Projection::Tan, Projection::TanSip, Projection::Cea] {
            for equatorial in [Equatorial::Icrs, Equatorial::Fk5] {
                let geometry = frame(projection, equatorial);
                for pixel in [[1.0, 1.0], [2048.0, 1489.0], [1024.5, 744.5], [17.25, 1400.75]] {
                    let back = geometry.pixel_at(geometry.sky_at(pixel)).unwrap();
                    assert!((back[0] - pixel[0]).hypot(back[1] - pixel[1]) < 1e-7, "{projection:?} {back:?}");
                }
            }
        }
    }

    #[test]
    fn an_anchored_geometry_shows_the_direction_at_the_pixel() {
        let sky = Direction::new(0.000_5, -0.1055);
        let geometry = frame(Projection::TanSip, Equatorial::Fk5).anchored([300.25, 1200.5], sky);
        assert!(geometry.sky_at([300.25, 1200.5]).separation_deg(sky) < 1e-11);
    }

    #[test]
    fn the_far_side_of_the_sky_has_no_pixel() {
        assert!(frame(Projection::Tan, Equatorial::Icrs).pixel_at(Direction::new(180.0, 0.0)).is_none());
    }
}
