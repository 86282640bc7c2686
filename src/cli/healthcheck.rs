//! `trifocal healthcheck`: for the container engine.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::{StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::error::chain;

/// Arguments of `trifocal healthcheck`.
#[derive(Debug, Args)]
pub(super) struct Healthcheck {
    /// What to ask, http only.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:1888/healthz")]
    url: Uri,
}

const PATIENCE: Duration = Duration::from_secs(3);

impl Healthcheck {
    #[expect(clippy::print_stderr, reason = "a command's answer to whoever runs it")]
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        let problem = match tokio::time::timeout(PATIENCE, client.get(self.url)).await {
            Ok(Ok(answer)) if answer.status() == StatusCode::OK => return Ok(ExitCode::SUCCESS),
            Ok(Ok(answer)) => format!("it answered {}", answer.status()),
            Ok(Err(error)) => chain(&error),
            Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
        };
        eprintln!("not healthy: {problem}");
        Ok(ExitCode::FAILURE)
    }
}
