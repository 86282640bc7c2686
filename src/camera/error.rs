//! What goes wrong with cameras, in words anyone may read.

use std::sync::Arc;

use crate::error::{Classified, ErrorKind};

/// A cause kept for the log, shared because one failure may answer many waiting clients.
pub(super) type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// A failure of a camera or of its configuration.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CameraError {
    /// Two cameras answer to one name, or a name cannot be a source id.
    #[error("cameras: {0}")]
    Config(String),
    /// The `url` of a camera cannot be used.
    #[error("cameras: \"{camera}\": {reason}")]
    Url {
        /// Name of the camera.
        camera: String,
        /// What is wrong with its URL, without the URL itself: it may hold credentials.
        reason: String,
        /// The system's own words.
        #[source]
        cause: Option<Cause>,
    },
    /// No picture can be had from this camera now.
    #[error("the camera gives no picture")]
    NoSignal,
    /// The memory holds no picture of that time.
    #[error("no picture of that time is held")]
    NothingFromThen,
    /// Every viewer place of the camera, or every place for another size, is taken.
    #[error("too many viewers")]
    TooManyViewers,
    /// A picture could not be decoded, scaled or encoded.
    #[error("the picture could not be scaled")]
    Rendition(#[source] Cause),
    /// The work on a picture ended without a result.
    #[error("the picture could not be scaled")]
    Abandoned,
}

impl Classified for CameraError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Config(_) | Self::Url { .. } => ErrorKind::InvalidInput,
            Self::NoSignal | Self::NothingFromThen => ErrorKind::Unavailable,
            Self::TooManyViewers => ErrorKind::Busy,
            Self::Rendition(_) | Self::Abandoned => ErrorKind::Internal,
        }
    }
}

/// Why a source stopped giving pictures; the supervisor logs it and tries again.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The device, file or connection failed.
    #[error("{0}")]
    Io(&'static str, #[source] std::io::Error),
    /// It answers, but not with pictures.
    #[error("{0}")]
    NoPictures(&'static str),
    /// The network or the camera's protocol failed.
    #[error("the connection failed")]
    Network(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A program that gave the pictures ended; its last words are the source.
    #[error("{0}")]
    Ended(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// A picture could not be made.
    #[error("a picture could not be encoded")]
    Encode(#[source] Box<dyn std::error::Error + Send + Sync>),
}
