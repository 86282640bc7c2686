//! One picture of a camera: when it was taken, how big it is, and its JPEG bytes.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::resolution::Resolution;
use crate::clock::Clock;

/// One instant on both clocks: the monotonic one for ages and seeking, the civil one for people and headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Time since the clock's start; never jumps.
    pub monotonic: Duration,
    /// Civil time; may jump when the machine's clock is set.
    pub utc: DateTime<Utc>,
}

impl Moment {
    /// This instant.
    pub fn now(clock: &dyn Clock) -> Self {
        Self { monotonic: clock.monotonic(), utc: clock.utc() }
    }
}

/// One picture. Cloning is cheap: the bytes are shared.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Counts the frames of one camera from 1; a rendition keeps the number of its original.
    pub sequence: u64,
    /// When the capture of the picture began.
    pub captured: Moment,
    /// Size as stated in the JPEG header.
    pub resolution: Resolution,
    /// A complete JPEG picture, SOI to EOI.
    pub jpeg: Bytes,
}

impl Frame {
    /// Time passed since the capture; zero for a frame from the future.
    pub fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.captured.monotonic)
    }
}
