//! The workers, and what forgets jobs whose time has come.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use super::task::{Outbox, Task};
use super::{JobError, Jobs};
use crate::catalogue::{JobFailure, JobId, JobPhase};
use crate::error::chain;

/// How often jobs whose time has come are looked for; a request for one finds out at once.
const SWEEP: Duration = Duration::from_mins(1);

/// Starts the workers.
pub(super) fn start(
    jobs: &Jobs,
    waiting: mpsc::Receiver<JobId>,
    task: &Arc<dyn Task>,
    stop: &CancellationToken,
) {
    let waiting = Arc::new(Mutex::new(waiting));
    for _ in 0..jobs.0.config.workers.max(1) {
        let (jobs, waiting, task, stop) =
            (jobs.clone(), Arc::clone(&waiting), Arc::clone(task), stop.clone());
        tokio::spawn(async move {
            loop {
                let next = async { waiting.lock().await.recv().await };
                let id = tokio::select! {
                    () = stop.cancelled() => break,
                    id = next => id,
                };
                let Some(id) = id else { break };
                if let Err(error) = work(&jobs, &id, &*task, &stop).await {
                    tracing::error!(job = %id, error = %chain(&error), "job lost");
                }
                jobs.changed();
            }
        });
    }
}

/// Runs one job to its end; leaves it as it is when the service stops, to be run again by the next.
async fn work(jobs: &Jobs, id: &JobId, task: &dyn Task, stop: &CancellationToken) -> Result<(), JobError> {
    let inner = &jobs.0;
    let token = CancellationToken::new();
    inner.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), token.clone());
    let ended = run(jobs, id, task, stop, &token).await;
    inner.running.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    ended
}

async fn run(
    jobs: &Jobs,
    id: &JobId,
    task: &dyn Task,
    stop: &CancellationToken,
    token: &CancellationToken,
) -> Result<(), JobError> {
    let catalogue = &jobs.0.catalogue;
    // Aborted or destroyed while it waited.
    if !catalogue.move_job(id, &[JobPhase::Queued], JobPhase::Executing, None).await? {
        return Ok(());
    }
    jobs.changed();
    let job = jobs.job(id).await?;
    let limit = Duration::from_secs(job.execution_s);
    let outbox = Outbox { jobs: jobs.clone(), job: id.clone() };
    let executing = [JobPhase::Executing];
    let done = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        () = token.cancelled() => {
            // What was written after the results were removed belongs to nobody.
            if catalogue.job(id).await?.is_none() {
                jobs.0.scratch.remove(id.as_str());
            }
            return Ok(());
        }
        done = tokio::time::timeout(limit, unbroken(task.perform(job, outbox))) => done,
    };
    match done {
        Ok(Ok(())) => catalogue.move_job(id, &executing, JobPhase::Completed, None).await?,
        Ok(Err(failure)) => fail(jobs, id, &failure).await?,
        Err(_) => catalogue.move_job(id, &executing, JobPhase::Aborted, None).await?,
    };
    Ok(())
}

/// A task that panics has failed; its worker lives on.
async fn unbroken(work: BoxFuture<'_, Result<(), JobFailure>>) -> Result<(), JobFailure> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
        Err(JobFailure { message: "Error: internal error".to_owned(), is_transient: false })
    })
}

/// A job that failed has no results.
async fn fail(jobs: &Jobs, id: &JobId, failure: &JobFailure) -> Result<bool, JobError> {
    jobs.0.catalogue.drop_job_results(id).await?;
    jobs.0.scratch.remove(id.as_str());
    Ok(jobs.0.catalogue.move_job(id, &[JobPhase::Executing], JobPhase::Error, Some(failure)).await?)
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
