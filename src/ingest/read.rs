//! One file becomes what the catalogue keeps of it. Everything read here comes from strangers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::archive_image::{self, NoIdentity, Parts};
use super::cards::Cards;
use super::coverage;
use super::exposure_time::started_at;
use super::measure;
use super::read_error::ReadError;
use super::saved_frame::{self, ClockZone, SavedFile};
use super::source::{Reading, Source};
use crate::catalogue::{
    FrameFacts, FrameStatistics, FrameType, ImagePlace, NewHistoryEntry, NewImage, ScienceIdScheme,
};
use crate::fits::{FitsError, FitsFile, Hdu, HduKind};
use crate::image_file;
use crate::pixel::Limits;
use crate::sky::{Footprint, UnitVectorBox, Wcs};

/// What a file told.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadFrame {
    /// Of the frame itself.
    pub facts: FrameFacts,
    /// Of what it is to its origin.
    pub content: Content,
}

/// What a frame is to its origin.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// An entry of the N.I.N.A. history, and an image among those of the archives when its header says where on
    /// the sky it is.
    History(Box<NewHistoryEntry>, Box<FrameStatistics>, Option<Box<NewImage>>),
    /// An image of an archive.
    Image(Box<NewImage>),
}

/// How files are read.
#[derive(Clone, Copy, Debug)]
pub struct ReadRules {
    /// What a file may cost.
    pub limits: Limits,
    /// The zone of headers that do not tell theirs.
    pub zone: ClockZone,
}

/// Reads what a source keeps of a file: for the history with the statistics of its samples, which reads them all.
///
/// # Errors
/// The reason the file cannot be shown.
pub fn read(source: &Source, path: &Path, rules: &ReadRules) -> Result<ReadFrame, ReadError> {
    catch_unwind(AssertUnwindSafe(|| read_file(source, path, rules))).unwrap_or(Err(ReadError::Panicked))
}

/// When the frame in a file was saved, for putting files in order; by the file's own time if it cannot be read.
pub fn saved_at(source: &Source, path: &Path, rules: &ReadRules) -> Option<DateTime<Utc>> {
    catch_unwind(AssertUnwindSafe(|| {
        let file = image_file::open(path, &rules.limits).ok()?;
        let hdu = image_hdu(&file)?;
        let saved = read_saved_frame(source, &file, hdu, rules);
        Some(saved.entry.saved_at.to_utc())
    }))
    .unwrap_or(None)
}

fn read_file(source: &Source, path: &Path, rules: &ReadRules) -> Result<ReadFrame, ReadError> {
    if path.to_str().is_none() {
        return Err(ReadError::Name);
    }
    let file = Arc::new(image_file::open(path, &rules.limits)?);
    file.ensure_complete()?;
    let hdu = image_hdu(&file).ok_or(ReadError::NoImage)?;
    let (facts, content) = match &source.reading {
        Reading::History => {
            let mut saved = read_saved_frame(source, &file, hdu, rules);
            let statistics = measure::statistics(&file, hdu.index, saved.bayer_pattern)?;
            if matches!(saved.entry.image_type, FrameType::Light | FrameType::Snapshot) {
                let field = measure::stars(&file, hdu.index, saved.bayer_pattern)?;
                saved.entry.stars = Some(field.stars.len() as i64);
                saved.entry.hfr = Some(field.half_flux_radius());
                saved.entry.hfr_standard_deviation = Some(field.half_flux_radius_deviation());
            }
            let mut facts = facts(&file, hdu)?;
            facts.started_at = saved.started_at;
            facts.exposure_s = saved.exposure_s;
            facts.filter = saved.filter;
            facts.bayer_pattern = saved.bayer_pattern;
            let image = image_of_saved(source, &file, hdu, &facts)?.map(Box::new);
            (facts, Content::History(Box::new(saved.entry), Box::new(statistics), image))
        }
        Reading::Image { scheme, pattern, cards: names } => {
            let relative = source.relative(path);
            let parts = Parts::of(pattern.parts(&relative), cards(&file, hdu), names);
            let data_id = archive_image::data_id(*scheme, &parts, &relative)?;
            let mut facts = facts(&file, hdu)?;
            let filter = data_id.filter().map(|filter| filter.to_string());
            facts.filter = filter.or(facts.filter);
            let image = NewImage {
                scheme: *scheme,
                science_id: scheme.encode(&data_id).map_err(NoIdentity::from)?,
                filter: facts.filter.clone().unwrap_or_default(),
                place: place(hdu),
                time_mjd: archive_image::time_mjd(facts.started_at, facts.exposure_s),
                coverage: coverage::of(&cards(&file, hdu), hdu),
            };
            (facts, Content::Image(Box::new(image)))
        }
    };
    if file.is_current() { Ok(ReadFrame { facts, content }) } else { Err(ReadError::Changed) }
}

