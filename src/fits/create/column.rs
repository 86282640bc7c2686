//! Columns of the binary tables we write: 64-bit integers and reals. FITS 4.0 section 7.3.

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
}

impl ColumnValues {
    /// Number of values.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::I64(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// `TFORMn` and bytes per row.
    pub(super) fn form(&self) -> (&'static str, usize) {
        match self {
            Self::I64(_) => ("1K", 8),
            Self::F32(_) => ("1E", 4),
            Self::F64(_) => ("1D", 8),
        }
    }

    /// Appends a row's value, big-endian.
    pub(super) fn push_bytes(&self, row: usize, out: &mut Vec<u8>) {
        match self {
            Self::I64(values) => out.extend_from_slice(&values[row].to_be_bytes()),
            Self::F32(values) => out.extend_from_slice(&values[row].to_be_bytes()),
            Self::F64(values) => out.extend_from_slice(&values[row].to_be_bytes()),
        }
    }
}
