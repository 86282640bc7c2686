//! A recording that stands for a camera: its pictures, the settings that play it, and what playing it costs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use trifocal::pixel::codec::{Channels, EightBit, jpeg_encode};

use crate::gateway::Gateway;

/// Pictures per second.
pub(crate) const FPS: usize = 25;
/// How long a camera is left alone to see what it costs.
const IDLE: Duration = Duration::from_secs(6);

/// Writes the recording into `directory`; gives the section of the settings that plays it over and over.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn camera(directory: &Path, name: &str, pictures: &[Vec<u8>]) -> anyhow::Result<String> {
    let file = directory.join(format!("{name}.mjpeg"));
    fs::write(&file, pictures.concat())?;
    Ok(format!("[[cameras]]\nname = \"{name}\"\nurl = \"file:{}?fps={FPS}\"\n", file.display()))
}

/// Processor time per elapsed time of a gateway that is left alone.
pub(crate) fn idle_cores(gateway: &Gateway) -> f64 {
    let used = gateway.cpu_seconds();
    std::thread::sleep(IDLE);
    (gateway.cpu_seconds() - used) / IDLE.as_secs_f64()
}

/// One second of a night-sky camera: gradients, noise and a bar that moves, about 150 kB a picture of 1080p.
///
/// # Errors
/// When a picture cannot be encoded.
pub(crate) fn pictures((width, height): (usize, usize)) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut noise = Xoshiro256PlusPlus::seed_from_u64(25);
    let picture = |number: usize| {
        let mut samples = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                let bar = if x / 40 == number { 90 } else { 0 };
                let grain: u8 = noise.random::<u8>() / 24;
                let sky = (y * 90 / height) as u8 + grain + bar;
                samples.extend_from_slice(&[sky, sky + (x * 40 / width) as u8, sky + 30]);
            }
        }
        let picture =
            EightBit::new(width, height, Channels::Rgb, samples).context("one sample per colour")?;
        Ok(jpeg_encode(&picture, 80)?)
    };
    (0..FPS).map(picture).collect()
}
