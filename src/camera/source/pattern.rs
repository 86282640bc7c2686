//! `test:` a picture that shows when it was taken: to people as a clock, to programs as blocks.
//!
//! `test:?size=1920x1080&fps=25`. Colour bars stand still; the lowest third has a moving bar, the time to the
//! millisecond, the frame's number, and a stamp from which [`read_stamp`] gets the time back after any scaling,
//! so that the way from capture to screen can be measured. The same number and time give the same bytes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::address::SourceUrl;
use super::film::{Film, Projector};
use super::strips::{MCU, Upper};
use super::{Expected, Session, Source, Surroundings};
use crate::camera::error::{CameraError, SourceError};
use crate::camera::frame::Moment;
use crate::camera::look::canvas::{self, BLACK, Colour, WHITE};
use crate::camera::look::fit::Area;
use crate::camera::look::scale::{self, WorkError};
use crate::camera::resolution::Resolution;
use crate::clock::Clock;
use crate::pixel::EightBit;

const DEFAULT_SIZE: Resolution = Resolution::new(1280, 960);
const SMALLEST: Resolution = Resolution::new(320, 240);
const LARGEST: Resolution = Resolution::new(4096, 4096);
const DEFAULT_FPS: f64 = 25.0;
const QUALITY: u8 = 85;

/// Cells per line and lines of the stamp: 64 bits of time and 8 of checksum.
const STAMP_COLUMNS: u32 = 36;
const STAMP_LINES: u32 = 2;
/// The stamp takes this part of the picture's height, at its lower edge.
const STAMP_SHARE: u32 = 12;

/// 75 % colour bars, bright to dark.
const BARS: [Colour; 8] = [
    [191, 191, 191],
    [191, 191, 0],
    [0, 191, 191],
    [0, 191, 0],
    [191, 0, 191],
    [191, 0, 0],
    [0, 0, 191],
    [16, 16, 16],
];

/// Reads `test:` URLs.
pub(super) fn open(url: &SourceUrl<'_>, surroundings: &Surroundings) -> Result<Box<dyn Source>, CameraError> {
    if !url.path().is_empty() {
        return Err(url.fault("a test: url has nothing before its options"));
    }
    let (mut size, mut fps) = (DEFAULT_SIZE, DEFAULT_FPS);
    for (key, value) in url.options() {
        match key {
            "size" => {
                size = value
                    .parse()
                    .ok()
                    .filter(|size: &Resolution| size.covers(SMALLEST) && LARGEST.covers(*size))
                    .ok_or_else(|| url.fault(format!("size={value} is not from {SMALLEST} to {LARGEST}")))?;
            }
            "fps" => fps = url.fps(value)?,
            _ => return Err(url.unknown_option(key, "size, fps")),
        }
    }
    Ok(Box::new(Pattern { size, fps, clock: surroundings.clock.clone() }))
}

struct Pattern {
    size: Resolution,
    fps: f64,
    clock: Arc<dyn Clock>,
}

impl Source for Pattern {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Session>, SourceError>> {
        Box::pin(async move {
            let size = self.size;
            let painter = tokio::task::spawn_blocking(move || Painter::new(size))
                .await
                .map_err(|_| SourceError::NoPictures("the pattern could not be drawn"))?
                .map_err(SourceError::Encode)?;
            Ok(Box::new(Projector::new(painter, self.fps, self.clock.clone())) as Box<dyn Session>)
        })
    }

    fn expected(&self) -> Expected {
        Expected { resolution: Some(self.size), interval: Some(Duration::from_secs_f64(self.fps.recip())) }
    }
}

/// Draws the pictures. The two upper thirds are drawn and encoded once.
struct Painter {
    size: Resolution,
    upper: Upper,
    lowest: EightBit,
    painted: u64,
}

impl Film for Painter {
    fn next(&mut self, at: Moment) -> Result<Bytes, SourceError> {
        self.painted += 1;
        self.paint(self.painted, at.utc).map_err(SourceError::Encode)
    }
}

