//! `trifocal password`: what a settings file holds instead of a password or a token.

use std::io::BufRead;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use crate::access;

/// Arguments of `trifocal password`.
#[derive(Debug, Args)]
pub(super) struct Password {
    /// The user's name.
    name: String,
    /// The realm of the settings.
    #[arg(long, default_value = "Trifocal")]
    realm: String,
    /// Make the hash of a bearer token instead.
    #[arg(long)]
    token: bool,
}

impl Password {
    #[expect(clippy::print_stdout, reason = "the hash is what the command is for")]
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let mut secret = String::new();
        std::io::stdin().lock().read_line(&mut secret).context("the secret is read from standard input")?;
        let secret = secret.trim_end_matches(['\r', '\n']);
        anyhow::ensure!(!secret.is_empty(), "give the secret on standard input, as one line");
        if self.token {
            println!("token_hash = \"{}\"", access::token_hash(secret));
        } else {
            println!("password_hash = \"{}\"", access::password_hash(&self.name, &self.realm, secret));
        }
        Ok(ExitCode::SUCCESS)
    }
}
