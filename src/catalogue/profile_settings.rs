//! What clients changed in the N.I.N.A. profile.

use sqlx::Row;

use super::{Batch, Catalogue, Result};

impl Catalogue {
    /// Every changed setting: its path in the profile and its value.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn profile_settings(&self) -> Result<Vec<(String, String)>> {
        let sql = "select path, value from profile_setting order by path";
        let rows = sqlx::query(sql).fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }
}

impl Batch {
    /// Notes the value of a setting in place of the one it had.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn put_profile_setting(&mut self, path: &str, value: &str) -> Result<()> {
        let sql = "insert into profile_setting (path, value) values (?, ?) \
                   on conflict (path) do update set value = excluded.value";
        sqlx::query(sql).bind(path).bind(value).execute(self.connection()).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::catalogue::tests::empty;

    #[tokio::test]
    async fn the_last_value_of_a_setting_is_kept() {
        let (_folder, catalogue) = empty().await;
        let mut batch = catalogue.begin().await.unwrap();
        for (path, value) in [("b", "1"), ("a", "2"), ("b", "3")] {
            batch.put_profile_setting(path, value).await.unwrap();
        }
        batch.commit().await.unwrap();
        let settings = catalogue.profile_settings().await.unwrap();
        assert_eq!(settings, [("a".into(), "2".into()), ("b".to_owned(), "3".to_owned())]);
    }
}
