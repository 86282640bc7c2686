//! Who watches a camera, and whether anybody wants it at all; the `feed` makes what they share.

pub(super) mod feed;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::camera::error::CameraError;
use crate::camera::look::Look;

/// What may be watched at the same time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    /// Streams.
    pub(super) viewers: usize,
    /// Streams to one address; 0 sets no bound.
    pub(super) per_address: usize,
    /// Looks that cost an encode.
    pub(super) looks: usize,
}

#[derive(Debug, Default)]
struct Seats {
    viewers: usize,
    looks: HashMap<Look, usize>,
    addresses: HashMap<IpAddr, usize>,
    last_asked: Option<Duration>,
}

/// The audience of one camera.
#[derive(Debug, Default)]
pub(super) struct Audience {
    seats: Mutex<Seats>,
    wanted: Notify,
}

impl Audience {
    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place; `own` is the look that costs nothing.
    pub(super) fn join(
        &self,
        look: Look,
        address: Option<IpAddr>,
        own: Option<Look>,
        places: Places,
    ) -> Result<(), CameraError> {
        let mut seats = self.seats();
        let encoded = seats.looks.keys().filter(|known| Some(**known) != own).count();
        let is_new = !seats.looks.contains_key(&look) && Some(look) != own;
        let of_address = address.and_then(|address| seats.addresses.get(&address)).copied().unwrap_or(0);
        if seats.viewers >= places.viewers
            || (places.per_address > 0 && of_address >= places.per_address)
            || (is_new && encoded >= places.looks)
        {
            return Err(CameraError::TooManyViewers);
        }
        seats.viewers += 1;
        *seats.looks.entry(look).or_default() += 1;
        if let Some(address) = address {
            *seats.addresses.entry(address).or_default() += 1;
        }
        drop(seats);
        self.wanted.notify_waiters();
        Ok(())
    }

    /// Gives a place back; says whether it was the last one taken.
    pub(super) fn leave(&self, look: Look, address: Option<IpAddr>, now: Duration) -> bool {
        let mut seats = self.seats();
        seats.viewers = seats.viewers.saturating_sub(1);
        seats.last_asked = Some(now);
        give_back(&mut seats.looks, &look);
        if let Some(address) = address {
            give_back(&mut seats.addresses, &address);
        }
        seats.viewers == 0
    }

    /// Somebody asked for a single picture.
    pub(super) fn ask(&self, now: Duration) {
        self.seats().last_asked = Some(now);
        self.wanted.notify_waiters();
    }

    /// Whether somebody watches, or asked no longer than `linger` ago.
    pub(super) fn is_wanted(&self, now: Duration, linger: Duration) -> bool {
        let seats = self.seats();
        seats.viewers > 0 || seats.last_asked.is_some_and(|asked| now.saturating_sub(asked) <= linger)
    }

    /// Waits until somebody wants the camera, as [`Self::is_wanted`] with no linger to speak of.
    pub(super) async fn until_wanted(&self, clock: &dyn crate::clock::Clock, linger: Duration) {
        loop {
            let notified = self.wanted.notified();
            tokio::pin!(notified);
            // Registered before the look, so that nobody who comes in between is missed.
            notified.as_mut().enable();
            if self.is_wanted(clock.monotonic(), linger) {
                return;
            }
            notified.await;
        }
    }

    /// Streams being served.
    pub(super) fn viewers(&self) -> usize {
        self.seats().viewers
    }
}

fn give_back<K: std::hash::Hash + Eq>(places: &mut HashMap<K, usize>, key: &K) {
    if let Some(taken) = places.get_mut(key) {
        *taken -= 1;
        if *taken == 0 {
            places.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::resolution::Resolution;

    const PLACES: Places = Places { viewers: 4, per_address: 2, looks: 1 };

    fn look(width: u32) -> Look {
        Look { size: Resolution::new(width, 10), stamped: false }
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn places_are_bounded_in_all_by_address_and_by_look() {
        let audience = Audience::default();
        let own = Some(look(1));
        let join = |width, last| audience.join(look(width), Some(address(last)), own, PLACES);
        assert!(join(1, 1).is_ok() && join(2, 1).is_ok());
        assert!(join(1, 1).is_err(), "a third stream to one address");
        assert!(join(3, 2).is_err(), "a second look that costs an encode");
        assert!(join(2, 2).is_ok() && join(1, 3).is_ok());
        assert!(join(1, 4).is_err(), "a fifth stream");
        audience.leave(look(2), Some(address(1)), Duration::ZERO);
        audience.leave(look(2), Some(address(2)), Duration::ZERO);
        assert!(join(3, 1).is_ok(), "what was given back can be taken");
    }

    #[test]
    fn a_camera_is_wanted_while_watched_and_a_while_after() {
        let audience = Audience::default();
        let s = Duration::from_secs;
        assert!(!audience.is_wanted(s(0), s(30)));
        audience.ask(s(10));
        assert!(audience.is_wanted(s(40), s(30)) && !audience.is_wanted(s(41), s(30)));
        audience.join(look(1), None, None, PLACES).unwrap();
        assert!(audience.is_wanted(s(500), s(30)));
        assert!(audience.leave(look(1), None, s(600)));
        assert!(audience.is_wanted(s(630), s(30)) && !audience.is_wanted(s(631), s(30)));
    }
}
