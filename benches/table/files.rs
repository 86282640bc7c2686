//! The files that are measured: survey images with a WCS and frames of a 26-megapixel camera, noise included.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use ndarray::Array3;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use trifocal::fits::create::FitsWriter;
use trifocal::fits::header::Header;
use trifocal::pixel::Raster;

/// Columns and rows of a survey image (an SDSS field).
pub(crate) const FIELD: (usize, usize) = (2048, 1489);

/// Degrees per pixel of a survey image.
pub(crate) const FIELD_SCALE_DEG: f64 = 0.396 / 3600.0;

/// Survey images made.
pub(crate) const FIELDS: usize = 8;

/// Columns and rows of a frame (an IMX571 sensor).
pub(crate) const FRAME: (usize, usize) = (6248, 4176);

/// Stars in a frame.
const STARS: usize = 4000;

/// Right ascension of the middle of survey image `number`; all lie on the equator and none touches another.
pub(crate) fn field_ra_deg(number: usize) -> f64 {
    40.0 + number as f64
}

/// Writes the survey images, one file each.
///
/// # Errors
/// The operating system's.
pub(crate) fn write_fields(directory: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(directory)?;
    (0..FIELDS)
        .try_for_each(|number| write_field(&directory.join(format!("calexp-{number:04}.fits")), number))
}

/// Writes survey image `number` with single-precision samples.
///
/// # Errors
/// The operating system's.
pub(crate) fn write_field(path: &Path, number: usize) -> anyhow::Result<()> {
    let mut noise = Noise::new(number as u64);
    let pixels = Array3::from_shape_simple_fn((1, FIELD.1, FIELD.0), || 120.0 + 9.0 * noise.next());
    let mut header = Header::new();
    header.set_text("CTYPE1", "RA---TAN", "");
    header.set_text("CTYPE2", "DEC--TAN", "");
    header.set_real("CRPIX1", f64::midpoint(1.0, FIELD.0 as f64), "");
    header.set_real("CRPIX2", f64::midpoint(1.0, FIELD.1 as f64), "");
    header.set_real("CRVAL1", field_ra_deg(number), "");
    header.set_real("CRVAL2", 0.0, "");
    header.set_real("CD1_1", -FIELD_SCALE_DEG, "");
    header.set_real("CD1_2", 0.0, "");
    header.set_real("CD2_1", 0.0, "");
    header.set_real("CD2_2", FIELD_SCALE_DEG, "");
    header.set_text("RADESYS", "ICRS", "");
    header.set_text("FILTER", "r", "");
    header.set_text("DATE-OBS", "2026-11-20T21:00:00", "");
    write_rested(&FitsWriter::new().image(header, Raster::F32(pixels)), path)
}

/// Writes a light frame; with a `bayer_pattern` it is one of a colour camera.
///
/// # Errors
/// The operating system's.
pub(crate) fn write_frame(path: &Path, bayer_pattern: Option<&str>, minute: u32) -> anyhow::Result<()> {
    let mut noise = Noise::new(u64::from(minute));
    let mut light = Array3::from_shape_simple_fn((1, FRAME.1, FRAME.0), || 1500.0 + 60.0 * noise.next());
    draw_stars(&mut light, u64::from(minute));
    let pixels = light.mapv(|sample| sample as u16);
    let mut header = Header::new();
    header.set_text("IMAGETYP", "LIGHT", "");
    header.set_real("EXPTIME", 60.0, "");
    header.set_text("DATE-OBS", &format!("2026-11-20T21:{minute:02}:00.000"), "");
    header.set_text("INSTRUME", "IMX571", "");
    header.set_text("FILTER", "L", "");
    if let Some(pattern) = bayer_pattern {
        header.set_text("BAYERPAT", pattern, "");
        header.set_integer("XBAYROFF", 0, "");
        header.set_integer("YBAYROFF", 0, "");
    }
    write_rested(&FitsWriter::new().image(header, Raster::U16(pixels)), path)
}

/// Draws [`STARS`] round stars of four pixels' width, more faint ones than bright ones.
fn draw_stars(light: &mut Array3<f32>, seed: u64) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let margin = 12;
    for _ in 0..STARS {
        let column = random.random_range(margin..FRAME.0 - margin);
        let row = random.random_range(margin..FRAME.1 - margin);
        let peak = 100.0 + 40_000.0 * random.random::<f32>().powi(6);
        for (y, x) in (0..=2 * margin).flat_map(|y| (0..=2 * margin).map(move |x| (y, x))) {
            let squared = (y.abs_diff(margin).pow(2) + x.abs_diff(margin).pow(2)) as f32;
            light[(0, row - margin + y, column - margin + x)] += peak * (-squared / 5.8).exp();
        }
    }
}

/// Writes a file that looks as if it had been there for long: the service leaves fresh files alone for a while.
fn write_rested(file: &FitsWriter, path: &Path) -> anyhow::Result<()> {
    file.write(path)?;
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    File::options().write(true).open(path)?.set_modified(long_ago)?;
    Ok(())
}

/// Cheap noise, nearly normal with mean 0 and deviation 1: the sum of four uniform numbers of one draw.
struct Noise(Xoshiro256PlusPlus);

impl Noise {
    fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    fn next(&mut self) -> f32 {
        let draw: [u8; 8] = self.0.random();
        let sum: f32 =
            draw.chunks_exact(2).map(|pair| f32::from(u16::from_le_bytes([pair[0], pair[1]]))).sum();
        (sum / f32::from(u16::MAX) - 2.0) * 3.0_f32.sqrt()
    }
}
