//! Which format a file has: by its first bytes. Names only decide which files are looked at in a directory.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::{tiff, xisf};

/// The formats there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// FITS, plain, packed as a whole or with compressed tiles.
    Fits,
    /// The container of `PixInsight`.
    Xisf,
    /// TIFF, of either size of offsets.
    Tiff,
    /// What a camera stores before developing it.
    CameraRaw,
}

/// Where in the file and what: the raw formats that do not look like TIFF.
const CAMERA_RAWS: [(usize, &[u8]); 8] = [
    (4, b"ftypcrx "),        // Canon CR3
    (0, b"FUJIFILMCCD-RAW"), // Fujifilm RAF
    (0, b"IIRO"),            // Olympus ORF
    (0, b"IIRS"),
    (0, b"MMOR"),
    (0, b"IIU\0"),    // Panasonic RW2
    (0, b"\0MRM"),    // Minolta MRW
    (6, b"HEAPCCDR"), // Canon CRW
];

/// Where Canon's CR2 says that it is no plain TIFF.
const CR2: (usize, &[u8]) = (8, b"CR");

/// Endings of names, in lower case. `.gz`, `.bz2` and `.fz` may follow those of FITS.
const FITS_ENDINGS: [&str; 3] = ["fits", "fit", "fts"];
const OTHER_ENDINGS: [&str; 3] = ["xisf", "tif", "tiff"];
const RAW_ENDINGS: [&str; 16] = [
    "cr2", "cr3", "crw", "nef", "nrw", "arw", "sr2", "srf", "dng", "raf", "orf", "rw2", "pef", "srw", "mrw",
    "raw",
];

impl Format {
    /// The format of an open file; `None` for one that is no image we know.
    pub fn of(file: &File) -> Option<Self> {
        let mut start = [0; 32];
        // Shorter files stay padded with zeros and match nothing.
        let _ = file.read_at(&mut start, 0);
        Self::of_start(&start)
    }

    fn of_start(start: &[u8]) -> Option<Self> {
        let has = |(at, bytes): &(usize, &[u8])| start.get(*at..).is_some_and(|rest| rest.starts_with(bytes));
        if has(&(0, b"SIMPLE  =")) || has(&(0, &[0x1f, 0x8b])) || has(&(0, b"BZh")) {
            Some(Self::Fits)
        } else if has(&(0, xisf::SIGNATURE)) {
            Some(Self::Xisf)
        } else if CAMERA_RAWS.iter().any(has) {
            Some(Self::CameraRaw)
        } else if tiff::SIGNATURES.iter().any(|signature| has(&(0, signature))) {
            Some(if has(&CR2) { Self::CameraRaw } else { Self::Tiff })
        } else {
            None
        }
    }
}

/// Whether a file in a directory of frames is worth opening, by its ending in any case. Hidden files and those still
/// under a temporary name are not.
pub fn is_named_like_an_image(path: &Path) -> bool {
    is_named_like_fits(path) || ending(path).is_some_and(|ending| is_other_ending(&ending))
}

/// The same for archives of FITS images: `.fits`, `.fit` or `.fts`, plain, `.gz`, `.bz2` or `.fz`.
pub fn is_named_like_fits(path: &Path) -> bool {
    let Some(name) = visible_name(path) else { return false };
    if name.strip_suffix(".fz").is_some() {
        return true;
    }
    let base = [".gz", ".bz2"].iter().find_map(|packed| name.strip_suffix(packed)).unwrap_or(&name);
    base.rsplit_once('.').is_some_and(|(_, ending)| FITS_ENDINGS.contains(&ending))
}

fn is_other_ending(ending: &str) -> bool {
    OTHER_ENDINGS.contains(&ending) || RAW_ENDINGS.contains(&ending)
}

fn ending(path: &Path) -> Option<String> {
    visible_name(path)?.rsplit_once('.').map(|(_, ending)| ending.to_owned())
}

/// The name in lower case, unless it is hidden.
fn visible_name(path: &Path) -> Option<String> {
    let name = path.file_name().and_then(OsStr::to_str)?.to_ascii_lowercase();
    (!name.starts_with('.')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_their_first_bytes() {
        for (start, format) in [
            (&b"SIMPLE  =                    T"[..], Some(Format::Fits)),
            (b"\x1f\x8b\x08", Some(Format::Fits)),
            (b"BZh91AY", Some(Format::Fits)),
            (b"XISF0100\0\0\0\0", Some(Format::Xisf)),
            (b"II*\0\x08\0\0\0", Some(Format::Tiff)),
            (b"MM\0+\0\x08", Some(Format::Tiff)),
            (b"II*\0\x10\0\0\0CR\x02\0", Some(Format::CameraRaw)),
            (b"\0\0\0\x18ftypcrx \0", Some(Format::CameraRaw)),
            (b"FUJIFILMCCD-RAW 0201", Some(Format::CameraRaw)),
            (b"\xff\xd8\xff\xe0", None),
            (b"", None),
        ] {
            assert_eq!(Format::of_start(start), format, "{}", start.escape_ascii());
        }
    }

    #[test]
    fn names_decide_what_is_looked_at() {
        let fits = ["a.fits", "A.FIT", "b.fts", "c.fits.gz", "c.fit.bz2", "d.FITS.fz", "e.fz", "x.y.fit"];
        let others = ["a.xisf", "b.TIF", "c.tiff", "d.CR2", "e.nef", "f.dng"];
        for name in fits {
            assert!(is_named_like_fits(Path::new(name)) && is_named_like_an_image(Path::new(name)), "{name}");
        }
        for name in others {
            assert!(
                !is_named_like_fits(Path::new(name)) && is_named_like_an_image(Path::new(name)),
                "{name}"
            );
        }
        for name in ["a.jpg", "fits", "a.gz", ".a.fits", ".a.xisf", "a.fits.part", "a.fits~", "a.xisf.tmp"] {
            assert!(!is_named_like_an_image(Path::new(name)), "{name}");
        }
    }
}
