//! The `[cache]` and `[limits]` sections of the settings.

use serde::Deserialize;

use crate::pixel::Limits;

/// `[cache]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CacheConfig {
    /// MiB of decoded frames and unpacked files (compressed ones only; plain ones are read where they lie).
    pub frames_mib: u64,
    /// MiB of encoded renditions.
    pub renditions_mib: u64,
    /// MiB of thumbnails; all of them are on disk, too.
    pub thumbnails_mib: u64,
    /// Number of files kept open with their headers parsed.
    pub open_files: u64,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { frames_mib: 512, renditions_mib: 256, thumbnails_mib: 16, open_files: 512 }
    }
}

/// `[limits]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Renders computed at the same time; 0 means one per core.
    pub renders_in_flight: usize,
    /// Renders waiting for their turn before the next one is told to come back.
    pub renders_queued: usize,
    /// MiB of encoded pictures on their way to slow clients that no cache holds any more.
    pub answers_mib: u64,
    /// Bytes a request body may have.
    pub request_bytes: usize,
    /// Pixels a cutout may have, over all its planes.
    pub cutout_pixels: u64,
    /// Pixels one image plane may have.
    pub image_pixels: u64,
    /// Bytes a packed file (gzip, bzip2) may unpack to.
    pub unpacked_bytes: u64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            renders_in_flight: 0,
            renders_queued: 256,
            answers_mib: 256,
            request_bytes: 1 << 20,
            cutout_pixels: limits.cutout_pixels,
            image_pixels: limits.image_pixels,
            unpacked_bytes: limits.unpacked_bytes,
        }
    }
}

impl LimitsConfig {
    /// The part decoders are handed.
    pub fn decoding(&self) -> Limits {
        Limits {
            unpacked_bytes: self.unpacked_bytes,
            image_pixels: self.image_pixels,
            cutout_pixels: self.cutout_pixels,
        }
    }
}
