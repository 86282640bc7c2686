//! Files that are packed as a whole, recognised by their first bytes.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;

use super::error::{FitsError, Result};

/// Deflate expands at most about this much.
const DEFLATE_RATIO: u64 = 1032;

/// What the first bytes say the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Plain,
    Packed(Packing),
}

/// How a whole file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Bzip2,
}

pub(super) fn container(start: &[u8]) -> Result<Container> {
    if start.starts_with(b"SIMPLE  =") {
        Ok(Container::Plain)
    } else if start.starts_with(&[0x1f, 0x8b]) {
        Ok(Container::Packed(Packing::Gzip))
    } else if start.starts_with(b"BZh") {
        Ok(Container::Packed(Packing::Bzip2))
    } else if start.starts_with(b"version https://git-lfs") {
        Err(FitsError::NotFits("a git-lfs pointer stands in its place"))
    } else if start.is_empty() {
        Err(FitsError::NotFits("the file is empty"))
    } else {
        Err(FitsError::NotFits("it does not start with SIMPLE"))
    }
}

/// Unpacks a file of `packed` bytes into at most `allowed` bytes of plain FITS.
pub(super) fn unpack(file: File, packing: Packing, packed: u64, allowed: u64) -> Result<Vec<u8>> {
    let bytes = match packing {
        Packing::Gzip => {
            let hint = gzip_hint(&file, packed).min(allowed);
            read_within(MultiGzDecoder::new(file), hint, packed, allowed)?
        }
        Packing::Bzip2 => read_within(MultiBzDecoder::new(file), packed.min(allowed), packed, allowed)?,
    };
    match container(&bytes)? {
        Container::Plain => Ok(bytes),
        Container::Packed(_) => Err(FitsError::Unsupported("a packed file inside a packed file".to_owned())),
    }
}

/// The length a gzip trailer states. A lie costs no more than what the bytes could expand to.
fn gzip_hint(file: &File, packed: u64) -> u64 {
    let mut trailer = [0; 4];
    match packed.checked_sub(4).map(|at| file.read_exact_at(&mut trailer, at)) {
        Some(Ok(())) => u64::from(u32::from_le_bytes(trailer)).min(packed.saturating_mul(DEFLATE_RATIO)),
        _ => 0,
    }
}

/// All that `unpacker` gives, unless it is more than `allowed` bytes.
fn read_within(unpacker: impl Read, hint: u64, packed: u64, allowed: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(hint as usize);
    unpacker.take(allowed.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => FitsError::Truncated { needed: packed + 1, held: packed },
        _ => FitsError::Io(error),
    })?;
    if bytes.len() as u64 > allowed {
        return Err(FitsError::TooLarge { what: "unpacked bytes", asked: bytes.len() as u64, allowed });
    }
    Ok(bytes)
}
