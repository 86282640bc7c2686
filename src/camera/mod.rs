//! Live pictures: sources, the ring of the last seconds, shared feeds, supervision. No dialect and none of its HTTP.
//!
//! | where | what |
//! |---|---|
//! | `cameras`, `camera` | all of them by name; one of them, with every way to ask for a picture of it |
//! | `source` | what gives pictures or coded video: one file per kind of `url` |
//! | `supervision` | keeps a source connected, checks every picture, decodes video while somebody watches |
//! | `condition` | whether a camera is alive |
//! | `jpeg` | the format: pictures cut out of streams and made plain |
//! | `ring` | the pictures of the last seconds |
//! | `video` | compressed video: the last seconds as they came |
//! | `audience` | who watches, and the feed that makes a look once for all who want it |
//! | `viewer`, `clip` | one stream of one client, at its own pace; a clip of the last seconds |
//! | `look` | a picture in another size, written on, or replaced by a notice |
//!
//! A viewer at the camera's own size gets its very bytes.

mod audience;
#[expect(clippy::module_inception, reason = "the room's main thing is a camera")]
mod camera;
mod cameras;
mod clip;
mod condition;
mod config;
mod error;
mod events;
mod ffmpeg;
mod frame;
mod health;
mod ids;
mod jpeg;
mod look;
mod pace;
mod resolution;
mod ring;
mod source;
mod supervision;
mod url;
mod video;
mod viewer;

pub use camera::{Camera, Picture};
pub use cameras::Cameras;
pub use clip::ClipFormat;
pub use condition::State;
pub use config::{CameraConfig, Connect, Memory, OfflinePolicy};
pub use error::{CameraError, SourceError};
pub use events::{CameraEvent, Events, Happening};
pub use frame::{Frame, Moment};
pub use health::CameraHealth;
pub use look::Look;
pub use look::fit::Fit;
pub use resolution::{FULL_HD, InvalidResolution, LONGEST_SIDE, Resolution, STANDARD};
pub use source::{Answer, Gallery, GalleryError, Hanging, Still, read_stamp};
pub use url::CameraUrl;
pub use viewer::{StreamRequest, Viewer};
