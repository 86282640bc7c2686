//! Everything that writes, in transactions: a batch is in the catalogue whole or not at all.

use chrono::{DateTime, Utc};
use sqlx::{Sqlite, SqliteConnection, Transaction};

use super::revision::Revision;
use super::{Catalogue, Origin, Result};

/// Rows that are written by one statement where there are many: waiting for the database's thread, not its work, is
/// what writing one by one would cost.
pub(super) const ROWS_PER_STATEMENT: usize = 64;

/// Whether the statement that writes so many rows is kept prepared. Of any other number there is one in a scan.
pub(super) fn stays_prepared(rows: usize) -> bool {
    rows == 1 || rows == ROWS_PER_STATEMENT
}

/// A transaction under way. Dropped without [`commit`](Batch::commit), it never happened.
///
/// While it lives no other batch of any process can begin: read files before, not during.
#[derive(Debug)]
pub struct Batch {
    transaction: Transaction<'static, Sqlite>,
    now: DateTime<Utc>,
    revision: Revision,
    /// Numbers already looked up: a batch has few origins and filters, and many files.
    pub(super) sources: Vec<(Origin, i64)>,
    pub(super) bands: Vec<(String, i64)>,
}

impl Catalogue {
    /// Begins a batch, after those already under way.
    ///
    /// # Errors
    /// When the database does not answer or stays busy.
    pub async fn begin(&self) -> Result<Batch> {
        let transaction = self.writer.begin_with("begin immediate").await?;
        Ok(Batch {
            transaction,
            now: self.clock.utc(),
            revision: self.revision.clone(),
            sources: Vec::new(),
            bands: Vec::new(),
        })
    }
}

impl Batch {
    /// Makes everything in the batch permanent and visible.
    ///
    /// # Errors
    /// When the database cannot be written; nothing of the batch is kept then.
    pub async fn commit(self) -> Result<()> {
        self.transaction.commit().await?;
        self.revision.advance();
        Ok(())
    }

    /// The connection of the transaction.
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }

    /// The time the batch began.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.now
    }
}
