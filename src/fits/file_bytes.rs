//! The bytes of a file, as FITS: on disk, in memory, or made of a file of another format when they are asked for.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use super::BLOCK_BYTES;
use super::disk::{read_some_at, read_without_waiting};
use super::error::{FitsError, Result};
use super::packing::{Container, container, unpack};
use super::read_at::ReadAt;
use super::stamp::FileStamp;
use super::translation::Translated;

/// Bytes read when a file is opened: most have their first header in them.
const START_BYTES: usize = 8 * BLOCK_BYTES;

/// Where the bytes come from.
#[derive(Debug)]
pub(super) enum FileBytes {
    /// The file itself, and its length when it was opened.
    Disk(File, u64),
    /// What was read or unpacked from it.
    Memory(Vec<u8>),
    /// A file of another format.
    Translated(Translated),
}

/// A file that was just opened.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) bytes: FileBytes,
    pub(super) stamp: FileStamp,
    /// The first of the bytes, read already; none of a packed file.
    pub(super) start: Vec<u8>,
}

impl FileBytes {
    /// Opens a file, and unpacks it if it is packed as a whole, into at most `unpacked_bytes`.
    pub(super) fn open(path: &Path, unpacked_bytes: u64) -> Result<Opened> {
        let disk = open_without_waiting(path).map_err(FitsError::Io)?;
        let metadata = disk.metadata().map_err(FitsError::Io)?;
        if !metadata.is_file() {
            return Err(FitsError::NotAFile);
        }
        let stamp = FileStamp::from_metadata(&metadata);
        let mut start = vec![0; START_BYTES.min(usize::try_from(stamp.bytes).unwrap_or(START_BYTES))];
        let held = read_some_at(&disk, &mut start, 0).map_err(FitsError::Io)?;
        start.truncate(held);
        Ok(match container(&start)? {
            Container::Plain => Opened { bytes: Self::Disk(disk, stamp.bytes), stamp, start },
            Container::Packed(packing) => {
                let unpacked = unpack(disk, packing, stamp.bytes, unpacked_bytes)?;
                Opened { bytes: Self::Memory(unpacked), stamp, start: Vec::new() }
            }
        })
    }

    /// Memory they take, or will once somebody asks for them.
    pub(super) fn memory_bytes(&self) -> u64 {
        match self {
            Self::Disk(..) => 0,
            Self::Memory(_) | Self::Translated(_) => self.byte_len(),
        }
    }

    /// As [`ReadAt::read_exact_at`], without waiting for a disk or a decoder.
    pub(super) fn read_resident_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        match self {
            Self::Memory(_) => self.read_exact_at(buffer, offset),
            Self::Disk(disk, _) if read_without_waiting(disk, buffer, offset) == buffer.len() => Ok(()),
            Self::Disk(..) | Self::Translated(_) => Err(FitsError::NotResident),
        }
    }
}

/// Opens a file to read it. A pipe does not keep us waiting for a writer, a terminal does not become ours.
fn open_without_waiting(path: &Path) -> io::Result<File> {
    let how = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    Ok(rustix::fs::open(path, how, Mode::empty())?.into())
}

impl ReadAt for FileBytes {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        match self {
            Self::Disk(file, byte_len) => file.read_exact_at(buffer, offset).map_err(|error| {
                if error.kind() == io::ErrorKind::UnexpectedEof {
                    let held = file.metadata().map_or(*byte_len, |metadata| metadata.len());
                    FitsError::Truncated { needed: offset + buffer.len() as u64, held }
                } else {
                    FitsError::Io(error)
                }
            }),
            Self::Memory(bytes) => {
                let end = usize::try_from(offset).ok().and_then(|start| {
                    let end = start.checked_add(buffer.len())?;
                    buffer.copy_from_slice(bytes.get(start..end)?);
                    Some(end)
                });
                let needed = offset.saturating_add(buffer.len() as u64);
                end.map(|_| ()).ok_or(FitsError::Truncated { needed, held: bytes.len() as u64 })
            }
            Self::Translated(translated) => translated.read_exact_at(buffer, offset),
        }
    }

    fn byte_len(&self) -> u64 {
        match self {
            Self::Disk(_, byte_len) => *byte_len,
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Translated(translated) => translated.byte_len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_nobody_writes_to_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe.fits");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(matches!(FileBytes::open(&path, 0), Err(FitsError::NotAFile)));
    }
}
