//! The JPEG format itself: its markers, pictures cut out of streams, pictures made plain. Pixels are not looked at.

pub(super) mod normalise;
pub(super) mod segments;
pub(super) mod splitter;
mod standard_tables;
