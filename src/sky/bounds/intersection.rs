//! The bounding box of the part of a region that lies on the image, for regions without a bounding box of their
//! own: the edge of the region inside the image, the edge of the image inside the region, and, where the map itself
//! ends inside the image, the pixels along that end.

use super::extremes::{Sample, golden_section, sample};
use super::image::{Image, PixelExtent};
use crate::sky::curve::Curve;
use crate::sky::{FitsPixel, Region};

/// Pieces an edge is cut into at most, over all its curves.
const MAX_PIECES: usize = 20_000;
const BORDER_SAMPLES_PER_SIDE: usize = 64;
const GRID: usize = 64;

/// The extent of region ∩ image; `None` when they share nothing.
pub(super) fn intersection_box(image: Image<'_>, region: &Region) -> Option<PixelExtent> {
    let topology = image.wcs.topology()?;
    let in_region =
        |pixel: FitsPixel| image.wcs.sky_at(pixel).is_some_and(|position| region.contains(position));
    let mut extent = PixelExtent::EMPTY;
    edge_of_region(image, region, &mut extent);
    for pixel in image.border(BORDER_SAMPLES_PER_SIDE).filter(|pixel| in_region(*pixel)) {
        extent.include(pixel);
    }
    if topology.has_outline {
        grow_to_outline(image, in_region, &mut extent);
    }
    (!extent.is_empty()).then_some(extent)
}

/// Walks the edge of the region where it comes near the image.
fn edge_of_region(image: Image<'_>, region: &Region, extent: &mut PixelExtent) {
    let cap = image.covering_cap();
    let mut pieces = 0;
    for curve in region.boundary() {
        let steps = curve.steps();
        let mut open: Vec<(f64, f64)> =
            (0..steps).map(|step| (step as f64 / steps as f64, (step + 1) as f64 / steps as f64)).collect();
        while let Some((from, to)) = open.pop() {
            pieces += 1;
            let length = curve.length_rad() * (to - from);
            let middle = f64::midpoint(from, to);
            let (is_near, is_long) = match (cap, curve.at(middle)) {
                (Some((centre, radius)), Some(position)) => {
                    let distance = centre.separation_deg(position).to_radians();
                    (distance <= radius + length, length > radius / 16.0)
                }
                (None, _) => (true, length > 0.01),
                (_, None) => (false, false),
            };
            if is_near && is_long && pieces < MAX_PIECES {
                open.push((from, middle));
                open.push((middle, to));
            } else if is_near {
                include_piece(image, &curve, [from, to], extent);
            }
        }
    }
}

/// The extremes of a short piece of edge inside the image.
fn include_piece(image: Image<'_>, curve: &Curve, [from, to]: [f64; 2], extent: &mut PixelExtent) {
    let inside = |t: f64| sample(image.wcs, curve, t).filter(|sample| image.holds(sample.pixel));
    let ends = [inside(from), inside(to)];
    let piece: [Sample; 2] = match ends {
        [Some(a), Some(b)] => [a, b],
        [Some(a), None] => [a, crossing(curve, image, a, to)],
        [None, Some(b)] => [crossing(curve, image, b, from), b],
        [None, None] => {
            // It may still cut a corner.
            let (t, distance) = golden_section(image.wcs, curve, [from, to], |pixel| image.distance(pixel));
            match inside(t) {
                Some(a) if distance <= 0.0 => {
                    [crossing(curve, image, a, from), crossing(curve, image, a, to)]
                }
                _ => return,
            }
        }
    };
    for sample in piece {
        extent.include(sample.pixel);
    }
    let range = [piece[0].t, piece[1].t];
    for measure in [|p: FitsPixel| p.x, |p: FitsPixel| -p.x, |p: FitsPixel| p.y, |p: FitsPixel| -p.y]
        as [fn(FitsPixel) -> f64; 4]
    {
        let clipped = move |pixel: FitsPixel| if image.holds(pixel) { measure(pixel) } else { f64::INFINITY };
        let (t, _) = golden_section(image.wcs, curve, range, clipped);
        if let Some(found) = inside(t) {
            extent.include(found.pixel);
        }
    }
}

