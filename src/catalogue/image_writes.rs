//! What a batch can do to images.

use std::path::PathBuf;

use super::images::{Duplicate, NewImage, outline_to_blob};
use super::{Batch, FrameId, Origin, Result};

impl Batch {
    /// Makes a frame an image of its archive, or gives the image it was its new values.
    /// `Err` inside names the file that holds the same image already; nothing is changed then.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn put_image(
        &mut self,
        frame: FrameId,
        origin: &Origin,
        image: &NewImage,
    ) -> Result<Result<(), Duplicate>> {
        let source = self.source(origin).await?;
        let science_id = image.science_id.get() as i64;
        let sql = "select f.path from image i join frame f on f.id = i.frame_id \
                   where i.source_id = ? and i.science_id = ? and i.frame_id <> ?";
        let query = sqlx::query_scalar(sql).bind(source).bind(science_id).bind(frame.0);
        let first: Option<String> = query.fetch_optional(self.connection()).await?;
        if let Some(first) = first {
            return Ok(Err(Duplicate { first: PathBuf::from(first) }));
        }
        let band = self.band(&image.filter).await?;
        let place = image.place.as_ref().map(|(place, _)| place);
        sqlx::query(
            "insert or replace into image (frame_id, source_id, band_id, scheme, science_id, ra_deg, \
             dec_deg, outline, radius_deg, pixel_scale_arcsec, begin_mjd, end_mjd) \
             values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(frame.0)
        .bind(source)
        .bind(band)
        .bind(image.scheme.as_str())
        .bind(science_id)
        .bind(place.map(|place| place.centre.ra_deg()))
        .bind(place.map(|place| place.centre.dec_deg()))
        .bind(place.map(|place| outline_to_blob(&place.outline)))
        .bind(place.map(|place| place.radius_deg))
        .bind(place.map(|place| place.pixel_scale_arcsec))
        .bind(image.time_mjd.map(|(begin, _)| begin))
        .bind(image.time_mjd.map(|(_, end)| end))
        .execute(self.connection())
        .await?;
        let Some((_, bounds)) = &image.place else {
            self.drop_footprint(frame).await?;
            return Ok(Ok(()));
        };
        let sql = "insert or replace into footprint_index values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let mut query = sqlx::query(sql).bind(frame.0);
        for (min, max) in bounds.min.iter().zip(&bounds.max) {
            query = query.bind(*min).bind(*max);
        }
        for id in [source, band] {
            query = query.bind(id as f64).bind(id as f64 + 0.5);
        }
        query.execute(self.connection()).await?;
        Ok(Ok(()))
    }

    /// Forgets what made a frame an image.
    pub(super) async fn drop_image(&mut self, frame: FrameId) -> Result<()> {
        self.drop_footprint(frame).await?;
        sqlx::query("delete from image where frame_id = ?").bind(frame.0).execute(self.connection()).await?;
        Ok(())
    }

    async fn drop_footprint(&mut self, frame: FrameId) -> Result<()> {
        sqlx::query("delete from footprint_index where frame_id = ?")
            .bind(frame.0)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// The number of a filter, given on first use.
    pub(super) async fn band(&mut self, name: &str) -> Result<i64> {
        let name = name.trim();
        let query = sqlx::query_scalar("select id from band where name = ?").bind(name);
        if let Some(id) = query.fetch_optional(self.connection()).await? {
            return Ok(id);
        }
        let add = sqlx::query_scalar("insert into band (name) values (?) returning id").bind(name);
        Ok(add.fetch_one(self.connection()).await?)
    }
}
