//! How much a file may make us hold; every reader of untrusted input is handed these bounds.

/// Upper bounds on what one file or one answer may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes a compressed file may unpack to.
    pub unpacked_bytes: u64,
    /// Pixels one image plane may have.
    pub image_pixels: u64,
    /// Pixels one cutout may have, over all its planes.
    pub cutout_pixels: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { unpacked_bytes: 2 << 30, image_pixels: 1 << 30, cutout_pixels: 1 << 28 }
    }
}
