//! `trifocal serve`: the service, until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::clock::SystemClock;
use crate::config::Config;
use crate::observe::logs;
use crate::server::Service;

/// Arguments of `trifocal serve`.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Settings file; may be given several times, later ones win.
    #[arg(long, value_name = "FILE")]
    config: Vec<PathBuf>,
    /// Address and port, instead of the one in the settings.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        logs::start();
        let mut config = Config::load(&self.config)?;
        config.server.listen = self.listen.unwrap_or(config.server.listen);
        until_stopped(config, |_| ()).await
    }
}

/// Runs the service until it is asked to stop (SIGTERM, Ctrl-C). When it has seen all its files, `on_ready` is told
/// the address it listens on.
pub(super) async fn until_stopped(
    config: Config,
    on_ready: impl FnOnce(SocketAddr) + Send + 'static,
) -> anyhow::Result<ExitCode> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut service = Service::start(config, SystemClock::start()).await?;
    let (ready, address) = (service.ready(), service.address());
    tokio::spawn(async move {
        ready.await;
        on_ready(address);
    });
    let asked = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
        failed = service.failed() => return Err(failed.into()),
    };
    tracing::info!(signal = asked, "stopping");
    service.stop().await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}
