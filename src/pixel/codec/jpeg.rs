//! JPEG through libjpeg-turbo.

use turbojpeg as tj;

use super::{Channels, EightBit, Error};
use crate::pixel::Limits;

/// No coder of JPEG gets more pixels into one byte: a progressive file needs a bit per block of 64, and colour
/// at a quarter of the resolution each way adds nothing to the brightness blocks. Twice that, to be safe.
const PIXELS_PER_BYTE: u64 = 1024;

/// Scans of a progressive JPEG. Real ones have about ten; thousands of them are an attack on the reader's time.
const SCANS: u32 = 100;

/// Encodes pictures one after another into the same memory.
pub struct JpegEncoder {
    compressor: tj::Compressor,
    bytes: Vec<u8>,
}

impl JpegEncoder {
    /// A new encoder; it allocates with the first picture.
    ///
    /// # Errors
    /// Only when memory is short.
    pub fn new() -> Result<Self, Error> {
        let compressor = tj::Compressor::new().map_err(Error::JpegEncoding)?;
        Ok(Self { compressor, bytes: Vec::new() })
    }

    /// One baseline JPEG: grey with one component, colour as 4:2:0. Quality 1 to 100, others are clamped.
    ///
    /// # Errors
    /// A side longer than JPEG can say (65500).
    pub fn encode(&mut self, picture: &EightBit, quality: u8) -> Result<&[u8], Error> {
        let image = prepare(&mut self.compressor, picture, quality)?;
        let bound =
            self.compressor.buf_len(picture.width(), picture.height()).map_err(Error::JpegEncoding)?;
        if self.bytes.len() < bound {
            self.bytes.resize(bound, 0);
        }
        let length =
            self.compressor.compress_to_slice(image, &mut self.bytes).map_err(Error::JpegEncoding)?;
        Ok(&self.bytes[..length])
    }
}

/// One picture as baseline JPEG: grey with one component, colour as 4:2:0. Quality 1 to 100, others are clamped.
///
/// # Errors
/// A side longer than JPEG can say (65500).
pub fn jpeg_encode(picture: &EightBit, quality: u8) -> Result<Vec<u8>, Error> {
    let mut compressor = tj::Compressor::new().map_err(Error::JpegEncoding)?;
    let image = prepare(&mut compressor, picture, quality)?;
    compressor.compress_to_vec(image).map_err(Error::JpegEncoding)
}

fn prepare<'p>(
    compressor: &mut tj::Compressor,
    picture: &'p EightBit,
    quality: u8,
) -> Result<tj::Image<&'p [u8]>, Error> {
    let (format, subsampling) = match picture.channels() {
        Channels::Grey => (tj::PixelFormat::GRAY, tj::Subsamp::Gray),
        Channels::Rgb => (tj::PixelFormat::RGB, tj::Subsamp::Sub2x2),
    };
    compressor.set_quality(i32::from(quality.clamp(1, 100))).map_err(Error::JpegEncoding)?;
    compressor.set_subsamp(subsampling).map_err(Error::JpegEncoding)?;
    Ok(tj::Image {
        pixels: picture.samples(),
        width: picture.width(),
        pitch: picture.width() * picture.channels().count(),
        height: picture.height(),
        format,
    })
}

/// Decodes pictures one after another.
pub struct JpegDecoder {
    decompressor: tj::Decompressor,
    scalings: Vec<tj::ScalingFactor>,
    limits: Limits,
}

impl JpegDecoder {
    /// A decoder that lets no picture exceed `limits`.
    ///
    /// # Errors
    /// Only when memory is short.
    pub fn new(limits: Limits) -> Result<Self, Error> {
        let mut decompressor = tj::Decompressor::new().map_err(Error::DamagedJpeg)?;
        decompressor.set_scan_limit(SCANS).map_err(Error::DamagedJpeg)?;
        let mut scalings = tj::Decompressor::supported_scaling_factors();
        scalings.retain(|factor| factor.num() <= factor.denom());
        scalings.sort_by_key(|factor| factor.scale(1 << 16));
        Ok(Self { decompressor, scalings, limits })
    }

