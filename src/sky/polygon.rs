//! Polygons on the sphere with great-circle edges. Whatever way they are wound, the smaller side is the inside.

use std::f64::consts::TAU;

use thiserror::Error;

use super::SkyCoord;
use super::vector::{UnitVector, combine, cross, dot, norm, normalised};
use crate::error::{Classified, ErrorKind};

/// More vertices than anyone draws; crossing edges are searched pair by pair.
pub const MAX_VERTICES: usize = 2048;

/// Why a list of vertices is no polygon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PolygonError {
    /// Fewer than three that differ.
    #[error("a polygon needs at least three different vertices")]
    TooFewVertices,
    /// More than [`MAX_VERTICES`].
    #[error("a polygon may have at most {MAX_VERTICES} vertices")]
    TooManyVertices,
    /// Between opposite points runs no single great circle.
    #[error("neighbouring vertices of a polygon must not be opposite points of the sky")]
    AntipodalNeighbours,
    /// Inside and outside would be undefined.
    #[error("the edges of a polygon must not cross")]
    CrossingEdges,
    /// There is no inside.
    #[error("the vertices of a polygon must not lie on one great circle")]
    Flat,
}

impl Classified for PolygonError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

/// A simple polygon of less than half the sky.
#[derive(Clone, Debug, PartialEq)]
pub struct SphericalPolygon {
    vertices: Vec<SkyCoord>,
    /// Directions of the vertices with the inside on the left, seen from outside the sphere.
    corners: Vec<UnitVector>,
    /// Unit normals of the edges from each corner to the next, pointing to the inside.
    normals: Vec<UnitVector>,
}

impl SphericalPolygon {
    /// A polygon from its vertices in order. Repeated neighbours and a closing vertex are dropped.
    ///
    /// # Errors
    /// [`PolygonError`] when fewer than three different vertices remain or the outline is not simple.
    pub fn new(vertices: &[SkyCoord]) -> Result<Self, PolygonError> {
        let mut kept: Vec<SkyCoord> = Vec::with_capacity(vertices.len());
        for &vertex in vertices {
            if kept.last().is_none_or(|last| !same_point(*last, vertex)) {
                kept.push(vertex);
            }
        }
        while kept.len() > 1 && same_point(kept[0], kept[kept.len() - 1]) {
            kept.pop();
        }
        if kept.len() < 3 {
            return Err(PolygonError::TooFewVertices);
        }
        if kept.len() > MAX_VERTICES {
            return Err(PolygonError::TooManyVertices);
        }
        let mut corners: Vec<UnitVector> = kept.iter().map(|vertex| vertex.unit_vector()).collect();
        let normals = edge_normals(&corners)?;
        if is_flat(&corners, &normals) {
            return Err(PolygonError::Flat);
        }
        if has_crossing_edges(&corners, &normals) {
            return Err(PolygonError::CrossingEdges);
        }
        let normals = if area_on_the_left(&corners) > TAU {
            corners.reverse();
            edge_normals(&corners)?
        } else {
            normals
        };
        Ok(Self { vertices: kept, corners, normals })
    }

    /// The vertices in the order given, without repetitions.
    pub fn vertices(&self) -> &[SkyCoord] {
        &self.vertices
    }

