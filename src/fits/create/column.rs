//! Columns of the binary tables we write. FITS 4.0 section 7.3.

use std::borrow::Cow;

/// One column of a binary table.
#[derive(Clone, Debug)]
pub struct Column {
    /// `TTYPEn`.
    pub name: &'static str,
    /// `TUNITn`; left out when empty.
    pub unit: &'static str,
    /// The values, one per row.
    pub values: ColumnValues,
}

/// The values of a column; the variant decides `TFORMn`.
#[derive(Clone, Debug)]
pub enum ColumnValues {
    /// 64-bit integers (`1K`).
    I64(Vec<i64>),
    /// Single precision (`1E`).
    F32(Vec<f32>),
    /// Double precision (`1D`).
    F64(Vec<f64>),
    /// Arrays in double precision (`nD`), as long as the longest; the rest of shorter ones is NaN.
    F64Arrays(Vec<Vec<f64>>),
    /// Logical values (`1L`).
    Logical(Vec<Option<bool>>),
    /// ASCII text (`nA`), as long as the longest.
    Text(Vec<String>),
}

impl ColumnValues {
    /// Number of values.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::I64(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::F64Arrays(values) => values.len(),
            Self::Logical(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// `TFORMn` and bytes per row.
    pub(super) fn form(&self) -> (Cow<'static, str>, usize) {
        match self {
            Self::I64(_) => ("1K".into(), 8),
            Self::F32(_) => ("1E".into(), 4),
            Self::F64(_) => ("1D".into(), 8),
            Self::F64Arrays(values) => {
                let longest = values.iter().map(Vec::len).max().unwrap_or(0);
                (format!("{longest}D").into(), 8 * longest)
            }
            Self::Logical(_) => ("1L".into(), 1),
            Self::Text(values) => {
                let longest = values.iter().map(String::len).max().unwrap_or(0);
                (format!("{longest}A").into(), longest)
            }
        }
    }

    /// Appends a row's value, big-endian, in `width` bytes: those of [`Self::form`].
    pub(super) fn push_bytes(&self, row: usize, width: usize, out: &mut Vec<u8>) {
        let end = out.len() + width;
        match self {
            Self::I64(values) => out.extend_from_slice(&values[row].to_be_bytes()),
            Self::F32(values) => out.extend_from_slice(&values[row].to_be_bytes()),
            Self::F64(values) => out.extend_from_slice(&values[row].to_be_bytes()),
            Self::F64Arrays(values) => {
                let missing = (width / 8).saturating_sub(values[row].len());
                let whole = values[row].iter().copied().chain(std::iter::repeat_n(f64::NAN, missing));
                out.extend(whole.flat_map(f64::to_be_bytes));
            }
            Self::Logical(values) => out.push(values[row].map_or(0, |value| if value { b'T' } else { b'F' })),
            // Shorter text ends with a NUL.
            Self::Text(values) => out.extend_from_slice(values[row].as_bytes()),
        }
        out.resize(end, 0);
    }
}
