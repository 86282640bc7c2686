//! The serialization `BINARY2` (VOTable 1.4 §5.4): null flags and big-endian values, in base64.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::field::{Datatype, Field, Value, ascii};

/// Rows being packed. Base64 turns three bytes into four characters, so up to two bytes wait for the next row.
#[derive(Debug, Default)]
pub(super) struct Binary2 {
    waiting: Vec<u8>,
}

impl Binary2 {
    /// Packs a row and gives what of it can be sent.
    pub(super) fn row(&mut self, fields: &[Field], values: &[Value<'_>]) -> String {
        let mut flags = vec![0_u8; fields.len().div_ceil(8)];
        for (column, value) in values.iter().enumerate() {
            if matches!(value, Value::Null) {
                flags[column / 8] |= 0x80 >> (column % 8);
            }
        }
        self.waiting.extend(flags);
        for (field, value) in fields.iter().zip(values) {
            self.cell(field.datatype, value);
        }
        let whole = self.waiting.len() / 3 * 3;
        let ready: Vec<u8> = self.waiting.drain(..whole).collect();
        BASE64_STANDARD.encode(ready)
    }

    /// The end of the stream.
    pub(super) fn finish(&mut self) -> String {
        BASE64_STANDARD.encode(std::mem::take(&mut self.waiting))
    }

    /// A cell; what does not fit its column counts as nothing, which the null flag has said already.
    fn cell(&mut self, datatype: Datatype, value: &Value<'_>) {
        let out = &mut self.waiting;
        let count = |length: usize| (length as u32).to_be_bytes();
        match (datatype, value) {
            (Datatype::Text, Value::Text(text)) => {
                let text = ascii(text);
                out.extend(count(text.len()));
                out.extend(text.as_bytes());
            }
            (Datatype::DoubleList, Value::Doubles(values)) => {
                out.extend(count(values.len()));
                out.extend(values.iter().flat_map(|value| value.to_be_bytes()));
            }
            (Datatype::Text | Datatype::DoubleList, _) => out.extend(count(0)),
            (Datatype::DoubleArray(length), Value::Doubles(values)) if values.len() == length => {
                out.extend(values.iter().flat_map(|value| value.to_be_bytes()));
            }
            (Datatype::DoubleArray(length), _) => {
                out.extend(std::iter::repeat_n(f64::NAN.to_be_bytes(), length).flatten());
            }
            (Datatype::Boolean, Value::Boolean(value)) => out.push(if *value { b'T' } else { b'F' }),
            (Datatype::Boolean, _) => out.push(b'?'),
            (Datatype::Int, Value::Integer(value)) => {
                out.extend(i32::try_from(*value).unwrap_or(i32::MAX).to_be_bytes());
            }
            (Datatype::Int, _) => out.extend(0_i32.to_be_bytes()),
            (Datatype::Long, Value::Integer(value)) => out.extend(value.to_be_bytes()),
            (Datatype::Long, _) => out.extend(0_i64.to_be_bytes()),
            (Datatype::Double, Value::Double(value)) => out.extend(value.to_be_bytes()),
            (Datatype::Double, _) => out.extend(f64::NAN.to_be_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_flags_and_big_endian_values() {
        let fields = [
            Field::new("a", Datatype::Text, ""),
            Field::new("b", Datatype::Int, ""),
            Field::new("c", Datatype::Double, ""),
            Field::new("d", Datatype::DoubleList, ""),
        ];
        let mut binary = Binary2::default();
        let mut text = binary.row(
            &fields,
            &[
                Value::Text("ab".into()),
                Value::Null,
                Value::Double(1.0),
                Value::Doubles([2.0].as_slice().into()),
            ],
        );
        text += &binary.finish();
        let bytes = BASE64_STANDARD.decode(text).unwrap();
        let expected = [
            &[0b0100_0000, 0, 0, 0, 2, b'a', b'b', 0, 0, 0, 0][..],
            &1.0_f64.to_be_bytes(),
            &[0, 0, 0, 1],
            &2.0_f64.to_be_bytes(),
        ]
        .concat();
        assert_eq!(bytes, expected);
    }
}
