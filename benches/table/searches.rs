//! Searches by cone, target and time among ten thousand and a million images, and an answer of a hundred thousand rows.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use trifocal::catalogue::synthetic::{SyntheticSurvey, TARGET_EVERY, exposure_mjd, target};
use trifocal::catalogue::{Catalogue, ImageSearch, Role, SearchedDataset};
use trifocal::clock::SystemClock;

use crate::gateway::Gateway;
use crate::row::{Figure, Reach, Row};

const SMALL: usize = 10_000;
const LARGE: usize = 1_000_000;
/// Questions asked before the clock counts, and while it does.
const WARM_UP: usize = 200;
const QUESTIONS: usize = 2_000;
/// Rows of the long answer.
const ROWS: usize = 100_000;

/// Measures the rows.
///
/// # Errors
/// When a catalogue cannot be made or the service does not answer.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let (mut small, mut large) = (Served::of(SMALL)?, Served::of(LARGE)?);
    let mut rows = Vec::new();
    for (name, asked) in [
        ("SIA cone among 1 000 000 images, p99", Served::cone as fn(&mut Served) -> String),
        ("SIA target among 1 000 000 images, p99", Served::target),
        ("SIA time among 1 000 000 images, p99", Served::time),
    ] {
        let (few, many) = (small.answers(asked)?, large.answers(asked)?);
        let p99 = |sorted: &[Duration]| sorted.get(sorted.len() * 99 / 100).copied().unwrap_or_default();
        rows.push(Row {
            name,
            ours: Figure::Time(p99(&many)),
            floor: Figure::Time(p99(&few)),
            floor_is: "the same among 10 000, p99",
            reach: Reach::AtMost(2.0),
            note: format!(
                "over HTTP; p50 {:.2} ms and {:.2} ms",
                many[many.len() / 2].as_secs_f64() * 1e3,
                few[few.len() / 2].as_secs_f64() * 1e3
            ),
        });
    }
    let read = large.read_alone()?;
    let before = large.peak_mib()?;
    let (sent, time) = large.long_answer()?;
    ensure!(sent == ROWS, "the long answer has {sent} rows");
    let grown = large.peak_mib()? - before;
    rows.push(Row {
        name: "SIA answer of 100 000 rows",
        ours: Figure::PerSecond(ROWS as f64 / time.as_secs_f64()),
        floor: Figure::PerSecond(ROWS as f64 / read.as_secs_f64()),
        floor_is: "reading them from the catalogue alone",
        reach: Reach::AtLeast(0.5),
        note: format!("rows; peak memory grew by {grown:.0} MiB from {before:.0} MiB"),
    });
    Ok(rows)
}

/// A service over a catalogue of made-up images.
struct Served {
    directory: tempfile::TempDir,
    gateway: Gateway,
    images: usize,
    survey: SyntheticSurvey,
    random: Xoshiro256PlusPlus,
}

impl Served {
    fn of(images: usize) -> anyhow::Result<Self> {
        let directory = tempfile::tempdir()?;
        fs::create_dir(directory.path().join("empty"))?;
        let (archive, dataset) = SyntheticSurvey::name();
        let settings = format!(
            "[[archives]]\nid = \"{archive}\"\nauthority = \"example.org\"\n\
             [[archives.datasets]]\nname = \"{dataset}\"\ndirectory = \"{}/empty\"\nscience_id = \"sequence\"\n",
            directory.path().display()
        );
        let gateway = Gateway::start(directory.path(), &settings)?;
        // After the scan, which would forget images that have no files.
        let survey = SyntheticSurvey::of(images);
        let url = catalogue_url(directory.path());
        runtime()?.block_on(async {
            let catalogue = Catalogue::open(&url, Role::Command, SystemClock::start()).await?;
            survey.fill(&catalogue, 1).await?;
            catalogue.close().await;
            anyhow::Ok(())
        })?;
        Ok(Self { directory, gateway, images, survey, random: Xoshiro256PlusPlus::seed_from_u64(2) })
    }

    /// How long searches take, sorted.
    fn answers(&mut self, asked: fn(&mut Self) -> String) -> anyhow::Result<Vec<Duration>> {
        let query = |served: &mut Self| format!("/api/image/soda/query?{}", asked(served));
        let paths: Vec<String> = (0..WARM_UP + QUESTIONS).map(|_| query(self)).collect();
        let mut times = self.gateway.time(paths)?.split_off(WARM_UP);
        times.sort_unstable();
        Ok(times)
    }

    /// A small cone.
    fn cone(&mut self) -> String {
        let (ra, dec) = self.survey.point(&mut self.random);
        format!("POS=CIRCLE+{ra:.6}+{dec:.6}+0.01")
    }

    /// A target that one image has.
    fn target(&mut self) -> String {
        let number = self.random.random_range(1..=self.images as u64 / TARGET_EVERY) * TARGET_EVERY;
        format!("TARGET={}", target(number).replace(' ', "+"))
    }

    /// An hour of exposures.
    fn time(&mut self) -> String {
        let (begin, _) = exposure_mjd(self.random.random_range(1..=self.images as u64));
        format!("TIME={begin}+{}", begin + 1.0 / 24.0)
    }

    /// How long the rows of the long answer take to be read where they lie.
    fn read_alone(&self) -> anyhow::Result<Duration> {
        let url = catalogue_url(self.directory.path());
        runtime()?.block_on(async {
            let catalogue = Catalogue::open(&url, Role::Command, SystemClock::start()).await?;
            let (db, dataset) = SyntheticSurvey::name();
            let searched = SearchedDataset {
                db,
                dataset,
                bands: Arc::new([]),
                facility: None,
                instrument: None,
                science_ids: Vec::new(),
            };
            let started = Instant::now();
            let mut search = catalogue.search(searched, Arc::new(ImageSearch::default()));
            let mut rows = 0;
            while rows < ROWS {
                rows += search.next_page().await?.context("too few images")?.len();
            }
            let time = started.elapsed();
            catalogue.close().await;
            Ok(time)
        })
    }

    /// Asks for the long answer; its rows and how long they took.
    fn long_answer(&self) -> anyhow::Result<(usize, Duration)> {
        let host = self.gateway.base().trim_start_matches("http://").to_owned();
        let started = Instant::now();
        let mut socket = TcpStream::connect(&host)?;
        let path = format!("/api/image/soda/query?MAXREC={ROWS}");
        write!(socket, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        let (mut rows, mut line) = (0, Vec::new());
        let mut answer = BufReader::with_capacity(1 << 18, socket);
        while answer.by_ref().take(1 << 20).read_until(b'\n', &mut line)? > 0 {
            rows += usize::from(line.windows(4).any(|text| text == b"<TR>"));
            line.clear();
        }
        Ok((rows, started.elapsed()))
    }

    /// The most memory the service ever used.
    fn peak_mib(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.gateway.process_id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
        let kib: f64 = peak.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024.0)
    }
}

fn catalogue_url(directory: &Path) -> String {
    format!("sqlite://{}/data/trifocal.db", directory.display())
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
