//! One header card: 80 bytes kept as they were read, interpreted only when asked. FITS 4.0 section 4.

use std::borrow::Cow;

/// Bytes of a card.
pub const CARD_BYTES: usize = 80;
/// Characters of a standard keyword.
pub const KEYWORD_BYTES: usize = 8;

/// Where a value in fixed format stands: columns 11 to 30. FITS 4.0 section 4.2.
const FIXED_VALUE: std::ops::Range<usize> = 10..30;

/// What a card says after its `=`.
#[derive(Clone, Debug, PartialEq)]
pub enum CardValue {
    /// `T` or `F`.
    Logical(bool),
    /// A whole number that fits 64 bits.
    Integer(i64),
    /// Any other number; Fortran `D` exponents are understood.
    Real(f64),
    /// A quoted string: doubled quotes resolved, trailing blanks removed, `CONTINUE` cards not yet joined.
    Text(String),
    /// Something unquoted that is no number, as written.
    Bare(String),
    /// A value indicator with nothing behind it.
    Undefined,
}

impl CardValue {
    /// The value in a text as a card has it behind its `=`: quoted, a number, `T` or `F`.
    pub fn parse(text: &str) -> Self {
        split_value(text.as_bytes()).0
    }
}

/// A header card, byte for byte.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Card(pub [u8; CARD_BYTES]);

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Card({:?})", plain(&self.0).trim_end())
    }
}

impl Card {
    /// The keyword: columns 1 to 8 without padding, or for a `HIERARCH` card the words before its `=`.
    pub fn keyword(&self) -> String {
        match self.hierarch_split() {
            Some((name, _)) => plain(name).split_whitespace().collect::<Vec<_>>().join(" "),
            None => plain(&self.0[..KEYWORD_BYTES]).trim().to_owned(),
        }
    }

    /// The value, or `None` for commentary (`COMMENT`, `HISTORY`, blank, or no `=` in column 9).
    pub fn value(&self) -> Option<CardValue> {
        self.value_field().map(|field| split_value(field).0)
    }

    /// The text after the value's `/`, without surrounding blanks.
    pub fn comment(&self) -> Option<String> {
        let (_, rest) = split_value(self.value_field()?);
        let slash = rest.iter().position(|&b| b == b'/')?;
        Some(plain(&rest[slash + 1..]).trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The free text of a commentary card: columns 9 to 80 without trailing blanks.
    pub fn commentary(&self) -> String {
        plain(&self.0[KEYWORD_BYTES..]).trim_end().to_owned()
    }

    /// Whether columns 1 to 8 hold exactly `keyword`, without regard to case.
    pub(super) fn is(&self, keyword: [u8; KEYWORD_BYTES]) -> bool {
        self.0[..KEYWORD_BYTES].eq_ignore_ascii_case(&keyword)
    }

    /// The string of a `CONTINUE` card and its comment.
    pub(super) fn continuation(&self) -> Option<CardValue> {
        self.is(*b"CONTINUE").then(|| split_value(&self.0[KEYWORD_BYTES..]).0)
    }

    /// The bytes after the value indicator. A missing blank after the `=` is forgiven.
    fn value_field(&self) -> Option<&[u8]> {
        if let Some((_, value)) = self.hierarch_split() {
            return Some(value);
        }
        let is_commentary = || [*b"COMMENT ", *b"HISTORY ", *b"        "].into_iter().any(|k| self.is(k));
        (self.0[KEYWORD_BYTES] == b'=' && !is_commentary()).then(|| &self.0[KEYWORD_BYTES + 1..])
    }

    /// Name and value of a `HIERARCH` card (ESO convention): everything up to the first `=` is the name.
    fn hierarch_split(&self) -> Option<(&[u8], &[u8])> {
        let rest = self.0.strip_prefix(b"HIERARCH ")?;
        let equals = rest.iter().position(|&b| b == b'=')?;
        Some((&rest[..equals], &rest[equals + 1..]))
    }
}

/// Header bytes as text: UTF-8 where it is, otherwise ISO 8859-1; control characters become blanks.
fn plain(bytes: &[u8]) -> Cow<'_, str> {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) => text.into(),
        Ok(text) => text.chars().map(shown).collect(),
        Err(_) => bytes.iter().map(|&b| shown(char::from(b))).collect(),
    }
}

/// Splits a value field into the value and what follows it, where a comment may be.
fn split_value(field: &[u8]) -> (CardValue, &[u8]) {
    let start = field.iter().position(|b| !b.is_ascii_whitespace() && !b.is_ascii_control());
    let field = start.map_or(&[][..], |start| &field[start..]);
    if let Some(quoted) = field.strip_prefix(b"'") {
        let (text, rest) = unquote(quoted);
        (CardValue::Text(text), rest)
    } else {
        let end = field.iter().position(|&b| b == b'/').unwrap_or(field.len());
        (bare_value(plain(&field[..end]).trim()), &field[end..])
    }
}

