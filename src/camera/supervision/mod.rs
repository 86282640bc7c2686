//! Keeps a camera connected, and does what is due with each of its pictures.

mod chores;
mod decoding;
mod motion;
pub(super) mod supervisor;
