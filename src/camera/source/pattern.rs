//! `test:` a picture that shows when it was taken: to people as a clock, to programs as blocks.
//!
//! `test:?size=1920x1080&fps=25`. Colour bars stand still; below them are a moving bar, the time to the millisecond,
//! the frame's number, and a stamp from which [`read_stamp`] gets the time back after any scaling, so that the way
//! from capture to screen can be measured. The same number and time give the same bytes.
//!
//! The picture is made of strips, and only those that show something else than before are drawn and encoded.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::address::SourceUrl;
use super::steady::{PictureMaker, SteadyPictures};
use super::strips::{MCU, Strips};
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
            Ok(Box::new(SteadyPictures::new(painter, self.fps, self.clock.clone())) as Box<dyn Session>)
        })
    }

    fn expected(&self) -> Expected {
        Expected { resolution: Some(self.size), interval: Some(Duration::from_secs_f64(self.fps.recip())) }
    }
}

/// Strips a picture has at most; those of a line of text or of the moving bar have one each.
const MOST_STRIPS: u32 = 18;
/// Places the moving bar goes through.
const BAR_PLACES: usize = 64;

/// Draws the pictures.
struct Painter {
    size: Resolution,
    strips: Strips,
    strip_rows: u32,
    /// What a strip is drawn on, and what the lowest one is, which may have fewer rows.
    canvases: [EightBit; 2],
    /// The strip with the moving bar, once it was in a place.
    bars: Vec<Option<Bytes>>,
    /// The bits of the stamp that were drawn last, from its top.
    stamped: Vec<bool>,
    painted: u64,
}

impl PictureMaker for Painter {
    fn next(&mut self, at: Moment) -> Result<Bytes, SourceError> {
        self.painted += 1;
        self.paint(self.painted, at.utc).map_err(SourceError::Encode)
    }
}

impl Painter {
    fn new(size: Resolution) -> Result<Self, WorkError> {
        let strip_rows = size.height.div_ceil(MCU).div_ceil(MOST_STRIPS) * MCU;
        let canvas = |rows: u32| canvas::blank(Resolution::new(size.width, rows), BLACK);
        let last_rows = (size.height - 1) % strip_rows + 1;
        let mut canvases = [canvas(strip_rows), canvas(last_rows)];
        let [canvas, _] = &mut canvases;
        for (n, colour) in (0..).zip(BARS) {
            let (left, right) = (n * size.width / 8, (n + 1) * size.width / 8);
            canvas::fill(canvas, Area { x: left, y: 0, width: right - left, height: strip_rows }, colour);
        }
        let bars = scale::encode(canvas, QUALITY)?;
        let strips = Strips::new(&bars, strip_rows, size.height)?;
        let mut painter = Self {
            size,
            strips,
            strip_rows,
            canvases,
            bars: vec![None; BAR_PLACES],
            stamped: Vec::new(),
            painted: 0,
        };
        let still = painter.first_stamp_strip() - 3;
        for place in 0..still {
            painter.strips.put(place, &bars)?;
        }
        let label = Area { x: size.width / 8, y: 0, width: size.width * 3 / 4, height: strip_rows };
        let [canvas, _] = &mut painter.canvases;
        canvas::fill(canvas, label, BLACK);
        let line = Area { y: label.height / 8, height: label.height * 3 / 4, ..label };
        canvas::write_centred(canvas, line, 8, &format!("TEST PICTURE {size}"), WHITE);
        painter.strips.put(still / 2, &scale::encode(canvas, QUALITY)?)?;
        Ok(painter)
    }

    /// The strip the stamp begins in. Above it are those of the number, the time and the moving bar.
    fn first_stamp_strip(&self) -> usize {
        ((self.size.height - self.size.height / STAMP_SHARE) / self.strip_rows) as usize
    }

    /// The picture with this number, taken at this time.
    fn paint(&mut self, number: u64, at: DateTime<Utc>) -> Result<Bytes, WorkError> {
        let stamp = self.first_stamp_strip();
        self.put_bar(stamp - 3, number)?;
        self.put_text(stamp - 2, 12, &at.format("%Y-%m-%d %H:%M:%S%.3f").to_string(), WHITE)?;
        self.put_text(stamp - 1, 8, &format!("frame {number:08}"), [255, 220, 120])?;
        self.put_stamp(stamp, at)?;
        Ok(self.strips.picture())
    }

    fn put_bar(&mut self, place: usize, number: u64) -> Result<(), WorkError> {
        let step = (number % BAR_PLACES as u64) as usize;
        let bar = if let Some(bar) = &self.bars[step] {
            bar.clone()
        } else {
            let width = self.size.width / 16;
            let left = step as u32 * (self.size.width - width) / (BAR_PLACES as u32 - 1);
            let area = Area { x: left, y: self.strip_rows / 4, width, height: self.strip_rows / 2 };
            let bar = self.encoded(place, |canvas| canvas::fill(canvas, area, WHITE))?;
            self.bars[step].insert(bar).clone()
        };
        Ok(self.strips.put(place, &bar)?)
    }

    fn put_text(&mut self, place: usize, largest: u32, text: &str, colour: Colour) -> Result<(), WorkError> {
        let margin = self.size.width / 40;
        let line = Area { x: margin, y: 0, width: self.size.width - 2 * margin, height: self.strip_rows };
        let strip = self.encoded(place, |canvas| {
            canvas::write_centred(canvas, line, largest, text, colour);
        })?;
        Ok(self.strips.put(place, &strip)?)
    }

    /// Draws the stamp into its strips, those of which it changes: the upper line is the same for minutes.
    fn put_stamp(&mut self, first: usize, at: DateTime<Utc>) -> Result<(), WorkError> {
        let bits: Vec<bool> = stamp_bits(at.timestamp_micros()).collect();
        let cells: Vec<(Area, bool)> = stamp_cells(self.size).zip(bits.iter().copied()).collect();
        let last = (self.size.height - 1) / self.strip_rows;
        for place in first..=last as usize {
            let (top, bottom) = (place as u32 * self.strip_rows, (place as u32 + 1) * self.strip_rows);
            let is_here = |cell: &Area| cell.y < bottom && cell.y + cell.height > top;
            let is_changed = cells
                .iter()
                .enumerate()
                .any(|(n, (cell, bit))| is_here(cell) && self.stamped.get(n) != Some(bit));
            if is_changed {
                let strip = self.encoded(place, |canvas| {
                    for (cell, _) in cells.iter().filter(|(cell, bit)| *bit && is_here(cell)) {
                        let above = top.saturating_sub(cell.y);
                        let area = Area { y: cell.y + above - top, height: cell.height - above, ..*cell };
                        canvas::fill(canvas, area, WHITE);
                    }
                })?;
                self.strips.put(place, &strip)?;
            }
        }
        self.stamped = bits;
        Ok(())
    }

    /// What is drawn on a black strip that is to be in this place.
    fn encoded(&mut self, place: usize, draw: impl FnOnce(&mut EightBit)) -> Result<Bytes, WorkError> {
        let is_last = (place as u32 + 1) * self.strip_rows >= self.size.height;
        let canvas = &mut self.canvases[usize::from(is_last)];
        canvas.samples_mut().fill(0);
        draw(canvas);
        scale::encode(canvas, QUALITY)
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