impl Painter {
    fn new(size: Resolution) -> Result<Self, WorkError> {
        let strip_rows = size.height.div_ceil(MCU).div_ceil(3) * MCU;
        let third = Resolution::new(size.width, strip_rows);
        let mut bars = canvas::blank(third, BLACK);
        for (n, colour) in (0..).zip(BARS) {
            let (left, right) = (n * size.width / 8, (n + 1) * size.width / 8);
            canvas::fill(&mut bars, Area { x: left, y: 0, width: right - left, height: strip_rows }, colour);
        }
        let top = scale::encode(&bars, QUALITY)?;
        let label =
            Area { x: size.width / 8, y: strip_rows / 3, width: size.width * 3 / 4, height: strip_rows / 3 };
        canvas::fill(&mut bars, label, BLACK);
        let line = Area { y: label.y + label.height / 4, height: label.height / 2, ..label };
        canvas::write_centred(&mut bars, line, 8, &format!("TEST PICTURE {size}"), WHITE);
        let middle = scale::encode(&bars, QUALITY)?;
        let upper = Upper::new(&[top, middle], strip_rows, size.height)?;
        let lowest = canvas::blank(Resolution::new(size.width, size.height - 2 * strip_rows), BLACK);
        Ok(Self { size, upper, lowest, painted: 0 })
    }

    /// The picture with this number, taken at this time.
    fn paint(&mut self, number: u64, at: DateTime<Utc>) -> Result<Bytes, WorkError> {
        let (width, height) = (self.size.width, self.lowest.height() as u32);
        let lowest = &mut self.lowest;
        canvas::fill(lowest, Area { x: 0, y: 0, width, height }, BLACK);
        let line = |from: u32, to: u32| Area {
            x: width / 40,
            y: height * from / 100,
            width: width - width / 20,
            height: height * (to - from) / 100,
        };
        let bar = width / 16;
        let left = (number % 64) as u32 * (width - bar) / 63;
        canvas::fill(lowest, Area { x: left, width: bar, ..line(2, 12) }, WHITE);
        canvas::write_centred(
            lowest,
            line(17, 46),
            12,
            &at.format("%Y-%m-%d %H:%M:%S%.3f").to_string(),
            WHITE,
        );
        canvas::write_centred(lowest, line(50, 68), 8, &format!("frame {number:08}"), [255, 220, 120]);
        write_stamp(lowest, self.size, at);
        let strip = scale::encode(lowest, QUALITY)?;
        Ok(self.upper.with_last(&strip)?)
    }
}

/// The stamp's cells in reading order, in pixels of a picture of this size.
fn stamp_cells(size: Resolution) -> impl Iterator<Item = Area> {
    let top = size.height - size.height / STAMP_SHARE;
    let line = size.height / STAMP_SHARE / STAMP_LINES;
    (0..STAMP_LINES * STAMP_COLUMNS).map(move |cell| {
        let (row, column) = (cell / STAMP_COLUMNS, cell % STAMP_COLUMNS);
        let (left, right) = (column * size.width / STAMP_COLUMNS, (column + 1) * size.width / STAMP_COLUMNS);
        Area { x: left, y: top + row * line, width: right - left, height: line }
    })
}

/// Microseconds since 1970, most significant bit first, then their checksum.
fn stamp_bits(microseconds: i64) -> impl Iterator<Item = bool> {
    let word = (u128::from(microseconds as u64) << 8) | u128::from(checksum(microseconds));
    (0..u64::BITS + 8).rev().map(move |bit| word >> bit & 1 == 1)
}

/// CRC-8 with polynomial x^8 + x^2 + x + 1, starting from 0xFF so that an all-black strip is no stamp.
fn checksum(microseconds: i64) -> u8 {
    microseconds.to_be_bytes().iter().fold(0xFF_u8, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { (crc << 1) ^ 0x07 })
    })
}

