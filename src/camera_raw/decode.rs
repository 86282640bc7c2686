//! The decoder's side, in a process of its own: asks `rawler` and says what it says. The only file that calls it.

use std::io::{self, Write};
use std::path::Path;

use rawler::decoders::{Decoder, FormatHint, RawDecodeParams, WellKnownIFD};
use rawler::exif;
use rawler::formats::tiff::Rational;
use rawler::imgop::Rect;
use rawler::rawimage::{RawImage, RawImageData, RawPhotometricInterpretation};
use rawler::rawsource::RawSource;
use rawler::tags::TiffCommonTag;
use rawler::{CFA, RawlerError};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::picture::{Answer, Picture, Sample};
use crate::tiff::Exif;

/// Processor time for one file: a hundred megapixels take a few seconds.
const SECONDS: u64 = 60;

/// What the process takes before it holds any sample: the table of cameras, threads and their heaps.
const OWN_BYTES: u64 = 512 << 20;

/// The patterns of two greens on a diagonal; others are not interpolated by anybody.
const BAYER_PATTERNS: [&str; 4] = ["RGGB", "BGGR", "GBRG", "GRBG"];

/// What is asked of a decoder.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// Pixels the picture may have.
    pub pixels: u64,
    /// Bytes of memory the picture may take.
    pub memory_bytes: u64,
    /// Whether samples follow.
    pub with_samples: bool,
}

/// Reads the camera raw at `path` and says what it is, on one line, then its samples. Bounds the whole process first,
/// so it is for a process that does nothing else.
///
/// # Errors
/// When nobody listens or the process cannot be bounded.
pub fn run(path: &Path, task: Task, says: &mut impl Write) -> io::Result<()> {
    let bytes = task.memory_bytes.saturating_add(OWN_BYTES);
    for (resource, bound) in [(Resource::Data, bytes), (Resource::Cpu, SECONDS)] {
        setrlimit(resource, Rlimit { current: Some(bound), maximum: Some(bound) })?;
    }
    // A map of a file that is cut meanwhile kills this process, which is what it is for.
    let decoded = RawSource::new(path).map_err(RawlerError::from).and_then(|source| decoded(&source, task));
    let (answer, image) = decoded.unwrap_or_else(|error| match &error {
        RawlerError::Unsupported { .. } => (Answer::Unsupported(error.to_string()), None),
        RawlerError::DecoderFailed(_) => (Answer::Damaged(error.to_string()), None),
    });
    serde_json::to_writer(&mut *says, &answer)?;
    says.write_all(b"\n")?;
    if let Some(image) = image.filter(|_| task.with_samples) {
        match &image.data {
            RawImageData::Integer(samples) => write(&image, samples, u16::to_le_bytes, says)?,
            RawImageData::Float(samples) => write(&image, samples, f32::to_le_bytes, says)?,
        }
    }
    says.flush()
}

fn decoded(source: &RawSource, task: Task) -> Result<(Answer, Option<RawImage>), RawlerError> {
    let decoder = rawler::get_decoder(source)?;
    let asked = RawDecodeParams::default();
    let (columns, rows) = extent(&*decoder, source, &asked)?;
    let pixels = (columns as u64).saturating_mul(rows as u64);
    if pixels > task.pixels {
        return Ok((Answer::TooManyPixels { asked: pixels, allowed: task.pixels }, None));
    }
    let image = decoder.raw_image(source, &asked, !task.with_samples)?;
    let shown = shown(&image);
    let exif = decoder.raw_metadata(source, &asked).map(|metadata| metadata.exif).unwrap_or_default();
    let picture = Picture {
        columns: shown.d.w,
        rows: shown.d.h,
        planes: image.cpp,
        sample: match image.data {
            RawImageData::Integer(_) => Sample::U16,
            RawImageData::Float(_) => Sample::F32,
        },
        bayer_pattern: bayer_pattern(&image, &shown),
        // Without samples the decoder gives zero for a level it would have to measure.
        black_level: mean(image.blacklevel.levels.iter().map(|level| quotient(*level)))
            .filter(|level| *level > 0.0),
        white_level: image.whitelevel.0.iter().min().map(|&level| f64::from(level)),
        exif: tags(&image, exif),
    };
    Ok((Answer::Picture(Box::new(picture)), Some(image)))
}

