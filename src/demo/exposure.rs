//! Raw Sloan frames (`fpC`): 16-bit counts on a soft bias, cards as the survey's own pipeline wrote them.

use chrono::{DateTime, TimeDelta, Utc};
use ndarray::Array3;

use super::Scale;
use super::canvas::{Brush, Canvas, Drawn, Seeing};
use super::geometry::Geometry;
use super::noise::for_each_deviate;
use super::seed::generator;
use super::sources::{self, Band};
use super::survey::{Exposure, Photometry};
use crate::fits::create::FitsWriter;
use crate::fits::{Card, Header};
use crate::pixel::{PixelBox, Raster};
use rand::Rng;

/// Counts added to every pixel so that noise about zero stays positive.
pub(super) const SOFT_BIAS: f64 = 1000.0;
/// Faintest magnitude in r drawn in a single exposure.
const FAINTEST: f64 = 23.3;
/// Share of a star's light in the diffraction spikes of the 2.5 m telescope.
pub(super) const SPIKES: f32 = 2.5e-3;

/// Draws the light sources send to a window of an image.
pub(super) fn light(
    geometry: &Geometry,
    window: PixelBox,
    band: Band,
    flux: impl Fn(f64) -> f64,
    faintest: f64,
    threshold: f64,
) -> (Canvas, Vec<Drawn>) {
    let (width, height) = (window.width as f64, window.height as f64);
    let scale_arcsec = geometry.pixel_scale_arcsec();
    let centre = geometry.sky_at([f64::midpoint(1.0, width), f64::midpoint(1.0, height)]);
    let reach_deg = (width.hypot(height) / 2.0 + 60.0) * scale_arcsec / 3600.0;
    let sources = sources::around(centre, reach_deg, faintest);
    let seeing = Seeing::of_fwhm(band.photometry().fwhm_arcsec / scale_arcsec);
    let mut canvas = Canvas::new(window.width, window.height);
    let brush = Brush { seeing, threshold: threshold as f32, spikes: SPIKES };
    let drawn = canvas.draw(geometry, brush, &sources, |source| flux(source.magnitude(band)));
    (canvas, drawn)
}

/// Draws a window of an exposure in its own counts.
pub(super) fn exposure_light(
    exposure: &Exposure,
    geometry: &Geometry,
    window: PixelBox,
) -> (Canvas, Vec<Drawn>) {
    let photometry = exposure.band.photometry();
    let noise = noise(&photometry, photometry.sky(geometry.pixel_scale_arcsec()));
    light(geometry, window, exposure.band, |magnitude| photometry.flux(magnitude), FAINTEST, 0.03 * noise)
}

/// Standard deviation in counts of a pixel that holds this many.
pub(super) fn noise(photometry: &Photometry, counts: f64) -> f64 {
    (counts / photometry.gain + (photometry.read_noise_e / photometry.gain).powi(2)).sqrt()
}

/// Pixels of the whole frame hit by cosmic rays, with the counts they left.
pub(super) fn cosmic_rays(exposure: &Exposure) -> Vec<(usize, usize, f64)> {
    let mut random = generator(&format!("cosmic rays {}", exposure.label()), 0);
    let mut hits = Vec::new();
    for _ in 0..60 {
        let (mut x, mut y) = (random.random_range(10.0..2038.0), random.random_range(10.0..1479.0));
        let (step_y, step_x) = random.random_range(0.0..std::f64::consts::TAU).sin_cos();
        let counts = random.random_range(150.0..4000.0);
        for _ in 0..random.random_range(1..9) {
            hits.push((x as usize, y as usize, counts * random.random_range(0.4..1.0)));
            (x, y) = (x + step_x, y + step_y);
        }
    }
    hits
}

/// Columns of the chip that do not answer; each camera column and filter has its own.
pub(super) fn bad_columns(exposure: &Exposure) -> [usize; 2] {
    let mut random = generator("bad columns", u64::from(exposure.camcol) << 8 | exposure.band as u64);
    [random.random_range(100..900), random.random_range(1200..2000)]
}

