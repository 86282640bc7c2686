//! Searches by what images cover: places through the R*Tree and then exactly, everything else by conditions on rows.
//!
//! A search reads one dataset in the order of science ids, a page at a time, so that an answer of any length takes
//! the memory of one page.

use std::sync::Arc;

use sqlx::{QueryBuilder, Sqlite};

use super::frames::frame_columns;
use super::images::{image_columns, image_from_row};
use super::{ArchiveId, ArchiveImage, Catalogue, Dataset, Interval, Result, ScienceId};
use crate::sky::Region;

/// Rows read at once.
const PAGE: usize = 256;
/// Different values of a column that are worth telling.
const MOST_VALUES: i64 = 100;

/// What images are wanted: of each list, an empty one allows everything, otherwise one of its values must fit. A
/// value an image does not have never fits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageSearch {
    /// Their footprint touches one of these.
    pub regions: Vec<Region>,
    /// Their wavelengths overlap one of these, metres.
    pub wavelengths_m: Vec<Interval>,
    /// Their exposure overlaps one of these, MJD UTC.
    pub times_mjd: Vec<Interval>,
    /// They have one of these Stokes parameters or correlations.
    pub polarisations: Vec<String>,
    /// Diameter of the circle that covers them, degrees.
    pub fields_of_view_deg: Vec<Interval>,
    /// Full width at half maximum of the seeing.
    pub resolutions_arcsec: Vec<Interval>,
    /// Wavelength divided by the range of wavelengths.
    pub resolving_powers: Vec<Interval>,
    /// Length of the exposure.
    pub exposures_s: Vec<Interval>,
    /// Telescope.
    pub facilities: Vec<String>,
    /// Instrument.
    pub instruments: Vec<String>,
    /// Target.
    pub targets: Vec<String>,
    /// Whether they are cubes.
    pub is_cube: Option<bool>,
}

/// The wavelengths a filter lets through.
#[derive(Clone, Debug, PartialEq)]
pub struct SpectralBand {
    /// Name of the filter, in any case.
    pub filter: String,
    /// The shortest and the longest, metres.
    pub range_m: (f64, f64),
}

impl SpectralBand {
    /// Wavelength divided by the range of wavelengths.
    pub fn resolving_power((shortest, longest): (f64, f64)) -> f64 {
        f64::midpoint(shortest, longest) / (longest - shortest)
    }
}

/// A dataset to be searched, and what its headers leave to the settings.
#[derive(Clone, Debug)]
pub struct SearchedDataset {
    /// Its archive.
    pub db: ArchiveId,
    /// Its name.
    pub dataset: Dataset,
    /// What its filters let through.
    pub bands: Arc<[SpectralBand]>,
    /// The telescope where the header names none.
    pub facility: Option<String>,
    /// The instrument where the header names none.
    pub instrument: Option<String>,
    /// Only these images; empty for all.
    pub science_ids: Vec<ScienceId>,
}

/// A search under way.
#[derive(Debug)]
pub struct Search {
    catalogue: Arc<Catalogue>,
    dataset: SearchedDataset,
    wanted: Arc<ImageSearch>,
    position: Position,
}

#[derive(Debug)]
enum Position {
    /// Nothing was read yet.
    Start,
    /// Science ids above this one are to be read.
    After(i64),
    /// These frames are to be read, in the order of their science ids, from a place in the list on.
    Listed(Vec<i64>, usize),
    /// Everything was read.
    End,
}

impl Catalogue {
    /// Begins to search a dataset.
    pub fn search(self: &Arc<Self>, dataset: SearchedDataset, wanted: Arc<ImageSearch>) -> Search {
        Search { catalogue: Arc::clone(self), dataset, wanted, position: Position::Start }
    }

    /// Telescopes and instruments named by the headers of a dataset, at most a hundred of each.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn equipment(&self, db: &ArchiveId, dataset: &Dataset) -> Result<(Vec<String>, Vec<String>)> {
        let mut names = [Vec::new(), Vec::new()];
        for (column, names) in ["telescope", "instrument"].into_iter().zip(&mut names) {
            let mut query = QueryBuilder::<Sqlite>::new("select distinct f.");
            query.push(column);
            query.push(" from source s join image i on i.source_id = s.id join frame f on f.id = i.frame_id where s.db = ");
            query.push_bind(db.as_str()).push(" and s.dataset = ").push_bind(dataset.as_str());
            query.push(" and f.").push(column).push(" is not null order by 1 limit ").push_bind(MOST_VALUES);
            *names = query.build_query_scalar().fetch_all(&self.readers).await?;
        }
        let [telescopes, instruments] = names;
        Ok((telescopes, instruments))
    }
}

impl Search {
    /// The dataset that is searched.
    pub fn dataset(&self) -> &SearchedDataset {
        &self.dataset
    }

