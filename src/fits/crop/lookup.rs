//! Distortions kept as tables of corrections over the image (`CPDISj`, `D2IMDISj`; distortion paper, section 3.4):
//! the tables are placed in pixels of the image, so they move along when it is cropped.

use super::Crop;
use crate::fits::card::CardValue;
use crate::fits::header::Header;

/// A table an image refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::fits) struct Reference {
    /// `EXTNAME` of the table.
    name: &'static str,
    /// `EXTVER` of the table.
    version: i64,
}

impl Reference {
    /// Whether the table under this header is meant.
    pub(in crate::fits) fn is_to(&self, table: &Header) -> bool {
        table.text("EXTNAME").is_some_and(|name| name.trim() == self.name)
            && table.integer("EXTVER").unwrap_or(1) == self.version
    }
}

/// The tables the header refers to.
///
/// # Errors
/// A distortion that is no table, or a table that cannot be told to move.
pub(super) fn references(header: &Header) -> Result<Vec<Reference>, String> {
    let mut found = Vec::new();
    for (kind, record, name) in [("CPDIS", "DP", "WCSDVARR"), ("D2IMDIS", "D2IM", "D2IMARR")] {
        for axis in [1, 2] {
            let keyword = format!("{kind}{axis}");
            let Some(method) = header.text(&keyword) else { continue };
            if !method.trim().eq_ignore_ascii_case("lookup") {
                return Err(format!("distortion {keyword} = {}", method.trim()));
            }
            let record = format!("{record}{axis}");
            let is_straight = [1.0, 2.0].into_iter().zip(["AXIS.1", "AXIS.2"]).all(|(number, field)| {
                field_of(header, &record, field).is_none_or(|axis| f64::total_cmp(&axis, &number).is_eq())
            });
            let version = field_of(header, &record, "EXTVER").unwrap_or(1.0);
            if !is_straight || version.fract() != 0.0 || version.abs() > 1e6 {
                return Err(format!("distortion table of {keyword}"));
            }
            let reference = Reference { name, version: version as i64 };
            if !found.contains(&reference) {
                found.push(reference);
            }
        }
    }
    for axis in 1..=2 {
        let keyword = format!("CQDIS{axis}");
        if header.contains(&keyword) {
            return Err(format!("distortion {keyword}"));
        }
    }
    if header.contains("D2IMEXT") {
        return Err("distortion D2IMEXT".to_owned());
    }
    Ok(found)
}

/// A field of a record-valued keyword: `DP1 = 'EXTVER: 2.0'`, or `DP1.EXTVER = 2.0`.
fn field_of(header: &Header, record: &str, field: &str) -> Option<f64> {
    let dotted = header.real(&format!("{record}.{field}"));
    dotted.or_else(|| {
        header.cards().filter(|card| card.keyword() == record).find_map(|card| {
            let Some(CardValue::Text(text)) = card.value() else { return None };
            let (name, value) = text.split_once(':')?;
            if name.trim() == field { value.trim().parse().ok() } else { None }
        })
    })
}

/// The table's header after its image was cropped: its reference values are pixels of the image.
pub(in crate::fits) fn moved(table: &Header, crop: Crop<'_>) -> Header {
    let mut header = table.clone();
    header.remove("CHECKSUM");
    for (keyword, axis) in [("CRVAL1", 1), ("CRVAL2", 2)] {
        let value = header.real(keyword).unwrap_or(0.0);
        header.set_real(keyword, value - crop.offset(axis) as f64, "");
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fits::card::text_card;
    use crate::pixel::AxisRun;

    fn header(lines: &[&str]) -> Header {
        Header::from_cards(lines.iter().map(|line| text_card(line)))
    }

    #[test]
    fn tables_are_found_through_records_of_both_spellings() {
        let hubble = header(&[
            "CPDIS1  = 'Lookup'",
            "DP1     = 'EXTVER: 1.0'",
            "DP1     = 'AXIS.1: 1.0'",
            "DP1     = 'AXIS.2: 2.0'",
            "CPDIS2  = 'LOOKUP'",
            "DP2     = 'EXTVER: 2.0'",
            "D2IMDIS1= 'Lookup'",
            "D2IM1   = 'EXTVER: 3'",
        ]);
        let reference = |name, version| Reference { name, version };
        assert_eq!(
            references(&hubble),
            Ok(vec![reference("WCSDVARR", 1), reference("WCSDVARR", 2), reference("D2IMARR", 3)])
        );
        assert_eq!(references(&header(&["CRPIX1  = 1.0"])), Ok(vec![]));
    }

    #[test]
    fn what_cannot_move_is_refused() {
        for lines in [
            &["CPDIS1  = 'Polynomial'"][..],
            &["CPDIS1  = 'Lookup'", "DP1     = 'AXIS.1: 2.0'"],
            &["D2IMEXT = 'a.fits'"],
            &["CQDIS1  = 'Lookup'"],
        ] {
            assert!(references(&header(lines)).is_err(), "{lines:?}");
        }
    }

    #[test]
    fn a_table_moves_in_its_reference_value() {
        let runs = [AxisRun { start: 10, length: 5 }, AxisRun { start: 20, length: 5 }];
        let moved = moved(&header(&["CRPIX1  = 1.0", "CRVAL1  = 100.0", "CRVAL2  = 0.5"]), Crop(&runs));
        assert_eq!([1, 2].map(|n| moved.real(&format!("CRVAL{n}"))), [Some(90.0), Some(-19.5)]);
        assert_eq!(moved.real("CRPIX1"), Some(1.0));
    }
}
