//! `trifocal healthcheck`: for the container engine.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use reqwest::Client;

/// Arguments of `trifocal healthcheck`.
#[derive(Debug, Args)]
pub(super) struct Healthcheck {
    /// What to ask.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:1888/healthz")]
    url: String,
}

const PATIENCE: Duration = Duration::from_secs(3);

impl Healthcheck {
    #[expect(clippy::print_stderr, reason = "a command's answer to whoever runs it")]
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let client = Client::builder().timeout(PATIENCE).no_proxy().build()?;
        match client.get(&self.url).send().await.and_then(reqwest::Response::error_for_status) {
            Ok(_) => Ok(ExitCode::SUCCESS),
            Err(error) => {
                eprintln!("not healthy: {error}");
                Ok(ExitCode::FAILURE)
            }
        }
    }
}
