//! The real service as a child process, on a free port, with its own directory.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::process::{Background, free_port};

/// How long the service may take to say that it is ready (it scans its directories first).
const START: Duration = Duration::from_secs(90);

/// A running `trifocal serve` and a client for it.
#[derive(Debug)]
pub(crate) struct Gateway {
    process: Background,
    base: String,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl Gateway {
    /// Starts the service in `directory` with `settings` (TOML without `[server]` and `[storage]`) and waits
    /// until it is ready.
    ///
    /// # Errors
    /// When it ends or does not become ready in time; its last words are in the error.
    pub(crate) fn start(directory: &Path, settings: &str) -> anyhow::Result<Self> {
        let port = free_port()?;
        let file = directory.join("trifocal.toml");
        let data = directory.join("data");
        fs::create_dir_all(&data)?;
        fs::write(
            &file,
            format!(
                "[server]\nlisten = \"127.0.0.1:{port}\"\n[storage]\ndatabase = \"sqlite://{data}/trifocal.db\"\n\
                 work_dir = \"{data}\"\n{settings}",
                data = data.display()
            ),
        )?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_trifocal"));
        command.arg("serve").arg("--config").arg(&file).current_dir(directory).env("RUST_LOG", "warn");
        let process = Background::start(&mut command, &directory.join("trifocal.log"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut gateway = Self {
            process,
            base: format!("http://127.0.0.1:{port}"),
            client: reqwest::Client::new(),
            runtime,
        };
        gateway.wait_until_ready()?;
        Ok(gateway)
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START;
        while self.fetch("/readyz").is_err() {
            if self.process.has_ended() || Instant::now() > deadline {
                bail!("trifocal did not become ready; its last words: {}", self.process.last_words());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// `http://host:port`.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The body of a 200 answer.
    ///
    /// # Errors
    /// Every other outcome.
    pub(crate) fn fetch(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let url = format!("{}{path}", self.base);
        self.runtime.block_on(async {
            let answer = self.client.get(&url).send().await?;
            let status = answer.status();
            let body = answer.bytes().await?;
            ensure!(
                status == 200,
                "{path} answered {status}: {}",
                String::from_utf8_lossy(&body[..body.len().min(200)])
            );
            Ok(body.to_vec())
        })
    }

    /// How long [`Self::fetch`] of each path takes, one after the other.
    ///
    /// # Errors
    /// The first that fails.
    pub(crate) fn time(&self, paths: impl IntoIterator<Item = String>) -> anyhow::Result<Vec<Duration>> {
        let timed = paths.into_iter().map(|path| {
            let started = Instant::now();
            self.fetch(&path).context("timing an answer")?;
            Ok(started.elapsed())
        });
        timed.collect()
    }

    /// Processor seconds the service has used so far.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        self.process.cpu_seconds()
    }
}
