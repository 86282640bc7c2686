//! Samples in the type a file stores.

use ndarray::Array3;

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
    /// 64-bit signed (BITPIX 64).
    I64,
    /// IEEE single (BITPIX -32).
    F32,
    /// IEEE double (BITPIX -64).
    F64,
}

/// An image in memory: shape (planes, rows, columns), row 0 first in the file, one plane (grey) or three (R, G, B).
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
    /// 64-bit signed samples.
    I64(Array3<i64>),
    /// Single-precision samples; NaN where there is no value.
    F32(Array3<f32>),
    /// Double-precision samples; NaN where there is no value.
    F64(Array3<f64>),
}
