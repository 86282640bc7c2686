//! `trifocal check`: is everything there that the service needs? Changes nothing.

use std::error::Error;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::access::Access;
use crate::camera::Cameras;
use crate::catalogue::{Catalogue, Inspection};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::error::chain;
use crate::server;

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
        let clock = SystemClock::start();
        let mut findings = Findings { all_good: true };
        findings.note("settings", Ok("every key is known and makes sense".to_owned()));
        for (key, directory) in config.directories() {
            findings.note(&key, readable(directory));
        }
        findings.note("storage.work_dir", writable(&config.storage.work_dir));
        if !config.intercom.keep_directory.as_os_str().is_empty() {
            findings.note("intercom.keep_directory", writable(&config.intercom.keep_directory));
        }
        let database = Catalogue::inspect(&config.storage.database).await;
        findings.note("storage.database", database.map(said).map_err(|error| chain(&error)));
        for camera in &config.cameras {
            let understood = Cameras::check(camera, clock.clone());
            findings.tell(&format!("cameras.{}", camera.name), understood, "the source is understood");
        }
        if !config.cameras.is_empty() {
            findings.tell("cameras", Cameras::check_names(&config.cameras), "no two answer to the same name");
        }
        findings.tell("access", Access::new(&config.access, clock).map(drop), "somebody may come in");
        if config.server.tls.is_on() {
            let usable = server::check_certificate(&config.server.tls);
            findings.tell("server.tls", usable, "certificate and key belong together");
        }
        Ok(if findings.all_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Prints one line per thing looked at.
struct Findings {
    all_good: bool,
}

impl Findings {
    #[expect(clippy::print_stdout, reason = "the findings are what the command is for")]
    fn note(&mut self, key: &str, finding: Result<String, String>) {
        match finding {
            Ok(finding) => println!("ok    {key}: {finding}"),
            Err(problem) => {
                self.all_good = false;
                println!("WRONG {key}: {problem}");
            }
        }
    }

    fn tell<E: Error>(&mut self, key: &str, outcome: Result<(), E>, good: &str) {
        self.note(key, outcome.map(|()| good.to_owned()).map_err(|error| chain(&error)));
    }
}

fn said(inspection: Inspection) -> String {
    match inspection {
        Inspection::Absent => "not there yet; the first start creates it",
        Inspection::Old => "of an earlier version; the next start brings it up to date",
        Inspection::Current => "the catalogue answers",
    }
    .to_owned()
}

fn readable(directory: &Path) -> Result<String, String> {
    let shown = directory.display();
    match fs::read_dir(directory) {
        Ok(_) => Ok(format!("{shown} is readable")),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(format!("{shown} does not exist; create it, mount it, or change the key"))
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Err(format!("{shown} may not be read by this user; give it read and search permission"))
        }
        Err(error) => Err(format!("{shown}: {error}")),
    }
}

/// Whether files can be made in a directory or, where it is not there, in the nearest one above that is.
fn writable(directory: &Path) -> Result<String, String> {
    let shown = directory.display();
    let absolute = std::path::absolute(directory).map_err(|error| format!("{shown}: {error}"))?;
    let nearest = absolute.ancestors().find(|path| path.exists()).unwrap_or(&absolute);
    if !fs::metadata(nearest).is_ok_and(|found: Metadata| found.is_dir()) {
        return Err(format!("{} is not a directory", nearest.display()));
    }
    match rustix::fs::access(nearest, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK) {
        Ok(()) if nearest == absolute => Ok(format!("{shown} is writable")),
        Ok(()) => Ok(format!("{shown} is not there yet; the first start creates it")),
        Err(error) => Err(format!("{} cannot be written by this user: {error}", nearest.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_can_be_made_is_writable_and_one_below_a_file_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(writable(folder.path()).unwrap().ends_with("is writable"));
        assert!(writable(&folder.path().join("a/b")).unwrap().contains("creates it"));
        assert!(!folder.path().join("a").exists());
        assert!(writable(&file.join("a")).unwrap_err().ends_with("file is not a directory"));
        assert!(readable(&folder.path().join("a")).unwrap_err().contains("does not exist"));
    }
}
