//! 8-bit pictures at other sizes, for live cameras.

use fast_image_resize as fir;
use fir::images::{TypedCroppedImageMut, TypedImage, TypedImageRef};
use fir::pixels::{InnerPixel, U8, U8x3};

use super::codec::{Channels, EightBit};
use super::window::PixelBox;

/// A part of a picture, in its pixels; it need not begin or end at whole ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Distance to the right edge.
    pub width: f64,
    /// Distance to the lower edge.
    pub height: f64,
}

impl Part {
    /// All of a picture.
    pub fn whole(picture: &EightBit) -> Self {
        Self { x: 0.0, y: 0.0, width: picture.width() as f64, height: picture.height() as f64 }
    }
}

/// Resizes pictures one after another, using its working memory again.
#[derive(Default)]
pub struct Resizer {
    engine: fir::Resizer,
}

impl Resizer {
    /// A new one; it allocates with the first picture.
    pub fn new() -> Self {
        Self::default()
    }

    /// The picture at exactly `width` x `height` pixels, whatever its aspect ratio; sides of 0 become 1.
    pub fn resize(&mut self, picture: &EightBit, width: usize, height: usize) -> EightBit {
        if (picture.width(), picture.height()) == (width, height) {
            return picture.clone();
        }
        let mut resized = EightBit::filled(width, height, picture.channels(), [0; 3]);
        let all = PixelBox::whole(resized.width(), resized.height());
        self.place(picture, Part::whole(picture), &mut resized, all);
        resized
    }

    /// Fills the box `into` of `canvas` with `part` of `picture`, and leaves the rest of the canvas as it is. What
    /// of the part or the box lies outside, or has other channels, is not drawn.
    pub fn place(&mut self, picture: &EightBit, part: Part, canvas: &mut EightBit, into: PixelBox) {
        if picture.channels() != canvas.channels() {
            return;
        }
        // Only these two types of pixel are ever compiled: the library's own choice at run time brings dozens.
        match picture.channels() {
            Channels::Grey => self.convolve::<U8>(picture, part, canvas, into),
            Channels::Rgb => self.convolve::<U8x3>(picture, part, canvas, into),
        }
    }

    fn convolve<P: InnerPixel + fir::PixelTrait>(
        &mut self,
        picture: &EightBit,
        part: Part,
        canvas: &mut EightBit,
        into: PixelBox,
    ) {
        const COMPLETE: &str = "a picture has as many samples as its sides say";
        let filter = filter(part, into);
        let options = fir::ResizeOptions::new()
            .resize_alg(fir::ResizeAlg::Convolution(filter))
            .use_alpha(false)
            .crop(part.x, part.y, part.width, part.height);
        let (width, height) = (picture.width() as u32, picture.height() as u32);
        let source = TypedImageRef::<P>::from_buffer(width, height, picture.samples()).expect(COMPLETE);
        let (width, height) = (canvas.width() as u32, canvas.height() as u32);
        let mut target = TypedImage::<P>::from_buffer(width, height, canvas.samples_mut()).expect(COMPLETE);
        let [left, top, width, height] = [into.x, into.y, into.width, into.height].map(|side| side as u32);
        if let Ok(mut window) = TypedCroppedImageMut::from_ref(&mut target, left, top, width, height)
            && let Err(outside) = self.engine.resize_typed(&source, &mut window, &options)
        {
            tracing::debug!(%outside, "nothing drawn");
        }
    }
}

/// Hamming looks like bicubic when pixels get fewer and costs like bilinear; where they get more it would show steps.
fn filter(part: Part, into: PixelBox) -> fir::FilterType {
    if into.width as f64 <= part.width && into.height as f64 <= part.height {
        fir::FilterType::Hamming
    } else {
        fir::FilterType::Bilinear
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ramp(width: usize, height: usize) -> EightBit {
        let samples = (0..width * height).flat_map(|i| [(i % width) as u8, (i / width) as u8, 90]).collect();
        EightBit::new(width, height, Channels::Rgb, samples).unwrap()
    }

    fn pixel(picture: &EightBit, x: usize, y: usize) -> &[u8] {
        let at = (y * picture.width() + x) * picture.channels().count();
        &picture.samples()[at..at + picture.channels().count()]
    }

    #[test]
    fn halving_a_ramp_keeps_its_course() {
        let half = Resizer::new().resize(&ramp(200, 100), 100, 50);
        for (x, y) in [(10, 10), (50, 25), (90, 40)] {
            let [red, green, blue] = pixel(&half, x, y) else { panic!("no colour") };
            assert!(
                red.abs_diff(2 * x as u8) <= 1 && green.abs_diff(2 * y as u8) <= 1,
                "{red} {green} at {x}, {y}"
            );
            assert_eq!(*blue, 90);
        }
    }

    #[test]
    fn grey_stays_grey_and_the_same_size_stays_the_same() {
        let mut resizer = Resizer::new();
        let grey = EightBit::filled(30, 20, Channels::Grey, [77; 3]);
        assert_eq!(resizer.resize(&grey, 7, 50), EightBit::filled(7, 50, Channels::Grey, [77; 3]));
        assert_eq!(resizer.resize(&ramp(9, 9), 9, 9), ramp(9, 9));
    }

    #[test]
    fn a_part_is_drawn_into_its_box_and_nowhere_else() {
        let mut canvas = EightBit::filled(80, 80, Channels::Rgb, [1, 2, 3]);
        let picture = EightBit::filled(160, 90, Channels::Rgb, [200; 3]);
        let into = PixelBox { x: 0, y: 17, width: 80, height: 45 };
        Resizer::new().place(&picture, Part::whole(&picture), &mut canvas, into);
        assert_eq!(pixel(&canvas, 40, 16), [1, 2, 3]);
        assert_eq!(pixel(&canvas, 0, 17), [200; 3]);
        assert_eq!(pixel(&canvas, 79, 61), [200; 3]);
        assert_eq!(pixel(&canvas, 40, 62), [1, 2, 3]);
    }

    #[test]
    fn what_lies_outside_is_not_drawn() {
        let mut canvas = EightBit::filled(8, 8, Channels::Rgb, [1, 2, 3]);
        let before = canvas.clone();
        let picture = ramp(9, 9);
        let outside = PixelBox { x: 4, y: 4, width: 8, height: 8 };
        Resizer::new().place(&picture, Part::whole(&picture), &mut canvas, outside);
        let beyond = Part { x: 5.0, y: 5.0, width: 9.0, height: 9.0 };
        Resizer::new().place(&picture, beyond, &mut canvas, PixelBox::whole(8, 8));
        assert_eq!(canvas, before);
    }

    proptest! {
        #[test]
        fn the_size_asked_for_is_the_size_given(width in 1usize..60, height in 1usize..60) {
            let resized = Resizer::new().resize(&ramp(31, 17), width, height);
            prop_assert_eq!((resized.width(), resized.height()), (width, height));
        }
    }
}
