//! One pass over a source: what is new, changed, gone or broken since the last one.
//!
//! Files are read in parallel, chunk by chunk; each chunk is one transaction. Killed at any moment, the catalogue
//! holds whole chunks, and the next scan goes on where this one ended: a file has one row, whoever reads it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use rayon::prelude::*;
use tokio::task::{JoinError, spawn_blocking};

use super::background;
use super::enter::{Outcome, enter};
use super::plan::{Candidate, Plan, Standing};
use super::read::{self, ReadRules};
use super::report::{Progress, ReadFile, RejectedFile, ScanReport};
use super::saved_frame::ClockZone;
use super::source::{Reading, Source};
use super::walk::{Walk, is_missing};
use crate::catalogue::{Catalogue, CatalogueError, KnownState};
use crate::clock::Clock;
use crate::error::{Classified, ErrorKind};
use crate::fits::FileStamp;
use crate::pixel::Limits;

/// Files whose headers are read before they are written in one transaction.
const HEADERS_PER_CHUNK: usize = 512;
/// Frames whose samples are read before they are written: few, so that little is read twice after a kill.
const FRAMES_PER_CHUNK: usize = 8;
/// Removals written in one transaction.
const REMOVALS_PER_CHUNK: usize = 1000;

/// Why a scan ended early. Files that cannot be read are no such reason.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The catalogue does not answer.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The service is stopping.
    #[error("the scan was stopped")]
    Stopped(#[from] JoinError),
    /// No threads to read with.
    #[error("no threads can be started to read files")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

impl Classified for ScanError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Catalogue(error) => error.kind(),
            Self::Stopped(_) => ErrorKind::Unavailable,
            Self::Threads(_) => ErrorKind::Internal,
        }
    }
}

/// Reads files into a catalogue.
#[derive(Debug)]
pub struct Scanner {
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) clock: Arc<dyn Clock>,
    rules: ReadRules,
    /// Threads of its own: reading a night's frames must not hold up the pictures being rendered.
    pool: Arc<rayon::ThreadPool>,
}