/// A saved frame as an image, if it is known where on the sky it is. Its number is made of its path, so that it is
/// the same when the catalogue is made anew.
fn image_of_saved(
    source: &Source,
    file: &FitsFile,
    hdu: &Hdu,
    facts: &FrameFacts,
) -> Result<Option<NewImage>, ReadError> {
    let Some(place) = place(hdu) else { return Ok(None) };
    let relative = source.relative(file.path());
    Ok(Some(NewImage {
        scheme: ScienceIdScheme::Sequence,
        science_id: archive_image::number_of_path(&relative).map_err(NoIdentity::from)?,
        filter: facts.filter.clone().unwrap_or_default(),
        place: Some(place),
        time_mjd: archive_image::time_mjd(facts.started_at, facts.exposure_s),
        coverage: coverage::of(&cards(file, hdu), hdu),
    }))
}

/// The first HDU with pixels.
fn image_hdu(file: &FitsFile) -> Option<&Hdu> {
    file.hdus().iter().find(|hdu| hdu.image.is_some())
}

fn cards<'a>(file: &'a FitsFile, hdu: &'a Hdu) -> Cards<'a> {
    let primary = file.hdus().first().filter(|primary| primary.index != hdu.index);
    Cards::new(&hdu.header, primary.map(|primary| &primary.header))
}

fn read_saved_frame(
    source: &Source,
    file: &FitsFile,
    hdu: &Hdu,
    rules: &ReadRules,
) -> saved_frame::SavedFrame {
    let saved_file = SavedFile {
        relative_path: &source.relative(file.path()),
        modified_at: DateTime::from_timestamp_nanos(file.stamp().modified_ns),
        zone: rules.zone,
    };
    let (rows, planes) = hdu.image.as_ref().map_or((0, 1), |image| (image.height(), image.planes()));
    saved_frame::read(&cards(file, hdu), &saved_file, rows, planes == 1)
}

fn facts(file: &FitsFile, hdu: &Hdu) -> Result<FrameFacts, FitsError> {
    let image = hdu.image()?;
    let cards = cards(file, hdu);
    // Only in a file that is stored as it is do offsets mean something to others.
    let is_direct = hdu.kind == HduKind::Image && !file.is_unpacked();
    Ok(FrameFacts {
        stamp: file.stamp(),
        digest: cards.digest(),
        hdu: hdu.index,
        columns: image.width() as u64,
        rows: image.height() as u64,
        planes: image.planes() as u64,
        bitpix: image.bitpix.code(),
        data_offset: is_direct.then_some(hdu.data_offset),
        started_at: started_at(&cards),
        exposure_s: cards.exposure_s(),
        filter: cards.text("FILTER"),
        target: cards.text("OBJECT"),
        instrument: cards.text("INSTRUME"),
        telescope: cards.text("TELESCOP"),
        bayer_pattern: None,
    })
}

/// Where an image is on the sky; `None` when its header does not say so in a way that can be computed.
fn place(hdu: &Hdu) -> Option<(ImagePlace, UnitVectorBox)> {
    let image = hdu.image.as_ref()?;
    let wcs = Wcs::parse(hdu.header.raw_bytes()).ok()?;
    let [width, height] = wcs.celestial_axes().map(|axis| image.axes.get(axis - 1).copied().unwrap_or(0));
    let footprint = Footprint::of(&wcs, width, height)?;
    let place = ImagePlace {
        centre: footprint.centre(),
        outline: footprint.vertices().to_vec(),
        radius_deg: footprint.radius_deg(),
        pixel_scale_arcsec: wcs.pixel_scale_deg() * 3600.0,
    };
    Some((place, footprint.unit_vector_box()))
}
