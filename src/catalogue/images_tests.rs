//! Which image covers a point.
