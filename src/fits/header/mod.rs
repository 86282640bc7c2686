//! A header: its cards in order, kept byte for byte until one of them is set. FITS 4.0 section 4.

mod editing;
mod long_string;
#[cfg(test)]
mod tests;

use super::BLOCK_BYTES;
use super::card::{CARD_BYTES, Card, CardValue, KEYWORD_BYTES, number, real_text};

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

    /// The header at the start of `bytes`; `None` when there is no `END` card.
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
    pub fn raw_bytes(&self) -> &[u8] {
        self.cards.as_flattened()
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

    /// Where the first card of a keyword is.
    pub(super) fn position(&self, keyword: &str) -> Option<usize> {
        let keyword = keyword.trim();
        let keyword = keyword.strip_prefix("HIERARCH ").unwrap_or(keyword);
        let named = (keyword.len() <= KEYWORD_BYTES && !keyword.contains(' ')).then(|| padded(keyword));
        let exact = named.and_then(|name| self.cards.iter().position(|card| card[..KEYWORD_BYTES] == name));
        exact.or_else(|| {
            let loose = named.and_then(|name| {
                self.cards.iter().position(|card| may_hold_small_letters(card) && Card(*card).is(name))
            });
            loose.or_else(|| {
                self.cards.iter().position(|card| {
                    card.starts_with(b"HIERARCH ") && Card(*card).keyword().eq_ignore_ascii_case(keyword)
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
}

/// Whether a card ends the header.
pub(super) fn is_end(card: &[u8; CARD_BYTES]) -> bool {
    card.starts_with(b"END     ")
}

/// Whether a keyword may have letters that are no capitals: in ASCII these, and little else, have both of two bits.
fn may_hold_small_letters(card: &[u8; CARD_BYTES]) -> bool {
    card[..KEYWORD_BYTES].iter().fold(0, |found, letter| found | (letter & letter << 1)) & 0x40 != 0
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
