//! How the history grows.

use sqlx::Row;

use super::frames::FrameId;
use super::history::{FrameStatistics, NewHistoryEntry};
use super::{Batch, Event, Result, rows};

/// The event N.I.N.A. records for every saved frame.
pub const IMAGE_SAVE: &str = "IMAGE-SAVE";

impl Batch {
    /// Notes the statistics of a frame in place of those it had.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn put_statistics(&mut self, frame: FrameId, statistics: &FrameStatistics) -> Result<()> {
        sqlx::query("delete from statistics where frame_id = ?")
            .bind(frame.0)
            .execute(self.connection())
            .await?;
        let planes = std::iter::once(&statistics.whole).chain(&statistics.channels).take(4);
        for (plane, s) in planes.enumerate() {
            sqlx::query(
                "insert into statistics (frame_id, plane, samples, mean, standard_deviation, median, mad, min, \
                 max) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(frame.0)
            .bind(plane as i64)
            .bind(s.count as i64)
            .bind(s.mean)
            .bind(s.standard_deviation)
            .bind(s.median)
            .bind(s.mad)
            .bind(s.min)
            .bind(s.max)
            .execute(self.connection())
            .await?;
        }
        Ok(())
    }

    /// Puts a frame at the end of the history, with its event; a frame that is in it already keeps its place
    /// and takes the new values. Its statistics must be in the same batch. Returns whether the list grew.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn put_history_entry(&mut self, frame: FrameId, entry: &NewHistoryEntry) -> Result<bool> {
        let sql = "select position, image_type from history_entry where frame_id = ?";
        let before = sqlx::query(sql).bind(frame.0).fetch_optional(self.connection()).await?;
        let (position, old_type) = match &before {
            Some(row) => (row.try_get::<i64, _>(0)?, Some(row.try_get::<String, _>(1)?)),
            None => {
                (self.next("select coalesce(max(position) + 1, 0) from history_entry", None).await?, None)
            }
        };
        let image_type = entry.image_type.as_str();
        if old_type.as_deref() != Some(image_type) {
            self.insert_position(frame, position, image_type, entry).await?;
        }
        if let Some(old_type) = old_type.filter(|old| old != image_type) {
            for name in [&old_type, image_type] {
                self.renumber(name).await?;
            }
        }
        sqlx::query(
            "update history_entry set saved_ns = ?, saved_offset_s = ?, temperature_c = ?, gain = ?, \
             offset_setting = ?, focal_length_mm = ?, is_bayered = ?, rms_text = ?, stars = ?, hfr = ?, \
             hfr_standard_deviation = ? where frame_id = ?",
        )
        .bind(rows::nanoseconds(entry.saved_at.to_utc()))
        .bind(rows::offset_s(entry.saved_at))
        .bind(entry.temperature_c)
        .bind(entry.gain)
        .bind(entry.offset)
        .bind(entry.focal_length_mm)
        .bind(entry.is_bayered)
        .bind(&entry.rms_text)
        .bind(entry.stars)
        .bind(entry.hfr)
        .bind(entry.hfr_standard_deviation)
        .bind(frame.0)
        .execute(self.connection())
        .await?;
        if before.is_none() {
            self.append_event(&Event::new(IMAGE_SAVE, entry.saved_at)).await?;
        }
        Ok(before.is_none())
    }

    async fn next(&mut self, sql: &'static str, image_type: Option<&str>) -> Result<i64> {
        let mut query = sqlx::query_scalar(sql);
        if let Some(name) = image_type {
            query = query.bind(name);
        }
        Ok(query.fetch_one(self.connection()).await?)
    }

    /// Writes position and type, at the end of that type's list; `renumber` puts it where it belongs.
    async fn insert_position(
        &mut self,
        frame: FrameId,
        position: i64,
        image_type: &str,
        entry: &NewHistoryEntry,
    ) -> Result<()> {
        let end = "select coalesce(max(type_position) + 1, 0) from history_entry where image_type = ?";
        let type_position = self.next(end, Some(image_type)).await?;
        sqlx::query(
            "insert into history_entry (frame_id, position, image_type, type_position, saved_ns, \
             saved_offset_s, is_bayered) values (?, ?, ?, ?, ?, ?, 0) \
             on conflict (frame_id) do update set image_type = excluded.image_type, \
             type_position = excluded.type_position",
        )
        .bind(frame.0)
        .bind(position)
        .bind(image_type)
        .bind(type_position)
        .bind(rows::nanoseconds(entry.saved_at.to_utc()))
        .bind(rows::offset_s(entry.saved_at))
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Counts the entries of one type anew, after a file was rewritten as another type: the one case in which
    /// an index within a type may change. Two steps, since no two entries may hold one number in between.
    async fn renumber(&mut self, image_type: &str) -> Result<()> {
        for sql in [
            "update history_entry set type_position = -1 - position where image_type = ?",
            "update history_entry set type_position = (select count(*) from history_entry o \
             where o.image_type = history_entry.image_type and o.position < history_entry.position) \
             where image_type = ?",
        ] {
            sqlx::query(sql).bind(image_type).execute(self.connection()).await?;
        }
        Ok(())
    }
}
