//! What a camera or a capture program says of a picture beside its pixels: TIFF 6.0 section 8 and EXIF 2.32 section 4.6.

use std::io::{Read, Seek};

use ::tiff::decoder::Decoder;
use ::tiff::decoder::ifd::Value;
use ::tiff::tags::Tag;
use serde::{Deserialize, Serialize};

/// Tags of the exposure. All text is trimmed and not empty, all numbers are finite.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exif {
    /// Maker of the camera.
    pub make: Option<String>,
    /// Name of the camera.
    pub model: Option<String>,
    /// Program that wrote the file.
    pub software: Option<String>,
    /// What the picture shows.
    pub description: Option<String>,
    /// Start of the exposure on the camera's clock, `YYYY:MM:DD HH:MM:SS`.
    pub taken_at: Option<String>,
    /// Fraction of that second: digits behind the point.
    pub taken_at_fraction: Option<String>,
    /// Distance of the camera's clock from UTC, `+01:00`.
    pub clock_offset: Option<String>,
    /// Length of the exposure in seconds.
    pub exposure_s: Option<f64>,
    /// Sensitivity.
    pub iso: Option<u32>,
    /// Aperture.
    pub f_number: Option<f64>,
    /// Focal length of the lens in millimetres.
    pub focal_length_mm: Option<f64>,
}

impl Exif {
    /// Reads the tags of the first picture and of the EXIF directory it points to. What cannot be read is not there.
    pub(super) fn read<R: Read + Seek>(decoder: &mut Decoder<R>) -> Self {
        let mut first = |tag| decoder.find_tag(tag).ok().flatten();
        let mut exif = Self {
            make: first(Tag::Make).and_then(text),
            model: first(Tag::Model).and_then(text),
            software: first(Tag::Software).and_then(text),
            description: first(Tag::ImageDescription).and_then(text),
            taken_at: first(Tag::DateTime).and_then(text),
            ..Self::default()
        };
        let directory = first(Tag::ExifDirectory).and_then(|pointer| pointer.into_ifd_pointer().ok());
        let Some(directory) = directory.and_then(|pointer| decoder.read_directory(pointer).ok()) else {
            return exif;
        };
        let mut tags = decoder.read_directory_tags(&directory);
        let mut find = |number| tags.find_tag(Tag::from_u16_exhaustive(number)).ok().flatten();
        exif.exposure_s = find(0x829a).and_then(number).filter(|seconds| *seconds >= 0.0);
        exif.f_number = find(0x829d).and_then(number);
        exif.iso = find(0x8827).and_then(|value| value.into_u32_vec().ok()?.first().copied());
        exif.taken_at = find(0x9003).and_then(text).or(exif.taken_at);
        exif.clock_offset = find(0x9011).or_else(|| find(0x9010)).and_then(text);
        exif.taken_at_fraction = find(0x9291).and_then(text);
        exif.focal_length_mm = find(0x920a).and_then(number).filter(|length| *length > 0.0);
        exif
    }
}

fn text(value: Value) -> Option<String> {
    let text = value.into_string().ok()?;
    let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    (!text.is_empty()).then(|| text.to_owned())
}

fn number(value: Value) -> Option<f64> {
    let number = match value {
        Value::List(values) => return values.into_iter().next().and_then(number),
        Value::Rational(numerator, denominator) => f64::from(numerator) / f64::from(denominator),
        Value::SRational(numerator, denominator) => f64::from(numerator) / f64::from(denominator),
        Value::Float(value) => f64::from(value),
        Value::Double(value) => value,
        value => f64::from(value.into_u32().ok()?),
    };
    number.is_finite().then_some(number)
}
