//! What a crop of an image does to headers: coordinates, sections and distortion tables stay true of the part.

mod lookup;
mod sections;
mod template;

pub(super) use lookup::{Reference, moved};
pub(super) use template::Template;

use crate::pixel::AxisRun;

/// The runs of a cut, by the number of the axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crop<'a>(pub(super) &'a [AxisRun]);

impl Crop<'_> {
    /// The run along an axis, 1 for columns; `None` when it stays whole.
    pub(super) fn run(self, axis: usize) -> Option<AxisRun> {
        self.0.get(axis.checked_sub(1)?).copied()
    }

    /// First pixel along an axis, 0-based.
    pub(super) fn offset(self, axis: usize) -> i64 {
        self.run(axis).map_or(0, |run| run.start)
    }
}
