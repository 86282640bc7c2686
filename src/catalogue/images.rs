//! Archive images: which image covers a point, which one a science id names.

use std::path::PathBuf;
use std::sync::Arc;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::frames::{FRAME_COLUMNS, FrameRecord, frame_columns, frame_from_row};
use super::remembered::Remembered;
use super::revision::Revision;
use super::sky_cell::SkyCell;
use super::{
    ArchiveId, Catalogue, CatalogueError, DataId, Dataset, Result, ScienceId, ScienceIdScheme, rows,
};
use crate::sky::{Footprint, SkyCoord, UnitVectorBox};

/// Where an image is on the sky.
#[derive(Clone, Debug, PartialEq)]
pub struct ImagePlace {
    /// Its centre, pixel ((NAXIS1 + 1) / 2, (NAXIS2 + 1) / 2).
    pub centre: SkyCoord,
    /// Its outline at the outer pixel edges; empty for a map that covers the sky.
    pub outline: Vec<SkyCoord>,
    /// Radius of a circle around the centre that covers it.
    pub radius_deg: f64,
    /// Side of a square pixel of the same area.
    pub pixel_scale_arcsec: f64,
}

impl ImagePlace {
    /// Its outline, to ask what it holds and touches.
    pub fn footprint(&self) -> Footprint {
        Footprint::restore(&self.outline, self.centre, self.radius_deg)
    }
}

/// What makes a frame an image of an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct NewImage {
    /// How the science id was made.
    pub scheme: ScienceIdScheme,
    /// The number that names it within its dataset.
    pub science_id: ScienceId,
    /// Filter; compared in any case.
    pub filter: String,
    /// Where it is, and the box of its unit vectors; `None` without celestial coordinates.
    pub place: Option<(ImagePlace, UnitVectorBox)>,
    /// Begin and end of the exposure as MJD, UTC.
    pub time_mjd: Option<(f64, f64)>,
    /// What else it covers.
    pub coverage: Coverage,
}

/// What an image covers beside the sky and the time of its exposure, as far as its header tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coverage {
    /// Whether it has more than one plane along a spectral, time or Stokes axis.
    pub is_cube: bool,
    /// Shortest and longest vacuum wavelength of a spectral axis, metres.
    pub em_m: Option<(f64, f64)>,
    /// Channels of the spectral axis.
    pub em_channels: Option<u64>,
    /// Stokes parameters or correlations between slashes: `/I/Q/`.
    pub polarisations: Option<String>,
    /// Planes of the Stokes axis.
    pub polarisation_planes: Option<u64>,
    /// Steps of the time axis.
    pub time_steps: Option<u64>,
    /// Full width at half maximum of the seeing.
    pub resolution_arcsec: Option<f64>,
}

/// An image of an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct ArchiveImage {
    /// The frame: archive, dataset, file, HDU, stamp, shape, target, instrument.
    pub frame: FrameRecord,
    /// The number that names it within its dataset.
    pub science_id: ScienceId,
    /// What its survey calls it.
    pub data_id: DataId,
    /// Filter, as first spelled in this archive.
    pub filter: String,
    /// Where it is; `None` without celestial coordinates.
    pub place: Option<ImagePlace>,
    /// Begin and end of the exposure as MJD, UTC.
    pub time_mjd: Option<(f64, f64)>,
    /// What else it covers.
    pub coverage: Coverage,
}

/// A file that holds the image of that science id already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The file that came first.
    pub first: PathBuf,
}

/// The columns `image_from_row` reads, from `image i join band b`, after `frame_columns!`.
macro_rules! image_columns {
    () => {
        concat!(
            frame_columns!(),
            ", i.scheme, i.science_id, b.name, i.ra_deg, i.dec_deg, i.outline, i.radius_deg, i.pixel_scale_arcsec, \
             i.begin_mjd, i.end_mjd, i.is_cube, i.em_min_m, i.em_max_m, i.em_xel, i.pol_states, i.pol_xel, \
             i.t_xel, i.resolution_arcsec"
        )
    };
}
pub(super) use image_columns;

/// How many columns that is.
const IMAGE_COLUMNS: usize = FRAME_COLUMNS + 18;

/// Outlines are stored as little-endian doubles: ra, dec, ra, dec, …
pub(super) fn outline_to_blob(outline: &[SkyCoord]) -> Vec<u8> {
    let angles = outline.iter().flat_map(|corner| [corner.ra_deg(), corner.dec_deg()]);
    angles.flat_map(f64::to_le_bytes).collect()
}

