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
    let (small, large) = runtime.block_on(async {
        let (mut small, mut large) = (Sky::of(SMALL).await?, Sky::of(LARGE).await?);
        // By turns, so that whatever else the machine does falls on both.
        for question in 0..WARM_UP + QUESTIONS {
            let counts = question >= WARM_UP;
            small.ask(question, counts).await?;
            large.ask(question, counts).await?;
        }
        anyhow::Ok((small.times().await, large.times().await))
    })?;
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

/// A catalogue of made-up images and how long it took to answer.
struct Sky {
    _directory: tempfile::TempDir,
    catalogue: Arc<Catalogue>,
    survey: SyntheticSurvey,
    random: Xoshiro256PlusPlus,
    times: Vec<Duration>,
}

impl Sky {
    async fn of(footprints: usize) -> anyhow::Result<Self> {
        let directory = tempfile::tempdir()?;
        let url = format!("sqlite://{}/catalogue.db", directory.path().display());
        let catalogue = Catalogue::open(&url, Role::Service, SystemClock::start()).await?;
        let survey = SyntheticSurvey::of(footprints);
        survey.fill(&catalogue, 1).await?;
        let random = Xoshiro256PlusPlus::seed_from_u64(2);
        Ok(Self { _directory: directory, catalogue, survey, random, times: Vec::with_capacity(QUESTIONS) })
    }

    /// Asks for the images at a random place, nearest first.
    async fn ask(&mut self, question: usize, counts: bool) -> anyhow::Result<()> {
        let (db, dataset) = SyntheticSurvey::name();
        let (ra, dec) = self.survey.point(&mut self.random);
        let (at, filter) = (SkyCoord::new(ra, dec)?, FILTERS[question % FILTERS.len()]);
        let started = Instant::now();
        std::hint::black_box(self.catalogue.candidates_at(&db, &dataset, filter, at).await?);
        if counts {
            self.times.push(started.elapsed());
        }
        Ok(())
    }

    /// The times that counted, sorted.
    async fn times(mut self) -> Vec<Duration> {
        self.catalogue.close().await;
        self.times.sort_unstable();
        self.times
    }
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}