    /// The vertices counter-clockwise as seen from the Earth, the one of the smallest longitude and latitude first:
    /// the same however the polygon was given.
    pub fn canonical_vertices(&self) -> Vec<SkyCoord> {
        let mut vertices = self.vertices.clone();
        if !self.is_counter_clockwise() {
            vertices.reverse();
        }
        let key = |at: &SkyCoord| (at.ra_deg(), at.dec_deg());
        let precedes =
            |a: &SkyCoord, b: &SkyCoord| key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal);
        let first = (0..vertices.len()).min_by(|a, b| precedes(&vertices[*a], &vertices[*b])).unwrap_or(0);
        vertices.rotate_left(first);
        vertices
    }

    /// Whether the vertices run counter-clockwise as seen from the Earth (north up, east left): the order
    /// of an `s_region`.
    pub fn is_counter_clockwise(&self) -> bool {
        // Seen from outside the inside is on the left in `corners`; seen from the Earth it is the other way.
        self.corners.first() != self.vertices.first().map(|vertex| vertex.unit_vector()).as_ref()
    }

    /// Whether a position lies inside or on an edge.
    pub fn contains(&self, position: SkyCoord) -> bool {
        self.nearest_edge(position.unit_vector()).1
    }

    /// Distance from a position to the polygon in degrees; 0 inside.
    pub fn distance_deg(&self, position: SkyCoord) -> f64 {
        match self.nearest_edge(position.unit_vector()) {
            (_, true) => 0.0,
            (chord_squared, false) => 2.0 * (chord_squared.sqrt() / 2.0).min(1.0).asin().to_degrees(),
        }
    }

    /// The squared chord to the nearest point of the outline, and whether `p` is inside: which it is where that
    /// point's edge has its left.
    fn nearest_edge(&self, p: UnitVector) -> (f64, bool) {
        let count = self.corners.len();
        let mut nearest = (f64::INFINITY, false);
        for (edge, (&a, &normal)) in self.corners.iter().zip(&self.normals).enumerate() {
            let b = self.corners[(edge + 1) % count];
            let height = dot(normal, p);
            let (distance, is_inside) = if dot(cross(normal, a), p) >= 0.0 && dot(cross(b, normal), p) >= 0.0
            {
                (2.0 * height * height / (1.0 + (1.0 - height * height).max(0.0).sqrt()), height >= 0.0)
            } else {
                let next_normal = self.normals[(edge + 1) % count];
                let after_next = self.corners[(edge + 2) % count];
                let next_height = dot(next_normal, p);
                let is_convex = dot(normal, after_next) > 0.0;
                let is_inside = if is_convex {
                    height >= 0.0 && next_height >= 0.0
                } else {
                    height >= 0.0 || next_height >= 0.0
                };
                let to_corner = combine(p, 1.0, b, -1.0);
                (dot(to_corner, to_corner), is_inside)
            };
            if distance < nearest.0 {
                nearest = (distance, is_inside);
            }
        }
        nearest
    }

    /// The direction of the mean of the vertices, or the first vertex when they cancel out.
    pub fn centroid(&self) -> SkyCoord {
        let sum = self.corners.iter().fold([0.0; 3], |sum, corner| combine(sum, 1.0, *corner, 1.0));
        SkyCoord::from_vector(sum).unwrap_or(self.vertices[0])
    }

    /// The edges as pairs of directions, the inside on the left.
    pub(crate) fn edges(&self) -> impl Iterator<Item = (UnitVector, UnitVector)> + '_ {
        let count = self.corners.len();
        (0..count).map(move |edge| (self.corners[edge], self.corners[(edge + 1) % count]))
    }
}

/// Closer than a hundredth of a micro-arcsecond.
fn same_point(a: SkyCoord, b: SkyCoord) -> bool {
    a.separation_deg(b) < 1e-12
}

/// `a × b` without cancellation for neighbouring directions.
pub(crate) fn plane_normal(a: UnitVector, b: UnitVector) -> Option<UnitVector> {
    normalised(cross(combine(a, 1.0, b, -1.0), combine(a, 1.0, b, 1.0)))
}

fn edge_normals(corners: &[UnitVector]) -> Result<Vec<UnitVector>, PolygonError> {
    (0..corners.len())
        .map(|edge| {
            let (a, b) = (corners[edge], corners[(edge + 1) % corners.len()]);
            if norm(combine(a, 1.0, b, 1.0)) < 1e-9 {
                return Err(PolygonError::AntipodalNeighbours);
            }
            plane_normal(a, b).ok_or(PolygonError::TooFewVertices)
        })
        .collect()
}

/// Whether all corners lie on the great circle of the longest edge, to the precision of their coordinates.
fn is_flat(corners: &[UnitVector], normals: &[UnitVector]) -> bool {
    const THINNEST: f64 = 1e-15;
    let chord = |edge: usize| {
        let side = combine(corners[edge], 1.0, corners[(edge + 1) % corners.len()], -1.0);
        dot(side, side)
    };
    let longest = (0..corners.len()).max_by(|&a, &b| chord(a).total_cmp(&chord(b))).unwrap_or(0);
    corners.iter().all(|corner| dot(normals[longest], *corner).abs() < THINNEST)
}

