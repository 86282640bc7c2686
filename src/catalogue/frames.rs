//! Frames: the files that are, were or could not become images.

use std::fmt;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{ArchiveId, Catalogue, CatalogueError, Dataset, Result, rows};
use crate::fits::{FileStamp, HduIndex};
use crate::pixel::BayerPattern;

/// The number of a frame; never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId(pub(super) i64);

impl FrameId {
    /// The number itself.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for FrameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The first 64 bits of the SHA-256 of a file's header cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeaderDigest(pub u64);

/// What a frame is, whatever its file is called: equal identities have equal pixels. The key for caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameIdentity {
    /// The frame.
    pub frame: FrameId,
    /// Size and modification time of its file when it was read.
    pub stamp: FileStamp,
    /// Its header.
    pub digest: HeaderDigest,
}

impl FrameIdentity {
    /// The identity as text for an entity tag: letters, digits and `-`.
    pub fn to_tag(self) -> String {
        let Self { frame, stamp, digest } = self;
        format!("{:x}-{:x}-{:x}-{:x}", frame.0, stamp.bytes, stamp.modified_ns, digest.0)
    }
}

/// The id of the archive that the captures of N.I.N.A. are to those who ask for images; no other may have it.
pub const NINA_ARCHIVE: &str = "nina";
/// The name of its one dataset.
pub const NINA_DATASET: &str = "captures";

/// Where frames come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The captures of N.I.N.A.
    Nina,
    /// A dataset of an archive.
    Archive {
        /// The archive.
        db: ArchiveId,
        /// The dataset.
        dataset: Dataset,
    },
}

impl Origin {
    /// The columns `kind`, `db` and `dataset` of this origin.
    pub(super) fn columns(&self) -> (&'static str, &str, &str) {
        match self {
            Self::Nina => ("nina", NINA_ARCHIVE, NINA_DATASET),
            Self::Archive { db, dataset } => ("archive", db.as_str(), dataset.as_str()),
        }
    }

    pub(super) fn from_columns(kind: &str, db: &str, dataset: &str) -> Result<Self> {
        let unexpected = |_| CatalogueError::Unexpected("source");
        match kind {
            "nina" => Ok(Self::Nina),
            _ => Ok(Self::Archive {
                db: ArchiveId::try_from(db).map_err(unexpected)?,
                dataset: Dataset::try_from(dataset).map_err(unexpected)?,
            }),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nina => f.write_str("nina"),
            Self::Archive { db, dataset } => write!(f, "{db}/{dataset}"),
        }
    }
}

/// How a frame is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameState {
    /// Its file is there and was understood.
    Ok,
    /// Its file is gone; the entry stays.
    Missing,
    /// Its file was not understood. The reason is for the operator, not for answers.
    Rejected(String),
}

/// What reading a file told about the frame in it.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameFacts {
    /// Size and modification time when it was read.
    pub stamp: FileStamp,
    /// Its header.
    pub digest: HeaderDigest,
    /// The HDU with the pixels.
    pub hdu: HduIndex,
    /// NAXIS1.
    pub columns: u64,
    /// NAXIS2.
    pub rows: u64,
    /// Planes, at least 1.
    pub planes: u64,
    /// BITPIX of the samples as they are after unpacking a compressed image.
    pub bitpix: i64,
    /// Where the samples of an uncompressed image begin in the file, in bytes.
    pub data_offset: Option<u64>,
    /// Start of the exposure.
    pub started_at: Option<DateTime<Utc>>,
    /// Length of the exposure in seconds.
    pub exposure_s: Option<f64>,
    /// FILTER.
    pub filter: Option<String>,
    /// OBJECT.
    pub target: Option<String>,
    /// INSTRUME.
    pub instrument: Option<String>,
    /// TELESCOP.
    pub telescope: Option<String>,
    /// Bayer pattern at pixel (0, 0) of the picture as it is shown.
    pub bayer_pattern: Option<BayerPattern>,
}

