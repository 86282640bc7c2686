//! Addresses that keep guessing wait longer and longer.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Addresses remembered.
const REMEMBERED: usize = 4096;
/// An address that failed so long ago begins anew.
const FORGIVEN: Duration = Duration::from_hours(1);
/// The wait doubles so often at most.
const MOST_DOUBLINGS: u32 = 7;

#[derive(Clone, Copy, Debug, Default)]
struct Guesses {
    failures: u32,
    locked_until: Duration,
    last: Duration,
}

impl Guesses {
    fn is_forgiven(&self, now: Duration) -> bool {
        self.locked_until <= now && now.saturating_sub(self.last) >= FORGIVEN
    }
}

/// Who failed how often.
#[derive(Debug)]
pub(super) struct Lockout {
    allowed: u32,
    first_wait: Duration,
    guesses: Mutex<HashMap<IpAddr, Guesses>>,
}

/// What one guesser can have many of counts as one: the 2^64 addresses of an IPv6 network, and both ways to write an
/// IPv4 address.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Lockout {
    pub(super) fn new(allowed: u32, first_wait: Duration) -> Self {
        Self { allowed: allowed.max(1), first_wait, guesses: Mutex::default() }
    }

    /// Time an address has to wait before its credentials are looked at.
    pub(super) fn wait(&self, address: IpAddr, now: Duration) -> Option<Duration> {
        let guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        guesses
            .get(&household(address))
            .and_then(|guesses| guesses.locked_until.checked_sub(now))
            .filter(|wait| !wait.is_zero())
    }

    /// Wrong credentials came.
    pub(super) fn failed(&self, address: IpAddr, now: Duration) {
        let mut all = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        let household = household(address);
        if all.len() >= REMEMBERED && !all.contains_key(&household) {
            make_room(&mut all, now);
        }
        let guesses = all.entry(household).or_default();
        if guesses.is_forgiven(now) {
            *guesses = Guesses::default();
        }
        guesses.failures = guesses.failures.saturating_add(1);
        guesses.last = now;
        if guesses.failures >= self.allowed {
            let doublings = (guesses.failures - self.allowed).min(MOST_DOUBLINGS);
            guesses.locked_until = now + self.first_wait * (1 << doublings);
        }
    }

    /// Right credentials came: all is forgiven.
    pub(super) fn succeeded(&self, address: IpAddr) {
        self.guesses.lock().unwrap_or_else(PoisonError::into_inner).remove(&household(address));
    }
}

/// Forgets those that are forgiven, else those that may try again, else the one that may try again first: whoever comes
/// when the memory is full is remembered, too.
fn make_room(all: &mut HashMap<IpAddr, Guesses>, now: Duration) {
    all.retain(|_, guesses| !guesses.is_forgiven(now));
    if all.len() >= REMEMBERED {
        all.retain(|_, guesses| guesses.locked_until > now);
    }
    if all.len() >= REMEMBERED
        && let Some(first) =
            all.iter().min_by_key(|(_, guesses)| guesses.locked_until).map(|(address, _)| *address)
    {
        all.remove(&first);
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
    fn old_failures_are_forgiven() {
        let lockout = Lockout::new(2, Duration::from_secs(30));
        let clumsy = IpAddr::from([10, 0, 0, 1]);
        lockout.failed(clumsy, Duration::ZERO);
        lockout.failed(clumsy, FORGIVEN);
        assert_eq!(lockout.wait(clumsy, FORGIVEN), None);
        lockout.failed(clumsy, FORGIVEN);
        assert!(lockout.wait(clumsy, FORGIVEN).is_some());
    }

    #[test]
    fn a_guesser_gains_nothing_by_the_many_addresses_of_a_network() {
        let lockout = Lockout::new(2, Duration::from_secs(30));
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        lockout.failed(address("2001:db8:1:2::1"), Duration::ZERO);
        lockout.failed(address("2001:db8:1:2:a:b:c:d"), Duration::ZERO);
        assert!(lockout.wait(address("2001:db8:1:2::3"), Duration::ZERO).is_some());
        assert_eq!(lockout.wait(address("2001:db8:1:3::1"), Duration::ZERO), None);
        lockout.failed(address("10.0.0.1"), Duration::ZERO);
        lockout.failed(address("::ffff:10.0.0.1"), Duration::ZERO);
        assert!(lockout.wait(address("10.0.0.1"), Duration::ZERO).is_some());
    }

    #[test]
    fn a_crowd_that_is_locked_out_hides_nobody() {
        let lockout = Lockout::new(1, Duration::from_secs(30));
        for n in 0..2 * REMEMBERED as u32 {
            lockout.failed(IpAddr::from(n.to_be_bytes()), Duration::from_millis(u64::from(n)));
        }
        let (late, now) = (IpAddr::from([203, 0, 113, 1]), Duration::from_secs(9));
        lockout.failed(late, now);
        assert!(lockout.wait(late, now).is_some());
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
