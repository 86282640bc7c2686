//! Jobs with a task that does as it is told.

use bytes::Bytes;
use chrono::TimeZone;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tempfile::TempDir;
use tokio::sync::Semaphore;

use super::*;
use crate::catalogue::Role;
use crate::catalogue::tests::refuse_ends_of_jobs;
use crate::clock::FixedClock;

/// Fails, panics, waits for a permit, writes without end, or makes one result, by the first parameter.
#[derive(Debug)]
struct Obedient {
    permits: Arc<Semaphore>,
}

impl Obedient {
    /// A result that gets a byte further whenever it is asked for more.
    async fn dawdle(&self, outbox: &Outbox) -> Result<(), OutboxError> {
        let (media_type, description) = ("text/plain".to_owned(), String::new());
        let result = JobResult { number: 1, bytes: 1 << 19, media_type, description };
        let permits = Arc::clone(&self.permits);
        let part = move |_, _| {
            permits.add_permits(1);
            std::thread::yield_now();
            Ok::<_, OutboxError>(Bytes::from_static(b"x"))
        };
        outbox.put(result, part).await
    }
}

impl Task for Obedient {
    fn perform(&self, job: Job, outbox: Outbox) -> BoxFuture<'_, Result<(), JobFailure>> {
        async move {
            let failed = |message: String| JobFailure { message, is_transient: false };
            match job.parameters.first().map(|(name, _)| name.as_str()) {
                Some("fail") => return Err(failed("Error: told to".to_owned())),
                Some("panic") => panic!("told to"),
                Some("dawdle") => {
                    return self.dawdle(&outbox).await.map_err(|error| failed(error.to_string()));
                }
                Some("wait") => self.permits.acquire().await.unwrap().forget(),
                _ => {}
            }
            let result = JobResult {
                number: 1,
                bytes: 1000,
                media_type: "text/plain".to_owned(),
                description: String::new(),
            };
            let part = |offset: u64, _| Ok::<_, OutboxError>(Bytes::from(vec![b'x'; 1000 - offset as usize]));
            outbox.put(result, part).await.map_err(|error| failed(error.to_string()))
        }
        .boxed()
    }
}

struct Bench {
    folder: Arc<TempDir>,
    clock: Arc<FixedClock>,
    permits: Arc<Semaphore>,
    stop: CancellationToken,
    catalogue: Arc<Catalogue>,
    jobs: Jobs,
}

impl Bench {
    async fn new(config: JobsConfig) -> Self {
        Self::over(Arc::new(TempDir::new().unwrap()), config).await
    }

    async fn over(folder: Arc<TempDir>, config: JobsConfig) -> Self {
        let clock = FixedClock::at(Utc.with_ymd_and_hms(2026, 1, 31, 22, 0, 0).unwrap());
        let url = format!("sqlite://{}/trifocal.db", folder.path().display());
        let catalogue =
            Catalogue::open(&url, Role::Service, Arc::clone(&clock) as Arc<dyn Clock>).await.unwrap();
        let (permits, stop) = (Arc::new(Semaphore::new(0)), CancellationToken::new());
        let task = Arc::new(Obedient { permits: Arc::clone(&permits) });
        let clock_of_jobs = Arc::clone(&clock) as Arc<dyn Clock>;
        let jobs =
            Jobs::start(Arc::clone(&catalogue), clock_of_jobs, config, folder.path(), task, stop.clone());
        let jobs = jobs.await.unwrap();
        Self { folder, clock, permits, stop, catalogue, jobs }
    }

    async fn create(&self, what: &str) -> JobId {
        let parameters = vec![(what.to_owned(), String::new())];
        let new = NewJob { session: "s".to_owned(), parameters, ..NewJob::default() };
        self.jobs.create(new).await.unwrap().id
    }

    async fn started(&self, what: &str) -> JobId {
        let id = self.create(what).await;
        self.jobs.run(&id).await.unwrap();
        id
    }

    /// Marks a pending job as taken by a worker so often, as a process that died leaves it.
    async fn taken(&self, id: &JobId, attempts: u32) {
        let (active, executing) = ([JobPhase::Pending, JobPhase::Executing], JobPhase::Executing);
        for _ in 0..attempts {
            assert!(self.catalogue.move_job(id, &active, executing, None).await.unwrap());
        }
    }

    /// Stops, and starts again over the same folder.
    async fn restarted(self, config: JobsConfig) -> Self {
        let folder = Arc::clone(&self.folder);
        self.stop.cancel();
        self.jobs.ended().await;
        self.catalogue.close().await;
        drop(self);
        Self::over(folder, config).await
    }

    /// Waits until the job is in this phase.
    async fn reaches(&self, id: &JobId, phase: JobPhase) -> Job {
        let patience = Duration::from_secs(20);
        let mut job = self.jobs.job(id).await.unwrap();
        while job.phase != phase {
            assert!(job.phase.is_active(), "{id} is {:?}, not {phase:?}", job.phase);
            job = self.jobs.wait(id, Some(job.phase), patience).await.unwrap();
        }
        job
    }
}

