//! Walking through JPEG data marker by marker (ITU-T T.81 annex B), never by searching for bytes: a thumbnail
//! inside a metadata segment ends with the same two bytes as the picture around it.

use bytes::{Buf, Bytes, BytesMut};
use memchr::{memchr, memmem};

/// Second bytes of the markers this room knows by name (T.81 table B.1).
pub(super) mod marker {
    pub(in super::super) const SOF0: u8 = 0xC0;
    pub(in super::super) const SOF1: u8 = 0xC1;
    pub(in super::super) const DHT: u8 = 0xC4;
    pub(in super::super) const RST0: u8 = 0xD0;
    pub(in super::super) const RST7: u8 = 0xD7;
    pub(in super::super) const SOI: u8 = 0xD8;
    pub(in super::super) const EOI: u8 = 0xD9;
    pub(in super::super) const SOS: u8 = 0xDA;
    pub(in super::super) const DRI: u8 = 0xDD;
    pub(in super::super) const APP0: u8 = 0xE0;
    pub(in super::super) const APP14: u8 = 0xEE;
    pub(in super::super) const APP15: u8 = 0xEF;
    pub(in super::super) const COM: u8 = 0xFE;
    const JPG: u8 = 0xC8;
    const DAC: u8 = 0xCC;

    /// Whether the marker opens a frame: SOF0 to SOF15 without the three codes in between that mean other things.
    pub(in super::super) fn is_frame_header(code: u8) -> bool {
        matches!(code, SOF0..=0xCF) && !matches!(code, DHT | JPG | DAC)
    }
}

/// One marker with what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    /// Second byte of the marker.
    pub(super) code: u8,
    /// Parameters, without marker and length; empty for SOI and EOI.
    pub(super) parameters: &'a [u8],
    /// Entropy-coded data after an SOS, with its restart markers; empty for every other segment.
    pub(super) entropy: &'a [u8],
    /// Offset of the marker's first byte.
    pub(super) start: usize,
    /// Offset of the first byte after the segment.
    pub(super) end: usize,
}

/// Why the walk stopped before EOI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The data ended inside a segment, or in entropy-coded data without a marker after it.
    Unfinished,
    /// Bytes where a marker has to be, or a segment shorter than its own length field.
    NotJpeg,
    /// A second SOI: the picture before it never got its EOI. Holds the offset.
    NextPicture(usize),
}

/// The segments of one picture, SOI first. Ends with EOI, or with the reason there is none.
pub(super) struct Segments<'a> {
    data: &'a [u8],
    at: usize,
    /// How far the entropy-coded data of the segment at `at` were searched already.
    searched: usize,
    done: bool,
}

impl<'a> Segments<'a> {
    pub(super) fn of(data: &'a [u8]) -> Self {
        Self { data, at: 0, searched: 0, done: false }
    }

    fn segment(&mut self) -> Result<Segment<'a>, Stop> {
        let start = self.at;
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
        let end = self.entropy_end(after.max(self.searched))?;
        Ok(Segment { code, parameters, entropy: self.data.get(after..end).unwrap_or_default(), start, end })
    }

    /// Offset of the first marker at or after `from` in entropy-coded data: an 0xFF that is followed neither by a
    /// stuffed zero, nor by a restart marker, nor by another 0xFF. Remembers how far it searched in vain.
    fn entropy_end(&mut self, mut from: usize) -> Result<usize, Stop> {
        loop {
            let Some(found) = memchr(0xFF, self.data.get(from..).unwrap_or_default()) else {
                self.searched = self.data.len();
                return Err(Stop::Unfinished);
            };
            let found = from + found;
            match self.data.get(found + 1) {
                None => {
                    self.searched = found;
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
                self.at = segment.end;
                self.done = segment.code == marker::EOI;
            }
            Err(_) => self.done = true,
        }
        Some(segment)
    }
}

/// Cuts a stream of bytes into pictures. Bytes between pictures are skipped, a picture that never ends is given
/// up as soon as the next one begins or `longest_bytes` are passed. No byte is looked at twice.
#[derive(Debug)]
pub(super) struct Splitter {
    pending: BytesMut,
    longest_bytes: usize,
    /// Whether a delimiter line ends a picture that has no end mark.
    delimited: bool,
    /// Where the walk through the pending bytes goes on.
    at: usize,
    searched: usize,
}

impl Splitter {
    pub(super) fn new(longest_bytes: usize) -> Self {
        Self { pending: BytesMut::new(), longest_bytes, delimited: false, at: 0, searched: 0 }
    }

    /// For multipart streams: a picture without an end mark, followed by a delimiter line and the next picture,
    /// is given up to that line instead of being left out.
    pub(super) fn with_delimiters(self) -> Self {
        Self { delimited: true, ..self }
    }

