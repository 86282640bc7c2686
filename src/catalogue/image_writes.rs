//! What a batch can do to images.

use std::collections::HashSet;
use std::path::PathBuf;

use sqlx::{QueryBuilder, Row, Sqlite};

use super::batch::{ROWS_PER_STATEMENT, stays_prepared};
use super::images::{Coverage, Duplicate, NewImage, outline_to_blob};
use super::{Batch, FrameId, Origin, Result};

impl Batch {
    /// Makes a frame an image of its archive, or gives the image it was its new values.
    /// `Err` inside names the file that holds the same image already; the frame is no image then.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn put_image(
        &mut self,
        frame: FrameId,
        origin: &Origin,
        image: &NewImage,
    ) -> Result<Result<(), Duplicate>> {
        self.forget_image(frame).await?;
        Ok(self.put_new_images(origin, &[(frame, image)]).await?.pop().unwrap_or(Ok(())))
    }

    /// [`Self::put_image`] for many frames that were no images before, in few statements.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn put_new_images(
        &mut self,
        origin: &Origin,
        images: &[(FrameId, &NewImage)],
    ) -> Result<Vec<Result<(), Duplicate>>> {
        let source = self.source(origin).await?;
        let mut outcomes = Vec::with_capacity(images.len());
        for images in images.chunks(ROWS_PER_STATEMENT) {
            outcomes.extend(self.put_image_rows(source, images).await?);
        }
        Ok(outcomes)
    }

    async fn put_image_rows(
        &mut self,
        source: i64,
        images: &[(FrameId, &NewImage)],
    ) -> Result<Vec<Result<(), Duplicate>>> {
        let mut bands = Vec::with_capacity(images.len());
        for (_, image) in images {
            bands.push(self.band(&image.filter).await?);
        }
        let mut insert = QueryBuilder::<Sqlite>::new(
            "insert into image (frame_id, source_id, band_id, scheme, science_id, ra_deg, dec_deg, outline, \
             radius_deg, pixel_scale_arcsec, begin_mjd, end_mjd, is_cube, em_min_m, em_max_m, em_xel, pol_states, \
             pol_xel, t_xel, resolution_arcsec) ",
        );
        insert.push_values(images.iter().zip(&bands), |mut row, ((frame, image), band)| {
            let place = image.place.as_ref().map(|(place, _)| place);
            row.push_bind(frame.0).push_bind(source).push_bind(*band);
            row.push_bind(image.scheme.as_str()).push_bind(image.science_id.get() as i64);
            row.push_bind(place.map(|place| place.centre.ra_deg()));
            row.push_bind(place.map(|place| place.centre.dec_deg()));
            row.push_bind(place.map(|place| outline_to_blob(&place.outline)));
            row.push_bind(place.map(|place| place.radius_deg));
            row.push_bind(place.map(|place| place.pixel_scale_arcsec));
            row.push_bind(image.time_mjd.map(|(begin, _)| begin));
            row.push_bind(image.time_mjd.map(|(_, end)| end));
            let Coverage { em_m, .. } = image.coverage;
            let count = |count: Option<u64>| count.and_then(|count| i64::try_from(count).ok());
            row.push_bind(image.coverage.is_cube);
            row.push_bind(em_m.map(|(shortest, _)| shortest)).push_bind(em_m.map(|(_, longest)| longest));
            row.push_bind(count(image.coverage.em_channels));
            row.push_bind(image.coverage.polarisations.as_deref());
            row.push_bind(count(image.coverage.polarisation_planes));
            row.push_bind(count(image.coverage.time_steps));
            row.push_bind(image.coverage.resolution_arcsec);
        });
        insert.push(" on conflict do nothing returning frame_id");
        let query = insert.build().persistent(stays_prepared(images.len()));
        let rows = query.fetch_all(self.connection()).await?;
        let written = rows.iter().map(|row| Ok(row.try_get::<i64, _>(0)?)).collect::<Result<HashSet<_>>>()?;
        self.put_footprints(source, images, &bands, &written).await?;
        let mut outcomes = Vec::with_capacity(images.len());
        for (frame, image) in images {
            outcomes.push(if written.contains(&frame.0) {
                Ok(())
            } else {
                self.holder(source, image, *frame).await?.map_or(Ok(()), Err)
            });
        }
        Ok(outcomes)
    }

    /// The other frame that is the image already.
    async fn holder(&mut self, source: i64, image: &NewImage, frame: FrameId) -> Result<Option<Duplicate>> {
        let sql = "select f.path from image i join frame f on f.id = i.frame_id \
                   where i.source_id = ? and i.science_id = ? and i.frame_id <> ?";
        let science_id = image.science_id.get() as i64;
        let query = sqlx::query_scalar::<_, String>(sql).bind(source).bind(science_id).bind(frame.0);
        let first = query.fetch_optional(self.connection()).await?;
        Ok(first.map(|path| Duplicate { first: PathBuf::from(path) }))
    }

    /// Indexes the places of those images that were written.
    async fn put_footprints(
        &mut self,
        source: i64,
        images: &[(FrameId, &NewImage)],
        bands: &[i64],
        written: &HashSet<i64>,
    ) -> Result<()> {
        let place = |((frame, image), band): (&(FrameId, &NewImage), &i64)| {
            let (_, bounds) = image.place.as_ref()?;
            written.contains(&frame.0).then_some((frame.0, *bounds, *band))
        };
        let places: Vec<_> = images.iter().zip(bands).filter_map(place).collect();
        if places.is_empty() {
            return Ok(());
        }
        let mut insert = QueryBuilder::<Sqlite>::new("insert or replace into footprint_index ");
        insert.push_values(&places, |mut row, (frame, bounds, band)| {
            row.push_bind(*frame);
            for (min, max) in bounds.min.into_iter().zip(bounds.max) {
                row.push_bind(min).push_bind(max);
            }
            for id in [source, *band] {
                row.push_bind(id as f64).push_bind(id as f64 + 0.5);
            }
        });
        insert.build().persistent(stays_prepared(places.len())).execute(self.connection()).await?;
        Ok(())
    }

    /// Forgets what made a frame an image; nothing happens to one that was none.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn forget_image(&mut self, frame: FrameId) -> Result<()> {
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
        if let Some((_, id)) = self.bands.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return Ok(*id);
        }
        let query = sqlx::query_scalar("select id from band where name = ?").bind(name);
        let id = if let Some(id) = query.fetch_optional(self.connection()).await? {
            id
        } else {
            let add = sqlx::query_scalar("insert into band (name) values (?) returning id").bind(name);
            add.fetch_one(self.connection()).await?
        };
        self.bands.push((name.to_owned(), id));
        Ok(id)
    }
}
