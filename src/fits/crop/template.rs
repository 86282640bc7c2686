//! What a crop changes in a header, worked out once per HDU and applied to every cutout.

use chrono::{DateTime, Utc};

use super::sections::{Section, Subject};
use super::{Crop, lookup};
use crate::fits::card::{Card, CardValue, ValueSlot, real_text};
use crate::fits::header::Header;
use crate::fits::image::ImageHdu;

/// Cards that would lie about a part of the image.
const STALE: [&str; 7] = ["CHECKSUM", "DATASUM", "ZHECKSUM", "ZDATASUM", "DATAMIN", "DATAMAX", "CUTID"];

/// The number of a pixel axis as keywords have it: 1 for columns, 2 for rows, up to 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Axis(u8);

impl Axis {
    const COLUMNS: Self = Self(1);
    const ROWS: Self = Self(2);

    fn of(digit: u8) -> Option<Self> {
        matches!(digit, b'1'..=b'9').then(|| Self(digit - b'0'))
    }

    fn number(self) -> usize {
        usize::from(self.0)
    }
}

/// What becomes of one card.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    /// `NAXISj`.
    Length(Axis),
    /// A coordinate in pixels of this image (`CRPIXja`, `LTVj`): moves down by the offset.
    Down(Axis, f64),
    /// The coordinate of this image's first pixel in a larger frame (LSST's parent frame, DSS `CNPIXj`): moves up.
    Up(Axis, f64),
    /// A part of this image.
    Image(Section),
    /// A part of the detector, and where in this image it is shown.
    Detector(Section, Section),
    /// First and last column and row in the source (`CUTX1` and so on): axis, whether the last.
    Bound(Axis, bool),
    /// The time of making.
    Date,
}

/// Characters of a time in quotes: `'2024-05-06T07:08:09'`.
const TIME_BYTES: usize = 21;

/// The card a crop changes.
#[derive(Clone, Copy, Debug)]
struct CardChange {
    /// Its place in the header.
    at: usize,
    change: Change,
    slot: ValueSlot,
}

impl CardChange {
    fn of(at: usize, card: &Card, change: Change) -> Self {
        let width = if change == Change::Date { TIME_BYTES } else { 0 };
        Self { at, change, slot: ValueSlot::of(card, width) }
    }
}

/// A header ready to be cropped.
#[derive(Debug)]
pub(in crate::fits) struct Template {
    header: Header,
    changes: Vec<CardChange>,
    /// Look-up distortion tables this image needs; an error when they cannot follow the crop.
    pub(in crate::fits) lookups: Result<Vec<lookup::Reference>, String>,
}

impl Template {
    /// For an image: everything a crop changes, and the cards that tell where it came from.
    pub(in crate::fits) fn of_image(header: &Header, image: &ImageHdu, origin: &str) -> Self {
        let mut kept = without_stale(header);
        for (keyword, comment) in [
            ("CUTX1", "first column taken from the source"),
            ("CUTX2", "last column taken from the source"),
            ("CUTY1", "first row taken from the source"),
            ("CUTY2", "last row taken from the source"),
        ] {
            kept.set_integer(keyword, 0, comment);
        }
        kept.set_text("DATE", "", "time this file was made (UTC)");
        kept.set_text("ORIGFILE", origin, "file the pixels were taken from");
        let mut template = Self::with_pixel_coordinates(kept);
        let whole = Section::whole(image.width(), image.height());
        let changes = template.header.cards().enumerate().filter_map(|(at, card)| {
            let keyword = card.keyword();
            let change = match keyword.as_str() {
                "CUTX1" => Change::Bound(Axis::COLUMNS, false),
                "CUTX2" => Change::Bound(Axis::COLUMNS, true),
                "CUTY1" => Change::Bound(Axis::ROWS, false),
                "CUTY2" => Change::Bound(Axis::ROWS, true),
                "DATE" => Change::Date,
                _ if keyword.starts_with("NAXIS") && keyword.len() == 6 => {
                    Change::Length(Axis::of(keyword.as_bytes()[5])?)
                }
                _ => section_change(&template.header, &keyword, &card, Some(whole))?,
            };
            Some(CardChange::of(at, &card, change))
        });
        let changes: Vec<_> = changes.collect();
        template.changes.extend(changes);
        template.lookups = lookup::references(header);
        template
    }

