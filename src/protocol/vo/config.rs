//! `[vo]`

use serde::Deserialize;

/// `[vo]`: what one request of the Virtual Observatory dialect may ask for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VoConfig {
    /// Largest area of a cutout by its stated size, square degrees.
    pub cutout_square_degrees: f64,
    /// Pixels a synchronous SODA answer may have; larger ones are jobs.
    pub sync_pixels: u64,
}

impl Default for VoConfig {
    fn default() -> Self {
        Self { cutout_square_degrees: 9.6, sync_pixels: 1 << 26 }
    }
}
