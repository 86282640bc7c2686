//! Sample type, shape and scaling of an image, as its header has them. FITS 4.0 section 4.4.

use super::card::CardValue;
use super::header::Header;
use crate::pixel::{PixelBox, SampleType};

/// The sample types FITS stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bitpix {
    /// 8-bit unsigned.
    U8,
    /// 16-bit signed.
    I16,
    /// 32-bit signed.
    I32,
    /// 64-bit signed.
    I64,
    /// IEEE single.
    F32,
    /// IEEE double.
    F64,
}

impl Bitpix {
    /// The type of a `BITPIX` value, `None` for a value the standard does not have.
    pub fn from_code(code: i64) -> Option<Self> {
        Some(match code {
            8 => Self::U8,
            16 => Self::I16,
            32 => Self::I32,
            64 => Self::I64,
            -32 => Self::F32,
            -64 => Self::F64,
            _ => return None,
        })
    }

    /// The `BITPIX` value.
    pub fn code(self) -> i64 {
        match self {
            Self::U8 => 8,
            Self::I16 => 16,
            Self::I32 => 32,
            Self::I64 => 64,
            Self::F32 => -32,
            Self::F64 => -64,
        }
    }

    /// Bytes of one sample.
    pub fn bytes(self) -> usize {
        (self.code().unsigned_abs() / 8) as usize
    }

    /// Whether samples are IEEE floats.
    pub fn is_float(self) -> bool {
        self.code() < 0
    }

    /// How samples of a type are stored.
    pub(super) fn of(sample_type: SampleType) -> Self {
        match sample_type {
            SampleType::U8 => Self::U8,
            SampleType::I16 | SampleType::U16 => Self::I16,
            SampleType::I32 | SampleType::U32 => Self::I32,
            SampleType::I64 => Self::I64,
            SampleType::F32 => Self::F32,
            SampleType::F64 => Self::F64,
        }
    }

    /// The sample type under `BITPIX` or `ZBITPIX`.
    pub(super) fn read(header: &Header, keyword: &str) -> Result<Self, String> {
        let code = header.integer(keyword).ok_or_else(|| format!("{keyword} is missing"))?;
        Self::from_code(code).ok_or_else(|| format!("{keyword} = {code}"))
    }
}

/// Shape and scaling of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageHdu {
    /// Stored sample type (of a compressed image: after decompression).
    pub bitpix: Bitpix,
    /// `NAXIS1`, `NAXIS2`, …: none is 0.
    pub axes: Vec<usize>,
    /// Physical = `bzero` + `bscale` × stored.
    pub bscale: f64,
    /// See `bscale`.
    pub bzero: f64,
    /// The stored integer that means "no value"; `None` for floats.
    pub blank: Option<i64>,
}

impl ImageHdu {
    /// Scaling from the header, and what was read of it before.
    pub(super) fn read(header: &Header, bitpix: Bitpix, axes: Vec<usize>) -> Result<Self, String> {
        let factor = |keyword: &str, otherwise: f64| {
            if !header.contains(keyword) || header.value(keyword) == Some(CardValue::Undefined) {
                return Ok(otherwise);
            }
            header.real(keyword).ok_or_else(|| format!("{keyword} is no number"))
        };
        let blank = if bitpix.is_float() { None } else { header.integer("BLANK") };
        if axes.iter().try_fold(1_usize, |cells, &axis| cells.checked_mul(axis)).is_none() {
            return Err("the axes multiply to more than 64 bits".to_owned());
        }
        Ok(Self { bitpix, axes, bscale: factor("BSCALE", 1.0)?, bzero: factor("BZERO", 0.0)?, blank })
    }

    /// Columns (`NAXIS1`).
    pub fn width(&self) -> usize {
        self.axes.first().copied().unwrap_or(1)
    }

    /// Rows (`NAXIS2`; 1 for a spectrum).
    pub fn height(&self) -> usize {
        self.axes.get(1).copied().unwrap_or(1)
    }

    /// Planes: the product of all further axes.
    pub fn planes(&self) -> usize {
        self.axes.iter().skip(2).product()
    }

    /// Bytes of one stored row.
    pub fn row_bytes(&self) -> usize {
        self.width() * self.bitpix.bytes()
    }

    /// Whether values are stored as they are.
    pub fn is_unscaled(&self) -> bool {
        self.bscale.to_bits() == 1.0_f64.to_bits() && self.bzero == 0.0
    }

    /// Whether `window` lies inside one plane.
    pub fn holds(&self, window: PixelBox) -> bool {
        let inside = |start: usize, length: usize, axis: usize| {
            length > 0 && start.checked_add(length).is_some_and(|end| end <= axis)
        };
        inside(window.x, window.width, self.width()) && inside(window.y, window.height, self.height())
    }
}

/// The axis lengths under `NAXIS` or `ZNAXIS`.
pub(super) fn axes(header: &Header, naxis: &str) -> Result<Vec<usize>, String> {
    let count = header.integer(naxis).ok_or_else(|| format!("{naxis} is missing"))?;
    if !(0..=999).contains(&count) {
        return Err(format!("{naxis} = {count}"));
    }
    (1..=count)
        .map(|n| {
            let keyword = format!("{naxis}{n}");
            let length = header.integer(&keyword).ok_or_else(|| format!("{keyword} is missing"))?;
            usize::try_from(length).map_err(|_| format!("{keyword} = {length}"))
        })
        .collect()
}
