//! `trifocal check`: is everything there that `trifocal serve` will need?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::camera::Cameras;
use crate::catalogue::{Catalogue, Role};
use crate::clock::SystemClock;
use crate::config::Config;

/// Arguments of `trifocal check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Settings file; may be given several times, later ones win.
    #[arg(long, value_name = "FILE")]
    config: Vec<PathBuf>,
}

impl Check {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(&self.config)?;
        let mut findings = Findings::default();
        findings.good("settings", "every key is known and makes sense");
        for (key, directory) in config.directories() {
            match readable(directory) {
                Ok(()) => findings.good(&key, &format!("{} is readable", directory.display())),
                Err(problem) => findings.bad(&key, &problem),
            }
        }
        let clock = SystemClock::start();
        match Catalogue::open(&config.storage.database, Role::Command, clock.clone()).await {
            Ok(catalogue) => match catalogue.check().await {
                Ok(()) => findings.good("storage.database", "the catalogue answers"),
                Err(error) => findings.bad("storage.database", &error.to_string()),
            },
            Err(error) => findings.bad("storage.database", &error.to_string()),
        }
        for camera in &config.cameras {
            let key = format!("cameras.{}", camera.name);
            match Cameras::check(camera, clock.clone()) {
                Ok(()) => findings.good(&key, "the source is understood"),
                Err(error) => findings.bad(&key, &error.to_string()),
            }
        }
        Ok(if findings.all_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Prints one line per thing looked at.
struct Findings {
    all_good: bool,
}

impl Default for Findings {
    fn default() -> Self {
        Self { all_good: true }
    }
}

#[expect(clippy::print_stdout, reason = "the findings are what the command is for")]
impl Findings {
    #[expect(clippy::unused_self, reason = "reads as the counterpart of `bad`")]
    fn good(&self, key: &str, finding: &str) {
        println!("ok    {key}: {finding}");
    }

    fn bad(&mut self, key: &str, problem: &str) {
        self.all_good = false;
        println!("WRONG {key}: {problem}");
    }
}

fn readable(directory: &Path) -> Result<(), String> {
    let shown = directory.display();
    match std::fs::read_dir(directory) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(format!("{shown} does not exist; create it, mount it, or change the key"))
        }
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Err(format!("{shown} may not be read by this user; give it read and search permission"))
        }
        Err(error) => Err(format!("{shown}: {error}")),
    }
}
