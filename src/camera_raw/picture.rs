//! What a decoder says of a picture: one line of JSON, behind it the samples if they were asked for.

use std::io::{self, BufRead, Read};

use ndarray::Array3;
use serde::{Deserialize, Serialize};

use super::error::{CameraRawError, DecoderSays, Result};
use crate::pixel::{Raster, Shape};
use crate::tiff::Exif;

/// The longest line a decoder may say.
const LONGEST_LINE: u64 = 64 << 10;
/// Bytes of samples converted at a time: a multiple of every sample.
const PIECE_BYTES: usize = 8 << 10;

/// A picture before it is developed: the part of the sensor that saw light, row 0 at the top, as it was read out.
/// Whatever the camera says of its orientation, it is not turned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Pixels of a row.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// One for a mosaic or a grey sensor, three for cameras that store colours.
    pub planes: usize,
    /// Type of the samples.
    pub sample: Sample,
    /// The colours of a mosaic's cell of 2 x 2 pixels from the top left, as in `RGGB`; none for other mosaics.
    pub bayer_pattern: Option<String>,
    /// The level of no light, in the units of the samples; it is not subtracted from them.
    pub black_level: Option<f64>,
    /// The level of a burnt-out pixel, in the units of the samples.
    pub white_level: Option<f64>,
    /// What the camera says of the exposure.
    pub exif: Exif,
}

/// Types of samples of camera raws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sample {
    /// Counts of the converter.
    #[default]
    U16,
    /// Real numbers, as some programs write into DNG.
    F32,
}

/// The first line of a decoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Answer {
    Picture(Box<Picture>),
    Unsupported(String),
    Damaged(String),
    TooManyPixels { asked: u64, allowed: u64 },
}

impl Picture {
    /// Its extent.
    pub fn shape(&self) -> Shape {
        Shape { planes: self.planes, rows: self.rows, columns: self.columns }
    }

    /// Reads the first line of a decoder.
    pub(super) fn read(from: &mut impl BufRead) -> Result<Self> {
        let mut line = String::new();
        from.take(LONGEST_LINE).read_line(&mut line).map_err(|_| CameraRawError::GaveUp)?;
        match serde_json::from_str(&line).map_err(|_| CameraRawError::GaveUp)? {
            Answer::Picture(picture) => Ok(*picture),
            Answer::Unsupported(words) => Err(CameraRawError::Unsupported(DecoderSays(words))),
            Answer::Damaged(words) => Err(CameraRawError::Damaged(DecoderSays(words))),
            Answer::TooManyPixels { asked, allowed } => {
                Err(CameraRawError::TooLarge { what: "pixels", asked, allowed })
            }
        }
    }

    /// Reads the samples behind that line: plane by plane, row by row, little-endian.
    pub(super) fn read_samples(&self, from: &mut impl Read) -> Result<Raster> {
        let shape = (self.planes, self.rows, self.columns);
        let count = self.shape().samples();
        let gave_up = |_| CameraRawError::GaveUp;
        let missing = |_| CameraRawError::Missing;
        Ok(match self.sample {
            Sample::U16 => {
                let samples = numbers(from, count, u16::from_le_bytes).map_err(gave_up)?;
                Raster::U16(Array3::from_shape_vec(shape, samples).map_err(missing)?)
            }
            Sample::F32 => {
                let samples = numbers(from, count, f32::from_le_bytes).map_err(gave_up)?;
                Raster::F32(Array3::from_shape_vec(shape, samples).map_err(missing)?)
            }
        })
    }
}

fn numbers<T, const N: usize>(
    from: &mut impl Read,
    count: usize,
    number: impl Fn([u8; N]) -> T,
) -> io::Result<Vec<T>> {
    let mut numbers = Vec::with_capacity(count);
    let mut piece = [0; PIECE_BYTES];
    while numbers.len() < count {
        let piece = &mut piece[..PIECE_BYTES.min((count - numbers.len()) * N)];
        from.read_exact(piece)?;
        numbers.extend(piece.as_chunks::<N>().0.iter().copied().map(&number));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(answer: &Answer) -> Vec<u8> {
        let mut line = serde_json::to_vec(answer).unwrap();
        line.push(b'\n');
        line
    }

    #[test]
    fn a_picture_and_its_samples_arrive_as_they_were_said() {
        let picture = Picture { columns: 50_000, rows: 2, planes: 1, ..Picture::default() };
        let mut bytes = said(&Answer::Picture(Box::new(picture.clone())));
        bytes.extend((0..100_000_u32).flat_map(|number| (number as u16).to_le_bytes()));
        let mut from = bytes.as_slice();
        assert_eq!(Picture::read(&mut from).unwrap(), picture);
        let Raster::U16(samples) = picture.read_samples(&mut from).unwrap() else { panic!("16 bits") };
        assert!(samples.iter().copied().eq((0..100_000_u32).map(|number| number as u16)));
        assert!(matches!(picture.read_samples(&mut &bytes[..1000]), Err(CameraRawError::GaveUp)));
    }

    #[test]
    fn a_decoder_that_complains_babbles_or_dies_is_an_error_of_the_file() {
        let read = |bytes: &[u8]| Picture::read(&mut &*bytes).unwrap_err();
        let damaged = read(&said(&Answer::Damaged("no such strip".to_owned())));
        assert!(matches!(&damaged, CameraRawError::Damaged(words) if words.0 == "no such strip"));
        assert_eq!(damaged.to_string(), "the camera raw is damaged");
        assert!(matches!(read(&said(&Answer::Unsupported(String::new()))), CameraRawError::Unsupported(_)));
        let many = Answer::TooManyPixels { asked: 2, allowed: 1 };
        assert!(matches!(read(&said(&many)), CameraRawError::TooLarge { asked: 2, .. }));
        let endless = vec![b'x'; 1 << 20];
        for nonsense in [&b""[..], b"running 0 tests\n", b"{\"Picture\":", &endless] {
            assert!(matches!(read(nonsense), CameraRawError::GaveUp));
        }
    }
}
