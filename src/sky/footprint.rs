//! The outline of an image on the sky, and the boxes that let an index find it.

use super::polygon::{SphericalPolygon, arcs_cross, plane_normal};
use super::vector::{UnitVector, combine, cross, dot, normalised};
use super::{FitsPixel, Region, SkyCoord, Wcs};

/// How far an image's bent edge may run from its footprint's straight one, pixels.
const BEND_TOLERANCE_PX: f64 = 0.25;
/// Pieces a side may be halved into, as a power of two.
const MAX_HALVINGS: usize = 4;
/// Images reaching further from their centre have no polygon: they are maps of the sky rather than pictures of it.
const MAX_RADIUS_DEG: f64 = 80.0;

/// The outer pixel edges of an image as a polygon, its centre and a circle that covers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Footprint {
    outline: Option<SphericalPolygon>,
    centre: SkyCoord,
    radius_deg: f64,
    pad_rad: f64,
}

impl Footprint {
    /// The footprint of an image of `width` x `height` pixels along its celestial axes; `None` when its centre is
    /// not on the sky.
    pub fn of(wcs: &Wcs, width: usize, height: usize) -> Option<Self> {
        if width == 0 || height == 0 {
            return None;
        }
        let (right, top) = (width as f64 + 0.5, height as f64 + 0.5);
        let centre = wcs.sky_at(FitsPixel { x: f64::midpoint(0.5, right), y: f64::midpoint(0.5, top) })?;
        let pixel_rad = wcs.pixel_scale_deg().to_radians();
        let corner = |(x, y): (f64, f64)| Some((FitsPixel { x, y }, wcs.sky_at(FitsPixel { x, y })?));
        let corners = [(0.5, 0.5), (right, 0.5), (right, top), (0.5, top)].map(corner);
        let mut vertices = Vec::new();
        let is_closed = (0..4).all(|side| {
            let (Some(from), Some(to)) = (corners[side], corners[(side + 1) % 4]) else { return false };
            let tolerance = BEND_TOLERANCE_PX * pixel_rad;
            side_vertices(wcs, [from, to], tolerance, MAX_HALVINGS, &mut vertices).is_some()
        });
        let farthest = vertices.iter().map(|vertex| centre.separation_deg(*vertex)).fold(0.0, f64::max);
        // The polygon's straight edges, the image's bent ones, and all rounding.
        let pad_rad = pixel_rad + 1e-12;
        if !is_closed || farthest > MAX_RADIUS_DEG {
            return Some(Self { outline: None, centre, radius_deg: 180.0, pad_rad });
        }
        let outline = SphericalPolygon::new(&vertices).ok().map(counter_clockwise);
        Some(Self { outline, centre, radius_deg: farthest + pad_rad.to_degrees(), pad_rad })
    }

    /// A footprint kept elsewhere: the values of [`Self::vertices`], [`Self::centre`] and [`Self::radius_deg`].
    pub fn restore(vertices: &[SkyCoord], centre: SkyCoord, radius_deg: f64) -> Self {
        let outline = SphericalPolygon::new(vertices).ok();
        Self { outline, centre, radius_deg, pad_rad: 1e-12 }
    }

    /// The corners of the image's outer pixel edges, and points between them where an edge is bent, counter-clockwise
    /// as seen from the Earth. Empty for a map that covers the sky, whose edge encloses nothing.
    pub fn vertices(&self) -> &[SkyCoord] {
        self.outline.as_ref().map_or(&[], SphericalPolygon::vertices)
    }

    /// The position of the middle of the image.
    pub fn centre(&self) -> SkyCoord {
        self.centre
    }

    /// Radius in degrees of a circle around the centre that covers the image; 180 for a map of the sky.
    pub fn radius_deg(&self) -> f64 {
        self.radius_deg
    }

    /// Whether a position lies in the footprint. A footprint without an outline has everything within its radius:
    /// ask the WCS.
    pub fn contains(&self, position: SkyCoord) -> bool {
        match &self.outline {
            Some(outline) => outline.contains(position),
            None => self.centre.separation_deg(position) <= self.radius_deg,
        }
    }

