//! Which HDU of a file.

use std::fmt;

/// Which HDU of a file: 0 is the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HduIndex(pub usize);

impl fmt::Display for HduIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HDU {}", self.0)
    }
}
