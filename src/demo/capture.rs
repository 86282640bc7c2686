//! The pixels of the night's frames.

use ndarray::Array3;

use super::Scale;
use super::canvas::{Brush, Canvas, Seeing};
use super::geometry::{Direction, Geometry};
use super::nebula::NebulaMap;
use super::night::{Conditions, Event, Filter, Frame, M_42, NGC_2244, Purpose, Target};
use super::nina;
use super::sensor::{Camera, SENSOR, read_out, throughput};
use super::sources::{self, Band, Extent, Source};
use super::turbulence::Turbulence;
use crate::fits::create::FitsWriter;
use crate::pixel::{PixelBox, Raster};

/// Faintest magnitude in r drawn.
const FAINTEST: f64 = 18.2;
/// Counts of the panel in a flat, before vignetting.
const PANEL: f32 = 31_000.0;
/// Pixels between the points of a nebula's map.
const MAP_PIXELS: f32 = 2.0;

/// The nebulae of the night, computed once for all frames.
pub(super) struct Nebulae {
    orion: NebulaMap,
    rosette: NebulaMap,
}

impl Nebulae {
    /// Maps of both, as far as the frames of this scale reach.
    pub(super) fn at(scale: Scale) -> Self {
        let window = window(scale);
        let pixel = M_42_PIXEL_ARCMIN;
        let half = |pixels: usize| (pixels as f32 / 2.0 + 60.0) * pixel;
        let map = |target: Target| {
            NebulaMap::of(target.nebula, half(window.width), half(window.height), MAP_PIXELS * pixel)
        };
        Self { orion: map(M_42), rosette: map(NGC_2244) }
    }

    fn of(&self, target: Target) -> &NebulaMap {
        if target == M_42 { &self.orion } else { &self.rosette }
    }
}

/// Side of a pixel on the sky.
const M_42_PIXEL_ARCMIN: f32 = 0.0517;

/// The part of the sensor that is read: all of it, or its middle.
pub(super) fn window(scale: Scale) -> PixelBox {
    match scale {
        Scale::Full => PixelBox::whole(SENSOR.0, SENSOR.1),
        Scale::Small => PixelBox { x: 624, y: 416, width: 288, height: 192 },
    }
}

/// A frame as the camera delivers it and NINA labels it. Only light frames need the nebulae.
pub(super) fn frame(frame: &Frame, nebulae: Option<&Nebulae>, scale: Scale) -> FitsWriter {
    let window = window(scale);
    let through = throughput(frame.camera, window);
    let name = format!("night {}", frame.number);
    let at = |x: usize, y: usize| y * window.width + x;
    let read = |light: &dyn Fn(usize, usize) -> f32| {
        read_out(frame.camera, &name, window, frame.exposure_s as f32, light)
    };
    let geometry = frame.geometry().map(|geometry| geometry.cropped(window.x, window.y));
    let channel = |x: usize, y: usize| frame.camera.channel(window.x + x, window.y + y);
    let counts = match (frame.purpose, geometry) {
        (Purpose::Light(target, conditions), Some(geometry)) => {
            let planes = sky_planes(
                frame,
                target,
                conditions,
                &geometry,
                nebulae.map(|nebulae| nebulae.of(target)),
                window,
            );
            read(&|x, y| planes[channel(x, y)].light[at(x, y)] * through[at(x, y)])
        }
        (Purpose::Flat, _) => {
            let panel = match frame.camera {
                Camera::Mono => [PANEL; 3],
                Camera::Colour => [0.62 * PANEL, PANEL, 0.74 * PANEL],
            };
            read(&|x, y| panel[channel(x, y)] * through[at(x, y)])
        }
        _ => read(&|_, _| 0.0),
    };
    let header = nina::header(frame, geometry.as_ref().filter(|_| frame.is_solved()));
    let shape = (1, window.height, window.width);
    let pixels = Array3::from_shape_vec(shape, counts).expect("one count per pixel of the window");
    FitsWriter::new().image(header, Raster::U16(pixels))
}

/// What one channel of a camera makes of the sky.
struct Channel {
    /// Channel of the nebula's map.
    nebula: usize,
    /// Counts of the sky's glow.
    glow: f32,
    /// Magnitude of a star of one count, and which band it is measured in: weights of g and r.
    zero_point: f64,
    bands: (f64, f64),
}

