//! A header as an entry of the N.I.N.A. image history: what that program would say of the frame it saved.

use chrono::{DateTime, FixedOffset, Local, NaiveDateTime, TimeDelta, TimeZone, Utc};

use super::cards::Cards;
use super::exposure_time::{date_time, started_at};
use super::file_name::NinaFileName;
use crate::catalogue::{FrameType, NewHistoryEntry};
use crate::pixel::BayerPattern;

/// The zone of the observatory's clock where the header does not tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockZone {
    /// That of this machine.
    Machine,
    /// Always this one.
    Fixed(FixedOffset),
}

impl ClockZone {
    fn at(self, time: DateTime<Utc>) -> DateTime<FixedOffset> {
        match self {
            Self::Machine => time.with_timezone(&Local).fixed_offset(),
            Self::Fixed(offset) => time.with_timezone(&offset),
        }
    }

    /// A time of the observatory's clock; in the hour that is skipped or repeated, the earlier one.
    fn of_local(self, time: NaiveDateTime) -> DateTime<FixedOffset> {
        let found = match self {
            Self::Machine => Local.from_local_datetime(&time).earliest().map(|time| time.fixed_offset()),
            Self::Fixed(offset) => offset.from_local_datetime(&time).earliest(),
        };
        found.unwrap_or_else(|| time.and_utc().fixed_offset())
    }
}

/// What a file is beside its header.
#[derive(Clone, Debug)]
pub struct SavedFile<'a> {
    /// The path below the watched directory.
    pub relative_path: &'a str,
    /// When the file was last written.
    pub modified_at: DateTime<Utc>,
    /// Where its clock was.
    pub zone: ClockZone,
}

/// The entry and the frame's own values, completed from the file name.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedFrame {
    /// The entry of the history.
    pub entry: NewHistoryEntry,
    /// Start of the exposure.
    pub started_at: Option<DateTime<Utc>>,
    /// Length of the exposure in seconds.
    pub exposure_s: Option<f64>,
    /// Filter.
    pub filter: Option<String>,
    /// Bayer pattern at pixel (0, 0) of the picture as it is shown, top row first.
    pub bayer_pattern: Option<BayerPattern>,
}

/// Reads the entry of a frame of `rows` rows; `is_flat` when it has two dimensions.
pub fn read(cards: &Cards<'_>, file: &SavedFile<'_>, rows: usize, is_flat: bool) -> SavedFrame {
    let name = NinaFileName::read(file.relative_path);
    let exposure_s = cards.exposure_s().or(name.exposure_s);
    let is_bayered = is_flat && cards.text("BAYERPAT").is_some();
    let clock = clock_readings(cards, &name, file.zone);
    let exposure =
        TimeDelta::try_milliseconds((exposure_s.unwrap_or(0.0).clamp(0.0, 1e7) * 1e3).round() as i64);
    let saved_at = clock.zip(exposure).and_then(|(start, exposure)| start.checked_add_signed(exposure));
    SavedFrame {
        entry: NewHistoryEntry {
            image_type: image_type(cards, name.folder.as_deref()),
            saved_at: saved_at.unwrap_or_else(|| file.zone.at(file.modified_at)),
            temperature_c: cards.real("CCD-TEMP").or(name.temperature_c),
            gain: cards.integer("GAIN"),
            offset: cards.integer("OFFSET").or_else(|| cards.integer("BLKLEVEL")),
            focal_length_mm: cards.real("FOCALLEN").filter(|length| *length > 0.0),
            is_bayered,
            rms_text: None,
            stars: None,
            hfr: None,
            hfr_standard_deviation: None,
        },
        started_at: started_at(cards).or_else(|| clock.map(|time| time.to_utc())),
        exposure_s,
        filter: cards.text("FILTER").or(name.filter),
        bayer_pattern: is_bayered.then(|| bayer_pattern(cards, rows)).flatten(),
    }
}

/// The start of the exposure on the observatory's clock: DATE-LOC with the offset it has from DATE-OBS, DATE-OBS
/// in the given zone, or the time in the file name.
fn clock_readings(cards: &Cards<'_>, name: &NinaFileName, zone: ClockZone) -> Option<DateTime<FixedOffset>> {
    let local = cards.text("DATE-LOC").as_deref().and_then(date_time);
    match (local, started_at(cards)) {
        (Some(local), Some(utc)) => {
            // Offsets are whole quarters of an hour; the two cards may be milliseconds apart.
            let quarters = ((local - utc.naive_utc()).num_seconds() as f64 / 900.0).round() as i64;
            let offset = i32::try_from(quarters * 900).ok().and_then(FixedOffset::east_opt);
            Some(offset.map_or_else(|| zone.at(utc), |offset| utc.with_timezone(&offset)))
        }
        (Some(local), None) => Some(zone.of_local(local)),
        (None, Some(utc)) => Some(zone.at(utc)),
        (None, None) => name.started.map(|started| zone.of_local(started)),
    }
}

/// IMAGETYP or FRAME in any of the spellings capture programs use; without them the name of the folder.
fn image_type(cards: &Cards<'_>, folder: Option<&str>) -> FrameType {
    let card = cards.text("IMAGETYP").or_else(|| cards.text("FRAME"));
    if let Some(card) = card {
        return named_type(&card).unwrap_or(FrameType::Light);
    }
    let folder = folder.map(str::to_ascii_uppercase);
    let folder = folder.as_deref().map(|folder| folder.strip_suffix('S').unwrap_or(folder));
    match folder {
        Some("FLAT") => FrameType::Flat,
        Some("DARK" | "DARKFLAT" | "FLATDARK") => FrameType::Dark,
        Some("BIAS" | "BIA" | "BIASE") => FrameType::Bias,
        Some("SNAPSHOT") => FrameType::Snapshot,
        _ => FrameType::Light,
    }
}

/// "Light Frame", "Flat Field", "zero", "Dark Flat", … A dark of a flat is a dark.
fn named_type(name: &str) -> Option<FrameType> {
    let name = name.to_ascii_uppercase();
    let says = |word| name.contains(word);
    if says("DARK") {
        Some(FrameType::Dark)
    } else if says("FLAT") {
        Some(FrameType::Flat)
    } else if says("BIAS") || says("ZERO") || says("OFFSET") {
        Some(FrameType::Bias)
    } else if says("SNAP") {
        Some(FrameType::Snapshot)
    } else {
        None
    }
}

/// BAYERPAT moved by XBAYROFF and YBAYROFF, and turned over when the file begins with the bottom row.
fn bayer_pattern(cards: &Cards<'_>, rows: usize) -> Option<BayerPattern> {
    let name = cards.text("BAYERPAT")?.to_ascii_uppercase();
    let offset = |keyword| cards.integer(keyword).unwrap_or(0);
    let pattern = BayerPattern::try_from(name.as_str()).ok()?;
    let pattern = pattern.shifted(offset("XBAYROFF"), offset("YBAYROFF"));
    let bottom_up = cards.text("ROWORDER").is_some_and(|order| order.eq_ignore_ascii_case("BOTTOM-UP"));
    Some(if bottom_up { pattern.upside_down(rows) } else { pattern })
}

#[cfg(test)]
#[path = "saved_frame_tests.rs"]
mod tests;
