//! The `trifocal` command: parse the command line, run one command.

use std::process::ExitCode;

use clap::Parser;
use trifocal::cli::Cli;

/// Answers are made of many small pieces and a few very large ones; this allocator hands both out without locks
/// and gives memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    Cli::parse().run()
}
