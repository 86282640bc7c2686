//! Work that clients leave here and come back for: a bounded queue, a fixed number of workers, results on disk.
//!
//! What a job does is a [`Task`] of a dialect; this room gives it a worker, a time limit and room for its results,
//! keeps every step in the catalogue, and forgets it when its time has come. A job that was with a worker when the
//! service died is run again, alone and a few times at most: it may have been what the service died of.

mod config;
mod queue;
mod result_file;
mod scratch;
mod task;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::config::JobsConfig;
use self::queue::Waiting;
pub use self::result_file::ResultFile;
use self::scratch::Scratch;
pub use self::scratch::ScratchFull;
pub use self::task::{Outbox, OutboxError, Task};
use crate::catalogue::{Catalogue, CatalogueError, Job, JobFailure, JobFilter, JobId, JobPhase, JobResult};
use crate::clock::Clock;
use crate::error::{Classified, ErrorKind};

/// Why something cannot be done with a job.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// There is no such job.
    #[error("no such job")]
    Unknown,
    /// The job has no such result.
    #[error("no such result")]
    UnknownResult,
    /// Not in the phase the job is in.
    #[error("not possible while the job is {}", .0.name())]
    Phase(JobPhase),
    /// Every place in the queue, or for jobs at all, is taken.
    #[error("too many jobs, try again later")]
    Full,
    /// The catalogue could not be asked.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The directory for results cannot be used.
    #[error("the results cannot be kept")]
    Scratch(#[source] std::io::Error),
}

impl Classified for JobError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unknown | Self::UnknownResult => ErrorKind::NotFound,
            Self::Phase(_) => ErrorKind::InvalidInput,
            Self::Full => ErrorKind::Busy,
            Self::Catalogue(error) => error.kind(),
            Self::Scratch(_) => ErrorKind::Internal,
        }
    }
}

/// A job to be.
#[derive(Clone, Debug, Default)]
pub struct NewJob {
    /// Which service runs it, in that service's own words.
    pub service: String,
    /// The session or the user it may be listed for; empty for none.
    pub session: String,
    /// The client's own name for the run.
    pub run_id: Option<String>,
    /// Names and values.
    pub parameters: Vec<(String, String)>,
    /// Seconds it may run, if the client says so.
    pub execution_s: Option<u64>,
    /// When it is to be forgotten, if the client says so.
    pub destruction_at: Option<DateTime<Utc>>,
}

/// How much of the room for jobs is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobsLoad {
    /// Jobs that wait for a worker.
    pub queued: usize,
    /// Jobs that may.
    pub places: usize,
    /// Jobs kept, of any phase.
    pub kept: u64,
    /// Jobs that may be.
    pub most_kept: u64,
    /// Bytes of results on disk.
    pub scratch_bytes: u64,
    /// Bytes there may be.
    pub most_scratch_bytes: u64,
}

/// The jobs of a service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Jobs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    catalogue: Arc<Catalogue>,
    clock: Arc<dyn Clock>,
    config: JobsConfig,
    scratch: Scratch,
    queue: mpsc::Sender<Waiting>,
    workers: TaskTracker,
    /// Those with a worker, and how to stop them.
    running: Mutex<HashMap<JobId, CancellationToken>>,
    /// Counts every change of any job, for those who wait for one.
    changes: watch::Sender<u64>,
}

impl Jobs {
    /// Takes up the jobs that were waiting or running when the service stopped, and starts the workers. They end
    /// with `stop`.
    ///
    /// # Errors
    /// When the directory below `work_dir` cannot be used or the catalogue not be read.
    pub async fn start(
        catalogue: Arc<Catalogue>,
        clock: Arc<dyn Clock>,
        config: JobsConfig,
        work_dir: &Path,
        task: Arc<dyn Task>,
        stop: CancellationToken,
    ) -> Result<Self, JobError> {
        let scratch =
            Scratch::open(work_dir.join("jobs"), config.scratch_mib << 20).map_err(JobError::Scratch)?;
        let (queue, waiting) = mpsc::channel(config.queued.max(1));
        let jobs = Self(Arc::new(Inner {
            catalogue,
            clock,
            config,
            scratch,
            queue,
            workers: TaskTracker::new(),
            running: Mutex::default(),
            changes: watch::Sender::new(0),
        }));
        jobs.take_up().await?;
        queue::start(&jobs, waiting, &task, &stop);
        tokio::spawn(queue::sweep(jobs.clone(), stop));
        Ok(jobs)
    }