fn small() -> JobsConfig {
    JobsConfig { workers: 1, queued: 1, ..JobsConfig::default() }
}

#[tokio::test]
async fn a_job_waits_runs_and_has_results() {
    let bench = Bench::new(small()).await;
    let id = bench.create("make").await;
    assert_eq!(bench.jobs.job(&id).await.unwrap().phase, JobPhase::Pending);
    bench.jobs.set_parameters(&id, Some("mine"), &[("make".to_owned(), "2".to_owned())]).await.unwrap();
    bench.jobs.run(&id).await.unwrap();
    let job = bench.reaches(&id, JobPhase::Completed).await;
    assert!(job.started_at.is_some() && job.ended_at.is_some());
    let (result, file) = bench.jobs.result(&id, 1).await.unwrap();
    assert_eq!((result.bytes, file.clone().read(0..1000).await.unwrap().len()), (1000, 1000));
    assert!(file.read(0..1001).await.is_err(), "there is no more of it");
    assert!(matches!(bench.jobs.result(&id, 2).await, Err(JobError::UnknownResult)));
    assert!(matches!(bench.jobs.run(&id).await, Err(JobError::Phase(JobPhase::Completed))));
    assert!(matches!(bench.jobs.set_parameters(&id, None, &[]).await, Err(JobError::Phase(_))));
    bench.jobs.abort(&id).await.unwrap();
    assert_eq!(bench.jobs.job(&id).await.unwrap().phase, JobPhase::Completed, "aborting it changes nothing");
}

#[tokio::test]
async fn a_failed_job_says_why_and_leaves_nothing() {
    let bench = Bench::new(small()).await;
    let id = bench.started("fail").await;
    let job = bench.reaches(&id, JobPhase::Error).await;
    assert_eq!(job.failure.unwrap().message, "Error: told to");
    assert_eq!(bench.jobs.scratch_bytes(), 0);
}

#[tokio::test]
async fn a_full_queue_refuses_and_leaves_the_job_pending() {
    let bench = Bench::new(small()).await;
    let first = bench.started("wait").await;
    bench.reaches(&first, JobPhase::Executing).await;
    let second = bench.started("wait").await;
    let third = bench.create("wait").await;
    assert!(matches!(bench.jobs.run(&third).await, Err(JobError::Full)));
    assert_eq!(bench.jobs.job(&third).await.unwrap().phase, JobPhase::Pending);
    bench.permits.add_permits(2);
    bench.reaches(&second, JobPhase::Completed).await;
    bench.jobs.run(&third).await.unwrap();
    bench.jobs.run(&third).await.unwrap();
}

#[tokio::test]
async fn the_number_of_jobs_is_bounded() {
    let bench = Bench::new(JobsConfig { most_jobs: 1, ..small() }).await;
    bench.create("make").await;
    assert!(matches!(bench.jobs.create(NewJob::default()).await, Err(JobError::Full)));
}

