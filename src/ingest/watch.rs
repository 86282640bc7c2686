//! Keeps the catalogue up to date while the service runs: what the kernel announces, what it does not, and
//! directories that come and go.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use notify::event::{CreateKind, EventKind, ModifyKind, RemoveKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::IngestConfig;
use super::mounts::announces_changes;
use super::report::ScanReport;
use super::scan::{ScanError, Scanner};
use super::settling::Settling;
use super::source::Source;
use crate::error::chain;
use crate::fits::FileStamp;

/// Announcements waiting to be looked at; when there are more, everything is looked at instead.
const ANNOUNCEMENTS: usize = 4096;
/// Files waiting for rest; when there are more, everything is looked at instead.
const MOST_SETTLING: usize = 50_000;
/// A whole scan happens at most once per so many times its own duration, so that looking costs little.
const SCAN_BUDGET: u32 = 20;
/// Even where every change is announced, everything is looked at once per so many polls.
const POLLS_BETWEEN_CHECKS: u32 = 20;

/// Scans a source, then follows what happens in its directories until `stop`. Every report of a change goes to
/// `reports`, the first one in any case; whoever receives them logs them.
pub async fn watch(
    scanner: Arc<Scanner>,
    source: Source,
    config: IngestConfig,
    reports: mpsc::Sender<ScanReport>,
    stop: CancellationToken,
) {
    let (sender, announced) = mpsc::channel(ANNOUNCEMENTS);
    let lost = Arc::new(AtomicBool::new(false));
    let mut watch = Watch {
        scanner,
        settling: Settling::new(config.settle()),
        settle: config.settle(),
        poll: config.poll(),
        kernel: if config.notify { listen(sender, lost.clone()) } else { None },
        listening: HashSet::new(),
        absent: HashSet::new(),
        scan_at: Some(Instant::now()),
        last_scan: (Instant::now(), Duration::ZERO),
        source,
        reports,
        lost,
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = watch.run(announced) => {}
    }
}

type Announcement = notify::Result<notify::Event>;

/// A listener that never makes the kernel's thread wait.
fn listen(sender: mpsc::Sender<Announcement>, lost: Arc<AtomicBool>) -> Option<RecommendedWatcher> {
    let handler = move |event: Announcement| {
        if sender.try_send(event).is_err() {
            lost.store(true, Ordering::Relaxed);
        }
    };
    notify::recommended_watcher(handler)
        .inspect_err(
            |error| warn!(error = %chain(error), "directories are polled: the kernel cannot announce"),
        )
        .ok()
}

struct Watch {
    scanner: Arc<Scanner>,
    source: Source,
    settle: Duration,
    poll: Duration,
    settling: Settling,
    kernel: Option<RecommendedWatcher>,
    /// Directories whose changes are announced.
    listening: HashSet<PathBuf>,
    /// Directories that were not there at the last look.
    absent: HashSet<PathBuf>,
    /// When everything is to be looked at next, if that is known already.
    scan_at: Option<Instant>,
    /// When everything was looked at last, and how long that took.
    last_scan: (Instant, Duration),
    reports: mpsc::Sender<ScanReport>,
    lost: Arc<AtomicBool>,
}

impl Watch {
    async fn run(&mut self, mut announced: mpsc::Receiver<Announcement>) {
        self.check_directories(true).await;
        let mut poll_at = Instant::now() + self.poll;
        let mut look_at: Option<Instant> = None;
        let mut is_first = true;
        loop {
            let now = Instant::now();
            if self.lost.swap(false, Ordering::Relaxed) || self.settling.len() > MOST_SETTLING {
                self.settling.clear();
                self.scan_soon();
            }
            if self.scan_at.is_some_and(|at| at <= now) {
                self.scan_all(is_first).await;
                is_first = false;
            } else if poll_at <= now {
                poll_at = now + self.poll;
                self.check_directories(false).await;
            } else if look_at.is_some_and(|at| at <= now) {
                look_at = None;
                self.look().await;
            }
            if self.settling.len() > 0 {
                look_at.get_or_insert(now + (self.settle / 2).max(Duration::from_millis(1)));
            }
            let next = [Some(poll_at), self.scan_at, look_at].into_iter().flatten().min().unwrap_or(poll_at);
            tokio::select! {
                event = announced.recv(), if self.kernel.is_some() => self.take_in(event),
                () = sleep_until(next) => {}
            }
            while let Ok(event) = announced.try_recv() {
                self.take_in(Some(event));
            }
        }
    }

    /// Everything will be looked at after a moment, in which more may be announced.
    fn scan_soon(&mut self) {
        self.scan_at.get_or_insert(Instant::now() + self.settle);
    }

