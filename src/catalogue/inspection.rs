//! What can be said of a database without changing it.

use sqlx::migrate::Migrate;
use sqlx::{Connection, SqliteConnection};

use super::{Catalogue, CatalogueError, Result, database, migrations};

/// What is at the address of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inspection {
    /// Nothing; the first start creates it.
    Absent,
    /// A database of an earlier version; the next start brings it up to date.
    Old,
    /// A database of this version.
    Current,
}

impl Catalogue {
    /// Looks at the database at `url` and changes nothing.
    ///
    /// # Errors
    /// When the address is not a file, the file is no database or a damaged one, or a newer version wrote it.
    pub async fn inspect(url: &str) -> Result<Inspection> {
        let (options, path) = database(url)?;
        if !path.exists() {
            return Ok(Inspection::Absent);
        }
        let mut connection =
            SqliteConnection::connect_with(&options.create_if_missing(false).read_only(true))
                .await
                .map_err(CatalogueError::opening)?;
        let verdict: String = sqlx::query_scalar("pragma quick_check(1)")
            .fetch_one(&mut connection)
            .await
            .map_err(CatalogueError::opening)?;
        if verdict != "ok" {
            return Err(CatalogueError::Damaged(sqlx::Error::Protocol(verdict)));
        }
        let applied = match connection.list_applied_migrations(migrations::TABLE).await {
            Ok(applied) => applied.len(),
            // Killed before its first step.
            Err(_) => 0,
        };
        let _ = connection.close().await;
        match applied.cmp(&migrations::count()) {
            std::cmp::Ordering::Less => Ok(Inspection::Old),
            std::cmp::Ordering::Equal => Ok(Inspection::Current),
            std::cmp::Ordering::Greater => Err(CatalogueError::Newer),
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::catalogue::tests::{empty, url};

    #[tokio::test]
    async fn looking_creates_nothing() {
        let folder = TempDir::new().unwrap();
        assert_eq!(Catalogue::inspect(&url(&folder)).await.unwrap(), Inspection::Absent);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_database_is_told_from_an_older_a_newer_and_none() {
        let (folder, catalogue) = empty().await;
        let url = url(&folder);
        assert_eq!(Catalogue::inspect(&url).await.unwrap(), Inspection::Current, "beside its service, too");
        let forget =
            "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)";
        let more = "insert into _sqlx_migrations select version + 1000, description, installed_on, success, \
                    checksum, execution_time from _sqlx_migrations";
        sqlx::query(forget).execute(&catalogue.writer).await.unwrap();
        assert_eq!(Catalogue::inspect(&url).await.unwrap(), Inspection::Old);
        sqlx::query(more).execute(&catalogue.writer).await.unwrap();
        assert!(matches!(Catalogue::inspect(&url).await, Err(CatalogueError::Newer)));
    }

    #[tokio::test]
    async fn what_is_no_database_is_said_to_be_none() {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("deep")).unwrap();
        std::fs::write(folder.path().join("deep/trifocal.db"), [b'x'; 8192]).unwrap();
        let refused = Catalogue::inspect(&url(&folder)).await;
        assert!(matches!(refused, Err(CatalogueError::Damaged(_))), "{refused:?}");
    }
}
