//! The N.I.N.A. image history: every saved frame in save order, at a position that never changes.

use std::collections::HashMap;
use std::fmt;

use chrono::{DateTime, FixedOffset};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::frames::{
    FRAME_COLUMNS, FrameId, FrameIdentity, FrameRecord, HeaderDigest, frame_columns, frame_from_row, stamp,
};
use super::{Catalogue, CatalogueError, Result, rows};
use crate::pixel::Statistics;

/// What a frame was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "their names are the field's own")]
pub enum FrameType {
    Light,
    Flat,
    Dark,
    Bias,
    Snapshot,
}

impl FrameType {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Light, Self::Flat, Self::Dark, Self::Bias, Self::Snapshot];

    /// The name N.I.N.A. uses, e.g. `LIGHT`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "LIGHT",
            Self::Flat => "FLAT",
            Self::Dark => "DARK",
            Self::Bias => "BIAS",
            Self::Snapshot => "SNAPSHOT",
        }
    }

    fn from_column(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|frame_type| frame_type.as_str() == name);
        found.ok_or(CatalogueError::Unexpected("image type"))
    }
}

impl fmt::Display for FrameType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a saved frame adds to the history, beside what its file says about the frame itself.
#[derive(Clone, Debug, PartialEq)]
pub struct NewHistoryEntry {
    /// What it was taken for.
    pub image_type: FrameType,
    /// When the file was saved, on the observatory's clock.
    pub saved_at: DateTime<FixedOffset>,
    /// Sensor temperature in degrees Celsius.
    pub temperature_c: Option<f64>,
    /// Gain in the units of the driver.
    pub gain: Option<i64>,
    /// Offset in the units of the driver.
    pub offset: Option<i64>,
    /// Focal length in millimetres.
    pub focal_length_mm: Option<f64>,
    /// Whether the frame holds a colour mosaic.
    pub is_bayered: bool,
    /// Guiding error, as N.I.N.A. spells it.
    pub rms_text: Option<String>,
    /// Detected stars; `None` when detection has not run.
    pub stars: Option<i64>,
    /// Mean half-flux radius in pixels.
    pub hfr: Option<f64>,
    /// Scatter of the half-flux radius in pixels.
    pub hfr_standard_deviation: Option<f64>,
}

/// One entry of the history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// Its position: 0 is the oldest.
    pub position: u64,
    /// The frame: file, state, exposure, filter, target, instrument, telescope.
    pub frame: FrameRecord,
    /// What the history adds to it.
    pub saved: NewHistoryEntry,
    /// Statistics of the frame and its channels.
    pub statistics: FrameStatistics,
}

/// Statistics of a frame, as computed when it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameStatistics {
    /// Of the frame as stored: what a linked stretch goes by.
    pub whole: Statistics,
    /// Of red, green and blue after debayering or of a colour frame; empty for a grey one.
    pub channels: Vec<Statistics>,
}

/// Reads seven columns from `first` on.
fn statistics_from_row(row: &SqliteRow, first: usize) -> Result<Statistics> {
    Ok(Statistics {
        count: rows::unsigned(row.try_get(first)?, "samples")?,
        mean: row.try_get(first + 1)?,
        standard_deviation: row.try_get(first + 2)?,
        median: row.try_get(first + 3)?,
        mad: row.try_get(first + 4)?,
        min: row.try_get(first + 5)?,
        max: row.try_get(first + 6)?,
    })
}

/// Everything of an entry; `where`, `order by` and the like follow.
macro_rules! select_entries {
    ($rest:literal) => {
        concat!(
            "select ",
            frame_columns!(),
            ", h.position, h.image_type, h.saved_ns, h.saved_offset_s, h.temperature_c, h.gain, \
             h.offset_setting, h.focal_length_mm, h.is_bayered, h.rms_text, h.stars, h.hfr, \
             h.hfr_standard_deviation, \
             t.samples, t.mean, t.standard_deviation, t.median, t.mad, t.min, t.max \
             from history_entry h join frame f on f.id = h.frame_id join source s on s.id = f.source_id \
             join statistics t on t.frame_id = h.frame_id and t.plane = 0 ",
            $rest
        )
    };
}

