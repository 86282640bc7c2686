//! What fills the catalogue: scan, watch, header to record.
//!
//! A [`Source`] says where files are and how their headers are read; [`scan`] walks it once, [`watch`] keeps it
//! up to date. A new kind of origin is a new [`source::Reading`] and the file that reads it.

pub mod config;
pub mod file_name;
pub mod source;

pub use config::{ArchiveConfig, DatasetConfig, IngestConfig};
pub use file_name::FileNamePattern;
pub use source::Source;
