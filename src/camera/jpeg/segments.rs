//! Walking through JPEG data marker by marker (ITU-T T.81 annex B), never by searching for bytes: a thumbnail
//! inside a metadata segment ends with the same two bytes as the picture around it.

use memchr::memchr;

/// Second bytes of the markers this room knows by name (T.81 table B.1).
pub(in crate::camera) mod marker {
    pub(in crate::camera) const SOF0: u8 = 0xC0;
    pub(in crate::camera) const SOF1: u8 = 0xC1;
    pub(in crate::camera) const DHT: u8 = 0xC4;
    pub(in crate::camera) const RST0: u8 = 0xD0;
    pub(in crate::camera) const RST7: u8 = 0xD7;
    pub(in crate::camera) const SOI: u8 = 0xD8;
    pub(in crate::camera) const EOI: u8 = 0xD9;
    pub(in crate::camera) const SOS: u8 = 0xDA;
    pub(in crate::camera) const DRI: u8 = 0xDD;
    pub(in crate::camera) const APP0: u8 = 0xE0;
    pub(in crate::camera) const APP14: u8 = 0xEE;
    pub(in crate::camera) const APP15: u8 = 0xEF;
    pub(in crate::camera) const COM: u8 = 0xFE;
    const JPG: u8 = 0xC8;
    const DAC: u8 = 0xCC;

    /// Whether the marker opens a frame: SOF0 to SOF15 without the three codes in between that mean other things.
    pub(in crate::camera) fn is_frame_header(code: u8) -> bool {
        matches!(code, SOF0..=0xCF) && !matches!(code, DHT | JPG | DAC)
    }
}

/// One marker with what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::camera) struct Segment<'a> {
    /// Second byte of the marker.
    pub(in crate::camera) code: u8,
    /// Parameters, without marker and length; empty for SOI and EOI.
    pub(in crate::camera) parameters: &'a [u8],
    /// Entropy-coded data after an SOS, with its restart markers; empty for every other segment.
    pub(in crate::camera) entropy: &'a [u8],
    /// Offset of the marker's first byte.
    pub(in crate::camera) start: usize,
    /// Offset of the first byte after the segment.
    pub(in crate::camera) end: usize,
}

/// Why the walk stopped before EOI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::camera) enum Stop {
    /// The data ended inside a segment, or in entropy-coded data without a marker after it.
    Unfinished,
    /// Bytes where a marker has to be, or a segment shorter than its own length field.
    NotJpeg,
    /// A second SOI: the picture before it never got its EOI. Holds the offset.
    NextPicture(usize),
}

/// The segments of one picture, SOI first. Ends with EOI, or with the reason there is none.
pub(in crate::camera) struct Segments<'a> {
    data: &'a [u8],
    reached: Reached,
    done: bool,
}

/// How far a walk came, so that it can go on when more of the picture is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reached {
    /// Offset of the segment that is next.
    pub(super) at: usize,
    /// How far its entropy-coded data were searched already.
    searched: usize,
}

impl<'a> Segments<'a> {
    pub(in crate::camera) fn of(data: &'a [u8]) -> Self {
        Self::resumed(data, Reached::default())
    }

    /// Goes on where an earlier walk through the beginning of `data` ended for want of more.
    pub(super) fn resumed(data: &'a [u8], reached: Reached) -> Self {
        Self { data, reached, done: false }
    }

    /// How far it came.
    pub(super) fn reached(&self) -> Reached {
        self.reached
    }

    fn segment(&mut self) -> Result<Segment<'a>, Stop> {
        let start = self.reached.at;
        let byte = |offset: usize| self.data.get(offset).copied().ok_or(Stop::Unfinished);
        if byte(start)? != 0xFF {
            return Err(Stop::NotJpeg);
        }
        // Any number of fill bytes may stand before a marker (T.81 B.1.1.2).
        let mut after = start + 1;
        while byte(after)? == 0xFF {
            after += 1;
        }
        let code = byte(after)?;
        after += 1;
        let bare = Segment { code, parameters: &[], entropy: &[], start, end: after };
        match code {
            marker::SOI if start == 0 => return Ok(bare),
            marker::SOI => return Err(Stop::NextPicture(start)),
            _ if start == 0 => return Err(Stop::NotJpeg),
            marker::EOI | 0x01 | marker::RST0..=marker::RST7 => return Ok(bare),
            0x00 => return Err(Stop::NotJpeg),
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes([byte(after)?, byte(after + 1)?]));
        if length < 2 {
            return Err(Stop::NotJpeg);
        }
        let parameters = self.data.get(after + 2..after + length).ok_or(Stop::Unfinished)?;
        after += length;
        if code != marker::SOS {
            return Ok(Segment { parameters, end: after, ..bare });
        }
        let end = self.entropy_end(after.max(self.reached.searched))?;
        Ok(Segment { code, parameters, entropy: self.data.get(after..end).unwrap_or_default(), start, end })
    }

    /// Offset of the first marker at or after `from` in entropy-coded data: an 0xFF that is followed neither by a
    /// stuffed zero, nor by a restart marker, nor by another 0xFF. Remembers how far it searched in vain.
    fn entropy_end(&mut self, mut from: usize) -> Result<usize, Stop> {
        loop {
            let Some(found) = memchr(0xFF, self.data.get(from..).unwrap_or_default()) else {
                self.reached.searched = self.data.len();
                return Err(Stop::Unfinished);
            };
            let found = from + found;
            match self.data.get(found + 1) {
                None => {
                    self.reached.searched = found;
                    return Err(Stop::Unfinished);
                }
                Some(0x00 | marker::RST0..=marker::RST7) => from = found + 2,
                Some(0xFF) => from = found + 1,
                Some(_) => return Ok(found),
            }
        }
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Result<Segment<'a>, Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let segment = self.segment();
        match &segment {
            Ok(segment) => {
                self.reached.at = segment.end;
                self.done = segment.code == marker::EOI;
            }
            Err(_) => self.done = true,
        }
        Some(segment)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// SOI, an APP1 holding a whole small picture, SOS with stuffing and a restart marker, EOI.
    pub(in crate::camera::jpeg) fn picture(id: u8) -> Vec<u8> {
        let mut data = vec![0xFF, 0xD8, 0xFF, 0xE1, 0x00, 0x08, 0xFF, 0xD8, id, id, 0xFF, 0xD9];
        data.extend([0xFF, 0xFF, 0xDA, 0x00, 0x03, id]);
        data.extend([1, 2, 0xFF, 0x00, 3, 0xFF, 0xD3, 4, 0xFF, 0xD9]);
        data
    }

    /// Bytes among which markers are frequent.
    pub(in crate::camera::jpeg) fn marker_like_bytes() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(
            prop::sample::select(vec![0_u8, 1, 2, 0xFF, 0xD8, 0xD9, 0xDA, 0xE1, 0xC0]),
            0..200,
        )
    }

    #[test]
    fn a_thumbnail_inside_metadata_does_not_end_the_picture() {
        let data = picture(7);
        let segments: Vec<_> = Segments::of(&data).collect::<Result<_, _>>().unwrap();
        let codes: Vec<u8> = segments.iter().map(|s| s.code).collect();
        assert_eq!(codes, [marker::SOI, 0xE1, marker::SOS, marker::EOI]);
        assert_eq!(segments[2].entropy, [1, 2, 0xFF, 0x00, 3, 0xFF, 0xD3, 4]);
        assert_eq!(segments[3].end, data.len());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(data in marker_like_bytes()) {
            prop_assert!(Segments::of(&data).count() <= data.len() + 1);
        }
    }
}
