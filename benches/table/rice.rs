//! Cutouts of a RICE-compressed image, against the section read of cfitsio on a file that it holds open.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use fitsio::sys;
use trifocal::fits::create::rice_copy;
use trifocal::fits::{Cutout, CutoutNote, FitsFile, ImageCut, Kept};
use trifocal::pixel::{Limits, PixelBox};

use crate::files;
use crate::row::{Figure, Reach, Row, median};

/// Sections read, all different.
const SECTIONS: usize = 60;

/// Side of a section in pixels.
const SIDE: usize = 512;

/// Measures the row.
///
/// # Errors
/// When the file cannot be written or read.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let (plain, compressed) = (directory.path().join("plain.fits"), directory.path().join("rice.fits.fz"));
    files::write_field(&plain, 0)?;
    rice_copy(&plain, &compressed)?;

    let mut cfitsio = Cfitsio::open(&compressed)?;
    let file = Arc::new(FitsFile::open(&compressed, &Limits::default())?);
    let image = file.hdus().iter().find(|hdu| hdu.image.is_some()).context("an image")?.index;
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for section in sections() {
        let started = Instant::now();
        std::hint::black_box(cfitsio.read(section)?);
        floor.push(started.elapsed());

        let started = Instant::now();
        let note =
            CutoutNote { region: String::new(), publisher_did: None, made_at: chrono::DateTime::UNIX_EPOCH };
        let cutout =
            Cutout::plan(file.clone(), &[ImageCut::of_box(image, section)], Kept::Everything, &note)?
                .to_bytes()?;
        ours.push(started.elapsed());
        ensure!(cutout.len() > SIDE * SIDE * 4, "the cutout is too short");
    }
    Ok(vec![Row {
        name: "512x512 cutout of a RICE-compressed image",
        ours: Figure::Time(median(ours)),
        floor: Figure::Time(median(floor)),
        floor_is: "cfitsio section read, file kept open",
        reach: Reach::AtMost(1.3),
        note: String::new(),
    }])
}

fn sections() -> impl Iterator<Item = PixelBox> {
    let (free_x, free_y) = (files::FIELD.0 - SIDE, files::FIELD.1 - SIDE);
    (0..SECTIONS).map(move |number| PixelBox {
        x: number * 7919 % free_x,
        y: number * 104_729 % free_y,
        width: SIDE,
        height: SIDE,
    })
}

/// A compressed image opened by cfitsio.
struct Cfitsio {
    file: *mut sys::fitsfile,
    samples: Vec<f32>,
}

#[expect(unsafe_code, reason = "the peer is a C library; every call gets a live handle and live locals")]
impl Cfitsio {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let path = CString::new(path.as_os_str().as_bytes())?;
        let (mut file, mut kind, mut status) = (ptr::null_mut(), 0, 0);
        // SAFETY: `path` is NUL-terminated; the handle is used only after the status was checked.
        unsafe {
            sys::ffdkopn(&raw mut file, path.as_ptr(), 0, &raw mut status);
            ensure!(status == 0, "cfitsio status {status}");
            sys::ffmahd(file, 2, &raw mut kind, &raw mut status);
        }
        ensure!(status == 0, "cfitsio status {status}");
        Ok(Self { file, samples: vec![0.0; SIDE * SIDE] })
    }

    fn read(&mut self, section: PixelBox) -> anyhow::Result<&[f32]> {
        let mut first = [section.x as i64 + 1, section.y as i64 + 1];
        let mut last = [(section.x + section.width) as i64, (section.y + section.height) as i64];
        let (mut step, mut nan, mut nulls, mut status) = ([1_i64, 1], f32::NAN, 0, 0);
        // SAFETY: the handle is open and `samples` holds the section's pixels; cfitsio keeps no pointer.
        unsafe {
            sys::ffgsv(
                self.file,
                sys::TFLOAT as i32,
                first.as_mut_ptr(),
                last.as_mut_ptr(),
                step.as_mut_ptr(),
                (&raw mut nan).cast(),
                self.samples.as_mut_ptr().cast(),
                &raw mut nulls,
                &raw mut status,
            );
        }
        ensure!(status == 0, "cfitsio status {status}");
        Ok(&self.samples)
    }
}

#[expect(unsafe_code, reason = "the peer is a C library")]
impl Drop for Cfitsio {
    fn drop(&mut self) {
        let mut status = 0;
        // SAFETY: the handle is open and not used again.
        unsafe { sys::ffclos(self.file, &raw mut status) };
    }
}
