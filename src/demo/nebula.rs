//! Two nebulae as the night's camera sees them: counts of light over the plane of the sky about a target.

use rayon::prelude::*;

use super::turbulence::{Turbulence, smoothstep};

/// A diffuse object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nebula {
    /// After M 42: a bright core, wings of gas, a dark bay.
    Orion,
    /// After NGC 2237: a ring about a young cluster, with dark globules.
    Rosette,
}

/// Light of a nebula in up to three channels on a grid of the sky plane, east and north of the target in arcminutes.
pub(super) struct NebulaMap {
    /// Arcminutes between grid points.
    step: f32,
    /// Grid point 0 in x (towards the east) and y (towards the north).
    origin: (f32, f32),
    columns: usize,
    rows: usize,
    points: Vec<[f32; 3]>,
}

impl NebulaMap {
    /// Computes a nebula within the given half sides in arcminutes.
    pub(super) fn of(nebula: Nebula, half_width: f32, half_height: f32, step: f32) -> Self {
        let columns = (2.0 * half_width / step).ceil() as usize + 2;
        let rows = (2.0 * half_height / step).ceil() as usize + 2;
        let at = |index: usize| {
            let (row, column) = (index / columns, index % columns);
            let (x, y) = (column as f32 * step - half_width, row as f32 * step - half_height);
            match nebula {
                Nebula::Orion => orion(x, y),
                Nebula::Rosette => rosette(x, y),
            }
        };
        let points = (0..columns * rows).into_par_iter().with_min_len(4096).map(at).collect();
        Self { step, origin: (-half_width, -half_height), columns, rows, points }
    }

    /// Light of a channel at a place, between grid points bilinearly; beyond the grid that of its border.
    pub(super) fn at(&self, east: f32, north: f32, channel: usize) -> f32 {
        let place = |value: f32, origin: f32, length: usize| {
            let at = ((value - origin) / self.step).clamp(0.0, length as f32 - 1.001);
            (at as usize, at.fract())
        };
        let (x, fx) = place(east, self.origin.0, self.columns);
        let (y, fy) = place(north, self.origin.1, self.rows);
        let point = |x: usize, y: usize| self.points[y * self.columns + x][channel];
        let lower = point(x, y) + fx * (point(x + 1, y) - point(x, y));
        let upper = point(x, y + 1) + fx * (point(x + 1, y + 1) - point(x, y + 1));
        lower + fy * (upper - lower)
    }
}

/// Red, green and blue counts of a 60 s exposure.
fn orion(x: f32, y: f32) -> [f32; 3] {
    // From the Trapezium, which stands north-east of the picture's middle.
    let (x, y) = (x - 4.1, y - 5.4);
    let bend = |layer, scale: f32| Turbulence { layer }.clouds(x / scale, y / scale, 4);
    let (wx, wy) = (x + 3.2 * bend(1, 9.0), y + 3.2 * bend(2, 9.0));
    let (fine_x, fine_y) = (x + 1.0 * bend(3, 3.0), y + 1.0 * bend(4, 3.0));
    let filaments = Turbulence { layer: 5 }.filaments(wx / 8.0, wy / 8.0, 6);
    let wisps = Turbulence { layer: 6 }.filaments(fine_x / 14.0, fine_y / 14.0, 7);

    let radius = wx.hypot(wy);
    // Wide open to the south-west, closed by the bay in the north-east.
    let towards_bay = (0.55 * wx + 0.83 * wy) / radius.max(0.5);
    let opening = 1.0 - 0.75 * smoothstep(0.0, 0.9, towards_bay) * smoothstep(1.0, 4.0, radius);
    let core = 30_000.0 / (1.0 + (radius / 1.4).powi(2)).powf(1.15) * opening * (0.35 + 1.1 * filaments);
    // Two wings of gas arching about a hollow in the south-west.
    let hollow = (wx + 6.0).hypot((wy + 9.5) * 0.95);
    let sheets = wisps * wisps.sqrt();
    let wings = 3200.0 * (-((hollow - 14.0) / 3.2).powi(2)).exp() * (0.04 + 1.6 * sheets)
        + 900.0 * (-(hollow / 14.0).powi(4)).exp() * (0.08 + filaments * filaments);
    // The round patch north of the bay (M 43).
    let patch = (wx - 1.8).hypot(wy - 8.2);
    let round = 1300.0 / (1.0 + (patch / 2.3).powi(2)).powi(2) * (0.4 + filaments);
    let haze = 110.0 * (-(radius / 21.0).powi(2)).exp() * (1.0 + bend(7, 16.0))
        + 25.0 * (0.4 + bend(8, 22.0)).max(0.0);

    let bay = (-((wx - 3.0) / 2.6).powi(2) - ((wy - 3.6) / 1.6).powi(2)).exp()
        + 0.8 * (-((wx - 0.2) / 4.5).powi(2) - ((wy - 5.6) / 0.9).powi(2)).exp();
    let dust =
        1.0 - 0.85 * smoothstep(0.35, 0.75, Turbulence { layer: 9 }.filaments(wx / 18.0, wy / 18.0, 5));
    let clear = (1.0 - 0.9 * bay.min(1.0)) * (0.35 + 0.65 * dust);

    let inner = 1.0 - smoothstep(1.0, 9.5, radius);
    let mix = |outer: f32, inside: f32| outer + (inside - outer) * inner;
    let gas = (core + wings) * clear;
    [
        gas * mix(1.00, 0.66) + round * 0.90 + haze * 0.80,
        gas * mix(0.26, 0.95) + round * 0.36 + haze * 0.42,
        gas * mix(0.36, 0.80) + round * 0.46 + haze * 0.52,
    ]
}