/// The last point inside the image between one inside and a parameter outside.
fn crossing(curve: &Curve, image: Image<'_>, inside: Sample, outside: f64) -> Sample {
    let (mut last, mut beyond) = (inside, outside);
    for _ in 0..50 {
        let middle = f64::midpoint(last.t, beyond);
        match sample(image.wcs, curve, middle).filter(|found| image.holds(found.pixel)) {
            Some(found) => last = found,
            None => beyond = middle,
        }
    }
    last
}

/// Takes in what a map's own outline bounds: a grid over the image, ever finer beyond the box found so far, and
/// at last the neighbouring pixels themselves.
fn grow_to_outline(image: Image<'_>, in_region: impl Fn(FitsPixel) -> bool, extent: &mut PixelExtent) {
    let (right, top) = (image.right(), image.top());
    let along = |low: f64, high: f64, index: usize, count: usize| {
        low + (high - low) * (index as f64 + 0.5) / count as f64
    };
    let scan = |x: [f64; 2], y: [f64; 2], counts: [usize; 2], extent: &mut PixelExtent| {
        for row in 0..counts[1] {
            for column in 0..counts[0] {
                let pixel = FitsPixel {
                    x: along(x[0], x[1], column, counts[0]),
                    y: along(y[0], y[1], row, counts[1]),
                };
                if in_region(pixel) {
                    extent.include(pixel);
                }
            }
        }
    };
    let columns = image.width.clamp(1, GRID);
    let rows = image.height.clamp(1, GRID);
    scan([0.5, right], [0.5, top], [columns, rows], extent);
    if extent.is_empty() {
        return;
    }
    let mut cell = [(right - 0.5) / columns as f64, (top - 0.5) / rows as f64];
    while cell[0].max(cell[1]) > 0.25 {
        let before = *extent;
        let reach_x = [(before.x[0] - cell[0]).max(0.5), (before.x[1] + cell[0]).min(right)];
        let reach_y = [(before.y[0] - cell[1]).max(0.5), (before.y[1] + cell[1]).min(top)];
        for (x, y, counts) in [
            ([reach_x[0], before.x[0]], reach_y, [8, 2 * GRID]),
            ([before.x[1], reach_x[1]], reach_y, [8, 2 * GRID]),
            (reach_x, [reach_y[0], before.y[0]], [2 * GRID, 8]),
            (reach_x, [before.y[1], reach_y[1]], [2 * GRID, 8]),
        ] {
            if x[1] > x[0] && y[1] > y[0] {
                scan(x, y, counts, extent);
            }
        }
        cell = [cell[0] / 4.0, cell[1] / 4.0];
    }
    walk_out(image, in_region, extent);
}

/// Widens the extent by rows and columns of pixels until a whole ring around it has nothing of the region.
fn walk_out(image: Image<'_>, in_region: impl Fn(FitsPixel) -> bool, extent: &mut PixelExtent) {
    loop {
        let before = *extent;
        let first = |value: f64| (value + 0.5).floor();
        let (x0, x1) = (first(before.x[0]) - 1.0, first(before.x[1]) + 1.0);
        let (y0, y1) = (first(before.y[0]) - 1.0, first(before.y[1]) + 1.0);
        let mut test = |x: f64, y: f64| {
            for (dx, dy) in [(0.0, 0.0), (-0.45, -0.45), (0.45, -0.45), (-0.45, 0.45), (0.45, 0.45)] {
                let pixel = FitsPixel { x: x + dx, y: y + dy };
                if image.holds(pixel) && in_region(pixel) {
                    extent.include(pixel);
                }
            }
        };
        let mut y = y0;
        while y <= y1 {
            test(x0, y);
            test(x1, y);
            y += 1.0;
        }
        let mut x = x0;
        while x <= x1 {
            test(x, y0);
            test(x, y1);
            x += 1.0;
        }
        let grown = extent.x[0] < before.x[0] - 0.5
            || extent.x[1] > before.x[1] + 0.5
            || extent.y[0] < before.y[0] - 0.5
            || extent.y[1] > before.y[1] + 0.5;
        if !grown {
            return;
        }
    }
}
