//! `trifocal demo`: a small observatory, made and served.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;

use super::serve::until_stopped;
use crate::config::Config;
use crate::demo;
use crate::observe::logs;

/// Arguments of `trifocal demo`.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Where the observatory's files go; files that are there already are kept.
    #[arg(long, value_name = "DIR", default_value = "data/demo")]
    data_dir: PathBuf,
    /// Address and port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1888")]
    listen: SocketAddr,
}

#[expect(clippy::print_stdout, reason = "tells a newcomer what to do next")]
impl Demo {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        logs::start_quietly();
        let settings = self.data_dir.join("trifocal.toml");
        println!("Making a small observatory in {} ...", self.data_dir.display());
        let begun = Instant::now();
        let (directory, listen) = (self.data_dir.clone(), self.listen);
        let site = tokio::task::spawn_blocking(move || demo::write(&directory, |_| ())).await??;
        std::fs::write(&settings, site.settings(&self.data_dir, listen))?;
        let megabytes = site.bytes / 1_000_000;
        println!("{} files, {megabytes} MB, {:.1} s", site.files, begun.elapsed().as_secs_f64());
        let config = Config::load(std::slice::from_ref(&settings))?;
        until_stopped(config, move |address| {
            let base = format!("http://{address}");
            println!(
                "\nTrifocal is listening. Open {base}/ in a browser, or try\n\n  \
                 camera   {base}/api/camera/snapshot?width=640&height=480&fps=5\n  \
                 N.I.N.A. {base}/v2/api/image/0?autoPrepare=true&stream=true&quality=85\n  \
                 archive  {base}/api/image/v1/{}?ds=calexp&ra=37.644598&dec=0.104625&filter=r&width=100&height=100&unit=pixel\n\n\
                 The settings are in {}. Ctrl-C stops.",
                demo::ARCHIVE_ID,
                settings.display()
            );
        })
        .await
    }
}
