//! Addresses that keep guessing wait longer and longer.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Addresses remembered; past it, the ones that may try again are forgotten.
const REMEMBERED: usize = 4096;
/// The wait doubles so often at most.
const MOST_DOUBLINGS: u32 = 7;

#[derive(Clone, Copy, Debug, Default)]
struct Guesses {
    failures: u32,
    locked_until: Duration,
    last: Duration,
}

/// Who failed how often.
#[derive(Debug)]
pub(super) struct Lockout {
    allowed: u32,
    first_wait: Duration,
    guesses: Mutex<HashMap<IpAddr, Guesses>>,
}

impl Lockout {
    pub(super) fn new(allowed: u32, first_wait: Duration) -> Self {
        Self { allowed: allowed.max(1), first_wait, guesses: Mutex::default() }
    }

    /// Time an address has to wait before its credentials are looked at.
    pub(super) fn wait(&self, address: IpAddr, now: Duration) -> Option<Duration> {
        let guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        guesses
            .get(&address)
            .and_then(|guesses| guesses.locked_until.checked_sub(now))
            .filter(|wait| !wait.is_zero())
    }

    /// Wrong credentials came.
    pub(super) fn failed(&self, address: IpAddr, now: Duration) {
        let mut all = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED {
            let hour = Duration::from_hours(1);
            all.retain(|_, guesses| guesses.locked_until > now || now.saturating_sub(guesses.last) < hour);
            if all.len() >= REMEMBERED {
                all.retain(|_, guesses| guesses.locked_until > now);
            }
            if all.len() >= REMEMBERED {
                return;
            }
        }
        let guesses = all.entry(address).or_default();
        guesses.failures = guesses.failures.saturating_add(1);
        guesses.last = now;
        if guesses.failures >= self.allowed {
            let doublings = (guesses.failures - self.allowed).min(MOST_DOUBLINGS);
            guesses.locked_until = now + self.first_wait * (1 << doublings);
        }
    }

    /// Right credentials came: all is forgiven.
    pub(super) fn succeeded(&self, address: IpAddr) {
        self.guesses.lock().unwrap_or_else(PoisonError::into_inner).remove(&address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_costs_more_and_more_time_until_it_is_right() {
        let lockout = Lockout::new(3, Duration::from_secs(30));
        let (guesser, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let s = Duration::from_secs;
        lockout.failed(guesser, s(0));
        lockout.failed(guesser, s(1));
        assert_eq!(lockout.wait(guesser, s(1)), None);
        lockout.failed(guesser, s(2));
        assert_eq!(lockout.wait(guesser, s(12)), Some(s(20)));
        assert_eq!(lockout.wait(other, s(12)), None);
        assert_eq!(lockout.wait(guesser, s(32)), None);
        lockout.failed(guesser, s(40));
        assert_eq!(lockout.wait(guesser, s(40)), Some(s(60)), "twice as long");
        lockout.succeeded(guesser);
        assert_eq!(lockout.wait(guesser, s(41)), None);
    }

    #[test]
    fn memory_is_bounded_whoever_comes() {
        let lockout = Lockout::new(1, Duration::from_secs(30));
        for n in 0..20_000_u32 {
            lockout.failed(IpAddr::from(n.to_be_bytes()), Duration::from_secs(u64::from(n)));
        }
        assert!(lockout.guesses.lock().unwrap().len() <= REMEMBERED);
    }
}
