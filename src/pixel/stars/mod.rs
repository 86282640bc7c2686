//! Stars of a frame, and how sharp they are: background mesh, detection, deblending, half-flux radius.
//!
//! What is found follows Bertin & Arnouts 1996 (`SExtractor`): pixels of the smoothed frame that stand [`DETECTION_SIGMA`]
//! above the background, at least [`MINIMUM_AREA`] of them together, blended stars taken apart. What is measured follows
//! N.I.N.A., whose "half-flux radius" is the flux-weighted mean distance from the centre.

mod background;
mod components;
mod deblend;
mod detect;
mod halo;
mod luminance;
mod measure;
mod profile;
mod sky;

use rayon::prelude::*;

use super::memory::InMemory;
use super::scanlines::{BandError, Scanlines};
use background::Background;
use measure::Sensor;

pub use luminance::Luminance;

/// How far a pixel of the smoothed frame stands out, in standard deviations of the background of the frame itself.
pub const DETECTION_SIGMA: f32 = 5.0;

/// Connected pixels that make a detection.
pub const MINIMUM_AREA: usize = 5;

/// Sides of a star's box at most, in pixels: N.I.N.A.'s rule.
const LARGEST_SIDE: u32 = 150;

/// Stars whose radius is further from the mean radius than this many standard deviations do not count for the half-flux
/// radius of the frame: N.I.N.A.'s rule.
const USUAL_SIGMA: f64 = 1.5;

/// A star.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Star {
    /// Column of its centre; the middle of the first pixel is 0.
    pub x: f64,
    /// Row of its centre, from the top.
    pub y: f64,
    /// N.I.N.A.'s half-flux radius in pixels: Σ v r / Σ v.
    pub half_flux_radius: f64,
    /// Radius in pixels of N.I.N.A.'s circle around it; the half-flux radius looks 1.2 times as far.
    pub radius: f64,
    /// Pixels that stand out.
    pub area: usize,
    /// Its brightest sample above the background.
    pub peak: f64,
}

/// The stars of a frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StarField {
    /// In no particular order.
    pub stars: Vec<Star>,
    /// Median of the background mesh.
    pub background: f64,
    /// Median of the mesh's standard deviations.
    pub noise: f64,
}

impl StarField {
    /// Finds and measures the stars of a picture of one plane, with every core at work; of a picture of more planes, see
    /// [`Luminance`]. Holds the whole frame in memory meanwhile.
    ///
    /// # Errors
    /// The picture's own error.
    pub fn of(picture: &dyn Scanlines) -> Result<Self, BandError> {
        let is_coloured = picture.shape().planes > 1;
        Ok(Self::in_memory(&InMemory::gather(&Luminance::new(&picture))?, is_coloured))
    }

    fn in_memory(frame: &InMemory, is_coloured: bool) -> Self {
        let Some(background) = Background::of(frame) else { return Self::default() };
        let detections = components::connected(&detect::runs(frame, &background));
        let sensor = Sensor::of(frame, is_coloured);
        let objects: Vec<_> = detections
            .par_iter()
            .filter(|runs| components::area(runs) >= MINIMUM_AREA)
            .flat_map_iter(|runs| deblend::stars(frame, &background, runs))
            .collect();
        let stars = halo::without_bumps(objects, DETECTION_SIGMA * background.noise())
            .par_iter()
            .filter_map(|object| measure::star(frame, &background, object, sensor))
            .collect();
        Self { stars, background: f64::from(background.level()), noise: f64::from(background.noise()) }
    }

    /// Mean half-flux radius in pixels of the stars of usual size; 0 without stars, as N.I.N.A. has it.
    pub fn half_flux_radius(&self) -> f64 {
        mean(self.usual_radii()).unwrap_or(0.0)
    }

    /// Scatter of these half-flux radii, that of a sample; 0 with fewer than two.
    pub fn half_flux_radius_deviation(&self) -> f64 {
        let mean = self.half_flux_radius();
        let squares: f64 = self.usual_radii().map(|radius| (radius - mean).powi(2)).sum();
        (squares / self.usual_radii().count().saturating_sub(1).max(1) as f64).sqrt()
    }

    /// Half-flux radii without those of stars that are much larger or smaller than the others: blends, nebulae, the
    /// horizon.
    fn usual_radii(&self) -> impl Iterator<Item = f64> {
        let sizes = || self.stars.iter().map(|star| star.radius);
        let usual = mean(sizes()).unwrap_or(0.0);
        let variance = mean(sizes().map(|size| (size - usual).powi(2))).unwrap_or(0.0);
        let is_usual = move |star: &&Star| (star.radius - usual).abs() <= USUAL_SIGMA * variance.sqrt();
        self.stars.iter().filter(is_usual).map(|star| star.half_flux_radius)
    }
}

/// `None` of nothing.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests;
