//! Which state of the database an answer was read from, so that remembered answers are never older than what was
//! committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::{SqliteConnection, SqlitePool};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use super::Result;

/// How soon a commit of another process shows in remembered answers.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A number that grows with every commit. Cheap to clone; all clones count together.
#[derive(Clone, Debug, Default)]
pub(super) struct Revision {
    number: Arc<AtomicU64>,
    /// Wakes those who wait for a commit.
    commits: Arc<watch::Sender<()>>,
}

impl Revision {
    /// The state a statement that starts now sees at least.
    pub(super) fn current(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }

    /// Says that something was committed.
    pub(super) fn advance(&self) {
        self.number.fetch_add(1, Ordering::Release);
        self.commits.send_replace(());
    }

    /// Tells of every commit from now on; several in a row may be told as one.
    pub(super) fn commits(&self) -> watch::Receiver<()> {
        self.commits.subscribe()
    }

    /// Advances whenever another connection, of whatever process, has committed (`PRAGMA data_version`); ends
    /// when dropped or when the database is closed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn follow(&self, readers: &SqlitePool) -> Result<AbortOnDropHandle<()>> {
        let mut connection = readers.acquire().await?.detach();
        let mut seen = data_version(&mut connection).await?;
        let (revision, readers) = (self.clone(), readers.clone());
        Ok(AbortOnDropHandle::new(tokio::spawn(async move {
            while !readers.is_closed() {
                tokio::time::sleep(LOOK_EVERY).await;
                match data_version(&mut connection).await {
                    Ok(now) if now == seen => {}
                    Ok(now) => {
                        seen = now;
                        revision.advance();
                    }
                    Err(error) => {
                        tracing::debug!(error = %crate::error::chain(&error), "state of the database unknown");
                        revision.advance();
                    }
                }
            }
        })))
    }
}

async fn data_version(connection: &mut SqliteConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("pragma data_version").fetch_one(connection).await?)
}
