//! Trifocal: one lens, three distances.
//!
//! Sources fill a catalogue with frames; protocols ask for renditions of frames; one core makes them.
//!
//! | room | what lives there |
//! |---|---|
//! | [`cli`] | one file per command of the `trifocal` binary |
//! | [`config`] | the settings file, typed and validated |
//! | [`server`] | the HTTP service: which dialect answers where, start and graceful stop |
//! | [`protocol`] | the dialects; each translates requests into renditions and results into its own words |
//! | [`render`] | a frame and a rendition become bytes: pipeline, caches, admission |
//! | [`camera`] | live pictures: sources, the ring of the last seconds, shared feeds |
//! | [`catalogue`] | what exists, where on the sky and when; all SQL |
//! | [`ingest`] | what fills the catalogue from directories |
//! | [`access`] | who may do what: users, Digest, Basic, tokens |
//! | [`jobs`] | work clients leave here: queue, workers, results on disk |
//! | [`observe`] | metrics, health, logs |
//! | [`image_file`] | any image file, opened by its content, as FITS |
//! | [`fits`] | FITS files in, FITS cutouts out |
//! | [`xisf`], [`tiff`], [`camera_raw`] | files of these formats in |
//! | [`sky`] | where pixels are on the sky |
//! | [`pixel`] | pure functions on arrays of samples |
//! | [`demo`] | a small deterministic observatory to try everything on |
//!
//! Arrows point down only: `cli → server → protocol → {render, camera, jobs, catalogue, ingest, access, observe} →
//! image_file → {fits, xisf, tiff, camera_raw, sky} → pixel`; [`error`] and [`clock`] may be used by all. `tests/architecture/` holds the house to it.

pub mod access;
pub mod camera;
pub mod camera_raw;
pub mod catalogue;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod error;
pub mod fits;
pub mod image_file;
pub mod ingest;
pub mod jobs;
pub mod observe;
pub mod pixel;
pub mod protocol;
pub mod render;
pub mod server;
pub mod sky;
pub mod tiff;
pub mod xisf;
