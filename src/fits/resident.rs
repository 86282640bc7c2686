//! Reads that never wait for a disk: bytes that lie in memory already, or none.

use super::error::Result;
use super::file::FitsFile;

/// Something whose bytes can be read from any place.
pub(super) trait ReadAt {
    /// Fills `buffer` from `offset` on.
    ///
    /// # Errors
    /// Those of [`FitsFile::read_exact_at`]; `NotResident` when getting them takes waiting that was not wanted.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()>;
}

impl ReadAt for FitsFile {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        Self::read_exact_at(self, buffer, offset)
    }
}

/// What of a file the system holds in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resident<'a>(pub(super) &'a FitsFile);

impl ReadAt for Resident<'_> {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        self.0.read_resident_at(buffer, offset)
    }
}

/// How many bytes from `offset` on memory had (`RWF_NOWAIT`).
#[cfg(target_os = "linux")]
pub(super) fn read_without_waiting(disk: &std::fs::File, buffer: &mut [u8], offset: u64) -> usize {
    use std::io::IoSliceMut;

    use rustix::io::{ReadWriteFlags, preadv2};

    preadv2(disk, &mut [IoSliceMut::new(buffer)], offset, ReadWriteFlags::NOWAIT).unwrap_or(0)
}

/// Elsewhere nothing tells what memory has.
#[cfg(not(target_os = "linux"))]
pub(super) fn read_without_waiting(_: &std::fs::File, _: &mut [u8], _: u64) -> usize {
    0
}
