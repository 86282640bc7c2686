//! What a batch can do to frames.

use std::collections::HashMap;
use std::path::Path;

use sqlx::{QueryBuilder, Row, Sqlite};

use super::batch::{ROWS_PER_STATEMENT, stays_prepared};
use super::frames::{FrameFacts, FrameId, Origin};
use super::{Batch, Catalogue, CatalogueError, Result, rows};
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
        if let Some((_, id)) = self.sources.iter().find(|(known, _)| known == origin) {
            return Ok(*id);
        }
        let (kind, db, dataset) = origin.columns();
        let find = "select id from source where kind = ? and db = ? and dataset = ?";
        let query = sqlx::query_scalar(find).bind(kind).bind(db).bind(dataset);
        let id = if let Some(id) = query.fetch_optional(self.connection()).await? {
            id
        } else {
            let add = "insert into source (kind, db, dataset) values (?, ?, ?) returning id";
            let query = sqlx::query_scalar(add).bind(kind).bind(db).bind(dataset);
            query.fetch_one(self.connection()).await?
        };
        self.sources.push((origin.clone(), id));
        Ok(id)
    }

    /// Notes a file that was understood: a new frame, or the frame it had before, now as it is.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn put_frame(&mut self, origin: &Origin, path: &Path, facts: &FrameFacts) -> Result<FrameId> {
        let ids = self.put_frames(origin, &[(path, facts)]).await?;
        ids.first().copied().ok_or(CatalogueError::Unexpected("frame"))
    }

    /// [`Self::put_frame`] for many files at once, in few statements; their frames in the same order.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn put_frames(
        &mut self,
        origin: &Origin,
        files: &[(&Path, &FrameFacts)],
    ) -> Result<Vec<FrameId>> {
        let source = self.source(origin).await?;
        let mut frames = Vec::with_capacity(files.len());
        for files in files.chunks(ROWS_PER_STATEMENT) {
            frames.extend(self.put_frame_rows(source, files).await?);
        }
        Ok(frames)
    }

    async fn put_frame_rows(&mut self, source: i64, files: &[(&Path, &FrameFacts)]) -> Result<Vec<FrameId>> {
        let now = rows::nanoseconds(self.now());
        let mut insert = QueryBuilder::<Sqlite>::new(
            "insert into frame (source_id, path, state, added_ns, bytes, modified_ns, header_digest, hdu, \
             columns, rows, planes, bitpix, data_offset, started_ns, exposure_s, filter, target, instrument, \
             telescope, bayer_pattern) ",
        );
        insert.push_values(files, |mut row, (path, facts)| {
            row.push_bind(source).push_bind(path.to_string_lossy()).push("'ok'").push_bind(now);
            row.push_bind(facts.stamp.bytes as i64).push_bind(facts.stamp.modified_ns);
            row.push_bind(facts.digest.0.cast_signed()).push_bind(facts.hdu.0 as i64);
            row.push_bind(facts.columns as i64).push_bind(facts.rows as i64).push_bind(facts.planes as i64);
            row.push_bind(facts.bitpix).push_bind(facts.data_offset.map(|offset| offset as i64));
            row.push_bind(facts.started_at.map(rows::nanoseconds)).push_bind(facts.exposure_s);
            row.push_bind(facts.filter.as_deref()).push_bind(facts.target.as_deref());
            row.push_bind(facts.instrument.as_deref()).push_bind(facts.telescope.as_deref());
            row.push_bind(facts.bayer_pattern.map(BayerPattern::name));
        });
        insert.push(
            " on conflict (source_id, path) do update set state = 'ok', rejection = null, retry = 0, \
             bytes = excluded.bytes, modified_ns = excluded.modified_ns, \
             header_digest = excluded.header_digest, hdu = excluded.hdu, columns = excluded.columns, \
             rows = excluded.rows, planes = excluded.planes, bitpix = excluded.bitpix, \
             data_offset = excluded.data_offset, started_ns = excluded.started_ns, \
             exposure_s = excluded.exposure_s, filter = excluded.filter, target = excluded.target, \
             instrument = excluded.instrument, telescope = excluded.telescope, \
             bayer_pattern = excluded.bayer_pattern returning path, id",
        );
        let query = insert.build().persistent(stays_prepared(files.len()));
        let rows = query.fetch_all(self.connection()).await?;
        // In which order rows come back is not promised.
        let ids = rows.iter().map(|row| Ok((row.try_get::<String, _>(0)?, FrameId(row.try_get(1)?))));
        let ids = ids.collect::<Result<HashMap<_, _>>>()?;
        let id = |(path, _): &(&Path, _)| ids.get(path.to_string_lossy().as_ref()).copied();
        files.iter().map(id).collect::<Option<_>>().ok_or(CatalogueError::Unexpected("frame"))
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
        self.forget_image(FrameId(id)).await?;
        Ok(FrameId(id))
    }

    /// Notes that the file of a frame is gone: a frame of the history stays as missing, any other is forgotten.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn mark_missing(&mut self, frame: FrameId) -> Result<()> {
        let sql = "select exists (select 1 from history_entry where frame_id = ?) as kept";
        let row = sqlx::query(sql).bind(frame.0).fetch_one(self.connection()).await?;
        let is_kept: bool = row.try_get("kept")?;
        if !is_kept {
            self.forget_image(frame).await?;
        }
        let sql = if is_kept {
            "update frame set state = 'missing', rejection = null, retry = 0 where id = ?"
        } else {
            "delete from frame where id = ?"
        };
        sqlx::query(sql).bind(frame.0).execute(self.connection()).await?;
        Ok(())
    }

    /// Notes that the file of a frame has another name now; what was known under that name, and is in no history,
    /// is forgotten.
    ///
    /// # Errors
    /// When the database cannot be written or another entry of the history holds the name.
    pub async fn move_frame(&mut self, frame: FrameId, path: &Path) -> Result<()> {
        let path = path.to_string_lossy();
        let sql = "delete from frame where path = ? and id <> ? \
                   and source_id = (select source_id from frame where id = ?) \
                   and not exists (select 1 from history_entry where frame_id = frame.id)";
        sqlx::query(sql).bind(&path).bind(frame.0).bind(frame.0).execute(self.connection()).await?;
        let query = sqlx::query("update frame set path = ? where id = ?").bind(&path).bind(frame.0);
        query.execute(self.connection()).await?;
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
