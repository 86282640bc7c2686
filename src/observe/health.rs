//! Alive and ready: what a container engine and a load balancer ask.

use std::sync::atomic::{AtomicU8, Ordering};

/// Where the service is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    /// Directories are being looked through for the first time; requests are answered from what is known.
    Starting = 0,
    /// Everything is there.
    Ready = 1,
    /// A stop was asked for; answers in progress are finished.
    Stopping = 2,
}

/// The stage of the service, shared by whoever changes or reports it.
#[derive(Debug, Default)]
pub struct Health(AtomicU8);

impl Health {
    /// The current stage.
    pub fn stage(&self) -> Stage {
        match self.0.load(Ordering::Relaxed) {
            0 => Stage::Starting,
            1 => Stage::Ready,
            _ => Stage::Stopping,
        }
    }

    /// Moves on to `stage`; a stopping service stays stopping.
    pub fn enter(&self, stage: Stage) {
        self.0.fetch_max(stage as u8, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopping_service_does_not_become_ready_again() {
        let health = Health::default();
        health.enter(Stage::Stopping);
        health.enter(Stage::Ready);
        assert_eq!(health.stage(), Stage::Stopping);
    }
}
