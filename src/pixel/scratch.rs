//! Working memory lent to whoever works on a band, and taken back: as many pieces as threads, never more.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Pieces of working memory nobody uses at the moment.
#[derive(Debug, Default)]
pub(super) struct Scratch<T>(Mutex<Vec<T>>);

impl<T: Default> Scratch<T> {
    /// A piece in whatever state its last user left it, or a new one.
    pub(super) fn lend(&self) -> Lent<'_, T> {
        let piece = self.shelf().pop().unwrap_or_default();
        Lent { piece, home: self }
    }

    /// Every piece there is, once all are back.
    pub(super) fn into_pieces(self) -> Vec<T> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pieces stay usable when a thread died with the lock: pushing and popping leaves no half-done state.
    fn shelf(&self) -> MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Scratch<Vec<u16>> {
    /// Room for `samples` samples of any content.
    pub(super) fn lend_band(&self, samples: usize) -> Lent<'_, Vec<u16>> {
        let mut band = self.lend();
        band.resize(samples, 0);
        band
    }
}

/// A piece of working memory that goes home when dropped.
pub(super) struct Lent<'s, T: Default> {
    piece: T,
    home: &'s Scratch<T>,
}

impl<T: Default> Deref for Lent<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.piece
    }
}

impl<T: Default> DerefMut for Lent<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.piece
    }
}

impl<T: Default> Drop for Lent<'_, T> {
    fn drop(&mut self) {
        self.home.shelf().push(std::mem::take(&mut self.piece));
    }
}
