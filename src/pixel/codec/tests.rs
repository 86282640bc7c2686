//! Tests of the formats as a whole.

use ndarray::Array3;
use proptest::prelude::*;

use super::*;
use crate::pixel::Limits;
use crate::pixel::memory::InMemory;
use crate::pixel::scanlines::Shape;

fn grey_ramp(rows: usize, columns: usize) -> InMemory {
    InMemory::from(Array3::from_shape_fn((1, rows, columns), |(_, row, column)| {
        (row * 700 + column * 90) as u16
    }))
}

fn colour_ramp(rows: usize, columns: usize) -> InMemory {
    InMemory::from(Array3::from_shape_fn((3, rows, columns), |(plane, row, column)| {
        (plane * 20_000 + row * 300 + column * 50) as u16
    }))
}

fn furthest(left: &[u8], right: &[u8]) -> u8 {
    left.iter().zip(right).map(|(l, r)| l.abs_diff(*r)).max().unwrap_or(0)
}

/// The 16-bit samples of a PNG, pixel after pixel.
fn png_samples(bytes: &[u8]) -> (u32, u32, ::png::ColorType, ::png::BitDepth, Vec<u8>) {
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut samples).unwrap();
    samples.truncate(info.buffer_size());
    (info.width, info.height, info.color_type, info.bit_depth, samples)
}

/// The components' sampling factors in the frame header (ITU T.81 B.2.2), and the marker that opened it.
fn frame_header(jpeg: &[u8]) -> (u8, Vec<(u8, u8)>) {
    let mut at = 2;
    loop {
        let (marker, length) = (jpeg[at + 1], usize::from(jpeg[at + 2]) << 8 | usize::from(jpeg[at + 3]));
        if (0xc0..=0xc2).contains(&marker) {
            let components = usize::from(jpeg[at + 9]);
            let factors = (0..components).map(|i| jpeg[at + 11 + 3 * i]).map(|f| (f >> 4, f & 15)).collect();
            return (marker, factors);
        }
        at += 2 + length;
    }
}

#[test]
fn grey_jpeg_is_baseline_with_one_component_and_close_to_the_picture() {
    let picture = grey_ramp(37, 53);
    let jpeg = encode(&picture, Format::Jpeg { quality: 95 }).unwrap();
    assert_eq!(frame_header(&jpeg), (0xc0, vec![(1, 1)]));
    let back = jpeg_decode(&jpeg, &Limits::default()).unwrap();
    assert_eq!((back.width(), back.height(), back.channels()), (53, 37, Channels::Grey));
    assert!(furthest(back.samples(), EightBit::gather(&picture).unwrap().samples()) <= 4);
}

#[test]
fn colour_jpeg_is_baseline_four_two_zero_and_close_to_the_picture() {
    let picture = colour_ramp(40, 64);
    let jpeg = encode(&picture, Format::Jpeg { quality: 95 }).unwrap();
    assert_eq!(frame_header(&jpeg), (0xc0, vec![(2, 2), (1, 1), (1, 1)]));
    let back = jpeg_decode(&jpeg, &Limits::default()).unwrap();
    assert_eq!((back.width(), back.height(), back.channels()), (64, 40, Channels::Rgb));
    assert!(furthest(back.samples(), EightBit::gather(&picture).unwrap().samples()) <= 8);
}

#[test]
fn quality_outside_the_range_is_brought_into_it() {
    let picture = EightBit::gather(&grey_ramp(16, 16)).unwrap();
    assert_eq!(jpeg_encode(&picture, 0).unwrap(), jpeg_encode(&picture, 1).unwrap());
    assert_eq!(jpeg_encode(&picture, 255).unwrap(), jpeg_encode(&picture, 100).unwrap());
}

#[test]
fn an_encoder_used_again_gives_the_same_bytes_as_a_new_one() {
    let mut encoder = JpegEncoder::new().unwrap();
    for picture in [grey_ramp(64, 64), colour_ramp(9, 200), grey_ramp(3, 2)] {
        let picture = EightBit::gather(&picture).unwrap();
        assert_eq!(encoder.encode(&picture, 80).unwrap(), jpeg_encode(&picture, 80).unwrap());
    }
}

