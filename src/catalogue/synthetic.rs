//! A made-up survey of any size, to measure how fast the nearest image is found.

use std::cmp::Ordering;
use std::f64::consts::TAU;
use std::path::PathBuf;

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{
    ArchiveId, Catalogue, Coverage, Dataset, FrameFacts, HeaderDigest, ImagePlace, NewImage, Origin, Result,
    ScienceId, ScienceIdScheme,
};
use crate::fits::{FileStamp, HduIndex};
use crate::sky::{Footprint, SkyCoord};

/// Images written by one transaction.
const CHUNK: usize = 500;
/// Half the sides of an SDSS field, in degrees of arc.
const HALF_WIDTH_DEG: f64 = 0.1125;
const HALF_HEIGHT_DEG: f64 = 0.0745;
/// How many fields of one filter cover a point on average.
const COVERAGE: f64 = 3.0;
/// One of so many fields has a target of its own.
pub const TARGET_EVERY: u64 = 100;
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

    /// Writes the survey into an empty catalogue, the same for the same seed: strip after strip of the sky, as
    /// surveys go.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn fill(&self, catalogue: &Catalogue, seed: u64) -> Result<()> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut centres: Vec<_> = (0..self.footprints).map(|_| self.point(&mut random)).collect();
        let strip = |(ra, dec): &(f64, f64)| ((dec / (2.0 * HALF_WIDTH_DEG)).floor(), *ra);
        centres.sort_by(|a, b| strip(a).partial_cmp(&strip(b)).unwrap_or(Ordering::Equal));
        let (db, dataset) = Self::name();
        let origin = Origin::Archive { db, dataset };
        let mut numbers = 1..;
        for chunk in centres.chunks(CHUNK) {
            let images: Vec<_> = chunk
                .iter()
                .zip(&mut numbers)
                .filter_map(|(centre, number)| image(*centre, number, &mut random))
                .collect();
            let files: Vec<_> = images.iter().map(file).collect();
            let mut batch = catalogue.begin().await?;
            let files: Vec<_> = files.iter().map(|(path, facts)| (path.as_path(), facts)).collect();
            let frames = batch.put_frames(&origin, &files).await?;
            let images: Vec<_> = frames.into_iter().zip(&images).collect();
            batch.put_new_images(&origin, &images).await?;
            batch.commit().await?;
        }
        Ok(())
    }
}

/// A field around a place, turned at random.
fn image((ra, dec): (f64, f64), number: u64, random: &mut impl Rng) -> Option<NewImage> {
    let turn = random.random::<f64>() * TAU;
    let corner = |x: f64, y: f64| {
        let (east, north) = (x * turn.cos() - y * turn.sin(), x * turn.sin() + y * turn.cos());
        let dec_deg = dec + north;
        let ra_deg = (ra + east / dec_deg.to_radians().cos()).rem_euclid(360.0);
        SkyCoord::new(ra_deg, dec_deg).ok()
    };
    let (x, y) = (HALF_WIDTH_DEG, HALF_HEIGHT_DEG);
    let outline = vec![corner(-x, -y)?, corner(x, -y)?, corner(x, y)?, corner(-x, y)?];
    let (centre, radius_deg) = (SkyCoord::new(ra, dec).ok()?, x.hypot(y));
    let bounds = Footprint::restore(&outline, centre, radius_deg).unit_vector_box();
    let place = ImagePlace { centre, outline, radius_deg, pixel_scale_arcsec: 0.396 };
    Some(NewImage {
        scheme: ScienceIdScheme::Sequence,
        science_id: ScienceId::try_from(number).ok()?,
        filter: FILTERS[number as usize % FILTERS.len()].to_owned(),
        place: Some((place, bounds)),
        time_mjd: Some(exposure_mjd(number)),
        coverage: Coverage::default(),
    })
}

/// The target of the image of a number that [`TARGET_EVERY`] divides.
pub fn target(number: u64) -> String {
    format!("Field {number}")
}

/// When the image of a number was exposed, one after the other: MJD UTC.
pub fn exposure_mjd(number: u64) -> (f64, f64) {
    let begin = 51_000.0 + number as f64 * 60.0 / 86_400.0;
    (begin, begin + 53.907_456 / 86_400.0)
}

/// The file an image would be in.
fn file(image: &NewImage) -> (PathBuf, FrameFacts) {
    let number = image.science_id.get();
    let facts = FrameFacts {
        stamp: FileStamp { bytes: 6_109_920, modified_ns: number as i64 },
        digest: HeaderDigest(number),
        hdu: HduIndex(0),
        columns: 2048,
        rows: 1489,
        planes: 1,
        bitpix: 16,
        data_offset: Some(28_800),
        started_at: None,
        exposure_s: Some(53.907_456),
        filter: Some(image.filter.clone()),
        target: number.is_multiple_of(TARGET_EVERY).then(|| target(number)),
        instrument: Some("SDSS Camera".to_owned()),
        telescope: None,
        bayer_pattern: None,
    };
    (PathBuf::from(format!("/survey/run-{:05}/field-{number:08}.fits", number / 1000)), facts)
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
