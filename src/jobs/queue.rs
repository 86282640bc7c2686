//! The workers, and what forgets jobs whose time has come.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::task::{Outbox, Task};
use super::{JobError, Jobs};
use crate::catalogue::{CatalogueError, Job, JobFailure, JobId, JobPhase};
use crate::error::chain;

/// How often jobs whose time has come are looked for; a request for one finds out at once.
const SWEEP: Duration = Duration::from_mins(1);
/// Time before a step the catalogue did not take is tried again; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A job in the queue.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) id: JobId,
    /// It was with a worker when the service died: it runs alone, so that no other is blamed if that happens again.
    pub(super) is_suspect: bool,
}

/// What the workers have in common.
struct Workshop {
    jobs: Jobs,
    waiting: Mutex<mpsc::Receiver<Waiting>>,
    /// A place for each worker; a suspect takes all of them.
    places: Semaphore,
    workers: usize,
    task: Arc<dyn Task>,
    stop: CancellationToken,
}

/// How a job ended.
#[derive(Debug)]
enum Ending {
    Completed,
    TooLong,
    Failed(JobFailure),
}

/// Starts the workers.
pub(super) fn start(
    jobs: &Jobs,
    waiting: mpsc::Receiver<Waiting>,
    task: &Arc<dyn Task>,
    stop: &CancellationToken,
) {
    let workers = jobs.0.config.workers.max(1);
    let workshop = Arc::new(Workshop {
        jobs: jobs.clone(),
        waiting: Mutex::new(waiting),
        places: Semaphore::new(workers),
        workers,
        task: Arc::clone(task),
        stop: stop.clone(),
    });
    for _ in 0..workers {
        let workshop = Arc::clone(&workshop);
        jobs.0.workers.spawn(async move {
            while let Some(waiting) = workshop.next().await {
                workshop.work(&waiting).await;
                workshop.jobs.changed();
            }
        });
    }
    jobs.0.workers.close();
}

impl Workshop {
    /// The next job; none when the service stops.
    async fn next(&self) -> Option<Waiting> {
        let next = async { self.waiting.lock().await.recv().await };
        tokio::select! {
            () = self.stop.cancelled() => None,
            waiting = next => waiting,
        }
    }

    /// Runs one job to its end; leaves it queued when the service stops, to be run by the next.
    async fn work(&self, waiting: &Waiting) {
        let places = if waiting.is_suspect { self.workers } else { 1 };
        let places = self.places.acquire_many(u32::try_from(places).unwrap_or(u32::MAX));
        let _place = tokio::select! {
            () = self.stop.cancelled() => return,
            place = places => place,
        };
        let (inner, token) = (&self.jobs.0, CancellationToken::new());
        let running = || inner.running.lock().unwrap_or_else(PoisonError::into_inner);
        running().insert(waiting.id.clone(), token.clone());
        self.run(&waiting.id, &token).await;
        running().remove(&waiting.id);
    }

    /// Every step is tried until the catalogue takes it: what became of a job is not lost because a disk was full.
    async fn run(&self, id: &JobId, token: &CancellationToken) -> Option<()> {
        let catalogue = &self.jobs.0.catalogue;
        let take = || catalogue.move_job(id, &[JobPhase::Queued], JobPhase::Executing, None);
        // Aborted or destroyed while it waited.
        if !self.insist(id, take).await? {
            return None;
        }
        self.jobs.changed();
        let ending = match self.insist(id, || self.job(id)).await?? {
            Ok(job) => self.perform(job, token).await?,
            Err(failure) => Ending::Failed(failure),
        };
        self.insist(id, || self.settle(id, &ending)).await?;
        Some(())
    }

    /// The job, or why its row cannot be used; `None` when it is gone.
    async fn job(&self, id: &JobId) -> Result<Option<Result<Job, JobFailure>>, JobError> {
        match self.jobs.job(id).await {
            Ok(job) => Ok(Some(Ok(job))),
            Err(JobError::Unknown) => Ok(None),
            Err(JobError::Catalogue(CatalogueError::Unexpected(what))) => {
                tracing::error!(job = %id, what, "the row of a job cannot be read");
                Ok(Some(Err(internal_error())))
            }
            Err(error) => Err(error),
        }
    }

    /// Does what the job is for; `None` when it was stopped before it ended.
    async fn perform(&self, job: Job, token: &CancellationToken) -> Option<Ending> {
        let (id, limit) = (job.id.clone(), Duration::from_secs(job.execution_s));
        let outbox = Outbox { jobs: self.jobs.clone(), job: id.clone() };
        let done = tokio::select! {
            () = self.stop.cancelled() => {
                if let Err(error) = self.jobs.0.catalogue.give_back_job(&id).await {
                    tracing::warn!(job = %id, error = %chain(&error), "job not given back; the next start takes it up");
                }
                return None;
            }
            () = token.cancelled() => {
                // What was written after the results were removed belongs to nobody.
                if self.insist(&id, || self.job(&id)).await?.is_none() {
                    self.jobs.0.scratch.remove(id.as_str());
                }
                return None;
            }
            done = tokio::time::timeout(limit, unbroken(self.task.perform(job, outbox))) => done,
        };
        Some(match done {
            Ok(Ok(())) => Ending::Completed,
            Ok(Err(failure)) => Ending::Failed(failure),
            Err(_) => Ending::TooLong,
        })
    }

    /// Notes how a job ended. One that failed has no results.
    async fn settle(&self, id: &JobId, ending: &Ending) -> Result<(), JobError> {
        let inner = &self.jobs.0;
        let (phase, failure) = match ending {
            Ending::Completed => (JobPhase::Completed, None),
            Ending::TooLong => (JobPhase::Aborted, None),
            Ending::Failed(failure) => (JobPhase::Error, Some(failure)),
        };
        if failure.is_some() {
            inner.catalogue.drop_job_results(id).await?;
            inner.scratch.remove(id.as_str());
        }
        inner.catalogue.move_job(id, &[JobPhase::Executing], phase, failure).await?;
        Ok(())
    }

    /// Tries a step until it succeeds; `None` when the service stops first: the next start takes the job up again.
    async fn insist<T, E, F>(&self, id: &JobId, step: impl Fn() -> F) -> Option<T>
    where
        E: std::error::Error + 'static,
        F: Future<Output = Result<T, E>>,
    {
        let mut pause = FIRST_PAUSE;
        loop {
            match step().await {
                Ok(done) => return Some(done),
                Err(error) => {
                    tracing::error!(job = %id, error = %chain(&error), "what became of a job cannot be kept yet");
                }
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            }
        }
    }
}

/// A task that panics has failed; its worker lives on.
async fn unbroken(work: BoxFuture<'_, Result<(), JobFailure>>) -> Result<(), JobFailure> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(internal_error()))
}

fn internal_error() -> JobFailure {
    JobFailure { message: "Error: internal error".to_owned(), is_transient: false }
}

/// Forgets jobs whose time has come, now and then.
pub(super) async fn sweep(jobs: Jobs, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(SWEEP) => {}
        }
        if let Err(error) = jobs.destroy_expired().await {
            tracing::warn!(error = %chain(&error), "old jobs cannot be removed");
        }
    }
}