    /// Whether footprint and region share a point.
    pub fn intersects(&self, region: &Region) -> bool {
        let Some(outline) = &self.outline else {
            return region.centre().separation_deg(self.centre)
                <= self.radius_deg + region.covering_radius_deg();
        };
        if let Region::Circle(_) = region {
            return outline.distance_deg(region.centre()) <= region.covering_radius_deg();
        }
        let reach = self.radius_deg + region.covering_radius_deg();
        if region.centre().separation_deg(self.centre) > reach {
            return false;
        }
        outline.vertices().iter().any(|vertex| region.contains(*vertex))
            || edge_crosses(outline, region, (self.centre, self.radius_deg))
    }

    /// A box of unit vectors around everything the footprint covers, bulging edges and inside included.
    pub fn unit_vector_box(&self) -> UnitVectorBox {
        match &self.outline {
            Some(outline) => UnitVectorBox::of_polygon(outline).padded(self.pad_rad),
            None => UnitVectorBox::around(self.centre, self.radius_deg),
        }
    }
}

/// A pixel and where it is.
type Placed = (FitsPixel, SkyCoord);

/// Adds the beginning of a side and, where it is bent, points between; `None` when part of it is not on the sky.
fn side_vertices(
    wcs: &Wcs,
    [from, to]: [Placed; 2],
    tolerance_rad: f64,
    halvings: usize,
    vertices: &mut Vec<SkyCoord>,
) -> Option<()> {
    let ((first, start), (last, end)) = (from, to);
    let along = |t: f64| {
        let pixel = FitsPixel { x: first.x + t * (last.x - first.x), y: first.y + t * (last.y - first.y) };
        Some((pixel, wcs.sky_at(pixel)?))
    };
    let between = [along(0.25)?, along(0.5)?, along(0.75)?];
    let normal = plane_normal(start.unit_vector(), end.unit_vector());
    // A side whose ends coincide (a pole of a cylindrical map) is as bent as its middle is away.
    let off = |(_, place): Placed| match normal {
        Some(normal) => dot(normal, place.unit_vector()).abs(),
        None => start.separation_deg(place).to_radians(),
    };
    let bend = between.into_iter().map(off).fold(0.0, f64::max);
    if bend > tolerance_rad && halvings > 0 {
        let [_, middle, _] = between;
        side_vertices(wcs, [from, middle], tolerance_rad, halvings - 1, vertices)?;
        side_vertices(wcs, [middle, to], tolerance_rad, halvings - 1, vertices)
    } else {
        vertices.push(start);
        Some(())
    }
}

/// The same polygon, its vertices in the order of an `s_region`, beginning with the same one.
fn counter_clockwise(polygon: SphericalPolygon) -> SphericalPolygon {
    if polygon.is_counter_clockwise() {
        return polygon;
    }
    let mut vertices = polygon.vertices().to_vec();
    vertices[1..].reverse();
    SphericalPolygon::new(&vertices).unwrap_or(polygon)
}

/// Whether an edge of the outline crosses the edge of the region, or the region lies inside the outline.
fn edge_crosses(outline: &SphericalPolygon, region: &Region, cap: (SkyCoord, f64)) -> bool {
    /// Short enough for a chord of a parallel to lie within a tenth of an arcsecond of it at declination 60.
    const STEP_RAD: f64 = 0.001;
    let edges: Vec<([UnitVector; 2], UnitVector)> =
        outline.edges().filter_map(|(a, b)| Some(([a, b], plane_normal(a, b)?))).collect();
    region.boundary().iter().any(|curve| {
        let steps = (curve.length_rad() / STEP_RAD).ceil().clamp(1.0, 10_000.0) as usize;
        let mut last: Option<SkyCoord> = None;
        (0..=steps).any(|step| {
            let Some(here) = curve.at(step as f64 / steps as f64) else { return false };
            let Some(before) = last.replace(here) else { return outline.contains(here) };
            if here.separation_deg(cap.0) > cap.1 + 2.0 * STEP_RAD.to_degrees() {
                return false;
            }
            let piece = [before.unit_vector(), here.unit_vector()];
            outline.contains(here)
                || plane_normal(piece[0], piece[1]).is_some_and(|normal| {
                    edges.iter().any(|(edge, edge_normal)| arcs_cross(*edge, *edge_normal, piece, normal))
                })
        })
    })
}

