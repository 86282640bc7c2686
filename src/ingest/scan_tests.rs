//! Scans of real directories: whatever happens to the files and to the scan, the catalogue tells the truth.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::FixedOffset;
use ndarray::Array3;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::*;
use crate::catalogue::tests::{clock, url};
use crate::catalogue::{ArchiveId, Dataset, FrameState, Origin, Role, ScienceId, ScienceIdScheme};
use crate::fits::create::FitsWriter;
use crate::ingest::FileNamePattern;
use crate::ingest::cards::tests::header;
use crate::pixel::Raster;
use crate::sky::SkyCoord;

/// A folder with a catalogue, and a folder of files beside it.
pub(in crate::ingest) struct Site {
    pub(in crate::ingest) folder: TempDir,
    pub(in crate::ingest) catalogue: Arc<Catalogue>,
}

impl Site {
    pub(in crate::ingest) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let catalogue = Catalogue::open(&url(&folder), Role::Service, clock()).await.unwrap();
        fs::create_dir(folder.path().join("files")).unwrap();
        Self { folder, catalogue }
    }

    pub(in crate::ingest) fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    pub(in crate::ingest) fn path(&self, name: &str) -> PathBuf {
        self.files().join(name)
    }

    pub(in crate::ingest) fn scanner(&self) -> Scanner {
        let zone = ClockZone::Fixed(FixedOffset::east_opt(3600).unwrap());
        Scanner::new(self.catalogue.clone(), Limits::default(), zone, clock()).unwrap()
    }

    pub(in crate::ingest) fn nina(&self) -> Source {
        Source::nina(&[self.files()])
    }

    fn archive(&self, scheme: ScienceIdScheme) -> Source {
        Source {
            origin: Origin::Archive { db: db(), dataset: calexp() },
            directories: vec![self.files()],
            reading: Reading::Image {
                scheme,
                pattern: FileNamePattern::usual(scheme),
                cards: crate::ingest::CardNames::default(),
            },
        }
    }

    async fn scan(&self, source: &Source) -> ScanReport {
        self.scanner().scan(source, None, &()).await.unwrap()
    }

    /// A frame whose samples are all `level`, saved at that minute of an evening.
    pub(in crate::ingest) fn frame(&self, name: &str, minute: u32, level: u16) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let cards = header(&[
            &format!("DATE-OBS= '2026-01-31T22:{minute:02}:00'"),
            "EXPTIME =                 30.0",
            "FILTER  = 'Ha      '",
        ]);
        let pixels = Raster::U16(Array3::from_elem((1, 4, 6), level));
        FitsWriter::new().image(cards, pixels).write(&path).unwrap();
    }

    /// A field of 100 x 80 pixels of 3.6 arcsec around a place.
    fn field(&self, name: &str, ra: f64, dec: f64) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let cards = header(&[
            "CTYPE1  = 'RA---TAN'",
            "CTYPE2  = 'DEC--TAN'",
            &format!("CRVAL1  = {ra:20.10}"),
            &format!("CRVAL2  = {dec:20.10}"),
            "CRPIX1  =                 50.5",
            "CRPIX2  =                 40.5",
            "CD1_1   =               -0.001",
            "CD1_2   =                  0.0",
            "CD2_1   =                  0.0",
            "CD2_2   =                0.001",
            "DATE-OBS= '1998-09-19T12:00:00'",
            "EXPTIME =                 54.0",
        ]);
        let pixels = Raster::F32(Array3::zeros((1, 80, 100)));
        FitsWriter::new().image(cards, pixels).write(&path).unwrap();
    }

    async fn levels(&self) -> Vec<u64> {
        let entries = self.catalogue.history(None).await.unwrap();
        entries.iter().map(|entry| entry.statistics.whole.mean as u64).collect()
    }
}

fn db() -> ArchiveId {
    ArchiveId::try_from("Stripe82").unwrap()
}

fn calexp() -> Dataset {
    Dataset::try_from("calexp").unwrap()
}