fn has_crossing_edges(corners: &[UnitVector], normals: &[UnitVector]) -> bool {
    let count = corners.len();
    (0..count).any(|first| {
        let (a, b) = (corners[first], corners[(first + 1) % count]);
        (first + 2..count).filter(|second| (second + 1) % count != first).any(|second| {
            let (c, d) = (corners[second], corners[(second + 1) % count]);
            arcs_cross([a, b], normals[first], [c, d], normals[second])
        })
    })
}

/// Whether two arcs shorter than half a turn meet in a point inside both.
pub(crate) fn arcs_cross(
    [a, b]: [UnitVector; 2],
    first: UnitVector,
    [c, d]: [UnitVector; 2],
    second: UnitVector,
) -> bool {
    const TOUCH: f64 = 1e-15;
    let (c_side, d_side) = (-dot(first, c), dot(first, d));
    let (b_side, a_side) = (-dot(second, b), dot(second, a));
    [c_side, d_side, b_side, a_side].iter().all(|side| *side > TOUCH)
        || [c_side, d_side, b_side, a_side].iter().all(|side| *side < -TOUCH)
}

/// Area to the left of a closed outline, in [0, 4π) steradian: the signed triangles from its first corner
/// (Eriksson 1990).
fn area_on_the_left(corners: &[UnitVector]) -> f64 {
    let a = corners[0];
    let signed: f64 = corners[1..]
        .windows(2)
        .map(|pair| {
            let (b, c) = (pair[0], pair[1]);
            2.0 * dot(a, cross(b, c)).atan2(1.0 + dot(a, b) + dot(b, c) + dot(c, a))
        })
        .sum();
    signed.rem_euclid(2.0 * TAU)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygon(points: &[(f64, f64)]) -> Result<SphericalPolygon, PolygonError> {
        let vertices: Vec<SkyCoord> =
            points.iter().map(|&(ra, dec)| SkyCoord::new(ra, dec).unwrap()).collect();
        SphericalPolygon::new(&vertices)
    }

    fn contains(polygon: &SphericalPolygon, ra: f64, dec: f64) -> bool {
        polygon.contains(SkyCoord::new(ra, dec).unwrap())
    }

    #[test]
    fn either_winding_means_the_smaller_side() {
        let mut points = vec![(10.0, 10.0), (10.2, 10.0), (10.2, 10.2), (10.0, 10.2)];
        let one = polygon(&points).unwrap();
        points.reverse();
        let other = polygon(&points).unwrap();
        for p in [&one, &other] {
            assert!(contains(p, 10.1, 10.1) && !contains(p, 10.3, 10.1) && !contains(p, 190.1, -10.1));
            let square_degrees = area_on_the_left(&p.corners).to_degrees().to_degrees();
            assert!((square_degrees - 0.039_38).abs() < 1e-4, "{square_degrees}");
        }
        // DALI's own example runs clockwise as seen from the Earth.
        assert!(!one.is_counter_clockwise());
        assert!(other.is_counter_clockwise());
    }

    #[test]
    fn concave_corners_are_outside() {
        let arrow = polygon(&[(0.0, 0.0), (2.0, 0.0), (1.0, 0.5), (1.0, 2.0)]).unwrap();
        assert!(contains(&arrow, 0.9, 0.3) && contains(&arrow, 1.5, 0.1) && contains(&arrow, 1.0, 1.0));
        assert!(!contains(&arrow, 1.6, 0.6) && !contains(&arrow, 1.01, 0.6));
    }

    #[test]
    fn a_pole_and_right_ascension_zero_are_ordinary_places() {
        let cap = polygon(&[(0.0, 89.0), (90.0, 89.0), (180.0, 89.0), (270.0, 89.0)]).unwrap();
        assert!(contains(&cap, 123.0, 90.0) && contains(&cap, 0.0, 89.5) && !contains(&cap, 0.0, 88.9));
        assert!(!contains(&cap, 45.0, 89.1), "edges are great circles, not parallels");
        let across = polygon(&[(359.0, -1.0), (1.0, -1.0), (1.0, 1.0), (359.0, 1.0)]).unwrap();
        assert!(contains(&across, 0.0, 0.0) && contains(&across, 359.5, 0.5) && !contains(&across, 2.0, 0.0));
    }

    #[test]
    fn a_strip_longer_than_half_the_sky_keeps_its_inside() {
        let strip = polygon(&[
            (0.0, -5.0),
            (80.0, -5.0),
            (160.0, -5.0),
            (240.0, -5.0),
            (240.0, 5.0),
            (160.0, 5.0),
            (80.0, 5.0),
            (0.0, 5.0),
        ])
        .unwrap();
        for ra in [1.0, 40.0, 120.0, 239.0] {
            assert!(contains(&strip, ra, 0.0) && !contains(&strip, ra, 30.0), "{ra}");
        }
        assert!(!contains(&strip, 300.0, 0.0));
    }

    #[test]
    fn repeated_and_closing_vertices_are_dropped() {
        let p =
            polygon(&[(0.0, 0.0), (0.0, 0.0), (1.0, 0.0), (360.0, 1.0), (0.0, 0.0), (360.0, 0.0)]).unwrap();
        assert_eq!(p.vertices().len(), 3);
    }

    #[test]
    fn outlines_that_enclose_nothing_are_refused() {
        for (points, error) in [
            (&[(0.0, 0.0), (1.0, 0.0), (0.0, 0.0)][..], PolygonError::TooFewVertices),
            (&[(0.0, 90.0), (90.0, 90.0), (180.0, 90.0)], PolygonError::TooFewVertices),
            (&[(0.0, 0.0), (180.0, 0.0), (90.0, 45.0)], PolygonError::AntipodalNeighbours),
            (&[(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)], PolygonError::CrossingEdges),
            (&[(150.0, 0.0), (150.01, 0.0), (150.02, 0.0)], PolygonError::Flat),
            (&[(37.3, -5.7), (37.3, 1.1), (37.3, 40.9), (37.3, 12.0)], PolygonError::Flat),
            (&[(217.3, 60.0), (37.3, 89.0), (37.3, 12.0)], PolygonError::Flat),
            (&[(0.0, 0.0), (120.0, 0.0), (240.0, 0.0)], PolygonError::Flat),
        ] {
            assert_eq!(polygon(points).unwrap_err(), error, "{points:?}");
        }
        let many: Vec<(f64, f64)> =
            (0..=MAX_VERTICES).map(|i| (i as f64 * 360.0 / (MAX_VERTICES + 1) as f64, 0.0)).collect();
        assert_eq!(polygon(&many).unwrap_err(), PolygonError::TooManyVertices);
    }

    #[test]
    fn distances_are_to_the_nearest_edge_or_corner() {
        let square = polygon(&[(10.0, -1.0), (12.0, -1.0), (12.0, 1.0), (10.0, 1.0)]).unwrap();
        let distance = |ra, dec| square.distance_deg(SkyCoord::new(ra, dec).unwrap());
        assert!(distance(11.0, 0.0) == 0.0);
        assert!((distance(13.0, 0.0) - 1.0).abs() < 2e-4, "{}", distance(13.0, 0.0));
        let corner = SkyCoord::new(12.0, 1.0).unwrap();
        let beyond = SkyCoord::new(12.5, 1.5).unwrap();
        assert!((square.distance_deg(beyond) - corner.separation_deg(beyond)).abs() < 1e-12);
    }

    #[test]
    fn thin_polygons_are_polygons() {
        let sliver = 1e-12;
        let p = polygon(&[(10.0, 20.0), (10.0 + sliver, 20.0), (10.0 + sliver, 20.0 + sliver)]);
        assert_eq!(p.unwrap_err(), PolygonError::TooFewVertices, "all the same point");
        let needle = polygon(&[(37.3, -5.7), (37.3 + 1e-10, 1.1), (37.3, 40.9)]).unwrap();
        assert!(contains(&needle, 37.3 + 5e-11, 1.1) && !contains(&needle, 37.3 - 1e-10, 1.1));
    }

    #[test]
    fn small_polygons_are_as_sharp_as_large_ones() {
        let side = 1.0 / 3600.0;
        let p = polygon(&[(10.0, 0.0), (10.0 + side, 0.0), (10.0 + side, side), (10.0, side)]).unwrap();
        assert!(
            contains(&p, 10.0 + 0.001 * side, 0.5 * side) && !contains(&p, 10.0 - 0.001 * side, 0.5 * side)
        );
        assert!(
            contains(&p, 10.0 + 0.999 * side, 0.999 * side) && !contains(&p, 10.0 + 1.001 * side, 0.5 * side)
        );
    }
}
