//! Positional reads of a file on disk: patient ones, and ones that take only what memory holds.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Reads until `buffer` is full or the file ends; says how much.
pub(super) fn read_some_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut held = 0;
    while held < buffer.len() {
        match file.read_at(&mut buffer[held..], offset + held as u64) {
            Ok(0) => break,
            Ok(more) => held += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(held)
}

/// How many bytes from `offset` on memory had (`RWF_NOWAIT`).
#[cfg(target_os = "linux")]
pub(super) fn read_without_waiting(disk: &File, buffer: &mut [u8], offset: u64) -> usize {
    use std::io::IoSliceMut;

    use rustix::io::{ReadWriteFlags, preadv2};

    preadv2(disk, &mut [IoSliceMut::new(buffer)], offset, ReadWriteFlags::NOWAIT).unwrap_or(0)
}

/// Elsewhere nothing tells what memory has.
#[cfg(not(target_os = "linux"))]
pub(super) fn read_without_waiting(_: &File, _: &mut [u8], _: u64) -> usize {
    0
}
