//! Cards set, put in, and taken out.

use super::Header;
use super::long_string::text_cards;
use crate::fits::card::{Card, CardValue, commentary_cards, fixed_card, real_text};

impl Header {
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
    pub(in crate::fits) fn insert_integer_after(
        &mut self,
        after: &str,
        keyword: &str,
        value: i64,
        comment: &str,
    ) {
        let at = self.position(after).map_or(self.cards.len(), |at| at + 1);
        self.cards.insert(at, fixed_card(keyword, &value.to_string(), Some(comment)).0);
    }

    /// Appends a string without looking for an earlier card of the keyword.
    pub(in crate::fits) fn push_text(&mut self, keyword: &str, value: &str, comment: &str) {
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
        self.cards.extend(commentary_cards(keyword, text).map(|card| card.0));
    }

    /// Puts another card in this place.
    pub(in crate::fits) fn replace_at(&mut self, at: usize, card: Card) {
        if let Some(bytes) = self.cards.get_mut(at) {
            *bytes = card.0;
        }
    }

    /// Removes the card in this place with its `CONTINUE` cards.
    pub(in crate::fits) fn remove_at(&mut self, at: usize) {
        if at < self.cards.len() {
            self.cards.drain(at..self.end_of_value(at));
        }
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
