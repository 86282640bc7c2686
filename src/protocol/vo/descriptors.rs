//! Descriptors of our services in answers of others: how to get the links of a row, how to cut a dataset.

use super::archives::Holding;
use super::obscore::{DATALINK, FITS, PRIMARY_ID};
use super::resources::{Resources, encoded};
use super::soda::descriptor::{ASYNC_STANDARD, Extent, SYNC_STANDARD, inputs};
use super::votable::{Datatype, Param, Role, ServiceDescriptor};
use crate::catalogue::ArchiveImage;

/// The standard of links.
pub const LINKS: &str = "ivo://ivoa.net/std/DataLink#links-1.1";

/// What a cutout service takes: for the rows of a search, or for one dataset with the values it has.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// The dataset of a row: its identifier stands in the column [`PRIMARY_ID`].
    Row,
    /// This dataset.
    Dataset(&'a Holding, &'a ArchiveImage),
}

/// How to cut a dataset, at once and as a job. `number` tells descriptors of one document apart.
pub fn cutouts(resources: &Resources, subject: Subject<'_>, number: usize) -> [ServiceDescriptor; 2] {
    let inputs = cutout_inputs(subject);
    let example = match subject {
        Subject::Dataset(holding, image) => example_circle(image).map(|circle| {
            let did = encoded(&holding.publisher_did(image.science_id));
            format!("{}?ID={did}&CIRCLE={}", resources.service("sync"), encoded(&circle))
        }),
        Subject::Row => None,
    };
    let descriptor = |role, id: String, name, description: &str, service, standard_id| ServiceDescriptor {
        role,
        id,
        name,
        description: description.to_owned(),
        access_url: resources.service(service),
        standard_id,
        content_type: FITS,
        example_url: None,
        inputs: inputs.clone(),
    };
    let role = Role::Service;
    let sync =
        descriptor(role, format!("soda-{number}"), "cutout", "Part of an image", "sync", SYNC_STANDARD);
    let asynchronous = descriptor(
        role,
        format!("soda-async-{number}"),
        "cutout-async",
        "Parts of images, made by a job",
        "async",
        ASYNC_STANDARD,
    );
    [ServiceDescriptor { example_url: example, ..sync }, asynchronous]
}

/// A small circle in the middle of an image: `ra dec radius`.
pub fn example_circle(image: &ArchiveImage) -> Option<String> {
    let place = image.place.as_ref()?;
    let radius = (20.0 * place.pixel_scale_arcsec / 3600.0).min(place.radius_deg).min(180.0);
    Some(format!("{:.6} {:.6} {radius:.6}", place.centre.ra_deg(), place.centre.dec_deg()))
}

/// The parameters of a cutout with what the dataset allows (SODA 1.0 §4.2).
fn cutout_inputs(subject: Subject<'_>) -> Vec<Param> {
    let id = Param::input("ID", Datatype::Text, "meta.ref.url;meta.curation")
        .description("Identifier of the dataset");
    match subject {
        Subject::Row => inputs(id.from_column(PRIMARY_ID), None),
        Subject::Dataset(holding, image) => {
            inputs(id.value(holding.publisher_did(image.science_id)), Some(&extent(holding, image)))
        }
    }
}

/// What an image covers.
fn extent(holding: &Holding, image: &ArchiveImage) -> Extent {
    let place = image.place.as_ref();
    let states = image.coverage.polarisations.as_deref().unwrap_or_default();
    Extent {
        circle: place.map(|place| (place.centre, place.radius_deg.min(180.0))),
        outline: place
            .map(|place| place.outline.clone())
            .filter(|outline| outline.len() >= 3)
            .unwrap_or_default(),
        wavelength_m: holding.wavelengths_m(image),
        mjd: image.time_mjd,
        polarizations: states.split('/').filter(|state| !state.is_empty()).map(str::to_owned).collect(),
    }
}

/// How to get the links of a row of a search.
pub fn links(resources: &Resources) -> ServiceDescriptor {
    ServiceDescriptor {
        role: Role::Service,
        id: "links".to_owned(),
        name: "links",
        description: "What there is to each dataset".to_owned(),
        access_url: resources.service("links"),
        standard_id: LINKS,
        content_type: DATALINK,
        example_url: None,
        inputs: vec![
            Param::input("ID", Datatype::Text, "meta.id;meta.main")
                .from_column(PRIMARY_ID)
                .description("Identifier of the dataset"),
        ],
    }
}
