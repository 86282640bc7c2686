//! What a scan needs to know of the files it met before.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::frames::{FrameId, Origin, stamp};
use super::{Catalogue, Result};
use crate::fits::FileStamp;

/// What a scan needs to know of a file it has met before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownFile {
    /// Its frame.
    pub frame: FrameId,
    /// Size and modification time when it was last read.
    pub stamp: FileStamp,
    /// How it is doing.
    pub state: KnownState,
    /// Whether to read it again although it did not change.
    pub retry: bool,
}

/// [`FrameState`](super::FrameState) without the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "explained at FrameState")]
pub enum KnownState {
    Ok,
    Missing,
    Rejected,
}

impl Catalogue {
    /// Every file of an origin met so far, by path.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn known_files(&self, origin: &Origin) -> Result<HashMap<PathBuf, KnownFile>> {
        let (kind, db, dataset) = origin.columns();
        let sql = "select f.path, f.id, f.state, f.bytes, f.modified_ns, f.retry from source s \
                   join frame f on f.source_id = s.id where s.kind = ? and s.db = ? and s.dataset = ?";
        let rows = sqlx::query(sql).bind(kind).bind(db).bind(dataset).fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok((PathBuf::from(row.try_get::<String, _>(0)?), known(row)?))).collect()
    }

    /// What is known of one file of an origin.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn known_file(&self, origin: &Origin, path: &Path) -> Result<Option<KnownFile>> {
        let (kind, db, dataset) = origin.columns();
        let sql = "select f.path, f.id, f.state, f.bytes, f.modified_ns, f.retry from source s \
                   join frame f on f.source_id = s.id and f.path = ? \
                   where s.kind = ? and s.db = ? and s.dataset = ?";
        let query = sqlx::query(sql).bind(path.to_string_lossy()).bind(kind).bind(db).bind(dataset);
        query.fetch_optional(&self.readers).await?.as_ref().map(known).transpose()
    }

    /// The files of an origin that are not shown, with reasons.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn rejections_of(&self, origin: &Origin) -> Result<HashMap<PathBuf, String>> {
        let (kind, db, dataset) = origin.columns();
        let sql = "select f.path, f.rejection from source s join frame f on f.source_id = s.id \
                   and f.state = 'rejected' where s.kind = ? and s.db = ? and s.dataset = ?";
        let rows = sqlx::query(sql).bind(kind).bind(db).bind(dataset).fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok((PathBuf::from(row.try_get::<String, _>(0)?), row.try_get(1)?))).collect()
    }
}

fn known(row: &SqliteRow) -> Result<KnownFile> {
    let state = match row.try_get::<&str, _>(2)? {
        "ok" => KnownState::Ok,
        "missing" => KnownState::Missing,
        _ => KnownState::Rejected,
    };
    Ok(KnownFile { frame: FrameId(row.try_get(1)?), stamp: stamp(row, 3)?, state, retry: row.try_get(5)? })
}
