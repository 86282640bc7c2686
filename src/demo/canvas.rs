//! A sheet of light: point sources and galaxies as the telescope spreads them, before any noise.

use super::geometry::Geometry;
use super::sources::{Extent, Source};

/// Half-light radius over scale length of an exponential disc; the constant b of a Sérsic profile of index 2.
const DISC: f32 = 1.678;
const BULGE: f32 = 3.672;

/// A Moffat profile of beta = 2.5, normalised to unit flux; needs no more than a square root per pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seeing {
    alpha_squared: f32,
    peak: f32,
    fwhm_px: f32,
}

impl Seeing {
    /// The profile of this full width at half maximum.
    pub(super) fn of_fwhm(fwhm_px: f64) -> Self {
        let alpha = fwhm_px / (2.0 * (2f64.powf(1.0 / 2.5) - 1.0).sqrt());
        let alpha_squared = (alpha * alpha) as f32;
        Self { alpha_squared, peak: 1.5 / (std::f32::consts::PI * alpha_squared), fwhm_px: fwhm_px as f32 }
    }

    /// Flux per pixel at a squared distance from the centre.
    fn at(&self, distance_squared: f32) -> f32 {
        let x = 1.0 + distance_squared / self.alpha_squared;
        self.peak / (x * x * x.sqrt())
    }

    /// Where a source of this flux has faded to `level` per pixel.
    fn radius(&self, flux: f32, level: f32) -> f32 {
        let x = (flux * self.peak / level).max(1.0).powf(0.4);
        (self.alpha_squared * (x - 1.0)).sqrt()
    }
}

/// Light that fell on each pixel, row by row.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    pub columns: usize,
    pub rows: usize,
    pub light: Vec<f32>,
}

/// How sources are drawn onto a canvas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brush {
    pub seeing: Seeing,
    /// Light per pixel that is too faint to draw.
    pub threshold: f32,
    /// Share of the light the vanes of a secondary mirror throw into four spikes; 0 for a refractor.
    pub spikes: f32,
}

/// A source that left light on a canvas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn {
    pub source: Source,
    /// FITS pixel of its centre.
    pub pixel: [f64; 2],
    /// All its light.
    pub flux: f64,
}

impl Canvas {
    /// A dark canvas.
    pub(super) fn new(columns: usize, rows: usize) -> Self {
        Self { columns, rows, light: vec![0.0; columns * rows] }
    }

    /// The light of one row.
    pub(super) fn row(&self, row: usize) -> &[f32] {
        &self.light[row * self.columns..(row + 1) * self.columns]
    }

    /// Draws what of `sources` reaches the canvas; `flux` says how much light each sends. Lists those whose centre
    /// is on the canvas.
    pub(super) fn draw(
        &mut self,
        geometry: &Geometry,
        brush: Brush,
        sources: &[Source],
        flux: impl Fn(&Source) -> f64,
    ) -> Vec<Drawn> {
        let mut inside = Vec::new();
        for source in sources {
            let Some(pixel) = geometry.pixel_at(source.sky) else { continue };
            let flux = flux(source);
            let (x, y) = ((pixel[0] - 1.0) as f32, (pixel[1] - 1.0) as f32);
            match source.extent {
                Extent::Point => self.point(brush, x, y, flux as f32),
                Extent::Galaxy { .. } => self.galaxy(geometry, brush, source, pixel, flux as f32),
            }
            let on = |position: f64, length: usize| (0.5..length as f64 + 0.5).contains(&position);
            if on(pixel[0], self.columns) && on(pixel[1], self.rows) {
                inside.push(Drawn { source: *source, pixel, flux });
            }
        }
        inside
    }

    /// A star at the 0-based position (`x`, `y`).
    fn point(&mut self, brush: Brush, x: f32, y: f32, flux: f32) {
        let radius = brush.seeing.radius(flux, brush.threshold).clamp(1.5, 400.0);
        self.stamp(x, y, radius, |dx, dy| flux * brush.seeing.at(dx * dx + dy * dy));
        let spike = flux * brush.spikes;
        let length = (6.0 * (spike / brush.threshold).sqrt()).min(300.0);
        if length > 3.0 * brush.seeing.fwhm_px {
            self.spikes(brush.seeing.fwhm_px, x, y, spike, length);
        }
    }