    /// Takes in more of the stream; [`Self::next_picture`] then gives what has become complete.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        if self.at == 0 {
            self.skip_to_start();
        }
    }

    /// Whether a picture has begun to come in.
    pub(super) fn has_begun(&self) -> bool {
        self.pending.starts_with(&[0xFF, marker::SOI])
    }

    /// The next complete picture, or `None` when more bytes are needed.
    pub(super) fn next_picture(&mut self) -> Option<Bytes> {
        loop {
            self.skip_to_start();
            let mut segments =
                Segments { data: &self.pending, at: self.at, searched: self.searched, done: false };
            let stop = segments.find_map(Result::err);
            let (at, searched) = (segments.at, segments.searched);
            match stop {
                None => return Some(self.take(at)),
                Some(Stop::Unfinished) if self.pending.len() <= self.longest_bytes => {
                    (self.at, self.searched) = (at, searched);
                    return None;
                }
                Some(Stop::NextPicture(start)) => {
                    let unended = self.take(start);
                    let delimiter = memmem::rfind(&unended, b"\n--").filter(|_| self.delimited);
                    if let Some(end) = delimiter {
                        let end = if unended[..end].ends_with(b"\r") { end - 1 } else { end };
                        return Some(unended.slice(..end));
                    }
                }
                Some(Stop::Unfinished) => self.discard(self.pending.len()),
                Some(Stop::NotJpeg) => self.discard(2.min(self.pending.len())),
            }
        }
    }

    fn skip_to_start(&mut self) {
        if self.at > 0 || self.has_begun() {
            return;
        }
        // The last byte may be the first half of an SOI that is still on its way.
        let start = memmem::find(&self.pending, &[0xFF, marker::SOI]);
        let start = start.unwrap_or(self.pending.len().saturating_sub(1));
        if start > 0 {
            self.discard(start);
        }
    }

    /// A copy of exactly these bytes: a share of the buffer would keep all of it alive in a ring.
    fn take(&mut self, bytes: usize) -> Bytes {
        let taken = Bytes::copy_from_slice(self.pending.get(..bytes).unwrap_or_default());
        self.discard(bytes);
        taken
    }

    fn discard(&mut self, bytes: usize) {
        (self.at, self.searched) = (0, 0);
        self.pending.advance(bytes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// SOI, an APP1 holding a whole small picture, SOS with stuffing and a restart marker, EOI.
    fn picture(id: u8) -> Vec<u8> {
        let mut data = vec![0xFF, 0xD8, 0xFF, 0xE1, 0x00, 0x08, 0xFF, 0xD8, id, id, 0xFF, 0xD9];
        data.extend([0xFF, 0xFF, 0xDA, 0x00, 0x03, id]);
        data.extend([1, 2, 0xFF, 0x00, 3, 0xFF, 0xD3, 4, 0xFF, 0xD9]);
        data
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

    #[test]
    fn a_stream_is_cut_at_picture_ends_whatever_lies_between() {
        let mut splitter = Splitter::new(1 << 20);
        let mut stream = b"--boundary\r\n\r\n".to_vec();
        stream.extend(picture(1));
        stream.extend(b"\r\n--boundary\r\n");
        stream.extend(picture(2));
        stream.extend(&picture(3)[..15]);
        splitter.extend(&stream);
        assert_eq!(splitter.next_picture(), Some(picture(1).into()));
        assert_eq!(splitter.next_picture(), Some(picture(2).into()));
        assert_eq!(splitter.next_picture(), None, "the last one is cut short");
        splitter.extend(&picture(3)[15..]);
        assert_eq!(splitter.next_picture(), Some(picture(3).into()));
    }

    #[test]
    fn a_picture_without_end_gives_way_to_the_next() {
        let mut splitter = Splitter::new(1 << 20);
        let cut = picture(1);
        splitter.extend(&cut[..cut.len() - 2]);
        splitter.extend(&picture(2));
        assert_eq!(splitter.next_picture(), Some(picture(2).into()));
    }

    #[test]
    fn an_endless_picture_is_given_up() {
        let mut splitter = Splitter::new(1_000);
        splitter.extend(&picture(1)[..20]);
        splitter.extend(&[5; 2_000]);
        assert_eq!(splitter.next_picture(), None);
        assert!(splitter.pending.len() <= 1, "{} bytes kept", splitter.pending.len());
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_pictures(cuts in prop::collection::vec(1_usize..20, 1..40)) {
            let stream: Vec<u8> = (0..6).flat_map(picture).collect();
            let (mut splitter, mut at, mut found) = (Splitter::new(1 << 20), 0, 0);
            for cut in cuts.into_iter().chain([stream.len()]) {
                let end = (at + cut).min(stream.len());
                splitter.extend(&stream[at..end]);
                at = end;
                while let Some(data) = splitter.next_picture() {
                    prop_assert_eq!(data, picture(found));
                    found += 1;
                }
            }
            prop_assert_eq!(found, 6);
        }

        #[test]
        fn arbitrary_bytes_never_panic(data in prop::collection::vec(prop::sample::select(vec![0_u8, 1, 2, 0xFF, 0xD8, 0xD9, 0xDA, 0xE1, 0xC0]), 0..200)) {
            let walked = Segments::of(&data).count();
            prop_assert!(walked <= data.len() + 1);
            let mut splitter = Splitter::new(50);
            splitter.extend(&data);
            while splitter.next_picture().is_some() {}
        }
    }
}
