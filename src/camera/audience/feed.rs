//! One scale and encode per source frame and look, shared by everybody who wants it.
//!
//! Whoever asks first sets the work going; the others wait on the same channel. Nothing runs for a size nobody
//! asks for, and the work of a client that leaves is not lost to the others.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

use crate::camera::error::CameraError;
use crate::camera::frame::Frame;
use crate::camera::look::Look;
use crate::camera::look::scale::WorkError;

/// Renditions remembered per camera: some sizes of the newest frames and of what is asked from memory.
const REMEMBERED: usize = 24;
/// Renditions under way per camera; more are refused.
const MOST_UNDER_WAY: usize = 16;

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::camera) enum Subject {
    /// A frame of the source, by its number.
    Frame(u64),
    /// A notice, after so many seconds of silence (`None`: never seen).
    Notice(Option<u64>),
    /// A coded picture, by its number, as it comes out of the decoder.
    Decoded(u64),
    /// A frame with a notice over it.
    Marked(u64, u64),
}

type Outcome = Result<Arc<Frame>, CameraError>;
type Key = (Subject, Look);
type Pending = watch::Receiver<Option<Outcome>>;

/// The renditions of one camera that were asked for last, finished or under way.
#[derive(Debug)]
pub(in crate::camera) struct Feed {
    recent: Mutex<VecDeque<(Key, Pending)>>,
    permits: Arc<Semaphore>,
    runtime: Handle,
    encodes: AtomicU64,
}

impl Feed {
    /// `permits` bound the work of all cameras together; it runs on `runtime`.
    pub(in crate::camera) fn new(permits: Arc<Semaphore>, runtime: Handle) -> Self {
        Self { recent: Mutex::default(), permits, runtime, encodes: AtomicU64::new(0) }
    }

    /// The rendition of `subject` with this look, made by `work` on the blocking pool unless it is there already.
    pub(in crate::camera) fn rendition<F, W>(
        &self,
        subject: Subject,
        look: Look,
        work: F,
    ) -> impl Future<Output = Outcome> + Send + use<F, W>
    where
        F: FnOnce() -> W,
        W: FnOnce() -> Result<Frame, WorkError> + Send + 'static,
    {
        let pending = self.find_or_start((subject, look), work);
        async move {
            let mut pending = pending?;
            let outcome = pending.wait_for(Option::is_some).await.map_err(|_| CameraError::Abandoned)?;
            outcome.clone().unwrap_or(Err(CameraError::Abandoned))
        }
    }

    fn find_or_start<W>(&self, key: Key, work: impl FnOnce() -> W) -> Result<Pending, CameraError>
    where
        W: FnOnce() -> Result<Frame, WorkError> + Send + 'static,
    {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pending)) = recent.iter().rev().find(|(known, _)| *known == key) {
            return Ok(pending.clone());
        }
        if recent.iter().filter(|(_, pending)| pending.borrow().is_none()).count() >= MOST_UNDER_WAY {
            return Err(CameraError::TooManyViewers);
        }
        let pending = self.start(work());
        recent.push_back((key, pending.clone()));
        if recent.len() > REMEMBERED {
            recent.pop_front();
        }
        Ok(pending)
    }

    /// Forgets everything that is finished, to give memory back when nobody watches.
    pub(in crate::camera) fn forget(&self) {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// How many renditions were made so far.
    pub(in crate::camera) fn encodes(&self) -> u64 {
        self.encodes.load(Ordering::Relaxed)
    }

    fn start(&self, work: impl FnOnce() -> Result<Frame, WorkError> + Send + 'static) -> Pending {
        self.encodes.fetch_add(1, Ordering::Relaxed);
        let (finished, pending) = watch::channel(None);
        let permits = self.permits.clone();
        self.runtime.spawn(async move {
            // Never closed; without a permit the outcome is missing and everybody waiting hears of it.
            let Ok(_permit) = permits.acquire().await else { return };
            let outcome = match tokio::task::spawn_blocking(work).await {
                Ok(Ok(frame)) => Ok(Arc::new(frame)),
                Ok(Err(cause)) => Err(CameraError::Rendition(Arc::from(cause))),
                Err(_) => Err(CameraError::Abandoned),
            };
            finished.send_replace(Some(outcome));
        });
        pending
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use chrono::DateTime;
    use futures_util::future::join_all;

    use super::*;
    use crate::camera::frame::Moment;
    use crate::camera::resolution::Resolution;

    const SIZE: Look = Look::at(Resolution::new(2, 2));

    fn feed() -> Feed {
        Feed::new(Arc::new(Semaphore::new(2)), Handle::current())
    }

    fn frame(sequence: u64) -> Frame {
        let captured = Moment { monotonic: Duration::ZERO, utc: DateTime::UNIX_EPOCH };
        Frame { sequence, captured, resolution: SIZE.size, jpeg: Bytes::from_static(b"jpeg") }
    }

    #[tokio::test]
    async fn fifty_viewers_of_one_size_cost_one_encode() {
        let feed = feed();
        let waiting: Vec<_> =
            (0..50).map(|_| feed.rendition(Subject::Frame(1), SIZE, || || Ok(frame(1)))).collect();
        let first = join_all(waiting).await.into_iter().map(Result::unwrap).collect::<Vec<_>>();
        assert!(first.iter().all(|frame| Arc::ptr_eq(frame, &first[0])));
        assert_eq!(feed.encodes(), 1);
        feed.rendition(Subject::Frame(2), SIZE, || || Ok(frame(2))).await.unwrap();
        feed.rendition(Subject::Frame(2), Look::at(Resolution::new(4, 4)), || || Ok(frame(2))).await.unwrap();
        assert_eq!(feed.encodes(), 3);
    }

    #[tokio::test]
    async fn the_work_of_a_viewer_that_leaves_is_kept_for_the_others() {
        let feed = feed();
        drop(feed.rendition(Subject::Frame(1), SIZE, || || Ok(frame(1))));
        feed.rendition(Subject::Frame(1), SIZE, || || Ok(frame(1))).await.unwrap();
        assert_eq!(feed.encodes(), 1);
    }

    #[tokio::test]
    async fn failures_and_panics_reach_everybody_who_waits() {
        let feed = feed();
        let broken = feed.rendition(Subject::Frame(1), SIZE, || || Err("broken".into())).await;
        assert!(matches!(broken, Err(CameraError::Rendition(_))));
        let panicked = feed.rendition(Subject::Frame(2), SIZE, || || panic!("a decoder gave up")).await;
        assert!(matches!(panicked, Err(CameraError::Abandoned)));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let feed = Feed::new(Arc::new(Semaphore::new(0)), Handle::current());
        let waiting: Vec<_> =
            (0..16).map(|n| feed.rendition(Subject::Frame(n), SIZE, move || move || Ok(frame(n)))).collect();
        let refused = feed.rendition(Subject::Frame(99), SIZE, || || Ok(frame(99))).await;
        assert!(matches!(refused, Err(CameraError::TooManyViewers)));
        drop(waiting);
    }

    #[tokio::test]
    async fn what_is_remembered_is_bounded() {
        let feed = feed();
        for sequence in 0..100 {
            feed.rendition(Subject::Frame(sequence), SIZE, || move || Ok(frame(sequence))).await.unwrap();
        }
        assert_eq!(feed.recent.lock().unwrap().len(), REMEMBERED);
    }
}
