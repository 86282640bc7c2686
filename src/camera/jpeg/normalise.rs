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
#[path = "normalise_tests.rs"]
mod tests;
