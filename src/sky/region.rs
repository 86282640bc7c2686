//! Regions of the sky as the Virtual Observatory asks for them (SODA 1.0 §3.3): circle, polygon, range.

use thiserror::Error;

use super::curve::Curve;
use super::polygon::{PolygonError, SphericalPolygon};
use super::{CoordinateError, SkyCoord, vector};
use crate::error::{Classified, ErrorKind};

/// Why numbers make no region.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum RegionError {
    /// A centre or a vertex is no position.
    #[error(transparent)]
    Position(#[from] CoordinateError),
    /// Not in (0, 180].
    #[error("radius {0} is not above 0 and at most 180 degrees")]
    Radius(f64),
    /// A longitude without its latitude.
    #[error("a polygon needs a latitude for every longitude")]
    OddPolygon,
    /// The vertices enclose nothing.
    #[error(transparent)]
    Polygon(#[from] PolygonError),
    /// A longitude outside [-180, 360] or not a number.
    #[error("longitude {0} of a range is not between 0 and 360 degrees")]
    RangeLongitude(f64),
    /// A latitude outside [-90, 90] or not a number.
    #[error("latitude {0} of a range is not between -90 and 90 degrees")]
    RangeLatitude(f64),
    /// The south side lies north of the north side.
    #[error("the latitudes of a range are in the wrong order")]
    RangeOrder,
}

impl Classified for RegionError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

/// Everything within a distance of a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    centre: SkyCoord,
    radius_deg: f64,
}

/// Between two meridians and two parallels (not great circles), edges included.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::struct_field_names, reason = "units belong in names")]
pub struct Range {
    /// Western side, [0, 360).
    west_deg: f64,
    /// Eastern side, [0, 360).
    east_deg: f64,
    /// Degrees eastwards from west to east, [0, 360].
    span_deg: f64,
    south_deg: f64,
    north_deg: f64,
}

/// A region of the sky, validated.
#[derive(Clone, Debug, PartialEq)]
pub enum Region {
    /// `CIRCLE`
    Circle(Circle),
    /// `POLYGON`
    Polygon(SphericalPolygon),
    /// `RANGE`
    Range(Range),
}

impl Region {
    /// A circle; degrees, radius in (0, 180].
    ///
    /// # Errors
    /// [`RegionError`] names the value that is out of range.
    pub fn circle(ra_deg: f64, dec_deg: f64, radius_deg: f64) -> Result<Self, RegionError> {
        let centre = SkyCoord::new(ra_deg, dec_deg)?;
        if !(radius_deg > 0.0 && radius_deg <= 180.0) {
            return Err(RegionError::Radius(radius_deg));
        }
        Ok(Self::Circle(Circle { centre, radius_deg }))
    }

