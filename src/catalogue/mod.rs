//! What exists, where on the sky and when. All SQL lives here and nowhere else.
//!
//! The catalogue is an index over files: delete it, scan again, and it answers the same. One connection writes,
//! a pool reads. Write-ahead log with `synchronous = NORMAL`: a committed transaction survives the death of the
//! process (`kill -9`) in full; a power cut may lose the last transactions but never leaves a broken database.

mod batch;
mod candidates;
pub mod discovery;
pub mod error;
pub mod events;
mod frame_writes;
pub mod frames;
pub mod history;
mod history_order;
mod history_writes;
pub mod identity;
mod image_writes;
pub mod images;
mod inspection;
mod interval;
pub mod job;
mod job_results;
mod jobs;
pub mod known;
mod lock;
mod migrations;
pub mod names;
mod profile_settings;
mod remembered;
mod revision;
mod rows;
mod show;
mod sky_cell;
pub mod synthetic;

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection, SqlitePool};
use tokio_util::task::AbortOnDropHandle;

pub use batch::Batch;
pub use discovery::{ImageSearch, Search, SearchedDataset, SpectralBand};
pub use error::CatalogueError;
pub use events::Event;
pub use frames::{
    FrameFacts, FrameId, FrameIdentity, FrameRecord, FrameState, HeaderDigest, NINA_ARCHIVE, NINA_DATASET,
    Origin,
};
pub use history::{FrameStatistics, FrameType, HistoryEntry, NewHistoryEntry};
pub use history_order::HistoryOrder;
pub use history_writes::IMAGE_SAVE;
pub use identity::{DataId, IdentityError, ScienceId, ScienceIdScheme, SdssFilter};
pub use images::{ArchiveImage, Coverage, Duplicate, ImagePlace, NewImage};
pub use inspection::Inspection;
pub use interval::Interval;
pub use job::{Job, JobFailure, JobFilter, JobId, JobPhase, JobResult};
pub use known::{KnownFile, KnownState};
pub use names::{ArchiveId, Dataset};

use crate::clock::Clock;
use history_order::RememberedHistory;
use images::RememberedImages;
use lock::ServiceLock;
use revision::Revision;

/// What every method of the catalogue returns.
pub type Result<T, E = CatalogueError> = std::result::Result<T, E>;

/// Who opens the catalogue.
///
/// Only one service may hold a database; a second one is refused. Commands such as `trifocal ingest` work beside
/// a running service of the same version: their transactions take turns with the service's own, and what they
/// add is served within a second. Only when the command would first have to migrate the database is it refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `trifocal serve`: holds the database until it is dropped or its process dies.
    Service,
    /// A command that ends by itself.
    Command,
}

/// How long a statement waits for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Page cache of one connection, in KiB (negative: SQLite's way of saying KiB and not pages).
const PAGE_CACHE_KIB: &str = "-4096";

/// Pages the log grows by before they move to the database file, which waits for the disk: 32 MiB.
const CHECKPOINT_PAGES: &str = "8192";

/// How much of the database file readers map, which spares them a call for each page: 256 MiB, the images of half
/// a million files. Unlike pictures, nobody else truncates this file.
const MAPPED_BYTES: &str = "268435456";

/// The catalogue of one gateway.
#[derive(Debug)]
pub struct Catalogue {
    readers: SqlitePool,
    writer: SqlitePool,
    clock: Arc<dyn Clock>,
    revision: Revision,
    images: RememberedImages,
    history: RememberedHistory,
    /// Notices what other processes commit.
    _following: Option<AbortOnDropHandle<()>>,
    /// Held until the catalogue is closed or dropped.
    lock: Mutex<Option<ServiceLock>>,
}

impl Catalogue {
    /// Opens the database at `url` (`sqlite://path`), creating file and folder when they are not there, and
    /// brings its tables up to date.
    ///
    /// # Errors
    /// When the address is not a file, another service holds the database, it was written by a newer version,
    /// or the file is not a database.
    pub async fn open(url: &str, role: Role, clock: Arc<dyn Clock>) -> Result<Arc<Self>> {
        let (options, path) = database(url)?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(CatalogueError::Folder)?;
        }
        let lock = match role {
            Role::Service => Some(ServiceLock::take(&path)?),
            Role::Command => None,
        };
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("cache_size", PAGE_CACHE_KIB)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            .pragma("journal_size_limit", "67108864")
            .pragma("temp_store", "memory");
        let pool = || {
            SqlitePoolOptions::new()
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .test_before_acquire(false)
                .idle_timeout(None)
                .max_lifetime(None)
        };
        let writer = pool()
            .max_connections(1)
            .after_release(|connection, _| Box::pin(has_no_transaction(connection)))
            .connect_with(options.clone().thread_name(|_| "catalogue-write".to_owned()))
            .await
            .map_err(CatalogueError::opening)?;
        migrations::apply(&writer, || lock.is_some() || ServiceLock::is_free(&path)).await?;
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let readers = pool()
            .max_connections(cores.clamp(2, 8) as u32)
            .connect_with(
                options
                    .pragma("query_only", "on")
                    .pragma("mmap_size", MAPPED_BYTES)
                    .thread_name(|n| format!("catalogue-read-{n}")),
            )
            .await
            .map_err(CatalogueError::opening)?;
        let revision = Revision::default();
        let following = match role {
            Role::Service => Some(revision.follow(&readers).await?),
            Role::Command => None,
        };
        let images = RememberedImages::new(&revision);
        let history = RememberedHistory::new(&revision);
        Ok(Arc::new(Self {
            readers,
            writer,
            clock,
            revision,
            images,
            history,
            _following: following,
            lock: Mutex::new(lock),
        }))
    }

    /// Ends all connections, after the statements under way; what follows answers with an error.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        // Whoever still holds the catalogue can do nothing with it any more: the next service need not wait.
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn check(&self) -> Result<()> {
        sqlx::query("select 1").execute(&self.readers).await?;
        Ok(())
    }
}

