//! What the types of the settings cannot express: ranges, and values that must fit each other.

use super::{Config, Error};
use crate::catalogue::NINA_ARCHIVE;
use crate::ingest::ArchiveConfig;

/// What the HTTP server takes.
const MOST_WORKERS: u64 = 512;
/// More than any machine has; its bytes can still be counted.
const MOST_MIB: u64 = 1 << 33;
/// A century: times in nanoseconds end in 2262.
const MOST_DAYS: u64 = 36_500;
const SECONDS_OF_A_YEAR: f64 = 31_557_600.0;

impl Config {
    /// Checks what types cannot express.
    ///
    /// # Errors
    /// [`Error::Impossible`] naming the first key that cannot be meant.
    pub fn validated(self) -> Result<Self, Error> {
        let nina = &self.nina;
        check("nina.stretch_factor", (0.0..=1.0).contains(&nina.stretch_factor), || {
            format!("{} is not between 0 and 1", nina.stretch_factor)
        })?;
        check("nina.black_clipping", nina.black_clipping.is_finite(), || "must be a finite number".into())?;
        for (key, seconds) in [
            ("ingest.settle_seconds", self.ingest.settle_seconds),
            ("ingest.poll_seconds", self.ingest.poll_seconds),
            ("nina.ping_seconds", self.nina.ping_seconds),
        ] {
            check(key, (0.001..=SECONDS_OF_A_YEAR).contains(&seconds), || {
                format!("{seconds} is not a number of seconds between 0.001 and a year")
            })?;
        }
        check("nina.companion_listen", self.nina.companion_address().is_ok(), || {
            format!("'{}' is not an address with a port, such as 0.0.0.0:5000", self.nina.companion_listen)
        })?;
        check("storage.database", self.storage.database.starts_with("sqlite:"), || {
            format!("'{}' does not begin with sqlite:", self.storage.database)
        })?;
        let area = self.vo.cutout_square_degrees;
        check("vo.cutout_square_degrees", area > 0.0, || format!("{area} is not above 0"))?;
        check("limits.cutout_pixels", self.limits.cutout_pixels > 0, || "must be at least 1".into())?;
        let url = &self.server.public_url;
        check(
            "server.public_url",
            url.is_empty() || url.starts_with("http://") || url.starts_with("https://"),
            || format!("'{url}' does not begin with http:// or https://"),
        )?;
        self.check_amounts()?;
        self.check_archives()?;
        self.check_bands()?;
        Ok(self)
    }

    fn check_amounts(&self) -> Result<(), Error> {
        let (server, jobs) = (&self.server, &self.jobs);
        for (key, amount, most) in [
            ("server.workers", server.workers as u64, MOST_WORKERS),
            ("cache.frames_mib", self.cache.frames_mib, MOST_MIB),
            ("cache.renditions_mib", self.cache.renditions_mib, MOST_MIB),
            ("cache.thumbnails_mib", self.cache.thumbnails_mib, MOST_MIB),
            ("jobs.scratch_mib", jobs.scratch_mib, MOST_MIB),
            ("jobs.keep_days", jobs.keep_days.into(), MOST_DAYS),
            ("jobs.most_keep_days", jobs.most_keep_days.into(), MOST_DAYS),
        ] {
            check(key, amount <= most, || format!("{amount} is above {most}"))?;
        }
        for (key, amount) in [
            ("nina.listeners", self.nina.listeners),
            ("nina.listener_queue", self.nina.listener_queue),
            ("jobs.workers", jobs.workers),
            ("jobs.queued", jobs.queued),
            ("jobs.attempts", jobs.attempts as usize),
        ] {
            check(key, amount > 0, || "must be at least 1".to_owned())?;
        }
        Ok(())
    }

    fn check_archives(&self) -> Result<(), Error> {
        for (number, archive) in self.archives.iter().enumerate() {
            let known = |other: &ArchiveConfig| other.id == archive.id;
            check("archives.id", self.archives.iter().position(known) == Some(number), || {
                format!("'{}' is given twice", archive.id)
            })?;
            check("archives.id", !archive.id.eq_ignore_ascii_case(NINA_ARCHIVE), || {
                format!("'{}' is the name of the captures", archive.id)
            })?;
        }
        Ok(())
    }

    fn check_bands(&self) -> Result<(), Error> {
        let of_archives = self.archives.iter().flat_map(|archive| &archive.bands);
        for band in self.vo.bands.iter().chain(of_archives) {
            check(
                "bands",
                0.0 < band.from_nm && band.from_nm < band.to_nm && band.to_nm.is_finite(),
                || format!("'{}' must let through from a shorter to a longer wavelength", band.filter),
            )?;
        }
        check("vo.usual_rows", self.vo.usual_rows <= self.vo.most_rows, || {
            "must not be above vo.most_rows".into()
        })
    }
}

fn check(key: &str, holds: bool, problem: impl FnOnce() -> String) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::Impossible { key: key.into(), problem: problem() }) }
}
