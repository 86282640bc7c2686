//! A made-up survey of any size, to measure how fast the nearest image is found.

use std::f64::consts::TAU;

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use sqlx::{QueryBuilder, Sqlite};

use super::images::outline_to_blob;

use super::{ArchiveId, Batch, Catalogue, Dataset, Origin, Result, ScienceId, ScienceIdScheme};
use crate::sky::SkyCoord;

/// Frames written by one statement.
const CHUNK: usize = 500;
/// Half the sides of an SDSS field, in degrees of arc.
const HALF_WIDTH_DEG: f64 = 0.1125;
const HALF_HEIGHT_DEG: f64 = 0.0745;
/// How many fields of one filter cover a point on average.
const COVERAGE: f64 = 3.0;
/// The filters of the survey.
pub const FILTERS: [&str; 5] = ["u", "g", "r", "i", "z"];

/// A survey of fields the size of SDSS's at random places in a band of the sky, every point of it covered by
/// about three fields of each filter.
#[derive(Clone, Copy, Debug)]
pub struct SyntheticSurvey {
    footprints: usize,
    height_deg: f64,
    width_deg: f64,
}

struct Field {
    centre: (f64, f64),
    corners: [SkyCoord; 4],
    min: [f64; 3],
    max: [f64; 3],
}

impl SyntheticSurvey {
    /// A survey of that many images.
    pub fn of(footprints: usize) -> Self {
        let field = 4.0 * HALF_WIDTH_DEG * HALF_HEIGHT_DEG;
        let area = footprints as f64 * field / FILTERS.len() as f64 / COVERAGE;
        // As square as the sphere allows; what does not fit between the poles becomes coverage.
        let side = area.sqrt();
        let width_deg = if side > 90.0 { 360.0 } else { side };
        Self { footprints, height_deg: (area / width_deg).min(120.0), width_deg }
    }

    /// The archive and dataset it is stored as.
    ///
    /// # Panics
    /// Never: both names are plain.
    pub fn name() -> (ArchiveId, Dataset) {
        (
            ArchiveId::try_from("synthetic").expect("a plain name"),
            Dataset::try_from("fields").expect("a plain name"),
        )
    }

    /// A point within the survey.
    pub fn point(&self, random: &mut impl Rng) -> (f64, f64) {
        let half = (self.height_deg / 2.0).to_radians().sin();
        let dec = (half * (2.0 * random.random::<f64>() - 1.0)).asin().to_degrees();
        // Across RA 0 on purpose.
        let ra = (360.0 + self.width_deg * (random.random::<f64>() - 0.5)).rem_euclid(360.0);
        (ra, dec)
    }

    fn field(&self, random: &mut impl Rng) -> Option<Field> {
        let (ra, dec) = self.point(random);
        let turn = random.random::<f64>() * TAU;
        let corner = |x: f64, y: f64| {
            let (east, north) = (x * turn.cos() - y * turn.sin(), x * turn.sin() + y * turn.cos());
            let dec_deg = dec + north;
            let ra_deg = (ra + east / dec_deg.to_radians().cos()).rem_euclid(360.0);
            SkyCoord::new(ra_deg, dec_deg).ok()
        };
        let corners = [
            corner(-HALF_WIDTH_DEG, -HALF_HEIGHT_DEG)?,
            corner(HALF_WIDTH_DEG, -HALF_HEIGHT_DEG)?,
            corner(HALF_WIDTH_DEG, HALF_HEIGHT_DEG)?,
            corner(-HALF_WIDTH_DEG, HALF_HEIGHT_DEG)?,
        ];
        // A margin for the edges' bulge; the real boxes come from `sky`.
        let (mut min, mut max) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for corner in corners {
            let vector: [f64; 3] = corner.unit_vector();
            for axis in 0..3 {
                min[axis] = min[axis].min(vector[axis] - 1e-6);
                max[axis] = max[axis].max(vector[axis] + 1e-6);
            }
        }
        Some(Field { centre: (ra, dec), corners, min, max })
    }

    /// Writes the survey into an empty catalogue, the same for the same seed.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn fill(&self, catalogue: &Catalogue, seed: u64) -> Result<()> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let (db, dataset) = Self::name();
        let mut written = 0;
        while written < self.footprints {
            let mut batch = catalogue.begin().await?;
            let source = batch.source(&Origin::Archive { db: db.clone(), dataset: dataset.clone() }).await?;
            let mut bands = Vec::new();
            for filter in FILTERS {
                bands.push(batch.band(filter).await?);
            }
            for _ in 0..20 {
                let wanted = CHUNK.min(self.footprints - written);
                let fields: Vec<Field> =
                    std::iter::repeat_with(|| self.field(&mut random)).flatten().take(wanted).collect();
                batch.write_fields(source, &bands, written, &fields).await?;
                written += wanted;
            }
            batch.commit().await?;
        }
        Ok(())
    }
}

