//! What headers keep, forgive and set.

use proptest::prelude::*;

use super::*;
use crate::fits::card::text_card;

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
    assert_eq!(parsed.raw_bytes(), &bytes[..400]);
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
    let mut h = header(&["S       = 'one &'", "CONTINUE  'two&'", "CONTINUE  'three' / end", "N       = 1"]);
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
