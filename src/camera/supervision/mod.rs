//! Keeps a camera connected, knows how it is doing, and does what is due with each of its pictures.

mod chores;
pub(super) mod condition;
mod motion;
pub(super) mod supervisor;
