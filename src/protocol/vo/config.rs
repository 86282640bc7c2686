//! The `[vo]` section of the settings.

use serde::Deserialize;

use crate::ingest::BandConfig;

/// `[vo]`: what one request of the Virtual Observatory dialect may ask for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VoConfig {
    /// Largest area of a cutout by its stated size, square degrees.
    pub cutout_square_degrees: f64,
    /// Pixels a synchronous SODA answer may have; larger ones are jobs.
    pub sync_pixels: u64,
    /// The naming authority of the captures' dataset identifiers; empty means that of the first archive.
    pub authority: String,
    /// What the filters of the captures let through; these go before the usual ones.
    pub bands: Vec<BandConfig>,
    /// Rows of a search that does not say how many it wants.
    pub usual_rows: usize,
    /// Rows a search may have.
    pub most_rows: usize,
    /// Datasets one request may ask links of.
    pub most_links: usize,
}

impl Default for VoConfig {
    fn default() -> Self {
        Self {
            cutout_square_degrees: 9.6,
            sync_pixels: 1 << 26,
            authority: String::new(),
            bands: Vec::new(),
            usual_rows: 1000,
            most_rows: 100_000,
            most_links: 1000,
        }
    }
}
