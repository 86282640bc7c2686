//! Which files the demo consists of and how each is made.

use std::fs::File;
use std::path::Path;
use std::time::SystemTime;

use chrono::{TimeZone, Utc};

use super::capture::Nebulae;
use super::night::Frame;
use super::survey::{COADDS, Coadd, EXPOSURES, Exposure, Storage};
use super::{Scale, capture, exposure, masked, night};
use crate::fits::create::{CreateError, FitsWriter, rice_copy};

/// A file of the demo.
#[derive(Debug)]
pub(super) struct PlannedFile {
    /// Below the demo's directory.
    pub path: String,
    content: Content,
}

/// How a file comes about.
#[derive(Debug)]
enum Content {
    Raw(Exposure),
    Calexp(Exposure, Storage),
    Coadd(Coadd),
    Night(Frame),
    /// The RICE-compressed copy of another planned file.
    Copy(String),
}

/// All files, those that take longest first, so that threads end together.
pub(super) fn plan() -> Vec<PlannedFile> {
    let calexps = EXPOSURES.iter().filter_map(|exposure| {
        let storage = exposure.calexp?;
        let name = format!("calexp-{}.{}", exposure.label(), storage.extension("fits"));
        Some(PlannedFile {
            path: format!("archive/calexp/{name}"),
            content: Content::Calexp(*exposure, storage),
        })
    });
    let raws = EXPOSURES.iter().map(|exposure| PlannedFile {
        path: format!("archive/raw/fpC-{}.{}", exposure.label(), exposure.raw.extension("fit")),
        content: Content::Raw(*exposure),
    });
    let coadds = COADDS.iter().map(|coadd| PlannedFile {
        path: format!("archive/deepCoadd/coadd-{}.{}", coadd.label(), coadd.storage.extension("fits")),
        content: Content::Coadd(*coadd),
    });
    let frames = night::frames().into_iter().map(|frame| PlannedFile {
        path: format!("captures/{}", frame.path()),
        content: Content::Night(frame),
    });
    let mut files: Vec<_> = calexps.chain(raws).chain(coadds).chain(frames).collect();
    let copies: Vec<_> = files.iter().filter_map(PlannedFile::compressed_copy).collect();
    files.extend(copies);
    files
}

impl Storage {
    /// File name extension of an image stored so.
    fn extension(self, plain: &str) -> String {
        match self {
            Self::Plain => plain.to_owned(),
            Self::Gzip => format!("{plain}.gz"),
            Self::Rice => format!("{plain}.fz"),
        }
    }
}

impl PlannedFile {
    /// Whether it needs the nebulae to be made.
    pub(super) fn is_light(&self) -> bool {
        matches!(&self.content, Content::Night(frame) if frame.geometry().is_some())
    }

    /// Whether it is made from another file.
    pub(super) fn is_copy(&self) -> bool {
        matches!(self.content, Content::Copy(_))
    }

    /// The copy in `calexp-rice` of a plain calibrated exposure.
    fn compressed_copy(&self) -> Option<Self> {
        let name = self.path.strip_prefix("archive/calexp/")?;
        matches!(self.content, Content::Calexp(_, Storage::Plain)).then(|| Self {
            path: format!("archive/calexp-rice/{name}.fz"),
            content: Content::Copy(self.path.clone()),
        })
    }

    /// Makes the file and says how many bytes it has.
    pub(super) fn write(
        &self,
        directory: &Path,
        scale: Scale,
        nebulae: Option<&Nebulae>,
    ) -> Result<u64, CreateError> {
        let path = directory.join(&self.path);
        let bytes = match &self.content {
            Content::Raw(frame) => store(&exposure::raw(frame, scale), frame.raw, &path),
            Content::Calexp(frame, storage) => store(&masked::calexp(frame, scale)?, *storage, &path),
            Content::Coadd(coadd) => store(&masked::coadd(coadd, scale)?, coadd.storage, &path),
            Content::Night(frame) => capture::frame(frame, nebulae, scale).write(&path),
            Content::Copy(source) => rice_copy(&directory.join(source), &path),
        }?;
        File::options().write(true).open(&path)?.set_modified(self.modified())?;
        Ok(bytes)
    }

    /// When the file would have been written: what says "modified" to clients is the same on every run, and
    /// nothing looks as if it were still being written.
    fn modified(&self) -> SystemTime {
        match &self.content {
            // Saved when the exposure ended, as on the capture computer.
            Content::Night(frame) => frame.saved().into(),
            _ => Utc.with_ymd_and_hms(2013, 10, 31, 0, 0, 0).single().expect("an existing date").into(),
        }
    }
}

fn store(writer: &FitsWriter, storage: Storage, path: &Path) -> Result<u64, CreateError> {
    match storage {
        Storage::Plain => writer.write(path),
        Storage::Gzip => writer.write_gzip(path),
        Storage::Rice => writer.write_rice(path),
    }
}
