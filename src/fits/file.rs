//! An open FITS file: where its HDUs are and positional reads of its bytes. `docs/decisions/0001` says why
//! nothing is mapped.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::BLOCK_BYTES;
use super::card::CARD_BYTES;
use super::disk::{read_some_at, read_without_waiting};
use super::error::{FitsError, Result};
use super::hdu::{Hdu, HduIndex};
use super::header::{Header, is_end};
use super::packing::{Container, container, unpack};
use super::read_at::ReadAt;
use super::stamp::FileStamp;
use super::translation::{Translated, Translation};
use crate::pixel::Limits;

/// Bytes a header is read in steps of; most headers fit the first.
const HEADER_STEP: usize = 8 * BLOCK_BYTES;
/// No header known to astronomy is longer: over 100 000 cards.
const MAX_HEADER_BYTES: u64 = 3000 * BLOCK_BYTES as u64;
/// HDUs a file may have.
const MAX_HDUS: usize = 20_000;

/// Where the bytes come from.
#[derive(Debug)]
enum Bytes {
    /// The file itself.
    Disk(File),
    /// What was read or unpacked from it.
    Memory(Vec<u8>),
    /// A file of another format.
    Translated(Translated),
}

/// A FITS file, plain, gzip or bzip2, with its HDUs located and its headers read. Cheap to share; every read says
/// where it reads, so threads do not disturb each other.
#[derive(Debug)]
pub struct FitsFile {
    path: PathBuf,
    bytes: Bytes,
    is_unpacked: bool,
    byte_len: u64,
    stamp: FileStamp,
    hdus: Arc<[Hdu]>,
    limits: Limits,
}

