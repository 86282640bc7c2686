//! Results of jobs: the rows. The files lie in the work directory.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::job::{JobId, JobResult};
use super::{Catalogue, Result, rows};

impl Catalogue {
    /// The results of a job in order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn job_results(&self, id: &JobId) -> Result<Vec<JobResult>> {
        let sql =
            "select number, bytes, media_type, description from job_result where job_id = ? order by number";
        let rows = sqlx::query(sql).bind(id.as_str()).fetch_all(&self.readers).await?;
        let result = |row: &SqliteRow| {
            Ok(JobResult {
                number: rows::unsigned(row.try_get(0)?, "result number")?,
                bytes: rows::unsigned(row.try_get(1)?, "result length")?,
                media_type: row.try_get(2)?,
                description: row.try_get(3)?,
            })
        };
        rows.iter().map(result).collect()
    }

    /// Adds a result, or replaces the one of its number.
    ///
    /// # Errors
    /// When the database cannot be written, or the job is gone.
    pub async fn put_job_result(&self, id: &JobId, result: &JobResult) -> Result<()> {
        sqlx::query(
            "insert or replace into job_result (job_id, number, bytes, media_type, description) \
             values (?, ?, ?, ?, ?)",
        )
        .bind(id.as_str())
        .bind(i64::from(result.number))
        .bind(i64::try_from(result.bytes).unwrap_or(i64::MAX))
        .bind(&result.media_type)
        .bind(&result.description)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Forgets the results of a job.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn drop_job_results(&self, id: &JobId) -> Result<()> {
        sqlx::query("delete from job_result where job_id = ?")
            .bind(id.as_str())
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::jobs::tests::job;
    use crate::catalogue::tests::empty;

    #[tokio::test]
    async fn results_belong_to_their_job() {
        let (_folder, catalogue) = empty().await;
        let job = job("", 0);
        catalogue.add_job(&job).await.unwrap();
        let result = |number| JobResult {
            number,
            bytes: 2880,
            media_type: "application/fits".to_owned(),
            description: "CIRCLE 1 2 3".to_owned(),
        };
        for number in [2, 1, 2] {
            catalogue.put_job_result(&job.id, &result(number)).await.unwrap();
        }
        assert_eq!(catalogue.job_results(&job.id).await.unwrap(), [result(1), result(2)]);
        catalogue.remove_job(&job.id).await.unwrap();
        assert!(catalogue.job_results(&job.id).await.unwrap().is_empty());
        assert!(catalogue.put_job_result(&job.id, &result(1)).await.is_err(), "the job is gone");
    }
}
