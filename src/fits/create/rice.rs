//! Copies of whole files with RICE-compressed tiles, by cfitsio: the one thing its safe binding cannot do for us.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use fitsio::sys;

use super::error::CreateError;
use super::replace::write_whole;

/// Where cfitsio's dithering sequence starts; fixed, because its default is the time of day.
pub(super) const DITHER_SEED: i32 = 1;
/// Quantisation step of float images as a fraction of the noise: sigma / 4, which costs 0.3 % more noise.
const QUANTIZE_LEVEL: f32 = 4.0;
/// cfitsio's read-only mode.
const READ_ONLY: i32 = 0;

/// Copies a FITS file with every image RICE-compressed, other HDUs as they are; says how many bytes it has.
/// The same source gives the same bytes: dithering starts from a fixed seed.
///
/// # Errors
/// The operating system's or cfitsio's error; nothing is left under `target` then.
pub fn rice_copy(source: &Path, target: &Path) -> Result<u64, CreateError> {
    write_whole(target, |temporary| {
        compress(source, temporary)?;
        Ok(fs::metadata(temporary)?.len())
    })
}

/// Writes to `target`, which must not exist, the HDUs of `source` with images as RICE-compressed tiles.
fn compress(source: &Path, target: &Path) -> Result<(), CreateError> {
    let source = Handle::open(source)?;
    let target = Handle::create(target)?;
    for number in 1..=source.hdus()? {
        target.append_compressed(&source, number)?;
    }
    target.close()
}

/// An open cfitsio file; closed on drop.
struct Handle(*mut sys::fitsfile);

#[expect(unsafe_code, reason = "cfitsio is C; every call gets a live handle and pointers to live locals")]
impl Handle {
    fn open(path: &Path) -> Result<Self, CreateError> {
        let path = c_path(path)?;
        let (mut file, mut status) = (ptr::null_mut(), 0);
        // SAFETY: `path` is NUL-terminated and outlives the call. "Disk file": the name is not parsed.
        unsafe { sys::ffdkopn(&raw mut file, path.as_ptr(), READ_ONLY, &raw mut status) };
        checked(status).map(|()| Self(file))
    }

    fn create(path: &Path) -> Result<Self, CreateError> {
        let path = c_path(path)?;
        let (mut file, mut status) = (ptr::null_mut(), 0);
        // SAFETY: as in `open`.
        unsafe { sys::ffdkinit(&raw mut file, path.as_ptr(), &raw mut status) };
        checked(status).map(|()| Self(file))
    }

    fn hdus(&self) -> Result<i32, CreateError> {
        let (mut count, mut status) = (0, 0);
        // SAFETY: the handle is open, both pointers are to live locals.
        unsafe { sys::ffthdu(self.0, &raw mut count, &raw mut status) };
        checked(status).map(|()| count)
    }

    /// Appends HDU `number` (1-based) of `source`: images with pixels compressed, anything else copied.
    fn append_compressed(&self, source: &Self, number: i32) -> Result<(), CreateError> {
        let (mut kind, mut axes, mut status) = (0, 0, 0);
        // SAFETY: both handles are open; the calls only read `source` and append to `self`.
        unsafe {
            sys::ffmahd(source.0, number, &raw mut kind, &raw mut status);
            // Asking a table for its axes would be an error.
            if kind == sys::IMAGE_HDU as i32 {
                sys::ffgidm(source.0, &raw mut axes, &raw mut status);
            }
            if axes > 0 {
                // cfitsio forgets the seed with every image and would take the time of day.
                sys::fits_set_compression_type(self.0, sys::RICE_1 as i32, &raw mut status);
                sys::fits_set_quantize_level(self.0, QUANTIZE_LEVEL, &raw mut status);
                sys::fits_set_quantize_method(self.0, sys::SUBTRACTIVE_DITHER_1 as i32, &raw mut status);
                sys::fits_set_dither_seed(self.0, DITHER_SEED, &raw mut status);
                sys::fits_img_compress(source.0, self.0, &raw mut status);
            } else {
                sys::ffcopy(source.0, self.0, 0, &raw mut status);
            }
        }
        checked(status)
    }

    /// Flushes and closes, reporting what only shows then.
    fn close(mut self) -> Result<(), CreateError> {
        let mut status = 0;
        let file = std::mem::replace(&mut self.0, ptr::null_mut());
        // SAFETY: the handle is open and forgotten here, so `drop` will not close it again.
        unsafe { sys::ffclos(file, &raw mut status) };
        checked(status)
    }
}

#[expect(unsafe_code, reason = "cfitsio is C; a handle must be closed exactly once")]
impl Drop for Handle {
    fn drop(&mut self) {
        if !self.0.is_null() {
            let mut status = 0;
            // SAFETY: the handle is open; after an error its state no longer matters to anyone.
            unsafe { sys::ffclos(self.0, &raw mut status) };
        }
    }
}

fn c_path(path: &Path) -> Result<CString, CreateError> {
    CString::new(path.as_os_str().as_bytes()).map_err(|error| CreateError::Io(error.into()))
}

fn checked(status: i32) -> Result<(), CreateError> {
    if status == 0 { Ok(()) } else { Err(CreateError::Compression { status }) }
}
