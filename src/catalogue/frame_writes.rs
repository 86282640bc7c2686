//! What a batch can do to frames.

use std::path::Path;

use sqlx::Row;

use super::frames::{FrameFacts, FrameId, Origin};
use super::{Batch, Catalogue, Result, rows};
use crate::fits::FileStamp;
use crate::pixel::BayerPattern;

impl Catalogue {
    /// The rules by which an origin was last scanned to its end; `None` before its first whole scan.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn scan_rules(&self, origin: &Origin) -> Result<Option<String>> {
        let (kind, db, dataset) = origin.columns();
        let sql = "select rules from source where kind = ? and db = ? and dataset = ? and rules <> ''";
        let query = sqlx::query_scalar(sql).bind(kind).bind(db).bind(dataset);
        Ok(query.fetch_optional(&self.readers).await?)
    }
}

impl Batch {
    /// Notes the rules by which an origin was scanned to its end.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_scan_rules(&mut self, origin: &Origin, rules: &str) -> Result<()> {
        let source = self.source(origin).await?;
        let query = sqlx::query("update source set rules = ? where id = ?").bind(rules).bind(source);
        query.execute(self.connection()).await?;
        Ok(())
    }

    /// The number of an origin, given on first use.
    pub(super) async fn source(&mut self, origin: &Origin) -> Result<i64> {
        let (kind, db, dataset) = origin.columns();
        let find = "select id from source where kind = ? and db = ? and dataset = ?";
        let query = sqlx::query_scalar(find).bind(kind).bind(db).bind(dataset);
        if let Some(id) = query.fetch_optional(self.connection()).await? {
            return Ok(id);
        }
        let add = "insert into source (kind, db, dataset) values (?, ?, ?) returning id";
        Ok(sqlx::query_scalar(add).bind(kind).bind(db).bind(dataset).fetch_one(self.connection()).await?)
    }

    /// Notes a file that was understood: a new frame, or the frame it had before, now as it is.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn put_frame(&mut self, origin: &Origin, path: &Path, facts: &FrameFacts) -> Result<FrameId> {
        let source = self.source(origin).await?;
        let now = rows::nanoseconds(self.now());
        let sql = "insert into frame (source_id, path, state, added_ns, bytes, modified_ns, header_digest, hdu, \
                   columns, rows, planes, bitpix, data_offset, started_ns, exposure_s, filter, target, \
                   instrument, telescope, bayer_pattern) \
                   values (?, ?, 'ok', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
                   on conflict (source_id, path) do update set state = 'ok', rejection = null, retry = 0, \
                   bytes = excluded.bytes, modified_ns = excluded.modified_ns, \
                   header_digest = excluded.header_digest, hdu = excluded.hdu, columns = excluded.columns, \
                   rows = excluded.rows, planes = excluded.planes, bitpix = excluded.bitpix, \
                   data_offset = excluded.data_offset, started_ns = excluded.started_ns, \
                   exposure_s = excluded.exposure_s, filter = excluded.filter, target = excluded.target, \
                   instrument = excluded.instrument, telescope = excluded.telescope, \
                   bayer_pattern = excluded.bayer_pattern returning id";
        let id = sqlx::query_scalar(sql)
            .bind(source)
            .bind(path.to_string_lossy())
            .bind(now)
            .bind(facts.stamp.bytes as i64)
            .bind(facts.stamp.modified_ns)
            .bind(facts.digest.0.cast_signed())
            .bind(facts.hdu.0 as i64)
            .bind(facts.columns as i64)
            .bind(facts.rows as i64)
            .bind(facts.planes as i64)
            .bind(facts.bitpix)
            .bind(facts.data_offset.map(|offset| offset as i64))
            .bind(facts.started_at.map(rows::nanoseconds))
            .bind(facts.exposure_s)
            .bind(&facts.filter)
            .bind(&facts.target)
            .bind(&facts.instrument)
            .bind(&facts.telescope)
            .bind(facts.bayer_pattern.map(BayerPattern::name))
            .fetch_one(self.connection())
            .await?;
        Ok(FrameId(id))
    }

    /// Gives a frame whose file vanished the name under which the same bytes turned up again.
    /// `None` when no vanished frame of that origin had these bytes.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn rename_frame(
        &mut self,
        origin: &Origin,
        path: &Path,
        facts: &FrameFacts,
    ) -> Result<Option<FrameId>> {
        let source = self.source(origin).await?;
        let sql = "update frame set path = ?, state = 'ok' where id = (select id from frame \
                   where header_digest = ? and bytes = ? and modified_ns = ? and source_id = ? \
                   and state = 'missing' order by id limit 1) \
                   and not exists (select 1 from frame where source_id = ? and path = ?) returning id";
        let path = path.to_string_lossy();
        let id: Option<i64> = sqlx::query_scalar(sql)
            .bind(&path)
            .bind(facts.digest.0.cast_signed())
            .bind(facts.stamp.bytes as i64)
            .bind(facts.stamp.modified_ns)
            .bind(source)
            .bind(source)
            .bind(&path)
            .fetch_optional(self.connection())
            .await?;
        Ok(id.map(FrameId))
    }

    /// Notes a file that was not understood and why. What was known of it as an image is dropped; its place in
    /// the history stays. With `retry` the next scan reads it again even if it did not change.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn reject(
        &mut self,
        origin: &Origin,
        path: &Path,
        stamp: FileStamp,
        reason: &str,
        retry: bool,
    ) -> Result<FrameId> {
        let source = self.source(origin).await?;
        let now = rows::nanoseconds(self.now());
        let sql = "insert into frame (source_id, path, state, rejection, retry, added_ns, bytes, modified_ns) \
                   values (?, ?, 'rejected', ?, ?, ?, ?, ?) on conflict (source_id, path) do update set \
                   state = 'rejected', rejection = excluded.rejection, retry = excluded.retry, \
                   bytes = excluded.bytes, \
                   modified_ns = excluded.modified_ns returning id";
        let id = sqlx::query_scalar(sql)
            .bind(source)
            .bind(path.to_string_lossy())
            .bind(reason)
            .bind(retry)
            .bind(now)
            .bind(stamp.bytes as i64)
            .bind(stamp.modified_ns)
            .fetch_one(self.connection())
            .await?;
        self.drop_image(FrameId(id)).await?;
        Ok(FrameId(id))
    }

    /// Notes that the file of a frame is gone: a frame of the history stays as missing, any other is forgotten.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn mark_missing(&mut self, frame: FrameId) -> Result<()> {
        let sql = "select exists (select 1 from history_entry where frame_id = ?) as kept";
        let row = sqlx::query(sql).bind(frame.0).fetch_one(self.connection()).await?;
        self.drop_image(frame).await?;
        let sql = if row.try_get("kept")? {
            "update frame set state = 'missing', rejection = null, retry = 0 where id = ?"
        } else {
            "delete from frame where id = ?"
        };
        sqlx::query(sql).bind(frame.0).execute(self.connection()).await?;
        Ok(())
    }

    /// Notes that the unchanged file of a missing frame is back.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn mark_returned(&mut self, frame: FrameId) -> Result<()> {
        let sql = "update frame set state = 'ok' where id = ? and state = 'missing'";
        sqlx::query(sql).bind(frame.0).execute(self.connection()).await?;
        Ok(())
    }
}
