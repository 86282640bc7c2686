//! Who may use the processors: a fixed number of renders at once, a bounded queue behind them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;
use tracing::Span;

use super::Error;

/// Admits work to the blocking pool. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Admission {
    permits: Arc<Semaphore>,
    in_flight_limit: usize,
    waiting: Arc<AtomicUsize>,
    waiting_limit: usize,
}

impl Admission {
    /// At most `in_flight` pieces of work at once (0 means one per core), at most `queued` waiting.
    pub fn new(in_flight: usize, queued: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let in_flight_limit = if in_flight == 0 { cores } else { in_flight };
        Self {
            permits: Arc::new(Semaphore::new(in_flight_limit)),
            in_flight_limit,
            waiting: Arc::default(),
            waiting_limit: queued,
        }
    }

    /// Runs `work` on the blocking pool when its turn comes. The permit is kept until `work` returns, even if
    /// nobody waits for the result any more.
    ///
    /// # Errors
    /// [`Error::Busy`] at once when the queue is full; [`Error::Panicked`] when `work` panicked; else its own.
    pub async fn run<T, E>(&self, work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Error>
    where
        T: Send + 'static,
        E: Send + 'static,
        Error: From<E>,
    {
        let permit = if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            permit
        } else {
            let _place = Place::take(&self.waiting, self.waiting_limit).ok_or(Error::Busy)?;
            Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Error::Busy)?
        };
        let span = Span::current();
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            span.in_scope(work)
        });
        Ok(done.await.map_err(Error::Panicked)??)
    }

    /// Pieces of work being computed.
    pub fn in_flight(&self) -> usize {
        self.in_flight_limit - self.permits.available_permits()
    }

    /// Pieces of work that may wait.
    pub fn most_queued(&self) -> usize {
        self.waiting_limit
    }

    /// Pieces of work waiting for their turn.
    pub fn queued(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// A place in the queue, given back when dropped: a client that goes away frees it.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>, limit: usize) -> Option<Self> {
        waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| (taken < limit).then_some(taken + 1))
            .ok()
            .map(|_| Self(Arc::clone(waiting)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_admits_again_when_it_drains() {
        let admission = Admission::new(1, 1);
        let (release, hold) = mpsc::channel::<()>();
        let running = tokio::spawn({
            let admission = admission.clone();
            async move { admission.run(move || hold.recv().map_err(|_| Error::Busy)).await }
        });
        while admission.in_flight() == 0 {
            tokio::task::yield_now().await;
        }
        let waiting = tokio::spawn({
            let admission = admission.clone();
            async move { admission.run(|| Ok::<_, Error>(7)).await }
        });
        while admission.queued() == 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(admission.run(|| Ok::<_, Error>(())).await, Err(Error::Busy)));
        release.send(()).unwrap();
        running.await.unwrap().unwrap();
        assert_eq!(waiting.await.unwrap().unwrap(), 7);
        assert_eq!((admission.in_flight(), admission.queued()), (0, 0));
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_frees_its_permit() {
        let admission = Admission::new(1, 0);
        let failed = admission.run(|| -> Result<(), Error> { panic!("bad pixels") }).await;
        assert!(matches!(failed, Err(Error::Panicked(_))));
        assert_eq!(admission.in_flight(), 0);
    }
}
