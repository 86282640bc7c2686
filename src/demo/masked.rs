//! Calibrated exposures and coadded patches in LSST's layout: a primary of cards, then IMAGE, MASK and VARIANCE on
//! one WCS and a table of what was drawn.

use chrono::TimeDelta;
use ndarray::Array3;

use super::Scale;
use super::canvas::{Canvas, Drawn};
use super::exposure::{bad_columns, cosmic_rays, exposure_light, first_row_tai, light};
use super::geometry::Geometry;
use super::noise::for_each_deviate;
use super::survey::{COADD_ZERO_POINT, COADDED_EXPOSURES, Coadd, Exposure, Photometry};
use crate::fits::Header;
use crate::fits::create::{Column, ColumnValues, CreateError, FitsWriter};
use crate::pixel::{PixelBox, Raster};

/// Mask planes in bit order; `MP_<name>` cards say so.
const PLANES: [&str; 9] =
    ["BAD", "SAT", "INTRP", "CR", "EDGE", "DETECTED", "DETECTED_NEGATIVE", "SUSPECT", "NO_DATA"];
const BAD: u16 = 1;
const SATURATED: u16 = 1 << 1;
const INTERPOLATED: u16 = 1 << 2;
const COSMIC_RAY: u16 = 1 << 3;
const EDGE: u16 = 1 << 4;
const DETECTED: u16 = 1 << 5;

/// Counts at which the converter ends.
const FULL_SCALE: f32 = 60_000.0;
/// Pixels along the border where detection has too little to go by.
const EDGE_PIXELS: usize = 5;
/// Faintest magnitude in r drawn in a coadd.
const COADD_FAINTEST: f64 = 24.0;
/// Exposure of one drift scan.
const EXPOSURE_S: f64 = 53.907_456;

/// How light becomes a value and its variance.
struct Detector {
    /// Name of the noise.
    name: String,
    /// Variance without any light but the sky's, and per unit of light.
    dark_variance: f32,
    variance_per_light: f32,
    /// Highest value.
    saturation: f32,
}

/// The three planes of a masked image.
struct Planes {
    image: Vec<f32>,
    mask: Vec<u16>,
    variance: Vec<f32>,
}

/// A calibrated exposure: sky subtracted, bad columns and cosmic rays mended, 16-bit unsigned mask.
///
/// # Errors
/// Never in practice: the table's columns are made together.
pub(super) fn calexp(exposure: &Exposure, scale: Scale) -> Result<FitsWriter, CreateError> {
    let window = exposure.window(scale);
    let geometry = exposure.calexp_geometry().cropped(window.x, window.y);
    let (canvas, drawn) = exposure_light(exposure, &geometry, window);
    let photometry = exposure.band.photometry();
    let sky = photometry.sky(geometry.pixel_scale_arcsec());
    let detector = Detector {
        name: format!("calexp-{}", exposure.label()),
        dark_variance: variance(&photometry, sky),
        variance_per_light: 1.0 / photometry.gain as f32,
        saturation: FULL_SCALE,
    };
    let mut planes = expose(&canvas, window, &detector);
    let at = |x: usize, y: usize| {
        let (x, y) = (x.checked_sub(window.x)?, y.checked_sub(window.y)?);
        (x < window.width && y < window.height).then_some(y * window.width + x)
    };
    for (x, y, _) in cosmic_rays(exposure) {
        if let Some(at) = at(x, y) {
            planes.mask[at] |= COSMIC_RAY | INTERPOLATED;
        }
    }
    for column in bad_columns(exposure) {
        for at in (window.y..window.y + window.height).filter_map(|row| at(column, row)) {
            planes.mask[at] |= BAD | INTERPOLATED;
            planes.image[at] = f32::midpoint(planes.image[at - 1], planes.image[at + 1]);
        }
    }

    let mut primary = Header::new();
    primary.set_integer("RUN", i64::from(exposure.run), "run number");
    primary.set_integer("CAMCOL", i64::from(exposure.camcol), "column in the camera");
    primary.set_integer("FIELD", i64::from(exposure.field), "number of the frame within the run");
    let middle = first_row_tai(exposure) + TimeDelta::milliseconds((EXPOSURE_S * 500.0) as i64);
    describe_photometry(&mut primary, exposure.band.letter(), photometry.zero_point);
    primary.set_real("EXPTIME", EXPOSURE_S, "[s]");
    primary.set_text("TIMESYS", "TAI", "");
    primary.set_text("DATE-OBS", &first_row_tai(exposure).format("%Y-%m-%dT%H:%M:%S%.3f").to_string(), "");
    primary.set_text("TIME-MID", &middle.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(), "middle, TAI");
    let shape = (1, window.height, window.width);
    let mask = Array3::from_shape_vec(shape, planes.mask.clone()).expect("one bit set per pixel");
    assemble(primary, &geometry, window, planes, Raster::U16(mask), photometry.zero_point, &drawn)
}

