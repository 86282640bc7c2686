//! Tables as FITS binary tables (FITS 4.0 §7.3). Their header says how many rows there are and how wide each column
//! is, so all rows are held until the last.

use super::field::ascii;
use super::{Datatype, Ending, Field, Value};
use crate::fits::Header;
use crate::fits::create::{Column, ColumnValues, FitsWriter};

/// What stands for no integer (`TNULLn`).
const NO_INTEGER: i64 = i64::MIN;

/// A binary table being filled.
#[derive(Debug)]
pub(super) struct BinaryTable {
    fields: &'static [Field],
    columns: Vec<ColumnValues>,
}

impl BinaryTable {
    pub(super) fn new(fields: &'static [Field]) -> Self {
        let column = |field: &Field| match field.datatype {
            Datatype::Text => ColumnValues::Text(Vec::new()),
            Datatype::Boolean => ColumnValues::Logical(Vec::new()),
            Datatype::Int | Datatype::Long => ColumnValues::I64(Vec::new()),
            Datatype::Double => ColumnValues::F64(Vec::new()),
            Datatype::DoubleArray(_) | Datatype::DoubleList => ColumnValues::F64Arrays(Vec::new()),
        };
        Self { fields, columns: fields.iter().map(column).collect() }
    }

    /// A row; what does not fit its column counts as nothing.
    pub(super) fn row(&mut self, values: &[Value<'_>]) {
        for (column, value) in self.columns.iter_mut().zip(values) {
            match (column, value) {
                (ColumnValues::Text(column), Value::Text(text)) => column.push(ascii(text).into_owned()),
                (ColumnValues::Text(column), _) => column.push(String::new()),
                (ColumnValues::Logical(column), Value::Boolean(value)) => column.push(Some(*value)),
                (ColumnValues::Logical(column), _) => column.push(None),
                (ColumnValues::I64(column), Value::Integer(value)) => column.push(*value),
                (ColumnValues::I64(column), _) => column.push(NO_INTEGER),
                (ColumnValues::F64(column), Value::Double(value)) => column.push(*value),
                (ColumnValues::F64(column), _) => column.push(f64::NAN),
                (ColumnValues::F64Arrays(column), Value::Doubles(values)) => column.push(values.to_vec()),
                (ColumnValues::F64Arrays(column), _) => column.push(Vec::new()),
                (ColumnValues::F32(column), _) => column.push(f32::NAN),
            }
        }
    }

    /// The whole file; empty only if a table could not be made of these columns, which have as many rows each.
    pub(super) fn finish(self, ending: &Ending) -> Vec<u8> {
        let mut header = Header::new();
        header.set_text("EXTNAME", "results", "");
        header.set_logical("OVERFLOW", *ending == Ending::Overflow, "T when there are more rows than these");
        for (number, field) in (1..).zip(self.fields) {
            if matches!(field.datatype, Datatype::Int | Datatype::Long) {
                header.set_integer(&format!("TNULL{number}"), NO_INTEGER, "");
            }
            if !field.ucd.is_empty() {
                header.set_text(&format!("TUCD{number}"), field.ucd, "");
            }
        }
        let columns: Vec<Column> = self
            .fields
            .iter()
            .zip(self.columns)
            .map(|(field, values)| Column { name: field.name, unit: field.unit, values })
            .collect();
        let mut file = Vec::new();
        if let Ok(table) = FitsWriter::new().table(&header, &columns) {
            // Writing to memory does not fail.
            let _ = table.write_to(&mut file);
        }
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fits::{FitsFile, HduIndex};
    use crate::pixel::Limits;

    static FIELDS: [Field; 4] = [
        Field::new("name", Datatype::Text, "meta.id"),
        Field::new("size", Datatype::Long, ""),
        Field::new("ra", Datatype::Double, "pos.eq.ra").unit("deg"),
        Field::new("region", Datatype::DoubleList, ""),
    ];

    #[test]
    fn columns_are_as_wide_as_their_widest_value() {
        let mut table = BinaryTable::new(&FIELDS);
        table.row(&[Value::Text("abc".into()), Value::Null, Value::Double(1.5), Value::Null]);
        table.row(&[
            Value::Null,
            Value::Integer(7),
            Value::Null,
            Value::Doubles([1.0, 2.0].as_slice().into()),
        ]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.fits");
        std::fs::write(&path, table.finish(&Ending::Overflow)).unwrap();
        let file = FitsFile::open(&path, &Limits::default()).unwrap();
        let hdu = file.hdu(HduIndex(1)).unwrap();
        let form = |number: u32| hdu.header.text(&format!("TFORM{number}")).unwrap();
        assert_eq!([form(1), form(2), form(3), form(4)], ["3A", "1K", "1D", "2D"]);
        assert_eq!(hdu.header.integer("TNULL2"), Some(i64::MIN));
        assert_eq!(hdu.header.logical("OVERFLOW"), Some(true));
        let mut row = [0; 2 * 35];
        file.read_exact_at(&mut row, hdu.data_offset).unwrap();
        assert_eq!(&row[..3], b"abc");
        assert_eq!(&row[3..11], i64::MIN.to_be_bytes());
        assert_eq!(&row[11..19], 1.5_f64.to_be_bytes());
        assert!(f64::from_be_bytes(row[19..27].try_into().unwrap()).is_nan());
        assert_eq!(&row[35..38], b"\0\0\0");
        assert_eq!(&row[54..70], [1.0_f64.to_be_bytes(), 2.0_f64.to_be_bytes()].concat());
    }
}
