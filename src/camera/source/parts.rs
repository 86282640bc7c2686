//! Pictures out of whatever a camera calls an MJPEG stream.
//!
//! The picture's own markers say where it begins and ends; boundaries and lengths, which cameras get wrong in
//! every way, are not looked at. So there may be no length or a false one, another boundary than announced, one
//! with too few or too many dashes, a doubled one, text before the first, bare line feeds, any part type. Only a
//! picture without an end mark is cut at the delimiter line behind it. And the end mark is seen when it comes: no
//! picture waits for the next one's delimiter, save those without an end.

use bytes::Bytes;

use super::Capture;
use crate::camera::frame::Moment;
use crate::camera::jpeg::splitter::Splitter;

/// Longest picture taken in: more than 8K at the best quality; a camera that sends more is broken.
const LONGEST_BYTES: usize = 32 << 20;
/// Bytes without a single picture after which what comes is no stream of pictures.
const MOST_NOISE_BYTES: usize = 4 << 20;

/// Cuts pictures out of a stream of bytes and notes when each began to arrive.
#[derive(Debug)]
pub(super) struct PictureReader {
    splitter: Splitter,
    began: Option<Moment>,
    noise_bytes: usize,
}

impl PictureReader {
    pub(super) fn new() -> Self {
        Self { splitter: Splitter::new(LONGEST_BYTES).with_delimiters(), began: None, noise_bytes: 0 }
    }

    /// Takes in bytes that arrived `now`.
    pub(super) fn extend(&mut self, bytes: &[u8], now: Moment) {
        self.splitter.extend(bytes);
        self.noise_bytes = self.noise_bytes.saturating_add(bytes.len());
        if self.splitter.has_begun() {
            self.began.get_or_insert(now);
        }
    }

    /// The next complete picture; `None` when more bytes are needed.
    pub(super) fn next_picture(&mut self, now: Moment) -> Option<Capture> {
        let jpeg: Bytes = self.splitter.next_picture()?;
        let captured = self.began.take().unwrap_or(now);
        self.noise_bytes = 0;
        if self.splitter.has_begun() {
            self.began = Some(now);
        }
        Some(Capture::Picture { captured, jpeg })
    }

