//! Keeps the catalogue filled while the service runs.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::ingest::{IngestConfig, ScanReport, Scanner, Source, watch};

/// Reports waiting to be logged.
const REPORTS: usize = 64;

/// Watches every source until `stop`; calls `on_ready` when each of them was looked through once.
pub(super) async fn keep_filled(
    scanner: Arc<Scanner>,
    sources: Vec<Source>,
    config: IngestConfig,
    stop: CancellationToken,
    on_ready: impl FnOnce(),
) {
    let mut unseen: HashSet<_> = sources.iter().map(|source| source.origin.clone()).collect();
    let mut on_ready = Some(on_ready);
    let (sender, mut reports) = mpsc::channel(REPORTS);
    let mut watches = JoinSet::new();
    for source in sources {
        watches.spawn(watch(Arc::clone(&scanner), source, config, sender.clone(), stop.clone()));
    }
    drop(sender);
    loop {
        if unseen.is_empty()
            && let Some(on_ready) = on_ready.take()
        {
            on_ready();
        }
        let Some(report) = reports.recv().await else { break };
        log(&report);
        unseen.remove(&report.origin);
    }
    while watches.join_next().await.is_some() {}
}

/// One line for the scan, one for each file that cannot be shown.
fn log(report: &ScanReport) {
    let source = report.origin.to_string();
    tracing::info!(
        source,
        added = report.added.len(),
        changed = report.changed.len(),
        removed = report.removed.len(),
        rejected = report.rejected.len() + report.still_rejected.len(),
        unchanged = report.unchanged,
        "scanned"
    );
    for file in &report.rejected {
        tracing::warn!(source, path = %file.path.display(), reason = file.reason, "file rejected");
    }
    for directory in &report.absent {
        tracing::warn!(source, path = %directory.display(), "directory is not there; its frames are kept");
    }
    for problem in &report.problems {
        tracing::warn!(source, problem, "folder cannot be listed");
    }
}