    /// For a primary without pixels, whose coordinates and sections, if it has any, are those of the extensions'
    /// pixels. What it says of a detector without saying which pixels show it stays as it is.
    pub(in crate::fits) fn of_empty(header: &Header) -> Self {
        let mut template = Self::with_pixel_coordinates(without_stale(header));
        let changes = template.header.cards().enumerate().filter_map(|(at, card)| {
            let change = section_change(&template.header, &card.keyword(), &card, None)?;
            Some(CardChange::of(at, &card, change))
        });
        let changes: Vec<_> = changes.collect();
        template.changes.extend(changes);
        template
    }

    /// Whether a crop changes anything.
    pub(in crate::fits) fn is_changed(&self) -> bool {
        !self.changes.is_empty()
    }

    /// The coordinate cards of a header, missing reference pixels (0 by definition) made explicit.
    fn with_pixel_coordinates(mut header: Header) -> Self {
        let alternates = Alternate::all(&header);
        for alternate in &alternates {
            for (axis, is_described) in (1..).zip(alternate.has_axis) {
                let keyword = format!("CRPIX{axis}{}", alternate.suffix());
                if is_described && !header.contains(&keyword) {
                    header.set_real(&keyword, 0.0, "reference pixel");
                }
            }
        }
        let parents: Vec<u8> =
            alternates.iter().filter(|a| a.is_parent_frame(&header)).map(|a| a.letter).collect();
        let mut changes = Vec::new();
        for (at, card) in header.cards().enumerate() {
            let Some(value) = number(&card) else { continue };
            let name = &card.0[..8];
            let change = if let Some((axis, letter)) = axis_and_letter(name, b"CRPIX") {
                (!parents.contains(&letter)).then_some(Change::Down(axis, value))
            } else if let Some((axis, letter)) = axis_and_letter(name, b"CRVAL") {
                parents.contains(&letter).then_some(Change::Up(axis, value))
            } else if let Some((axis, b' ')) = axis_and_letter(name, b"LTV") {
                Some(Change::Down(axis, value))
            } else if let Some((axis, b' ')) = axis_and_letter(name, b"CNPIX") {
                Some(Change::Up(axis, value))
            } else {
                None
            };
            changes.extend(change.map(|change| CardChange::of(at, &card, change)));
        }
        Self { header, changes, lookups: Ok(Vec::new()) }
    }

    /// The header of a crop, with its time of making where that is told.
    pub(in crate::fits) fn cropped(&self, crop: Crop<'_>, made_at: Option<DateTime<Utc>>) -> Header {
        let mut header = self.header.clone();
        let mut gone = Vec::new();
        for &CardChange { at, change, slot } in &self.changes {
            let text = match change {
                // An axis that stays as it is keeps its cards as they are.
                Change::Length(axis) => match crop.run(axis.number()) {
                    Some(run) => Some(run.length.to_string()),
                    None => continue,
                },
                Change::Down(axis, _) | Change::Up(axis, _) if crop.offset(axis.number()) == 0 => continue,
                Change::Down(axis, value) => Some(real_text(value - crop.offset(axis.number()) as f64)),
                Change::Up(axis, value) => Some(real_text(value + crop.offset(axis.number()) as f64)),
                Change::Bound(axis, false) => Some((crop.offset(axis.number()) + 1).to_string()),
                Change::Bound(axis, true) => crop.run(axis.number()).map(|run| run.end().to_string()),
                Change::Image(section) => section.cropped(crop).map(|section| format!("'{section}'")),
                Change::Detector(section, shown) => {
                    section.detector_cropped(shown, crop).map(|section| format!("'{section}'"))
                }
                Change::Date => made_at.map(|time| format!("'{}'", time.format("%Y-%m-%dT%H:%M:%S"))),
            };
            match text {
                Some(text) => header.replace_at(at, slot.filled(&text)),
                None => gone.push(at),
            }
        }
        gone.sort_unstable();
        for at in gone.into_iter().rev() {
            header.remove_at(at);
        }
        header
    }
}