#[tokio::test]
async fn an_aborted_job_frees_its_worker() {
    let bench = Bench::new(small()).await;
    let first = bench.started("wait").await;
    bench.reaches(&first, JobPhase::Executing).await;
    bench.jobs.abort(&first).await.unwrap();
    assert_eq!(bench.jobs.job(&first).await.unwrap().phase, JobPhase::Aborted);
    let second = bench.started("make").await;
    bench.reaches(&second, JobPhase::Completed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_stopped_while_it_writes_gives_its_room_back() {
    let bench = Bench::new(JobsConfig { scratch_mib: 1, ..small() }).await;
    for _ in 0..3 {
        let id = bench.started("dawdle").await;
        bench.permits.acquire().await.unwrap().forget();
        assert_eq!(bench.jobs.scratch_bytes(), 1 << 19);
        bench.jobs.abort(&id).await.unwrap();
        let given_back = async {
            while bench.jobs.scratch_bytes() > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), given_back).await.unwrap();
        let folder = bench.folder.path().join("jobs").join(id.as_str());
        assert_eq!(std::fs::read_dir(folder).map_or(0, Iterator::count), 0, "nor does it leave a file");
        bench.permits.forget_permits(usize::MAX);
    }
}

#[tokio::test]
async fn a_task_that_panics_fails_its_job_and_keeps_its_worker() {
    let bench = Bench::new(small()).await;
    let id = bench.started("panic").await;
    let job = bench.reaches(&id, JobPhase::Error).await;
    assert_eq!(job.failure.unwrap().message, "Error: internal error");
    let next = bench.started("make").await;
    bench.reaches(&next, JobPhase::Completed).await;
}

#[tokio::test]
async fn a_job_that_takes_too_long_is_aborted() {
    let bench = Bench::new(small()).await;
    let id = bench.create("wait").await;
    bench.jobs.set_execution(&id, 1).await.unwrap();
    bench.jobs.run(&id).await.unwrap();
    bench.reaches(&id, JobPhase::Aborted).await;
}

#[tokio::test]
async fn destruction_frees_room_and_name() {
    let bench = Bench::new(JobsConfig { scratch_mib: 1, ..small() }).await;
    let id = bench.started("make").await;
    bench.reaches(&id, JobPhase::Completed).await;
    let path = bench.jobs.0.scratch.path(id.as_str(), 1);
    assert!(path.exists());
    assert_eq!(bench.jobs.scratch_bytes(), 1000);
    bench.jobs.set_destruction(&id, bench.clock.utc() + TimeDelta::hours(1)).await.unwrap();
    bench.clock.advance(Duration::from_secs(3601));
    assert!(matches!(bench.jobs.job(&id).await, Err(JobError::Unknown)));
    assert_eq!((bench.jobs.scratch_bytes(), path.exists()), (0, false));
}

#[tokio::test]
async fn limits_are_adjusted_in_silence() {
    let bench = Bench::new(small()).await;
    let id = bench.create("make").await;
    bench.jobs.set_execution(&id, 0).await.unwrap();
    assert_eq!(bench.jobs.job(&id).await.unwrap().execution_s, 3600);
    bench.jobs.set_execution(&id, 1_000_000).await.unwrap();
    assert_eq!(bench.jobs.job(&id).await.unwrap().execution_s, 3600);
    bench.jobs.set_destruction(&id, bench.clock.utc() + TimeDelta::days(400)).await.unwrap();
    let job = bench.jobs.job(&id).await.unwrap();
    assert_eq!(job.destruction_at - bench.clock.utc(), TimeDelta::days(30));
}

#[tokio::test]
async fn what_ran_when_the_service_stopped_runs_again_however_often_it_stops() {
    let mut bench = Bench::new(small()).await;
    let running = bench.started("wait").await;
    for _ in 0..=small().attempts {
        bench.reaches(&running, JobPhase::Executing).await;
        std::fs::create_dir(bench.folder.path().join("jobs/stray")).unwrap();
        bench = bench.restarted(small()).await;
        assert!(!bench.folder.path().join("jobs/stray").exists());
    }
    bench.permits.add_permits(1);
    bench.reaches(&running, JobPhase::Completed).await;
}

#[tokio::test]
async fn what_ran_whenever_the_service_died_is_given_up() {
    let bench = Bench::new(small()).await;
    let (twice, thrice) = (bench.create("make").await, bench.create("make").await);
    bench.taken(&twice, 2).await;
    bench.taken(&thrice, 3).await;
    let bench = bench.restarted(JobsConfig { attempts: 3, ..small() }).await;
    let failure = bench.jobs.job(&thrice).await.unwrap().failure.unwrap();
    assert_eq!(failure.message, "Error: the service failed 3 times while it ran this job");
    assert!(!failure.is_transient);
    bench.reaches(&twice, JobPhase::Completed).await;
}

#[tokio::test]
async fn what_may_have_killed_the_service_runs_alone() {
    let config = JobsConfig { workers: 2, queued: 4, ..JobsConfig::default() };
    let bench = Bench::new(config).await;
    let suspect = bench.create("wait").await;
    bench.taken(&suspect, 1).await;
    let bench = bench.restarted(config).await;
    bench.reaches(&suspect, JobPhase::Executing).await;
    let other = bench.started("make").await;
    let a_while = Duration::from_millis(200);
    let waiting = bench.jobs.wait(&other, Some(JobPhase::Queued), a_while).await.unwrap();
    assert_eq!(waiting.phase, JobPhase::Queued);
    bench.permits.add_permits(1);
    bench.reaches(&suspect, JobPhase::Completed).await;
    bench.reaches(&other, JobPhase::Completed).await;
}

#[tokio::test]
async fn how_a_job_ended_is_kept_as_soon_as_the_catalogue_takes_it() {
    let bench = Bench::new(small()).await;
    for (what, phase) in [("make", JobPhase::Completed), ("fail", JobPhase::Error)] {
        refuse_ends_of_jobs(&bench.catalogue, true).await;
        let id = bench.started(what).await;
        bench.reaches(&id, JobPhase::Executing).await;
        let a_while = Duration::from_millis(200);
        let waiting = bench.jobs.wait(&id, Some(JobPhase::Executing), a_while).await.unwrap();
        assert_eq!(waiting.phase, JobPhase::Executing, "the catalogue does not take the end");
        refuse_ends_of_jobs(&bench.catalogue, false).await;
        bench.reaches(&id, phase).await;
    }
}

#[tokio::test]
async fn sessions_list_their_own_jobs_only() {
    let bench = Bench::new(small()).await;
    let id = bench.create("make").await;
    let listed = bench.jobs.list("s", &JobFilter::default()).await.unwrap();
    assert_eq!(listed.iter().map(|job| &job.id).collect::<Vec<_>>(), [&id]);
    assert!(bench.jobs.list("", &JobFilter::default()).await.unwrap().is_empty());
    assert!(bench.jobs.list("t", &JobFilter::default()).await.unwrap().is_empty());
}
