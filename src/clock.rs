//! Time is handed in, never asked of the system, so that tests decide what time it is.

pub mod leap_seconds;

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

/// A source of civil and of monotonic time.
pub trait Clock: Debug + Send + Sync {
    /// Civil time, for what people and headers read.
    fn utc(&self) -> DateTime<Utc>;
    /// Time since an arbitrary start that never jumps, for ages and deadlines.
    fn monotonic(&self) -> Duration;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    pub fn start() -> Arc<dyn Clock> {
        Arc::new(Self { started: Instant::now() })
    }
}

impl Clock for SystemClock {
    fn utc(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FixedClock {
    start: DateTime<Utc>,
    elapsed_ns: AtomicU64,
    /// By how much civil time was set, on top of what has passed.
    jumped_ns: AtomicI64,
}

impl FixedClock {
    /// A clock standing at `start`.
    pub fn at(start: DateTime<Utc>) -> Arc<Self> {
        Arc::new(Self { start, elapsed_ns: AtomicU64::new(0), jumped_ns: AtomicI64::new(0) })
    }

    /// Moves both times forward.
    pub fn advance(&self, by: Duration) {
        self.elapsed_ns.fetch_add(by.as_nanos() as u64, Ordering::SeqCst);
    }

    /// Sets civil time forward or back, as somebody who sets the machine's clock does; at most some centuries.
    pub fn jump(&self, by: TimeDelta) {
        self.jumped_ns.fetch_add(by.num_nanoseconds().unwrap_or_default(), Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn utc(&self) -> DateTime<Utc> {
        self.start
            + TimeDelta::nanoseconds(self.elapsed_ns.load(Ordering::SeqCst) as i64)
            + TimeDelta::nanoseconds(self.jumped_ns.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.elapsed_ns.load(Ordering::SeqCst))
    }
}
