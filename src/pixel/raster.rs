//! Samples in the type a file stores.

use ndarray::{Array3, s};

use super::PixelBox;
use super::scanlines::Shape;

/// The sample types a FITS image may hold once `BZERO` tricks for unsigned integers are undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SampleType {
    /// 8-bit unsigned (BITPIX 8).
    U8,
    /// 16-bit signed (BITPIX 16).
    I16,
    /// 16-bit unsigned (BITPIX 16, BZERO 32768).
    U16,
    /// 32-bit signed (BITPIX 32).
    I32,
    /// 32-bit unsigned (BITPIX 32, BZERO 2147483648).
    U32,
    /// 64-bit signed (BITPIX 64).
    I64,
    /// IEEE single (BITPIX -32).
    F32,
    /// IEEE double (BITPIX -64).
    F64,
}

/// An image in memory: shape (planes, rows, columns), row 0 first in the file; three planes are R, G, B.
#[derive(Clone, Debug, PartialEq)]
pub enum Raster {
    /// 8-bit unsigned samples.
    U8(Array3<u8>),
    /// 16-bit signed samples.
    I16(Array3<i16>),
    /// 16-bit unsigned samples.
    U16(Array3<u16>),
    /// 32-bit signed samples.
    I32(Array3<i32>),
    /// 32-bit unsigned samples.
    U32(Array3<u32>),
    /// 64-bit signed samples.
    I64(Array3<i64>),
    /// Single-precision samples; NaN where there is no value.
    F32(Array3<f32>),
    /// Double-precision samples; NaN where there is no value.
    F64(Array3<f64>),
}

/// Evaluates `$work` on the array within, whatever its type.
macro_rules! on_samples {
    ($raster:expr, $array:ident => $work:expr) => {
        match $raster {
            Raster::U8($array) => $work,
            Raster::I16($array) => $work,
            Raster::U16($array) => $work,
            Raster::I32($array) => $work,
            Raster::U32($array) => $work,
            Raster::I64($array) => $work,
            Raster::F32($array) => $work,
            Raster::F64($array) => $work,
        }
    };
}

/// Evaluates `$work` on the array within and wraps the result in the same type again.
macro_rules! map_samples {
    ($raster:expr, $array:ident => $work:expr) => {
        match $raster {
            Raster::U8($array) => Raster::U8($work),
            Raster::I16($array) => Raster::I16($work),
            Raster::U16($array) => Raster::U16($work),
            Raster::I32($array) => Raster::I32($work),
            Raster::U32($array) => Raster::U32($work),
            Raster::I64($array) => Raster::I64($work),
            Raster::F32($array) => Raster::F32($work),
            Raster::F64($array) => Raster::F64($work),
        }
    };
}

impl Raster {
    /// The type of its samples.
    pub fn sample_type(&self) -> SampleType {
        match self {
            Self::U8(_) => SampleType::U8,
            Self::I16(_) => SampleType::I16,
            Self::U16(_) => SampleType::U16,
            Self::I32(_) => SampleType::I32,
            Self::U32(_) => SampleType::U32,
            Self::I64(_) => SampleType::I64,
            Self::F32(_) => SampleType::F32,
            Self::F64(_) => SampleType::F64,
        }
    }

    /// Its extent. A raster may have any number of planes.
    pub fn shape(&self) -> Shape {
        let (planes, rows, columns) = on_samples!(self, samples => samples.dim());
        Shape { planes, rows, columns }
    }

    /// A copy of the pixels in `part`, in every plane; `None` when it sticks out.
    pub fn window(&self, part: PixelBox) -> Option<Self> {
        let Shape { rows, columns, .. } = self.shape();
        let PixelBox { x, y, width, height } = part;
        part.fits_in(columns, rows).then(
            || map_samples!(self, samples => samples.slice(s![.., y..y + height, x..x + width]).to_owned()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbered(rows: usize, columns: usize) -> Raster {
        Raster::I32(Array3::from_shape_fn((2, rows, columns), |(p, r, c)| (p * 10_000 + r * 100 + c) as i32))
    }

    #[test]
    fn a_window_keeps_type_and_planes_and_must_lie_inside() {
        let raster = numbered(10, 20);
        let part = PixelBox { x: 3, y: 4, width: 2, height: 1 };
        let Some(Raster::I32(samples)) = raster.window(part) else { panic!("no window of the same type") };
        assert_eq!(samples.iter().copied().collect::<Vec<_>>(), [403, 404, 10_403, 10_404]);
        assert!(raster.window(PixelBox { x: 19, ..part }).is_none());
        assert!(raster.window(PixelBox { y: usize::MAX, ..part }).is_none());
    }

    proptest! {
        #[test]
        fn a_window_of_a_window_is_a_window(
            (x, y, width, height) in (0usize..5, 0usize..5, 1usize..6, 1usize..6),
            (dx, dy) in (0usize..5, 0usize..5),
        ) {
            let raster = numbered(10, 10);
            let outer = PixelBox { x, y, width, height };
            let (dx, dy) = (dx % width, dy % height);
            let inner = PixelBox { x: dx, y: dy, width: width - dx, height: height - dy };
            let direct = PixelBox { x: x + dx, y: y + dy, ..inner };
            prop_assert_eq!(raster.window(outer).unwrap().window(inner), raster.window(direct));
        }
    }
}
