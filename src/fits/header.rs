//! A header: its cards in order, kept byte for byte until one of them is set. FITS 4.0 section 4.

use super::BLOCK_BYTES;
use super::card::{
    CARD_BYTES, Card, CardValue, KEYWORD_BYTES, fixed_card, is_standard, number, real_text, text_card,
};

/// Bytes of the text part of a commentary card.
const COMMENTARY_BYTES: usize = CARD_BYTES - KEYWORD_BYTES;
/// Characters of a string one card holds between its quotes.
const STRING_BYTES: usize = CARD_BYTES - KEYWORD_BYTES - 4;

/// The cards of one HDU without `END`.
///
/// Getters take the first card of a keyword and forgive what real headers get wrong; they answer `None` for an
/// absent, undefined or differently typed value. Names longer than eight characters, or with blanks in them,
/// are looked up among the `HIERARCH` cards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    cards: Vec<[u8; CARD_BYTES]>,
}

impl Header {
    /// A header without cards.
    pub fn new() -> Self {
        Self::default()
    }

    /// The header at the start of `bytes`, and how many bytes its cards and `END` take (before padding to
    /// blocks). `None` when there is no `END` card.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (cards, _) = bytes.as_chunks::<CARD_BYTES>();
        let end = cards.iter().position(is_end)?;
        Some(Self { cards: cards[..end].to_vec() })
    }

    /// A header of these cards.
    pub fn from_cards(cards: impl IntoIterator<Item = Card>) -> Self {
        Self { cards: cards.into_iter().map(|card| card.0).collect() }
    }

    /// The cards in order.
    pub fn cards(&self) -> impl ExactSizeIterator<Item = Card> + '_ {
        self.cards.iter().map(|bytes| Card(*bytes))
    }

    /// Number of cards, `END` not counted.
    pub fn len(&self) -> usize {
        self.cards.len()
    }

    /// Whether there is no card at all.
    pub fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// The cards one after the other, 80 bytes each, without `END` and padding.
    pub fn raw_bytes(&self) -> Vec<u8> {
        self.cards.as_flattened().to_vec()
    }

    /// Cards, `END` and blanks up to whole blocks: what a FITS file holds.
    pub fn to_block_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.block_bytes());
        self.write_blocks(&mut bytes);
        bytes
    }

    /// How long [`Self::to_block_bytes`] is.
    pub fn block_bytes(&self) -> usize {
        ((self.cards.len() + 1) * CARD_BYTES).next_multiple_of(BLOCK_BYTES)
    }

    /// Appends what [`Self::to_block_bytes`] gives.
    pub(super) fn write_blocks(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.block_bytes();
        out.extend_from_slice(self.cards.as_flattened());
        out.extend_from_slice(b"END");
        out.resize(end, b' ');
    }

    /// Whether there is a card of this keyword.
    pub fn contains(&self, keyword: &str) -> bool {
        self.position(keyword).is_some()
    }

    /// The value of a keyword as the card has it; strings with their `CONTINUE` cards joined.
    pub fn value(&self, keyword: &str) -> Option<CardValue> {
        self.value_at(self.position(keyword)?)
    }

    /// A whole number; `100.0` and `'100'` count as 100.
    pub fn integer(&self, keyword: &str) -> Option<i64> {
        match numeric(self.value(keyword)?)? {
            CardValue::Integer(integer) => Some(integer),
            CardValue::Real(real) if real.fract() == 0.0 && real.abs() < 9.0e15 => Some(real as i64),
            _ => None,
        }
    }

    /// A number; quoted numbers count. Never NaN.
    pub fn real(&self, keyword: &str) -> Option<f64> {
        match numeric(self.value(keyword)?)? {
            CardValue::Integer(integer) => Some(integer as f64),
            CardValue::Real(real) => Some(real),
            _ => None,
        }
    }

    /// A string, joined from its `CONTINUE` cards, without trailing blanks; an unquoted value in
    /// plain spelling.
    pub fn text(&self, keyword: &str) -> Option<String> {
        match self.value(keyword)? {
            CardValue::Text(text) | CardValue::Bare(text) => Some(text),
            CardValue::Logical(logical) => Some(if logical { "T" } else { "F" }.to_owned()),
            CardValue::Integer(integer) => Some(integer.to_string()),
            CardValue::Real(real) => Some(real_text(real)),
            CardValue::Undefined => None,
        }
    }

    /// `T` or `F`, also when quoted.
    pub fn logical(&self, keyword: &str) -> Option<bool> {
        match self.value(keyword)? {
            CardValue::Logical(logical) => Some(logical),
            CardValue::Text(text) if text.trim() == "T" => Some(true),
            CardValue::Text(text) if text.trim() == "F" => Some(false),
            _ => None,
        }
    }

    /// The comment beside a value.
    pub fn comment(&self, keyword: &str) -> Option<String> {
        Card(*self.cards.get(self.position(keyword)?)?).comment()
    }

    /// The texts of all commentary cards of this keyword (`COMMENT`, `HISTORY`), in order.
    pub fn commentary<'a>(&'a self, keyword: &str) -> impl Iterator<Item = String> + 'a {
        let name = padded(keyword);
        self.cards().filter(move |card| card.is(name)).map(|card| card.commentary())
    }

    /// Sets a whole number. An existing card keeps its place, and its comment when `comment` is empty.
    pub fn set_integer(&mut self, keyword: &str, value: i64, comment: &str) {
        self.set(keyword, &value.to_string(), comment);
    }

    /// Sets a real; one that is not finite becomes an undefined value. Place and comment as in
    /// [`Self::set_integer`].
    pub fn set_real(&mut self, keyword: &str, value: f64, comment: &str) {
        let text = if value.is_finite() { real_text(value) } else { String::new() };
        self.set(keyword, &text, comment);
    }

    /// Sets `T` or `F`. Place and comment as in [`Self::set_integer`].
    pub fn set_logical(&mut self, keyword: &str, value: bool, comment: &str) {
        self.set(keyword, if value { "T" } else { "F" }, comment);
    }

    /// Sets a string, over several `CONTINUE` cards when one does not hold it (a `HIERARCH` card is cut).
    /// Place and comment as in [`Self::set_integer`].
    pub fn set_text(&mut self, keyword: &str, value: &str, comment: &str) {
        let at = self.set(keyword, "", comment);
        let comment = Card(self.cards[at]).comment();
        self.cards.splice(at..=at, text_cards(keyword, value, comment.as_deref()));
    }

    /// Puts a whole number behind the card `after`, or at the end.
    pub(super) fn insert_integer_after(&mut self, after: &str, keyword: &str, value: i64, comment: &str) {
        let at = self.position(after).map_or(self.cards.len(), |at| at + 1);
        self.cards.insert(at, fixed_card(keyword, &value.to_string(), Some(comment)).0);
    }

    /// Appends a string without looking for an earlier card of the keyword.
    pub(super) fn push_text(&mut self, keyword: &str, value: &str, comment: &str) {
        self.cards.extend(text_cards(keyword, value, Some(comment)));
    }

    /// Appends a value without looking for an earlier card of the keyword.
    pub fn push_value(&mut self, keyword: &str, value: &CardValue, comment: &str) {
        let text = match value {
            CardValue::Text(text) | CardValue::Bare(text) => return self.push_text(keyword, text, comment),
            CardValue::Logical(logical) => if *logical { "T" } else { "F" }.to_owned(),
            CardValue::Integer(integer) => integer.to_string(),
            CardValue::Real(real) if real.is_finite() => real_text(*real),
            CardValue::Real(_) | CardValue::Undefined => String::new(),
        };
        self.cards.push(fixed_card(keyword, &text, Some(comment)).0);
    }

    /// Removes every card of a keyword, with its `CONTINUE` cards; says whether there was one.
    pub fn remove(&mut self, keyword: &str) -> bool {
        let before = self.cards.len();
        while let Some(at) = self.position(keyword) {
            self.cards.drain(at..self.end_of_value(at));
        }
        self.cards.len() != before
    }

    /// Keeps only the cards (with their `CONTINUE` cards) the predicate wants.
    pub fn retain(&mut self, mut wanted: impl FnMut(&Card) -> bool) {
        let mut keeping = true;
        self.cards.retain(|bytes| {
            let card = Card(*bytes);
            if !card.is(*b"CONTINUE") {
                keeping = wanted(&card);
            }
            keeping
        });
    }

    /// Appends a card as it is.
    pub fn push(&mut self, card: Card) {
        self.cards.push(card.0);
    }

    /// Appends `HISTORY`, over as many cards as the text needs.
    pub fn push_history(&mut self, text: &str) {
        self.push_commentary("HISTORY", text);
    }

    /// Appends `COMMENT`, over as many cards as the text needs.
    pub fn push_comment(&mut self, text: &str) {
        self.push_commentary("COMMENT", text);
    }

    fn push_commentary(&mut self, keyword: &str, text: &str) {
        let letters: Vec<char> = text.chars().collect();
        for line in letters.chunks(COMMENTARY_BYTES) {
            let line: String = line.iter().collect();
            self.cards.push(text_card(&format!("{keyword:<8}{line}")).0);
        }
    }

    /// Puts another card in this place.
    pub(super) fn replace_at(&mut self, at: usize, card: Card) {
        if let Some(bytes) = self.cards.get_mut(at) {
            *bytes = card.0;
        }
    }

    /// Removes the card in this place with its `CONTINUE` cards.
    pub(super) fn remove_at(&mut self, at: usize) {
        if at < self.cards.len() {
            self.cards.drain(at..self.end_of_value(at));
        }
    }

    /// Where the first card of a keyword is.
    pub(super) fn position(&self, keyword: &str) -> Option<usize> {
        let keyword = keyword.trim();
        let keyword = keyword.strip_prefix("HIERARCH ").unwrap_or(keyword);
        let named = (keyword.len() <= KEYWORD_BYTES && !keyword.contains(' ')).then(|| padded(keyword));
        let exact = named.and_then(|name| self.cards.iter().position(|card| card[..KEYWORD_BYTES] == name));
        exact.or_else(|| {
            let loose = named.and_then(|name| self.cards().position(|card| card.is(name)));
            loose.or_else(|| {
                self.cards().position(|card| {
                    card.0.starts_with(b"HIERARCH ") && card.keyword().eq_ignore_ascii_case(keyword)
                })
            })
        })
    }

    fn value_at(&self, at: usize) -> Option<CardValue> {
        let CardValue::Text(mut text) = Card(*self.cards.get(at)?).value()? else {
            return Card(self.cards[at]).value();
        };
        let mut next = at + 1;
        while text.ends_with('&') {
            let Some(CardValue::Text(more)) =
                self.cards.get(next).and_then(|card| Card(*card).continuation())
            else {
                break;
            };
            text.pop();
            text.push_str(&more);
            next += 1;
        }
        Some(CardValue::Text(text))
    }

    /// One past the last `CONTINUE` card that belongs to the card at `at`.
    fn end_of_value(&self, at: usize) -> usize {
        let more = self.cards[at + 1..].iter().take_while(|card| Card(**card).is(*b"CONTINUE")).count();
        at + 1 + more
    }

    /// Puts a value text in place of the keyword's card, or behind all others; says where.
    fn set(&mut self, keyword: &str, value: &str, comment: &str) -> usize {
        let Some(at) = self.position(keyword) else {
            self.cards.push(fixed_card(keyword, value, Some(comment)).0);
            return self.cards.len() - 1;
        };
        let kept = if comment.is_empty() { Card(self.cards[at]).comment() } else { Some(comment.to_owned()) };
        let card = fixed_card(keyword, value, kept.as_deref());
        self.cards.splice(at..self.end_of_value(at), [card.0]);
        at
    }
}

