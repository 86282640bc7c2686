//! Makes every picture a plain, complete, anonymous JPEG before anything is stored or sent.
//!
//! Once per frame: the end is found and repaired, missing Huffman tables are put in, metadata is taken out
//! (thumbnails break clients that search for the end marker, positions must not leak), a JFIF header is put in.
//! A picture that is already so keeps its very bytes.

use bytes::Bytes;

use super::segments::{Segment, Segments, Stop, marker};
use super::standard_tables::STANDARD_TABLES;
use crate::camera::resolution::{LONGEST_SIDE, Resolution};

/// Fewer bytes than this are never a picture.
const LEAST_BYTES: usize = 128;
/// A JFIF 1.01 APP0 segment without thumbnail, pixels square.
const JFIF: [u8; 18] = *b"\xFF\xE0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00";

/// A picture ready to be kept.
#[derive(Clone, Debug)]
pub(in crate::camera) struct Normalised {
    pub(in crate::camera) jpeg: Bytes,
    pub(in crate::camera) resolution: Resolution,
    /// Coded in a way that upsets hardware decoders or browsers: decode and encode it again.
    pub(in crate::camera) unusual: bool,
    /// The end marker was missing and put in: only decoding tells whether the picture is whole.
    pub(in crate::camera) doubtful: bool,
}

/// Why a picture was refused; counted per camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::camera) enum Rejected {
    #[error("too short for a picture")]
    TooShort,
    #[error("not JPEG data")]
    NotJpeg,
    #[error("the picture is cut short")]
    Truncated,
    #[error("the picture states no usable size")]
    NoSize,
}

/// Checks and cleans one picture.
pub(in crate::camera) fn normalise(jpeg: &Bytes) -> Result<Normalised, Rejected> {
    if jpeg.len() < LEAST_BYTES {
        return Err(Rejected::TooShort);
    }
    match clean(jpeg) {
        Err(Unclean::Unended) => {
            let ended = Bytes::from([jpeg, [0xFF, marker::EOI].as_slice()].concat());
            let whole = clean(&ended).map_err(|_| Rejected::Truncated)?;
            Ok(Normalised { doubtful: true, ..whole })
        }
        Err(Unclean::Rejected(reason)) => Err(reason),
        Ok(normalised) => Ok(normalised),
    }
}

/// Why a picture cannot be used as it is.
enum Unclean {
    Rejected(Rejected),
    /// Its data end inside a scan.
    Unended,
}

impl From<Rejected> for Unclean {
    fn from(reason: Rejected) -> Self {
        Self::Rejected(reason)
    }
}

fn clean(jpeg: &Bytes) -> Result<Normalised, Unclean> {
    let mut parts = Parts::default();
    for segment in Segments::of(jpeg) {
        match segment {
            Ok(segment) => parts.take(&segment)?,
            Err(Stop::Unfinished) if parts.scan_begins_at_end(jpeg) => return Err(Unclean::Unended),
            Err(Stop::NotJpeg) => return Err(Rejected::NotJpeg.into()),
            Err(Stop::Unfinished | Stop::NextPicture(_)) => return Err(Rejected::Truncated.into()),
        }
    }
    Ok(parts.join(jpeg)?)
}

/// What stays of a picture, and what is known of it so far.
#[derive(Debug, Default)]
struct Parts {
    /// Byte ranges that are kept, adjacent ones merged.
    kept: Vec<(usize, usize)>,
    resolution: Option<Resolution>,
    unusual: bool,
    has_jfif: bool,
    /// Offset of the first DHT.
    tables: Option<usize>,
    /// Offset of the first SOS.
    scan: Option<usize>,
    end: usize,
}