fn entry_from_row(row: &SqliteRow) -> Result<HistoryEntry> {
    const H: usize = FRAME_COLUMNS;
    Ok(HistoryEntry {
        position: rows::unsigned(row.try_get(H)?, "position")?,
        frame: frame_from_row(row)?,
        saved: NewHistoryEntry {
            image_type: FrameType::from_column(row.try_get(H + 1)?)?,
            saved_at: rows::local(row.try_get(H + 2)?, row.try_get(H + 3)?)?,
            temperature_c: row.try_get(H + 4)?,
            gain: row.try_get(H + 5)?,
            offset: row.try_get(H + 6)?,
            focal_length_mm: row.try_get(H + 7)?,
            is_bayered: row.try_get(H + 8)?,
            rms_text: row.try_get(H + 9)?,
            stars: row.try_get(H + 10)?,
            hfr: row.try_get(H + 11)?,
            hfr_standard_deviation: row.try_get(H + 12)?,
        },
        statistics: FrameStatistics { whole: statistics_from_row(row, H + 13)?, channels: Vec::new() },
    })
}

impl Catalogue {
    /// The frames of the history with their types, in its order.
    pub(super) async fn read_history_order(&self) -> Result<Vec<(FrameId, FrameType)>> {
        let sql = "select frame_id, image_type from history_entry order by position";
        let rows = sqlx::query(sql).fetch_all(&self.readers).await?;
        let entry =
            |row: &SqliteRow| Ok((FrameId(row.try_get(0)?), FrameType::from_column(row.try_get(1)?)?));
        rows.iter().map(entry).collect()
    }

    /// The identities of all frames of the history, in no order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn history_identities(&self) -> Result<Vec<FrameIdentity>> {
        let sql = "select f.bytes, f.modified_ns, f.id, f.header_digest from history_entry h \
                   join frame f on f.id = h.frame_id";
        let rows = sqlx::query(sql).fetch_all(&self.readers).await?;
        let identity = |row: &SqliteRow| {
            Ok(FrameIdentity {
                frame: FrameId(row.try_get(2)?),
                stamp: stamp(row, 0)?,
                digest: HeaderDigest(row.try_get::<i64, _>(3)?.cast_unsigned()),
            })
        };
        rows.iter().map(identity).collect()
    }

    /// The entry of a frame, from the database.
    pub(super) async fn read_history_entry(&self, frame: FrameId) -> Result<Option<HistoryEntry>> {
        let query = sqlx::query(select_entries!("where h.frame_id = ?")).bind(frame.0);
        let Some(row) = query.fetch_optional(&self.readers).await? else { return Ok(None) };
        let mut entry = entry_from_row(&row)?;
        let sql = "select samples, mean, standard_deviation, median, mad, min, max from statistics \
                   where frame_id = ? and plane > 0 order by plane";
        let channels = sqlx::query(sql).bind(frame.0).fetch_all(&self.readers).await?;
        entry.statistics.channels =
            channels.iter().map(|row| statistics_from_row(row, 0)).collect::<Result<_>>()?;
        Ok(Some(entry))
    }

    /// All entries, oldest first, or those of one type.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn history(&self, image_type: Option<&str>) -> Result<Vec<HistoryEntry>> {
        let query = match image_type {
            None => sqlx::query(select_entries!("order by h.position")),
            Some(name) => {
                sqlx::query(select_entries!("where h.image_type = ? order by h.type_position")).bind(name)
            }
        };
        let rows = query.fetch_all(&self.readers).await?;
        let mut entries = rows.iter().map(entry_from_row).collect::<Result<Vec<_>>>()?;
        let sql = "select samples, mean, standard_deviation, median, mad, min, max, frame_id from statistics \
                   where plane > 0 and frame_id in (select frame_id from history_entry) \
                   order by frame_id, plane";
        let mut channels: HashMap<FrameId, Vec<Statistics>> = HashMap::new();
        for row in sqlx::query(sql).fetch_all(&self.readers).await? {
            channels.entry(FrameId(row.try_get(7)?)).or_default().push(statistics_from_row(&row, 0)?);
        }
        for entry in &mut entries {
            entry.statistics.channels = channels.remove(&entry.frame.id).unwrap_or_default();
        }
        Ok(entries)
    }
}