/// A raw frame.
pub(super) fn raw(exposure: &Exposure, scale: Scale) -> FitsWriter {
    let window = exposure.window(scale);
    let geometry = exposure.raw_geometry().cropped(window.x, window.y);
    let (canvas, _) = exposure_light(exposure, &geometry, window);
    let photometry = exposure.band.photometry();
    let sky = photometry.sky(geometry.pixel_scale_arcsec());
    let name = format!("fpC-{}", exposure.label());
    let (inverse_gain, read_variance) =
        (1.0 / photometry.gain as f32, (photometry.read_noise_e / photometry.gain).powi(2) as f32);
    let bias = SOFT_BIAS as f32;

    let mut counts = vec![0u16; window.pixels()];
    for (row, out) in counts.chunks_exact_mut(window.width).enumerate() {
        let light = canvas.row(row);
        for_each_deviate(&name, window.y + row, window.width, |column, deviate| {
            let expected = light[column] + sky as f32;
            let noisy = expected + deviate * (expected * inverse_gain + read_variance).sqrt();
            // A float cast saturates at 0 and 65,535, as the converter does.
            out[column] = (bias + noisy + 0.5) as u16;
        });
    }
    let at = |x: usize, y: usize| {
        let (x, y) = (x.checked_sub(window.x)?, y.checked_sub(window.y)?);
        (x < window.width && y < window.height).then_some(y * window.width + x)
    };
    for (x, y, hit) in cosmic_rays(exposure) {
        if let Some(at) = at(x, y) {
            counts[at] = counts[at].saturating_add(hit as u16);
        }
    }
    for column in bad_columns(exposure) {
        for row in 0..window.height {
            if let Some(at) = at(column, row + window.y) {
                counts[at] = SOFT_BIAS as u16 + counts[at] % 3;
            }
        }
    }
    let shape = (1, window.height, window.width);
    let pixels = Array3::from_shape_vec(shape, counts).expect("one count per pixel of the window");
    FitsWriter::new().image(header(exposure, &geometry), Raster::U16(pixels))
}

/// The moment of the first row, TAI.
pub(super) fn first_row_tai(exposure: &Exposure) -> DateTime<Utc> {
    /// Modified Julian date of 1970-01-01.
    const UNIX_EPOCH_MJD: f64 = 40_587.0;
    let milliseconds = ((exposure.mjd_tai - UNIX_EPOCH_MJD) * 86_400_000.0).round() as i64;
    DateTime::UNIX_EPOCH + TimeDelta::milliseconds(milliseconds)
}