impl Parts {
    fn take(&mut self, segment: &Segment<'_>) -> Result<(), Rejected> {
        self.end = segment.end;
        let keep = match segment.code {
            marker::APP0 => {
                let plain =
                    segment.parameters.len() == JFIF.len() - 4 && segment.parameters.starts_with(b"JFIF\0");
                let first = plain && !self.has_jfif;
                self.has_jfif |= plain;
                first
            }
            marker::APP14 => {
                // Adobe's marker with transform 0: three components are R, G, B, which JFIF cannot say.
                let is_rgb =
                    segment.parameters.starts_with(b"Adobe") && segment.parameters.get(11) == Some(&0);
                self.unusual |= is_rgb;
                is_rgb
            }
            marker::APP0..=marker::APP15 | marker::COM => false,
            code if marker::is_frame_header(code) => {
                self.read_frame_header(code, segment.parameters)?;
                true
            }
            marker::DHT => {
                self.tables.get_or_insert(segment.start);
                true
            }
            marker::SOS => {
                self.scan.get_or_insert(segment.start);
                true
            }
            _ => true,
        };
        if keep {
            match self.kept.last_mut() {
                Some(last) if last.1 == segment.start => last.1 = segment.end,
                _ => self.kept.push((segment.start, segment.end)),
            }
        }
        Ok(())
    }

    /// SOF parameters (T.81 B.2.2): precision, lines, samples per line, then three bytes per component.
    fn read_frame_header(&mut self, code: u8, parameters: &[u8]) -> Result<(), Rejected> {
        let [precision, y1, y0, x1, x0, _, components @ ..] = parameters else {
            return Err(Rejected::NoSize);
        };
        let (width, height) = (u16::from_be_bytes([*x1, *x0]), u16::from_be_bytes([*y1, *y0]));
        let (width, height) = (u32::from(width), u32::from(height));
        if !(1..=LONGEST_SIDE).contains(&width) || !(1..=LONGEST_SIDE).contains(&height) {
            return Err(Rejected::NoSize);
        }
        self.resolution = Some(Resolution::new(width, height));
        // Sampling factors, horizontal in the upper four bits. Usual: grey, 4:2:0, 4:2:2, 4:4:4.
        let factors: Vec<u8> = components.chunks_exact(3).map(|component| component[1]).collect();
        let is_usual = matches!(factors.as_slice(), [_] | [0x11 | 0x21 | 0x22, 0x11, 0x11]);
        let is_sequential = matches!(code, marker::SOF0 | marker::SOF1);
        self.unusual |= !is_usual || !is_sequential || *precision != 8;
        Ok(())
    }

    /// Whether what follows the segments taken so far is a scan.
    fn scan_begins_at_end(&self, jpeg: &[u8]) -> bool {
        let code = jpeg.get(self.end..).unwrap_or_default().iter().find(|&&byte| byte != 0xFF);
        self.resolution.is_some() && code == Some(&marker::SOS)
    }

    /// Puts the kept parts together; without a copy when nothing has to change.
    fn join(self, jpeg: &Bytes) -> Result<Normalised, Rejected> {
        let resolution = self.resolution.ok_or(Rejected::NoSize)?;
        let scan = self.scan.ok_or(Rejected::Truncated)?;
        let tables_missing = self.tables.is_none_or(|tables| tables > scan);
        let done = |jpeg| Ok(Normalised { jpeg, resolution, unusual: self.unusual, doubtful: false });
        if let ([(0, end)], true, false) = (self.kept.as_slice(), self.has_jfif, tables_missing) {
            return done(jpeg.slice(..*end));
        }
        let kept = |start: usize, end: usize| jpeg.get(start..end).unwrap_or_default();
        let mut clean = Vec::with_capacity(self.end + JFIF.len() + STANDARD_TABLES.len());
        clean.extend_from_slice(kept(0, 2));
        if !self.has_jfif {
            clean.extend_from_slice(&JFIF);
        }
        for &(start, end) in &self.kept {
            let start = start.max(2);
            if tables_missing && (start..end).contains(&scan) {
                clean.extend_from_slice(kept(start, scan));
                clean.extend_from_slice(&STANDARD_TABLES);
                clean.extend_from_slice(kept(scan, end));
            } else {
                clean.extend_from_slice(kept(start, end));
            }
        }
        done(clean.into())
    }
}

#[cfg(test)]
mod tests {
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
        let bare =
            with_segment(&without(&without(&jpeg, marker::DHT), marker::APP0), marker::APP0, b"AVI1\0\0");
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
}
