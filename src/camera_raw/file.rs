//! An open camera raw: what it is, and its samples when asked for.

use std::fs::File;

use super::decoder::Decoder;
use super::error::{CameraRawError, Result};
use super::picture::{Picture, Sample};
use crate::pixel::{Limits, Raster, SampleType};

/// Most samples a byte can stand for: lossless compression of an even sky stays far below.
const SAMPLES_PER_BYTE: u64 = 64;

/// A camera raw that was understood.
#[derive(Debug)]
pub struct CameraRawFile {
    file: File,
    picture: Picture,
    limits: Limits,
}

impl CameraRawFile {
    /// Asks a decoder what the file is.
    ///
    /// # Errors
    /// When there is no decoder, it does not understand the file, or the picture is larger than the limits allow.
    pub fn open(file: File, limits: &Limits) -> Result<Self> {
        let picture = Picture::read(&mut Decoder::start(&file, limits, false)?.says)?;
        let held = file.metadata().map_or(0, |metadata| metadata.len());
        check(&picture, held, limits)?;
        Ok(Self { file, picture, limits: *limits })
    }

    /// What it is.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// Type of its samples.
    pub fn sample_type(&self) -> SampleType {
        match self.picture.sample {
            Sample::U16 => SampleType::U16,
            Sample::F32 => SampleType::F32,
        }
    }

    /// The samples as the sensor gave them.
    ///
    /// # Errors
    /// When they do not decode.
    pub fn read(&self) -> Result<Raster> {
        let mut decoder = Decoder::start(&self.file, &self.limits, true)?;
        let again = Picture::read(&mut decoder.says)?;
        if (again.shape(), again.sample) != (self.picture.shape(), self.picture.sample) {
            return Err(CameraRawError::Missing);
        }
        self.picture.read_samples(&mut decoder.says)
    }
}

/// Holds what a decoder says against the limits and against what a file of so many bytes can hold.
fn check(picture: &Picture, held: u64, limits: &Limits) -> Result<()> {
    let plane = (picture.columns as u64).saturating_mul(picture.rows as u64);
    if plane > limits.image_pixels {
        return Err(CameraRawError::TooLarge { what: "pixels", asked: plane, allowed: limits.image_pixels });
    }
    let is_possible = plane > 0 && matches!(picture.planes, 1 | 3);
    if !is_possible || plane.saturating_mul(picture.planes as u64) > held.saturating_mul(SAMPLES_PER_BYTE) {
        return Err(CameraRawError::Missing);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_decoder_says_is_not_believed_blindly() {
        let limits = Limits { image_pixels: 1000, ..Limits::default() };
        let says = |columns, rows, planes, held| {
            check(&Picture { columns, rows, planes, ..Picture::default() }, held, &limits)
        };
        assert!(says(10, 100, 1, 1000).is_ok() && says(10, 100, 3, 1000).is_ok());
        assert!(matches!(says(11, 100, 1, 1000), Err(CameraRawError::TooLarge { asked: 1100, .. })));
        assert!(matches!(says(usize::MAX, 2, 1, 1000), Err(CameraRawError::TooLarge { .. })));
        for (columns, rows, planes, held) in [(0, 9, 1, 99), (9, 9, 0, 99), (9, 9, 2, 99), (9, 9, 1, 1)] {
            assert!(matches!(says(columns, rows, planes, held), Err(CameraRawError::Missing)));
        }
    }

    #[cfg(not(feature = "camera-raw"))]
    #[test]
    fn a_build_without_the_decoder_names_the_feature_it_lacks() {
        let refused = CameraRawFile::open(tempfile::tempfile().unwrap(), &Limits::default()).unwrap_err();
        assert!(refused.to_string().contains("feature camera-raw"), "{refused}");
    }
}
