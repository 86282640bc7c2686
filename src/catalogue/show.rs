//! The frames of a dataset one after another, for cameras that show an archive as slides.

use super::frames::{FrameRecord, frame_columns, frame_from_row};
use super::{Catalogue, Origin, Result};

impl Catalogue {
    /// The frame of an origin with the lowest number above `after` whose file is there, through `filter` (in any case)
    /// if one is given.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn frame_after(
        &self,
        origin: &Origin,
        filter: Option<&str>,
        after: i64,
    ) -> Result<Option<FrameRecord>> {
        let sql = concat!(
            "select ",
            frame_columns!(),
            " from frame f join source s on s.id = f.source_id",
            " where s.kind = ? and s.db = ? and s.dataset = ? and f.state = 'ok' and f.header_digest is not null",
            " and f.id > ? and (? is null or f.filter = ? collate nocase) order by f.id limit 1"
        );
        let (kind, db, dataset) = origin.columns();
        let query = sqlx::query(sql).bind(kind).bind(db).bind(dataset).bind(after).bind(filter).bind(filter);
        query.fetch_optional(&self.readers).await?.as_ref().map(frame_from_row).transpose()
    }
}
