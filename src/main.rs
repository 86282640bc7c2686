//! The `trifocal` command: parse the command line, run one command.

use std::process::ExitCode;

use clap::Parser;
use trifocal::cli::Cli;
use trifocal::error::chain;
use trifocal::observe::logs;

/// Answers are made of many small pieces and a few very large ones; this allocator hands both out without locks
/// and gives memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            logs::last_words(&chain(&*error));
            ExitCode::FAILURE
        }
    }
}
