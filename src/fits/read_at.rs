//! What bytes are read through: a file, or only what of it memory holds.

use super::error::Result;

/// Something whose bytes can be read from any place.
pub(super) trait ReadAt {
    /// Fills `buffer` from `offset` on.
    ///
    /// # Errors
    /// `Truncated` when there are not that many bytes, `NotResident` when getting them takes waiting that was not
    /// wanted, `Io` otherwise.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()>;

    /// How many bytes there are.
    fn byte_len(&self) -> u64;
}
