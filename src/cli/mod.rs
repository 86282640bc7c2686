//! The commands of the binary, one file each.

mod check;
#[cfg(feature = "camera-raw")]
mod decode_raw;
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
    /// Read the camera raw on standard input; for the service itself.
    #[cfg(feature = "camera-raw")]
    #[command(hide = true)]
    DecodeRaw(decode_raw::DecodeRaw),
}

impl Cli {
    /// Runs the command; what makes it fail is said on standard error.
    pub fn run(self) -> ExitCode {
        let ended = match self.command {
            Command::Serve(serve) => wait_for(serve.run()),
            Command::Demo(demo) => wait_for(demo.run()),
            Command::Ingest(ingest) => wait_for(ingest.run()),
            Command::Check(check) => wait_for(check.run()),
            Command::Healthcheck(healthcheck) => wait_for(healthcheck.run()),
            Command::Password(password) => password.run(),
            #[cfg(feature = "camera-raw")]
            Command::DecodeRaw(decode_raw) => decode_raw.run(),
        };
        ended.unwrap_or_else(|error| {
            logs::last_words(&chain(&*error));
            ExitCode::FAILURE
        })
    }
}

/// Runs a command that waits for the network or for files.
fn wait_for(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(command)
}
