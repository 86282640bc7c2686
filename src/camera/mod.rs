//! Live pictures: sources, the ring of the last seconds, shared feeds, supervision.
//!
//! A `source` gives JPEG pictures or coded video; its `supervisor` keeps it connected and puts every picture, checked
//! by `normalise`, before the audience and into the `ring`. Coded video goes into a ring as it is and is decoded
//! while somebody watches (`decode`). A viewer at the camera's own size gets its very bytes; every other look is made
//! once per picture in the `feed` for all who want it. No dialect and none of its HTTP here.

mod audience;
#[expect(clippy::module_inception, reason = "the room's main thing is a camera")]
mod camera;
mod cameras;
mod canvas;
mod chores;
mod clip;
mod coded;
mod condition;
mod config;
mod decode;
mod error;
mod events;
mod feed;
mod fit;
mod frame;
mod health;
mod jpeg;
mod motion;
mod normalise;
mod overlay;
mod pace;
mod placeholder;
mod resolution;
mod ring;
mod scale;
mod source;
mod standard_tables;
mod supervisor;
mod video;
mod viewer;

pub use audience::Look;
pub use camera::{Camera, Picture};
pub use cameras::Cameras;
pub use clip::ClipFormat;
pub use condition::State;
pub use config::{CameraConfig, Connect, Memory, OfflinePolicy, Secret};
pub use error::{CameraError, SourceError};
pub use events::{CameraEvent, Events, Happening};
pub use fit::Fit;
pub use frame::{Frame, Moment};
pub use health::CameraHealth;
pub use resolution::{FULL_HD, InvalidResolution, LONGEST_SIDE, Resolution, STANDARD};
pub use source::{Answer, CameraUrl, Gallery, GalleryError, Hanging, Still, read_stamp};
pub use viewer::{StreamRequest, Viewer};
