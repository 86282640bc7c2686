//! Columns and the values in them.

use std::borrow::Cow;

/// The type of a column, as far as this dialect needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datatype {
    /// ASCII text of any length.
    Text,
    /// True or false.
    Boolean,
    /// 32-bit integer.
    Int,
    /// 64-bit integer.
    Long,
    /// Double-precision number.
    Double,
    /// That many double-precision numbers.
    DoubleArray(usize),
    /// Any number of double-precision numbers.
    DoubleList,
}

impl Datatype {
    /// The attributes `datatype` and `arraysize`.
    pub fn attributes(self) -> (&'static str, Option<Cow<'static, str>>) {
        match self {
            Self::Text => ("char", Some("*".into())),
            Self::Boolean => ("boolean", None),
            Self::Int => ("int", None),
            Self::Long => ("long", None),
            Self::Double => ("double", None),
            Self::DoubleArray(count) => ("double", Some(count.to_string().into())),
            Self::DoubleList => ("double", Some("*".into())),
        }
    }
}

/// A column: what VOTable calls a `FIELD`. Empty attributes are left out.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What others in the document refer to.
    pub id: &'static str,
    /// Its type.
    pub datatype: Datatype,
    /// Unit (VOUnits).
    pub unit: &'static str,
    /// Unified content descriptor.
    pub ucd: &'static str,
    /// Role in a data model.
    pub utype: &'static str,
    /// What the numbers or the text are: `polygon`, `timestamp`.
    pub xtype: &'static str,
    /// The coordinate or time system it is in.
    pub reference: &'static str,
    /// One sentence.
    pub description: &'static str,
}

impl Field {
    /// A column with a name, a type and a content descriptor.
    pub const fn new(name: &'static str, datatype: Datatype, ucd: &'static str) -> Self {
        Self { name, id: "", datatype, unit: "", ucd, utype: "", xtype: "", reference: "", description: "" }
    }

    /// The same with a unit.
    pub const fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// The same with a role in a data model.
    pub const fn utype(self, utype: &'static str) -> Self {
        Self { utype, ..self }
    }

    /// The same with a description.
    pub const fn description(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// The same, to be referred to by its name.
    pub const fn identified(self, id: &'static str) -> Self {
        Self { id, ..self }
    }

    /// The same in a coordinate or time system.
    pub const fn reference(self, reference: &'static str) -> Self {
        Self { reference, ..self }
    }

    /// The same with an extended type.
    pub const fn xtype(self, xtype: &'static str) -> Self {
        Self { xtype, ..self }
    }
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing is known.
    Null,
    /// Text; what is not ASCII is shown as `?`.
    Text(Cow<'a, str>),
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Double(f64),
    /// Numbers.
    Doubles(Cow<'a, [f64]>),
}

impl<'a> Value<'a> {
    /// Text that may be missing.
    pub fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.into()))
    }

    /// A number that may be missing; one that is not finite counts as missing.
    pub fn double(value: Option<f64>) -> Self {
        value.filter(|value| value.is_finite()).map_or(Self::Null, Self::Double)
    }

    /// A whole number that may be missing.
    pub fn integer<T: TryInto<i64>>(value: Option<T>) -> Self {
        value.and_then(|value| value.try_into().ok()).map_or(Self::Null, Self::Integer)
    }

    /// The cell as text.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => "".into(),
            Self::Text(text) => ascii(text),
            Self::Boolean(value) => if *value { "true" } else { "false" }.into(),
            Self::Integer(value) => value.to_string().into(),
            Self::Double(value) => double_text(*value).into(),
            Self::Doubles(values) => {
                values.iter().map(|value| double_text(*value)).collect::<Vec<_>>().join(" ").into()
            }
        }
    }
}

/// A number with as few digits as bring it back exactly.
pub fn double_text(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else if value != 0.0 && !(1e-4..1e15).contains(&value.abs()) {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

/// The text as the type `char` can carry it.
pub(super) fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        text.into()
    } else {
        text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect::<String>().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_exactly() {
        for value in [0.0, 1.0, 37.644_598, 1e-10, 5.474e-7, -359.999_999_999_9, 1e300, f64::MIN_POSITIVE] {
            assert_eq!(double_text(value).parse::<f64>().unwrap().to_bits(), value.to_bits(), "{value}");
        }
        assert_eq!(double_text(5.474e-7), "5.474e-7");
        assert_eq!([f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(double_text), ["+Inf", "-Inf", "NaN"]);
    }

    #[test]
    fn text_is_ascii() {
        assert_eq!(Value::text(Some("\u{3b1} Ori")).to_text(), "? Ori");
    }
}