/// The string before the closing quote and what follows it; without a closing quote all of it is the string.
fn unquote(quoted: &[u8]) -> (String, &[u8]) {
    let mut bytes = Vec::with_capacity(quoted.len());
    let mut at = 0;
    while at < quoted.len() {
        if quoted[at] == b'\'' {
            at += 1;
            if quoted.get(at) != Some(&b'\'') {
                break;
            }
        }
        bytes.push(quoted[at]);
        at += 1;
    }
    (plain(&bytes).trim_end().to_owned(), &quoted[at..])
}

/// What an unquoted value means.
fn bare_value(token: &str) -> CardValue {
    match token {
        "" => CardValue::Undefined,
        "T" => CardValue::Logical(true),
        "F" => CardValue::Logical(false),
        _ => number(token).unwrap_or_else(|| CardValue::Bare(token.to_owned())),
    }
}

/// A number in any spelling FITS writers use: signs, padding zeros, `D` exponents. Never NaN or infinite.
pub(super) fn number(token: &str) -> Option<CardValue> {
    if let Ok(integer) = token.parse() {
        return Some(CardValue::Integer(integer));
    }
    if !token.bytes().all(|b| b.is_ascii_digit() || b"+-.eEdD".contains(&b)) {
        return None;
    }
    let is_fortran = token.contains(['d', 'D']);
    let real: f64 = if is_fortran { token.replace(['d', 'D'], "E").parse() } else { token.parse() }.ok()?;
    real.is_finite().then_some(CardValue::Real(real))
}

/// A real as FITS writes it: shortest digits that read back the same, with a decimal point, exponent `E`.
pub(super) fn real_text(value: f64) -> String {
    let text = format!("{value:?}").replace('e', "E");
    match text.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
        _ => text,
    }
}

/// A card of `keyword`, value text and comment in fixed format (numbers end in column 30, strings start in
/// column 11). Names that are no standard keyword become `HIERARCH` cards. What does not fit is cut.
pub(super) fn fixed_card(keyword: &str, value: &str, comment: Option<&str>) -> Card {
    let mut line = Line::default();
    if is_standard(keyword) {
        line.write(keyword);
        line.skip_to(KEYWORD_BYTES);
        line.write("= ");
    } else {
        line.write("HIERARCH ");
        line.write(keyword);
        line.write(" = ");
    }
    let end = line.used + FIXED_VALUE.len();
    if !value.starts_with('\'') {
        line.skip_to(end.saturating_sub(value.chars().count()));
    }
    line.write(value);
    line.skip_to(end);
    if let Some(comment) = comment.filter(|comment| !comment.is_empty()) {
        line.write(" / ");
        line.write(comment);
    }
    line.card
}

/// A card that waits for its value: keyword and comment are in their places already.
#[derive(Clone, Copy, Debug)]
pub(super) struct ValueSlot {
    card: Card,
    width: usize,
}

impl ValueSlot {
    /// A slot with the keyword and the comment of `card`, for values of at most 20 characters, or of exactly
    /// `width` if that is more.
    pub(super) fn of(card: &Card, width: usize) -> Self {
        let width = width.max(FIXED_VALUE.len());
        let card = fixed_card(&card.keyword(), &" ".repeat(width), card.comment().as_deref());
        Self { card, width }
    }

    /// The card with this value in fixed format, as [`fixed_card`] makes it.
    pub(super) fn filled(self, value: &str) -> Card {
        let Self { mut card, width } = self;
        let is_narrow = card.0[KEYWORD_BYTES..].starts_with(b"= ") && value.is_ascii();
        if !is_narrow || value.len().max(FIXED_VALUE.len()) != width {
            return fixed_card(&card.keyword(), value, card.comment().as_deref());
        }
        let start = FIXED_VALUE.start + if value.starts_with('\'') { 0 } else { width - value.len() };
        card.0[start..start + value.len()].copy_from_slice(value.as_bytes());
        card
    }
}

/// A card of free text, cut or blank-padded to 80 columns; what is not printable ASCII becomes `?`.
pub(super) fn text_card(text: &str) -> Card {
    let mut line = Line::default();
    line.write(text);
    line.card
}

/// Cards of free text behind a keyword, as many as the text needs.
pub(super) fn commentary_cards(keyword: &str, text: &str) -> impl Iterator<Item = Card> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut line = Line::default();
        line.write(keyword);
        line.skip_to(KEYWORD_BYTES);
        let written = line.write(rest);
        rest = &rest[written..];
        (written > 0).then_some(line.card)
    })
}

/// A card that is written from left to right.
struct Line {
    card: Card,
    used: usize,
}

