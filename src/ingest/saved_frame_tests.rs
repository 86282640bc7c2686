//! Headers of several capture programs as history entries.

use super::*;
use crate::ingest::cards::tests::header;

/// Reads as a file saved at 2026-02-01 00:00 UTC under a clock two hours east.
fn frame(relative_path: &str, cards: &[&str]) -> SavedFrame {
    let file = SavedFile {
        relative_path,
        modified_at: DateTime::parse_from_rfc3339("2026-02-01T00:00:00Z").unwrap().to_utc(),
        zone: ClockZone::Fixed(FixedOffset::east_opt(7200).unwrap()),
    };
    let header = header(cards);
    read(&Cards::new(&header, None), &file, 100, true)
}

#[test]
fn cards_of_nina_make_the_whole_entry() {
    let found = frame(
        "a.fits",
        &[
            "IMAGETYP= 'LIGHT'",
            "EXPOSURE=                 29.0",
            "EXPTIME =                 30.0",
            "DATE-LOC= '2021-03-02T21:19:00.455'",
            "DATE-OBS= '2021-03-02T20:19:00.455'",
            "GAIN    =                120.0",
            "OFFSET  =                   30",
            "CCD-TEMP=                -10.0",
            "FOCALLEN=                480.0",
            "FILTER  = 'Ha      '",
            "BAYERPAT= 'RGGB'",
            "XBAYROFF=                    1",
            "YBAYROFF=                    0",
            "ROWORDER= 'TOP-DOWN'",
        ],
    );
    let entry = &found.entry;
    assert_eq!(entry.image_type, FrameType::Light);
    assert_eq!(entry.saved_at.to_rfc3339(), "2021-03-02T21:19:30.455+01:00");
    assert_eq!((entry.gain, entry.offset, entry.temperature_c), (Some(120), Some(30), Some(-10.0)));
    assert_eq!((entry.focal_length_mm, entry.is_bayered), (Some(480.0), true));
    assert_eq!((found.exposure_s, found.filter.as_deref()), (Some(30.0), Some("Ha")));
    assert_eq!(found.started_at.unwrap().to_rfc3339(), "2021-03-02T20:19:00.455+00:00");
    assert_eq!(found.bayer_pattern, Some(BayerPattern::Grbg));
}

#[test]
fn without_cards_the_file_name_speaks_and_then_the_file_itself() {
    let found = frame("FLAT/2026-01-31_22-02-04_Ha_-10.00_120.00s_0007.fits", &[]);
    assert_eq!(found.entry.image_type, FrameType::Flat);
    assert_eq!(found.entry.saved_at.to_rfc3339(), "2026-01-31T22:04:04+02:00");
    assert_eq!(found.started_at.unwrap().to_rfc3339(), "2026-01-31T20:02:04+00:00");
    assert_eq!((found.exposure_s, found.entry.temperature_c), (Some(120.0), Some(-10.0)));
    assert_eq!(found.filter.as_deref(), Some("Ha"));

    let bare = frame("m13.fits", &[]);
    assert_eq!(bare.entry.image_type, FrameType::Light);
    assert_eq!(bare.entry.saved_at.to_rfc3339(), "2026-02-01T02:00:00+02:00");
    assert_eq!((bare.started_at, bare.exposure_s, bare.entry.gain), (None, None, None));
    assert!(!bare.entry.is_bayered);
}

#[test]
fn clock_is_that_of_the_header_or_else_of_the_machine() {
    for (cards, saved) in [
        (vec!["DATE-OBS= '2021-03-02T20:19:00'"], "2021-03-02T22:19:00+02:00"),
        (vec!["DATE-LOC= '2021-03-02T20:19:00'"], "2021-03-02T20:19:00+02:00"),
        (
            vec!["DATE-LOC= '2021-03-02T14:49:00.900'", "DATE-OBS= '2021-03-02T20:19:00.1'"],
            "2021-03-02T14:49:00.100-05:30",
        ),
        (
            vec!["DATE-LOC= '1900-03-02T14:49:00'", "DATE-OBS= '2021-03-02T20:19:00'"],
            "2021-03-02T22:19:00+02:00",
        ),
    ] {
        assert_eq!(frame("a.fits", &cards).entry.saved_at, DateTime::parse_from_rfc3339(saved).unwrap());
        assert_eq!(frame("a.fits", &cards).entry.saved_at.to_rfc3339(), saved);
    }
}

#[test]
fn image_types_are_known_in_every_spelling() {
    for (card, expected) in [
        ("Light Frame", FrameType::Light),
        ("object", FrameType::Light),
        ("Flat Field", FrameType::Flat),
        ("SKYFLAT", FrameType::Flat),
        ("zero", FrameType::Bias),
        ("Bias Frame", FrameType::Bias),
        ("DARKFLAT", FrameType::Dark),
        ("Dark Frame", FrameType::Dark),
        ("SNAPSHOT", FrameType::Snapshot),
    ] {
        let card = format!("IMAGETYP= '{card}'");
        assert_eq!(frame("FLAT/a.fits", &[&card]).entry.image_type, expected, "{card}");
    }
    for (folder, expected) in
        [("Darks", FrameType::Dark), ("BIAS", FrameType::Bias), ("flats of march", FrameType::Light)]
    {
        assert_eq!(frame(&format!("{folder}/a.fits"), &[]).entry.image_type, expected, "{folder}");
    }
    assert_eq!(frame("a.fits", &["FRAME   = 'Flat'"]).entry.image_type, FrameType::Flat);
}

#[test]
fn bottom_up_files_turn_their_bayer_pattern_over() {
    let cards = ["BAYERPAT= 'rggb'", "ROWORDER= 'BOTTOM-UP'"];
    assert_eq!(frame("a.fits", &cards).bayer_pattern, Some(BayerPattern::Gbrg));
    let unknown = frame("a.fits", &["BAYERPAT= 'CMYG'"]);
    assert_eq!((unknown.bayer_pattern, unknown.entry.is_bayered), (None, true));
}