    /// A polygon from longitudes and latitudes in turn, degrees.
    ///
    /// # Errors
    /// [`RegionError`] for an odd count, a vertex off the sphere or an outline that encloses nothing.
    pub fn polygon(longitudes_and_latitudes_deg: &[f64]) -> Result<Self, RegionError> {
        let (pairs, rest) = longitudes_and_latitudes_deg.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(RegionError::OddPolygon);
        }
        let vertices: Vec<SkyCoord> =
            pairs.iter().map(|[ra, dec]| SkyCoord::new(*ra, *dec)).collect::<Result<_, _>>()?;
        Ok(Self::Polygon(SphericalPolygon::new(&vertices)?))
    }

    /// A range; degrees. An infinite side stands for the natural limit (0, 360, -90, 90); `lon1 > lon2` crosses
    /// longitude 0; `lon2 - lon1 ≥ 360` means all longitudes.
    ///
    /// # Errors
    /// [`RegionError`] for a value off the sphere or latitudes in the wrong order.
    pub fn range(lon1: f64, lon2: f64, lat1: f64, lat2: f64) -> Result<Self, RegionError> {
        let limit = |value: f64, infinite: f64, natural: f64| {
            // Compared as bits on purpose: only the one infinity has a meaning on this side.
            if value.to_bits() == infinite.to_bits() { natural } else { value }
        };
        let (lon1, lon2) = (limit(lon1, f64::NEG_INFINITY, 0.0), limit(lon2, f64::INFINITY, 360.0));
        let (lat1, lat2) = (limit(lat1, f64::NEG_INFINITY, -90.0), limit(lat2, f64::INFINITY, 90.0));
        if let Some(&bad) = [lon1, lon2].iter().find(|lon| !(-180.0..=360.0).contains(*lon)) {
            return Err(RegionError::RangeLongitude(bad));
        }
        if let Some(&bad) = [lat1, lat2].iter().find(|lat| !(-90.0..=90.0).contains(*lat)) {
            return Err(RegionError::RangeLatitude(bad));
        }
        if lat1 > lat2 {
            return Err(RegionError::RangeOrder);
        }
        let span_deg = if lon2 - lon1 >= 360.0 { 360.0 } else { vector::full_turn_deg(lon2 - lon1) };
        Ok(Self::Range(Range {
            west_deg: vector::full_turn_deg(lon1),
            east_deg: vector::full_turn_deg(lon2),
            span_deg,
            south_deg: lat1,
            north_deg: lat2,
        }))
    }

    /// Whether a position lies inside or on the edge.
    pub fn contains(&self, position: SkyCoord) -> bool {
        match self {
            Self::Circle(circle) => circle.centre.separation_deg(position) <= circle.radius_deg,
            Self::Polygon(polygon) => polygon.contains(position),
            Self::Range(range) => range.contains(position),
        }
    }

    /// The position the region is about: centre of a circle, centroid of a polygon's vertices, middle of a range.
    pub fn centre(&self) -> SkyCoord {
        match self {
            Self::Circle(circle) => circle.centre,
            Self::Polygon(polygon) => polygon.centroid(),
            Self::Range(range) => {
                range.at(range.span_deg / 2.0, f64::midpoint(range.south_deg, range.north_deg))
            }
        }
    }

    /// Pieces its edge is made of: what a test of one position costs.
    pub fn edges(&self) -> usize {
        match self {
            Self::Circle(_) => 1,
            Self::Polygon(polygon) => polygon.vertices().len(),
            Self::Range(_) => 4,
        }
    }

    /// Radius in degrees of a circle around [`Self::centre`] that covers the region.
    pub fn covering_radius_deg(&self) -> f64 {
        let centre = self.centre();
        let farthest = match self {
            Self::Circle(circle) => return circle.radius_deg,
            Self::Polygon(polygon) => {
                polygon.vertices().iter().map(|vertex| centre.separation_deg(*vertex)).fold(0.0, f64::max)
            }
            Self::Range(range) => [range.south_deg, range.north_deg]
                .iter()
                .map(|&dec| centre.separation_deg(range.at(0.0, dec)))
                .fold(0.0, f64::max),
        };
        // A cap that holds the corners holds what lies between them only while it is smaller than a hemisphere.
        if farthest < 89.0 { farthest * (1.0 + 1e-12) + 1e-12 } else { 180.0 }
    }

    /// The edge of the region in pieces; empty when it is the whole sky.
    pub(crate) fn boundary(&self) -> Vec<Curve> {
        match self {
            Self::Circle(circle) if circle.radius_deg >= 180.0 => Vec::new(),
            Self::Circle(circle) => vec![Curve::circle(circle.centre, circle.radius_deg)],
            Self::Polygon(polygon) => polygon.edges().map(|(a, b)| Curve::great_arc(a, b)).collect(),
            Self::Range(range) => range.boundary(),
        }
    }
}

impl Range {
    /// The parallels it lies between, degrees.
    pub(super) fn declinations_deg(&self) -> [f64; 2] {
        [self.south_deg, self.north_deg]
    }

    fn contains(&self, position: SkyCoord) -> bool {
        (self.south_deg..=self.north_deg).contains(&position.dec_deg())
            && (self.span_deg >= 360.0
                || position.dec_deg().abs() >= 90.0
                || vector::full_turn_deg(position.ra_deg() - self.west_deg) <= self.span_deg
                || position.ra_deg().to_bits() == self.east_deg.to_bits())
    }

    /// The position `east_deg` degrees east of the western side.
    fn at(&self, east_deg: f64, dec_deg: f64) -> SkyCoord {
        SkyCoord::new(vector::full_turn_deg(self.west_deg + east_deg), dec_deg)
            .expect("a longitude on the circle and a latitude checked on construction")
    }