fn names(files: &[ReadFile]) -> Vec<String> {
    files.iter().map(|file| file.path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn first_scan_orders_by_time_and_later_files_append() {
    let site = Site::new().await;
    site.frame("b/early.fits", 1, 10);
    site.frame("a/late.fits", 30, 20);
    site.frame("a/same_b.fits", 7, 40);
    site.frame("a/same_a.fits", 7, 30);
    let report = site.scan(&site.nina()).await;
    assert_eq!(names(&report.added), ["early.fits", "same_a.fits", "same_b.fits", "late.fits"]);
    assert_eq!(site.levels().await, [10, 30, 40, 20]);

    site.frame("a/found_later.fits", 0, 50);
    let report = site.scan(&site.nina()).await;
    assert_eq!((names(&report.added), report.unchanged), (vec!["found_later.fits".to_owned()], 4));
    assert_eq!(site.levels().await, [10, 30, 40, 20, 50]);
    assert!(!site.scan(&site.nina()).await.is_change());
    let entry = site.catalogue.history_nth(None, 0).await.unwrap().unwrap();
    assert_eq!(entry.saved.saved_at.to_rfc3339(), "2026-01-31T23:01:30+01:00");
    assert_eq!((entry.frame.facts.columns, entry.frame.facts.rows), (6, 4));
    assert_eq!(entry.statistics.whole.count, 24);
}

/// Gives a sign when so many files are in the catalogue.
struct Until {
    files: u64,
    seen: AtomicU64,
    reached: Notify,
}

impl Progress for Until {
    fn planned(&self, _: u64) {}

    fn advanced(&self, files: u64) {
        if self.seen.fetch_add(files, Ordering::SeqCst) + files >= self.files {
            self.reached.notify_one();
        }
    }
}

#[tokio::test]
async fn scan_killed_midway_and_run_again_equals_one_run() {
    let site = Site::new().await;
    let count = 3 * FRAMES_PER_CHUNK as u32;
    for number in 0..count {
        // Names in another order than times.
        site.frame(&format!("{:03}.fits", (number * 7) % count), number, number as u16);
    }
    let until = Until { files: 1, seen: AtomicU64::new(0), reached: Notify::new() };
    let (scanner, source) = (site.scanner(), site.nina());
    tokio::select! {
        biased;
        () = until.reached.notified() => {}
        _ = scanner.scan(&source, None, &until) => panic!("it should have been killed"),
    }
    let first = site.levels().await;
    assert!(!first.is_empty() && first.len() < count as usize, "{first:?}");
    let report = site.scan(&source).await;
    assert_eq!(report.added.len() + first.len(), count as usize);
    assert_eq!(site.levels().await, (0..u64::from(count)).collect::<Vec<_>>());
    assert_eq!(site.catalogue.events().await.unwrap().len(), count as usize);
}

#[tokio::test]
async fn changed_file_takes_its_new_values_at_its_old_place() {
    let site = Site::new().await;
    site.frame("a.fits", 1, 10);
    site.frame("b.fits", 2, 20);
    site.scan(&site.nina()).await;
    let before = site.catalogue.history_nth(None, 0).await.unwrap().unwrap().frame.identity();
    site.frame("a.fits", 59, 11);
    let report = site.scan(&site.nina()).await;
    assert_eq!((names(&report.changed), report.added.len()), (vec!["a.fits".to_owned()], 0));
    assert_eq!(site.levels().await, [11, 20]);
    let after = site.catalogue.history_nth(None, 0).await.unwrap().unwrap().frame.identity();
    assert_ne!(before, after);
}

#[tokio::test]
async fn removed_frames_keep_their_index_and_come_back() {
    let site = Site::new().await;
    for (name, minute, level) in [("a.fits", 1, 10), ("b.fits", 2, 20), ("c.fits", 3, 30)] {
        site.frame(name, minute, level);
    }
    site.scan(&site.nina()).await;
    let aside = site.folder.path().join("aside.fits");
    fs::rename(site.path("b.fits"), &aside).unwrap();
    let report = site.scan(&site.nina()).await;
    assert_eq!(report.removed, [site.path("b.fits")]);
    assert_eq!(site.levels().await, [10, 20, 30]);
    let state = |index| async move {
        site.catalogue.history_nth(None, index).await.unwrap().unwrap().frame.state.clone()
    };
    assert_eq!(state(1).await, FrameState::Missing);
}

#[tokio::test]
async fn missing_frame_is_the_same_again_when_it_returns_or_is_renamed() {
    let site = Site::new().await;
    site.frame("a.fits", 1, 10);
    site.frame("b.fits", 2, 20);
    site.scan(&site.nina()).await;
    let aside = site.folder.path().join("aside.fits");
    fs::rename(site.path("a.fits"), &aside).unwrap();
    site.scan(&site.nina()).await;
    fs::rename(&aside, site.path("a.fits")).unwrap();
    let report = site.scan(&site.nina()).await;
    assert_eq!((names(&report.changed), report.added.len()), (vec!["a.fits".to_owned()], 0));

    fs::rename(site.path("a.fits"), site.path("BAD_a.fits")).unwrap();
    let report = site.scan(&site.nina()).await;
    assert_eq!(report.removed, [site.path("a.fits")]);
    assert_eq!((names(&report.changed), report.added.len()), (vec!["BAD_a.fits".to_owned()], 0));
    let entry = site.catalogue.history_nth(None, 0).await.unwrap().unwrap();
    assert_eq!((entry.frame.file_name(), &entry.frame.state), ("BAD_a.fits".to_owned(), &FrameState::Ok));
    assert_eq!(site.levels().await, [10, 20]);
}

#[tokio::test]
async fn directory_that_is_away_takes_nothing_with_it() {
    let site = Site::new().await;
    site.frame("a.fits", 1, 10);
    site.field("calexp-3325-z1-171.fits", 10.0, 0.0);
    let archive = site.archive(ScienceIdScheme::SdssCcd);
    site.scan(&site.nina()).await;
    site.scan(&archive).await;
    let aside = site.folder.path().join("aside");
    fs::rename(site.files(), &aside).unwrap();
    for source in [&site.nina(), &archive] {
        let report = site.scan(source).await;
        assert_eq!(report.absent, [site.files()]);
        assert!(!report.is_change(), "{report:?}");
    }
    fs::rename(&aside, site.files()).unwrap();
    let report = site.scan(&site.nina()).await;
    assert!(!report.is_change() && report.absent.is_empty(), "{report:?}");
    assert_eq!(site.catalogue.count_images(&db(), &calexp()).await.unwrap(), 1);
}

#[tokio::test]
async fn broken_files_are_rejected_with_reason_until_they_are_whole() {
    let site = Site::new().await;
    site.frame("whole.fits", 1, 10);
    let whole = fs::read(site.path("whole.fits")).unwrap();
    fs::write(site.path("cut.fits"), &whole[..2900]).unwrap();
    fs::write(site.path("empty.fits"), []).unwrap();
    fs::write(site.path("text.fits"), b"not a FITS file at all").unwrap();
    fs::write(site.path("tables.fits"), &fs::read(site.path("whole.fits")).unwrap()[..0]).unwrap();
    let report = site.scan(&site.nina()).await;
    assert_eq!(names(&report.added), ["whole.fits"]);
    assert_eq!(report.rejected.len(), 4);
    for file in &report.rejected {
        assert!(!file.reason.is_empty() && !file.reason.contains('/'), "{file:?}");
    }
    assert_eq!(site.catalogue.rejections_of(&Origin::Nina).await.unwrap().len(), 4);

    let report = site.scan(&site.nina()).await;
    assert!(!report.is_change());
    assert_eq!(report.still_rejected.len(), 4);
    assert!(report.still_rejected.iter().all(|file| !file.reason.is_empty()));

    fs::write(site.path("cut.fits"), &whole).unwrap();
    fs::remove_file(site.path("empty.fits")).unwrap();
    let report = site.scan(&site.nina()).await;
    assert_eq!((names(&report.added), report.removed.len()), (vec!["cut.fits".to_owned()], 1));
    assert_eq!(site.catalogue.rejections_of(&Origin::Nina).await.unwrap().len(), 2);
    assert_eq!(site.levels().await, [10, 10]);
}

#[tokio::test]
async fn archive_images_are_found_by_place_and_number() {
    let site = Site::new().await;
    site.field("3325/calexp-003325-r1-0171.fits", 359.999, 0.0);
    site.field("3325/calexp-003325-r1-0172.fits", 0.05, 0.0);
    site.field("3325/calexp-003325-g1-0171.fits", 359.999, 0.0);
    let source = site.archive(ScienceIdScheme::SdssCcd);
    assert_eq!(site.scan(&source).await.added.len(), 3);
    let near = |ra: f64, filter: &'static str| {
        let catalogue = site.catalogue.clone();
        async move {
            let at = SkyCoord::new(ra, 0.01).unwrap();
            let found = catalogue.candidates_at(&db(), &calexp(), filter, at).await.unwrap();
            found.iter().map(|image| image.science_id.get()).collect::<Vec<_>>()
        }
    };
    assert_eq!(near(0.01, "R").await, [3_325_210_171, 3_325_210_172]);
    assert_eq!(near(0.04, "r").await, [3_325_210_172, 3_325_210_171]);
    assert_eq!(near(359.96, "g").await, [3_325_110_171]);
    assert!(near(0.01, "z").await.is_empty());
    assert!(near(180.0, "r").await.is_empty());
    let id = ScienceId::try_from(3_325_210_171).unwrap();
    let image = site.catalogue.image_by_science_id(&db(), &calexp(), id).await.unwrap().unwrap();
    let place = image.place.as_ref().unwrap();
    assert!((place.pixel_scale_arcsec - 3.6).abs() < 1e-9);
    assert!(place.centre.separation_deg(SkyCoord::new(359.999, 0.0).unwrap()) < 1e-9);
    let (begin, end) = image.time_mjd.unwrap();
    assert!((begin - 51075.5).abs() < 1e-9 && (end - begin - 54.0 / 86_400.0).abs() < 1e-9);

    fs::remove_dir_all(site.path("3325")).unwrap();
    assert_eq!(site.scan(&source).await.removed.len(), 3);
    assert!(near(0.01, "r").await.is_empty());
    assert_eq!(site.catalogue.count_images(&db(), &calexp()).await.unwrap(), 0);
}

#[tokio::test]
async fn second_file_of_one_identity_waits_for_the_first_to_go() {
    let site = Site::new().await;
    site.field("a/calexp-3325-z1-171.fits", 10.0, 0.0);
    site.field("b/calexp-3325-z1-171.fits", 10.0, 0.0);
    let source = site.archive(ScienceIdScheme::SdssCcd);
    let report = site.scan(&source).await;
    assert_eq!((report.added.len(), report.rejected.len()), (1, 1));
    assert_eq!(report.rejected[0].reason, "holds the same image as a/calexp-3325-z1-171.fits");
    fs::remove_dir_all(site.path("a")).unwrap();
    let report = site.scan(&source).await;
    assert_eq!((report.added.len(), report.rejected.len(), report.removed.len()), (1, 0, 1));
    assert_eq!(site.catalogue.count_images(&db(), &calexp()).await.unwrap(), 1);
}

#[tokio::test]
async fn other_rules_read_every_file_again() {
    let site = Site::new().await;
    site.field("calexp-3325-z1-171.fits", 10.0, 0.0);
    site.scan(&site.archive(ScienceIdScheme::SdssCcd)).await;
    let other = site.archive(ScienceIdScheme::Sequence);
    assert_eq!(site.scan(&other).await.changed.len(), 1);
    let id = ScienceId::try_from(171).unwrap();
    assert!(site.catalogue.image_by_science_id(&db(), &calexp(), id).await.unwrap().is_some());
    assert!(!site.scan(&other).await.is_change());
}

#[tokio::test]
async fn some_files_are_brought_up_to_date_without_a_walk() {
    let site = Site::new().await;
    site.frame("a.fits", 1, 10);
    site.frame("b.fits", 2, 20);
    let scanner = site.scanner();
    let report =
        scanner.scan_files(&site.nina(), &[site.path("b.fits"), site.path("no.fits")]).await.unwrap();
    assert_eq!(names(&report.added), ["b.fits"]);
    fs::remove_file(site.path("b.fits")).unwrap();
    let report = scanner.scan_files(&site.nina(), &[site.path("b.fits")]).await.unwrap();
    assert_eq!(report.removed, [site.path("b.fits")]);
    assert_eq!(site.levels().await, [20]);
}

#[tokio::test]
#[ignore = "a measurement: run it with --release --run-ignored only"]
async fn headers_and_frames_are_read_as_fast_as_the_disk_gives_them() {
    let site = Site::new().await;
    let count = 4_000;
    for number in 0..count {
        let (ra, dec) = (f64::from(number % 200) * 0.1, f64::from(number / 200) * 0.1);
        site.field(&format!("{}/calexp-{:06}-r4-{number:04}.fits", number / 500, 5646), ra, dec);
    }
    let source = site.archive(ScienceIdScheme::SdssCcd);
    for round in ["new", "unchanged"] {
        let started = std::time::Instant::now();
        let report = site.scan(&source).await;
        assert_eq!(report.added.len() + report.unchanged as usize, count as usize);
        let rate = f64::from(count) / started.elapsed().as_secs_f64();
        eprintln!("{count} archive headers, {round}: {rate:.0} per second");
    }
    let rules = site.scanner().rules;
    let alone = |name: &str, read: &dyn Fn(&Path)| {
        let files = Walk::over(&source).files;
        let started = std::time::Instant::now();
        for (path, _) in &files {
            read(path);
        }
        eprintln!("{name}, one thread: {:.0} per second", f64::from(count) / started.elapsed().as_secs_f64());
    };
    alone("opening alone", &|path| drop(crate::fits::FitsFile::open(path, &Limits::default()).unwrap()));
    alone("reading without writing", &|path| drop(read::read(&source, path, &rules).unwrap()));

    let night = Site::new().await;
    for number in 0..12_u16 {
        let cards = header(&[
            &format!("DATE-OBS= '2026-01-31T22:{number:02}:00'"),
            if number % 2 == 0 { "BAYERPAT= 'RGGB'" } else { "FILTER  = 'Ha'" },
        ]);
        let pixels = Array3::from_shape_fn((1, 4176, 6248), |(_, row, column)| {
            1000 + (row as u16 * 31 + column as u16 * 17) % 301
        });
        let path = night.path(&format!("{number:02}.fits"));
        FitsWriter::new().image(cards, Raster::U16(pixels)).write(&path).unwrap();
    }
    let started = std::time::Instant::now();
    assert_eq!(night.scan(&night.nina()).await.added.len(), 12);
    let rate = 12.0 / started.elapsed().as_secs_f64();
    eprintln!("26 MP frames with statistics, half of them mosaics: {rate:.2} per second");
}

#[tokio::test]
async fn real_files_are_frames_or_have_a_reason() {
    let Some(data) = std::env::var_os("TRIFOCAL_TEST_DATA").map(PathBuf::from) else {
        eprintln!("skipped: TRIFOCAL_TEST_DATA is not set");
        return;
    };
    let site = Site::new().await;
    let source = Source::nina(&["nina", "fits", "broken"].map(|folder| data.join(folder)));
    let report = site.scan(&source).await;
    let files = Walk::over(&source).files;
    assert_eq!(report.added.len() + report.rejected.len(), files.len());
    for file in &report.rejected {
        assert!(!file.reason.is_empty(), "{file:?}");
        eprintln!("{}: {}", source.relative(&file.path), file.reason);
    }
    let rejected_good = report.rejected.iter().filter(|file| file.path.starts_with(data.join("nina")));
    assert_eq!(rejected_good.count(), 0, "every capture is shown");
    assert_eq!(site.catalogue.history(None).await.unwrap().len(), report.added.len());
    assert!(!site.scan(&source).await.is_change());
}