/// A frame whose file was understood at least once.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameRecord {
    /// Its number.
    pub id: FrameId,
    /// Where it comes from.
    pub origin: Origin,
    /// Its file.
    pub path: PathBuf,
    /// How it is doing.
    pub state: FrameState,
    /// When it was first seen.
    pub added_at: DateTime<Utc>,
    /// What the file said when it was last understood.
    pub facts: FrameFacts,
}

impl FrameRecord {
    /// The key for caches.
    pub fn identity(&self) -> FrameIdentity {
        FrameIdentity { frame: self.id, stamp: self.facts.stamp, digest: self.facts.digest }
    }

    /// The name of its file without folders.
    pub fn file_name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// The columns `frame_from_row` reads, from `frame f join source s`.
macro_rules! frame_columns {
    () => {
        "s.kind, s.db, s.dataset, f.id, f.path, f.state, f.rejection, f.added_ns, f.bytes, f.modified_ns, \
         f.header_digest, f.hdu, f.columns, f.rows, f.planes, f.bitpix, f.data_offset, f.started_ns, \
         f.exposure_s, f.filter, f.target, f.instrument, f.telescope, f.bayer_pattern"
    };
}
pub(super) use frame_columns;

/// How many columns `frame_columns!` names.
pub(super) const FRAME_COLUMNS: usize = 24;

pub(super) fn stamp(row: &SqliteRow, column: usize) -> Result<FileStamp> {
    let bytes = rows::unsigned(row.try_get(column)?, "bytes")?;
    Ok(FileStamp { bytes, modified_ns: row.try_get(column + 1)? })
}

/// Reads a row that begins with `frame_columns!`.
pub(super) fn frame_from_row(row: &SqliteRow) -> Result<FrameRecord> {
    let state = match row.try_get::<&str, _>(5)? {
        "ok" => FrameState::Ok,
        "missing" => FrameState::Missing,
        _ => FrameState::Rejected(row.try_get::<Option<String>, _>(6)?.unwrap_or_default()),
    };
    let data_offset: Option<i64> = row.try_get(16)?;
    let bayer_pattern = row.try_get::<Option<&str>, _>(23)?.map(BayerPattern::try_from).transpose();
    let bayer_pattern = bayer_pattern.map_err(|_| CatalogueError::Unexpected("bayer pattern"))?;
    Ok(FrameRecord {
        id: FrameId(row.try_get(3)?),
        origin: Origin::from_columns(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)?,
        path: PathBuf::from(row.try_get::<String, _>(4)?),
        state,
        added_at: rows::utc(row.try_get(7)?),
        facts: FrameFacts {
            stamp: stamp(row, 8)?,
            digest: HeaderDigest(row.try_get::<i64, _>(10)?.cast_unsigned()),
            hdu: HduIndex(rows::unsigned(row.try_get(11)?, "hdu")?),
            columns: rows::unsigned(row.try_get(12)?, "columns")?,
            rows: rows::unsigned(row.try_get(13)?, "rows")?,
            planes: rows::unsigned(row.try_get(14)?, "planes")?,
            bitpix: row.try_get(15)?,
            data_offset: data_offset.map(|offset| rows::unsigned(offset, "data offset")).transpose()?,
            started_at: row.try_get::<Option<i64>, _>(17)?.map(rows::utc),
            exposure_s: row.try_get(18)?,
            filter: row.try_get(19)?,
            target: row.try_get(20)?,
            instrument: row.try_get(21)?,
            telescope: row.try_get(22)?,
            bayer_pattern,
        },
    })
}

impl Catalogue {
    /// The frame of that number, if its file was ever understood.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn frame(&self, id: FrameId) -> Result<Option<FrameRecord>> {
        let sql = concat!(
            "select ",
            frame_columns!(),
            " from frame f join source s on s.id = f.source_id",
            " where f.id = ? and f.header_digest is not null"
        );
        let row = sqlx::query(sql).bind(id.0).fetch_optional(&self.readers).await?;
        row.as_ref().map(frame_from_row).transpose()
    }
}