/// Whether a connection may be used again. When a disk is full, SQLite ends a transaction by itself; the library
/// does not hear of it, cannot roll back what is not there, and would refuse every transaction to come.
async fn has_no_transaction(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    // A rollback may still be on its way.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// The file at the address of a database.
fn database(url: &str) -> Result<(SqliteConnectOptions, PathBuf)> {
    let options = SqliteConnectOptions::from_str(url).map_err(CatalogueError::Address)?;
    let path = options.get_filename().to_owned();
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    if !url.starts_with("sqlite:") || in_memory || path.as_os_str().is_empty() {
        return Err(CatalogueError::NotAFile);
    }
    Ok((options, path))
}

#[cfg(test)]
pub(crate) mod history_tests;

#[cfg(test)]
pub(crate) mod tests {
    use chrono::{TimeZone, Utc};
    use tempfile::TempDir;

    use super::*;
    use crate::clock::FixedClock;
    use crate::error::{Classified, ErrorKind};

    /// A fixed clock for catalogues under test.
    pub(crate) fn clock() -> Arc<dyn Clock> {
        FixedClock::at(Utc.with_ymd_and_hms(2026, 1, 31, 22, 0, 0).unwrap())
    }

    /// The address of a database file in `folder`.
    pub(crate) fn url(folder: &TempDir) -> String {
        format!("sqlite://{}/deep/trifocal.db", folder.path().display())
    }

    /// An empty catalogue in a folder of its own.
    pub(crate) async fn empty() -> (TempDir, Arc<Catalogue>) {
        let folder = TempDir::new().unwrap();
        let catalogue = Catalogue::open(&url(&folder), Role::Service, clock()).await.unwrap();
        (folder, catalogue)
    }

    /// Lets the database refuse to end any job, or not any more.
    pub(crate) async fn refuse_ends_of_jobs(catalogue: &Catalogue, refused: bool) {
        let refuse = "create trigger no_end before update of phase on job \
                      when new.phase in ('COMPLETED', 'ERROR', 'ABORTED') begin select raise(abort, 'no room'); end";
        let sql = if refused { refuse } else { "drop trigger no_end" };
        sqlx::query(sql).execute(&catalogue.writer).await.unwrap();
    }

    #[tokio::test]
    async fn second_service_is_refused_until_the_first_is_gone() {
        let (folder, first) = empty().await;
        let refused = Catalogue::open(&url(&folder), Role::Service, clock()).await.unwrap_err();
        assert!(matches!(refused, CatalogueError::InUse));
        assert_eq!(refused.kind(), ErrorKind::Unavailable);
        first.close().await;
        drop(first);
        Catalogue::open(&url(&folder), Role::Service, clock()).await.unwrap();
    }

    #[tokio::test]
    async fn command_works_beside_a_running_service() {
        let (folder, service) = empty().await;
        let command = Catalogue::open(&url(&folder), Role::Command, clock()).await.unwrap();
        let mut batch = command.begin().await.unwrap();
        batch.append_event(&Event::new("SEQUENCE-STARTING", clock().utc().fixed_offset())).await.unwrap();
        batch.commit().await.unwrap();
        assert_eq!(service.events().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn dropped_batch_leaves_nothing_behind() {
        let (_folder, catalogue) = empty().await;
        let mut batch = catalogue.begin().await.unwrap();
        batch.append_event(&Event::new("SEQUENCE-STARTING", clock().utc().fixed_offset())).await.unwrap();
        drop(batch);
        assert!(catalogue.events().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_transaction_the_database_ended_itself_does_not_stop_the_next() {
        let (_folder, catalogue) = empty().await;
        let mut batch = catalogue.begin().await.unwrap();
        // What SQLite does when the disk is full.
        sqlx::query("rollback").execute(batch.connection()).await.unwrap();
        drop(batch);
        let mut batch = catalogue.begin().await.unwrap();
        batch.append_event(&Event::new("SEQUENCE-STARTING", clock().utc().fixed_offset())).await.unwrap();
        batch.commit().await.unwrap();
        assert_eq!(catalogue.events().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_is_not_a_database_is_refused_without_its_path() {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("deep")).unwrap();
        std::fs::write(folder.path().join("deep/trifocal.db"), [b'x'; 4096]).unwrap();
        let refused = Catalogue::open(&url(&folder), Role::Service, clock()).await.unwrap_err();
        assert!(!refused.to_string().contains("deep"), "{refused}");
        for address in ["sqlite::memory:", "sqlite://x?mode=memory", "postgres://x"] {
            assert!(Catalogue::open(address, Role::Service, clock()).await.is_err(), "{address}");
        }
    }
}