/// A coadded patch: deeper, on the tract's grid, 32-bit mask.
///
/// # Errors
/// As [`calexp`].
pub(super) fn coadd(coadd: &Coadd, scale: Scale) -> Result<FitsWriter, CreateError> {
    let window = coadd.window(scale);
    let geometry = Coadd::geometry().cropped(window.x, window.y);
    let photometry = coadd.band.photometry();
    // Counts of one exposure become counts at the coadd's zero point; averaging divides the variance.
    let step = 10f64.powf(0.4 * (COADD_ZERO_POINT - photometry.zero_point));
    let sky = photometry.sky(geometry.pixel_scale_arcsec());
    let detector = Detector {
        name: format!("coadd-{}", coadd.label()),
        dark_variance: variance(&photometry, sky) * (step * step / COADDED_EXPOSURES) as f32,
        variance_per_light: (step / photometry.gain / COADDED_EXPOSURES) as f32,
        saturation: FULL_SCALE * step as f32,
    };
    let flux = |magnitude: f64| 10f64.powf(0.4 * (COADD_ZERO_POINT - magnitude));
    let threshold = 0.03 * f64::from(detector.dark_variance.sqrt());
    let (canvas, drawn) = light(&geometry, window, coadd.band, flux, COADD_FAINTEST, threshold);
    let planes = expose(&canvas, window, &detector);

    let mut primary = Header::new();
    primary.set_integer("TRACT", i64::from(coadd.tract), "number of the tract");
    primary.set_text("PATCH", &format!("{},{}", coadd.patch.0, coadd.patch.1), "patch within the tract");
    describe_photometry(&mut primary, coadd.band.letter(), COADD_ZERO_POINT);
    primary.set_integer("NCOADD", COADDED_EXPOSURES as i64, "exposures averaged");
    primary.set_real("EXPTIME", EXPOSURE_S * COADDED_EXPOSURES, "[s] summed");
    let wide = planes.mask.iter().map(|&bits| i32::from(bits)).collect();
    let mask = Array3::from_shape_vec((1, window.height, window.width), wide).expect("one bit set per pixel");
    assemble(primary, &geometry, window, planes, Raster::I32(mask), COADD_ZERO_POINT, &drawn)
}

fn variance(photometry: &Photometry, counts: f64) -> f32 {
    super::exposure::noise(photometry, counts).powi(2) as f32
}

/// Adds noise to light that lies on a subtracted sky, and notes what happened to each pixel. The variance plane
/// is estimated from the noisy pixel itself, as pipelines do.
fn expose(canvas: &Canvas, window: PixelBox, detector: &Detector) -> Planes {
    let pixels = window.pixels();
    let mut planes = Planes { image: vec![0.0; pixels], mask: vec![0; pixels], variance: vec![0.0; pixels] };
    let sigma = detector.dark_variance.sqrt();
    for row in 0..window.height {
        let (light, start) = (canvas.row(row), row * window.width);
        let near_edge = |at: usize, length: usize| at < EDGE_PIXELS || at + EDGE_PIXELS >= length;
        let edge_row = near_edge(row, window.height);
        for_each_deviate(&detector.name, window.y + row, window.width, |column, deviate| {
            let expected = light[column];
            let spread = detector.dark_variance + expected * detector.variance_per_light;
            let value = (expected + deviate * spread.sqrt()).min(detector.saturation);
            let mut bits = 0;
            if value >= detector.saturation {
                bits |= SATURATED | INTERPOLATED;
            }
            if edge_row || near_edge(column, window.width) {
                bits |= EDGE;
            }
            if expected > sigma {
                bits |= DETECTED;
            }
            planes.image[start + column] = value;
            planes.mask[start + column] = bits;
            planes.variance[start + column] =
                detector.dark_variance + value.max(0.0) * detector.variance_per_light;
        });
    }
    planes
}

fn describe_photometry(header: &mut Header, filter: char, zero_point: f64) {
    header.set_text("FILTER", &filter.to_string(), "filter");
    header.set_real("FLUXMAG0", 10f64.powf(0.4 * zero_point), "counts of a source of magnitude 0");
    header.set_text("ORIGIN", "demo", "synthetic image in the layout of the LSST stack");
}

/// Puts primary, planes and the table of drawn sources together.
fn assemble(
    primary: Header,
    geometry: &Geometry,
    window: PixelBox,
    planes: Planes,
    mask: Raster,
    zero_point: f64,
    drawn: &[Drawn],
) -> Result<FitsWriter, CreateError> {
    let shape = (1, window.height, window.width);
    let floats = |samples: Vec<f32>| {
        Raster::F32(Array3::from_shape_vec(shape, samples).expect("one sample per pixel of the window"))
    };
    let header = |name: &str, unit: &str| plane_header(geometry, window, name, unit);
    let mut mask_header = header("MASK", "");
    for (bit, plane) in PLANES.iter().enumerate() {
        mask_header.set_integer(&format!("MP_{plane}"), bit as i64, "");
    }
    let mut sources = Header::new();
    sources.set_text("EXTNAME", "SOURCES", "what was drawn: positions without noise");
    FitsWriter::new()
        .cards_only(primary)
        .image(header("IMAGE", "adu"), floats(planes.image))
        .image(mask_header, mask)
        .image(header("VARIANCE", "adu2"), floats(planes.variance))
        .table(&sources, &columns(drawn, zero_point))
}

