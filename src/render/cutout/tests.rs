//! Cutouts of files written for the purpose, from request to pixels.

use ndarray::Array3;

use super::*;
use crate::fits::create::FitsWriter;
use crate::fits::{FitsFile, HduIndex, Header, section};
use crate::pixel::{Limits, PixelBox, Raster};
use crate::render::Files;
use crate::sky::{Extent, Polarization};

const SIDE: usize = 40;

/// A header with coordinates: one arcsecond per pixel around (150, 2).
fn header(more: &[(&str, &str)]) -> Header {
    let mut header = Header::new();
    header.set_text("CTYPE1", "RA---TAN", "");
    header.set_text("CTYPE2", "DEC--TAN", "");
    for (keyword, value) in [
        ("CRPIX1", 20.5),
        ("CRPIX2", 20.5),
        ("CRVAL1", 150.0),
        ("CRVAL2", 2.0),
        ("CDELT1", -1.0 / 3600.0),
        ("CDELT2", 1.0 / 3600.0),
    ] {
        header.set_real(keyword, value, "");
    }
    header.set_text("RADESYS", "ICRS", "");
    for (keyword, value) in more {
        match value.parse() {
            Ok(number) => header.set_real(keyword, number, ""),
            Err(_) => header.set_text(keyword, value, ""),
        }
    }
    header
}

fn ramp(planes: usize) -> Array3<f32> {
    Array3::from_shape_fn((planes, SIDE, SIDE), |(z, y, x)| (z * 10_000 + y * 100 + x) as f32)
}

/// A cube of five wavelengths, 500 nm to 540 nm.
fn cube() -> FitsWriter {
    let spectral =
        [("CTYPE3", "WAVE"), ("CRPIX3", "1"), ("CRVAL3", "5.0E-7"), ("CDELT3", "1.0E-8"), ("CUNIT3", "m")];
    FitsWriter::new().image(header(&spectral), Raster::F32(ramp(5)))
}

struct Opened {
    _folder: tempfile::TempDir,
    file: Arc<OpenFile>,
}

fn open(writer: &FitsWriter) -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.fits");
    writer.write(&path).unwrap();
    let file = Files::new(4, 1 << 20, Limits::default()).open(&path).unwrap();
    Opened { _folder: folder, file }
}

fn circle(radius_arcsec: f64) -> CutoutArea {
    CutoutArea::Region(Region::circle(150.0, 2.0, radius_arcsec / 3600.0).unwrap())
}

fn request(area: CutoutArea) -> CutoutRequest {
    CutoutRequest::new(area, "test".to_owned(), DateTime::UNIX_EPOCH)
}

/// The answer as a file of its own.
fn answer(planned: &PlannedCutout) -> (tempfile::TempDir, FitsFile) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.fits");
    std::fs::write(&path, planned.cutout.to_bytes().unwrap()).unwrap();
    let file = FitsFile::open(&path, &Limits::default()).unwrap();
    (folder, file)
}

fn values(file: &FitsFile, hdu: usize) -> Vec<f64> {
    let image = file.hdus()[hdu].image().unwrap();
    let whole = PixelBox::whole(image.width(), image.height());
    section::physical(file, HduIndex(hdu), 0, whole).unwrap().into_iter().collect()
}

#[test]
fn a_band_cuts_the_planes_of_a_cube() {
    let opened = open(&cube());
    let mut wanted = request(circle(2.0));
    wanted.filters.wavelength_m = Some([5.1e-7, 5.24e-7]);
    let planned = wanted.plan(&opened.file).unwrap();
    assert_eq!(planned.bounds(), "19:22,19:22,2:3");
    let (_folder, file) = answer(&planned);
    assert_eq!(file.hdus()[0].image().unwrap().axes, [4, 4, 2]);
    assert_eq!(values(&file, 0)[0].to_bits(), 11_818.0_f64.to_bits());
    assert_eq!(file.hdus()[0].header.real("CRPIX3"), Some(0.0));
    wanted.filters.wavelength_m = Some([6e-7, 7e-7]);
    assert!(matches!(wanted.plan(&opened.file), Err(Error::OutsideImage)));
}