/// Columns and rows, before memory is taken for them where the decoder lets us ask.
fn extent(
    decoder: &dyn Decoder,
    source: &RawSource,
    asked: &RawDecodeParams,
) -> Result<(usize, usize), RawlerError> {
    if decoder.format_hint() == FormatHint::DNG
        && let Some(directory) = decoder.ifd(WellKnownIFD::Raw)?
    {
        let side = |tag| directory.get_entry(tag).map_or(0, |entry| entry.force_usize(0));
        return Ok((side(TiffCommonTag::ImageWidth), side(TiffCommonTag::ImageLength)));
    }
    let image = decoder.raw_image(source, asked, true)?;
    Ok((image.width, image.height))
}

/// The part of the sensor that saw light; all of it when the file says nothing that makes sense.
fn shown(image: &RawImage) -> Rect {
    let whole = Rect::new(rawler::imgop::Point::zero(), image.dim());
    image
        .active_area
        .filter(|area| {
            !area.is_empty() && area.p.x + area.d.w <= image.width && area.p.y + area.d.h <= image.height
        })
        .unwrap_or(whole)
}

fn bayer_pattern(image: &RawImage, shown: &Rect) -> Option<String> {
    let RawPhotometricInterpretation::Cfa(mosaic) = &image.photometric else { return None };
    let CFA { width: 2, height: 2, .. } = mosaic.cfa else { return None };
    let name = mosaic.cfa.shift(shown.p.x % 2, shown.p.y % 2).name;
    BAYER_PATTERNS.contains(&name.as_str()).then_some(name)
}

/// What the camera says of the exposure, in the words all formats share.
fn tags(image: &RawImage, exif: exif::Exif) -> Exif {
    let text = |text: Option<String>| {
        text.map(|text| text.trim_matches(|c: char| c == '\0' || c.is_whitespace()).to_owned())
            .filter(|text| !text.is_empty())
    };
    let positive =
        |number: Option<Rational>| number.map(quotient).filter(|number| number.is_finite() && *number > 0.0);
    Exif {
        make: text(Some(image.make.clone())),
        model: text(Some(image.model.clone())),
        software: None,
        description: None,
        taken_at: text(exif.date_time_original.or(exif.create_date).or(exif.modify_date)),
        taken_at_fraction: text(exif.sub_sec_time_original.or(exif.sub_sec_time)),
        clock_offset: text(exif.offset_time_original.or(exif.offset_time)),
        exposure_s: positive(exif.exposure_time),
        iso: exif.iso_speed_ratings.map(u32::from).filter(|iso| (1..65_535).contains(iso)).or(exif.iso_speed),
        f_number: positive(exif.fnumber),
        focal_length_mm: positive(exif.focal_length),
    }
}

fn quotient(number: Rational) -> f64 {
    f64::from(number.n) / f64::from(number.d)
}

fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let count = numbers.len();
    let mean = numbers.sum::<f64>() / count as f64;
    mean.is_finite().then_some(mean)
}

/// Writes the shown part plane by plane.
fn write<T: Copy, const N: usize>(
    image: &RawImage,
    samples: &[T],
    bytes: impl Fn(T) -> [u8; N],
    says: &mut impl Write,
) -> io::Result<()> {
    let (part, width) = (shown(image), image.width * image.cpp);
    let mut line = Vec::with_capacity(part.d.w * N);
    for plane in 0..image.cpp {
        for row in samples.chunks(width).skip(part.p.y).take(part.d.h) {
            line.clear();
            let row = row.iter().skip(part.p.x * image.cpp + plane).step_by(image.cpp).take(part.d.w);
            row.for_each(|&sample| line.extend(bytes(sample)));
            says.write_all(&line)?;
        }
    }
    Ok(())
}
