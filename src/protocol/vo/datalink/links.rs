//! The rows of a links table: everything there is to a dataset.

use std::cmp::Ordering;

use super::link::{Link, Target};
use super::planes::{self, Plane};
use crate::catalogue::{ArchiveImage, ScienceIdScheme};
use crate::protocol::vo::Vo;
use crate::protocol::vo::archives::Holding;
use crate::protocol::vo::dali::Fault;
use crate::protocol::vo::descriptors::{self, Subject};
use crate::protocol::vo::obscore::{self, DATALINK, FITS};
use crate::protocol::vo::preview;
use crate::protocol::vo::resources::Resources;
use crate::protocol::vo::votable::ServiceDescriptor;

/// Links being collected, and the descriptors their rows refer to.
pub(super) struct Links<'a> {
    vo: &'a Vo,
    resources: &'a Resources,
    needs_credentials: bool,
    descriptors: Vec<ServiceDescriptor>,
}

/// A dataset whose links are wanted.
struct Dataset<'a> {
    /// As the client named it.
    id: &'a str,
    holding: &'a Holding,
    image: &'a ArchiveImage,
    needs_credentials: bool,
}

impl Dataset<'_> {
    fn link(
        &self,
        target: Target,
        semantics: &'static str,
        local_semantics: &'static str,
        description: &'static str,
    ) -> Link {
        Link {
            id: self.id.to_owned(),
            target,
            description,
            semantics,
            local_semantics,
            content_type: None,
            bytes: None,
            qualifier: None,
            needs_credentials: self.needs_credentials,
        }
    }

    /// A term of the vocabulary of product types.
    fn product_type(&self) -> &'static str {
        if obscore::product_type(self.image) == "cube" { "#cube" } else { "#image" }
    }
}

impl<'a> Links<'a> {
    /// None yet; `needs_credentials` says whether whoever follows them is asked who they are.
    pub(super) fn new(vo: &'a Vo, resources: &'a Resources, needs_credentials: bool) -> Self {
        Self { vo, resources, needs_credentials, descriptors: Vec::new() }
    }

    pub(super) fn into_descriptors(self) -> Vec<ServiceDescriptor> {
        self.descriptors
    }

    /// The rows of an identifier; one that says so when there is no such dataset or its file cannot be read.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub(super) async fn of(&mut self, id: &str) -> Result<Vec<Link>, Fault> {
        let Some((holding, image)) = self.vo.images.archives.image_named(id).await? else {
            return Ok(vec![Link::failure(id, format!("NotFoundFault: no dataset is called {id}"))]);
        };
        let file = match self.vo.images.renderer.open(image.frame.path.clone()).await {
            Ok(file) => file,
            Err(error) => return Ok(vec![Link::failure(id, Fault::of(&error).discovery_text())]),
        };
        let dataset =
            Dataset { id, holding: &holding, image: &image, needs_credentials: self.needs_credentials };
        let data = self.resources.data(&holding, image.science_id);
        let mut rows = vec![Link {
            content_type: Some(FITS),
            bytes: Some(file.fits.byte_len()),
            qualifier: Some(dataset.product_type()),
            ..dataset.link(Target::Address(data.clone()), "#this", "file", "The whole image")
        }];
        if image.place.is_some() {
            rows.extend(self.cutouts(&dataset));
        }
        rows.extend(self.pictures(&dataset));
        rows.extend(self.relatives(&dataset).await?);
        let planes = planes::beside(&file.fits, image.frame.facts.hdu).into_iter();
        rows.extend(planes.map(|Plane { semantics, local_semantics, fragment, description }| {
            let target = Target::Address(format!("{data}#{fragment}"));
            let link = dataset.link(target, semantics, local_semantics, description);
            Link { content_type: Some(FITS), ..link }
        }));
        let examples = Target::Address(self.resources.service("examples"));
        rows.push(Link {
            content_type: Some("application/xhtml+xml"),
            ..dataset.link(examples, "#documentation", "doc", "Examples of our services")
        });
        Ok(rows)
    }

    /// The services that cut it, and their descriptors.
    fn cutouts(&mut self, dataset: &Dataset<'_>) -> [Link; 2] {
        let number = self.descriptors.len() / 2 + 1;
        let subject = Subject::Dataset(dataset.holding, dataset.image);
        let services = descriptors::cutouts(self.resources, subject, number);
        let [sync, asynchronous] = services.each_ref().map(|service| Target::Service(service.id.clone()));
        self.descriptors.extend(services);
        [
            dataset.link(sync, "#cutout", "cutout", "Part of the image"),
            dataset.link(asynchronous, "#cutout", "cutout-async", "Parts of the image, by a job"),
        ]
        .map(|link| Link {
            content_type: Some(FITS),
            qualifier: Some(dataset.product_type()),
            ..link
        })
    }

    /// Pictures of it.
    fn pictures(&self, dataset: &Dataset<'_>) -> [Link; 2] {
        [
            (preview::LARGE_PX, "#preview", "preview", "A picture of it"),
            (preview::SMALL_PX, "#thumbnail", "thumbnail", "A small picture of it"),
        ]
        .map(|(size, semantics, local_semantics, description)| {
            let picture = self.resources.preview(dataset.holding, dataset.image.science_id, size);
            let link = dataset.link(Target::Address(picture), semantics, local_semantics, description);
            Link { content_type: Some("image/png"), ..link }
        })
    }

    /// The links of other reductions of the same exposure.
    async fn relatives(&self, dataset: &Dataset<'_>) -> Result<Vec<Link>, Fault> {
        let Dataset { holding, image, .. } = dataset;
        if holding.scheme == ScienceIdScheme::Sequence {
            // Numbers of different datasets have nothing to do with each other.
            return Ok(Vec::new());
        }
        let archives = &self.vo.images.archives;
        let is_sibling =
            |other: &&Holding| other.archive == holding.archive && other.scheme == holding.scheme;
        let mut relatives = Vec::new();
        for other in archives.holdings().iter().filter(is_sibling) {
            let (semantics, local_semantics, description) =
                match other.calibration_level.cmp(&holding.calibration_level) {
                    Ordering::Less => ("#progenitor", "raw", "What it was made from"),
                    Ordering::Greater => ("#derivation", "calibrated", "What was made from it"),
                    Ordering::Equal => continue,
                };
            if archives.by_science_id(other, image.science_id).await?.is_some() {
                let links = self.resources.links_of(&other.publisher_did(image.science_id));
                let link = dataset.link(Target::Address(links), semantics, local_semantics, description);
                relatives.push(Link { content_type: Some(DATALINK), ..link });
            }
        }
        Ok(relatives)
    }
}