/// Whether a card ends the header.
pub(super) fn is_end(card: &[u8; CARD_BYTES]) -> bool {
    card.starts_with(b"END     ")
}

/// Columns 1 to 8 of a keyword.
pub(super) fn padded(keyword: &str) -> [u8; KEYWORD_BYTES] {
    let mut name = [b' '; KEYWORD_BYTES];
    for (byte, letter) in name.iter_mut().zip(keyword.trim().bytes()) {
        *byte = letter.to_ascii_uppercase();
    }
    name
}

/// A value read as a number where that is possible; quoted numbers count.
fn numeric(value: CardValue) -> Option<CardValue> {
    match value {
        CardValue::Text(text) => number(text.trim()),
        value => Some(value),
    }
}

/// The cards of a string: one, or with `CONTINUE` cards when the keyword can have them.
fn text_cards(keyword: &str, value: &str, comment: Option<&str>) -> Vec<[u8; CARD_BYTES]> {
    let escaped = value.replace('\'', "''");
    if escaped.chars().count() <= STRING_BYTES || !is_standard(keyword) {
        return vec![fixed_card(keyword, &format!("'{escaped:<8}'"), comment).0];
    }
    let pieces = string_pieces(&escaped);
    let last = pieces.len() - 1;
    let card = |(n, piece): (usize, &String)| {
        let lead = if n == 0 { format!("{keyword:<8}= ") } else { "CONTINUE  ".to_owned() };
        let comment = comment.filter(|text| n == last && !text.is_empty()).map(|text| format!(" / {text}"));
        text_card(&format!("{lead}'{piece}'{}", comment.unwrap_or_default())).0
    };
    pieces.iter().enumerate().map(card).collect()
}