impl Default for Line {
    fn default() -> Self {
        Self { card: Card([b' '; CARD_BYTES]), used: 0 }
    }
}

impl Line {
    /// Writes what of `text` fits, one column a character, `?` for what is not printable ASCII; says how many bytes
    /// of the text that was.
    fn write(&mut self, text: &str) -> usize {
        let room = &mut self.card.0[self.used..];
        let mut written = 0;
        for (column, letter) in room.iter_mut().zip(text.chars()) {
            *column = if matches!(letter, ' '..='~') { letter as u8 } else { b'?' };
            self.used += 1;
            written += letter.len_utf8();
        }
        written
    }

    /// Leaves columns blank up to `column`, if it is not there yet.
    fn skip_to(&mut self, column: usize) {
        self.used = self.used.max(column).min(CARD_BYTES);
    }
}

/// Whether `keyword` fits columns 1 to 8 under the rules of FITS 4.0 section 4.1.2.1.
pub(super) fn is_standard(keyword: &str) -> bool {
    keyword.len() <= KEYWORD_BYTES
        && keyword.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(text: &str) -> Card {
        let mut bytes = [b' '; CARD_BYTES];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Card(bytes)
    }

    #[test]
    fn values_are_read_in_every_spelling_seen_in_the_field() {
        let table = [
            ("NAXIS   =                    2 / axes", CardValue::Integer(2), Some("axes")),
            ("GAIN    = +0012", CardValue::Integer(12), None),
            ("EXPTIME =1.5/s", CardValue::Real(1.5), Some("s")),
            ("CRVAL1  = 1.5D+02", CardValue::Real(150.0), None),
            ("CRVAL1  =  -.5d1 / x", CardValue::Real(-5.0), Some("x")),
            ("SIMPLE  =                    T", CardValue::Logical(true), None),
            ("OBJECT  = 'O''Neil  '  / who", CardValue::Text("O'Neil".into()), Some("who")),
            ("OBJECT  =     'M 13 / b' / late start", CardValue::Text("M 13 / b".into()), Some("late start")),
            ("OBJECT  = 'never closed", CardValue::Text("never closed".into()), None),
            ("OBJECT  = ''", CardValue::Text(String::new()), None),
            ("OBJECT  =", CardValue::Undefined, None),
            ("VALUE   = NaN", CardValue::Bare("NaN".into()), None),
            ("VALUE   = 1 2", CardValue::Bare("1 2".into()), None),
            ("HIERARCH ESO DET  NAME = 'x' / y", CardValue::Text("x".into()), Some("y")),
            ("BIG     = 18446744073709551615", CardValue::Real(18_446_744_073_709_551_615.0), None),
        ];
        for (text, value, comment) in table {
            assert_eq!(card(text).value(), Some(value), "{text}");
            assert_eq!(card(text).comment().as_deref(), comment, "{text}");
        }
    }

    #[test]
    fn commentary_has_no_value_even_with_an_equals_sign() {
        for text in ["COMMENT = 5", "HISTORY = 5", "        = 5", "OBJECT   5", "HIERARCH no value"] {
            assert_eq!(card(text).value(), None, "{text}");
        }
        assert_eq!(card("HISTORY   two words").commentary(), "  two words");
    }

    #[test]
    fn control_characters_and_foreign_letters_do_not_disturb() {
        let mut bytes = card("OBJECT  = 'caf_'").0;
        bytes[14] = 0xE9;
        bytes[20] = b'\n';
        assert_eq!(Card(bytes).value(), Some(CardValue::Text("café".into())));
        assert_eq!(card("CRPIX1  = \n 5.0\r").value(), Some(CardValue::Real(5.0)));
        assert_eq!(card("HIERARCH ESO DET  NAME = 'x'").keyword(), "ESO DET NAME");
    }

    #[test]
    fn a_filled_slot_is_the_card_made_anew() {
        let long = format!("'{}'", "[1:2048,1:4096]".repeat(2));
        for text in ["CRPIX1  = 5.0 / reference pixel", "CRPIX1A = 5.0", "HIERARCH ESO DET NAME = 'x' / y"] {
            let (name, comment) = (card(text).keyword(), card(text).comment());
            for value in ["", "1024", "-38.5", "'[1:10,2:20]'", "1.7976931348623157E308", &long] {
                for width in [0, 21, value.len()] {
                    let filled = ValueSlot::of(&card(text), width).filled(value);
                    assert_eq!(filled, fixed_card(&name, value, comment.as_deref()), "{text}: {value}");
                }
            }
        }
    }

    #[test]
    fn reals_are_written_with_point_and_capital_exponent() {
        for (value, text) in
            [(1.0, "1.0"), (-0.5, "-0.5"), (1e-7, "1.0E-7"), (1.5e300, "1.5E300"), (38.5, "38.5")]
        {
            assert_eq!(real_text(value), text);
        }
    }
}