/// The channels of a frame: three behind the Bayer matrix, one behind a narrow filter.
fn channels(frame: &Frame) -> Vec<Channel> {
    match (frame.camera, frame.filter) {
        (Camera::Colour, _) => vec![
            Channel { nebula: 0, glow: 470.0, zero_point: 22.75, bands: (0.0, 1.0) },
            Channel { nebula: 1, glow: 640.0, zero_point: 23.10, bands: (0.55, 0.45) },
            Channel { nebula: 2, glow: 430.0, zero_point: 23.10, bands: (1.15, -0.15) },
        ],
        (Camera::Mono, Some(Filter::Oxygen)) => {
            vec![Channel { nebula: 1, glow: 520.0, zero_point: 22.0, bands: (0.8, 0.2) }]
        }
        (Camera::Mono, _) => {
            vec![Channel { nebula: 0, glow: 400.0, zero_point: 22.0, bands: (0.0, 1.0) }]
        }
    }
}

/// Light of sky, nebula and stars in every channel, as it enters the telescope.
fn sky_planes(
    frame: &Frame,
    target: Target,
    conditions: Conditions,
    geometry: &Geometry,
    nebula: Option<&NebulaMap>,
    window: PixelBox,
) -> Vec<Canvas> {
    let centre = geometry.sky_at([window.width as f64 / 2.0, window.height as f64 / 2.0]);
    let reach_px = (window.width as f64).hypot(window.height as f64) / 2.0 + 40.0;
    let reach_deg = reach_px * geometry.pixel_scale_arcsec() / 3600.0;
    let mut stars = sources::around(centre, reach_deg, FAINTEST);
    stars.extend(landmarks(target));
    let veil = Veil::of(conditions.event);
    let brush = |glow: f32| Brush {
        seeing: Seeing::of_fwhm(conditions.fwhm_px),
        threshold: 0.04 * (glow / 0.25).sqrt(),
        spikes: 0.0,
    };
    let mut planes = Vec::new();
    for channel in channels(frame) {
        let mut canvas = Canvas::new(window.width, window.height);
        let (g, r) = channel.bands;
        canvas.draw(geometry, brush(channel.glow), &stars, |star| {
            let magnitude = g * star.magnitude(Band::G) + r * star.magnitude(Band::R);
            10f64.powf(0.4 * (channel.zero_point - magnitude))
        });
        let (east_arcsec, north_arcsec) = conditions.dither_arcsec;
        let offset = [east_arcsec / 60.0, north_arcsec / 60.0];
        for y in 0..window.height {
            for x in 0..window.width {
                let [east, north] = plane_arcmin(geometry, offset, x, y);
                let light = &mut canvas.light[y * window.width + x];
                let place = ((window.x + x) as f32, (window.y + y) as f32);
                let (clear, scattered) = veil.at(place);
                let diffuse = nebula.map_or(0.0, |nebula| nebula.at(east, north, channel.nebula));
                *light = (*light + diffuse) * clear + channel.glow * scattered * gradient(place);
            }
        }
        if conditions.event == Event::Satellite {
            satellite(&mut canvas, window);
        }
        planes.push(canvas);
    }
    planes
}

/// Where a 0-based pixel lies on the plane of the sky about the target: east and north in arcminutes.
fn plane_arcmin(geometry: &Geometry, offset: [f64; 2], x: usize, y: usize) -> [f32; 2] {
    let (u, v) = (x as f64 + 1.0 - geometry.crpix[0], y as f64 + 1.0 - geometry.crpix[1]);
    let along = |row: usize| (geometry.cd[row][0] * u + geometry.cd[row][1] * v) * 60.0 + offset[row];
    [along(0) as f32, along(1) as f32]
}

/// The glow of a village below the lower right corner.
fn gradient((x, y): (f32, f32)) -> f32 {
    0.98 + 0.02 * x / SENSOR.0 as f32 + 0.03 * y / SENSOR.1 as f32
}

/// Cloud before the stars.
enum Veil {
    Clear,
    Cloud(Turbulence),
}

