//! An open TIFF file: what its first picture is, and its pixels when asked for.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use ::tiff::ColorType;
use ::tiff::decoder::{self, Decoder, DecodingResult};
use ::tiff::tags::Tag;
use ndarray::Array3;

use super::error::{Result, TiffFileError};
use super::exif::Exif;
use crate::pixel::{Limits, Raster, SampleType, Shape};

/// Most that a byte can expand to: LZW strings of 12 bits are up to 4096 long.
const LARGEST_RATIO: u64 = 4096;
/// `PhotometricInterpretation` of mosaics and of linear camera data (DNG).
const CAMERA_DATA: [u16; 2] = [32_803, 34_892];
/// `DNGVersion`.
const DNG_VERSION: u16 = 50_706;

/// A TIFF file whose first picture was understood.
#[derive(Debug)]
pub struct TiffFile {
    file: Arc<File>,
    layout: Layout,
    exif: Exif,
    limits: Limits,
}

/// How samples become planes.
#[derive(Clone, Debug)]
struct Layout {
    rows: usize,
    columns: usize,
    /// Samples of a pixel, alpha and others included.
    samples: usize,
    /// Whether each kind of sample lies in a plane of its own.
    is_planar: bool,
    is_rgb: bool,
    /// Red, then green, then blue of all indexes, if samples are indexes.
    palette: Option<Vec<u16>>,
    sample_type: SampleType,
}

impl TiffFile {
    /// Reads the tags of the first picture.
    ///
    /// # Errors
    /// When they make no sense, when the file is a camera raw, or when the picture is larger than the limits allow.
    pub fn open(file: File, limits: &Limits) -> Result<Self> {
        let held = file.metadata().map_err(TiffFileError::Io)?.len();
        let file = Arc::new(file);
        let mut decoder = decoder(&file, limits)?;
        if is_camera_raw(&mut decoder)? {
            return Err(TiffFileError::CameraRaw);
        }
        let layout = Layout::of(&mut decoder)?;
        let pixels = layout.rows as u64 * layout.columns as u64;
        if pixels > limits.image_pixels {
            let (asked, allowed) = (pixels, limits.image_pixels);
            return Err(TiffFileError::TooLarge { what: "pixels", asked, allowed });
        }
        let bytes = pixels.saturating_mul(layout.samples as u64);
        if bytes > held.saturating_mul(LARGEST_RATIO) {
            return Err(TiffFileError::Malformed("so few bytes cannot hold so many pixels"));
        }
        Ok(Self { exif: Exif::read(&mut decoder), file, layout, limits: *limits })
    }

    /// What it says beside its pixels.
    pub fn exif(&self) -> &Exif {
        &self.exif
    }

    /// Extent of [`Self::read`]'s raster.
    pub fn shape(&self) -> Shape {
        let Layout { rows, columns, .. } = self.layout;
        let is_coloured = self.layout.is_rgb || self.layout.palette.is_some();
        Shape { planes: if is_coloured { 3 } else { 1 }, rows, columns }
    }

    /// Type of its samples.
    pub fn sample_type(&self) -> SampleType {
        if self.layout.palette.is_some() { SampleType::U16 } else { self.layout.sample_type }
    }

    /// The pixels: one plane, or red, green and blue; row 0 at the top.
    ///
    /// # Errors
    /// When they do not decode.
    pub fn read(&self) -> Result<Raster> {
        let mut samples = DecodingResult::U8(Vec::new());
        decoder(&self.file, &self.limits)?.read_image_to_buffer(&mut samples)?;
        let layout = &self.layout;
        Ok(match samples {
            DecodingResult::U8(samples) if layout.palette.is_some() => {
                Raster::U16(layout.painted(&samples).ok_or(MISSING)?)
            }
            DecodingResult::U8(samples) => Raster::U8(layout.planes(&samples, |sample| sample)?),
            DecodingResult::U16(samples) => Raster::U16(layout.planes(&samples, |sample| sample)?),
            DecodingResult::U32(samples) => Raster::U32(layout.planes(&samples, |sample| sample)?),
            DecodingResult::U64(samples) => Raster::F64(layout.planes(&samples, |sample| sample as f64)?),
            DecodingResult::I8(samples) => Raster::I16(layout.planes(&samples, i16::from)?),
            DecodingResult::I16(samples) => Raster::I16(layout.planes(&samples, |sample| sample)?),
            DecodingResult::I32(samples) => Raster::I32(layout.planes(&samples, |sample| sample)?),
            DecodingResult::I64(samples) => Raster::I64(layout.planes(&samples, |sample| sample)?),
            DecodingResult::F16(samples) => Raster::F32(layout.planes(&samples, f32::from)?),
            DecodingResult::F32(samples) => Raster::F32(layout.planes(&samples, |sample| sample)?),
            DecodingResult::F64(samples) => Raster::F64(layout.planes(&samples, |sample| sample)?),
        })
    }
}

const MISSING: TiffFileError = TiffFileError::Malformed("samples are missing");