    fn take_in(&mut self, event: Option<Announcement>) {
        let event = match event {
            Some(Ok(event)) => event,
            Some(Err(error)) => {
                debug!(error = %chain(&error), "an announcement was lost");
                return self.scan_soon();
            }
            None => return,
        };
        if event.need_rescan() {
            self.scan_soon();
        }
        if matches!(event.kind, EventKind::Access(_) | EventKind::Create(CreateKind::File)) {
            // Opened by a reader, or created: what is written follows. A link announces nothing else, though.
            event.paths.into_iter().filter(|path| self.source.reads(path)).for_each(|path| {
                if !matches!(event.kind, EventKind::Access(_)) {
                    self.settling.touch(path);
                }
            });
            return;
        }
        for path in event.paths {
            if self.source.directories.contains(&path) {
                // The directory itself: listen anew, to whatever bears its name now.
                if matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))) {
                    self.forget(&path);
                    self.scan_soon();
                }
            } else if self.source.reads(&path) {
                self.settling.touch(path);
            } else if is_about_a_folder(event.kind, &path) {
                self.scan_soon();
            }
        }
    }

    fn forget(&mut self, directory: &Path) {
        if self.listening.remove(directory)
            && let Some(kernel) = &mut self.kernel
        {
            // It may have forgotten it already.
            let _ = kernel.unwatch(directory);
        }
    }

    /// Looks which directories are there, listens to those that came back, and plans a scan where it is due.
    async fn check_directories(&mut self, is_first: bool) {
        let directories = self.source.directories.clone();
        let states = spawn_blocking(move || {
            let state = |directory: PathBuf| {
                let is_there = directory.is_dir();
                let announces = is_there && announces_changes(&directory);
                (directory, is_there, announces)
            };
            directories.into_iter().map(state).collect::<Vec<_>>()
        });
        let Ok(states) = states.await else { return };
        let mut is_polled = false;
        for (directory, is_there, announces) in states {
            if !is_there {
                self.forget(&directory);
                // What was absent from the start is in the first report.
                if self.absent.insert(directory.clone()) && !is_first {
                    warn!(origin = %self.source.origin, directory = %directory.display(), "the directory is not there");
                }
                continue;
            }
            if self.absent.remove(&directory) {
                info!(origin = %self.source.origin, directory = %directory.display(), "the directory is back");
                self.scan_soon();
            }
            if announces && !self.listening.contains(&directory) {
                self.start_listening(directory.clone());
            }
            is_polled |= !self.listening.contains(&directory);
        }
        let (at, took) = self.last_scan;
        let pause = if is_polled { self.poll } else { self.poll * POLLS_BETWEEN_CHECKS };
        if at.elapsed() >= pause.max(took * SCAN_BUDGET) {
            self.scan_soon();
        }
    }

    fn start_listening(&mut self, directory: PathBuf) {
        let Some(kernel) = &mut self.kernel else { return };
        match kernel.watch(&directory, RecursiveMode::Recursive) {
            Ok(()) => {
                // What happened before anyone listened was not announced.
                self.listening.insert(directory);
                self.scan_soon();
            }
            Err(error) => {
                warn!(directory = %directory.display(), error = %chain(&error), "the directory is polled");
            }
        }
    }

    async fn scan_all(&mut self, is_first: bool) {
        self.scan_at = None;
        if !is_first {
            self.check_directories(false).await;
            self.scan_at = None;
        }
        let started = Instant::now();
        let outcome = self.scanner.scan(&self.source, Some(self.settle), &()).await;
        self.last_scan = (Instant::now(), started.elapsed());
        if let Ok(report) = &outcome {
            for path in &report.unsettled {
                self.settling.touch(path.clone());
            }
        }
        self.tell(outcome, is_first).await;
    }

    /// Looks at the files that wait, and reads those that have rested.
    async fn look(&mut self) {
        let paths = self.settling.paths();
        let looks = spawn_blocking(move || {
            let look = |path: PathBuf| {
                let stamp = FileStamp::of(&path).ok();
                (path, stamp)
            };
            paths.into_iter().map(look).collect::<Vec<_>>()
        });
        let Ok(looks) = looks.await else { return };
        let rested = self.settling.look(Instant::now(), looks);
        if !rested.is_empty() {
            let outcome = self.scanner.scan_files(&self.source, &rested).await;
            self.tell(outcome, false).await;
        }
    }

    async fn tell(&mut self, outcome: Result<ScanReport, ScanError>, always: bool) {
        match outcome {
            Ok(report) => {
                if report.is_change() || always {
                    // Nobody listens while the service stops.
                    let _ = self.reports.send(report).await;
                }
            }
            Err(error) => {
                warn!(origin = %self.source.origin, error = %chain(&error), "the catalogue could not be brought up to date");
                self.scan_at = Some(Instant::now() + self.poll);
            }
        }
    }
}

/// Whether an announcement about something that is no FITS file may be about a folder of them.
fn is_about_a_folder(kind: EventKind, path: &Path) -> bool {
    match kind {
        EventKind::Create(CreateKind::Folder) | EventKind::Remove(RemoveKind::Folder) => true,
        // A folder that was moved away cannot be asked any more; files have endings.
        EventKind::Modify(ModifyKind::Name(_)) => path.is_dir() || path.extension().is_none(),
        _ => false,
    }
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