impl FitsFile {
    /// Opens the file and reads all headers. Data that are missing at the end are no error here, only when they
    /// are asked for; see [`Self::ensure_complete`].
    ///
    /// # Errors
    /// When it cannot be read, is no FITS file, or its headers make no sense.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self> {
        // A pipe would keep `open` waiting for a writer.
        if !fs::metadata(path).map_err(FitsError::Io)?.is_file() {
            return Err(FitsError::NotFits("not a regular file"));
        }
        let disk = File::open(path).map_err(FitsError::Io)?;
        let stamp = FileStamp::from_metadata(&disk.metadata().map_err(FitsError::Io)?);
        let mut start = [0; 30];
        let held = read_some_at(&disk, &mut start, 0).map_err(FitsError::Io)?;
        let (bytes, is_unpacked, byte_len) = match container(&start[..held])? {
            Container::Plain => (Bytes::Disk(disk), false, stamp.bytes),
            Container::Packed(packing) => {
                let unpacked = unpack(disk, packing, stamp.bytes, limits.unpacked_bytes)?;
                let length = unpacked.len() as u64;
                (Bytes::Memory(unpacked), true, length)
            }
        };
        let path = path.to_owned();
        let hdus = Arc::default();
        let mut file = Self { path, bytes, is_unpacked, byte_len, stamp, hdus, limits: *limits };
        file.hdus = file.walk()?.into();
        Ok(file)
    }

    /// A file of another format as the FITS file it would be.
    ///
    /// # Errors
    /// When that makes no sense as FITS.
    pub fn translated(
        path: &Path,
        stamp: FileStamp,
        translation: Translation,
        limits: &Limits,
    ) -> Result<Self> {
        let translated = Translated::new(translation);
        let header = Header::parse(translated.header()).unwrap_or_default();
        let hdu = Hdu::describe(HduIndex(0), header, 0, translated.header().len() as u64)?;
        let byte_len = translated.byte_len() as u64;
        let (bytes, path) = (Bytes::Translated(translated), path.to_owned());
        Ok(Self { path, bytes, is_unpacked: true, byte_len, stamp, hdus: Arc::new([hdu]), limits: *limits })
    }

    /// The same file with every byte of it in memory, where reading needs no system call.
    ///
    /// # Errors
    /// When it cannot be read any more, or is no longer the one that was opened.
    pub fn to_memory(&self) -> Result<Self> {
        let mut bytes = vec![0; self.byte_len as usize];
        self.read_exact_at(&mut bytes, 0)?;
        if !self.is_current() {
            return Err(FitsError::Io(io::Error::other("the file changed while it was read")));
        }
        Ok(Self {
            path: self.path.clone(),
            bytes: Bytes::Memory(bytes),
            is_unpacked: self.is_unpacked,
            byte_len: self.byte_len,
            stamp: self.stamp,
            hdus: Arc::clone(&self.hdus),
            limits: self.limits,
        })
    }

    /// Size and time of the file when it was opened.
    pub fn stamp(&self) -> FileStamp {
        self.stamp
    }

    /// Whether the file under this path is still the one that was opened.
    pub fn is_current(&self) -> bool {
        FileStamp::of(&self.path).is_ok_and(|stamp| stamp == self.stamp)
    }

    /// As [`Self::is_current`], by what the system last heard of the file: a directory on another machine is not
    /// asked again, so nothing waits.
    pub fn was_current(&self) -> bool {
        FileStamp::last_heard_of(&self.path).is_some_and(|stamp| stamp == self.stamp)
    }

    /// Where the file is. For logs, never for answers.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name without directories, non-UTF-8 letters replaced.
    pub fn base_name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// All HDUs in order; there is at least one.
    pub fn hdus(&self) -> &[Hdu] {
        &self.hdus
    }

    /// One HDU.
    ///
    /// # Errors
    /// [`FitsError::NoSuchHdu`].
    pub fn hdu(&self, index: HduIndex) -> Result<&Hdu> {
        self.hdus.get(index.0).ok_or(FitsError::NoSuchHdu(index))
    }

    /// The bounds this file was opened under.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Fails when data of any HDU reach past the end of the file, as in one that is still being written.
    ///
    /// # Errors
    /// [`FitsError::Truncated`].
    pub fn ensure_complete(&self) -> Result<()> {
        self.hdus.iter().try_for_each(|hdu| hdu.ensure_complete(self))
    }

    /// Bytes of the file, unpacked.
    pub fn byte_len(&self) -> u64 {
        self.byte_len
    }

    /// Whether the file is something else on disk: packed as a whole, or of another format.
    pub fn is_unpacked(&self) -> bool {
        self.is_unpacked
    }

    /// Whether all bytes are in memory.
    pub fn is_in_memory(&self) -> bool {
        !matches!(self.bytes, Bytes::Disk(_))
    }

    /// Memory this value holds: headers and, when they are in memory, all bytes. What a cache weighs it by.
    pub fn memory_bytes(&self) -> u64 {
        let headers: usize = self.hdus.iter().map(|hdu| 512 + 2 * CARD_BYTES * hdu.header.len()).sum();
        let held = match &self.bytes {
            Bytes::Disk(_) => 0,
            Bytes::Memory(bytes) => bytes.len(),
            // What it will take once somebody asks for its pixels.
            Bytes::Translated(translated) => translated.byte_len(),
        };
        (headers + held) as u64
    }

    /// Fills `buffer` from `offset` of the (unpacked) file.
    ///
    /// # Errors
    /// [`FitsError::Truncated`] when the file ends before, [`FitsError::Io`] otherwise.
    pub fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        match &self.bytes {
            Bytes::Disk(file) => file.read_exact_at(buffer, offset).map_err(|error| {
                if error.kind() == io::ErrorKind::UnexpectedEof {
                    let held = file.metadata().map_or(self.byte_len, |metadata| metadata.len());
                    FitsError::Truncated { needed: offset + buffer.len() as u64, held }
                } else {
                    FitsError::Io(error)
                }
            }),
            Bytes::Memory(bytes) => {
                let end = usize::try_from(offset).ok().and_then(|start| {
                    let end = start.checked_add(buffer.len())?;
                    buffer.copy_from_slice(bytes.get(start..end)?);
                    Some(end)
                });
                let needed = offset.saturating_add(buffer.len() as u64);
                end.map(|_| ()).ok_or(FitsError::Truncated { needed, held: self.byte_len })
            }
            Bytes::Translated(translated) => translated.read_exact_at(buffer, offset),
        }
    }

    /// As [`Self::read_exact_at`], without waiting for a disk or a decoder.
    fn read_resident_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        match &self.bytes {
            Bytes::Memory(_) => self.read_exact_at(buffer, offset),
            Bytes::Disk(disk) if read_without_waiting(disk, buffer, offset) == buffer.len() => Ok(()),
            Bytes::Disk(_) | Bytes::Translated(_) => Err(FitsError::NotResident),
        }
    }

    /// Finds every HDU. What follows the last one and is no extension (special records, junk) is ignored.
    fn walk(&self) -> Result<Vec<Hdu>> {
        let mut hdus = Vec::new();
        let mut offset = 0;
        loop {
            let index = HduIndex(hdus.len());
            if index.0 == MAX_HDUS {
                return Err(FitsError::TooLarge {
                    what: "HDUs",
                    asked: MAX_HDUS as u64 + 1,
                    allowed: MAX_HDUS as u64,
                });
            }
            let Some((header, header_bytes)) = self.read_header(index, offset)? else { return Ok(hdus) };
            let hdu = Hdu::describe(index, header, offset, header_bytes)?;
            let next = hdu.end_offset();
            hdus.push(hdu);
            match next {
                Some(next) if next < self.byte_len => offset = next,
                _ => return Ok(hdus),
            }
        }
    }

    /// The header at `offset` and its length in whole blocks; `None` when no extension starts there.
    fn read_header(&self, index: HduIndex, offset: u64) -> Result<Option<(Header, u64)>> {
        let room = (self.byte_len - offset).min(MAX_HEADER_BYTES) as usize;
        let mut bytes = Vec::new();
        while bytes.len() < room {
            let from = bytes.len();
            bytes.resize((from + HEADER_STEP).min(room), 0);
            self.read_exact_at(&mut bytes[from..], offset + from as u64)?;
            if from == 0 && index.0 > 0 && !bytes.starts_with(b"XTENSION") {
                return Ok(None);
            }
            let (cards, _) = bytes[from..].as_chunks::<CARD_BYTES>();
            if let Some(end) = cards.iter().position(is_end) {
                let used = from + (end + 1) * CARD_BYTES;
                let header = Header::parse(&bytes[..used]);
                return Ok(header.map(|header| (header, used.next_multiple_of(BLOCK_BYTES) as u64)));
            }
        }
        Err(FitsError::Malformed { hdu: index, what: "it has no END".to_owned() })
    }
}

