//! `trifocal ingest`: one look through the directories.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::catalogue::{Catalogue, Role};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::ingest::{ClockZone, Progress, ScanReport, Scanner, Source};

/// Arguments of `trifocal ingest`.
#[derive(Debug, Args)]
pub(super) struct Ingest {
    /// Settings file; may be given several times, later ones win.
    #[arg(long, value_name = "FILE")]
    config: Vec<PathBuf>,
    /// What to look through: `nina`, an archive id, or `archive/dataset`; everything if none is given.
    #[arg(value_name = "COLLECTION")]
    collections: Vec<String>,
}

impl Ingest {
    /// Exit code 1 if any file was rejected.
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(&self.config)?;
        let sources = self.chosen(Source::all(&config.captures(), &config.archives))?;
        let clock = SystemClock::start();
        let catalogue = Catalogue::open(&config.storage.database, Role::Command, clock.clone()).await?;
        let scanner = Scanner::new(catalogue.clone(), config.limits.decoding(), ClockZone::Machine, clock)?;
        let mut rejected = 0;
        for source in &sources {
            let bar = Bar::new(&source.origin.to_string());
            let report = scanner.scan(source, None, &bar).await?;
            bar.0.finish_and_clear();
            print(&report);
            rejected += report.rejected.len() + report.still_rejected.len();
        }
        catalogue.close().await;
        Ok(if rejected == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn chosen(&self, sources: Vec<Source>) -> anyhow::Result<Vec<Source>> {
        if self.collections.is_empty() {
            return Ok(sources);
        }
        let names = |source: &Source, name: &str| {
            let origin = source.origin.to_string();
            origin.eq_ignore_ascii_case(name) || origin.split('/').next() == Some(name)
        };
        for name in &self.collections {
            if !sources.iter().any(|source| names(source, name)) {
                let known: Vec<_> = sources.iter().map(|source| source.origin.to_string()).collect();
                bail!("no collection '{name}' in the settings; there are: {}", known.join(", "));
            }
        }
        Ok(sources
            .into_iter()
            .filter(|source| self.collections.iter().any(|name| names(source, name)))
            .collect())
    }
}

#[expect(clippy::print_stdout, reason = "the report is what the command is for")]
fn print(report: &ScanReport) {
    println!(
        "{}: {} added, {} changed, {} removed, {} rejected, {} unchanged",
        report.origin,
        report.added.len(),
        report.changed.len(),
        report.removed.len(),
        report.rejected.len() + report.still_rejected.len(),
        report.unchanged
    );
    for file in report.rejected.iter().chain(&report.still_rejected) {
        println!("  rejected {}: {}", file.path.display(), file.reason);
    }
    for directory in &report.absent {
        println!("  not there: {} (what is known of its files is kept)", directory.display());
    }
    for problem in &report.problems {
        println!("  {problem}");
    }
}

/// A progress bar on a terminal, nothing elsewhere.
struct Bar(ProgressBar);

impl Bar {
    fn new(name: &str) -> Self {
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{prefix} [{wide_bar}] {pos}/{len} {per_sec} {eta}")
            .expect("a well-formed template");
        Self(bar.with_style(style).with_prefix(name.to_owned()))
    }
}

impl Progress for Bar {
    fn planned(&self, files: u64) {
        self.0.inc_length(files);
    }

    fn advanced(&self, files: u64) {
        self.0.inc(files);
    }
}