/// Bounds of a set of directions along the three axes: what an R*Tree without a seam at right ascension 0 indexes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitVectorBox {
    /// Least x, y and z.
    pub min: [f64; 3],
    /// Greatest x, y and z.
    pub max: [f64; 3],
}

impl UnitVectorBox {
    /// The box of a circle of the sky.
    pub fn around(centre: SkyCoord, radius_deg: f64) -> Self {
        let radius = radius_deg.to_radians();
        let (mut min, mut max) = ([0.0; 3], [0.0; 3]);
        for (axis, component) in centre.unit_vector().into_iter().enumerate() {
            let from_axis = component.clamp(-1.0, 1.0).acos();
            max[axis] = (from_axis - radius).max(0.0).cos();
            min[axis] = (from_axis + radius).min(std::f64::consts::PI).cos();
        }
        Self { min, max }.padded(1e-12)
    }

    /// The box of a region of the sky.
    pub fn of_region(region: &Region) -> Self {
        match region {
            Region::Polygon(polygon) => Self::of_polygon(polygon).padded(1e-12),
            Region::Circle(_) => Self::around(region.centre(), region.covering_radius_deg()),
            Region::Range(range) => {
                let around = Self::around(region.centre(), region.covering_radius_deg());
                let [south, north] = range.declinations_deg().map(|dec| dec.to_radians().sin());
                let (low, high) = (around.min[2].max(south - 1e-12), around.max[2].min(north + 1e-12));
                let [min_x, min_y, _] = around.min;
                let [max_x, max_y, _] = around.max;
                Self { min: [min_x, min_y, low], max: [max_x, max_y, high] }
            }
        }
    }

    /// Whether a direction lies in the box.
    pub fn contains(&self, direction: UnitVector) -> bool {
        (0..3).all(|axis| (self.min[axis]..=self.max[axis]).contains(&direction[axis]))
    }

    fn of_polygon(polygon: &SphericalPolygon) -> Self {
        let mut bounds = Self { min: [f64::INFINITY; 3], max: [f64::NEG_INFINITY; 3] };
        for (a, b) in polygon.edges() {
            bounds.include(a);
            let Some(normal) = plane_normal(a, b) else { continue };
            for axis in 0..3 {
                // The point of the great circle furthest along the axis, if the edge passes through it.
                let mut unit = [0.0; 3];
                unit[axis] = 1.0;
                let Some(peak) = normalised(combine(unit, 1.0, normal, -normal[axis])) else { continue };
                for peak in [peak, peak.map(|c| -c)] {
                    if dot(cross(normal, a), peak) >= 0.0 && dot(cross(b, normal), peak) >= 0.0 {
                        bounds.include(peak);
                    }
                }
            }
        }
        for axis in 0..3 {
            for sign in [1.0, -1.0] {
                let mut unit = [0.0; 3];
                unit[axis] = sign;
                if SkyCoord::from_vector(unit).is_some_and(|pole| polygon.contains(pole)) {
                    bounds.include(unit);
                }
            }
        }
        bounds
    }

    fn include(&mut self, direction: UnitVector) {
        for (axis, component) in direction.into_iter().enumerate() {
            self.min[axis] = self.min[axis].min(component);
            self.max[axis] = self.max[axis].max(component);
        }
    }

    fn padded(self, by: f64) -> Self {
        Self { min: self.min.map(|c| (c - by).max(-1.0)), max: self.max.map(|c| (c + by).min(1.0)) }
    }
}

#[cfg(test)]
mod tests;
