//! Compressed video as a camera sends it: one coded picture after another, most of which mean nothing without
//! those before them.

use bytes::Bytes;

use super::frame::Moment;
use super::resolution::Resolution;

/// How video is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Codec {
    /// ITU-T H.264.
    H264,
    /// ITU-T H.265.
    Hevc,
}

impl Codec {
    /// `FFmpeg`'s name for the raw stream.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::Hevc => "hevc",
        }
    }
}

/// One coded picture (access unit).
#[derive(Clone, Debug)]
pub(super) struct EncodedFrame {
    /// When its capture began, as near as the source can tell.
    pub(super) captured: Moment,
    pub(super) codec: Codec,
    /// Decoding can begin here: parameter sets are inside.
    pub(super) is_keyframe: bool,
    /// Size of the decoded picture, once the source has said it.
    pub(super) resolution: Option<Resolution>,
    /// NAL units with start codes (Annex B).
    pub(super) data: Bytes,
}
