//! Files that are packed as a whole, recognised by their first bytes.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use flate2::read::MultiGzDecoder;

use super::error::{FitsError, Result};

/// Deflate expands at most about this much.
const DEFLATE_RATIO: u64 = 1032;

/// What the first bytes say the file is.
pub(super) enum Container {
    Plain,
    Gzip,
}

pub(super) fn container(start: &[u8]) -> Result<Container> {
    if start.starts_with(b"SIMPLE  =") {
        Ok(Container::Plain)
    } else if start.starts_with(&[0x1f, 0x8b]) {
        Ok(Container::Gzip)
    } else if start.starts_with(b"BZh") {
        Err(FitsError::Unsupported("bzip2 compressed file".to_owned()))
    } else if start.starts_with(b"version https://git-lfs") {
        Err(FitsError::NotFits("a git-lfs pointer stands in its place"))
    } else if start.is_empty() {
        Err(FitsError::NotFits("the file is empty"))
    } else {
        Err(FitsError::NotFits("it does not start with SIMPLE"))
    }
}

/// Unpacks a gzip file of `packed` bytes into at most `allowed` bytes.
pub(super) fn unpack(file: File, packed: u64, allowed: u64) -> Result<Vec<u8>> {
    // The trailer's size is only a hint; a lie costs no more than what the bytes could expand to.
    let mut trailer = [0; 4];
    let hint = match packed.checked_sub(4).map(|at| file.read_exact_at(&mut trailer, at)) {
        Some(Ok(())) => u64::from(u32::from_le_bytes(trailer)).min(packed.saturating_mul(DEFLATE_RATIO)),
        _ => 0,
    };
    let mut bytes = Vec::with_capacity(hint.min(allowed) as usize);
    MultiGzDecoder::new(file).take(allowed.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => FitsError::Truncated { needed: packed + 1, held: packed },
            _ => FitsError::Io(error),
        }
    })?;
    if bytes.len() as u64 > allowed {
        return Err(FitsError::TooLarge { what: "unpacked bytes", asked: bytes.len() as u64, allowed });
    }
    Ok(bytes)
}