    /// The next images, in the order of their science ids; perhaps none although there are more to come. `None`
    /// when all were read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn next_page(&mut self) -> Result<Option<Vec<ArchiveImage>>> {
        if let Position::Start = self.position {
            self.position = match self.catalogue.candidates(&self.dataset, &self.wanted).await? {
                Some(frames) => Position::Listed(frames, 0),
                None => Position::After(-1),
            };
        }
        let mut query = QueryBuilder::<Sqlite>::new(concat!("select ", image_columns!()));
        query.push(
            " from image i cross join source s cross join band b cross join frame f \
             where s.id = i.source_id and b.id = i.band_id and f.id = i.frame_id and f.state = 'ok' and ",
        );
        // Listed frames are found by their numbers, everything else in the order of the index on source and
        // science id; a plus sign keeps an index from being considered.
        let is_listed = matches!(self.position, Position::Listed(..));
        query.push(if is_listed { "+i.source_id" } else { "i.source_id" });
        query.push(" = (select id from source where db = ").push_bind(self.dataset.db.as_str());
        query.push(" and dataset = ").push_bind(self.dataset.dataset.as_str()).push(")");
        match &mut self.position {
            Position::Start | Position::End => return Ok(None),
            Position::After(id) => {
                query.push(" and i.science_id > ").push_bind(*id);
            }
            Position::Listed(frames, next) => {
                let page = frames.get(*next..).unwrap_or_default();
                let page = &page[..page.len().min(PAGE)];
                if page.is_empty() {
                    self.position = Position::End;
                    return Ok(None);
                }
                let list = page.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
                *next += page.len();
                query.push(" and i.frame_id in (select value from json_each(").push_bind(format!("[{list}]"));
                query.push("))");
            }
        }
        self.push_conditions(&mut query);
        query.push(if is_listed { " order by +i.science_id" } else { " order by i.science_id" });
        query.push(" limit ").push_bind(PAGE as i64);
        let rows = query.build().fetch_all(&self.catalogue.readers).await?;
        let mut images = rows.iter().map(image_from_row).collect::<Result<Vec<_>>>()?;
        if let Position::After(id) = &mut self.position {
            match images.last() {
                Some(last) if images.len() == PAGE => *id = last.science_id.get() as i64,
                _ => self.position = Position::End,
            }
        }
        images.retain(|image| self.touches(image));
        Ok(Some(images))
    }

    /// Whether an image's footprint touches one of the regions.
    fn touches(&self, image: &ArchiveImage) -> bool {
        let regions = &self.wanted.regions;
        if regions.is_empty() {
            return true;
        }
        let Some(place) = &image.place else { return false };
        let footprint = place.footprint();
        regions.iter().any(|region| footprint.intersects(region))
    }

    fn push_conditions(&self, query: &mut QueryBuilder<Sqlite>) {
        let wanted = &self.wanted;
        push_any(query, &wanted.times_mjd, |query, time| {
            query.push("i.begin_mjd <= ").push_bind(time.high).push(" and i.end_mjd >= ").push_bind(time.low);
        });
        push_between(query, &wanted.fields_of_view_deg, "2 * i.radius_deg");
        push_between(query, &wanted.resolutions_arcsec, "i.resolution_arcsec");
        push_between(query, &wanted.exposures_s, "f.exposure_s");
        push_any(query, &wanted.polarisations, |query, state| {
            query.push("instr(i.pol_states, ").push_bind(format!("/{state}/")).push(") > 0");
        });
        for (values, column, default) in [
            (&wanted.facilities, "f.telescope", self.dataset.facility.as_deref()),
            (&wanted.instruments, "f.instrument", self.dataset.instrument.as_deref()),
            (&wanted.targets, "f.target", None),
        ] {
            push_any(query, values, |query, value| {
                query.push("coalesce(").push(column).push(", ").push_bind(default);
                query.push(") = ").push_bind(value.as_str());
            });
        }
        if let Some(is_cube) = wanted.is_cube {
            query.push(" and i.is_cube = ").push_bind(is_cube);
        }
        self.push_spectrum(query);
        push_any(query, &self.dataset.science_ids, |query, id| {
            query.push("i.science_id = ").push_bind(id.get() as i64);
        });
    }

    /// Conditions on wavelengths: those of the header, or those of the filter where it tells none.
    fn push_spectrum(&self, query: &mut QueryBuilder<Sqlite>) {
        let own = "(i.em_min_m + i.em_max_m) / 2 / (i.em_max_m - i.em_min_m)";
        let bands = self.dataset.bands.as_ref();
        push_any(query, &self.wanted.wavelengths_m, |query, wanted| {
            query.push("(i.em_min_m <= ").push_bind(wanted.high);
            query.push(" and i.em_max_m >= ").push_bind(wanted.low).push(") or ");
            let fits = |band: &&SpectralBand| wanted.intersects(band.range_m.0, band.range_m.1);
            push_filters(query, bands.iter().filter(fits));
        });
        push_any(query, &self.wanted.resolving_powers, |query, wanted| {
            query.push(own).push(" between ").push_bind(wanted.low);
            query.push(" and ").push_bind(wanted.high).push(" or ");
            let fits = |band: &&SpectralBand| wanted.contains(SpectralBand::resolving_power(band.range_m));
            push_filters(query, bands.iter().filter(fits));
        });
    }
}

/// `and (… or …)`: one of the values must fit, or there are none.
fn push_any<T>(
    query: &mut QueryBuilder<Sqlite>,
    values: &[T],
    mut push: impl FnMut(&mut QueryBuilder<Sqlite>, &T),
) {
    for (number, value) in values.iter().enumerate() {
        query.push(if number == 0 { " and (" } else { " or " });
        push(query, value);
    }
    if !values.is_empty() {
        query.push(")");
    }
}

fn push_between(query: &mut QueryBuilder<Sqlite>, values: &[Interval], what: &'static str) {
    push_any(query, values, |query, wanted| {
        query.push(what).push(" between ").push_bind(wanted.low).push(" and ").push_bind(wanted.high);
    });
}

/// An image without a spectral axis, taken through one of these filters.
fn push_filters<'a>(query: &mut QueryBuilder<Sqlite>, bands: impl Iterator<Item = &'a SpectralBand>) {
    query.push("(i.em_min_m is null and b.name in (");
    let mut names = query.separated(", ");
    // Nothing equals null: without a band nothing is found.
    names.push("null");
    for band in bands {
        names.push_bind(band.filter.as_str());
    }
    query.push("))");
}

#[cfg(test)]
#[path = "discovery_tests.rs"]
mod tests;
