//! Pictures out of a stream of bytes, cut by the pictures' own markers.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;

use super::segments::{Reached, Segments, Stop, marker};

/// Cuts a stream of bytes into pictures. Bytes between pictures are skipped, a picture that never ends is given
/// up as soon as the next one begins or `longest_bytes` are passed. No byte is looked at twice.
#[derive(Debug)]
pub(in crate::camera) struct Splitter {
    pending: BytesMut,
    longest_bytes: usize,
    /// Whether a delimiter line ends a picture that has no end mark.
    delimited: bool,
    /// Where the walk through the pending bytes goes on.
    reached: Reached,
}

impl Splitter {
    pub(in crate::camera) fn new(longest_bytes: usize) -> Self {
        Self { pending: BytesMut::new(), longest_bytes, delimited: false, reached: Reached::default() }
    }

    /// For multipart streams: a picture without an end mark, followed by a delimiter line and the next picture,
    /// is given up to that line instead of being left out.
    pub(in crate::camera) fn with_delimiters(self) -> Self {
        Self { delimited: true, ..self }
    }

    /// Takes in more of the stream; [`Self::next_picture`] then gives what has become complete.
    pub(in crate::camera) fn extend(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        if self.reached.at == 0 {
            self.skip_to_start();
        }
    }

    /// Whether a picture has begun to come in.
    pub(in crate::camera) fn has_begun(&self) -> bool {
        self.pending.starts_with(&[0xFF, marker::SOI])
    }

    /// The next complete picture, or `None` when more bytes are needed.
    pub(in crate::camera) fn next_picture(&mut self) -> Option<Bytes> {
        loop {
            self.skip_to_start();
            let mut segments = Segments::resumed(&self.pending, self.reached);
            let stop = segments.find_map(Result::err);
            let reached = segments.reached();
            match stop {
                None => return Some(self.take(reached.at)),
                Some(Stop::Unfinished) if self.pending.len() <= self.longest_bytes => {
                    self.reached = reached;
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
        if self.reached.at > 0 || self.has_begun() {
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
        self.reached = Reached::default();
        self.pending.advance(bytes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::segments::tests::{marker_like_bytes, picture};
    use super::*;

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
        fn arbitrary_bytes_never_panic(data in marker_like_bytes()) {
            let mut splitter = Splitter::new(50);
            splitter.extend(&data);
            while splitter.next_picture().is_some() {}
        }
    }
}