#[test]
fn png_keeps_every_bit_of_grey_and_colour() {
    let grey = grey_ramp(300, 501);
    let (width, height, colour, depth, samples) = png_samples(&encode(&grey, Format::Png).unwrap());
    assert_eq!((width, height), (501, 300));
    assert_eq!((colour, depth), (::png::ColorType::Grayscale, ::png::BitDepth::Sixteen));
    let expected: Vec<u8> = grey.samples().iter().flat_map(|s| s.to_be_bytes()).collect();
    assert_eq!(samples, expected);

    let rgb = colour_ramp(5, 7);
    let (_, _, colour, depth, samples) = png_samples(&encode(&rgb, Format::Png).unwrap());
    assert_eq!((colour, depth), (::png::ColorType::Rgb, ::png::BitDepth::Sixteen));
    let expected: Vec<u8> = (0..5)
        .flat_map(|row| (0..7).flat_map(move |column| (0..3).map(move |plane| (plane, row, column))))
        .flat_map(|(plane, row, column)| rgb.row(plane, row)[column].to_be_bytes())
        .collect();
    assert_eq!(samples, expected);
}

#[test]
fn eight_bit_png_keeps_every_sample() {
    let picture = EightBit::gather(&colour_ramp(20, 31)).unwrap();
    let (width, height, _, depth, samples) = png_samples(&png_encode(&picture).unwrap());
    assert_eq!((width, height, depth), (31, 20, ::png::BitDepth::Eight));
    assert_eq!(samples, picture.samples());
}

#[test]
fn gathering_takes_the_high_byte_of_every_sample_in_its_place() {
    let picture = colour_ramp(1000, 17);
    let eight = EightBit::gather(&picture).unwrap();
    for (row, column, plane) in [(0, 0, 0), (0, 16, 2), (999, 3, 1), (500, 8, 2)] {
        let byte = eight.samples()[(row * 17 + column) * 3 + plane];
        assert_eq!(byte, (picture.row(plane, row)[column] >> 8) as u8);
    }
}

#[test]
fn pictures_without_pixels_or_with_two_planes_are_refused() {
    let empty = InMemory::from_band(Shape { planes: 1, rows: 0, columns: 5 }, vec![]).unwrap();
    assert!(matches!(encode(&empty, Format::Png), Err(Error::Empty)));
    let two = InMemory::from_band(Shape { planes: 2, rows: 1, columns: 1 }, vec![1, 2]).unwrap();
    assert!(matches!(encode(&two, Format::Jpeg { quality: 80 }), Err(Error::Planes(2))));
    assert_eq!(encode(&two, Format::Png).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn the_source_s_own_kind_of_error_survives_the_encoder() {
    struct Truncated;
    impl Scanlines for Truncated {
        fn shape(&self) -> Shape {
            Shape { planes: 1, rows: 4, columns: 4 }
        }
        fn read(&self, _: std::ops::Range<usize>, _: &mut [u16]) -> Result<(), BandError> {
            Err(Error::Implausible { width: 1, height: 1, bytes: 0 }.into())
        }
    }
    for format in [Format::Png, Format::Jpeg { quality: 50 }] {
        assert_eq!(encode(&Truncated, format).unwrap_err().kind(), ErrorKind::BrokenFile);
    }
}

#[test]
fn a_side_longer_than_jpeg_can_say_is_an_error_not_a_panic() {
    let wide = EightBit::filled(70_000, 1, Channels::Grey, [9; 3]);
    assert!(jpeg_encode(&wide, 80).is_err());
    assert!(JpegEncoder::new().unwrap().encode(&wide, 80).is_err());
}

#[test]
fn a_jpeg_beyond_the_limits_is_refused_before_it_is_decoded() {
    let jpeg = jpeg_encode(&EightBit::filled(200, 100, Channels::Rgb, [1, 2, 3]), 80).unwrap();
    let limits = Limits { image_pixels: 19_999, ..Limits::default() };
    assert!(matches!(jpeg_decode(&jpeg, &limits), Err(Error::TooLarge { width: 200, height: 100 })));
    assert!(jpeg_decode(&jpeg, &Limits { image_pixels: 20_000, ..Limits::default() }).is_ok());
}

#[test]
fn a_header_that_promises_more_than_its_bytes_can_hold_is_refused() {
    let mut jpeg = jpeg_encode(&EightBit::filled(64, 64, Channels::Grey, [128; 3]), 80).unwrap();
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    assert!(matches!(
        jpeg_decode(&jpeg, &Limits::default()),
        Err(Error::Implausible { width: 65_500, height: 65_500, .. })
    ));
}

#[test]
fn a_black_frame_of_8k_is_plausible() {
    let black = EightBit::filled(7680, 4320, Channels::Rgb, [0; 3]);
    let jpeg = jpeg_encode(&black, 1).unwrap();
    assert!(furthest(jpeg_decode(&jpeg, &Limits::default()).unwrap().samples(), black.samples()) <= 1);
}

#[test]
fn a_torn_frame_is_an_error_and_padding_before_its_end_is_not() {
    let jpeg = jpeg_encode(&EightBit::gather(&colour_ramp(80, 120)).unwrap(), 90).unwrap();
    assert!(matches!(jpeg_decode(&jpeg[..jpeg.len() / 2], &Limits::default()), Err(Error::DamagedJpeg(_))));
    let mut padded = jpeg[..jpeg.len() - 2].to_vec();
    padded.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0xff, 0xd9]);
    let picture = jpeg_decode(&padded, &Limits::default()).unwrap();
    assert_eq!(picture, jpeg_decode(&jpeg, &Limits::default()).unwrap());
}

