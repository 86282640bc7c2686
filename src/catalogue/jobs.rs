//! Jobs of clients: the rows. What runs them lives elsewhere.

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::job::{Job, JobFailure, JobFilter, JobId, JobPhase};
use super::{Catalogue, CatalogueError, Result, rows};

const COLUMNS: &str = "id, session, phase, run_id, created_ns, started_ns, ended_ns, execution_s, destruction_ns, \
                       parameters, error, error_is_transient, service";

fn from_row(row: &SqliteRow) -> Result<Job> {
    let unexpected = CatalogueError::Unexpected;
    let time = |nanoseconds: Option<i64>| nanoseconds.map(rows::utc);
    let failure: Option<String> = row.try_get(10)?;
    let is_transient: i64 = row.try_get(11)?;
    let parameters: &str = row.try_get(9)?;
    Ok(Job {
        id: JobId::parse(row.try_get(0)?).ok_or(unexpected("job id"))?,
        service: row.try_get(12)?,
        session: row.try_get(1)?,
        phase: JobPhase::named(row.try_get(2)?).ok_or(unexpected("job phase"))?,
        run_id: row.try_get(3)?,
        created_at: rows::utc(row.try_get(4)?),
        started_at: time(row.try_get(5)?),
        ended_at: time(row.try_get(6)?),
        execution_s: rows::unsigned(row.try_get(7)?, "job duration")?,
        destruction_at: rows::utc(row.try_get(8)?),
        parameters: serde_json::from_str(parameters).map_err(|_| unexpected("job parameters"))?,
        failure: failure.map(|message| JobFailure { message, is_transient: is_transient != 0 }),
    })
}

fn json(parameters: &[(String, String)]) -> String {
    serde_json::to_string(parameters).unwrap_or_else(|_| "[]".to_owned())
}

impl Catalogue {
    /// Adds a job.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn add_job(&self, job: &Job) -> Result<()> {
        sqlx::query(
            "insert into job \
             (id, service, session, phase, run_id, created_ns, execution_s, destruction_ns, parameters) \
             values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(job.id.as_str())
        .bind(&job.service)
        .bind(&job.session)
        .bind(job.phase.name())
        .bind(&job.run_id)
        .bind(rows::nanoseconds(job.created_at))
        .bind(i64::try_from(job.execution_s).unwrap_or(i64::MAX))
        .bind(rows::nanoseconds(job.destruction_at))
        .bind(json(&job.parameters))
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// A job.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn job(&self, id: &JobId) -> Result<Option<Job>> {
        let mut query = QueryBuilder::<Sqlite>::new("select ");
        query.push(COLUMNS).push(" from job where id = ").push_bind(id.as_str().to_owned());
        query.build().fetch_optional(&self.readers).await?.as_ref().map(from_row).transpose()
    }

