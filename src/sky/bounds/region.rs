//! The box of pixels a region of the sky touches.

use super::extremes::{Sample, SampledCurve};
use super::image::{Image, PixelExtent};
use super::intersection::intersection_box;
use crate::pixel::{AxisRun, PixelBox};
use crate::sky::{FitsPixel, Region, SkyCoord, Wcs};

/// The box of an image of `width` x `height` pixels that holds every pixel `region` touches; `None` when it
/// touches none. The two sides are those along the celestial axes of the image.
///
/// Usually this is the bounding box of the region, trimmed to the image. Where the region has no bounding box on
/// this projection (it reaches behind a gnomonic map, around a pole of a cylindrical one, across a seam, or so far
/// out that a distortion means nothing) it is the bounding box of the part on the image.
pub fn region_box(wcs: &Wcs, region: &Region, width: usize, height: usize) -> Option<PixelBox> {
    Image { wcs, width, height }.clip(region_window(wcs, region, width, height)?)
}

/// The box of [`region_box`] before it is trimmed: columns and rows, beyond the image too where the region has a
/// bounding box.
pub fn region_window(wcs: &Wcs, region: &Region, width: usize, height: usize) -> Option<[AxisRun; 2]> {
    if width == 0 || height == 0 {
        return None;
    }
    let image = Image { wcs, width, height };
    let Some(boundary) = projected_boundary(image, region) else {
        return Some(image.clip(intersection_box(image, region)?.to_runs()?)?.runs());
    };
    let found = extent(wcs, &boundary).to_runs()?;
    image.clip(found)?;
    touches(image, region, &boundary).then_some(found)
}

/// The edge of the region on the pixel grid, if it bounds the region's picture.
pub(super) fn projected_boundary(image: Image<'_>, region: &Region) -> Option<Vec<SampledCurve>> {
    let topology = image.wcs.topology()?;
    if topology.is_faceted() || topology.singular_points.iter().any(|point| region.contains(*point)) {
        return None;
    }
    // Far from the image a distortion polynomial is an extrapolation.
    let farthest = if image.wcs.is_distorted() { image.diagonal() } else { f64::INFINITY };
    let mut boundary = Vec::new();
    for curve in region.boundary() {
        let sampled = SampledCurve::new(image.wcs, curve)?;
        let step_deg = (curve.length_rad() / curve.steps() as f64).to_degrees();
        for pair in sampled.samples.windows(2) {
            let [a, b] = [pair[0], pair[1]].map(|sample| (sample.position, sample.pixel));
            // Next to a singular point the picture of the edge runs far between two samples.
            let is_singular =
                topology.singular_points.iter().any(|point| point.separation_deg(a.0) < 2.0 * step_deg);
            if is_singular || image.distance(a.1) > farthest || topology.is_torn_between(a, b) {
                return None;
            }
        }
        boundary.push(sampled);
    }
    (!boundary.is_empty()).then_some(boundary)
}

/// The bounding box of the edge, right to 1e-6 pixels.
pub(super) fn extent(wcs: &Wcs, boundary: &[SampledCurve]) -> PixelExtent {
    let least = |measure: fn(FitsPixel) -> f64| {
        let best = boundary.iter().map(|curve| curve.least_sample(measure)).fold(f64::INFINITY, f64::min);
        boundary.iter().fold(best, |best, curve| {
            // A smooth dip between equally spaced samples is an eighth of their second difference.
            curve.refine(wcs, best, measure, |_, [earlier, middle, later]| {
                (earlier - middle).abs().max((later - middle).abs())
            })
        })
    };
    PixelExtent {
        x: [least(|pixel| pixel.x), -least(|pixel| -pixel.x)],
        y: [least(|pixel| pixel.y), -least(|pixel| -pixel.y)],
    }
}

/// Whether region and image share a point. Either the edge of the region crosses the image, or the image lies
/// in the region as a whole.
fn touches(image: Image<'_>, region: &Region, boundary: &[SampledCurve]) -> bool {
    let holds = |sample: &Sample| image.holds(sample.pixel);
    let in_region = |pixel: FitsPixel| {
        image.wcs.sky_at(pixel).is_some_and(|position: SkyCoord| region.contains(position))
    };
    if boundary.iter().any(|curve| curve.samples.iter().any(holds))
        || in_region(image.centre())
        || image.border(1).any(in_region)
    {
        return true;
    }
    let distance = move |pixel: FitsPixel| image.distance(pixel);
    boundary.iter().any(|curve| {
        // The distance cannot shrink faster than the point moves.
        let reach = |neighbours: [Option<&Sample>; 3], _: [f64; 3]| {
            let [before, middle, after] = neighbours.map(|n| n.map(|sample| sample.pixel));
            let step = |a: Option<FitsPixel>, b: Option<FitsPixel>| match (a, b) {
                (Some(a), Some(b)) => (a.x - b.x).hypot(a.y - b.y),
                _ => 0.0,
            };
            1.5 * step(before, middle).max(step(middle, after))
        };
        curve.refine(image.wcs, f64::MIN_POSITIVE, distance, reach) <= 0.0
    })
}
