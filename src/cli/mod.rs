//! The commands of the binary, one file each.

mod check;
mod demo;
mod healthcheck;
mod ingest;
mod password;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::chain;
use crate::observe::logs;

/// One image gateway, three dialects: N.I.N.A. frames, Virtual Observatory cutouts, intercom cameras.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service.
    Serve(serve::Serve),
    /// Make a small observatory and serve it: nothing to configure.
    Demo(demo::Demo),
    /// Look through the directories once and catalogue what is there.
    Ingest(ingest::Ingest),
    /// Check settings, directories, database and cameras; say what is wrong and how to mend it.
    Check(check::Check),
    /// Ask a running service whether it is alive (exit code 0) or not (1).
    Healthcheck(healthcheck::Healthcheck),
    /// Make what the settings hold instead of a password, from one line of standard input.
    Password(password::Password),
}

impl Cli {
    /// Runs the command; what makes it fail is said on standard error.
    pub fn run(self) -> ExitCode {
        let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return failed(&error.into()),
        };
        let ended = match self.command {
            Command::Serve(serve) => runtime.block_on(serve.run()),
            Command::Demo(demo) => runtime.block_on(demo.run()),
            Command::Ingest(ingest) => runtime.block_on(ingest.run()),
            Command::Check(check) => runtime.block_on(check.run()),
            Command::Healthcheck(healthcheck) => runtime.block_on(healthcheck.run()),
            Command::Password(password) => password.run(),
        };
        ended.unwrap_or_else(|error| failed(&error))
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    logs::last_words(&chain(&**error));
    ExitCode::FAILURE
}
