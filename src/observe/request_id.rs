//! The name of a request: it stands in the answer and in every line the log has of it.

use std::cell::Cell;
use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Requests since the start, counted from anywhere.
static COUNT: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(uuid::Uuid::new_v4().as_u64_pair().0));
/// Any odd number makes different names of different counts; the golden ratio makes neighbours look different, too.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

thread_local! {
    static CURRENT: Cell<Option<RequestId>> = const { Cell::new(None) };
}

/// The name of a request, of 16 hexadecimal digits. Cheap: no random number, no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(u64);

impl RequestId {
    /// A name no other request of this run has.
    pub fn new_one() -> Self {
        Self(COUNT.fetch_add(1, Ordering::Relaxed).wrapping_mul(SPREAD))
    }

    /// The request this thread works for at this moment.
    pub fn current() -> Option<Self> {
        CURRENT.get()
    }

    /// Does some work for this request, such as one poll of its future; what it logs carries the name.
    pub fn during<T>(self, work: impl FnOnce() -> T) -> T {
        let _before = Restored(CURRENT.replace(Some(self)));
        work()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Puts back what the thread worked for before, also when the work panics.
struct Restored(Option<RequestId>);

impl Drop for Restored {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_for_one_request_at_a_time_and_ends_with_it() {
        let (outer, inner) = (RequestId::new_one(), RequestId::new_one());
        assert_ne!(outer, inner);
        assert_eq!(RequestId::current(), None);
        outer.during(|| {
            inner.during(|| assert_eq!(RequestId::current(), Some(inner)));
            assert_eq!(RequestId::current(), Some(outer));
            let panicked = std::panic::catch_unwind(|| inner.during(|| panic!("on purpose")));
            assert!(panicked.is_err());
            assert_eq!(RequestId::current(), Some(outer));
        });
        assert_eq!(RequestId::current(), None);
    }

    #[test]
    fn a_name_always_has_sixteen_digits() {
        assert_eq!(RequestId(1).to_string(), "0000000000000001");
        assert_eq!(RequestId(u64::MAX).to_string(), "ffffffffffffffff");
    }
}