    /// Four diffraction spikes along the diagonals, fading with the square of the distance.
    fn spikes(&mut self, width_px: f32, x: f32, y: f32, strength: f32, length: f32) {
        let steps = (2.0 * length) as i32;
        for (along_x, along_y) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
            for step in 2..steps {
                let distance = 0.5 * step as f32;
                let fall = strength / (4.0 * width_px + distance).powi(2) * (1.0 - distance / length);
                let reach = distance * std::f32::consts::FRAC_1_SQRT_2;
                let (sx, sy) = (x + along_x * reach, y + along_y * reach);
                self.stamp(sx, sy, 1.5, |dx, dy| fall * (1.0 - (dx * dx + dy * dy) / 4.6).max(0.0));
            }
        }
    }

    /// A galaxy; the seeing is folded in by widening both axes, which conserves the look, then the flux is set.
    fn galaxy(&mut self, geometry: &Geometry, brush: Brush, source: &Source, pixel: [f64; 2], flux: f32) {
        let Extent::Galaxy { half_light_arcsec, axis_ratio, position_angle_deg, is_disc } = source.extent
        else {
            return;
        };
        let half_light = (half_light_arcsec / geometry.pixel_scale_arcsec()) as f32;
        let blur = 0.5 * brush.seeing.fwhm_px;
        let long = half_light.hypot(blur);
        let short = (half_light * axis_ratio as f32).hypot(blur);
        let (along_x, along_y) = direction_on_pixels(geometry, position_angle_deg);
        let profile = |dx: f32, dy: f32| {
            let (a, b) = (dx * along_x + dy * along_y, dy * along_x - dx * along_y);
            let radius = ((a / long).powi(2) + (b / short).powi(2) + 0.02).sqrt();
            if is_disc { (-DISC * radius).exp() } else { (-BULGE * radius.sqrt()).exp() }
        };
        let reach = (long * if is_disc { 4.5 } else { 6.0 }).ceil();
        let span = reach as i32;
        let mut total = 0.0;
        for dy in -span..=span {
            for dx in -span..=span {
                total += profile(dx as f32, dy as f32);
            }
        }
        let (x, y) = ((pixel[0] - 1.0) as f32, (pixel[1] - 1.0) as f32);
        self.stamp(x, y, reach, |dx, dy| flux / total * profile(dx, dy));
    }

    /// Adds `light(dx, dy)` to every pixel within `radius` of the 0-based position (`x`, `y`).
    fn stamp(&mut self, x: f32, y: f32, radius: f32, light: impl Fn(f32, f32) -> f32) {
        let span = |centre: f32, length: usize| {
            let low = (centre - radius).ceil().max(0.0) as usize;
            let high = (centre + radius).floor().min(length as f32 - 1.0);
            (low, if high < 0.0 { 0 } else { high as usize + 1 })
        };
        let (left, right) = span(x, self.columns);
        let (bottom, top) = span(y, self.rows);
        if left >= right {
            return;
        }
        for row in bottom..top {
            let dy = row as f32 - y;
            let start = row * self.columns;
            for (column, pixel) in (left..right).zip(&mut self.light[start + left..start + right]) {
                let dx = column as f32 - x;
                if dx * dx + dy * dy <= radius * radius {
                    *pixel += light(dx, dy);
                }
            }
        }
    }
}

/// The unit step in pixels that leads along a position angle (north through east) at the image's centre.
fn direction_on_pixels(geometry: &Geometry, position_angle_deg: f64) -> (f32, f32) {
    let (east, north) = position_angle_deg.to_radians().sin_cos();
    let [x, y] = geometry.pixels_along(east, north);
    let length = x.hypot(y);
    ((x / length) as f32, (y / length) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::geometry::{Direction, Equatorial, Projection};

    fn geometry() -> Geometry {
        Geometry {
            projection: Projection::Tan,
            equatorial: Equatorial::Icrs,
            crpix: [50.0, 50.0],
            crval: Direction::new(10.0, 0.0),
            cd: [[0.0, 1.1e-4], [1.1e-4, 0.0]],
        }
    }

    fn source(pixel: [f64; 2], extent: Extent) -> Source {
        Source { id: 1, sky: geometry().sky_at(pixel), r: 15.0, g_r: 0.5, extent }
    }

    #[test]
    fn light_is_conserved_and_centred_where_the_wcs_says() {
        let galaxy = Extent::Galaxy {
            half_light_arcsec: 1.5,
            axis_ratio: 0.4,
            position_angle_deg: 30.0,
            is_disc: true,
        };
        for extent in [Extent::Point, galaxy] {
            let mut canvas = Canvas::new(120, 100);
            let brush = Brush { seeing: Seeing::of_fwhm(3.0), threshold: 0.01, spikes: 0.0 };
            let drawn = canvas.draw(&geometry(), brush, &[source([61.3, 47.8], extent)], |_| 1e5);
            assert_eq!(drawn.len(), 1);
            let total: f32 = canvas.light.iter().sum();
            assert!((total / 1e5 - 1.0).abs() < 0.02, "{total}");
            let mean = |of: fn(usize) -> usize| {
                canvas.light.iter().enumerate().map(|(at, &v)| of(at) as f64 * f64::from(v)).sum::<f64>()
                    / f64::from(total)
            };
            assert!((mean(|at| at % 120) + 1.0 - 61.3).abs() < 0.02);
            assert!((mean(|at| at / 120) + 1.0 - 47.8).abs() < 0.02);
        }
    }

    #[test]
    fn a_star_beyond_the_edge_sheds_light_but_is_not_listed() {
        let mut canvas = Canvas::new(100, 100);
        let brush = Brush { seeing: Seeing::of_fwhm(3.0), threshold: 0.01, spikes: 1e-3 };
        let drawn = canvas.draw(&geometry(), brush, &[source([-3.0, 50.0], Extent::Point)], |_| 1e6);
        assert!(drawn.is_empty());
        assert!(canvas.row(49)[0] > 1.0);
        let far = canvas.clone();
        canvas.draw(&geometry(), brush, &[source([-3000.0, 50.0], Extent::Point)], |_| 1e6);
        assert_eq!(canvas.light, far.light);
    }
}