/// Hydrogen and oxygen counts of a 300 s exposure through narrow filters; the third channel is dark.
fn rosette(x: f32, y: f32) -> [f32; 3] {
    let bend = |layer, scale: f32| Turbulence { layer }.clouds(x / scale, y / scale, 5);
    let (wx, wy) = (x + 4.5 * bend(21, 13.0), y + 4.5 * bend(22, 13.0));
    let radius = wx.hypot(wy * 1.06);
    let filaments = Turbulence { layer: 23 }.filaments(wx / 11.0, wy / 11.0, 6);
    let texture = (1.0 + 0.9 * bend(24, 7.0)).max(0.0);

    let ring = |middle: f32, width: f32| (-((radius - middle) / width).powi(2)).exp();
    let hollow = smoothstep(3.0, 9.0, radius);
    let mut hydrogen = (2400.0 * ring(13.5, 4.8) + 560.0 * ring(18.5, 6.5)) * hollow;
    hydrogen *= 0.12 + 0.55 * texture * texture + 0.95 * filaments * filaments;
    let mut oxygen = 950.0 * ring(10.0, 4.6) * (0.15 + 0.7 * texture * texture);

    // Globules and trunks of dust stand before the ring, most of them in the north-west.
    let lanes = Turbulence { layer: 25 }.filaments((x + 1.5 * bend(26, 3.0)) / 9.0, y / 9.0, 6);
    let side = 0.45 + 0.55 * smoothstep(-12.0, 10.0, y - 0.8 * x);
    let dust = smoothstep(0.50, 0.72, lanes) * side * ring(15.0, 10.0);
    hydrogen = hydrogen * (1.0 - 0.75 * dust) + 14.0 * (1.0 + bend(27, 25.0));
    oxygen = oxygen * (1.0 - 0.85 * dust) + 6.0 * (1.0 + bend(28, 25.0));
    [hydrogen.max(0.0), oxygen.max(0.0), 0.0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_reads_the_same_between_its_points_as_the_nebula_itself() {
        let map = NebulaMap::of(Nebula::Rosette, 10.0, 6.0, 0.05);
        for (east, north) in [(3.3, 2.1), (-7.77, 5.01), (0.0, 0.0)] {
            let exact = rosette(east, north)[0];
            assert!((map.at(east, north, 0) / exact - 1.0).abs() < 0.03);
        }
        assert!(map.at(1e6, -1e6, 0).is_finite());
    }

    #[test]
    fn the_heart_of_orion_outshines_its_wings() {
        let [red, green, _] = orion(4.1, 5.4);
        assert!(red > 3000.0 && green > 3000.0);
        let [red, green, blue] = orion(-11.0, -14.0);
        assert!(red < 3000.0 && red > green && red > blue, "hydrogen is red");
    }
}