#[test]
fn a_picture_passes_a_filter_by_what_is_known_of_it() {
    let opened = open(&FitsWriter::new().image(header(&[]), Raster::F32(ramp(1))));
    let mut wanted = request(circle(2.0));
    wanted.filters.wavelength_m = Some([5e-7, 6e-7]);
    assert!(matches!(wanted.plan(&opened.file), Err(Error::NoMetadata("spectral"))));
    wanted.coverage.wavelength_m = Some([5.5e-7, 7e-7]);
    assert_eq!(wanted.plan(&opened.file).unwrap().bounds(), "19:22,19:22");
    wanted.coverage.wavelength_m = Some([6.5e-7, 7e-7]);
    assert!(matches!(wanted.plan(&opened.file), Err(Error::OutsideImage)));
    let mut wanted = request(CutoutArea::Whole);
    wanted.filters.polarizations = vec![Polarization::Q];
    wanted.coverage.polarizations = vec![Polarization::I, Polarization::Q];
    assert_eq!(wanted.plan(&opened.file).unwrap().bounds(), "1:40,1:40");
    wanted.filters.mjd = Some([1.0, 2.0]);
    assert!(matches!(wanted.plan(&opened.file), Err(Error::NoMetadata("time"))));
}

#[test]
fn planes_without_coordinates_follow_the_first_image_and_detail_leaves_the_rest_out() {
    let mask = Array3::from_elem((1, SIDE, SIDE), 1_i16);
    let other = Array3::from_elem((1, 5, 5), 1_i16);
    let mut named = Header::new();
    named.set_text("EXTNAME", "MASK", "");
    let writer = FitsWriter::new()
        .image(header(&[]), Raster::F32(ramp(1)))
        .image(named, Raster::I16(mask))
        .image(Header::new(), Raster::I16(other));
    let opened = open(&writer);
    for (detail, shapes) in [
        (Detail::Exposure, vec![vec![4, 4], vec![4, 4]]),
        (Detail::MaskedImage, vec![vec![4, 4], vec![4, 4]]),
        (Detail::Image, vec![vec![4, 4]]),
    ] {
        let mut wanted = request(circle(2.0));
        wanted.detail = detail;
        let (_folder, file) = answer(&wanted.plan(&opened.file).unwrap());
        let found: Vec<_> = file.hdus().iter().map(|hdu| hdu.image().unwrap().axes.clone()).collect();
        assert_eq!(found, shapes, "{detail:?}");
    }
}

#[test]
fn an_edge_is_trimmed_padded_or_refused() {
    let opened = open(&FitsWriter::new().image(header(&[]), Raster::F32(ramp(1))));
    let corner = SkyCoord::new(150.0 + 20.0 / 3600.0, 2.0 - 20.0 / 3600.0).unwrap();
    let size = CutoutSize::new(Extent::Pixels(10.0), Extent::Pixels(10.0)).unwrap();
    let wanted = |edge: Edge| {
        let mut wanted = request(CutoutArea::Centred { centre: corner, size });
        wanted.edge = edge;
        wanted.plan(&opened.file)
    };
    let trimmed = wanted(Edge::Trim).unwrap();
    let padded = wanted(Edge::Pad).unwrap();
    assert!(trimmed.bounds().starts_with("1:"));
    assert_eq!(padded.science.iter().map(|run| run.length).collect::<Vec<_>>(), [10, 10]);
    let (_folder, file) = answer(&padded);
    assert!(values(&file, 0)[0].is_nan());
    assert!(matches!(wanted(Edge::Strict), Err(Error::BeyondTheEdge)));
}

