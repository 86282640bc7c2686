//! The nearest image among a million footprints, against the same among ten thousand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use trifocal::catalogue::synthetic::{FILTERS, SyntheticSurvey};
use trifocal::catalogue::{Catalogue, Role};
use trifocal::clock::SystemClock;
use trifocal::sky::SkyCoord;

use crate::row::{Figure, Reach, Row};

const SMALL: usize = 10_000;
const LARGE: usize = 1_000_000;

/// Questions asked before the clock counts, and while it does.
const WARM_UP: usize = 5_000;
const QUESTIONS: usize = 15_000;

/// Measures the row.
///
/// # Errors
/// When the catalogue cannot be written or read.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (small, large) =
        runtime.block_on(async { anyhow::Ok((times(SMALL).await?, times(LARGE).await?)) })?;
    let (ours, floor) = (percentile(&large, 99), percentile(&small, 99));
    Ok(vec![Row {
        name: "nearest image among 1 000 000, p99",
        ours: Figure::Time(ours),
        floor: Figure::Time(floor),
        floor_is: "the same among 10 000, p99",
        reach: Reach::AtMost(2.0),
        note: format!(
            "p99 <= 1 ms: {}; p50 {:.0} us",
            if ours <= Duration::from_millis(1) { "yes" } else { "no" },
            percentile(&large, 50).as_secs_f64() * 1e6
        ),
    }])
}

/// How long questions at random places take among `footprints` images, sorted.
async fn times(footprints: usize) -> anyhow::Result<Vec<Duration>> {
    let directory = tempfile::tempdir()?;
    let url = format!("sqlite://{}/catalogue.db", directory.path().display());
    let catalogue: Arc<Catalogue> = Catalogue::open(&url, Role::Service, SystemClock::start()).await?;
    let survey = SyntheticSurvey::of(footprints);
    survey.fill(&catalogue, 1).await?;
    let (db, dataset) = SyntheticSurvey::name();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(2);
    let mut times = Vec::with_capacity(QUESTIONS);
    for question in 0..WARM_UP + QUESTIONS {
        let (ra, dec) = survey.point(&mut random);
        let at = SkyCoord::new(ra, dec)?;
        let started = Instant::now();
        std::hint::black_box(
            catalogue.candidates_at(&db, &dataset, FILTERS[question % FILTERS.len()], at).await?,
        );
        if question >= WARM_UP {
            times.push(started.elapsed());
        }
    }
    catalogue.close().await;
    times.sort_unstable();
    Ok(times)
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}
