//! The rows of a links table.

use super::planes::{self, Plane};
use crate::catalogue::{ArchiveImage, ScienceId, ScienceIdScheme};
use crate::error::chain;
use crate::protocol::vo::Vo;
use crate::protocol::vo::archives::Holding;
use crate::protocol::vo::dali::Fault;
use crate::protocol::vo::descriptors::{self, Subject};
use crate::protocol::vo::obscore::{self, DATALINK, FITS};
use crate::protocol::vo::preview;
use crate::protocol::vo::resources::Resources;
use crate::protocol::vo::votable::{Datatype, Field, ServiceDescriptor, Value};

/// The columns (DataLink 1.1 §3.2).
pub(super) static COLUMNS: [Field; 12] = [
    Field::new("ID", Datatype::Text, "meta.id;meta.main").description("The dataset that was asked for"),
    Field::new("access_url", Datatype::Text, "meta.ref.url").description("Where the linked resource is"),
    Field::new("service_def", Datatype::Text, "meta.ref").description("The descriptor of the linked service"),
    Field::new("error_message", Datatype::Text, "meta.code.error").description("Why there is no link"),
    Field::new("description", Datatype::Text, "meta.note").description("What the link leads to"),
    Field::new("semantics", Datatype::Text, "meta.code").description("What it is to the dataset"),
    Field::new("content_type", Datatype::Text, "meta.code.mime").description("Its media type"),
    Field::new("content_length", Datatype::Long, "phys.size;meta.file").unit("byte").description("Its size"),
    Field::new("content_qualifier", Datatype::Text, "").description("Its kind of product"),
    Field::new("local_semantics", Datatype::Text, "meta.id.assoc")
        .description("Our name for this kind of link"),
    Field::new("link_auth", Datatype::Text, "meta.code").description("Whether it needs credentials"),
    Field::new("link_authorized", Datatype::Boolean, "meta.code").description("Whether yours would do"),
];

/// Where a link leads.
#[derive(Debug)]
enum Target {
    Address(String),
    Service(String),
    Failure(String),
}

/// A row.
#[derive(Debug)]
pub(super) struct Link {
    id: String,
    target: Target,
    description: String,
    semantics: &'static str,
    content_type: Option<&'static str>,
    bytes: Option<u64>,
    qualifier: Option<&'static str>,
    local_semantics: Option<&'static str>,
}

impl Link {
    pub(super) fn values(&self) -> [Value<'_>; 12] {
        let of =
            |target: Option<&'_ String>| target.map_or(Value::Null, |text| Value::Text(text.clone().into()));
        let (address, service, failure) = match &self.target {
            Target::Address(address) => (Some(address), None, None),
            Target::Service(service) => (None, Some(service), None),
            Target::Failure(failure) => (None, None, Some(failure)),
        };
        let is_link = failure.is_none();
        [
            Value::Text(self.id.as_str().into()),
            of(address),
            of(service),
            of(failure),
            Value::Text(self.description.as_str().into()),
            Value::Text(self.semantics.into()),
            Value::text(self.content_type),
            Value::integer(self.bytes),
            Value::text(self.qualifier),
            Value::text(self.local_semantics),
            if is_link { Value::Text("false".into()) } else { Value::Null },
            if is_link { Value::Boolean(true) } else { Value::Null },
        ]
    }
}

/// Links being collected, and the descriptors their rows refer to.
pub(super) struct Links<'a> {
    vo: &'a Vo,
    resources: &'a Resources,
    descriptors: Vec<ServiceDescriptor>,
}

impl<'a> Links<'a> {
    pub(super) fn new(vo: &'a Vo, resources: &'a Resources) -> Self {
        Self { vo, resources, descriptors: Vec::new() }
    }

    pub(super) fn into_descriptors(self) -> Vec<ServiceDescriptor> {
        self.descriptors
    }

