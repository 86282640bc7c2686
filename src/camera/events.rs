//! What happened to the cameras lately, numbered, for whoever asks what is new.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::condition::State;
use super::frame::Moment;

/// Events kept; older ones are forgotten.
const KEPT: usize = 512;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The service started.
    Started,
    /// A camera came or went.
    State(State),
    /// Something began to move before a camera (`true`), or nothing moves any more.
    Motion(bool),
    /// Another list of sizes is offered.
    SizesChanged,
}

/// One event.
#[derive(Clone, Debug)]
pub struct CameraEvent {
    /// Counts from 1.
    pub id: u64,
    /// When.
    pub at: Moment,
    /// Name of the camera; empty when it is about none.
    pub camera: String,
    /// What.
    pub what: Happening,
}

/// The newest events of all cameras.
#[derive(Debug)]
pub struct Events {
    kept: Mutex<VecDeque<CameraEvent>>,
    newest: watch::Sender<u64>,
}

impl Default for Events {
    fn default() -> Self {
        Self { kept: Mutex::default(), newest: watch::Sender::new(0) }
    }
}

impl Events {
    /// Writes one down.
    pub(super) fn record(&self, at: Moment, camera: &str, what: Happening) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let id = *self.newest.borrow() + 1;
        kept.push_back(CameraEvent { id, at, camera: camera.to_owned(), what });
        if kept.len() > KEPT {
            kept.pop_front();
        }
        self.newest.send_replace(id);
    }

    /// Id of the newest event; 0 before the first.
    pub fn newest(&self) -> u64 {
        *self.newest.borrow()
    }

    /// The events after number `id`, as far as they are kept, oldest first.
    pub fn since(&self, id: u64) -> Vec<CameraEvent> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().filter(|event| event.id > id).cloned().collect()
    }

    /// The first event whose age at `now` is at most `age`, or the one to come: ids after this are younger.
    pub fn before(&self, now: Duration, age: Duration) -> u64 {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let old = |event: &&CameraEvent| now.saturating_sub(event.at.monotonic) > age;
        kept.iter().rev().find(old).map_or(0, |event| event.id)
    }

    /// Waits until there is an event after number `id`.
    pub async fn newer_than(&self, id: u64) {
        let mut newest = self.newest.subscribe();
        // The sender lives as long as this value.
        let _ = newest.wait_for(|newest| *newest > id).await;
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment { monotonic: Duration::from_secs(seconds), utc: DateTime::UNIX_EPOCH }
    }

    #[tokio::test]
    async fn events_are_numbered_kept_for_a_while_and_waited_for() {
        let events = Events::default();
        for second in 0..600 {
            events.record(at(second), "dome", Happening::Motion(second % 2 == 0));
        }
        assert_eq!(events.newest(), 600);
        assert_eq!(events.since(598).iter().map(|event| event.id).collect::<Vec<_>>(), [599, 600]);
        assert_eq!(events.since(0).len(), KEPT);
        assert_eq!(events.before(Duration::from_mins(10), Duration::from_secs(10)), 590);
        let waiting = events.newer_than(600);
        events.record(at(601), "", Happening::SizesChanged);
        waiting.await;
    }
}
