//! Nonces of Digest: made, recognised, and good for each of their use counts once.
//!
//! A nonce is the time it was made and a serial number with a signature, so none has to be remembered before it is
//! used; only how often each was used is, against replays.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::hashes::are_equal;
use super::signer::Signer;

/// How long a nonce is taken. Clients remember it for a session's life; past it they are told it is stale.
pub(super) const LIFE: Duration = Duration::from_mins(10);
/// Nonces whose use is remembered.
const REMEMBERED: usize = 4096;
/// Requests of one client may overtake each other by so many.
const WINDOW: u32 = 64;
/// Hexadecimal digits of the time in milliseconds, then of the serial number.
const TIME_DIGITS: usize = 16;
const CLAIM_DIGITS: usize = TIME_DIGITS + 8;

/// Makes nonces and takes them back.
#[derive(Debug)]
pub(super) struct Nonces {
    signer: Signer,
    serial: AtomicU32,
    uses: Mutex<Remembered>,
}

impl Nonces {
    /// With a key of their own: those of an earlier run are not recognised.
    pub(super) fn new() -> Self {
        Self { signer: Signer::new(b""), serial: AtomicU32::new(0), uses: Mutex::default() }
    }

    /// A nonce nobody has.
    pub(super) fn make(&self, now: Duration) -> String {
        let claim = format!("{:016x}{:08x}", now.as_millis(), self.serial.fetch_add(1, Ordering::Relaxed));
        let signature = self.signer.sign(&claim);
        claim + &signature
    }

    /// Whether a nonce is one of ours, young enough, and used with this count for the first time.
    pub(super) fn spend(&self, nonce: &str, count: u32, now: Duration) -> bool {
        let Some(made) = self.made(nonce) else { return false };
        if now.saturating_sub(made) > LIFE {
            return false;
        }
        self.uses.lock().unwrap_or_else(PoisonError::into_inner).spend(nonce, made, count, now)
    }

    /// When a nonce of ours was made.
    fn made(&self, nonce: &str) -> Option<Duration> {
        let (claim, signature) = nonce.split_at_checked(CLAIM_DIGITS)?;
        if !are_equal(&self.signer.sign(claim), signature) {
            return None;
        }
        u64::from_str_radix(&claim[..TIME_DIGITS], 16).ok().map(Duration::from_millis)
    }
}

/// The nonces in use, a bounded number of them.
#[derive(Debug, Default)]
struct Remembered {
    by_nonce: HashMap<String, Uses>,
    /// Nonces made up to this time were forgotten and are not taken any more.
    forgotten: Option<Duration>,
}

impl Remembered {
    fn spend(&mut self, nonce: &str, made: Duration, count: u32, now: Duration) -> bool {
        if let Some(uses) = self.by_nonce.get_mut(nonce) {
            return uses.first(count);
        }
        if self.forgotten.is_some_and(|forgotten| made <= forgotten) {
            return false;
        }
        if self.by_nonce.len() >= REMEMBERED {
            self.make_room(now);
        }
        let uses = self.by_nonce.entry(nonce.to_owned()).or_insert(Uses { made, highest: 0, seen: 0 });
        uses.first(count)
    }

    /// Forgets those past their life; where that is not enough the older half, which ends them.
    fn make_room(&mut self, now: Duration) {
        self.by_nonce.retain(|_, uses| now.saturating_sub(uses.made) <= LIFE);
        if self.by_nonce.len() < REMEMBERED {
            return;
        }
        let mut times: Vec<_> = self.by_nonce.values().map(|uses| uses.made).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let forgotten = *median;
        self.by_nonce.retain(|_, uses| uses.made > forgotten);
        self.forgotten = Some(forgotten);
    }
}

/// Use counts seen with one nonce: the highest, and a bit for each of the 64 up to it.
#[derive(Clone, Copy, Debug)]
struct Uses {
    made: Duration,
    highest: u32,
    seen: u64,
}

impl Uses {
    /// Whether this count is used for the first time.
    fn first(&mut self, count: u32) -> bool {
        if count > self.highest {
            let step = count - self.highest;
            self.seen = if step >= WINDOW { 0 } else { self.seen << step };
            self.highest = count;
            self.seen |= 1;
            return true;
        }
        let back = self.highest - count;
        if back >= WINDOW || self.seen >> back & 1 == 1 {
            return false;
        }
        self.seen |= 1 << back;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_nonce_is_taken_once_for_each_count_and_not_past_its_life() {
        let nonces = Nonces::new();
        let nonce = nonces.make(s(100));
        assert!(nonces.spend(&nonce, 1, s(100)) && nonces.spend(&nonce, 2, s(100)));
        assert!(!nonces.spend(&nonce, 2, s(100)), "a replay");
        assert!(nonces.spend(&nonce, 3, s(100) + LIFE));
        assert!(!nonces.spend(&nonce, 4, s(101) + LIFE));
    }

    #[test]
    fn two_nonces_of_one_instant_differ() {
        let nonces = Nonces::new();
        let (one, other) = (nonces.make(s(1)), nonces.make(s(1)));
        assert_ne!(one, other);
        assert!(nonces.spend(&one, 1, s(1)) && nonces.spend(&other, 1, s(1)));
    }

    #[test]
    fn a_nonce_of_somebody_else_is_not_taken() {
        let nonces = Nonces::new();
        for foreign in ["", "x", "é".repeat(40).as_str(), Nonces::new().make(s(1)).as_str()] {
            assert!(!nonces.spend(foreign, 1, s(1)), "{foreign}");
        }
    }

    #[test]
    fn a_flood_of_nonces_takes_no_memory_and_opens_no_way_for_a_replay() {
        let nonces = Nonces::new();
        let at = |n: usize| Duration::from_millis(n as u64);
        let all: Vec<_> = (0..3 * REMEMBERED).map(|n| nonces.make(at(n))).collect();
        for (n, nonce) in all.iter().enumerate() {
            assert!(nonces.spend(nonce, 1, at(n)));
            assert!(nonces.uses.lock().unwrap().by_nonce.len() <= REMEMBERED);
        }
        assert!(all.iter().all(|nonce| !nonces.spend(nonce, 1, at(all.len()))), "each was used");
        assert!(nonces.spend(all.last().unwrap(), 2, at(all.len())), "the newest is still good");
    }

    #[test]
    fn counts_may_overtake_each_other_a_little_and_never_repeat() {
        let mut uses = Uses { made: s(0), highest: 0, seen: 0 };
        assert!(uses.first(1) && uses.first(3) && uses.first(2));
        assert!(!uses.first(2) && !uses.first(3));
        assert!(uses.first(100) && uses.first(50) && !uses.first(36) && !uses.first(50));
        assert!(!uses.first(0), "counts begin at one");
    }
}