/// Draws the stamp into `lowest`, the lower end of a picture of the given size.
fn write_stamp(lowest: &mut EightBit, size: Resolution, at: DateTime<Utc>) {
    let above = size.height - lowest.height() as u32;
    for (cell, bit) in stamp_cells(size).zip(stamp_bits(at.timestamp_micros())) {
        canvas::fill(lowest, Area { y: cell.y - above, ..cell }, if bit { WHITE } else { BLACK });
    }
}

/// The capture time, to the microsecond, in a test picture that was scaled without bars; `None` when the
/// picture carries no readable stamp.
pub fn read_stamp(picture: &EightBit) -> Option<DateTime<Utc>> {
    let size = Resolution::new(picture.width() as u32, picture.height() as u32);
    if size.height < STAMP_SHARE * STAMP_LINES || size.width < STAMP_COLUMNS {
        return None;
    }
    let channels = picture.channels().count();
    let mut bits = stamp_cells(size).map(|cell| {
        let middle =
            (cell.y + cell.height / 2) as usize * picture.width() + (cell.x + cell.width / 2) as usize;
        picture.samples().get(middle * channels + channels / 2).is_some_and(|brightness| *brightness >= 128)
    });
    let mut word =
        |length: usize| bits.by_ref().take(length).fold(0_u64, |word, bit| word << 1 | u64::from(bit));
    let microseconds = word(64) as i64;
    (word(8) == u64::from(checksum(microseconds))).then(|| DateTime::from_timestamp_micros(microseconds))?
}

#[cfg(test)]
mod tests {
    use super::super::tests::{opened, refusal};
    use super::*;
    use crate::camera::look::fit::Fit;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_stamp_gives_the_time_back_at_every_size() {
        let size = Resolution::new(1280, 960);
        let time = at("2024-02-29T23:59:59.987654Z");
        let jpeg = Painter::new(size).unwrap().paint(77, time).unwrap();
        for target in
            [size, Resolution::new(640, 480), Resolution::new(320, 240), Resolution::new(1600, 1200)]
        {
            let picture = scale::decode_at(&jpeg, size, target, Fit::Auto).unwrap();
            assert_eq!(read_stamp(&picture), Some(time), "{target}");
        }
    }

    #[test]
    fn pictures_without_a_stamp_have_no_time() {
        for colour in [BLACK, WHITE, [99; 3]] {
            assert_eq!(read_stamp(&canvas::blank(Resolution::new(640, 480), colour)), None);
        }
        assert_eq!(read_stamp(&canvas::blank(Resolution::new(5, 5), BLACK)), None);
    }

    #[test]
    fn every_allowed_shape_is_painted_at_its_size_and_repeatably() {
        for size in ["320x240", "333x251", "1920x1080", "640x4096"] {
            let size: Resolution = size.parse().unwrap();
            let paint = || Painter::new(size).unwrap().paint(3, at("2030-01-01T00:00:00Z")).unwrap();
            let jpeg = paint();
            assert_eq!(jpeg, paint());
            let picture = scale::decode(&jpeg).unwrap();
            assert_eq!((picture.width() as u32, picture.height() as u32), (size.width, size.height));
            assert_eq!(read_stamp(&picture), Some(at("2030-01-01T00:00:00Z")));
        }
    }

    #[test]
    fn following_pictures_differ() {
        let mut painter = Painter::new(SMALLEST).unwrap();
        let time = at("2030-01-01T00:00:00Z");
        assert_ne!(painter.paint(1, time).unwrap(), painter.paint(2, time).unwrap());
    }

    #[test]
    fn wrong_options_are_named() {
        for (url, words) in [
            ("test:?size=10x10", "size=10x10 is not from 320x240 to 4096x4096"),
            ("test:?fps=0", "fps=0 is not a rate"),
            ("test:?colour=red", "unknown option \"colour\"; known are size, fps"),
            ("test:bars", "nothing before its options"),
        ] {
            let error = refusal(url);
            assert!(error.contains(words), "{url}: {error}");
        }
        assert!(opened("test:?size=640x480&fps=12.5").is_ok());
    }
}
