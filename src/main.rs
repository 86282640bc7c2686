//! The `trifocal` command: parse the command line, run one command.

use std::process::ExitCode;

use clap::Parser;
use trifocal::cli::Cli;

/// Answers are made of many small pieces and a few very large ones; this allocator hands both out without locks
/// and gives memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
