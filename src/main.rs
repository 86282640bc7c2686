//! The `trifocal` command: parse the command line, run one command.

use std::process::ExitCode;

use clap::Parser;
use trifocal::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
