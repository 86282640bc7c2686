//! A frame and a rendition become bytes.
//!
//! Protocols come here with a [`FrameSource`] (what to read) and a [`Rendition`] (what is wanted of it) and get
//! encoded bytes back; or with an open file and a [`CutoutArea`] and get a FITS cutout. Equal requests share one
//! computation, results are kept in caches weighed in bytes, and work is admitted through a bounded queue.
//! No HTTP, no SQL.

pub mod admission;
mod config;
mod containing;
pub mod cutout;
pub mod error;
pub mod files;
pub mod held;
pub mod pipeline;
pub mod renderer;
pub mod rendition;
pub mod shelf;

pub use admission::Admission;
pub use config::{CacheConfig, LimitsConfig};
pub use containing::ContainingImage;
pub use cutout::{
    AxisFilters, Coverage, CutoutArea, CutoutPicture, CutoutRequest, Detail, Edge, Patch, PictureFormat,
    PictureStretch, PlannedCutout,
};
pub use error::Error;
pub use files::{Files, OpenFile};
pub use held::Held;
pub use renderer::{FrameSource, Load, Renderer};
pub use rendition::{Finite, Linkage, Rendition, StretchRequest};
pub use shelf::Shelf;