    fn boundary(&self) -> Vec<Curve> {
        let mut curves = Vec::with_capacity(4);
        for dec_deg in [self.south_deg, self.north_deg] {
            if dec_deg.abs() < 90.0 {
                curves.push(Curve::Parallel { dec_deg, west_deg: self.west_deg, span_deg: self.span_deg });
            }
        }
        if self.span_deg < 360.0 {
            for ra_deg in [self.west_deg, self.east_deg] {
                curves.push(Curve::Meridian { ra_deg, south_deg: self.south_deg, north_deg: self.north_deg });
            }
        }
        curves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    fn contains(region: &Region, ra: f64, dec: f64) -> bool {
        region.contains(SkyCoord::new(ra, dec).unwrap())
    }

    fn range(sides: [f64; 4]) -> Region {
        Region::range(sides[0], sides[1], sides[2], sides[3]).unwrap()
    }

    #[test]
    fn circle_across_ra_zero_keeps_both_sides() {
        let circle = Region::circle(360.0, 0.0, 1.0).unwrap();
        assert!(contains(&circle, 359.5, 0.0) && contains(&circle, 0.5, 0.0) && !contains(&circle, 1.1, 0.0));
        assert_eq!(circle, Region::circle(0.0, 0.0, 1.0).unwrap());
    }

    #[test]
    fn range_wraps_and_knows_its_natural_limits() {
        for (sides, inside, outside) in [
            ([359.9, 0.1, -1.0, 1.0], [(0.0, 0.0), (359.95, 1.0), (0.1, -1.0)], Some((1.0, 0.0))),
            ([-0.1, 0.1, -1.0, 1.0], [(0.0, 0.0), (359.95, 1.0), (359.9, 0.0)], Some((180.0, 0.0))),
            ([10.0, 20.0, -INF, 5.0], [(10.0, -89.0), (20.0, 5.0), (15.0, -90.0)], Some((21.0, 0.0))),
            ([-INF, 20.0, 0.0, 5.0], [(0.0, 0.0), (20.0, 5.0), (1.0, 1.0)], Some((359.0, 1.0))),
            ([340.0, INF, 0.0, 5.0], [(340.0, 0.0), (359.99, 5.0), (350.0, 1.0)], Some((1.0, 1.0))),
            ([-INF, INF, -INF, INF], [(0.0, 90.0), (123.0, -90.0), (359.9, 0.0)], None),
            ([-180.0, 180.0, 0.0, 1.0], [(0.0, 0.0), (123.0, 1.0), (359.9, 0.5)], Some((0.0, 1.1))),
            ([0.0, 360.0, 89.0, 90.0], [(0.0, 89.0), (200.0, 90.0), (359.9, 89.5)], Some((0.0, 88.9))),
            ([30.0, 30.0, 2.0, 2.0], [(30.0, 2.0), (30.0, 2.0), (30.0, 2.0)], Some((30.0, 2.1))),
        ] {
            let region = range(sides);
            for (ra, dec) in inside {
                assert!(contains(&region, ra, dec), "{sides:?} ({ra}, {dec})");
            }
            if let Some((ra, dec)) = outside {
                assert!(!contains(&region, ra, dec), "{sides:?} ({ra}, {dec})");
            }
        }
    }

    #[test]
    fn range_is_bounded_by_parallels_and_a_polygon_by_great_circles() {
        let corners = [0.0, 60.0, 40.0, 60.0, 40.0, 70.0, 0.0, 70.0];
        let polygon = Region::polygon(&corners).unwrap();
        let range = range([0.0, 40.0, 60.0, 70.0]);
        assert!(contains(&range, 20.0, 60.1) && !contains(&polygon, 20.0, 60.1));
        assert!(!contains(&range, 20.0, 70.1) && contains(&polygon, 20.0, 70.1));
    }

    #[test]
    fn numbers_that_make_no_region_are_refused() {
        for radius in [0.0, -1.0, 180.1, f64::NAN, INF] {
            assert!(matches!(Region::circle(0.0, 0.0, radius), Err(RegionError::Radius(_))), "{radius}");
        }
        assert!(matches!(Region::circle(361.0, 0.0, 1.0), Err(RegionError::Position(_))));
        assert_eq!(Region::polygon(&[0.0, 0.0, 1.0, 0.0, 1.0]), Err(RegionError::OddPolygon));
        assert_eq!(
            Region::polygon(&[0.0, 0.0, 1.0, 0.0]),
            Err(RegionError::Polygon(PolygonError::TooFewVertices))
        );
        assert!(matches!(Region::polygon(&[0.0, 0.0, 1.0, 91.0, 1.0, 1.0]), Err(RegionError::Position(_))));
        for longitudes in [(INF, 1.0), (1.0, -INF), (f64::NAN, 1.0), (0.0, 361.0), (-181.0, 0.0)] {
            let refused = Region::range(longitudes.0, longitudes.1, 0.0, 1.0);
            assert!(matches!(refused, Err(RegionError::RangeLongitude(_))), "{longitudes:?}");
        }
        for latitudes in [(INF, 1.0), (1.0, -INF), (f64::NAN, 1.0), (0.0, 91.0)] {
            let refused = Region::range(0.0, 1.0, latitudes.0, latitudes.1);
            assert!(matches!(refused, Err(RegionError::RangeLatitude(_))), "{latitudes:?}");
        }
        assert_eq!(Region::range(0.0, 1.0, 2.0, 1.0), Err(RegionError::RangeOrder));
    }

    #[test]
    fn a_covering_circle_covers_the_edge() {
        for region in [
            Region::circle(10.0, 10.0, 3.0).unwrap(),
            Region::polygon(&[10.0, 80.0, 100.0, 85.0, 50.0, 70.0]).unwrap(),
            range([350.0, 20.0, -10.0, 35.0]),
            range([0.0, 360.0, 60.0, 80.0]),
            range([0.0, 360.0, -90.0, 90.0]),
            range([10.0, 250.0, -80.0, -60.0]),
        ] {
            let (centre, radius) = (region.centre(), region.covering_radius_deg());
            for curve in region.boundary() {
                for step in 0..=50 {
                    let point = curve.at(f64::from(step) / 50.0).unwrap();
                    assert!(centre.separation_deg(point) <= radius + 1e-9, "{region:?} {point:?}");
                }
            }
        }
    }
}
