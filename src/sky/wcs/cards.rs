//! The WCS keywords of a header, read from its raw cards as leniently as astronomers' software writes them.
//!
//! Tolerated: Fortran exponents (`1.0D-4`), numbers in quotes, lower-case keywords and values, a missing blank
//! after `=`, a missing END card. Of repeated keywords the last counts, as in wcslib.

use std::collections::{BTreeSet, HashMap};

use super::WcsError;

const CARD_BYTES: usize = 80;
/// No position, scale or coefficient is larger; beyond, arithmetic ends in infinities.
const LARGEST: f64 = 1e15;

/// What a WCS keyword may begin with; everything else in a header is skipped.
const PREFIXES: [&str; 30] = [
    "CTYPE", "CUNIT", "CRPIX", "CRVAL", "CDELT", "CROTA", "CD", "PC", "PV", "LONPOLE", "LATPOLE", "RADESYS",
    "RADECSYS", "EQUINOX", "EPOCH", "A_", "B_", "NAXIS", "ZNAXIS", "CQDIS", "D2IM", "AMDX", "RESTFR",
    "RESTWAV", "VELREF", "TIMESYS", "TIMEUNIT", "MJDREF", "JDREF", "DATEREF",
];

/// Keyword → value text, quotes taken off.
#[derive(Debug, Default)]
pub(in crate::sky) struct Cards {
    values: HashMap<String, String>,
}

impl Cards {
    /// Reads 80-byte cards up to END or the end of the bytes.
    pub(in crate::sky) fn read(bytes: &[u8]) -> Self {
        let mut values = HashMap::new();
        for card in bytes.chunks_exact(CARD_BYTES) {
            let (name, field) = card.split_at(8);
            if name == b"END     " {
                break;
            }
            let Some(field) = field.strip_prefix(b"=") else { continue };
            let name = String::from_utf8_lossy(name).trim_end().to_ascii_uppercase();
            if PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || name.starts_with("CPDIS") {
                values.insert(name, value_text(field));
            }
        }
        Self { values }
    }

    /// The value as text, blanks trimmed; `None` when absent or blank.
    pub(in crate::sky) fn text(&self, keyword: &str) -> Option<&str> {
        self.values.get(keyword).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The value as a number of sensible size; `None` when absent or blank.
    pub(in crate::sky) fn number(&self, keyword: &str) -> Result<Option<f64>, WcsError> {
        self.text(keyword)
            .map(|text| {
                text.replace(['D', 'd'], "E")
                    .parse::<f64>()
                    .ok()
                    .filter(|number| number.abs() <= LARGEST)
                    .ok_or_else(|| WcsError::InvalidKeyword(keyword.to_owned()))
            })
            .transpose()
    }

    /// The letters of the alternate descriptions that name their axes, in order.
    pub(in crate::sky) fn alternates(&self) -> BTreeSet<char> {
        let letter = |keyword: &str| keyword.strip_prefix("CTYPE")?.chars().last();
        self.keywords().filter_map(letter).filter(char::is_ascii_uppercase).collect()
    }

    /// The names of all keywords held, in no order.
    pub(in crate::sky) fn keywords(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }
}

/// What stands between `=` and the comment.
fn value_text(field: &[u8]) -> String {
    let field = String::from_utf8_lossy(field);
    let field = field.trim_start();
    let Some(quoted) = field.strip_prefix('\'') else {
        return field.split('/').next().unwrap_or_default().trim().to_owned();
    };
    let mut text = String::new();
    let mut rest = quoted.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\'' && rest.next_if_eq(&'\'').is_none() {
            break;
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Cards {
        let bytes: Vec<u8> = lines.iter().flat_map(|line| format!("{line:<80}").into_bytes()).collect();
        Cards::read(&bytes)
    }

    #[test]
    fn values_are_read_as_software_writes_them() {
        let cards = read(&[
            "CTYPE1  = 'RA---TAN'           / gnomonic",
            "CRVAL1  =     1.5D+01 / Fortran",
            "EQUINOX = '2000.0  '",
            "crpix1  =5.0",
            "RADESYS = 'it''s a / trap'",
            "CRVAL2  =",
            "OBJECT  = 'M 31'",
        ]);
        assert_eq!(cards.text("CTYPE1"), Some("RA---TAN"));
        assert_eq!(cards.number("CRVAL1").unwrap(), Some(15.0));
        assert_eq!(cards.number("EQUINOX").unwrap(), Some(2000.0));
        assert_eq!(cards.number("CRPIX1").unwrap(), Some(5.0));
        assert_eq!(cards.text("RADESYS"), Some("it's a / trap"));
        assert_eq!(cards.number("CRVAL2").unwrap(), None);
        assert_eq!(cards.text("OBJECT"), None);
    }

    #[test]
    fn words_and_infinities_are_no_numbers() {
        for value in ["NaN", "inf", "1e999", "1e16", "T", "12h30m"] {
            let cards = read(&[&format!("CRVAL1  = {value}")]);
            assert!(matches!(cards.number("CRVAL1"), Err(WcsError::InvalidKeyword(_))), "{value}");
        }
    }

    #[test]
    fn the_last_of_repeated_keywords_counts_and_nothing_after_end() {
        let cards = read(&["CRPIX1  = 1", "CRPIX1  = 5", "END", "CRPIX1  = 9"]);
        assert_eq!(cards.number("CRPIX1").unwrap(), Some(5.0));
    }

    #[test]
    fn garbage_bytes_are_not_a_header() {
        assert_eq!(Cards::read(&[0xff; 4000]).keywords().count(), 0);
        assert_eq!(Cards::read(b"CRPIX1  = 5").keywords().count(), 0);
    }
}