impl Veil {
    fn of(event: Event) -> Self {
        if event == Event::Cloud { Self::Cloud(Turbulence { layer: 40 }) } else { Self::Clear }
    }

    /// Share of the starlight that comes through, and how much brighter the sky's glow is.
    fn at(&self, (x, y): (f32, f32)) -> (f32, f32) {
        match self {
            Self::Clear => (1.0, 1.0),
            Self::Cloud(turbulence) => {
                let thickness = (0.55 + 0.5 * turbulence.clouds(x / 900.0, y / 600.0 + 0.4 * x / 900.0, 4))
                    .clamp(0.0, 1.0);
                (1.0 - 0.8 * thickness, 1.0 + 1.3 * thickness)
            }
        }
    }
}

/// The trail of a satellite right across the sensor, flashing a little.
fn satellite(canvas: &mut Canvas, window: PixelBox) {
    const SLOPE: f32 = 0.38;
    const START: f32 = 245.0;
    for y in 0..window.height {
        for x in 0..window.width {
            let (sx, sy) = ((window.x + x) as f32, (window.y + y) as f32);
            let distance = (sy - START - SLOPE * sx) / (1.0 + SLOPE * SLOPE).sqrt();
            if distance.abs() < 6.0 {
                let brightness = 900.0 + 160.0 * (sx / 90.0).sin();
                canvas.light[y * window.width + x] += brightness * (-distance * distance / 2.6).exp();
            }
        }
    }
}

/// The bright stars that make a target recognisable, which the counts of the synthetic sky leave out.
fn landmarks(target: Target) -> Vec<Source> {
    let orion: &[(f64, f64, f64, f64)] = &[
        (83.8186, -5.3897, 5.1, -0.15),
        (83.8172, -5.3853, 6.6, -0.10),
        (83.8155, -5.3874, 6.7, -0.10),
        (83.8454, -5.4161, 5.0, -0.25),
        (83.8601, -5.4174, 6.4, -0.20),
        (83.8583, -5.9099, 2.8, -0.45),
        (83.8465, -4.8383, 4.6, -0.40),
        (83.9147, -4.8561, 5.2, 0.10),
        (83.8804, -5.2673, 6.8, 0.05),
        (83.7542, -5.6480, 7.2, -0.10),
        (84.1486, -5.6030, 8.0, 0.40),
        (83.4876, -5.4310, 7.8, 0.95),
    ];
    let rosette: &[(f64, f64, f64, f64)] = &[
        (98.0801, 4.8557, 5.9, 0.55),
        (97.9815, 4.9428, 6.7, -0.20),
        (98.0387, 4.8236, 7.3, -0.15),
        (97.8371, 4.8344, 8.2, -0.10),
        (98.0437, 4.9664, 8.2, -0.10),
        (97.9675, 5.0330, 7.6, -0.15),
        (98.0021, 4.9120, 9.3, -0.10),
        (97.9561, 4.8801, 9.6, -0.05),
        (98.0240, 5.0012, 9.8, 0.00),
        (97.9302, 4.9710, 10.2, 0.00),
    ];
    let list = if target == M_42 { orion } else { rosette };
    let star = |(index, (ra, dec, r, g_r)): (usize, &(f64, f64, f64, f64))| Source {
        id: -1 - index as i64,
        sky: Direction::new(*ra, *dec),
        r: *r,
        g_r: *g_r,
        extent: Extent::Point,
    };
    list.iter().enumerate().map(star).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::night::frames;

    #[test]
    fn light_frames_have_the_level_an_astrophotographer_expects() {
        let nebulae = Nebulae::at(Scale::Small);
        for index in [0, 14, 21] {
            let mut bytes = Vec::new();
            frame(&frames()[index], Some(&nebulae), Scale::Small).write_to(&mut bytes).unwrap();
            let data = bytes.len() - (288 * 192 * 2usize).next_multiple_of(2880);
            let mut counts: Vec<u16> = bytes[data..data + 288 * 192 * 2]
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]) ^ 0x8000)
                .collect();
            counts.sort_unstable();
            let median = counts[counts.len() / 2];
            assert!((900..6000).contains(&median), "{index}: {median}");
        }
    }
}