/// The cards of one plane: its WCS, and alternate A, which counts pixels as the whole frame or tract does.
fn plane_header(geometry: &Geometry, window: PixelBox, name: &str, unit: &str) -> Header {
    let mut header = Header::new();
    header.set_text("EXTNAME", name, "");
    header.set_text("EXTTYPE", name, "");
    header.set_logical("INHERIT", true, "the primary's cards hold here too");
    if !unit.is_empty() {
        header.set_text("BUNIT", unit, "");
    }
    geometry.describe(&mut header);
    header.set_integer("LTV1", -(window.x as i64), "pixel here = pixel of the parent + LTV");
    header.set_integer("LTV2", -(window.y as i64), "");
    for (axis, origin) in [(1, window.x), (2, window.y)] {
        header.set_text(&format!("CTYPE{axis}A"), "LINEAR", "pixels of the parent, counted from 0");
        header.set_text(&format!("CUNIT{axis}A"), "pixel", "");
        header.set_integer(&format!("CRPIX{axis}A"), 1, "");
        header.set_integer(&format!("CRVAL{axis}A"), origin as i64, "");
    }
    header
}

/// The table of drawn sources.
fn columns(drawn: &[Drawn], zero_point: f64) -> [Column; 7] {
    let f64s = |of: &dyn Fn(&Drawn) -> f64| ColumnValues::F64(drawn.iter().map(of).collect());
    let f32s = |of: &dyn Fn(&Drawn) -> f64| ColumnValues::F32(drawn.iter().map(|d| of(d) as f32).collect());
    let id = ColumnValues::I64(drawn.iter().map(|source| source.source.id).collect());
    [
        Column { name: "id", unit: "", values: id },
        Column { name: "ra", unit: "deg", values: f64s(&|d| d.source.sky.ra_deg) },
        Column { name: "dec", unit: "deg", values: f64s(&|d| d.source.sky.dec_deg) },
        Column { name: "x", unit: "pixel", values: f32s(&|d| d.pixel[0]) },
        Column { name: "y", unit: "pixel", values: f32s(&|d| d.pixel[1]) },
        Column { name: "mag", unit: "mag", values: f32s(&|d| zero_point - 2.5 * d.flux.log10()) },
        Column {
            name: "is_star",
            unit: "",
            values: ColumnValues::I64(
                drawn.iter().map(|d| i64::from(d.source.extent == super::sources::Extent::Point)).collect(),
            ),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::survey::EXPOSURES;

    #[test]
    fn noise_has_the_variance_its_plane_claims() {
        let canvas = Canvas::new(300, 200);
        let window = PixelBox { x: 10, y: 20, width: 300, height: 200 };
        let detector = Detector {
            name: "test".into(),
            dark_variance: 30.0,
            variance_per_light: 0.2,
            saturation: FULL_SCALE,
        };
        let planes = expose(&canvas, window, &detector);
        let pixels = planes.image.len() as f32;
        let squares: f32 = planes.image.iter().map(|value| value * value).sum();
        assert!((squares / pixels - 30.0).abs() < 1.0);
        let claimed: f32 = planes.variance.iter().sum::<f32>() / pixels;
        assert!((30.0..31.0).contains(&claimed));
        assert!(planes.mask[0] & EDGE != 0 && planes.mask[100 * 300 + 150] == 0);
    }

    #[test]
    fn a_cropped_exposure_keeps_the_parents_pixel_count() {
        let bytes = {
            let mut bytes = Vec::new();
            calexp(&EXPOSURES[0], Scale::Small).unwrap().write_to(&mut bytes).unwrap();
            bytes
        };
        let primary = Header::parse(&bytes).unwrap();
        assert_eq!((primary.integer("RUN"), primary.integer("FIELD")), (Some(5646), Some(694)));
        let image = Header::parse(&bytes[2880..]).unwrap();
        let window = EXPOSURES[0].window(Scale::Small);
        assert_eq!(image.text("EXTNAME").as_deref(), Some("IMAGE"));
        assert_eq!(image.integer("LTV1"), Some(-(window.x as i64)));
        assert_eq!(image.integer("CRVAL1A"), Some(window.x as i64));
        let whole = EXPOSURES[0].calexp_geometry();
        assert_eq!(image.real("CRPIX2"), Some(whole.crpix[1] - window.y as f64));
    }
}
