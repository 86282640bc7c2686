//! The steps that bring a database up to date, forward only, all in one transaction.

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{SqlSafeStr, SqlitePool};

use super::{CatalogueError, Result};

/// Every step ever released, in order. Steps are added, never edited.
const STEPS: &[(i64, &str, &str)] =
    &[(1, "frames, history, images", include_str!("../../migrations/0001_frames_history_images.sql"))];

const TABLE: &str = "_sqlx_migrations";

fn migrator() -> Migrator {
    let steps = STEPS.iter().map(|&(version, description, sql)| {
        Migration::new(version, description.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(steps.collect())
}

/// Applies the steps that are missing. `may_change` is asked only when there are any.
///
/// # Errors
/// When the database is newer than this service, may not be changed now, or a step fails (nothing is changed).
pub(super) async fn apply(writer: &SqlitePool, may_change: impl FnOnce() -> bool) -> Result<()> {
    // The write lock of the transaction makes two processes that both want to migrate take turns.
    let mut transaction = writer.begin_with("begin immediate").await.map_err(CatalogueError::Open)?;
    let migrator = migrator();
    transaction.ensure_migrations_table(TABLE).await.map_err(CatalogueError::Migration)?;
    let applied = transaction.list_applied_migrations(TABLE).await.map_err(CatalogueError::Migration)?;
    if applied.len() < STEPS.len() && !may_change() {
        return Err(CatalogueError::InUseByOlder);
    }
    migrator.run_direct(None, &mut *transaction, false).await.map_err(|error| match error {
        MigrateError::VersionMissing(_) => CatalogueError::Newer,
        error => CatalogueError::Migration(error),
    })?;
    transaction.commit().await.map_err(CatalogueError::Open)
}
