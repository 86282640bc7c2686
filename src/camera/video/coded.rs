//! Compressed video as a camera sends it: one coded picture after another, most of which mean nothing without
//! those before them.

use bytes::Bytes;

use crate::camera::frame::Moment;
use crate::camera::resolution::Resolution;

/// How video is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::camera) enum Codec {
    /// ITU-T H.264.
    H264,
    /// ITU-T H.265.
    Hevc,
}

impl Codec {
    /// `FFmpeg`'s name for the raw stream.
    pub(in crate::camera) fn name(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::Hevc => "hevc",
        }
    }
}

/// Whether H.265 NAL units (Annex B) hold a picture that decoding can begin at: types 16 to 21, IRAP
/// (H.265 table 7-1). Encoders with open groups of pictures send few or no others.
pub(in crate::camera) fn holds_irap(data: &[u8]) -> bool {
    let header = |at: usize| data.get(at + 3).map(|byte| byte >> 1 & 0x3F);
    memchr::memmem::find_iter(data, &[0, 0, 1]).any(|at| matches!(header(at), Some(16..=21)))
}

/// One coded picture (access unit).
#[derive(Clone, Debug)]
pub(in crate::camera) struct EncodedFrame {
    /// When its capture began, as near as the source can tell.
    pub(in crate::camera) captured: Moment,
    pub(in crate::camera) codec: Codec,
    /// Decoding can begin here: parameter sets are inside.
    pub(in crate::camera) is_keyframe: bool,
    /// Size of the decoded picture, once the source has said it.
    pub(in crate::camera) resolution: Option<Resolution>,
    /// NAL units with start codes (Annex B).
    pub(in crate::camera) data: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_random_access_pictures_are_entrances_and_trailing_ones_are_not() {
        let unit = |kind: u8| [&[0, 0, 0, 1, kind << 1, 1], [0x55; 20].as_slice()].concat();
        assert!(holds_irap(&unit(21)) && holds_irap(&unit(19)));
        assert!(!holds_irap(&unit(1)) && !holds_irap(&unit(32)) && !holds_irap(&[0, 0, 1]));
        assert!(holds_irap(&[unit(32), unit(33), unit(20)].concat()));
    }
}
