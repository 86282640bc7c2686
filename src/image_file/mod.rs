//! Any image file, opened by what is in it: FITS as it is, every other format as the FITS file it would be.
//!
//! So there is one kind of frame behind this door: what reads, cuts, stretches or describes a FITS file does the same
//! for an XISF or TIFF file without knowing it. A new format is a room that reads it, its cards here, and one line in
//! [`Format::of`].

mod camera_raw_cards;
mod exif_cards;
mod format;
mod structure;
mod xisf_cards;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

pub use format::{Format, is_named_like_an_image, is_named_like_fits};

use crate::camera_raw::CameraRawFile;
use crate::error::Classified;
use crate::fits::{FileStamp, FitsError, FitsFile, Result, Translation};
use crate::pixel::{BandError, Limits, SampleType, Shape};
use crate::tiff::{TiffFile, TiffFileError};
use crate::xisf::XisfFile;
use crate::xisf::header::SampleFormat;

/// Opens an image file, whatever its name says. Only headers are read; the pixels of other formats than FITS are
/// decoded when they are first asked for.
///
/// # Errors
/// When the file cannot be read, is none of the known formats, or its headers make no sense.
pub fn open(path: &Path, limits: &Limits) -> Result<FitsFile> {
    let refused = match FitsFile::open(path, limits) {
        Err(FitsError::NotFits(reason)) => FitsError::NotFits(reason),
        opened => return opened,
    };
    let Ok(file) = File::open(path) else { return Err(refused) };
    let stamp = FileStamp::of(path).map_err(FitsError::Io)?;
    let Some(format) = Format::of(&file) else { return Err(refused) };
    let translation = match format {
        Format::Fits => return Err(refused),
        Format::Xisf => xisf(file, limits)?,
        Format::Tiff => tiff(file, limits)?,
        Format::CameraRaw => camera_raw(file, limits)?,
    };
    FitsFile::translated(path, stamp, translation, limits)
}

fn translated(error: impl Classified) -> FitsError {
    FitsError::Translated(Arc::new(error))
}

fn xisf(file: File, limits: &Limits) -> Result<Translation> {
    let xisf = XisfFile::open(file, limits).map_err(translated)?;
    let image = xisf.image();
    let sample_type = match image.format {
        SampleFormat::UInt8 => SampleType::U8,
        SampleFormat::UInt16 => SampleType::U16,
        SampleFormat::UInt32 => SampleType::U32,
        SampleFormat::Float32 => SampleType::F32,
        SampleFormat::UInt64 | SampleFormat::Float64 => SampleType::F64,
    };
    let planes = if image.is_rgb { 3 } else { 1 };
    Ok(Translation {
        cards: xisf_cards::header(image),
        sample_type,
        shape: Shape { planes, rows: image.geometry.rows, columns: image.geometry.columns },
        decode: Box::new(move || xisf.read().map_err(BandError::from)),
    })
}

/// A TIFF file, or one of the many camera raws that look like TIFF and hold a preview.
fn tiff(file: File, limits: &Limits) -> Result<Translation> {
    let again = file.try_clone().map_err(FitsError::Io)?;
    let tiff = match TiffFile::open(file, limits) {
        Err(TiffFileError::CameraRaw) => return camera_raw(again, limits),
        opened => opened.map_err(translated)?,
    };
    Ok(Translation {
        cards: exif_cards::header(tiff.exif()),
        sample_type: tiff.sample_type(),
        shape: tiff.shape(),
        decode: Box::new(move || tiff.read().map_err(BandError::from)),
    })
}

fn camera_raw(file: File, limits: &Limits) -> Result<Translation> {
    let raw = CameraRawFile::open(file, limits).map_err(translated)?;
    Ok(Translation {
        cards: camera_raw_cards::header(raw.picture()),
        sample_type: raw.sample_type(),
        shape: raw.picture().shape(),
        decode: Box::new(move || raw.read().map_err(BandError::from)),
    })
}