fn outline_from_blob(blob: &[u8]) -> Result<Vec<SkyCoord>> {
    let unexpected = CatalogueError::Unexpected("outline");
    let (corners, rest) = blob.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(unexpected);
    }
    let corner = |bytes: &[u8; 16]| {
        let (angles, _) = bytes.as_chunks::<8>();
        let [ra, dec] = angles else { return None };
        SkyCoord::new(f64::from_le_bytes(*ra), f64::from_le_bytes(*dec)).ok()
    };
    corners.iter().map(corner).collect::<Option<Vec<_>>>().ok_or(unexpected)
}

pub(super) fn image_from_row(row: &SqliteRow) -> Result<ArchiveImage> {
    const I: usize = FRAME_COLUMNS;
    let unexpected = |_| CatalogueError::Unexpected("science id");
    let scheme = ScienceIdScheme::try_from(row.try_get::<&str, _>(I)?).map_err(unexpected)?;
    let science_id = ScienceId::try_from(rows::unsigned::<u64>(row.try_get(I + 1)?, "science id")?);
    let science_id = science_id.map_err(unexpected)?;
    let centre: (Option<f64>, Option<f64>) = (row.try_get(I + 3)?, row.try_get(I + 4)?);
    let place = match centre {
        (Some(ra), Some(dec)) => Some(ImagePlace {
            centre: SkyCoord::new(ra, dec).map_err(|_| CatalogueError::Unexpected("centre"))?,
            outline: outline_from_blob(row.try_get(I + 5)?)?,
            radius_deg: row.try_get(I + 6)?,
            pixel_scale_arcsec: row.try_get(I + 7)?,
        }),
        _ => None,
    };
    let time: (Option<f64>, Option<f64>) = (row.try_get(I + 8)?, row.try_get(I + 9)?);
    Ok(ArchiveImage {
        frame: frame_from_row(row)?,
        science_id,
        data_id: scheme.decode(science_id).map_err(unexpected)?,
        filter: row.try_get(I + 2)?,
        place,
        time_mjd: time.0.zip(time.1),
        coverage: coverage_from_row(row, I + 10)?,
    })
}

fn coverage_from_row(row: &SqliteRow, first: usize) -> Result<Coverage> {
    let count = |column: usize| -> Result<Option<u64>> {
        row.try_get::<Option<i64>, _>(column)?.map(|count| rows::unsigned(count, "axis")).transpose()
    };
    let em: (Option<f64>, Option<f64>) = (row.try_get(first + 1)?, row.try_get(first + 2)?);
    Ok(Coverage {
        is_cube: row.try_get(first)?,
        em_m: em.0.zip(em.1),
        em_channels: count(first + 3)?,
        polarisations: row.try_get(first + 4)?,
        polarisation_planes: count(first + 5)?,
        time_steps: count(first + 6)?,
        resolution_arcsec: row.try_get(first + 7)?,
    })
}

fn candidate_from_row(row: &SqliteRow) -> Result<Candidate> {
    let edges = |from: usize| -> Result<[f64; 3]> {
        Ok([row.try_get(from)?, row.try_get(from + 1)?, row.try_get(from + 2)?])
    };
    let bounds = UnitVectorBox { min: edges(IMAGE_COLUMNS)?, max: edges(IMAGE_COLUMNS + 3)? };
    Ok(Candidate { image: Arc::new(image_from_row(row)?), bounds })
}

/// Distances that differ by less than this are equal.
const TIE_DEG: f64 = 1e-9;

/// An image that may hold a point.
#[derive(Clone, Debug)]
struct Candidate {
    image: Arc<ArchiveImage>,
    bounds: UnitVectorBox,
}

/// Where images are looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Neighbourhood {
    db: ArchiveId,
    dataset: Dataset,
    /// In lower case.
    filter: String,
    cell: SkyCell,
}

/// What was found lately, for requests that follow.
#[derive(Debug)]
pub(super) struct RememberedImages {
    near: Remembered<Neighbourhood, Arc<[Candidate]>>,
    named: Remembered<(ArchiveId, Dataset, ScienceId), Option<Arc<ArchiveImage>>>,
}

impl RememberedImages {
    /// Nothing yet.
    pub(super) fn new(revision: &Revision) -> Self {
        const IMAGE_BYTES: usize = 1024;
        const BUDGET_BYTES: u64 = 16 << 20;
        Self {
            near: Remembered::new(BUDGET_BYTES, revision.clone(), |near| IMAGE_BYTES * (1 + near.len())),
            named: Remembered::new(BUDGET_BYTES, revision.clone(), |_| IMAGE_BYTES),
        }
    }
}