    /// The rows of an identifier; one that says so when there is no such dataset.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub(super) async fn of(&mut self, id: &str) -> Result<Vec<Link>, Fault> {
        let Some((holding, image)) = self.vo.images.archives.image_named(id).await? else {
            return Ok(vec![failure(id, format!("NotFoundFault: no dataset is called {id}"))]);
        };
        let number = image.science_id;
        let opened = self.vo.images.renderer.open(image.frame.path.clone()).await;
        let (bytes, planes) = match opened {
            Ok(file) => (file.fits.byte_len(), planes::beside(&file.fits, image.frame.facts.hdu)),
            Err(error) => {
                tracing::warn!(%id, error = %chain(&error), "links of a file that cannot be opened");
                return Ok(vec![failure(id, format!("FatalFault: {error}"))]);
            }
        };
        let link = |target, description: &str, semantics| Link {
            id: id.to_owned(),
            target,
            description: description.to_owned(),
            semantics,
            content_type: None,
            bytes: None,
            qualifier: None,
            local_semantics: None,
        };
        let data = self.resources.data(&holding, number);
        let product = if obscore::product_type(&image) == "cube" { "#cube" } else { "#image" };
        let mut rows = vec![Link {
            content_type: Some(FITS),
            bytes: Some(bytes),
            qualifier: Some(product),
            local_semantics: Some("file"),
            ..link(Target::Address(data.clone()), "The whole image", "#this")
        }];
        if image.place.is_some() {
            rows.extend(self.cutouts(&holding, &image).into_iter().map(|(service, description, local)| {
                Link {
                    content_type: Some(FITS),
                    qualifier: Some(product),
                    local_semantics: Some(local),
                    ..link(Target::Service(service), description, "#cutout")
                }
            }));
        }
        for (size, semantics, local, description) in [
            (preview::LARGE_PX, "#preview", "preview", "A picture of it"),
            (preview::SMALL_PX, "#thumbnail", "thumbnail", "A small picture of it"),
        ] {
            rows.push(Link {
                content_type: Some("image/png"),
                local_semantics: Some(local),
                ..link(
                    Target::Address(self.resources.preview(&holding, number, size)),
                    description,
                    semantics,
                )
            });
        }
        for (relative, semantics, local, description) in self.relatives(&holding, &image).await? {
            rows.push(Link {
                content_type: Some(DATALINK),
                local_semantics: Some(local),
                ..link(Target::Address(self.resources.links_of(&relative)), description, semantics)
            });
        }
        rows.extend(planes.into_iter().map(|Plane { semantics, local_semantics, fragment, description }| {
            Link {
                content_type: Some(FITS),
                local_semantics: Some(local_semantics),
                ..link(Target::Address(format!("{data}#{fragment}")), description, semantics)
            }
        }));
        rows.push(Link {
            content_type: Some("application/xhtml+xml"),
            local_semantics: Some("doc"),
            ..link(
                Target::Address(self.resources.service("examples")),
                "Examples of our services",
                "#documentation",
            )
        });
        Ok(rows)
    }

    /// Adds the descriptors of the services that cut an image; gives what their rows say.
    fn cutouts(
        &mut self,
        holding: &Holding,
        image: &ArchiveImage,
    ) -> [(String, &'static str, &'static str); 2] {
        let number = self.descriptors.len() / 2 + 1;
        let services = descriptors::cutouts(self.resources, Subject::Dataset(holding, image), number);
        let [sync, asynchronous] = services.each_ref().map(|service| service.id.clone());
        self.descriptors.extend(services);
        [
            (sync, "Part of the image", "cutout"),
            (asynchronous, "Parts of the image, by a job", "cutout-async"),
        ]
    }

    /// Other reductions of the same exposure: identifier, relation, our name, description.
    async fn relatives(
        &self,
        holding: &Holding,
        image: &ArchiveImage,
    ) -> Result<Vec<(String, &'static str, &'static str, &'static str)>, Fault> {
        if holding.scheme == ScienceIdScheme::Sequence {
            // Numbers of different datasets have nothing to do with each other.
            return Ok(Vec::new());
        }
        let mut relatives = Vec::new();
        for other in self.vo.images.archives.holdings() {
            let is_sibling = other.archive == holding.archive && other.scheme == holding.scheme;
            let (semantics, local, description) =
                match other.calibration_level.cmp(&holding.calibration_level) {
                    _ if !is_sibling => continue,
                    std::cmp::Ordering::Less => ("#progenitor", "raw", "What it was made from"),
                    std::cmp::Ordering::Greater => ("#derivation", "calibrated", "What was made from it"),
                    std::cmp::Ordering::Equal => continue,
                };
            if self.is_held(other, image.science_id).await? {
                relatives.push((other.publisher_did(image.science_id), semantics, local, description));
            }
        }
        Ok(relatives)
    }

    async fn is_held(&self, holding: &Holding, id: ScienceId) -> Result<bool, Fault> {
        Ok(self.vo.images.archives.by_science_id(holding, id).await?.is_some())
    }
}

/// The row of a dataset there is nothing to say of.
fn failure(id: &str, message: String) -> Link {
    Link {
        id: id.to_owned(),
        target: Target::Failure(message),
        description: String::new(),
        semantics: "#this",
        content_type: None,
        bytes: None,
        qualifier: None,
        local_semantics: None,
    }
}
