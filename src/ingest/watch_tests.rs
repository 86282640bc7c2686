//! Directories change, and the catalogue follows.

use std::fs;
use std::future::Future;

use super::*;
use crate::ingest::scan::tests::Site;

/// However slow the machine: a test that fails fails by this.
const PATIENCE: Duration = Duration::from_secs(30);

struct Watched {
    site: Site,
    reports: mpsc::Receiver<ScanReport>,
    _stop: tokio_util::sync::DropGuard,
}

impl Watched {
    async fn new(prepare: impl FnOnce(&Site)) -> Self {
        Self::with(true, prepare).await
    }

    async fn with(notify: bool, prepare: impl FnOnce(&Site)) -> Self {
        let site = Site::new().await;
        prepare(&site);
        let (sender, reports) = mpsc::channel(16);
        let stop = CancellationToken::new();
        let config = IngestConfig { settle_seconds: 0.004, poll_seconds: 0.02, notify };
        tokio::spawn(watch(Arc::new(site.scanner()), site.nina(), config, sender, stop.clone()));
        Self { site, reports, _stop: stop.drop_guard() }
    }

    /// Reports until one fits.
    async fn until(&mut self, fits: impl Fn(&ScanReport) -> bool) -> ScanReport {
        patiently(async {
            loop {
                let report = self.reports.recv().await.unwrap();
                if fits(&report) {
                    return report;
                }
            }
        })
        .await
    }

    async fn count(&self) -> u64 {
        self.site.catalogue.history_count(None).await.unwrap()
    }
}

async fn patiently<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("nothing happened")
}

#[tokio::test]
async fn files_that_are_there_and_files_that_come_are_read() {
    let mut watched = Watched::new(|site| site.frame("a.fits", 1, 10)).await;
    let first = watched.until(|_| true).await;
    assert_eq!(first.added.len(), 1);
    watched.site.frame("night/LIGHT/b.fits", 2, 20);
    watched.until(|report| report.added.len() == 1).await;
    watched.site.frame("night/LIGHT/c.fits", 3, 30);
    watched.until(|report| report.added.len() == 1).await;
    assert_eq!(watched.count().await, 3);
    fs::remove_file(watched.site.path("night/LIGHT/c.fits")).unwrap();
    watched.until(|report| report.removed.len() == 1).await;
    assert_eq!(watched.count().await, 3);
}

#[tokio::test]
async fn half_a_file_is_mended_by_its_other_half() {
    let mut watched = Watched::new(|site| site.frame("../a.fits", 1, 10)).await;
    watched.until(|_| true).await;
    let whole = fs::read(watched.site.path("../a.fits")).unwrap();
    fs::write(watched.site.path("a.fits"), &whole[..2900]).unwrap();
    watched.until(|report| report.rejected.len() == 1).await;
    fs::write(watched.site.path("a.fits"), &whole).unwrap();
    watched.until(|report| report.added.len() == 1).await;
    assert_eq!(watched.count().await, 1);
}

#[tokio::test]
async fn directory_that_vanishes_and_returns_is_followed_again() {
    let mut watched = Watched::new(|site| site.frame("a.fits", 1, 10)).await;
    watched.until(|_| true).await;
    let aside = watched.site.folder.path().join("aside");
    fs::rename(watched.site.files(), &aside).unwrap();
    fs::rename(&aside, watched.site.files()).unwrap();
    watched.site.frame("b.fits", 2, 20);
    watched.until(|report| report.added.len() == 1).await;
    fs::remove_dir_all(watched.site.files()).unwrap();
    fs::create_dir(watched.site.files()).unwrap();
    watched.until(|report| !report.removed.is_empty()).await;
    watched.site.frame("c.fits", 3, 30);
    watched.until(|report| report.added.len() == 1).await;
    assert_eq!(watched.count().await, 3);
}

#[tokio::test]
async fn polled_directory_is_followed_as_well() {
    let mut watched = Watched::with(false, |site| site.frame("a.fits", 1, 10)).await;
    watched.until(|_| true).await;
    watched.site.frame("night/b.fits", 2, 20);
    watched.until(|report| report.added.len() == 1).await;
    fs::remove_file(watched.site.path("a.fits")).unwrap();
    watched.until(|report| report.removed.len() == 1).await;
    fs::rename(watched.site.path("night/b.fits"), watched.site.path("BAD_b.fits")).unwrap();
    watched.until(|report| report.changed.len() == 1).await;
    assert_eq!(watched.count().await, 2);
}

#[tokio::test]
async fn growing_file_is_left_alone_until_it_rests() {
    let mut watched = Watched::new(|site| site.frame("../whole.fits", 1, 10)).await;
    watched.until(|_| true).await;
    let whole = fs::read(watched.site.path("../whole.fits")).unwrap();
    let mut file = fs::File::create(watched.site.path("a.fits")).unwrap();
    for piece in whole.chunks(100) {
        std::io::Write::write_all(&mut file, piece).unwrap();
    }
    drop(file);
    // However its pieces fell between two looks: in the end it is one whole frame.
    watched.until(|report| report.added.len() == 1).await;
    assert_eq!(watched.count().await, 1);
}
