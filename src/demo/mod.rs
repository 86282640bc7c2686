//! A small deterministic observatory: an archive, a night of frames, ready to be served.
//!
//! Every file shows the same synthetic sky (`sources`), so a star stands at the same right ascension and declination
//! in raw frames, calibrated exposures, coadds and the night's frames. Nothing depends on the time of day or on the
//! order of threads: the same version writes the same bytes.
//!
//! | dataset | science id | files |
//! |---|---|---|
//! | `raw` | `sdss-ccd` | `fpC-RRRRRR-fC-FFFF.fit` (two plain, six `.gz`, one tile-compressed `.fz`) |
//! | `calexp` | `sdss-ccd` | `calexp-RRRRRR-fC-FFFF.fits`; filter i of field 694 exists only as `.fits.fz` |
//! | `calexp-rice` | `sdss-ccd` | a RICE-compressed copy of every plain file of `calexp`, to compare the two |
//! | `deepCoadd` | `sdss-coadd` | `coadd-f-T-X,Y.fits`; patch 237,6 in g and i only as `.fits.fz` |
//!
//! No dataset holds two files of one data id. Which file answers which documented request: [`EXAMPLES`].

mod canvas;
mod capture;
mod distortion;
mod examples;
mod exposure;
mod geometry;
mod horizon;
mod manifest;
mod masked;
mod nebula;
mod night;
mod nina;
mod noise;
mod plan;
mod seed;
mod sensor;
mod settings;
mod sources;
mod survey;
#[cfg(test)]
mod tests;
mod turbulence;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

pub use examples::{EXAMPLES, Example};
pub use geometry::Direction;

use crate::error::{Classified, ErrorKind};
use crate::fits::create::CreateError;
use capture::Nebulae;
use manifest::State;
use plan::{PlannedFile, plan};

/// Repository id of the archive, the one the ImageServ examples use.
pub const ARCHIVE_ID: &str = "DC_W13_Stripe82";

/// How much is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Whole frames: about 264 MB.
    Full,
    /// The same files, ids and positions, each cut to the part the documented examples need: about 11 MB.
    Small,
}

/// Where the demo's files are, in the terms of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoSite {
    /// The directory NINA would save to.
    pub captures: PathBuf,
    /// The archive's repository id.
    pub archive_id: &'static str,
    /// The naming authority of its publisher ids.
    pub authority: &'static str,
    /// Its datasets.
    pub datasets: Vec<DemoDataset>,
    /// Files of the demo.
    pub files: usize,
    /// Bytes they take.
    pub bytes: u64,
}

/// A dataset of the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoDataset {
    /// Its name in requests.
    pub name: &'static str,
    /// Where its files are.
    pub directory: PathBuf,
    /// The scheme of its science ids, as the configuration spells it.
    pub science_id: &'static str,
}

/// How far the writing has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Files finished.
    pub done: usize,
    /// Files to be made in this run.
    pub total: usize,
    /// The file just finished, below the demo's directory.
    pub file: String,
}

/// Why the demo could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The directory cannot be made or written.
    #[error("the demo directory could not be written")]
    Directory(#[from] std::io::Error),
    /// A file cannot be made.
    #[error("a demo file could not be written")]
    File(#[from] CreateError),
}

impl Classified for DemoError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Internal
    }
}

/// Name, directory and science ids of the datasets.
const DATASETS: [(&str, &str); 4] =
    [("raw", "sdss-ccd"), ("calexp", "sdss-ccd"), ("deepCoadd", "sdss-coadd"), ("calexp-rice", "sdss-ccd")];

/// Writes the whole demo below `directory`, which is made if needed, and says where everything is. Files that are
/// already there are kept; when all are, nothing is written. `progress` is called from several threads.
///
/// # Errors
/// When the directory or a file cannot be written. A later run takes up where this one stopped.
pub fn write(directory: &Path, progress: impl Fn(Progress) + Sync) -> Result<DemoSite, DemoError> {
    write_scaled(directory, Scale::Full, progress)
}

/// As [`write()`], at a chosen scale.
///
/// # Errors
/// As [`write()`].
pub fn write_scaled(
    directory: &Path,
    scale: Scale,
    progress: impl Fn(Progress) + Sync,
) -> Result<DemoSite, DemoError> {
    std::fs::create_dir_all(directory)?;
    let plan = plan();
    let state = manifest::read(directory, scale);
    let size = |file: &PlannedFile| std::fs::metadata(directory.join(&file.path)).map(|m| m.len()).ok();
    let is_kept = |file: &PlannedFile| match &state {
        State::Foreign => false,
        State::Begun => size(file).is_some(),
        State::Finished(files) => size(file).is_some_and(|bytes| files.get(&file.path) == Some(&bytes)),
    };
    let (kept, missing): (Vec<_>, Vec<_>) = plan.iter().partition(|file| is_kept(file));
    let mut files: BTreeMap<String, u64> =
        kept.into_iter().filter_map(|file| Some((file.path.clone(), size(file)?))).collect();
    if !missing.is_empty() || state == State::Begun {
        manifest::begin(directory, scale)?;
        files.extend(make(directory, scale, &missing, &progress)?);
        manifest::finish(directory, scale, &files)?;
    }
    let archive = directory.join("archive");
    let dataset = |(name, science_id)| DemoDataset { name, directory: archive.join(name), science_id };
    Ok(DemoSite {
        captures: directory.join("captures"),
        archive_id: ARCHIVE_ID,
        authority: "example.org",
        datasets: DATASETS.into_iter().map(dataset).collect(),
        files: files.len(),
        bytes: files.values().sum(),
    })
}

/// Makes what is missing: first what is drawn, every file on its own thread, then the compressed copies of it.
fn make(
    directory: &Path,
    scale: Scale,
    missing: &[&PlannedFile],
    progress: &(impl Fn(Progress) + Sync),
) -> Result<BTreeMap<String, u64>, DemoError> {
    let folders: BTreeSet<_> = missing.iter().filter_map(|file| Path::new(&file.path).parent()).collect();
    for folder in folders {
        std::fs::create_dir_all(directory.join(folder))?;
    }
    // Computed before the files and by all threads: within a file's job, a thread that waits here could be handed
    // another file that waits for the same.
    let nebulae = missing.iter().any(|file| file.is_light()).then(|| Nebulae::at(scale));
    let done = AtomicUsize::new(0);
    let one = |file: &&PlannedFile| {
        let bytes = file.write(directory, scale, nebulae.as_ref())?;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress(Progress { done, total: missing.len(), file: file.path.clone() });
        Ok((file.path.clone(), bytes))
    };
    let (copies, drawn): (Vec<_>, Vec<_>) = missing.iter().partition(|file| file.is_copy());
    let mut files = BTreeMap::new();
    for phase in [drawn, copies] {
        // Without splitting into runs, threads take the files in order, the longest first.
        let made: Result<Vec<_>, DemoError> = phase.into_par_iter().with_max_len(1).map(one).collect();
        files.extend(made?);
    }
    Ok(files)
}