    /// The jobs of a session, oldest first; with `last` the newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn jobs(&self, session: &str, filter: &JobFilter) -> Result<Vec<Job>> {
        let mut query = QueryBuilder::<Sqlite>::new("select ");
        query.push(COLUMNS).push(" from job where service = ").push_bind(filter.service.clone());
        query.push(" and session = ").push_bind(session.to_owned());
        if !filter.phases.is_empty() {
            query.push(" and phase in (");
            let mut list = query.separated(", ");
            for phase in &filter.phases {
                list.push_bind(phase.name());
            }
            query.push(")");
        }
        if let Some(after) = filter.after {
            query.push(" and created_ns > ").push_bind(rows::nanoseconds(after));
        }
        query.push(" order by created_ns");
        if let Some(last) = filter.last {
            query.push(" desc limit ").push_bind(i64::from(last));
        }
        query.build().fetch_all(&self.readers).await?.iter().map(from_row).collect()
    }

    /// Jobs that wait for a worker or were with one, oldest first, with how often a worker took each.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn unfinished_jobs(&self) -> Result<Vec<(JobId, u32)>> {
        let sql = "select id, attempts from job where phase in ('QUEUED', 'EXECUTING') order by created_ns";
        let jobs: Vec<(String, u32)> = sqlx::query_as(sql).fetch_all(&self.readers).await?;
        Ok(jobs.iter().filter_map(|(id, attempts)| Some((JobId::parse(id)?, *attempts))).collect())
    }

    /// Takes a job back from its worker, as if none had taken it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn give_back_job(&self, id: &JobId) -> Result<()> {
        let sql =
            "update job set phase = 'QUEUED', attempts = attempts - 1 where id = ? and phase = 'EXECUTING'";
        sqlx::query(sql).bind(id.as_str()).execute(&self.writer).await?;
        Ok(())
    }

    /// Jobs whose time of destruction has come.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn expired_jobs(&self, now: DateTime<Utc>) -> Result<Vec<JobId>> {
        let query = sqlx::query_scalar("select id from job where destruction_ns <= ?");
        let ids: Vec<String> = query.bind(rows::nanoseconds(now)).fetch_all(&self.readers).await?;
        Ok(ids.iter().filter_map(|id| JobId::parse(id)).collect())
    }

    /// How many jobs there are.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn count_jobs(&self) -> Result<u64> {
        rows::unsigned(
            sqlx::query_scalar("select count(*) from job").fetch_one(&self.readers).await?,
            "count",
        )
    }

    /// Moves a job from one of `from` to `to`, notes the time, and counts when a worker takes it; `false` when it was in none
    /// of them.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn move_job(
        &self,
        id: &JobId,
        from: &[JobPhase],
        to: JobPhase,
        failure: Option<&JobFailure>,
    ) -> Result<bool> {
        let now = rows::nanoseconds(self.clock.utc());
        let ended = (!to.is_active()).then_some(now);
        let started = (to == JobPhase::Executing).then_some(now);
        let mut query = QueryBuilder::<Sqlite>::new("update job set phase = ");
        query.push_bind(to.name());
        query.push(", ended_ns = ").push_bind(ended);
        query.push(", started_ns = coalesce(").push_bind(started).push(", started_ns)");
        if to == JobPhase::Executing {
            query.push(", attempts = attempts + 1");
        }
        query.push(", error = ").push_bind(failure.map(|failure| failure.message.clone()));
        query.push(", error_is_transient = ");
        query.push_bind(i64::from(failure.is_some_and(|failure| failure.is_transient)));
        query.push(" where id = ").push_bind(id.as_str().to_owned()).push(" and phase in (");
        let mut list = query.separated(", ");
        for phase in from {
            list.push_bind(phase.name());
        }
        query.push(")");
        Ok(query.build().execute(&self.writer).await?.rows_affected() > 0)
    }

    /// Gives a pending job other parameters; `false` when it is not pending any more.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_job_parameters(
        &self,
        id: &JobId,
        run_id: Option<&str>,
        parameters: &[(String, String)],
    ) -> Result<bool> {
        let sql = "update job set parameters = ?, run_id = ? where id = ? and phase = 'PENDING'";
        let query = sqlx::query(sql).bind(json(parameters)).bind(run_id).bind(id.as_str());
        Ok(query.execute(&self.writer).await?.rows_affected() > 0)
    }

    /// Sets how long a job may run and when it is forgotten.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_job_limits(
        &self,
        id: &JobId,
        execution_s: u64,
        destruction_at: DateTime<Utc>,
    ) -> Result<()> {
        let sql = "update job set execution_s = ?, destruction_ns = ? where id = ?";
        let seconds = i64::try_from(execution_s).unwrap_or(i64::MAX);
        let query = sqlx::query(sql).bind(seconds).bind(rows::nanoseconds(destruction_at)).bind(id.as_str());
        query.execute(&self.writer).await?;
        Ok(())
    }

    /// Forgets a job and its results; `false` when there was none.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn remove_job(&self, id: &JobId) -> Result<bool> {
        let removed = sqlx::query("delete from job where id = ?").bind(id.as_str()).execute(&self.writer);
        Ok(removed.await?.rows_affected() > 0)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::catalogue::tests::{clock, empty};

    pub(in crate::catalogue) fn job(session: &str, minutes: i64) -> Job {
        let created_at = clock().utc() + TimeDelta::minutes(minutes);
        Job {
            id: JobId::random(),
            service: "soda".to_owned(),
            session: session.to_owned(),
            phase: JobPhase::Pending,
            run_id: Some("run".to_owned()),
            created_at,
            started_at: None,
            ended_at: None,
            execution_s: 600,
            destruction_at: created_at + TimeDelta::days(7),
            parameters: vec![("ID".to_owned(), "a & b".to_owned()), ("id".to_owned(), "c".to_owned())],
            failure: None,
        }
    }

    #[tokio::test]
    async fn a_job_comes_back_as_it_went_and_moves_only_where_it_may() {
        let (_folder, catalogue) = empty().await;
        let mut job = job("s", 0);
        catalogue.add_job(&job).await.unwrap();
        assert_eq!(catalogue.job(&job.id).await.unwrap().as_ref(), Some(&job));
        let (pending, queued) = (JobPhase::Pending, JobPhase::Queued);
        assert!(catalogue.move_job(&job.id, &[pending], queued, None).await.unwrap());
        assert!(!catalogue.move_job(&job.id, &[pending], queued, None).await.unwrap());
        assert!(!catalogue.set_job_parameters(&job.id, None, &[]).await.unwrap(), "it is not pending");
        let executing = JobPhase::Executing;
        for attempts in [0, 1] {
            assert_eq!(catalogue.unfinished_jobs().await.unwrap(), [(job.id.clone(), attempts)]);
            assert!(catalogue.move_job(&job.id, &[queued, executing], executing, None).await.unwrap());
        }
        catalogue.give_back_job(&job.id).await.unwrap();
        catalogue.give_back_job(&job.id).await.unwrap();
        assert_eq!(catalogue.unfinished_jobs().await.unwrap(), [(job.id.clone(), 1)], "it was back already");
        assert!(catalogue.move_job(&job.id, &[queued], executing, None).await.unwrap());
        let failure = JobFailure { message: "Error: x".to_owned(), is_transient: true };
        assert!(
            catalogue
                .move_job(&job.id, &[JobPhase::Executing], JobPhase::Error, Some(&failure))
                .await
                .unwrap()
        );
        (job.phase, job.failure) = (JobPhase::Error, Some(failure));
        (job.started_at, job.ended_at) = (Some(clock().utc()), Some(clock().utc()));
        assert_eq!(catalogue.job(&job.id).await.unwrap(), Some(job.clone()));
        assert!(catalogue.remove_job(&job.id).await.unwrap());
        assert!(!catalogue.remove_job(&job.id).await.unwrap());
    }

    #[tokio::test]
    async fn jobs_are_listed_by_session_phase_and_time() {
        let (_folder, catalogue) = empty().await;
        let jobs = [job("s", 0), job("s", 1), job("s", 2), job("other", 3)];
        for job in &jobs {
            catalogue.add_job(job).await.unwrap();
        }
        catalogue.move_job(&jobs[1].id, &[JobPhase::Pending], JobPhase::Aborted, None).await.unwrap();
        let listed = async |filter: JobFilter| -> Vec<usize> {
            let found = catalogue.jobs("s", &filter).await.unwrap();
            found.iter().map(|one| jobs.iter().position(|job| job.id == one.id).unwrap()).collect()
        };
        let all = || JobFilter { service: "soda".to_owned(), ..JobFilter::default() };
        assert_eq!(listed(all()).await, [0, 1, 2]);
        assert!(listed(JobFilter { service: "other".to_owned(), ..all() }).await.is_empty());
        let phases = vec![JobPhase::Aborted, JobPhase::Error];
        assert_eq!(listed(JobFilter { phases, ..all() }).await, [1]);
        let after = Some(jobs[0].created_at);
        assert_eq!(listed(JobFilter { after, ..all() }).await, [1, 2]);
        assert_eq!(listed(JobFilter { last: Some(2), ..all() }).await, [2, 1]);
        assert_eq!(catalogue.expired_jobs(jobs[1].destruction_at).await.unwrap().len(), 2);
    }
}