    /// Queues what was unfinished again, removes what belongs to no job.
    async fn take_up(&self) -> Result<(), JobError> {
        let inner = &self.0;
        self.destroy_expired().await?;
        for name in inner.scratch.folders().map_err(JobError::Scratch)? {
            let held = match JobId::parse(&name) {
                Some(id) => inner.catalogue.job(&id).await?.is_some(),
                None => false,
            };
            if !held {
                inner.scratch.remove(&name);
            }
        }
        for (id, attempts) in inner.catalogue.unfinished_jobs().await? {
            inner.scratch.remove(id.as_str());
            inner.catalogue.drop_job_results(&id).await?;
            let unfinished = [JobPhase::Queued, JobPhase::Executing];
            let failure = if attempts >= inner.config.attempts {
                tracing::error!(job = %id, attempts, "job given up: the service ended whenever it was run");
                let message = format!("Error: the service failed {attempts} times while it ran this job");
                JobFailure { message, is_transient: false }
            } else if let Ok(place) = inner.queue.try_reserve() {
                inner.catalogue.move_job(&id, &unfinished, JobPhase::Queued, None).await?;
                place.send(Waiting { id, is_suspect: attempts > 0 });
                continue;
            } else {
                let message =
                    "ServiceUnavailable: the service was restarted and its queue is full".to_owned();
                JobFailure { message, is_transient: true }
            };
            inner.catalogue.move_job(&id, &unfinished, JobPhase::Error, Some(&failure)).await?;
        }
        Ok(())
    }

    /// Waits until the workers have ended, which they do with the service.
    pub async fn ended(&self) {
        self.0.workers.wait().await;
    }

    /// Creates a job that waits for its client to start it.
    ///
    /// # Errors
    /// [`JobError::Full`] when there are as many as there may be.
    pub async fn create(&self, new: NewJob) -> Result<Job, JobError> {
        let inner = &self.0;
        if inner.catalogue.count_jobs().await? >= inner.config.most_jobs {
            return Err(JobError::Full);
        }
        let created_at = inner.clock.utc();
        let usual = created_at + days(inner.config.keep_days);
        let job = Job {
            id: JobId::random(),
            service: new.service,
            session: new.session,
            phase: JobPhase::Pending,
            run_id: new.run_id,
            created_at,
            started_at: None,
            ended_at: None,
            execution_s: self.allowed_seconds(new.execution_s.unwrap_or(inner.config.usual_seconds)),
            destruction_at: self.allowed_destruction(new.destruction_at.unwrap_or(usual)),
            parameters: new.parameters,
            failure: None,
        };
        inner.catalogue.add_job(&job).await?;
        Ok(job)
    }

    /// The job of this name.
    ///
    /// # Errors
    /// [`JobError::Unknown`], also when its time has come.
    pub async fn job(&self, id: &JobId) -> Result<Job, JobError> {
        let job = self.0.catalogue.job(id).await?.ok_or(JobError::Unknown)?;
        if job.destruction_at <= self.0.clock.utc() {
            self.destroy(id).await?;
            return Err(JobError::Unknown);
        }
        Ok(job)
    }

