//! 8-bit pictures at other sizes, for live cameras.

use fast_image_resize as fir;

use super::codec::{Channels, EightBit};

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
        self.convolve(picture, &mut resized);
        resized
    }

    /// The picture as large as fits into `width` x `height` with its aspect ratio kept, in the middle of a canvas of
    /// exactly that size; the rest is `colour`.
    pub fn fit(&mut self, picture: &EightBit, width: usize, height: usize, colour: [u8; 3]) -> EightBit {
        let (width, height) = (width.max(1), height.max(1));
        let (inner_width, inner_height) = fitted(picture.width(), picture.height(), width, height);
        let inner = self.resize(picture, inner_width, inner_height);
        if (inner_width, inner_height) == (width, height) {
            return inner;
        }
        let mut canvas = EightBit::filled(width, height, picture.channels(), colour);
        canvas.place(&inner, (width - inner_width) / 2, (height - inner_height) / 2);
        canvas
    }

    /// Fills `target`, which has the channels of `source`.
    fn convolve(&mut self, source: &EightBit, target: &mut EightBit) {
        const COMPLETE: &str = "a picture has as many samples as its sides say";
        let pixels = pixel_type(source.channels());
        let algorithm = fir::ResizeAlg::Convolution(filter(source, target));
        let options = fir::ResizeOptions::new().resize_alg(algorithm).use_alpha(false);
        let (width, height) = (source.width() as u32, source.height() as u32);
        let source = fir::images::ImageRef::new(width, height, source.samples(), pixels).expect(COMPLETE);
        let (width, height) = (target.width() as u32, target.height() as u32);
        let mut target =
            fir::images::Image::from_slice_u8(width, height, target.samples_mut(), pixels).expect(COMPLETE);
        self.engine.resize(&source, &mut target, &options).expect("same type of pixel, nothing is cropped");
    }
}

/// The largest sides with the aspect ratio of `width` x `height` inside `into_width` x `into_height`, each rounded to
/// the nearest pixel and at least 1.
pub fn fitted(width: usize, height: usize, into_width: usize, into_height: usize) -> (usize, usize) {
    let (w, h) = (width.max(1) as u128, height.max(1) as u128);
    let (into_w, into_h) = (into_width.max(1) as u128, into_height.max(1) as u128);
    let nearest =
        |numerator: u128, denominator: u128| ((2 * numerator + denominator) / (2 * denominator)).max(1);
    let (w, h) = if w * into_h >= h * into_w {
        (into_w, nearest(h * into_w, w).min(into_h))
    } else {
        (nearest(w * into_h, h).min(into_w), into_h)
    };
    (w as usize, h as usize)
}

/// Hamming looks like bicubic when pixels get fewer and costs like bilinear; where they get more it would show steps.
fn filter(source: &EightBit, target: &EightBit) -> fir::FilterType {
    if target.width() <= source.width() && target.height() <= source.height() {
        fir::FilterType::Hamming
    } else {
        fir::FilterType::Bilinear
    }
}

fn pixel_type(channels: Channels) -> fir::PixelType {
    match channels {
        Channels::Grey => fir::PixelType::U8,
        Channels::Rgb => fir::PixelType::U8x3,
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
    fn a_wide_picture_gets_bars_above_and_below() {
        let canvas =
            Resizer::new().fit(&EightBit::filled(160, 90, Channels::Rgb, [200; 3]), 80, 80, [1, 2, 3]);
        assert_eq!((canvas.width(), canvas.height()), (80, 80));
        assert_eq!(pixel(&canvas, 40, 16), [1, 2, 3]);
        assert_eq!(pixel(&canvas, 0, 17), [200; 3]);
        assert_eq!(pixel(&canvas, 79, 61), [200; 3]);
        assert_eq!(pixel(&canvas, 40, 62), [1, 2, 3]);
    }

    #[test]
    fn extreme_shapes_keep_at_least_one_pixel() {
        assert_eq!(fitted(10_000, 1, 100, 100), (100, 1));
        assert_eq!(fitted(1, 10_000, 100, 100), (1, 100));
        assert_eq!(fitted(1920, 1080, 640, 480), (640, 360));
        assert_eq!(fitted(0, 0, 0, 0), (1, 1));
    }

    proptest! {
        #[test]
        fn a_fitted_picture_touches_two_borders_and_crosses_none(
            width in 1usize..5000, height in 1usize..5000, into_width in 1usize..5000, into_height in 1usize..5000,
        ) {
            let (w, h) = fitted(width, height, into_width, into_height);
            prop_assert!(w <= into_width && h <= into_height);
            prop_assert!(w == into_width || h == into_height);
        }

        #[test]
        fn the_size_asked_for_is_the_size_given(width in 1usize..60, height in 1usize..60) {
            let resized = Resizer::new().resize(&ramp(31, 17), width, height);
            prop_assert_eq!((resized.width(), resized.height()), (width, height));
            let fitted = Resizer::new().fit(&ramp(31, 17), width, height, [0; 3]);
            prop_assert_eq!((fitted.width(), fitted.height()), (width, height));
        }
    }
}
