//! Who wants to hear of which events, and what they heard already.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::error::Failure;

/// Subscriptions at the same time.
const MOST: usize = 256;

/// What somebody wants to hear.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    /// Event names; empty for all of them.
    pub(super) wanted: HashSet<String>,
    /// Id of the last event heard.
    pub(super) heard: u64,
    /// It ends when nothing is asked for so long.
    pub(super) duration: Duration,
    ends: Duration,
}

/// All subscriptions.
#[derive(Debug, Default)]
pub(super) struct Subscriptions(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last_id: u32,
    all: HashMap<u32, Subscription>,
}

impl Subscriptions {
    fn with<T>(&self, now: Duration, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.all.retain(|_, subscription| subscription.ends > now);
        work(&mut state)
    }

    /// A new one; gives back its id.
    pub(super) fn open(
        &self,
        wanted: HashSet<String>,
        heard: u64,
        duration: Duration,
        now: Duration,
    ) -> Result<u32, Failure> {
        self.with(now, |state| {
            if state.all.len() >= MOST {
                return Err(Failure::Rejected);
            }
            state.last_id = state.last_id.checked_add(1).unwrap_or(1);
            let subscription = Subscription { wanted, heard, duration, ends: now + duration };
            state.all.insert(state.last_id, subscription);
            Ok(state.last_id)
        })
    }

    /// The subscription with this id, which lives on.
    pub(super) fn ask(&self, id: u32, now: Duration) -> Option<Subscription> {
        self.with(now, |state| {
            let subscription = state.all.get_mut(&id)?;
            subscription.ends = now + subscription.duration;
            Some(subscription.clone())
        })
    }

    /// Everything up to event number `heard` was told.
    pub(super) fn told(&self, id: u32, heard: u64, now: Duration) {
        self.with(now, |state| {
            if let Some(subscription) = state.all.get_mut(&id) {
                subscription.heard = subscription.heard.max(heard);
                subscription.ends = now + subscription.duration;
            }
        });
    }

    /// Ends one; whether there was one.
    pub(super) fn close(&self, id: u32, now: Duration) -> bool {
        self.with(now, |state| state.all.remove(&id).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_live_while_they_are_used_and_are_bounded() {
        let (all, s) = (Subscriptions::default(), Duration::from_secs);
        let open = |now| all.open(HashSet::new(), 0, s(90), now);
        let id = open(s(0)).unwrap();
        assert!(all.ask(id, s(89)).is_some());
        assert!(all.ask(id, s(178)).is_some(), "asking extended it");
        assert!(all.ask(id, s(300)).is_none());
        for _ in 0..MOST {
            open(s(300)).unwrap();
        }
        assert_eq!(open(s(300)), Err(Failure::Rejected));
        assert!(open(s(400)).is_ok(), "the others have ended");
        assert!(!all.close(id, s(400)));
    }
}
