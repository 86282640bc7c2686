//! Decode, place, scale, encode: the one expensive step between a source frame and a size somebody asked for.

use std::cell::RefCell;

use bytes::Bytes;

use super::canvas::{self, BLACK};
use super::fit::{Fit, Placement};
use crate::camera::resolution::Resolution;
use crate::pixel::codec::{JpegDecoder, JpegEncoder};
use crate::pixel::{Channels, EightBit, Limits, Part, PixelBox, Resizer};

/// Any failure of the pixel work, kept as the cause of a [`super::CameraError`].
pub(in crate::camera) type WorkError = Box<dyn std::error::Error + Send + Sync>;

/// What a camera's picture may cost to decode: 8K with room to spare.
const LIMITS: Limits = Limits { unpacked_bytes: 1 << 28, image_pixels: 1 << 26, cutout_pixels: 0 };

/// The coders and the scaler of one thread, kept because each allocates scratch memory.
struct Tools {
    decoder: JpegDecoder,
    encoder: JpegEncoder,
    resizer: Resizer,
}

thread_local! {
    static TOOLS: RefCell<Option<Tools>> = const { RefCell::new(None) };
}

fn with_tools<T>(work: impl FnOnce(&mut Tools) -> Result<T, WorkError>) -> Result<T, WorkError> {
    TOOLS.with_borrow_mut(|slot| {
        let tools = match slot {
            Some(tools) => tools,
            None => slot.insert(Tools {
                decoder: JpegDecoder::new(LIMITS)?,
                encoder: JpegEncoder::new()?,
                resizer: Resizer::new(),
            }),
        };
        work(tools)
    })
}

/// Decodes a picture at its own size. CPU work: call it on the blocking pool.
pub(in crate::camera) fn decode(jpeg: &[u8]) -> Result<EightBit, WorkError> {
    with_tools(|tools| Ok(tools.decoder.decode(jpeg)?))
}

/// Decodes a picture as small as the format can cheaply give it, but no smaller than `at_least`, if it is larger.
/// CPU work: call it on the blocking pool.
pub(in crate::camera) fn decode_reduced(jpeg: &[u8], at_least: Resolution) -> Result<EightBit, WorkError> {
    let (width, height) = (at_least.width as usize, at_least.height as usize);
    with_tools(|tools| Ok(tools.decoder.decode_covering(jpeg, width, height)?))
}

/// Encodes a picture as baseline JPEG. CPU work: call it on the blocking pool.
pub(in crate::camera) fn encode(picture: &EightBit, quality: u8) -> Result<Bytes, WorkError> {
    with_tools(|tools| Ok(Bytes::copy_from_slice(tools.encoder.encode(picture, quality)?)))
}

/// Brings a JPEG picture to exactly `target`. CPU work: call it on the blocking pool.
pub(in crate::camera) fn decode_at(
    jpeg: &[u8],
    source: Resolution,
    target: Resolution,
    fit: Fit,
) -> Result<EightBit, WorkError> {
    let placement = Placement::of(source, target, fit);
    // The format's own cheap reduction must leave at least as many pixels as are shown of the part used.
    let at_least = |whole: u32, from: u32, to: u32| {
        (u64::from(whole) * u64::from(to)).div_ceil(u64::from(from.max(1))).min(u64::from(whole)) as usize
    };
    let picture = with_tools(|tools| {
        Ok(tools.decoder.decode_covering(
            jpeg,
            at_least(source.width, placement.from.width, placement.to.width),
            at_least(source.height, placement.from.height, placement.to.height),
        )?)
    })?;
    place(&picture, source, target, placement)
}

