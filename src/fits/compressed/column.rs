//! Columns of the table a compressed image is stored in: fixed-width numbers, and descriptors of bytes in the heap.
//! FITS 4.0 section 7.3.

use crate::fits::header::Header;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Where it starts in a row.
    offset: usize,
    /// What it holds: the letter of its `TFORM`.
    letter: u8,
    /// For a variable-length column (`P` or `Q`) the letter of its elements.
    element: Option<u8>,
}

/// Where bytes of the heap are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// From the start of the heap.
    pub(super) offset: u64,
    /// How many.
    pub(super) bytes: u64,
}

impl Column {
    /// The descriptor of a variable-length cell: element count and offset become bytes; `None` for none.
    pub(super) fn extent(&self, row: &[u8]) -> Result<Option<Extent>, String> {
        let element_bytes =
            self.element.and_then(width).ok_or("tiles are not in a variable-length column")?;
        let pair = if self.letter == b'P' {
            big_endian::<4>(row, self.offset)
                .zip(big_endian::<4>(row, self.offset + 4))
                .map(|(n, at)| (i64::from(i32::from_be_bytes(n)), i64::from(i32::from_be_bytes(at))))
        } else {
            big_endian::<8>(row, self.offset)
                .zip(big_endian::<8>(row, self.offset + 8))
                .map(|(n, at)| (i64::from_be_bytes(n), i64::from_be_bytes(at)))
        };
        let (elements, offset) = pair.ok_or("a row is shorter than its columns")?;
        if elements == 0 {
            return Ok(None);
        }
        let bytes = u64::try_from(elements).ok().and_then(|n| n.checked_mul(element_bytes as u64));
        let extent = bytes.zip(u64::try_from(offset).ok()).map(|(bytes, offset)| Extent { offset, bytes });
        extent.map(Some).ok_or_else(|| "a tile descriptor is negative".to_owned())
    }

    /// The number in a fixed-width cell.
    pub(super) fn real(&self, row: &[u8]) -> Option<f64> {
        match self.letter {
            b'D' => big_endian(row, self.offset).map(f64::from_be_bytes),
            b'E' => big_endian(row, self.offset).map(|b| f64::from(f32::from_be_bytes(b))),
            b'J' => big_endian(row, self.offset).map(|b| f64::from(i32::from_be_bytes(b))),
            b'K' => big_endian(row, self.offset).map(|b| i64::from_be_bytes(b) as f64),
            b'I' => big_endian(row, self.offset).map(|b| f64::from(i16::from_be_bytes(b))),
            _ => None,
        }
    }
}

fn big_endian<const N: usize>(row: &[u8], at: usize) -> Option<[u8; N]> {
    row.get(at..at + N)?.try_into().ok()
}

/// The named columns and where they are; their widths must fit the row.
pub(super) fn columns(header: &Header, row_bytes: usize) -> Result<Vec<(String, Column)>, String> {
    let fields = count(header, "TFIELDS")?;
    if fields > 999 {
        return Err(format!("TFIELDS = {fields}"));
    }
    let mut found = Vec::with_capacity(fields);
    let mut offset = 0_usize;
    for n in 1..=fields {
        let form = header.text(&format!("TFORM{n}")).ok_or_else(|| format!("TFORM{n} is missing"))?;
        let (cell_bytes, letter, element) =
            form_of(form.trim()).ok_or_else(|| format!("TFORM{n} = {form}"))?;
        let name = header.text(&format!("TTYPE{n}")).unwrap_or_default();
        found.push((name.trim().to_ascii_uppercase(), Column { offset, letter, element }));
        offset = offset
            .checked_add(cell_bytes)
            .filter(|&end| end <= row_bytes)
            .ok_or("columns wider than the row")?;
    }
    Ok(found)
}

/// Bytes of a cell, its letter, and the element letter of a variable-length form such as `1PB(120)`.
fn form_of(form: &str) -> Option<(usize, u8, Option<u8>)> {
    let digits = form.bytes().take_while(u8::is_ascii_digit).count();
    let repeat: usize = if digits == 0 { 1 } else { form[..digits].parse().ok()? };
    let mut letters = form[digits..].bytes();
    let letter = letters.next()?;
    let element = matches!(letter, b'P' | b'Q').then(|| letters.next()).flatten();
    let cell = match letter {
        b'X' => repeat.div_ceil(8),
        _ => repeat.checked_mul(width(letter)?)?,
    };
    Some((cell, letter, element))
}

/// Bytes of one element.
fn width(letter: u8) -> Option<usize> {
    Some(match letter {
        b'L' | b'B' | b'A' => 1,
        b'I' => 2,
        b'J' | b'E' => 4,
        b'K' | b'D' | b'C' | b'P' => 8,
        b'M' | b'Q' => 16,
        _ => return None,
    })
}

/// The keyword's number, which must be there and not be negative.
pub(super) fn count(header: &Header, keyword: &str) -> Result<usize, String> {
    let value = header.integer(keyword).and_then(|value| usize::try_from(value).ok());
    value.ok_or_else(|| format!("{keyword} is missing or negative"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_have_their_widths() {
        assert_eq!(form_of("1PB(120)"), Some((8, b'P', Some(b'B'))));
        assert_eq!(form_of("QI"), Some((16, b'Q', Some(b'I'))));
        assert_eq!(form_of("17X"), Some((3, b'X', None)));
        assert_eq!(form_of("1D"), Some((8, b'D', None)));
        assert_eq!(form_of("5"), None);
        assert_eq!(form_of("1Z"), None);
    }
}
