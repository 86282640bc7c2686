//! The steps that bring a database up to date, forward only, all in one transaction.

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{SqlSafeStr, SqlitePool};

use super::{CatalogueError, Result};

/// Version, description and statements of one step.
type Step = (i64, &'static str, &'static str);

/// Every step ever released, in order. Steps are added, never edited.
const STEPS: &[Step] = &[
    (1, "frames, history, images", include_str!("../../migrations/0001_frames_history_images.sql")),
    (2, "profile settings", include_str!("../../migrations/0002_profile_settings.sql")),
    (4, "what images cover", include_str!("../../migrations/0004_what_images_cover.sql")),
    (5, "jobs", include_str!("../../migrations/0005_jobs.sql")),
    (6, "services of jobs", include_str!("../../migrations/0006_services_of_jobs.sql")),
    (8, "searches by target and time", include_str!("../../migrations/0008_searches_by_target_and_time.sql")),
    (9, "attempts of jobs", include_str!("../../migrations/0009_attempts_of_jobs.sql")),
];

/// Where the database notes the steps it has taken.
pub(super) const TABLE: &str = "_sqlx_migrations";

/// How many steps there are.
pub(super) fn count() -> usize {
    STEPS.len()
}

/// Applies the steps that are missing. `may_change` is asked only when there are any.
///
/// # Errors
/// When the database is newer than this service, may not be changed now, or a step fails (nothing is changed).
pub(super) async fn apply(writer: &SqlitePool, may_change: impl FnOnce() -> bool) -> Result<()> {
    apply_steps(STEPS, writer, may_change).await
}

async fn apply_steps(steps: &[Step], writer: &SqlitePool, may_change: impl FnOnce() -> bool) -> Result<()> {
    let migrations = steps.iter().map(|&(version, description, sql)| {
        Migration::new(version, description.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let migrator = Migrator::with_migrations(migrations.collect());
    // The write lock of the transaction makes two processes that both want to migrate take turns.
    let mut transaction = writer.begin_with("begin immediate").await.map_err(CatalogueError::opening)?;
    transaction.ensure_migrations_table(TABLE).await.map_err(CatalogueError::Migration)?;
    let applied = transaction.list_applied_migrations(TABLE).await.map_err(CatalogueError::Migration)?;
    if applied.len() < steps.len() && !may_change() {
        return Err(CatalogueError::InUseByOlder);
    }
    migrator.run_direct(None, &mut *transaction, false).await.map_err(|error| match error {
        MigrateError::VersionMissing(_) => CatalogueError::Newer,
        error => CatalogueError::Migration(error),
    })?;
    transaction.commit().await.map_err(CatalogueError::opening)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::tests::{clock, empty, url};
    use crate::catalogue::{Catalogue, Event, Role};

    /// A step a later version might bring.
    const LATER: Step = (1001, "names of observers", "create table observer (name text not null) strict");
    const BROKEN: Step =
        (1002, "nonsense", "create table half (a integer) strict; alter table nowhere drop column b;");

    async fn tables(catalogue: &Catalogue) -> Vec<String> {
        let sql = "select name from sqlite_schema where name in ('observer', 'half')";
        sqlx::query_scalar(sql).fetch_all(&catalogue.writer).await.unwrap()
    }

    fn with(more: &[Step]) -> Vec<Step> {
        [STEPS, more].concat()
    }

    #[tokio::test]
    async fn old_database_keeps_what_it_holds() {
        let (folder, catalogue) = empty().await;
        let event = Event::new("SEQUENCE-STARTING", clock().utc().fixed_offset());
        let mut batch = catalogue.begin().await.unwrap();
        batch.append_event(&event).await.unwrap();
        batch.commit().await.unwrap();
        for _ in 0..2 {
            apply_steps(&with(&[LATER]), &catalogue.writer, || true).await.unwrap();
        }
        assert_eq!(tables(&catalogue).await, ["observer"]);
        assert_eq!(catalogue.events().await.unwrap(), [event]);
        catalogue.close().await;
        drop(catalogue);
        let refused = Catalogue::open(&url(&folder), Role::Service, clock()).await.unwrap_err();
        assert!(matches!(refused, CatalogueError::Newer), "{refused:?}");
    }

    #[tokio::test]
    async fn jobs_of_an_older_version_were_not_attempted_yet() {
        let folder = tempfile::TempDir::new().unwrap();
        let url = format!("sqlite://{}/old.db", folder.path().display());
        let old = SqlitePool::connect(&format!("{url}?mode=rwc")).await.unwrap();
        let before: Vec<Step> = STEPS.iter().copied().filter(|(version, ..)| *version < 9).collect();
        apply_steps(&before, &old, || true).await.unwrap();
        let id = "0123456789abcdef0123456789abcdef";
        let sql = "insert into job (id, session, phase, created_ns, execution_s, destruction_ns, parameters) \
                   values (?, '', 'EXECUTING', 1, 1, 1, '[]')";
        sqlx::query(sql).bind(id).execute(&old).await.unwrap();
        old.close().await;
        let catalogue = Catalogue::open(&url, Role::Service, clock()).await.unwrap();
        let unfinished = catalogue.unfinished_jobs().await.unwrap();
        assert_eq!(
            unfinished.iter().map(|(id, attempts)| (id.as_str(), *attempts)).collect::<Vec<_>>(),
            [(id, 0)]
        );
    }

    #[tokio::test]
    async fn failing_step_leaves_the_database_as_it_was() {
        let (_folder, catalogue) = empty().await;
        let failed = apply_steps(&with(&[LATER, BROKEN]), &catalogue.writer, || true).await;
        assert!(matches!(failed, Err(CatalogueError::Migration(_))), "{failed:?}");
        assert!(tables(&catalogue).await.is_empty());
        assert!(catalogue.events().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn database_in_use_is_not_changed_under_its_service() {
        let (_folder, catalogue) = empty().await;
        apply_steps(STEPS, &catalogue.writer, || false).await.unwrap();
        let refused = apply_steps(&with(&[LATER]), &catalogue.writer, || false).await;
        assert!(matches!(refused, Err(CatalogueError::InUseByOlder)), "{refused:?}");
        assert!(tables(&catalogue).await.is_empty());
    }
}