/// Scales the part of `picture` named by `placement` (in pixels of `source`) into a new picture of size `target`.
fn place(
    picture: &EightBit,
    source: Resolution,
    target: Resolution,
    placement: Placement,
) -> Result<EightBit, WorkError> {
    let Placement { from, to } = placement;
    let (width, height) = (picture.width() as u32, picture.height() as u32);
    let is_whole = from == super::fit::Area::whole(source) && to == super::fit::Area::whole(target);
    if is_whole && (width, height) == (target.width, target.height) {
        return Ok(picture.clone());
    }
    // The decoder may have reduced the picture already.
    let (x_ratio, y_ratio) =
        (f64::from(width) / f64::from(source.width), f64::from(height) / f64::from(source.height));
    let part = Part {
        x: f64::from(from.x) * x_ratio,
        y: f64::from(from.y) * y_ratio,
        width: (f64::from(from.width) * x_ratio).min(f64::from(width)),
        height: (f64::from(from.height) * y_ratio).min(f64::from(height)),
    };
    let into =
        PixelBox { x: to.x as usize, y: to.y as usize, width: to.width as usize, height: to.height as usize };
    let mut placed =
        EightBit::filled(target.width as usize, target.height as usize, picture.channels(), BLACK);
    with_tools(|tools| {
        tools.resizer.place(picture, part, &mut placed, into);
        Ok(())
    })?;
    Ok(placed)
}

/// A grey picture as a colour one, to draw on it in colour.
pub(super) fn in_colour(picture: EightBit) -> EightBit {
    if picture.channels() == Channels::Rgb {
        return picture;
    }
    let mut colour = canvas::blank(Resolution::new(picture.width() as u32, picture.height() as u32), BLACK);
    for (pixel, grey) in colour.samples_mut().as_chunks_mut::<3>().0.iter_mut().zip(picture.samples()) {
        *pixel = [*grey; 3];
    }
    colour
}

#[cfg(test)]
mod tests {
    use super::super::canvas::{WHITE, blank, fill};
    use super::super::fit::Area;
    use super::*;

    fn pixel(picture: &EightBit, x: usize, y: usize) -> [u8; 3] {
        picture.samples().as_chunks::<3>().0[y * picture.width() + x]
    }

    fn is_close(left: [u8; 3], right: [u8; 3]) -> bool {
        left.iter().zip(right).all(|(l, r)| l.abs_diff(r) < 24)
    }

    #[test]
    fn a_wide_picture_in_a_tall_size_gets_black_bars_and_keeps_its_edges() {
        let size = Resolution::new(1920, 1080);
        let mut picture = blank(size, [200, 40, 40]);
        fill(&mut picture, Area { x: 0, y: 0, width: 192, height: 1080 }, WHITE);
        let jpeg = encode(&picture, 90).unwrap();
        let scaled = decode_at(&jpeg, size, Resolution::new(640, 480), Fit::Auto).unwrap();
        assert_eq!((scaled.width(), scaled.height()), (640, 480));
        assert!(is_close(pixel(&scaled, 320, 30), BLACK) && is_close(pixel(&scaled, 320, 450), BLACK));
        assert!(is_close(pixel(&scaled, 10, 240), WHITE), "{:?}", pixel(&scaled, 10, 240));
        assert!(is_close(pixel(&scaled, 600, 240), [200, 40, 40]), "{:?}", pixel(&scaled, 600, 240));
    }

    #[test]
    fn cropping_takes_the_middle() {
        let size = Resolution::new(1920, 1080);
        let mut picture = blank(size, [20, 120, 20]);
        fill(&mut picture, Area { x: 0, y: 0, width: 200, height: 1080 }, WHITE);
        let jpeg = encode(&picture, 90).unwrap();
        let scaled = decode_at(&jpeg, size, Resolution::new(160, 120), Fit::Crop).unwrap();
        assert!(is_close(pixel(&scaled, 1, 60), [20, 120, 20]), "the white edge is cut off");
    }

    #[test]
    fn upscaling_gives_the_size_asked_for() {
        let jpeg = encode(&blank(Resolution::new(160, 120), [9, 99, 199]), 90).unwrap();
        let scaled =
            decode_at(&jpeg, Resolution::new(160, 120), Resolution::new(1280, 960), Fit::Auto).unwrap();
        assert_eq!((scaled.width(), scaled.height()), (1280, 960));
        assert!(is_close(pixel(&scaled, 640, 480), [9, 99, 199]));
    }

    #[test]
    fn grey_stays_grey_until_it_is_drawn_on() {
        let grey = EightBit::filled(64, 48, Channels::Grey, [77; 3]);
        let jpeg = encode(&grey, 90).unwrap();
        let scaled = decode_at(&jpeg, Resolution::new(64, 48), Resolution::new(32, 24), Fit::Auto).unwrap();
        assert_eq!(scaled.channels(), Channels::Grey);
        assert!(is_close(pixel(&in_colour(scaled), 5, 5), [77; 3]));
    }
}