/// The cards of a corrected frame, in the survey's order and spelling: `EXPTIME` is a string, reals have exponents.
fn header(exposure: &Exposure, geometry: &Geometry) -> Header {
    let start = first_row_tai(exposure);
    let boresight = geometry.sky_at([1024.5, 1.0]);
    let mut header = Header::new();
    let mut line = |text: String| header.push(card(&text));
    line(format!("BZERO   = {:>20}", exponent(32768.0)));
    line(format!("BSCALE  = {:>20}", exponent(1.0)));
    line(format!("TAI     = {:>20.2} / seconds since 1858 Nov 17, first row", exposure.mjd_tai * 86_400.0));
    line(format!("RA      = {:>20.5} / [deg] telescope boresight, first row", boresight.ra_deg));
    line(format!("DEC     = {:>20.6} / [deg] telescope boresight, first row", 0.0));
    line(format!("SPA     = {:>20.3} / [deg] position angle of the camera column", 90.0));
    line(format!("DATE-OBS= '{}'         / TAI date, first row", start.format("%Y-%m-%d")));
    line(format!("TAIHMS  = '{}'        / TAI time, first row", hundredths(start)));
    line("ORIGIN  = 'SDSS    '           / synthetic frame in the survey's layout".into());
    line("TELESCOP= '2.5m    '".into());
    line("TIMESYS = 'TAI     '".into());
    line(format!("RUN     = {:>20} / run number", exposure.run));
    line(format!("FRAME   = {:>20} / number of the frame within the run", exposure.field));
    line(format!("FIELD   = {:>20} / the same, by its later name", exposure.field));
    line("CCDLOC  =                   14 / place of the chip in the camera".into());
    line("STRIPE  =                   82 / number of the stripe".into());
    line("STRIP   = 'S       '           / which half of the stripe".into());
    line("FLAVOR  = 'science '           / kind of run".into());
    line("OBJECT  = '82 S    '           / stripe and strip".into());
    line("EXPTIME = '53.907456'          / [s] exposure".into());
    line("CCDMODE = 'DRIFT   '           / the chip is read as the sky drifts over it".into());
    line("C_OBS   =                26322 / [us] per row".into());
    line("COLBIN  =                    1 / columns binned".into());
    line("ROWBIN  =                    1 / rows binned".into());
    line("CAMROW  =                    1 / row in the camera".into());
    line(format!("EQUINOX = {:>20}", exponent(2000.0)));
    line(format!("SOFTBIAS= {:>20} / counts added to every pixel", SOFT_BIAS as i64));
    line("BUNIT   = 'DNs     '".into());
    line(format!("FILTER  = '{:<8}'           / filter", exposure.band.letter()));
    line(format!("CAMCOL  = {:>20} / column in the camera", exposure.camcol));
    line(format!("GAIN    = {:>20.2} / [e/DN]", exposure.band.photometry().gain));
    line("VERSION = 'demo    '".into());
    line("RADECSYS= 'ICRS    '           / older spelling of RADESYS".into());
    line("CTYPE1  = 'RA---TAN'".into());
    line("CTYPE2  = 'DEC--TAN'".into());
    line("CUNIT1  = 'deg     '".into());
    line("CUNIT2  = 'deg     '".into());
    line(format!("CRPIX1  = {:>20} / reference column", exponent(geometry.crpix[0])));
    line(format!("CRPIX2  = {:>20} / reference row", exponent(geometry.crpix[1])));
    line(format!("CRVAL1  = {:>20} / [deg] RA there", exponent(geometry.crval.ra_deg)));
    line(format!("CRVAL2  = {:>20} / [deg] Dec there", exponent(geometry.crval.dec_deg)));
    line(format!("CD1_1   = {:>20} / [deg] RA per column", exponent(geometry.cd[0][0])));
    line(format!("CD1_2   = {:>20} / [deg] RA per row", exponent(geometry.cd[0][1])));
    line(format!("CD2_1   = {:>20} / [deg] Dec per column", exponent(geometry.cd[1][0])));
    line(format!("CD2_2   = {:>20} / [deg] Dec per row", exponent(geometry.cd[1][1])));
    header
}

/// A card of this text, blank-padded or cut to 80 columns.
pub(super) fn card(text: &str) -> Card {
    let mut bytes = [b' '; 80];
    for (byte, letter) in bytes.iter_mut().zip(text.bytes()) {
        *byte = letter;
    }
    Card(bytes)
}

/// `1.02450000000000E+03`: fourteen decimals and a signed exponent of two digits.
fn exponent(value: f64) -> String {
    let text = format!("{value:.14E}");
    let (mantissa, power) = text.split_once('E').unwrap_or((&text, "0"));
    let (sign, digits) = power.strip_prefix('-').map_or(('+', power), |digits| ('-', digits));
    format!("{mantissa}E{sign}{digits:0>2}")
}

fn hundredths(time: DateTime<Utc>) -> String {
    format!("{}.{:02}", time.format("%H:%M:%S"), time.timestamp_subsec_millis() / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals_are_spelled_as_the_survey_does() {
        assert_eq!(exponent(1024.5), "1.02450000000000E+03");
        assert_eq!(exponent(-1.4e-9), "-1.40000000000000E-09");
        assert_eq!(exponent(0.0), "0.00000000000000E+00");
    }
}