impl Batch {
    async fn write_fields(
        &mut self,
        source: i64,
        bands: &[i64],
        first: usize,
        fields: &[Field],
    ) -> Result<()> {
        if fields.is_empty() {
            return Ok(());
        }
        let numbered = || (first..).zip(fields).map(|(number, field)| (number as i64 + 1, field));
        let band = |number: i64| bands[number as usize % bands.len()];
        let mut frames = QueryBuilder::<Sqlite>::new(
            "insert into frame (id, source_id, path, state, added_ns, bytes, modified_ns, header_digest, hdu, \
             columns, rows, planes, bitpix, data_offset, filter, instrument) ",
        );
        frames.push_values(numbered(), |mut row, (number, _)| {
            let path = format!("/survey/run-{:05}/field-{number:08}.fits", number / 1000);
            row.push_bind(number).push_bind(source).push_bind(path).push_bind("ok");
            row.push_bind(0).push_bind(6_109_920).push_bind(number).push_bind(number).push_bind(0);
            row.push_bind(2048).push_bind(1489).push_bind(1).push_bind(16).push_bind(28_800);
            row.push_bind(FILTERS[number as usize % bands.len()]).push_bind("SDSS Camera");
        });
        frames.build().execute(self.connection()).await?;
        let mut images = QueryBuilder::<Sqlite>::new(
            "insert into image (frame_id, source_id, band_id, scheme, science_id, ra_deg, dec_deg, outline, \
             radius_deg, pixel_scale_arcsec) ",
        );
        images.push_values(numbered(), |mut row, (number, field)| {
            row.push_bind(number).push_bind(source).push_bind(band(number));
            row.push_bind(ScienceIdScheme::Sequence.as_str()).push_bind(number);
            row.push_bind(field.centre.0).push_bind(field.centre.1);
            row.push_bind(outline_to_blob(&field.corners));
            row.push_bind(HALF_WIDTH_DEG.hypot(HALF_HEIGHT_DEG)).push_bind(0.396);
        });
        images.build().execute(self.connection()).await?;
        let mut boxes = QueryBuilder::<Sqlite>::new("insert into footprint_index ");
        boxes.push_values(numbered(), |mut row, (number, field)| {
            row.push_bind(number);
            for axis in 0..3 {
                row.push_bind(field.min[axis]).push_bind(field.max[axis]);
            }
            for id in [source, band(number)] {
                row.push_bind(id as f64).push_bind(id as f64 + 0.5);
            }
        });
        boxes.build().execute(self.connection()).await?;
        Ok(())
    }
}

/// The science id of the image filled at that place, counting from 0.
pub fn science_id(number: u64) -> Option<ScienceId> {
    ScienceId::try_from(number + 1).ok()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::catalogue::tests::empty;

    async fn measure(footprints: usize) -> (Duration, Duration) {
        let (_folder, catalogue) = empty().await;
        let survey = SyntheticSurvey::of(footprints);
        let started = Instant::now();
        survey.fill(&catalogue, 1).await.unwrap();
        let filled = started.elapsed();
        let (db, dataset) = SyntheticSurvey::name();
        let mut random = Xoshiro256PlusPlus::seed_from_u64(2);
        let mut times = Vec::new();
        let mut found = 0;
        for query in 0..20_000 {
            let (ra, dec) = survey.point(&mut random);
            let at = SkyCoord::new(ra, dec).unwrap();
            let filter = FILTERS[query % FILTERS.len()];
            let started = Instant::now();
            let images = catalogue.candidates_at(&db, &dataset, filter, at).await.unwrap();
            if query >= 5_000 {
                times.push(started.elapsed());
                found += images.len();
            }
        }
        times.sort();
        let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
        eprintln!(
            "{footprints} footprints (filled in {filled:.1?}): p50 {p50:?}, p99 {p99:?}, {:.2} candidates",
            found as f64 / times.len() as f64
        );
        (p50, p99)
    }

    #[tokio::test]
    #[ignore = "a measurement: run it with --release --run-ignored only"]
    async fn nearest_image_is_found_within_a_millisecond_among_a_million() {
        let small = measure(10_000).await;
        let large = measure(1_000_000).await;
        assert!(large.1 <= Duration::from_millis(1), "{large:?}");
        assert!(large.1 <= small.1 * 2, "{small:?} {large:?}");
    }

    #[tokio::test]
    async fn survey_covers_its_own_points() {
        let (_folder, catalogue) = empty().await;
        let survey = SyntheticSurvey::of(2_000);
        survey.fill(&catalogue, 1).await.unwrap();
        let (db, dataset) = SyntheticSurvey::name();
        assert_eq!(catalogue.count_images(&db, &dataset).await.unwrap(), 2_000);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(2);
        let mut covered = 0;
        for _ in 0..100 {
            let (ra, dec) = survey.point(&mut random);
            let at = SkyCoord::new(ra, dec).unwrap();
            let images = catalogue.candidates_at(&db, &dataset, "R", at).await.unwrap();
            covered += usize::from(!images.is_empty());
            assert!(images.iter().all(|image| image.filter == "r"));
        }
        assert!(covered > 80, "{covered} of 100");
        let last = science_id(1_999).unwrap();
        assert!(catalogue.image_by_science_id(&db, &dataset, last).await.unwrap().is_some());
    }
}
