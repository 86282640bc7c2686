//! Strings that one card does not hold. FITS 4.0 section 4.2.1.2.

use crate::fits::card::{CARD_BYTES, KEYWORD_BYTES, fixed_card, is_standard, text_card};

/// Characters of a string one card holds between its quotes.
const STRING_BYTES: usize = CARD_BYTES - KEYWORD_BYTES - 4;

/// The cards of a string: one, or with `CONTINUE` cards when the keyword can have them.
pub(super) fn text_cards(keyword: &str, value: &str, comment: Option<&str>) -> Vec<[u8; CARD_BYTES]> {
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