impl Catalogue {
    /// The images of one filter whose bounding box holds the point, nearest centre first, ties by science id.
    /// The box is a little wider than the image: whether a pixel covers the point, only the WCS can say.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn candidates_at(
        &self,
        db: &ArchiveId,
        dataset: &Dataset,
        filter: &str,
        at: SkyCoord,
    ) -> Result<Vec<Arc<ArchiveImage>>> {
        let neighbourhood = Neighbourhood {
            db: db.clone(),
            dataset: dataset.clone(),
            filter: filter.trim().to_lowercase(),
            cell: SkyCell::of(at),
        };
        let near = self.images.near.answer(neighbourhood.clone(), self.images_near(&neighbourhood)).await?;
        let direction = at.unit_vector();
        let holding = near.iter().filter(|candidate| candidate.bounds.contains(direction));
        let mut images: Vec<_> = holding.map(|candidate| Arc::clone(&candidate.image)).collect();
        if images.len() > 1 {
            images.sort_by_cached_key(|image| {
                let distance = image.place.as_ref().map_or(360.0, |place| place.centre.separation_deg(at));
                ((distance / TIE_DEG).round() as i64, image.science_id)
            });
        }
        Ok(images)
    }

    async fn images_near(&self, wanted: &Neighbourhood) -> Result<Arc<[Candidate]>> {
        let sql = concat!(
            "select ",
            image_columns!(),
            ", x.x_min, x.y_min, x.z_min, x.x_max, x.y_max, x.z_max \
             from source s cross join band b cross join footprint_index x cross join image i \
             cross join frame f \
             where s.db = ?1 and s.dataset = ?2 and b.name = ?3 \
             and x.source_min <= s.id + 0.25 and x.source_max >= s.id + 0.25 \
             and x.band_min <= b.id + 0.25 and x.band_max >= b.id + 0.25 \
             and x.x_max >= ?4 and x.y_max >= ?5 and x.z_max >= ?6 \
             and x.x_min <= ?7 and x.y_min <= ?8 and x.z_min <= ?9 \
             and i.frame_id = x.frame_id and f.id = i.frame_id and f.state = 'ok'"
        );
        let mut query =
            sqlx::query(sql).bind(wanted.db.as_str()).bind(wanted.dataset.as_str()).bind(&wanted.filter);
        let cell = wanted.cell.bounds();
        for edge in cell.min.into_iter().chain(cell.max) {
            query = query.bind(edge);
        }
        let rows = query.fetch_all(&self.readers).await?;
        rows.iter().map(candidate_from_row).collect()
    }

    /// The image a science id names.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn image_by_science_id(
        &self,
        db: &ArchiveId,
        dataset: &Dataset,
        id: ScienceId,
    ) -> Result<Option<Arc<ArchiveImage>>> {
        let sql = concat!(
            "select ",
            image_columns!(),
            " from source s join image i on i.source_id = s.id and i.science_id = ?3 \
             join band b on b.id = i.band_id join frame f on f.id = i.frame_id and f.state = 'ok' \
             where s.db = ?1 and s.dataset = ?2"
        );
        let read = async {
            let query = sqlx::query(sql).bind(db.as_str()).bind(dataset.as_str()).bind(id.get() as i64);
            let row = query.fetch_optional(&self.readers).await?;
            Ok(row.as_ref().map(image_from_row).transpose()?.map(Arc::new))
        };
        self.images.named.answer((db.clone(), dataset.clone(), id), read).await
    }

    /// How many images a dataset holds.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn count_images(&self, db: &ArchiveId, dataset: &Dataset) -> Result<u64> {
        let sql = "select count(*) from source s join image i on i.source_id = s.id \
                   where s.db = ? and s.dataset = ?";
        let query = sqlx::query_scalar(sql).bind(db.as_str()).bind(dataset.as_str());
        rows::unsigned(query.fetch_one(&self.readers).await?, "count")
    }

    /// Every archive and dataset that was ever filled, by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn datasets(&self) -> Result<Vec<(ArchiveId, Dataset)>> {
        let unexpected = |_| CatalogueError::Unexpected("source");
        let sql = "select db, dataset from source where kind = 'archive' order by db, dataset";
        let rows = sqlx::query(sql).fetch_all(&self.readers).await?;
        let named = |row: &SqliteRow| {
            Ok((
                ArchiveId::try_from(row.try_get::<&str, _>(0)?).map_err(unexpected)?,
                Dataset::try_from(row.try_get::<&str, _>(1)?).map_err(unexpected)?,
            ))
        };
        rows.iter().map(named).collect()
    }
}

#[cfg(test)]
#[path = "images_tests.rs"]
mod tests;
