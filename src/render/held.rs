//! Encoded pictures that are held somewhere: by the cache, by answers on their way to clients that take their time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

/// Counts the bytes of pictures until nobody holds them any more. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Held {
    bytes: Arc<AtomicU64>,
    most: u64,
}

/// A picture that is counted as long as it lives.
struct Counted {
    picture: Vec<u8>,
    bytes: Arc<AtomicU64>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.picture
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.bytes.fetch_sub(self.picture.len() as u64, Ordering::Relaxed);
    }
}

impl Held {
    /// Nothing yet, and room for `most` bytes.
    pub fn new(most: u64) -> Self {
        Self { bytes: Arc::default(), most }
    }

    /// Whether there is room for another picture. It is asked before the picture is made, whose size nobody knows by
    /// then: what is held may exceed the bound by the pictures that are being made.
    pub fn has_room(&self) -> bool {
        self.bytes() < self.most
    }

    /// Bytes of all pictures that are held.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The picture, counted once however often it is shared.
    pub fn count(&self, picture: Vec<u8>) -> Bytes {
        self.bytes.fetch_add(picture.len() as u64, Ordering::Relaxed);
        Bytes::from_owner(Counted { picture, bytes: Arc::clone(&self.bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_counted_once_until_its_last_part_is_gone() {
        let held = Held::new(5);
        let picture = held.count(vec![1, 2, 3, 4]);
        let (again, mut rest) = (picture.clone(), picture);
        let part = rest.split_to(1);
        assert_eq!((held.bytes(), held.has_room()), (4, true));
        let other = held.count(vec![9]);
        assert!(!held.has_room());
        drop((again, rest, other));
        assert_eq!((held.bytes(), &part[..]), (4, &[1][..]));
        drop(part);
        assert_eq!(held.bytes(), 0);
    }
}