impl Scanner {
    /// A scanner that reads with one thread per core.
    ///
    /// # Errors
    /// When no threads can be started.
    pub fn new(
        catalogue: Arc<Catalogue>,
        limits: Limits,
        zone: ClockZone,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ScanError> {
        let pool = background::pool()?;
        Ok(Self { catalogue, clock, rules: ReadRules { limits, zone }, pool: Arc::new(pool) })
    }

    /// Brings the catalogue up to date with every file of a source. With `settle`, files written within that
    /// time are left alone and reported as unsettled.
    ///
    /// # Errors
    /// When the catalogue does not answer; what was written until then stays, and a new scan goes on from there.
    pub async fn scan(
        &self,
        source: &Source,
        settle: Option<Duration>,
        progress: &dyn Progress,
    ) -> Result<ScanReport, ScanError> {
        let mut report = ScanReport::new(source.origin.clone());
        let rules = source.rules();
        let reread = self.catalogue.scan_rules(&source.origin).await?.is_some_and(|last| last != rules);
        let mut known = self.catalogue.known_files(&source.origin).await?;
        let before = self.catalogue.rejections_of(&source.origin).await?;

        let (walked, pool) = (source.clone(), Arc::clone(&self.pool));
        let mut walk = spawn_blocking(move || pool.install(|| Walk::over(&walked))).await?;
        let mut plan = Plan::default();
        for (path, stamp) in std::mem::take(&mut walk.files) {
            let known = known.remove(Path::new(path.to_string_lossy().as_ref()));
            if self.is_unsettled(stamp, settle) && known.is_none_or(|known| known.stamp != stamp) {
                report.unsettled.push(path);
                continue;
            }
            match plan.add(path, stamp, known, reread) {
                Standing::Planned => {}
                Standing::Unchanged => report.unchanged += 1,
                Standing::Rejected(path) => {
                    let reason = before.get(&path).cloned().unwrap_or_default();
                    report.still_rejected.push(RejectedFile { path, reason });
                }
            }
        }
        let (asked, left) = (source.clone(), known);
        let (walk, mut gone) = spawn_blocking(move || {
            let left = left.into_iter().filter(|(_, known)| known.state != KnownState::Missing);
            let gone = left.filter(|(path, _)| walk.is_gone(&asked, path));
            let gone: Vec<_> = gone.map(|(path, known)| (path, known.frame)).collect();
            (walk, gone)
        })
        .await?;
        gone.sort_unstable();
        plan.gone = gone;
        report.absent = walk.absent;
        report.problems = walk.problems;
        self.carry_out(source, plan, progress, &mut report).await?;
        if report.absent.is_empty() && report.unsettled.is_empty() {
            let mut batch = self.catalogue.begin().await?;
            batch.set_scan_rules(&source.origin, &rules).await?;
            batch.commit().await?;
        }
        Ok(report)
    }

    /// Brings the catalogue up to date with some files of a source, there or gone.
    ///
    /// # Errors
    /// When the catalogue does not answer.
    pub async fn scan_files(&self, source: &Source, paths: &[PathBuf]) -> Result<ScanReport, ScanError> {
        let mut report = ScanReport::new(source.origin.clone());
        let asked = paths.to_vec();
        let stamps = spawn_blocking(move || {
            let stamp = |path: PathBuf| {
                let stamp = if path.is_dir() { None } else { FileStamp::of(&path).ok() };
                let is_missing = stamp.is_none() && is_missing(&path);
                (path, stamp, is_missing)
            };
            asked.into_iter().map(stamp).collect::<Vec<_>>()
        })
        .await?;
        let mut plan = Plan::default();
        for (path, stamp, is_missing) in stamps {
            let known = self.catalogue.known_file(&source.origin, &path).await?;
            match (stamp, known) {
                (Some(stamp), known) => match plan.add(path, stamp, known, false) {
                    Standing::Planned => {}
                    Standing::Unchanged | Standing::Rejected(_) => report.unchanged += 1,
                },
                (None, Some(known)) if is_missing && known.state != KnownState::Missing => {
                    plan.gone.push((path, known.frame));
                }
                (None, _) => {}
            }
        }
        self.carry_out(source, plan, &(), &mut report).await?;
        Ok(report)
    }

    fn is_unsettled(&self, stamp: FileStamp, settle: Option<Duration>) -> bool {
        let Some(settle) = settle.and_then(|settle| TimeDelta::from_std(settle).ok()) else { return false };
        let modified = chrono::DateTime::from_timestamp_nanos(stamp.modified_ns);
        (self.clock.utc() - modified).abs() < settle
    }

    async fn carry_out(
        &self,
        source: &Source,
        mut plan: Plan,
        progress: &dyn Progress,
        report: &mut ScanReport,
    ) -> Result<(), ScanError> {
        // Removals first: a file under a new name takes up the entry of the name that vanished.
        for chunk in plan.gone.chunks(REMOVALS_PER_CHUNK) {
            let mut batch = self.catalogue.begin().await?;
            for (path, frame) in chunk {
                batch.mark_missing(*frame).await?;
                report.removed.push(path.clone());
            }
            batch.commit().await?;
        }
        for chunk in plan.returned.chunks(REMOVALS_PER_CHUNK) {
            let mut batch = self.catalogue.begin().await?;
            for (path, frame) in chunk {
                batch.mark_returned(*frame).await?;
                report.changed.push(ReadFile { path: path.clone(), frame: *frame });
            }
            batch.commit().await?;
        }
        progress.planned(plan.read.len() as u64);
        let per_chunk = match source.reading {
            Reading::History => FRAMES_PER_CHUNK,
            Reading::Image { .. } => HEADERS_PER_CHUNK,
        };
        if matches!(source.reading, Reading::History) && plan.read.len() > 1 {
            plan.read = self.in_save_order(source, plan.read).await?;
        }
        let mut chunks = plan.read.chunks(per_chunk);
        let mut reading = chunks.next().map(|chunk| self.read(source, chunk));
        while let Some(chunk) = reading {
            let outcomes = chunk.await?;
            // The next chunk is read while this one is written.
            reading = chunks.next().map(|chunk| self.read(source, chunk));
            let files = outcomes.len() as u64;
            enter(&self.catalogue, source, outcomes, report).await?;
            progress.advanced(files);
        }
        Ok(())
    }

    fn read(&self, source: &Source, chunk: &[Candidate]) -> tokio::task::JoinHandle<Vec<Outcome>> {
        let (source, chunk, rules, pool) = (source.clone(), chunk.to_vec(), self.rules, self.pool.clone());
        spawn_blocking(move || {
            pool.install(|| {
                let read = |candidate: Candidate| {
                    let outcome = read::read(&source, &candidate.path, &rules);
                    (candidate, outcome)
                };
                match source.reading {
                    // One at a time, each with every core: a frame may have to be held in memory.
                    Reading::History => chunk.into_iter().map(read).collect(),
                    Reading::Image { .. } => chunk.into_par_iter().map(read).collect(),
                }
            })
        })
    }

    /// The files by the time their frames were saved, then by path.
    async fn in_save_order(
        &self,
        source: &Source,
        files: Vec<Candidate>,
    ) -> Result<Vec<Candidate>, ScanError> {
        let (source, rules, pool) = (source.clone(), self.rules, self.pool.clone());
        let ordered = spawn_blocking(move || {
            pool.install(|| {
                let key = |file: &Candidate| {
                    let written = || chrono::DateTime::from_timestamp_nanos(file.stamp.modified_ns);
                    read::saved_at(&source, &file.path, &rules).unwrap_or_else(written)
                };
                let mut keyed: Vec<_> = files.into_par_iter().map(|file| (key(&file), file)).collect();
                keyed.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.path.cmp(&b.1.path)));
                keyed.into_iter().map(|(_, file)| file).collect()
            })
        });
        Ok(ordered.await?)
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
pub(super) mod tests;
