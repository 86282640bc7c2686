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

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::fits::FitsFile;
    use crate::fits::testing::{Held, hdu};
    use crate::pixel::Limits;

    const IMAGE: &str = "SIMPLE  = T\nBITPIX  = 8\nNAXIS   = 2\nNAXIS1  = 4\nNAXIS2  = 3";

    fn open(bytes: &[u8]) -> Result<FitsFile> {
        FitsFile::open(&Held::new(bytes).path, &Limits::default())
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    fn bzip2(bytes: &[u8]) -> Vec<u8> {
        let mut packer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn what_is_no_fits_file_is_named() {
        for (bytes, word) in [
            (&b""[..], "empty"),
            (b"version https://git-lfs.github.com/spec/v1", "git-lfs"),
            (&[b' '; 2880], "SIMPLE"),
        ] {
            assert!(open(bytes).unwrap_err().to_string().contains(word), "{word}");
        }
        assert!(FitsFile::open(std::env::temp_dir().as_path(), &Limits::default()).is_err());
    }

    #[test]
    fn packed_files_are_recognised_by_content_and_bounded() {
        let plain = hdu(IMAGE, &[7; 12]);
        for pack in [gzip, bzip2] {
            let packed = pack(&plain);
            let file = open(&packed).unwrap();
            assert_eq!(file.byte_len(), plain.len() as u64);
            assert!(file.is_unpacked() && file.memory_bytes() > plain.len() as u64);
            let mut sample = [0];
            file.read_exact_at(&mut sample, 2880).unwrap();
            assert_eq!(sample, [7]);
            assert!(matches!(open(&packed[..packed.len() - 20]), Err(FitsError::Truncated { .. })));
            let limits = Limits { unpacked_bytes: 5759, ..Limits::default() };
            let refused = FitsFile::open(&Held::new(&packed).path, &limits);
            assert!(matches!(refused, Err(FitsError::TooLarge { .. })));
            for repack in [gzip, bzip2] {
                assert!(matches!(open(&repack(&packed)), Err(FitsError::Unsupported(_))));
            }
            let mut damaged = packed.clone();
            let middle = damaged.len() / 2;
            damaged[middle..middle + 8].fill(0xa5);
            assert!(open(&damaged).is_err());
        }
    }

    #[test]
    fn bomb_is_given_up_at_the_limit() {
        let bomb = bzip2(&vec![0; 64 << 20]);
        assert!(bomb.len() < 1 << 10, "{} bytes", bomb.len());
        let limits = Limits { unpacked_bytes: 1 << 20, ..Limits::default() };
        let refused = FitsFile::open(&Held::new(&bomb).path, &limits);
        assert!(matches!(refused, Err(FitsError::TooLarge { asked, .. }) if asked == (1 << 20) + 1));
    }
}
