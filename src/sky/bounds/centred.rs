//! The box of a stated size around a position.

use thiserror::Error;

use super::EDGE_TOLERANCE_PX;
use crate::error::{Classified, ErrorKind};
use crate::pixel::{AxisRun, PixelBox};
use crate::sky::{SkyCoord, Wcs};

/// One side of a cutout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extent {
    /// In pixels of the image.
    Pixels(f64),
    /// In degrees on the sky.
    Degrees(f64),
}

/// A size that is not a positive number.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[error("a cutout cannot be {0} wide or high")]
pub struct CutoutSizeError(f64);

impl Classified for CutoutSizeError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

/// Width along axis 1 and height along axis 2 of a cutout, both positive and finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CutoutSize {
    width: Extent,
    height: Extent,
}

impl CutoutSize {
    /// A size from its sides.
    ///
    /// # Errors
    /// [`CutoutSizeError`] holds the side that is zero, negative or no number.
    pub fn new(width: Extent, height: Extent) -> Result<Self, CutoutSizeError> {
        for side in [width, height] {
            let (Extent::Pixels(value) | Extent::Degrees(value)) = side;
            if !(value > 0.0 && value.is_finite()) {
                return Err(CutoutSizeError(value));
            }
        }
        Ok(Self { width, height })
    }

    /// Extent along axis 1.
    pub fn width(self) -> Extent {
        self.width
    }

    /// Extent along axis 2.
    pub fn height(self) -> Extent {
        self.height
    }
}

impl Extent {
    /// In degrees, on pixels of this side.
    pub fn to_degrees(self, scale_deg: f64) -> f64 {
        match self {
            Self::Pixels(pixels) => pixels * scale_deg,
            Self::Degrees(degrees) => degrees,
        }
    }

    /// Whole pixels nearest the extent, at least one. More than any image has are as good as 2^40.
    fn to_pixels(self, scale_deg: f64) -> i64 {
        let pixels = match self {
            Self::Pixels(pixels) => pixels + 0.5,
            Self::Degrees(degrees) => degrees / scale_deg + 0.5 + EDGE_TOLERANCE_PX,
        };
        pixels.floor().clamp(1.0, (1_i64 << 40) as f64) as i64
    }
}

/// The window of `size` whose middle is nearest `centre`, trimmed to an image of `width` x `height` pixels;
/// `None` when nothing of it is left or the position does not project. The two sides are those along the celestial
/// axes of the image.
pub fn centred_box(
    wcs: &Wcs,
    centre: SkyCoord,
    size: CutoutSize,
    width: usize,
    height: usize,
) -> Option<PixelBox> {
    let [columns, rows] = centred_window(wcs, centre, size)?;
    PixelBox::of_runs(columns, rows, width, height)
}

/// The window of [`centred_box`] before it is trimmed.
///
/// With c the 0-based pixel of the centre and N pixels along an axis, the first is ⌊c - (N-1)/2 + ½ + ε⌋.
pub fn centred_window(wcs: &Wcs, centre: SkyCoord, size: CutoutSize) -> Option<[AxisRun; 2]> {
    let pixel = wcs.pixel_at(centre)?;
    let scale = wcs.pixel_scale_deg();
    Some([(pixel.x, size.width), (pixel.y, size.height)].map(|(position, side)| {
        let count = side.to_pixels(scale);
        let first = (position - 1.0) - (count - 1) as f64 / 2.0 + 0.5 + EDGE_TOLERANCE_PX;
        // Further away than any image is large, but still a number an i64 can hold.
        AxisRun { start: first.floor().clamp(-1e15, 1e15) as i64, length: count as usize }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sky::worked_examples::{COADD, E1, HEIGHT, P1, S1, WIDTH, Z1, wcs};

    fn arcsec(value: f64) -> Extent {
        Extent::Degrees(value / 3600.0)
    }

    /// The rows of the v1 box rule: header, position, size, bounds as FITS section.
    #[test]
    fn boxes_of_the_worked_examples() {
        use Extent::{Degrees, Pixels};
        for (row, header, (ra, dec), (w, h), expected) in [
            ("B1", E1, (150.0001, 2.0001), (arcsec(30.0), arcsec(45.0)), Some("186:215,129:173")),
            ("B2", E1, (150.0031, 2.0011), (Pixels(100.0), Pixels(101.0)), Some("140:239,104:204")),
            ("B3", E1, (150.053, 2.0401), (Pixels(100.0), Pixels(100.0)), Some("1:59,245:300")),
            ("B4", E1, (150.0001, 2.0001), (arcsec(60.0), arcsec(30.0)), Some("171:230,136:165")),
            ("B5", Z1, (359.999, 0.001), (arcsec(20.0), arcsec(30.0)), Some("251:290,129:188")),
            ("B6", P1, (200.0, 89.97), (arcsec(60.0), arcsec(60.0)), Some("163:192,275:300")),
            ("B7", S1, (209.99, 54.005), (Pixels(50.0), Pixels(40.0)), Some("192:241,138:177")),
            ("B8", S1, (209.99, 54.005), (arcsec(20.0), arcsec(10.0)), Some("190:243,145:171")),
            ("B9", E1, (150.06, 2.0), (arcsec(10.0), arcsec(10.0)), None),
            ("B10", E1, (150.0001, 2.0001), (Degrees(0.01), Degrees(0.01)), Some("183:218,133:168")),
        ] {
            let size = CutoutSize::new(w, h).unwrap();
            let found = centred_box(&wcs(header), SkyCoord::new(ra, dec).unwrap(), size, WIDTH, HEIGHT);
            assert_eq!(found.map(PixelBox::to_fits_section).as_deref(), expected, "{row}");
        }
    }

    /// I20 and I21: the requests of the archive's own documentation.
    #[test]
    fn boxes_on_a_coadd() {
        let centre = SkyCoord::new(9.47103, -1.181_766).unwrap();
        for (size, expected) in [
            ((arcsec(30.0), arcsec(45.0)), "114:189,95:208"),
            ((Extent::Pixels(100.0), Extent::Pixels(100.0)), "102:201,102:201"),
        ] {
            let size = CutoutSize::new(size.0, size.1).unwrap();
            let found = centred_box(&wcs(COADD), centre, size, 300, 300).unwrap();
            assert_eq!(found.to_fits_section(), expected);
        }
    }

    #[test]
    fn a_size_is_at_least_a_pixel_and_at_most_the_image() {
        let wcs = wcs(E1);
        let centre = SkyCoord::new(150.0, 2.0).unwrap();
        let box_of = |side| centred_box(&wcs, centre, CutoutSize::new(side, side).unwrap(), WIDTH, HEIGHT);
        assert_eq!(box_of(Extent::Pixels(1e-9)).unwrap().pixels(), 1);
        assert_eq!(box_of(Extent::Degrees(1e300)), Some(PixelBox::whole(WIDTH, HEIGHT)));
        assert_eq!(box_of(Extent::Pixels(1e300)), Some(PixelBox::whole(WIDTH, HEIGHT)));
    }

    #[test]
    fn a_size_that_is_no_size_is_refused() {
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(CutoutSize::new(Extent::Pixels(1.0), Extent::Degrees(value)).is_err(), "{value}");
        }
    }

    #[test]
    fn a_position_behind_the_image_has_no_box() {
        let size = CutoutSize::new(Extent::Pixels(10.0), Extent::Pixels(10.0)).unwrap();
        assert_eq!(centred_box(&wcs(E1), SkyCoord::new(330.0, -2.0).unwrap(), size, WIDTH, HEIGHT), None);
    }
}
