//! The `trifocal` command.

fn main() {}
