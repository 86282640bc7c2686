//! Pictures of real and broken cameras, made plain or refused.

use proptest::prelude::*;

use super::*;
use crate::camera::look::canvas::{blank, fill};
use crate::camera::look::fit::Area;
use crate::camera::look::scale::{decode, encode};

fn picture() -> Bytes {
    let mut picture = blank(Resolution::new(64, 48), [30, 90, 160]);
    fill(&mut picture, Area { x: 7, y: 5, width: 21, height: 30 }, [250, 200, 20]);
    encode(&picture, 85).unwrap()
}

/// The picture without the segments of this code.
fn without(jpeg: &[u8], code: u8) -> Vec<u8> {
    let segments = Segments::of(jpeg).map(Result::unwrap).filter(|segment| segment.code != code);
    segments.flat_map(|segment| jpeg[segment.start..segment.end].to_vec()).collect()
}

fn with_segment(jpeg: &[u8], code: u8, parameters: &[u8]) -> Vec<u8> {
    let length = (parameters.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xFF, code], &length, parameters, &jpeg[2..]].concat()
}

fn cleaned(jpeg: Vec<u8>) -> Result<Normalised, Rejected> {
    normalise(&Bytes::from(jpeg))
}

#[test]
fn a_plain_picture_keeps_its_very_bytes() {
    let jpeg = picture();
    let normal = normalise(&jpeg).unwrap();
    assert_eq!(normal.jpeg.as_ptr(), jpeg.as_ptr());
    assert_eq!(normal.jpeg, jpeg);
    assert_eq!(normal.resolution, Resolution::new(64, 48));
    assert!(!normal.unusual && !normal.doubtful);
}

#[test]
fn what_follows_the_end_is_cut_off() {
    let jpeg = picture();
    let padded = [&jpeg[..], b"\0\0trailing \xFF\xD8 bytes"].concat();
    assert_eq!(cleaned(padded).unwrap().jpeg, jpeg);
}

#[test]
fn metadata_goes_and_with_it_the_thumbnail() {
    let jpeg = picture();
    let mut loud = jpeg.to_vec();
    for (code, content) in [
        (0xE1, [b"Exif\0\0".as_slice(), &jpeg].concat()),
        (0xE2, b"ICC_PROFILE".to_vec()),
        (0xFE, b"made by a camera at 50.1 N".to_vec()),
        (0xE0, b"JFXX\0thumb".to_vec()),
        (0xEE, b"Adobe\0\x64\0\0\0\0\x01".to_vec()),
    ] {
        loud = with_segment(&loud, code, &content);
    }
    assert_eq!(cleaned(loud).unwrap().jpeg, jpeg);
}

#[test]
fn a_jfif_header_is_put_in_and_one_with_a_thumbnail_replaced() {
    let jpeg = picture();
    let bare = without(&jpeg, marker::APP0);
    assert_eq!(cleaned(bare.clone()).unwrap().jpeg, jpeg);
    let thumbnail = [b"JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01".as_slice(), &[0xFF, 0xD9, 0]].concat();
    assert_eq!(cleaned(with_segment(&bare, marker::APP0, &thumbnail)).unwrap().jpeg, jpeg);
}

#[test]
fn missing_huffman_tables_are_put_in_and_the_picture_is_the_same() {
    let jpeg = picture();
    let bare = with_segment(&without(&without(&jpeg, marker::DHT), marker::APP0), marker::APP0, b"AVI1\0\0");
    let normal = cleaned(bare).unwrap();
    let tables =
        Segments::of(&normal.jpeg).filter(|segment| segment.is_ok_and(|s| s.code == marker::DHT)).count();
    assert_eq!(tables, 4);
    assert_eq!(decode(&normal.jpeg).unwrap(), decode(&jpeg).unwrap());
}

#[test]
fn a_missing_end_is_put_in_with_a_doubt() {
    let jpeg = picture();
    let normal = cleaned(jpeg[..jpeg.len() - 2].to_vec()).unwrap();
    assert_eq!(normal.jpeg, jpeg);
    assert!(normal.doubtful);
}

#[test]
fn cut_headers_and_other_data_are_refused() {
    let jpeg = picture();
    assert_eq!(cleaned(jpeg[..100].to_vec()).unwrap_err(), Rejected::TooShort);
    assert_eq!(cleaned(jpeg[..200].to_vec()).unwrap_err(), Rejected::Truncated);
    assert_eq!(cleaned(vec![b'x'; 500]).unwrap_err(), Rejected::NotJpeg);
    assert_eq!(cleaned(without(&jpeg, marker::SOF0)).unwrap_err(), Rejected::NoSize);
    assert_eq!(cleaned(without(&jpeg, marker::SOS)).unwrap_err(), Rejected::Truncated);
}

#[test]
fn unusual_codings_are_recognised() {
    let changed = |offset: usize, byte: u8| {
        let mut jpeg = picture().to_vec();
        let header = jpeg.windows(2).position(|pair| pair == [0xFF, marker::SOF0]).unwrap();
        jpeg[header + offset] = byte;
        cleaned(jpeg).map(|normal| normal.unusual)
    };
    assert_eq!(changed(11, 0x22), Ok(false), "4:2:0");
    assert_eq!(changed(11, 0x21), Ok(false), "4:2:2");
    assert_eq!(changed(11, 0x41), Ok(true), "4:1:1");
    assert_eq!(changed(11, 0x12), Ok(true), "4:4:0");
    assert_eq!(changed(1, 0xC2), Ok(true), "progressive");
    assert_eq!(changed(5, 0xFF), Err(Rejected::NoSize), "65000 rows");
    let rgb = with_segment(&picture(), marker::APP14, b"Adobe\0\x64\0\0\0\0\0");
    assert_eq!(cleaned(rgb).map(|normal| normal.unusual), Ok(true), "R, G, B instead of Y, Cb, Cr");
}

#[test]
fn real_camera_pictures_pass() {
    let Ok(data) = std::env::var("TRIFOCAL_TEST_DATA") else {
        eprintln!("skipped: TRIFOCAL_TEST_DATA is not set");
        return;
    };
    let mut seen = 0;
    for entry in std::fs::read_dir(std::path::Path::new(&data).join("camera")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "jpg") {
            let normal = cleaned(std::fs::read(&path).unwrap()).unwrap();
            let decoded = decode(&normal.jpeg);
            let size = decoded.as_ref().map(|picture| (picture.width() as u32, picture.height() as u32));
            eprintln!("{}: {:?} unusual={}", path.display(), size, normal.unusual);
            assert_eq!(size.unwrap(), (normal.resolution.width, normal.resolution.height));
            seen += 1;
        }
    }
    assert!(seen >= 8, "only {seen} pictures found");
}

proptest! {
    #[test]
    fn damaged_pictures_never_panic_and_stay_well_formed(at in 0_usize..2000, value: u8, cut in 0_usize..2000) {
        let mut jpeg = picture().to_vec();
        let at = at % jpeg.len();
        jpeg[at] = value;
        jpeg.truncate(jpeg.len() - cut % jpeg.len());
        if let Ok(normal) = cleaned(jpeg) {
            prop_assert!(normal.jpeg.starts_with(&[0xFF, 0xD8, 0xFF, 0xE0]));
            prop_assert!(normal.jpeg.ends_with(&[0xFF, 0xD9]));
            prop_assert!(Segments::of(&normal.jpeg).all(|segment| segment.is_ok()));
        }
    }
}
