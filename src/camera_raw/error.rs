//! What goes wrong with camera raws. Texts may be shown to anyone: no path, no system detail.

use std::io;

use crate::error::{Classified, ErrorKind};

/// Why a camera raw, or its samples, cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CameraRawError {
    /// There is no decoder in this program.
    #[error("camera raws are not read by this build: it lacks the feature camera-raw")]
    NotCompiledIn,
    /// The process of the decoder cannot be started.
    #[error("the decoder of camera raws cannot be started")]
    NotStarted(#[source] io::Error),
    /// A camera or a way of storing that the decoder does not know.
    #[error("unsupported camera raw")]
    Unsupported(#[source] DecoderSays),
    /// The file ends early or its tags lie.
    #[error("the camera raw is damaged")]
    Damaged(#[source] DecoderSays),
    /// The decoder crashed, or needed more memory or time than it may have.
    #[error("the camera raw is damaged: its decoder gave up")]
    GaveUp,
    /// The decoder gave other samples than it promised.
    #[error("the camera raw is damaged: samples are missing")]
    Missing,
    /// More than the limits allow.
    #[error("{what}: {asked} are more than the {allowed} allowed")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// How many there are.
        asked: u64,
        /// The limit.
        allowed: u64,
    },
}

/// The decoder's own words, for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecoderSays(pub String);

impl Classified for CameraRawError {
    fn kind(&self) -> ErrorKind {
        match self {
            // Another build, or the same one a moment later, may read the same file.
            Self::NotCompiledIn | Self::NotStarted(_) => ErrorKind::Unavailable,
            Self::Unsupported(_) => ErrorKind::Unsupported,
            Self::Damaged(_) | Self::GaveUp | Self::Missing => ErrorKind::BrokenFile,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
        }
    }
}

/// A result of this room.
pub type Result<T, E = CameraRawError> = std::result::Result<T, E>;
