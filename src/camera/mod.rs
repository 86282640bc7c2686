//! Live pictures: sources, the ring of the last seconds, shared feeds, supervision.
//!
//! A `source` gives JPEG pictures; its `supervisor` keeps it connected and puts every picture, checked by
//! `normalise`, into the `ring` and before the audience. A viewer at the camera's own size gets its very
//! bytes; every other size is scaled once per picture in the `feed` for all who want it. No HTTP here.

#[expect(clippy::module_inception, reason = "the room's main thing is a camera")]
mod camera;
mod cameras;
mod canvas;
mod condition;
mod config;
mod error;
mod feed;
mod file;
mod fit;
mod frame;
mod health;
mod jpeg;
mod normalise;
mod pace;
mod pattern;
mod placeholder;
mod resolution;
mod ring;
mod scale;
mod source;
mod standard_tables;
mod strips;
mod supervisor;
mod viewer;

pub use camera::{Camera, Picture};
pub use cameras::Cameras;
pub use condition::State;
pub use config::{CameraConfig, OfflinePolicy};
pub use error::{CameraError, SourceError};
pub use fit::Fit;
pub use frame::{Frame, Moment};
pub use health::CameraHealth;
pub use pattern::read_stamp;
pub use resolution::{FULL_HD, InvalidResolution, LONGEST_SIDE, Resolution, STANDARD};
pub use viewer::{StreamRequest, Viewer};
