//! Pictures of 8-bit samples, as cameras and screens have them.

use rayon::prelude::*;

use super::Error;
use crate::pixel::scanlines::{Scanlines, Shape};

/// How many samples a pixel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channels {
    /// One: brightness.
    Grey,
    /// Three: R, G, B.
    Rgb,
}

impl Channels {
    /// Samples (and bytes) per pixel.
    pub fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

impl TryFrom<Shape> for Channels {
    type Error = Error;

    /// What a picture of this shape is; only grey and colour pictures that have pixels can be encoded.
    fn try_from(shape: Shape) -> Result<Self, Error> {
        match shape {
            Shape { rows: 0, .. } | Shape { columns: 0, .. } => Err(Error::Empty),
            Shape { planes: 1, .. } => Ok(Self::Grey),
            Shape { planes: 3, .. } => Ok(Self::Rgb),
            Shape { planes, .. } => Err(Error::Planes(planes)),
        }
    }
}

/// An 8-bit picture: rows from the top, no padding, the channels of a pixel side by side.
#[derive(Clone, PartialEq, Eq)]
pub struct EightBit {
    width: usize,
    height: usize,
    channels: Channels,
    samples: Vec<u8>,
}

impl EightBit {
    /// A picture from its samples; `None` when it is empty or their number is not width x height x channels.
    pub fn new(width: usize, height: usize, channels: Channels, samples: Vec<u8>) -> Option<Self> {
        let wanted = width.checked_mul(height)?.checked_mul(channels.count())?;
        (wanted > 0 && wanted == samples.len()).then_some(Self { width, height, channels, samples })
    }

    /// A picture of one colour; grey takes the first of the three. Sides of 0 become 1.
    pub fn filled(width: usize, height: usize, channels: Channels, colour: [u8; 3]) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        let samples = colour[..channels.count()].repeat(width * height);
        Self { width, height, channels, samples }
    }

    /// Pulls a 16-bit picture band by band and keeps the high byte of each sample.
    ///
    /// # Errors
    /// The picture's own error; [`Error::Planes`]; [`Error::Empty`].
    pub fn gather(picture: &dyn Scanlines) -> Result<Self, Error> {
        let shape = picture.shape();
        let (width, height) = (shape.columns, shape.rows);
        let channels = Channels::try_from(shape)?;
        let (rows, row_samples) = (shape.parallel_band_rows(), shape.row_samples());
        let mut samples = vec![0; shape.samples()];
        samples
            .par_chunks_mut(rows * row_samples)
            .enumerate()
            .try_for_each_init(Vec::new, |band: &mut Vec<u16>, (index, bytes)| {
                band.resize(bytes.len(), 0);
                let first = index * rows;
                picture.read(first..first + bytes.len() / row_samples, band)?;
                for (source, target) in
                    band.chunks_exact(row_samples).zip(bytes.chunks_exact_mut(row_samples))
                {
                    match channels {
                        Channels::Grey => high_bytes(source, target),
                        Channels::Rgb => interleave_high_bytes(source, target),
                    }
                }
                Ok(())
            })
            .map_err(Error::Source)?;
        Ok(Self { width, height, channels, samples })
    }

    /// Columns, at least 1.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows, at least 1.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Grey or colour.
    pub fn channels(&self) -> Channels {
        self.channels
    }

    /// The samples: row after row, pixel after pixel, channel after channel.
    pub fn samples(&self) -> &[u8] {
        &self.samples
    }

    /// The samples, writable in place.
    pub fn samples_mut(&mut self) -> &mut [u8] {
        &mut self.samples
    }
}

impl std::fmt::Debug for EightBit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EightBit({} x {} {:?})", self.width, self.height, self.channels)
    }
}

fn high_bytes(source: &[u16], target: &mut [u8]) {
    for (&sample, byte) in source.iter().zip(target) {
        *byte = (sample >> 8) as u8;
    }
}

/// One row of three planes into pixels.
fn interleave_high_bytes(source: &[u16], target: &mut [u8]) {
    let columns = source.len() / 3;
    let (red, rest) = source.split_at(columns);
    let (green, blue) = rest.split_at(columns);
    for (((&red, &green), &blue), pixel) in red.iter().zip(green).zip(blue).zip(target.chunks_exact_mut(3)) {
        pixel[0] = (red >> 8) as u8;
        pixel[1] = (green >> 8) as u8;
        pixel[2] = (blue >> 8) as u8;
    }
}
