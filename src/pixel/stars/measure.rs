//! A detection becomes a star, or is found to be none: hot pixels, burnt-out stars and things too large.

use std::ops::Range;

use rayon::prelude::*;

use super::background::Background;
use super::deblend::Detection;
use super::profile::Pixel;
use super::{LARGEST_SIDE, MINIMUM_AREA, Star};
use crate::pixel::memory::InMemory;
use crate::pixel::scanlines::{Scanlines, Shape};

/// Samples from here on are burnt out, whatever the sensor.
const WHITE: u16 = 64_880;
/// So many pixels that share the frame's brightest level are a plateau, not chance.
const PLATEAU: usize = 3;
/// A point of light spreads at least this part of its brightest pixel over the eight around it. The sharpest stars, a
/// Gaussian of 1.2 pixels full width, spread 1.2 of it.
const LEAST_SPREAD: f64 = 0.3;
/// After interpolating a mosaic a hot pixel covers 3 x 3 pixels: the ring around these has less than this part of it.
const LEAST_HALO: f64 = 0.03;
/// N.I.N.A. finds the edges of stars in the stretched picture, blurs and dilates them: its boxes are this much larger on
/// every side than the pixels that stand out, and its circles by this much wider.
const BOX_MARGIN: usize = 2;
const RADIUS_MARGIN: f64 = 1.5;
/// Reach of a star beyond its radius.
const APERTURE: f64 = 1.2;

/// What tells its flaws from stars.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sensor {
    /// The frame's largest sample: where several pixels have it, they were full.
    largest: u16,
    /// Whether colours were interpolated: then a hot pixel has spread, but no further than to its neighbours.
    is_interpolated: bool,
}

impl Sensor {
    pub(super) fn of(frame: &InMemory, is_interpolated: bool) -> Self {
        let largest = |samples: &[u16]| samples.iter().copied().max().unwrap_or(0);
        let largest = frame.samples().par_chunks(1 << 16).map(largest).max().unwrap_or(0);
        Self { largest, is_interpolated }
    }
}

/// Measures a detection; `None` when it is no star.
pub(super) fn star(
    frame: &InMemory,
    background: &Background,
    detection: &Detection,
    sensor: Sensor,
) -> Option<Star> {
    let pixels = &detection.pixels;
    if pixels.len() < MINIMUM_AREA {
        return None;
    }
    let object = Object::of(detection, frame.shape())?;
    if 2.0 * (object.radius - RADIUS_MARGIN) > f64::from(LARGEST_SIDE) || is_burnt_out(frame, pixels, sensor)
    {
        return None;
    }
    let window = Window { frame, object: &object };
    if window.is_hot_pixel(background, sensor.is_interpolated) {
        return None;
    }
    let level = window.level_around();
    Some(Star {
        x: object.x,
        y: object.y,
        half_flux_radius: window.half_flux_radius(level),
        radius: object.radius,
        area: pixels.len(),
        peak: f64::from(window.brightest(pixels)) - level,
    })
}

/// What N.I.N.A. measures: the centre of a detection, the box and the circle around it.
struct Object {
    x: f64,
    y: f64,
    /// The box, as far as it lies in the frame.
    columns: Range<usize>,
    rows: Range<usize>,
    radius: f64,
}

impl Object {
    fn of(Detection { pixels, x, y }: &Detection, shape: Shape) -> Option<Self> {
        let (left, right) = (pixels.iter().map(|p| p.x).min()?, pixels.iter().map(|p| p.x).max()?);
        let (top, bottom) = (pixels.iter().map(|p| p.y).min()?, pixels.iter().map(|p| p.y).max()?);
        let with_margin = |first: u32, last: u32, end: usize| {
            (first as usize).saturating_sub(BOX_MARGIN)..(last as usize + 1 + BOX_MARGIN).min(end)
        };
        Some(Self {
            x: *x,
            y: *y,
            columns: with_margin(left, right, shape.columns),
            rows: with_margin(top, bottom, shape.rows),
            radius: f64::from((right - left).max(bottom - top) + 1) / 2.0 + RADIUS_MARGIN,
        })
    }
}

/// Whether the sensor was full: one sample as white as can be, or a plateau.
fn is_burnt_out(frame: &InMemory, pixels: &[Pixel], sensor: Sensor) -> bool {
    let mut full = 0;
    for pixel in pixels {
        let sample = frame.row(0, pixel.y as usize)[pixel.x as usize];
        if sample >= WHITE {
            return true;
        }
        full += usize::from(sample == sensor.largest);
    }
    full >= PLATEAU
}

/// The frame around a detection.
struct Window<'f> {
    frame: &'f InMemory,
    object: &'f Object,
}

impl Window<'_> {
    fn brightest(&self, pixels: &[Pixel]) -> u16 {
        let sample = |pixel: &Pixel| self.frame.row(0, pixel.y as usize)[pixel.x as usize];
        pixels.iter().map(sample).max().unwrap_or(0)
    }

    /// What the pixels up to `reach` columns and rows away have above the background, as far as there are any.
    fn light_within(&self, (x, y): (usize, usize), reach: usize, level: f64) -> f64 {
        let shape = self.frame.shape();
        let columns = x.saturating_sub(reach)..(x + reach + 1).min(shape.columns);
        (y.saturating_sub(reach)..(y + reach + 1).min(shape.rows))
            .flat_map(|row| &self.frame.row(0, row)[columns.clone()])
            .map(|&sample| f64::from(sample) - level)
            .sum()
    }

    fn is_hot_pixel(&self, background: &Background, is_interpolated: bool) -> bool {
        let centre = (self.object.x.round() as usize, self.object.y.round() as usize);
        let level = f64::from(background.at(centre.0, centre.1));
        let [one, three, five] = [0, 1, 2].map(|reach| self.light_within(centre, reach, level));
        three - one < LEAST_SPREAD * one || (is_interpolated && five - three < LEAST_HALO * three)
    }

    /// Mean of the rectangle of three times the box's sides around it, without the box.
    fn level_around(&self) -> f64 {
        let (Object { columns: inside, rows, .. }, shape) = (self.object, self.frame.shape());
        let around = |span: &Range<usize>, end: usize| {
            span.start.saturating_sub(span.len())..(span.end + span.len()).min(end)
        };
        let columns = around(inside, shape.columns);
        let (mut sum, mut count) = (0_u64, 0_u64);
        for row in around(rows, shape.rows) {
            let samples = self.frame.row(0, row);
            let hole = if rows.contains(&row) { inside.clone() } else { columns.end..columns.end };
            for part in [columns.start..hole.start, hole.end..columns.end] {
                sum += samples[part.clone()].iter().map(|&sample| u64::from(sample)).sum::<u64>();
                count += part.len() as u64;
            }
        }
        sum as f64 / count.max(1) as f64
    }

    /// Σ v r / Σ v over the box's pixels within the aperture, where v is what a sample has above the level, rounded.
    fn half_flux_radius(&self, level: f64) -> f64 {
        let object = self.object;
        let reach = APERTURE * object.radius;
        let (mut light, mut moment) = (0.0, 0.0);
        for row in object.rows.clone() {
            let samples = &self.frame.row(0, row)[object.columns.clone()];
            for (column, &sample) in object.columns.clone().zip(samples) {
                let distance = (column as f64 - object.x).hypot(row as f64 - object.y);
                if distance <= reach {
                    let value = (f64::from(sample) - level).round().max(0.0);
                    light += value;
                    moment += value * distance;
                }
            }
        }
        if light > 0.0 { moment / light } else { std::f64::consts::SQRT_2 * reach }
    }
}
