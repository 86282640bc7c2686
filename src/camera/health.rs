//! What an operator wants to know of a camera, and the counts behind it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::condition::State;

/// Figures of one camera for the operator.
#[derive(Clone, Debug)]
pub struct CameraHealth {
    /// Its configured name.
    pub name: String,
    /// How it is doing.
    pub state: State,
    /// Age of the newest frame; `None` when there never was one.
    pub frame_age: Option<Duration>,
    /// How long it has shown the very same picture; `None` when there never was one.
    pub unchanged_for: Option<Duration>,
    /// Frames taken in.
    pub frames: u64,
    /// Pictures refused because they were damaged.
    pub rejected: u64,
    /// Times the connection failed.
    pub failures: u64,
    /// Changes of state.
    pub state_changes: u64,
    /// Streams being served.
    pub viewers: usize,
    /// Streams ended because their client did not read.
    pub stalled_viewers: u64,
    /// Pictures scaled and encoded.
    pub encodes: u64,
    /// Bytes held in memory.
    pub ring_bytes: usize,
    /// How far back the memory reaches.
    pub ring_reach: Duration,
}

/// A count that only grows.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    /// One more. Gives back the new count.
    pub(super) fn up(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The count.
    pub(super) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is counted per camera.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) frames: Counter,
    pub(super) rejected: Counter,
    pub(super) failures: Counter,
    pub(super) state_changes: Counter,
    pub(super) stalled_viewers: Counter,
}