/// Cuts an escaped string into pieces for `CONTINUE` cards: all but the last end in `&`, none splits a doubled
/// quote.
fn string_pieces(escaped: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut letters = escaped.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut unit = String::from(letter);
        if letter == '\'' {
            unit.extend(letters.next());
        }
        if piece.chars().count() + unit.len() > STRING_BYTES - 1 {
            piece.push('&');
            pieces.push(std::mem::take(&mut piece));
        }
        piece.push_str(&unit);
    }
    pieces.push(piece);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(lines: &[&str]) -> Header {
        Header::from_cards(lines.iter().map(|line| text_card(line)))
    }

    #[test]
    fn a_header_comes_back_byte_for_byte() {
        let lines = ["SIMPLE  =                    T", "oddcase = 1", "COMMENT  x", "", "HISTORY y"];
        let bytes = header(&lines).to_block_bytes();
        assert_eq!(bytes.len(), BLOCK_BYTES);
        let parsed = Header::parse(&bytes).unwrap();
        assert_eq!(parsed.len(), 5);
        assert_eq!(parsed.to_block_bytes(), bytes);
        assert_eq!(parsed.raw_bytes(), bytes[..400]);
        assert_eq!(parsed.integer("ODDCASE"), Some(1));
        assert!(Header::parse(&bytes[..400]).is_none(), "without END there is no header");
    }

    #[test]
    fn numbers_are_forgiving_and_typed() {
        let h = header(&["GAIN    = 100.0", "EXPTIME = '12.5'", "A       = 1.5", "T       = T", "U       ="]);
        assert_eq!(h.integer("GAIN"), Some(100));
        assert_eq!(h.real("EXPTIME"), Some(12.5));
        assert_eq!(h.integer("A"), None);
        assert_eq!(h.real("T"), None);
        assert_eq!(h.logical("T"), Some(true));
        assert_eq!(h.text("GAIN").as_deref(), Some("100.0"));
        assert!(h.contains("U"));
        assert_eq!(h.text("U"), None);
        assert_eq!(h.integer("ABSENT"), None);
    }

    #[test]
    fn continued_strings_are_joined_and_replaced_whole() {
        let mut h =
            header(&["S       = 'one &'", "CONTINUE  'two&'", "CONTINUE  'three' / end", "N       = 1"]);
        assert_eq!(h.text("S").as_deref(), Some("one twothree"));
        h.set_text("S", "short", "");
        assert_eq!(h.len(), 2);
        assert_eq!(h.text("S").as_deref(), Some("short"));
        h.remove("S");
        assert_eq!(h.len(), 1);
    }

    #[test]
    fn a_trailing_ampersand_without_continue_is_text() {
        assert_eq!(header(&["S       = 'R&'", "N       = 1"]).text("S").as_deref(), Some("R&"));
    }

    #[test]
    fn hierarch_names_are_found_with_and_without_the_prefix() {
        let mut h = header(&["HIERARCH ESO DET NAME = 'x' / y", "HIERARCH Focal  Length = 500"]);
        assert_eq!(h.text("ESO DET NAME").as_deref(), Some("x"));
        assert_eq!(h.text("HIERARCH ESO DET NAME").as_deref(), Some("x"));
        assert_eq!(h.integer("FOCAL LENGTH"), Some(500));
        h.set_integer("ESO DET NAME", 3, "");
        assert_eq!((h.integer("ESO DET NAME"), h.comment("ESO DET NAME")), (Some(3), Some("y".to_owned())));
    }

    #[test]
    fn setting_keeps_place_and_comment_in_fixed_format() {
        let mut h = header(&["NAXIS1  = 7 / length", "BITPIX  = 16"]);
        h.set_integer("NAXIS1", 100, "");
        h.set_real("CRPIX1", -0.5, "reference");
        h.set_logical("EXTEND", true, "");
        h.set_text("FILTER", "R", "band");
        let lines: Vec<_> =
            h.cards().map(|card| String::from_utf8_lossy(&card.0).trim_end().to_owned()).collect();
        assert_eq!(
            lines,
            [
                "NAXIS1  =                  100 / length",
                "BITPIX  = 16",
                "CRPIX1  =                 -0.5 / reference",
                "EXTEND  =                    T",
                "FILTER  = 'R       '           / band",
            ]
        );
    }

    #[test]
    fn history_wraps_at_seventy_two_columns() {
        let mut h = Header::new();
        h.push_history(&"x".repeat(100));
        let texts: Vec<_> = h.commentary("HISTORY").map(|text| text.len()).collect();
        assert_eq!(texts, [72, 28]);
    }

    proptest! {
        #[test]
        fn any_printable_string_comes_back(text in "[ -~]{0,300}") {
            let mut h = header(&["A       = 1"]);
            h.set_text("S", &text, "");
            h.set_integer("Z", 1, "");
            let read = Header::parse(&h.to_block_bytes()).unwrap();
            // A last ampersand is only a letter when no CONTINUE card follows, which `Z` guarantees.
            prop_assert_eq!(read.text("S").unwrap(), text.trim_end());
            prop_assert_eq!(read.integer("Z"), Some(1));
        }

        #[test]
        fn any_finite_real_comes_back_exactly(value in proptest::num::f64::NORMAL | proptest::num::f64::ZERO) {
            let mut h = Header::new();
            h.set_real("V", value, "comment");
            prop_assert_eq!(h.real("V"), Some(value));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut bytes = bytes;
            bytes.resize(400, b' ');
            bytes.extend(text_card("END").0);
            let h = Header::parse(&bytes);
            for card in h.iter().flat_map(Header::cards) {
                let _ = (card.keyword(), card.value(), card.comment(), card.commentary());
            }
        }
    }
}