    /// The jobs of a session; none for the session without a name.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn list(&self, session: &str, filter: &JobFilter) -> Result<Vec<Job>, JobError> {
        if session.is_empty() {
            return Ok(Vec::new());
        }
        self.destroy_expired().await?;
        Ok(self.0.catalogue.jobs(session, filter).await?)
    }

    /// Puts a pending job into the queue. One that is there already, or further, is left alone.
    ///
    /// # Errors
    /// [`JobError::Full`] at once when the queue is; [`JobError::Phase`] for a job that has ended.
    pub async fn run(&self, id: &JobId) -> Result<(), JobError> {
        match self.job(id).await?.phase {
            JobPhase::Pending => {}
            JobPhase::Queued | JobPhase::Executing => return Ok(()),
            phase => return Err(JobError::Phase(phase)),
        }
        let place = self.0.queue.try_reserve().map_err(|_| JobError::Full)?;
        // Of two requests at the same time one moves it; the other has nothing left to do.
        if self.0.catalogue.move_job(id, &[JobPhase::Pending], JobPhase::Queued, None).await? {
            place.send(Waiting { id: id.clone(), is_suspect: false });
            self.changed();
        }
        Ok(())
    }

    /// Ends a pending job that cannot run.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn fail(&self, id: &JobId, failure: &JobFailure) -> Result<(), JobError> {
        self.0.catalogue.move_job(id, &[JobPhase::Pending], JobPhase::Error, Some(failure)).await?;
        self.changed();
        Ok(())
    }

    /// Stops a job; one that has ended is left alone.
    ///
    /// # Errors
    /// [`JobError::Unknown`], or when the catalogue cannot be written.
    pub async fn abort(&self, id: &JobId) -> Result<(), JobError> {
        self.job(id).await?;
        let active = [JobPhase::Pending, JobPhase::Queued, JobPhase::Executing];
        if self.0.catalogue.move_job(id, &active, JobPhase::Aborted, None).await? {
            self.stop(id);
            self.changed();
        }
        Ok(())
    }

    /// Gives a pending job other parameters.
    ///
    /// # Errors
    /// [`JobError::Phase`] when it is not pending any more.
    pub async fn set_parameters(
        &self,
        id: &JobId,
        run_id: Option<&str>,
        parameters: &[(String, String)],
    ) -> Result<(), JobError> {
        if self.0.catalogue.set_job_parameters(id, run_id, parameters).await? {
            return Ok(());
        }
        Err(JobError::Phase(self.job(id).await?.phase))
    }

    /// Sets how long a job may run, brought into the limits.
    ///
    /// # Errors
    /// [`JobError::Phase`] when it has ended or runs.
    pub async fn set_execution(&self, id: &JobId, seconds: u64) -> Result<(), JobError> {
        let job = self.job(id).await?;
        if !matches!(job.phase, JobPhase::Pending | JobPhase::Queued) {
            return Err(JobError::Phase(job.phase));
        }
        let seconds = self.allowed_seconds(seconds);
        Ok(self.0.catalogue.set_job_limits(id, seconds, job.destruction_at).await?)
    }

    /// Sets when a job is forgotten, brought into the limits.
    ///
    /// # Errors
    /// [`JobError::Unknown`], or when the catalogue cannot be written.
    pub async fn set_destruction(&self, id: &JobId, at: DateTime<Utc>) -> Result<(), JobError> {
        let job = self.job(id).await?;
        let at = self.allowed_destruction(at);
        Ok(self.0.catalogue.set_job_limits(id, job.execution_s, at).await?)
    }

    /// Stops a job, removes its results and forgets it.
    ///
    /// # Errors
    /// [`JobError::Unknown`], or when the catalogue cannot be written.
    pub async fn destroy(&self, id: &JobId) -> Result<(), JobError> {
        self.stop(id);
        let removed = self.0.catalogue.remove_job(id).await?;
        self.0.scratch.remove(id.as_str());
        self.changed();
        if removed { Ok(()) } else { Err(JobError::Unknown) }
    }

    async fn destroy_expired(&self) -> Result<(), JobError> {
        for id in self.0.catalogue.expired_jobs(self.0.clock.utc()).await? {
            match self.destroy(&id).await {
                Err(JobError::Unknown) | Ok(()) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The results of a job in order.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn results(&self, id: &JobId) -> Result<Vec<JobResult>, JobError> {
        Ok(self.0.catalogue.job_results(id).await?)
    }

    /// One result and its file.
    ///
    /// # Errors
    /// [`JobError::UnknownResult`] when there is none of this number.
    pub async fn result(&self, id: &JobId, number: u32) -> Result<(JobResult, ResultFile), JobError> {
        let results = self.results(id).await?;
        let result = results.into_iter().find(|result| result.number == number);
        let result = result.ok_or(JobError::UnknownResult)?;
        let file = ResultFile::open(self.0.scratch.path(id.as_str(), number)).await;
        match file {
            Ok(file) => Ok((result, file)),
            // Its job was destroyed a moment ago.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(JobError::UnknownResult),
            Err(error) => Err(JobError::Scratch(error)),
        }
    }

    /// The job as soon as it is in another phase than `seen`, or after `most`, or at once when it has ended.
    ///
    /// # Errors
    /// [`JobError::Unknown`]
    pub async fn wait(&self, id: &JobId, seen: Option<JobPhase>, most: Duration) -> Result<Job, JobError> {
        let mut changes = self.0.changes.subscribe();
        let job = self.job(id).await?;
        let seen = seen.unwrap_or(job.phase);
        let wait = async {
            let mut job = job;
            while job.phase == seen && job.phase.is_active() {
                // The sender lives as long as we do.
                let _ = changes.changed().await;
                job = self.job(id).await?;
            }
            Ok(job)
        };
        match tokio::time::timeout(most, wait).await {
            Ok(job) => job,
            Err(_) => self.job(id).await,
        }
    }

    /// Bytes of results on disk.
    pub fn scratch_bytes(&self) -> u64 {
        self.0.scratch.used()
    }

    /// How much of its room is taken.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn load(&self) -> Result<JobsLoad, JobError> {
        let inner = &self.0;
        let places = inner.queue.max_capacity();
        Ok(JobsLoad {
            queued: places - inner.queue.capacity(),
            places,
            kept: inner.catalogue.count_jobs().await?,
            most_kept: inner.config.most_jobs,
            scratch_bytes: self.scratch_bytes(),
            most_scratch_bytes: inner.scratch.most(),
        })
    }

    /// The longest a client may wait for a change.
    pub fn longest_wait(&self) -> Duration {
        Duration::from_secs(self.0.config.wait_seconds)
    }

    /// 0 asks for no limit of its own: it gets ours.
    fn allowed_seconds(&self, asked: u64) -> u64 {
        let most = self.0.config.most_seconds;
        if asked == 0 { most } else { asked.min(most) }
    }

    fn allowed_destruction(&self, asked: DateTime<Utc>) -> DateTime<Utc> {
        asked.min(self.0.clock.utc() + days(self.0.config.most_keep_days))
    }

    fn stop(&self, id: &JobId) {
        let running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = running.get(id) {
            token.cancel();
        }
    }

    fn changed(&self) {
        self.0.changes.send_modify(|count| *count = count.wrapping_add(1));
    }
}

fn days(count: u32) -> TimeDelta {
    TimeDelta::days(i64::from(count))
}