fn decoder(file: &Arc<File>, limits: &Limits) -> Result<Decoder<Reader>> {
    let reader = Reader { file: Arc::clone(file), position: 0 };
    let bytes = usize::try_from(limits.unpacked_bytes).unwrap_or(usize::MAX);
    let mut bounds = decoder::Limits::default();
    bounds.decoding_buffer_size = bytes;
    bounds.intermediate_buffer_size = bytes;
    Ok(Decoder::new(reader)?.with_limits(bounds))
}

/// Whether the first picture is only the preview of a raw one, or raw itself.
fn is_camera_raw(decoder: &mut Decoder<Reader>) -> Result<bool> {
    let is_preview = decoder.find_tag_unsigned::<u32>(Tag::NewSubfileType)?.is_some_and(|kind| kind & 1 == 1);
    let photometric = decoder.find_tag_unsigned::<u16>(Tag::PhotometricInterpretation)?;
    let is_mosaic = photometric.is_some_and(|meaning| CAMERA_DATA.contains(&meaning));
    Ok(is_preview || is_mosaic || decoder.find_tag(Tag::from_u16_exhaustive(DNG_VERSION))?.is_some())
}

impl Layout {
    fn of(decoder: &mut Decoder<Reader>) -> Result<Self> {
        let (columns, rows) = decoder.dimensions()?;
        let (columns, rows) = (columns as usize, rows as usize);
        if columns == 0 || rows == 0 {
            return Err(TiffFileError::Malformed("it has no pixels"));
        }
        let color = decoder.colortype()?;
        let (samples, is_rgb) = match color {
            ColorType::Gray(_) | ColorType::Palette(_) => (1, false),
            ColorType::GrayA(_) => (2, false),
            ColorType::RGB(_) => (3, true),
            ColorType::RGBA(_) => (4, true),
            ColorType::Multiband { num_samples, .. } => (usize::from(num_samples.max(1)), false),
            _ => return Err(TiffFileError::Unsupported("its colour space")),
        };
        let format = decoder.find_tag_unsigned_vec::<u16>(Tag::SampleFormat)?;
        let format = format.and_then(|formats| formats.first().copied()).unwrap_or(1);
        let sample_type = match (format, color.bit_depth()) {
            (1 | 4, 8) => SampleType::U8,
            (1 | 4, 16) => SampleType::U16,
            (1 | 4, 32) => SampleType::U32,
            (2, 8 | 16) => SampleType::I16,
            (2, 32) => SampleType::I32,
            (2, 64) => SampleType::I64,
            (3, 16 | 32) => SampleType::F32,
            (1 | 3 | 4, 64) => SampleType::F64,
            _ => return Err(TiffFileError::Unsupported("its sample type")),
        };
        let palette = match color {
            ColorType::Palette(8) => Some(decoder.get_tag_u16_vec(Tag::ColorMap)?),
            ColorType::Palette(_) => return Err(TiffFileError::Unsupported("its palette")),
            _ => None,
        };
        if palette.as_ref().is_some_and(|palette| palette.len() != 3 << 8) {
            return Err(TiffFileError::Malformed("its palette has the wrong length"));
        }
        let configuration = decoder.find_tag_unsigned::<u16>(Tag::PlanarConfiguration)?;
        let is_planar = configuration == Some(2) && samples > 1;
        Ok(Self { rows, columns, samples, is_planar, is_rgb, palette, sample_type })
    }

    /// The colour planes, without alpha.
    fn planes<T: Copy, U>(&self, samples: &[T], convert: impl Fn(T) -> U) -> Result<Array3<U>> {
        let (planes, plane) = (if self.is_rgb { 3 } else { 1 }, self.rows * self.columns);
        if samples.len() < self.samples * plane {
            return Err(MISSING);
        }
        let samples: Vec<U> = if self.is_planar || self.samples == 1 {
            samples[..planes * plane].iter().map(|&sample| convert(sample)).collect()
        } else {
            let channel = |first| samples.iter().skip(first).step_by(self.samples).take(plane);
            (0..planes).flat_map(channel).map(|&sample| convert(sample)).collect()
        };
        Array3::from_shape_vec((planes, self.rows, self.columns), samples).map_err(|_| MISSING)
    }

    /// Indexes as colours.
    fn painted(&self, indexes: &[u8]) -> Option<Array3<u16>> {
        let palette = self.palette.as_ref()?;
        let paint = |plane: &[u16]| {
            let plane = plane.to_vec();
            indexes.iter().map(move |&index| plane.get(usize::from(index)).copied().unwrap_or(0))
        };
        let samples = palette.chunks_exact(256).flat_map(paint).collect();
        Array3::from_shape_vec((3, self.rows, self.columns), samples).ok()
    }
}

/// Reads one file from many threads: each reader knows its own place.
#[derive(Debug)]
struct Reader {
    file: Arc<File>,
    position: u64,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
            SeekFrom::End(distance) => self.file.metadata()?.len().checked_add_signed(distance),
        };
        self.position = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
