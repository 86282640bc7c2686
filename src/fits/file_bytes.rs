//! The bytes of a file, as FITS: on disk, in memory, or made of a file of another format when they are asked for.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::disk::{read_some_at, read_without_waiting};
use super::error::{FitsError, Result};
use super::packing::{Container, container, unpack};
use super::read_at::ReadAt;
use super::stamp::FileStamp;
use super::translation::Translated;

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

impl FileBytes {
    /// Opens a file, and unpacks it if it is packed as a whole, into at most `unpacked_bytes`.
    pub(super) fn open(path: &Path, unpacked_bytes: u64) -> Result<(Self, FileStamp)> {
        // A pipe would keep `open` waiting for a writer.
        if !fs::metadata(path).map_err(FitsError::Io)?.is_file() {
            return Err(FitsError::NotFits("not a regular file"));
        }
        let disk = File::open(path).map_err(FitsError::Io)?;
        let stamp = FileStamp::from_metadata(&disk.metadata().map_err(FitsError::Io)?);
        let mut start = [0; 30];
        let held = read_some_at(&disk, &mut start, 0).map_err(FitsError::Io)?;
        let bytes = match container(&start[..held])? {
            Container::Plain => Self::Disk(disk, stamp.bytes),
            Container::Packed(packing) => Self::Memory(unpack(disk, packing, stamp.bytes, unpacked_bytes)?),
        };
        Ok((bytes, stamp))
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
