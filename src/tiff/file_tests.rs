use std::io::Seek;

use ::tiff::encoder::{TiffEncoder, colortype};

use super::*;

/// A file that `fill` writes.
fn written(write: impl FnOnce(&mut TiffEncoder<&mut File>)) -> File {
    let mut file = tempfile::tempfile().unwrap();
    write(&mut TiffEncoder::new(&mut file).unwrap());
    file.rewind().unwrap();
    file
}

fn open(file: File) -> Result<TiffFile> {
    TiffFile::open(file, &Limits::default())
}

#[test]
fn grey_and_colour_of_every_width_are_read() {
    let grey =
        open(written(|tiff| tiff.write_image::<colortype::Gray16>(3, 2, &[1, 2, 3, 4, 5, 6]).unwrap()))
            .unwrap();
    assert_eq!(grey.shape(), Shape { planes: 1, rows: 2, columns: 3 });
    assert!(matches!(grey.read().unwrap(), Raster::U16(samples) if samples.iter().copied().eq(1..=6)));

    let colours =
        open(written(|tiff| tiff.write_image::<colortype::RGB8>(1, 2, &[1, 3, 5, 2, 4, 6]).unwrap()))
            .unwrap();
    assert_eq!((colours.shape().planes, colours.sample_type()), (3, SampleType::U8));
    assert!(matches!(colours.read().unwrap(), Raster::U8(samples) if samples.iter().copied().eq(1..=6)));

    let real =
        open(written(|tiff| tiff.write_image::<colortype::Gray32Float>(1, 1, &[0.25]).unwrap())).unwrap();
    assert_eq!(real.sample_type(), SampleType::F32);
    assert!(matches!(real.read().unwrap(), Raster::F32(samples) if samples.as_slice() == Some(&[0.25])));

    let wide =
        open(written(|tiff| tiff.write_image::<colortype::Gray32>(1, 1, &[1 << 31]).unwrap())).unwrap();
    assert!(matches!(wide.read().unwrap(), Raster::U32(samples) if samples[[0, 0, 0]] == 1 << 31));
}

#[test]
fn tags_of_the_exposure_are_read() {
    let file = written(|tiff| {
        let mut image = tiff.new_image::<colortype::Gray8>(1, 1).unwrap();
        image.encoder().write_tag(Tag::Make, "Canon").unwrap();
        image.encoder().write_tag(Tag::Model, " Canon EOS 600D ").unwrap();
        image.encoder().write_tag(Tag::DateTime, "2026:01:31 22:04:05").unwrap();
        image.write_data(&[7]).unwrap();
    });
    let tiff = open(file).unwrap();
    assert_eq!(tiff.exif().make.as_deref(), Some("Canon"));
    assert_eq!(tiff.exif().model.as_deref(), Some("Canon EOS 600D"));
    assert_eq!(tiff.exif().taken_at.as_deref(), Some("2026:01:31 22:04:05"));
}

/// A TIFF of one grey pixel with further tags of one 16-bit value (TIFF 6.0 section 2).
fn one_pixel(more: &[(u16, u16)]) -> File {
    let mut tags =
        vec![(256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 4), (277, 1), (278, 1), (279, 1)];
    tags.retain(|(tag, _)| !more.iter().any(|(other, _)| other == tag));
    tags.extend(more);
    tags.sort_unstable();
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend((tags.len() as u16).to_le_bytes());
    for (tag, value) in tags {
        bytes.extend([tag, 3].map(u16::to_le_bytes).as_flattened());
        bytes.extend([1_u32, u32::from(value)].map(u32::to_le_bytes).as_flattened());
    }
    bytes.extend([0; 4]);
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, &bytes).unwrap();
    file
}

#[test]
fn previews_of_camera_raws_are_not_taken_for_the_picture() {
    assert!(open(one_pixel(&[])).and_then(|tiff| tiff.read()).is_ok());
    for raw in [(254, 1), (262, 32_803), (DNG_VERSION, 1)] {
        assert!(matches!(open(one_pixel(&[raw])), Err(TiffFileError::CameraRaw)), "{raw:?}");
    }
    assert!(matches!(
        open(one_pixel(&[(256, 30_000), (257, 30_000), (278, 30_000)])),
        Err(TiffFileError::Malformed(_))
    ));
}

#[test]
fn what_is_cut_or_lies_is_an_error() {
    let whole = written(|tiff| tiff.write_image::<colortype::Gray16>(40, 30, &[9; 1200]).unwrap());
    let length = whole.metadata().unwrap().len();
    for kept in [4, 9, 100, length / 2] {
        let mut bytes = vec![0; kept as usize];
        whole.read_exact_at(&mut bytes, 0).unwrap();
        let mut cut = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut cut, &bytes).unwrap();
        assert!(open(cut).and_then(|tiff| tiff.read()).is_err(), "{kept}");
    }
}
