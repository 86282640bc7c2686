//! What lies between the light and the file of a night camera: vignetting, dust, hot pixels, bias.

use rand::Rng;

use super::noise::for_each_deviate;
use super::seed::generator;
use crate::pixel::PixelBox;

/// A camera of the night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Camera {
    /// Behind a filter wheel.
    Mono,
    /// With a Bayer matrix, RGGB.
    Colour,
}

/// Columns and rows of both sensors.
pub(super) const SENSOR: (usize, usize) = (1536, 1024);
/// Counts of a pixel without light or time: ten times the OFFSET setting.
pub(super) const BIAS: f32 = 500.0;
/// Electrons per count.
pub(super) const ELECTRONS_PER_COUNT: f32 = 0.25;
const READ_NOISE_E: f32 = 1.6;

impl Camera {
    /// Its name, as drivers report it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mono => "Demo 1600M",
            Self::Colour => "Demo 1600C",
        }
    }

    /// The channel (0 red, 1 green, 2 blue) of a pixel of the whole sensor; a mono sensor has one.
    pub(super) fn channel(self, x: usize, y: usize) -> usize {
        match self {
            Self::Mono => 0,
            Self::Colour => (x & 1) + (y & 1),
        }
    }
}

/// How much of the light reaches each pixel of a window: the optics' vignetting, dust on the glass and the
/// pixels' own response.
pub(super) fn throughput(camera: Camera, window: PixelBox) -> Vec<f32> {
    let motes = motes(camera);
    let (middle_x, middle_y) = (SENSOR.0 as f32 / 2.0, SENSOR.1 as f32 / 2.0);
    let mut through = vec![0.0; window.pixels()];
    for (row, out) in through.chunks_exact_mut(window.width).enumerate() {
        let y = (window.y + row) as f32;
        for_each_deviate(
            &format!("response {}", camera.name()),
            window.y + row,
            window.width,
            |at, deviate| {
                let x = (window.x + at) as f32;
                let off_axis =
                    ((x - middle_x - 23.0).powi(2) + (y - middle_y + 14.0).powi(2)) / (middle_x * middle_x);
                let dust: f32 = motes.iter().map(|mote| mote.transmission(x, y)).product();
                out[at] = (1.0 - 0.07 * off_axis) * dust * (1.0 + 0.004 * deviate);
            },
        );
    }
    through
}

/// A mote of dust, out of focus: a ring of shadow.
struct Mote {
    x: f32,
    y: f32,
    radius: f32,
    depth: f32,
}

impl Mote {
    fn transmission(&self, x: f32, y: f32) -> f32 {
        let squared = (x - self.x).powi(2) + (y - self.y).powi(2);
        if squared > self.radius * self.radius {
            return 1.0;
        }
        let place = squared / (self.radius * self.radius);
        // The secondary shadow of the aperture leaves the ring's middle a little brighter.
        1.0 - self.depth * (1.0 - place.powi(6)) * if place < 0.12 { 0.55 } else { 1.0 }
    }
}

fn motes(camera: Camera) -> Vec<Mote> {
    let mut random = generator("dust", camera as u64);
    (0..5)
        .map(|_| Mote {
            x: random.random_range(0.0..SENSOR.0 as f32),
            y: random.random_range(0.0..SENSOR.1 as f32),
            radius: random.random_range(16.0..42.0),
            depth: random.random_range(0.015..0.06),
        })
        .collect()
}

/// Turns light (counts, before vignetting is undone) of a window into what the camera delivers.
///
/// `light(x, y)` is asked for every pixel of the window, 0-based within it.
pub(super) fn read_out(
    camera: Camera,
    name: &str,
    window: PixelBox,
    exposure_s: f32,
    light: impl Fn(usize, usize) -> f32,
) -> Vec<u16> {
    let mut counts = vec![0u16; window.pixels()];
    let read_variance = (READ_NOISE_E / ELECTRONS_PER_COUNT).powi(2);
    let dark = 0.012 * exposure_s;
    let pattern = column_pattern(camera);
    for (row, out) in counts.chunks_exact_mut(window.width).enumerate() {
        let hot = hot_pixels(camera, window.y + row);
        for_each_deviate(name, window.y + row, window.width, |column, deviate| {
            let x = window.x + column;
            let mut signal = light(column, row) + dark;
            if let Some((_, rate)) = hot.iter().find(|(at, _)| *at == x) {
                signal += rate * exposure_s;
            }
            let spread = (signal / ELECTRONS_PER_COUNT + read_variance).sqrt();
            // A float cast saturates, as the converter does.
            out[column] = (BIAS + pattern[x] + signal + deviate * spread + 0.5) as u16;
        });
    }
    counts
}

/// Offsets of the column amplifiers.
fn column_pattern(camera: Camera) -> Vec<f32> {
    let mut pattern = vec![0.0; SENSOR.0];
    let name = format!("columns {}", camera.name());
    for_each_deviate(&name, 0, SENSOR.0, |column, deviate| pattern[column] = 1.2 * deviate);
    pattern
}

/// Hot pixels of a sensor row: column and counts per second.
fn hot_pixels(camera: Camera, row: usize) -> Vec<(usize, f32)> {
    let mut random = generator(&format!("hot pixels {}", camera.name()), row as u64);
    let count = [0, 0, 0, 1, 1, 2][random.random_range(0..6)];
    (0..count)
        .map(|_| (random.random_range(0..SENSOR.0), 10f32.powf(random.random_range(-0.3..2.0))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bayer_matrix_reads_red_green_green_blue() {
        let cell = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(x, y)| Camera::Colour.channel(x, y));
        assert_eq!(cell, [0, 1, 1, 2]);
        assert_eq!(Camera::Mono.channel(1, 1), 0);
    }

    #[test]
    fn a_bias_frame_is_the_offset_and_the_read_noise() {
        let window = PixelBox::whole(SENSOR.0, 64);
        let counts = read_out(Camera::Mono, "bias test", window, 0.0, |_, _| 0.0);
        let mean = counts.iter().map(|&count| f64::from(count)).sum::<f64>() / counts.len() as f64;
        assert!((mean - f64::from(BIAS)).abs() < 0.5, "{mean}");
        let variance =
            counts.iter().map(|&count| (f64::from(count) - mean).powi(2)).sum::<f64>() / counts.len() as f64;
        assert!((variance.sqrt() - 6.5).abs() < 0.3, "{}", variance.sqrt());
    }

    #[test]
    fn hot_pixels_stay_where_they_are_from_frame_to_frame() {
        let window = PixelBox::whole(SENSOR.0, 200);
        let dark = |name: &str| read_out(Camera::Colour, name, window, 300.0, |_, _| 0.0);
        let hot = |counts: &[u16]| {
            counts.iter().enumerate().filter(|(_, c)| **c > 2000).map(|(at, _)| at).collect::<Vec<_>>()
        };
        let first = hot(&dark("first"));
        assert!(first.len() > 20);
        let second = hot(&dark("second"));
        let shared = first.iter().filter(|at| second.contains(at)).count();
        assert!(shared * 10 >= first.len() * 9);
    }
}