#[test]
fn decoding_for_a_smaller_size_gives_at_least_that_size() {
    let jpeg = jpeg_encode(&EightBit::gather(&colour_ramp(480, 640)).unwrap(), 90).unwrap();
    let mut decoder = JpegDecoder::new(Limits::default()).unwrap();
    for (wanted, given) in
        [((640, 480), (640, 480)), ((320, 240), (320, 240)), ((321, 1), (400, 300)), ((2000, 1), (640, 480))]
    {
        let picture = decoder.decode_covering(&jpeg, wanted.0, wanted.1).unwrap();
        assert_eq!((picture.width(), picture.height()), given, "wanted {wanted:?}");
    }
    assert_eq!(decoder.decode(&jpeg).unwrap().width(), 640);
}

#[test]
fn broken_files_give_an_error_or_a_picture() {
    let Ok(data) = std::env::var("TRIFOCAL_TEST_DATA") else {
        eprintln!("skipped: TRIFOCAL_TEST_DATA is not set");
        return;
    };
    let mut seen = 0;
    for entry in std::fs::read_dir(std::path::Path::new(&data).join("broken")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "jpg") {
            let begun = std::time::Instant::now();
            let outcome = jpeg_decode(&std::fs::read(&path).unwrap(), &Limits::default());
            eprintln!("{}: {outcome:?} in {:?}", path.display(), begun.elapsed());
            assert!(begun.elapsed().as_secs() < 5, "{} took too long", path.display());
            seen += 1;
        }
    }
    assert!(seen > 0, "no broken JPEG found");
}

proptest! {
    #[test]
    fn no_flipped_byte_makes_the_decoder_panic(at in 0usize..2000, value: u8) {
        let mut jpeg = jpeg_encode(&EightBit::gather(&colour_ramp(48, 48)).unwrap(), 90).unwrap();
        let at = at % jpeg.len();
        jpeg[at] = value;
        let limits = Limits { image_pixels: 1 << 20, ..Limits::default() };
        if let Ok(picture) = jpeg_decode(&jpeg, &limits) {
            let expected = picture.width() * picture.height() * picture.channels().count();
            prop_assert_eq!(picture.samples().len(), expected);
        }
    }
}
