//! The `[jobs]` section of the settings.

use serde::Deserialize;

/// `[jobs]`: what jobs of clients may cost.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JobsConfig {
    /// Jobs run at the same time.
    pub workers: usize,
    /// Jobs waiting for a worker; the next one is refused.
    pub queued: usize,
    /// Jobs kept, of any phase; the next one is refused.
    pub most_jobs: u64,
    /// Times a job may be with a worker when the service ends without being asked to; then it is given up.
    pub attempts: u32,
    /// MiB of results on disk.
    pub scratch_mib: u64,
    /// Seconds a job may run when its client does not say.
    pub usual_seconds: u64,
    /// Seconds a job may run at most.
    pub most_seconds: u64,
    /// Days a job is kept when its client does not say.
    pub keep_days: u32,
    /// Days a job is kept at most.
    pub most_keep_days: u32,
    /// Seconds a client may wait for a change of phase in one request.
    pub wait_seconds: u64,
}

impl Default for JobsConfig {
    fn default() -> Self {
        Self {
            workers: 2,
            queued: 256,
            most_jobs: 10_000,
            attempts: 3,
            scratch_mib: 4096,
            usual_seconds: 600,
            most_seconds: 3600,
            keep_days: 7,
            most_keep_days: 30,
            wait_seconds: 60,
        }
    }
}
