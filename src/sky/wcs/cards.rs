//! The WCS keywords of a header, read from its raw cards as leniently as astronomers' software writes them.
//!
//! Tolerated: Fortran exponents (`1.0D-4`), numbers in quotes, lower-case keywords and values, a missing blank
//! after `=`, a missing END card. Of repeated keywords the last counts, as in wcslib.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::WcsError;

const CARD_BYTES: usize = 80;
const KEYWORD_BYTES: usize = 8;
/// No position, scale or coefficient is larger; beyond, arithmetic ends in infinities.
const LARGEST: f64 = 1e15;

/// What a WCS keyword may begin with; everything else in a header is skipped.
const PREFIXES: [Prefix; 31] = prefixes([
    "CTYPE", "CUNIT", "CRPIX", "CRVAL", "CDELT", "CROTA", "CD", "PC", "PV", "LONPOLE", "LATPOLE", "RADESYS",
    "RADECSYS", "EQUINOX", "EPOCH", "A_", "B_", "NAXIS", "ZNAXIS", "CPDIS", "CQDIS", "D2IM", "AMDX",
    "RESTFR", "RESTWAV", "VELREF", "TIMESYS", "TIMEUNIT", "MJDREF", "JDREF", "DATEREF",
]);

/// Columns 1 to 8 of a card, in capitals.
type Keyword = [u8; KEYWORD_BYTES];

/// The beginning of keywords, as numbers so that a header is sifted at the price of a few instructions a card.
#[derive(Clone, Copy)]
struct Prefix {
    letters: u64,
    mask: u64,
}

impl Prefix {
    fn begins(self, keyword: Keyword) -> bool {
        u64::from_be_bytes(keyword) & self.mask == self.letters
    }
}

const fn prefixes<const N: usize>(texts: [&str; N]) -> [Prefix; N] {
    let mut prefixes = [Prefix { letters: 0, mask: 0 }; N];
    let mut n = 0;
    while n < N {
        let text = texts[n].as_bytes();
        let mut at = 0;
        while at < text.len() {
            let shift = 8 * (KEYWORD_BYTES - 1 - at);
            prefixes[n].letters |= (text[at] as u64) << shift;
            prefixes[n].mask |= 0xFF << shift;
            at += 1;
        }
        n += 1;
    }
    prefixes
}

/// The values of the WCS keywords, quotes taken off.
#[derive(Debug, Default)]
pub(in crate::sky) struct Cards {
    /// By keyword, each once.
    values: Vec<(Keyword, String)>,
}

impl Cards {
    /// Reads 80-byte cards up to END or the end of the bytes.
    pub(in crate::sky) fn read(bytes: &[u8]) -> Self {
        let (cards, _) = bytes.as_chunks::<CARD_BYTES>();
        let cards = cards.iter().map(|card| card.split_at(KEYWORD_BYTES));
        let mut values: Vec<_> =
            cards.take_while(|(name, _)| name != b"END     ").filter_map(value).collect();
        // The last of repeated ones comes first and stays.
        values.reverse();
        values.sort_by_key(|(keyword, _)| *keyword);
        values.dedup_by_key(|(keyword, _)| *keyword);
        Self { values }
    }

    /// The value as text, blanks trimmed; `None` when absent or blank.
    pub(in crate::sky) fn text(&self, keyword: &str) -> Option<&str> {
        let mut wanted = [b' '; KEYWORD_BYTES];
        wanted.get_mut(..keyword.len())?.copy_from_slice(keyword.as_bytes());
        let at = self.values.binary_search_by_key(&wanted, |(keyword, _)| *keyword).ok()?;
        Some(self.values[at].1.trim()).filter(|value| !value.is_empty())
    }

    /// The value as a number of sensible size; `None` when absent or blank.
    pub(in crate::sky) fn number(&self, keyword: &str) -> Result<Option<f64>, WcsError> {
        let Some(text) = self.text(keyword) else { return Ok(None) };
        let text =
            if text.contains(['D', 'd']) { text.replace(['D', 'd'], "E").into() } else { Cow::from(text) };
        let number = text.parse::<f64>().ok().filter(|number| number.abs() <= LARGEST);
        number.map(Some).ok_or_else(|| WcsError::InvalidKeyword(keyword.to_owned()))
    }

    /// The letters of the alternate descriptions that name their axes, in order.
    pub(in crate::sky) fn alternates(&self) -> BTreeSet<char> {
        let letter = |keyword: &str| keyword.strip_prefix("CTYPE")?.chars().last();
        self.keywords().filter_map(letter).filter(char::is_ascii_uppercase).collect()
    }

    /// The names of all keywords held, in their order.
    pub(in crate::sky) fn keywords(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter_map(|(keyword, _)| Some(std::str::from_utf8(keyword).ok()?.trim_end()))
    }
}

/// Keyword and value of a card, if it is one of those looked for.
fn value((name, field): (&[u8], &[u8])) -> Option<(Keyword, String)> {
    let field = field.strip_prefix(b"=")?;
    let mut keyword: Keyword = name.try_into().ok()?;
    keyword.make_ascii_uppercase();
    PREFIXES.iter().any(|prefix| prefix.begins(keyword)).then(|| (keyword, value_text(field)))
}

/// What stands between `=` and the comment.
fn value_text(field: &[u8]) -> String {
    let field = String::from_utf8_lossy(field);
    let field = field.trim_start();
    let Some(quoted) = field.strip_prefix('\'') else {
        return field.split('/').next().unwrap_or_default().trim().to_owned();
    };
    // Two quotes in a row are one letter of the text.
    let mut end = 0;
    loop {
        match quoted[end..].find('\'') {
            None => return quoted.replace("''", "'"),
            Some(at) if quoted[end + at + 1..].starts_with('\'') => end += at + 2,
            Some(at) => return quoted[..end + at].replace("''", "'"),
        }
    }
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
