//! The configured archives, and which of their images a request means.

use std::path::PathBuf;
use std::sync::Arc;

use super::bands;
use crate::catalogue::{
    ArchiveId, ArchiveImage, Catalogue, CatalogueError, Dataset, ScienceId, ScienceIdScheme, SearchedDataset,
    SpectralBand,
};
use crate::ingest::ArchiveConfig;
use crate::render::{self, ContainingImage, Renderer};
use crate::sky::SkyCoord;

/// The archives, cheap to clone.
#[derive(Clone, Debug)]
pub struct Archives {
    configured: Arc<[ArchiveConfig]>,
    holdings: Arc<[Holding]>,
    catalogue: Arc<Catalogue>,
}

/// One dataset of one archive.
#[derive(Clone, Debug)]
pub struct Holding {
    /// The archive.
    pub archive: ArchiveId,
    /// The dataset within it.
    pub dataset: Dataset,
    /// How its science ids are made.
    pub scheme: ScienceIdScheme,
    /// First part of its dataset identifiers: `ivo://{authority}/{archive}`.
    pub ivoid: String,
    /// How far its images are reduced, 0 to 4 (ObsCore 1.1 §4.2).
    pub calibration_level: u8,
    /// What its images are more precisely than images.
    pub subtype: Option<String>,
    /// The telescope where headers name none.
    pub facility: Option<String>,
    /// The instrument where headers name none.
    pub instrument: Option<String>,
    /// What its filters let through.
    pub bands: Arc<[SpectralBand]>,
}

impl Holding {
    /// Publisher dataset identifier of an image of this dataset.
    pub fn publisher_did(&self, id: ScienceId) -> String {
        format!("{}?{}/{id}", self.ivoid, self.dataset)
    }

    /// The part of a path that names an image: `{archive}/{dataset}/{science id}`.
    pub fn path_of(&self, id: ScienceId) -> String {
        format!("{}/{}/{id}", self.archive, self.dataset)
    }

    /// The dataset as the catalogue searches it: only these images, or all of them when there are none.
    pub fn searched(&self, science_ids: Vec<ScienceId>) -> SearchedDataset {
        SearchedDataset {
            db: self.archive.clone(),
            dataset: self.dataset.clone(),
            bands: Arc::clone(&self.bands),
            facility: self.facility.clone(),
            instrument: self.instrument.clone(),
            science_ids,
        }
    }

    /// The wavelengths an image was taken in: its own, or those of its filter; metres.
    pub fn wavelengths_m(&self, image: &ArchiveImage) -> Option<(f64, f64)> {
        let named = |band: &&SpectralBand| band.filter.eq_ignore_ascii_case(image.filter.trim());
        image.coverage.em_m.or_else(|| self.bands.iter().find(named).map(|band| band.range_m))
    }
}

impl Archives {
    /// The archives of the settings over the images of the catalogue.
    pub fn new(configured: Vec<ArchiveConfig>, catalogue: Arc<Catalogue>) -> Self {
        let holdings = configured.iter().flat_map(holdings_of).collect();
        Self { configured: configured.into(), holdings, catalogue }
    }

    /// The archives in the order of the settings.
    pub fn configured(&self) -> &[ArchiveConfig] {
        &self.configured
    }

    /// A dataset by the names a request uses; dataset names are compared without regard to case.
    pub fn holding(&self, archive: &str, dataset: &str) -> Option<Holding> {
        let named = |holding: &&Holding| {
            holding.archive.as_str() == archive && holding.dataset.eq_ignore_ascii_case(dataset.trim())
        };
        self.holdings.iter().find(named).cloned()
    }

    /// Every dataset, in the order of the settings.
    pub fn holdings(&self) -> &[Holding] {
        &self.holdings
    }

    /// The index of what they hold.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// The first archive that has a dataset of this name.
    pub fn first_with(&self, dataset: &str) -> Option<&ArchiveId> {
        self.configured().iter().map(|archive| &archive.id).find(|id| self.holding(id, dataset).is_some())
    }

    /// The image with this science id.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn by_science_id(
        &self,
        holding: &Holding,
        id: ScienceId,
    ) -> Result<Option<Arc<ArchiveImage>>, CatalogueError> {
        self.catalogue.image_by_science_id(&holding.archive, &holding.dataset, id).await
    }

    /// The image of a filter that contains a point and whose centre is nearest to it by great circle; of two
    /// equally near ones the smaller science id. `None` when no image contains the point, however near one is.
    ///
    /// # Errors
    /// When the catalogue cannot be read or the service is too busy to look into files.
    pub async fn nearest(
        &self,
        holding: &Holding,
        filter: &str,
        point: SkyCoord,
        renderer: &Renderer,
    ) -> Result<Option<ContainingImage>, render::Error> {
        let candidates =
            self.catalogue.candidates_at(&holding.archive, &holding.dataset, filter, point).await?;
        renderer.first_containing(candidates, point).await
    }

    /// Whether the catalogue answers and every directory can be listed.
    pub async fn are_readable(&self) -> bool {
        let directories: Vec<PathBuf> = self
            .configured
            .iter()
            .flat_map(|archive| archive.datasets.iter().map(|dataset| dataset.directory.clone()))
            .collect();
        let listed =
            tokio::task::spawn_blocking(move || directories.iter().all(|path| path.read_dir().is_ok()));
        self.catalogue.check().await.is_ok() && listed.await.unwrap_or(false)
    }
}

fn holdings_of(archive: &ArchiveConfig) -> Vec<Holding> {
    let is_sdss = archive.datasets.iter().any(|dataset| dataset.science_id != ScienceIdScheme::Sequence);
    let bands = bands::of(&archive.bands, if is_sdss { &bands::SDSS } else { &[] });
    let of_sdss = |name: &str| is_sdss.then(|| name.to_owned());
    let holding = |dataset: &crate::ingest::DatasetConfig| Holding {
        archive: archive.id.clone(),
        dataset: dataset.name.clone(),
        scheme: dataset.science_id,
        ivoid: format!("ivo://{}/{}", archive.authority, archive.id),
        calibration_level: dataset.calibration_level(),
        // The schemes of SDSS are those of LSST's processing of it, whose kinds of images have these names.
        subtype: dataset.subtype.clone().or_else(|| of_sdss(&format!("lsst.{}", dataset.name))),
        facility: archive.facility.clone().or_else(|| of_sdss("SDSS")),
        instrument: archive.instrument.clone().or_else(|| of_sdss("SDSS Camera")),
        bands: Arc::clone(&bands),
    };
    archive.datasets.iter().map(holding).collect()
}