#[test]
fn a_mask_leaves_the_pixels_whose_centre_is_inside() {
    let opened = open(&FitsWriter::new().image(header(&[]), Raster::F32(ramp(1))));
    let mut wanted = request(circle(5.0));
    wanted.blank_outside = true;
    let (_folder, file) = answer(&wanted.plan(&opened.file).unwrap());
    let values = values(&file, 0);
    assert_eq!(values.len(), 100);
    // Centres within 5 pixels of the corner the circle is centred on.
    let expected =
        (0..100).filter(|n| f64::hypot(f64::from(n % 10) - 4.5, f64::from(n / 10) - 4.5) <= 5.0).count();
    assert_eq!(values.iter().filter(|value| value.is_finite()).count(), expected);
}

#[test]
fn too_many_pixels_are_refused_before_any_is_read() {
    let opened = open(&cube());
    let mut wanted = request(CutoutArea::Whole);
    wanted.most_pixels = Some(7999);
    let refused = wanted.plan(&opened.file);
    assert!(matches!(refused, Err(Error::TooManyPixels { asked: 8000, allowed: 7999 })), "{refused:?}");
}

#[test]
fn celestial_axes_may_stand_behind_others() {
    let mut header = Header::new();
    for (axis, name, pixel, value, step) in [
        (1, "WAVE", 1.0, 5e-7, 1e-8),
        (2, "RA---TAN", 20.5, 150.0, -1.0 / 3600.0),
        (3, "DEC--TAN", 20.5, 2.0, 1.0 / 3600.0),
    ] {
        header.set_text(&format!("CTYPE{axis}"), name, "");
        for (stem, number) in [("CRPIX", pixel), ("CRVAL", value), ("CDELT", step)] {
            header.set_real(&format!("{stem}{axis}"), number, "");
        }
    }
    let samples = Array3::from_shape_fn((SIDE, SIDE, 3), |(z, y, x)| (z * 10_000 + y * 100 + x) as f32);
    let opened = open(&FitsWriter::new().image(header, Raster::F32(samples)));
    let planned = request(circle(2.0)).plan(&opened.file).unwrap();
    assert_eq!(planned.bounds(), "1:3,19:22,19:22");
    let (_folder, file) = answer(&planned);
    assert_eq!(values(&file, 0)[0].to_bits(), 181_800.0_f64.to_bits());
}

#[test]
fn a_picture_has_its_first_row_at_the_bottom() {
    let opened = open(&FitsWriter::new().image(header(&[]), Raster::F32(ramp(1))));
    let finite = |value| crate::render::Finite::new(value).unwrap();
    let picture = CutoutPicture {
        format: PictureFormat::Png,
        stretch: PictureStretch::Linear,
        cut_percent: [finite(0.0), finite(100.0)],
    };
    let (png, runs) = picture.render(&request(circle(2.0)), &opened.file).unwrap();
    assert_eq!(runs.len(), 2);
    let decoded = image::load_from_memory(&png).unwrap().to_luma8();
    assert_eq!((decoded.width(), decoded.height()), (4, 4));
    assert_eq!((decoded.get_pixel(0, 3).0, decoded.get_pixel(3, 0).0), ([0], [255]));
}

#[test]
fn small_boxes_however_they_are_named_are_cut_where_they_are_asked_for() {
    let opened = open(&FitsWriter::new().image(header(&[]), Raster::F32(ramp(1))));
    let files = Files::new(4, 1 << 20, Limits::default());
    files.hold(&opened.file).unwrap();
    let file = files.at_hand(opened.file.fits.path()).unwrap();
    let box_of_five = CutoutArea::Pixels([AxisRun { start: 3, length: 5 }; 2]);
    for area in [circle(5.0), box_of_five] {
        let request = request(area);
        let at_once = request.plan_at_once(&file).unwrap().expect("the file is in memory");
        assert_eq!(at_once.bytes, Some(at_once.cutout.to_bytes().unwrap()));
        assert_eq!(at_once.digest, request.plan(&file).unwrap().digest);
        let padded = CutoutRequest { edge: Edge::Pad, ..request };
        assert!(padded.plan_at_once(&file).unwrap().is_none());
    }
}
