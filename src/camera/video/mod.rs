//! Compressed video of a camera: kept as it came, decoded when a picture of the past is asked for.

pub(super) mod coded;
pub(super) mod decode;
pub(super) mod ring;

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use self::coded::EncodedFrame;
use self::ring::VideoRing;
use super::resolution::Resolution;
use super::ring::RingLimits;

/// The coded video of one camera: its ring, and a bell for whoever decodes.
#[derive(Debug)]
pub(super) struct Video {
    ring: Mutex<VideoRing>,
    resolution: Mutex<Option<Resolution>>,
    newest: watch::Sender<u64>,
}

impl Video {
    pub(super) fn new(limits: RingLimits) -> Self {
        let ring = Mutex::new(VideoRing::new(limits));
        Self { ring, resolution: Mutex::default(), newest: watch::Sender::new(0) }
    }

    /// Work on the ring, with nobody else at it.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut VideoRing) -> T) -> T {
        work(&mut self.ring.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn push(&self, sequence: u64, frame: EncodedFrame) {
        if frame.resolution.is_some() {
            *self.resolution.lock().unwrap_or_else(PoisonError::into_inner) = frame.resolution;
        }
        self.with(|ring| ring.push(sequence, frame));
        self.newest.send_replace(sequence);
    }

    /// Rings when more video has come; tells the number of the newest picture.
    pub(super) fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// The size its source announced.
    pub(super) fn resolution(&self) -> Option<Resolution> {
        *self.resolution.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