    /// Whether so much came without a picture that none will come.
    pub(super) fn is_noise(&self) -> bool {
        self.noise_bytes > MOST_NOISE_BYTES && !self.splitter.has_begun()
            || self.noise_bytes > LONGEST_BYTES + MOST_NOISE_BYTES
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::camera::look::canvas::blank;
    use crate::camera::look::scale::encode;
    use crate::camera::resolution::Resolution;

    fn at(ms: u64) -> Moment {
        Moment { monotonic: Duration::from_millis(ms), utc: DateTime::UNIX_EPOCH }
    }

    fn picture(id: u8) -> Bytes {
        encode(&blank(Resolution::new(32, 32), [id, 128, 255 - id]), 80).unwrap()
    }

    fn read(stream: &[u8], step: usize) -> Vec<Bytes> {
        let (mut reader, mut pictures) = (PictureReader::new(), Vec::new());
        for chunk in stream.chunks(step) {
            reader.extend(chunk, at(0));
            while let Some(Capture::Picture { jpeg, .. }) = reader.next_picture(at(0)) {
                pictures.push(jpeg);
            }
        }
        pictures
    }

    /// Every way a camera may frame its pictures: before each picture, behind each picture, before everything.
    #[rustfmt::skip]
    const FRAMINGS: &[(&str, &str, &str, &str)] = &[
        ("leading delimiter and length", "--b\r\nContent-Type: image/jpeg\r\nContent-Length: LEN\r\n\r\n", "\r\n", ""),
        ("trailing delimiter", "Content-Type: image/jpeg\r\nContent-Length: LEN\r\n\r\n", "\r\n--b\r\n", "--b\r\n"),
        ("no length", "--b\r\nContent-Type: image/jpeg\r\n\r\n", "\r\n", ""),
        ("body delimiter without dashes", "b\r\nContent-Type: image/jpeg\r\n\r\n", "\r\n", ""),
        ("delimiter with four dashes", "----b\r\n\r\n", "\r\n", ""),
        ("doubled delimiter", "--b\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n", "\r\n", ""),
        ("closing delimiter before every part", "\r\n--b--\r\nContent-Type: image/jpeg\r\n\r\n", "", ""),
        ("preamble text", "--b\r\n\r\n", "\r\n", "This is a stream of pictures from a camera.\r\n"),
        ("bare line feeds", "--b\nContent-Type: image/jpeg\n\n", "\n", ""),
        ("no line end behind the picture", "--b\r\nContent-Length: LEN\r\n\r\n", "", ""),
        ("another part type", "--b\r\nContent-Type: image/jpg; quality=3\r\n\r\n", "\r\n", ""),
        ("no headers at all", "", "", ""),
        ("too short a length", "--b\r\nContent-Length: 12\r\n\r\n", "\r\n", ""),
        ("too long a length", "--b\r\nContent-Length: 99999\r\n\r\n", "\r\n", ""),
        ("no number for a length", "--b\r\nContent-Length: many\r\n\r\n", "\r\n", ""),
        ("empty and text parts between", "--b\r\nContent-Type: text/plain\r\n\r\nidle\r\n--b\r\nContent-Length: 0\r\n\r\n\r\n--b\r\n\r\n", "\r\n", ""),
        ("padding behind the picture", "--b\r\n\r\n", "\0\0\0\0\0\0\0\0\r\n", ""),
    ];

    #[test]
    fn every_framing_some_camera_uses_gives_the_pictures_unchanged() {
        for (name, before, behind, preamble) in FRAMINGS {
            let mut stream = preamble.as_bytes().to_vec();
            for id in 0..4 {
                let jpeg = picture(id);
                stream.extend(before.replace("LEN", &jpeg.len().to_string()).as_bytes());
                stream.extend(&jpeg);
                stream.extend(behind.as_bytes());
            }
            for step in [1, 7, 1460, stream.len()] {
                let expected: Vec<Bytes> = (0..4).map(picture).collect();
                assert_eq!(read(&stream, step), expected, "{name} in steps of {step}");
            }
        }
    }

    #[test]
    fn a_picture_without_its_end_is_cut_at_the_delimiter_behind_it() {
        let whole = picture(1);
        let open = &whole[..whole.len() - 2];
        let stream = [b"--b\r\n\r\n", open, b"\r\n--b\r\n\r\n", &picture(2), b"\r\n--b\r\n"].concat();
        let pictures = read(&stream, 50);
        assert_eq!(pictures.len(), 2);
        assert_eq!(pictures[0], open, "normalising puts the end mark in");
        assert_eq!(pictures[1], picture(2));
    }

    #[test]
    fn a_picture_is_as_old_as_its_first_byte() {
        let jpeg = picture(1);
        let mut reader = PictureReader::new();
        reader.extend(b"--b\r\n\r\n", at(1));
        reader.extend(&jpeg[..100], at(20));
        reader.extend(&jpeg[100..], at(300));
        let Some(Capture::Picture { captured, .. }) = reader.next_picture(at(300)) else {
            panic!("a picture")
        };
        assert_eq!(captured.monotonic, Duration::from_millis(20));
    }

    #[test]
    fn a_page_of_text_without_end_is_noise_and_takes_no_memory() {
        let mut reader = PictureReader::new();
        for _ in 0..1280 {
            reader.extend(&[b'<'; 1 << 12], at(0));
            assert!(reader.next_picture(at(0)).is_none());
        }
        assert!(reader.is_noise());
    }

    proptest! {
        #[test]
        fn noise_between_pictures_never_panics_and_hides_no_picture(
            noise in prop::collection::vec(prop::collection::vec(0_u8..0xFF, 0..40), 5), step in 1_usize..200,
        ) {
            let mut stream = noise[4].clone();
            for (id, noise) in noise[..4].iter().enumerate() {
                stream.extend(&picture(id as u8));
                stream.extend(noise);
            }
            let expected: Vec<Bytes> = (0..4).map(picture).collect();
            prop_assert_eq!(read(&stream, step), expected);
        }
    }
}