impl ReadAt for FitsFile {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        Self::read_exact_at(self, buffer, offset)
    }
}

/// What of a file memory holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resident<'a>(pub(super) &'a FitsFile);

impl ReadAt for Resident<'_> {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        self.0.read_resident_at(buffer, offset)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::fits::HduKind;
    use crate::fits::testing::{Held, hdu};

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

    #[test]
    fn headers_that_lie_about_structure_are_refused() {
        for lie in [
            "BITPIX  = 7",
            "BITPIX  = 'x'",
            "NAXIS   = 1000",
            "NAXIS   = -1",
            "NAXIS   = 3",
            "NAXIS2  = -300",
            "NAXIS2  = 9223372036854775807",
            "BSCALE  = 'abc'",
        ] {
            let keyword = &lie[..8];
            let cards: Vec<_> =
                IMAGE.lines().filter(|line| !line.starts_with(keyword)).chain([lie]).collect();
            let opened = open(&hdu(&cards.join("\n"), &[0; 12]));
            assert!(matches!(opened, Err(FitsError::Malformed { .. })), "{lie}");
        }
        let headless = hdu(IMAGE, &[])[..400].to_vec();
        assert!(matches!(open(&headless), Err(FitsError::Malformed { .. })));
    }

    #[test]
    fn junk_behind_the_last_hdu_is_ignored_and_missing_data_found() {
        let mut bytes = hdu(IMAGE, &[7; 12]);
        bytes.extend([b'#'; 3000]);
        assert_eq!(open(&bytes).unwrap().hdus().len(), 1);
        let short = open(&bytes[..2885]).unwrap();
        assert!(matches!(short.ensure_complete(), Err(FitsError::Truncated { needed: 2892, held: 2885 })));
        assert!(open(&bytes[..2892]).unwrap().ensure_complete().is_ok(), "padding may be missing");
    }

    #[test]
    fn hdus_are_told_apart() {
        let extension = |kind: &str, more: &str| {
            let cards = format!(
                "XTENSION= '{kind}'\nBITPIX  = 8\nNAXIS   = 2\nNAXIS1  = 4\nNAXIS2  = 3\nPCOUNT  = 2\nGCOUNT  = 1\n{more}"
            );
            hdu(&cards, &[1; 14])
        };
        let groups = "SIMPLE  = T\nBITPIX  = 8\nNAXIS   = 2\nNAXIS1  = 0\nNAXIS2  = 3\nGROUPS  = T\nPCOUNT  = 1\nGCOUNT  = 2";
        let bytes = [
            hdu(groups, &[1; 8]),
            extension("IMAGE   ", ""),
            extension("BINTABLE", ""),
            extension("TABLE", ""),
            extension("FOREIGN", ""),
            hdu("XTENSION= 'IMAGE'\nBITPIX  = 8\nNAXIS   = 0", &[]),
        ]
        .concat();
        let file = open(&bytes).unwrap();
        let kinds: Vec<_> = file.hdus().iter().map(|hdu| hdu.kind).collect();
        assert_eq!(
            kinds,
            [
                HduKind::RandomGroups,
                HduKind::Image,
                HduKind::BinaryTable,
                HduKind::AsciiTable,
                HduKind::Other,
                HduKind::Empty
            ]
        );
        assert_eq!(file.hdus()[0].data_bytes, 8);
    }

    #[test]
    fn a_replaced_file_is_noticed() {
        let held = Held::new(&hdu(IMAGE, &[7; 12]));
        let file = held.open();
        assert!(file.is_current());
        std::fs::write(&held.path, hdu(IMAGE, &[7; 3000])).unwrap();
        assert!(!file.is_current());
        std::fs::remove_file(&held.path).unwrap();
        assert!(!file.is_current());
    }

    #[test]
    fn names_that_are_no_utf8_or_look_like_commands_are_only_names() {
        use std::os::unix::ffi::OsStrExt;
        let folder = tempfile::tempdir().unwrap();
        for name in [&b"a\xff.fits"[..], b"x.fits[1:2,1:2]", b"y.fits(z.fits)"] {
            let path = folder.path().join(std::ffi::OsStr::from_bytes(name));
            fs::write(&path, hdu(IMAGE, &[7; 12])).unwrap();
            assert!(FitsFile::open(&path, &Limits::default()).is_ok());
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
