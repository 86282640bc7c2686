//! Threads that read files while nobody waits: they have the processors only when no answer wants them.

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// How far they step back, of the 19 steps of `nice(2)`: a request beside them gets nine parts in ten of a processor.
const STEPS: i32 = 10;

/// One thread for each processor, all of low priority. Linux gives every thread a priority of its own, and what a
/// thread starts inherits it, the decoder of camera raws included.
pub(super) fn pool() -> Result<ThreadPool, ThreadPoolBuildError> {
    let step_back = |_| {
        if let Err(error) = rustix::process::nice(STEPS) {
            tracing::warn!(%error, "files are read at the priority of answers");
        }
    };
    ThreadPoolBuilder::new().thread_name(|n| format!("ingest-{n}")).start_handler(step_back).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Field 19 of `proc_pid_stat(5)`: the priority of the calling thread.
    fn niceness() -> i32 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let behind_the_name = stat.rsplit_once(')').unwrap().1;
        behind_the_name.split_whitespace().nth(16).unwrap().parse().unwrap()
    }

    #[test]
    fn files_are_read_at_low_priority_and_everything_else_stays_as_it_was() {
        let before = niceness();
        let pool = pool().unwrap();
        let behind = (before + STEPS).min(19);
        assert!(pool.broadcast(|_| niceness()).into_iter().all(|niceness| niceness == behind));
        assert_eq!((niceness(), std::thread::spawn(niceness).join().unwrap()), (before, before));
        let child = pool.install(|| std::process::Command::new("nice").output().unwrap());
        assert_eq!(String::from_utf8_lossy(&child.stdout).trim(), behind.to_string());
    }
}
