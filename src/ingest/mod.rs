//! What fills the catalogue: scan, watch, header to record.
//!
//! A [`Source`] says where files are and how their headers are read; a [`Scanner`] walks it once, [`watch()`] keeps
//! it up to date. A new kind of origin is a new [`source::Reading`] and the file that reads it.

pub mod archive_image;
mod background;
pub mod cards;
pub mod config;
mod coverage;
mod enter;
pub mod exposure_time;
pub mod file_name;
mod measure;
mod mounts;
mod plan;
pub mod read;
pub mod read_error;
pub mod rename;
pub mod report;
pub mod saved_frame;
pub mod scan;
mod settling;
pub mod source;
pub mod upload;
mod walk;
pub mod watch;

pub use config::{ArchiveConfig, BandConfig, CalibrationLevel, DatasetConfig, IngestConfig};
pub use file_name::{CardNames, FileNamePattern};
pub use report::{Progress, ReadFile, RejectedFile, ScanReport};
pub use saved_frame::ClockZone;
pub use scan::{ScanError, Scanner};
pub use source::Source;
pub use watch::watch;