    /// Width and height the header names, checked against the limits. Decodes nothing.
    ///
    /// # Errors
    /// Not a JPEG; a header that promises too much; four inks.
    pub fn dimensions(&mut self, jpeg: &[u8]) -> Result<(usize, usize), Error> {
        self.header(jpeg).map(|header| (header.width, header.height))
    }

    /// The whole picture: one component stays grey, everything else becomes R, G, B.
    ///
    /// # Errors
    /// As [`dimensions`](Self::dimensions); data that end early or do not decode.
    pub fn decode(&mut self, jpeg: &[u8]) -> Result<EightBit, Error> {
        self.decode_scaled(jpeg, |_| tj::ScalingFactor::ONE)
    }

    /// The picture reduced by the largest factor the format gives away for free (eighths) that leaves it at
    /// least `width` x `height`: the cheap first step towards that size.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn decode_covering(&mut self, jpeg: &[u8], width: usize, height: usize) -> Result<EightBit, Error> {
        let scalings = self.scalings.clone();
        self.decode_scaled(jpeg, |header| {
            let covers = |factor: &tj::ScalingFactor| {
                factor.scale(header.width) >= width && factor.scale(header.height) >= height
            };
            scalings.into_iter().find(covers).unwrap_or(tj::ScalingFactor::ONE)
        })
    }

    fn decode_scaled(
        &mut self,
        jpeg: &[u8],
        scaling: impl FnOnce(&tj::DecompressHeader) -> tj::ScalingFactor,
    ) -> Result<EightBit, Error> {
        let header = self.header(jpeg)?;
        let scaling = if header.is_lossless { tj::ScalingFactor::ONE } else { scaling(&header) };
        self.decompressor.set_scaling_factor(scaling).map_err(Error::DamagedJpeg)?;
        let scaled = header.scaled(scaling);
        let (channels, format) = match header.colorspace {
            tj::Colorspace::Gray => (Channels::Grey, tj::PixelFormat::GRAY),
            _ => (Channels::Rgb, tj::PixelFormat::RGB),
        };
        let mut picture = EightBit::filled(scaled.width, scaled.height, channels, [0; 3]);
        let image = tj::Image {
            pitch: scaled.width * channels.count(),
            width: scaled.width,
            height: scaled.height,
            format,
            pixels: picture.samples_mut(),
        };
        match self.decompressor.decompress(jpeg, image) {
            Ok(()) => Ok(picture),
            Err(error) if is_padding_before_end(&error) => Ok(picture),
            Err(error) => Err(Error::DamagedJpeg(error)),
        }
    }

    fn header(&mut self, jpeg: &[u8]) -> Result<tj::DecompressHeader, Error> {
        let header = self.decompressor.read_header(jpeg).map_err(Error::DamagedJpeg)?;
        let (width, height) = (header.width, header.height);
        let pixels = width as u64 * height as u64;
        if pixels == 0 || pixels > PIXELS_PER_BYTE * jpeg.len() as u64 {
            return Err(Error::Implausible { width, height, bytes: jpeg.len() });
        }
        if pixels > self.limits.image_pixels || 3 * pixels > self.limits.unpacked_bytes {
            return Err(Error::TooLarge { width, height });
        }
        match header.colorspace {
            tj::Colorspace::CMYK | tj::Colorspace::YCCK => Err(Error::FourInks),
            _ => Ok(header),
        }
    }
}

/// Decodes one JPEG under `limits`.
///
/// # Errors
/// As [`JpegDecoder::decode`].
pub fn jpeg_decode(jpeg: &[u8], limits: &Limits) -> Result<EightBit, Error> {
    JpegDecoder::new(*limits)?.decode(jpeg)
}

/// Several USB and network cameras fill their frames up with a few bytes before the end marker. The picture is
/// whole then, and the library's first (and only) remark says so: EOI is marker 0xd9.
fn is_padding_before_end(error: &tj::Error) -> bool {
    matches!(error, tj::Error::TurboJpegError(remark)
        if remark.contains("extraneous bytes before marker 0xd9"))
}
