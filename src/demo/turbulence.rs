//! Gradient noise in the plane and what is made of it: the stuff of nebulae and clouds.

use super::seed::scrambled;

/// A field of smooth random bumps about one unit apart; each `layer` is another field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turbulence {
    pub layer: u64,
}

impl Turbulence {
    /// Gradient noise (Perlin 2002, quintic fade): about -0.7 to 0.7, zero on lattice points.
    fn bumps(self, x: f32, y: f32, octave: u64) -> f32 {
        let (left, below) = (x.floor(), y.floor());
        let (dx, dy) = (x - left, y - below);
        let corner = |cx: i32, cy: i32| {
            let (ix, iy) = ((left as i32 + cx) as u32, (below as i32 + cy) as u32);
            let hash = scrambled(u64::from(ix) << 32 | u64::from(iy) ^ scrambled(self.layer << 8 | octave));
            // Eight directions, evenly spread.
            let (gx, gy) = GRADIENTS[(hash >> 61) as usize];
            gx * (dx - cx as f32) + gy * (dy - cy as f32)
        };
        let fade = |t: f32| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
        let (fx, fy) = (fade(dx), fade(dy));
        let lower = corner(0, 0) + fx * (corner(1, 0) - corner(0, 0));
        let upper = corner(0, 1) + fx * (corner(1, 1) - corner(0, 1));
        lower + fy * (upper - lower)
    }

    /// Octaves of bumps, each half as large and 0.55 times as strong: cloudiness about zero, mostly within ±0.8.
    pub(super) fn clouds(self, x: f32, y: f32, octaves: u64) -> f32 {
        let (mut sum, mut strength, mut place) = (0.0, 1.0, (x, y));
        for octave in 0..octaves {
            sum += strength * self.bumps(place.0, place.1, octave);
            (strength, place) = (strength * 0.55, finer(place));
        }
        sum
    }

    /// Octaves of ridges, sharp and bright along lines: filaments, 0 to about 1.
    pub(super) fn filaments(self, x: f32, y: f32, octaves: u64) -> f32 {
        let (mut sum, mut strength, mut carried, mut place) = (0.0, 0.5, 1.0, (x, y));
        for octave in 0..octaves {
            let ridge = (1.0 - 1.6 * self.bumps(place.0, place.1, octave).abs()).max(0.0);
            let ridge = ridge * ridge * carried;
            sum += strength * ridge;
            carried = (1.5 * ridge).min(1.0);
            (strength, place) = (strength * 0.55, finer(place));
        }
        sum
    }
}

/// The place of a point in the next octave: twice as fine and turned, so that no lattice shows through.
fn finer((x, y): (f32, f32)) -> (f32, f32) {
    (1.65 * x - 1.20 * y, 1.20 * x + 1.65 * y)
}

const GRADIENTS: [(f32, f32); 8] = {
    const D: f32 = std::f32::consts::FRAC_1_SQRT_2;
    [(1.0, 0.0), (D, D), (0.0, 1.0), (-D, D), (-1.0, 0.0), (-D, -D), (0.0, -1.0), (D, -D)]
};

/// 0 below `low`, 1 above `high`, smooth between.
pub(super) fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clouds_are_smooth_and_balanced() {
        let field = Turbulence { layer: 3 };
        let (mut sum, mut steepest) = (0.0, 0.0f32);
        for step in 0..10_000 {
            let (x, y) = (step as f32 * 0.37, step as f32 * 0.11 - 500.0);
            let here = field.clouds(x, y, 5);
            sum += here;
            steepest = steepest.max((field.clouds(x + 1e-3, y, 5) - here).abs());
        }
        assert!((sum / 10_000.0).abs() < 0.05);
        assert!(steepest < 0.03, "{steepest}");
    }
}