/// A header without the cards a crop makes wrong.
fn without_stale(header: &Header) -> Header {
    let mut kept = header.clone();
    kept.retain(|card| !STALE.contains(&card.keyword().as_str()));
    kept
}

/// What a crop does to a section card; `whole` is what shows the detector where no card says so.
fn section_change(header: &Header, keyword: &str, card: &Card, whole: Option<Section>) -> Option<Change> {
    let subject = Subject::of(keyword)?;
    let Some(CardValue::Text(text)) = card.value() else { return None };
    let section = Section::parse(&text)?;
    Some(match subject {
        Subject::Image => Change::Image(section),
        Subject::Detector(partners) => {
            let shown = partners.iter().find_map(|partner| Section::parse(&header.text(partner)?));
            Change::Detector(section, shown.or(whole)?)
        }
    })
}

/// One of the coordinate systems of a header: the primary (`' '`) or an alternate (`'A'` to `'Z'`).
struct Alternate {
    letter: u8,
    /// Whether anything is said about axis 1, axis 2, ….
    has_axis: [bool; 9],
}

impl Alternate {
    fn all(header: &Header) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for card in header.cards() {
            let stems: [&[u8]; 5] = [b"CTYPE", b"CRPIX", b"CRVAL", b"CDELT", b"CD"];
            let Some((axis, letter)) = stems.iter().find_map(|stem| world_axis(&card.0[..8], stem)) else {
                continue;
            };
            let at = found.iter().position(|a| a.letter == letter).unwrap_or_else(|| {
                found.push(Self { letter, has_axis: [false; 9] });
                found.len() - 1
            });
            found[at].has_axis[axis.number() - 1] = true;
        }
        found
    }

    fn suffix(&self) -> &str {
        std::str::from_utf8(std::slice::from_ref(&self.letter)).unwrap_or_default().trim()
    }

    /// Whether this is the convention of the LSST stack: a linear alternate with scale 1 and reference pixel 1,
    /// whose reference value is the place of the first pixel in the parent image. Its readers take the value from
    /// `CRVAL`, so that is what moves.
    fn is_parent_frame(&self, header: &Header) -> bool {
        let suffix = self.suffix();
        let is_one = |stem: &str, otherwise: Option<f64>| {
            header
                .real(&format!("{stem}{suffix}"))
                .or(otherwise)
                .is_some_and(|value| value.to_bits() == 1.0_f64.to_bits())
        };
        let is_linear = |axis: &str| {
            header.text(&format!("CTYPE{axis}{suffix}")).is_some_and(|kind| kind.trim() == "LINEAR")
                && header.real(&format!("CRVAL{axis}{suffix}")).is_some()
                && is_one(&format!("CRPIX{axis}"), None)
                && is_one(&format!("CDELT{axis}"), Some(1.0))
                && is_one(&format!("CD{axis}_{axis}"), Some(1.0))
        };
        self.letter != b' ' && is_linear("1") && is_linear("2")
    }
}

/// Axis and alternate letter of a keyword such as `CTYPE1A`, or `CD1_2A` (whose pixel axis is the second number).
fn world_axis(name: &[u8], stem: &[u8]) -> Option<(Axis, u8)> {
    if stem == b"CD" {
        let [b'C', b'D', b'1'..=b'9', b'_', digit, rest @ ..] = name else { return None };
        return Some((Axis::of(*digit)?, letter_of(rest)?));
    }
    axis_and_letter(name, stem)
}

/// The axis and the alternate letter (or blank) behind a stem.
fn axis_and_letter(name: &[u8], stem: &[u8]) -> Option<(Axis, u8)> {
    let [digit, rest @ ..] = name.strip_prefix(stem)? else { return None };
    Some((Axis::of(*digit)?, letter_of(rest)?))
}

fn letter_of(rest: &[u8]) -> Option<u8> {
    match rest {
        [] => Some(b' '),
        [letter @ (b'A'..=b'Z' | b' '), rest @ ..] if rest.iter().all(|&b| b == b' ') => Some(*letter),
        _ => None,
    }
}

/// The card's value when it is a number.
fn number(card: &Card) -> Option<f64> {
    match card.value()? {
        CardValue::Integer(integer) => Some(integer as f64),
        CardValue::Real(real) => Some(real),
        _ => None,
    }
}
