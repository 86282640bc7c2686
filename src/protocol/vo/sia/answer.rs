//! The table of images, sent while it is read: the answer takes the memory of a page, however long it is.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::stream;

use super::request::SiaRequest;
use super::{STANDARD, STANDARD_QUERY};
use crate::catalogue::{ArchiveImage, Search};
use crate::error::chain;
use crate::protocol::vo::Vo;
use crate::protocol::vo::archives::Holding;
use crate::protocol::vo::dali::{Fault, FaultKind};
use crate::protocol::vo::descriptors::{self, Subject};
use crate::protocol::vo::obscore::{self, DATALINK, FITS};
use crate::protocol::vo::resources::Resources;
use crate::protocol::vo::votable::{
    Datatype, Ending, Opening, Param, Role, ServiceDescriptor, TableWriter, Values, VotableFormat,
};

/// Rows that are read before anything is sent: shorter answers have a length, say in their first line whether there
/// is more, and can still fail with a status.
const FIRST_ROWS: usize = 1024;
/// What is sent at once later.
const PART_BYTES: usize = 64 << 10;

/// The images of an answer, read as they are needed.
struct Images {
    searches: VecDeque<(Arc<Holding>, Search)>,
    rows_left: usize,
    /// How it ended, once it has.
    ending: Option<Ending>,
}

/// Images of one dataset.
type Page = (Arc<Holding>, Vec<ArchiveImage>);

impl Images {
    /// The next images, or how they ended.
    async fn next(&mut self) -> Result<Result<Page, Ending>, Fault> {
        if let Some(ending) = self.ending.take() {
            return Ok(Err(ending));
        }
        if self.rows_left == 0 {
            // None were wanted: there is nothing to be searched for.
            return Ok(Err(Ending::Overflow));
        }
        while let Some((holding, search)) = self.searches.front_mut() {
            let page = search.next_page().await.map_err(|error| {
                tracing::error!(error = %chain(&error), "search failed");
                Fault::new(FaultKind::Internal, "the search could not be completed")
            })?;
            match page {
                None => {
                    self.searches.pop_front();
                }
                Some(images) if images.is_empty() => {}
                Some(mut images) => {
                    if images.len() > self.rows_left {
                        images.truncate(self.rows_left);
                        self.ending = Some(Ending::Overflow);
                        self.rows_left = 1;
                        return Ok(Ok((Arc::clone(holding), images)));
                    }
                    self.rows_left -= images.len();
                    let page = (Arc::clone(holding), images);
                    if self.rows_left == 0 {
                        self.ending = Some(self.is_more().await?);
                        self.rows_left = 1;
                    }
                    return Ok(Ok(page));
                }
            }
        }
        Ok(Err(Ending::Complete))
    }

    /// Whether exactly as many rows as wanted are all there are.
    async fn is_more(&mut self) -> Result<Ending, Fault> {
        while let Some((_, search)) = self.searches.front_mut() {
            match search.next_page().await? {
                None => {
                    self.searches.pop_front();
                }
                Some(images) if images.is_empty() => {}
                Some(_) => return Ok(Ending::Overflow),
            }
        }
        Ok(Ending::Complete)
    }
}

/// An answer too long to be held.
struct Stream {
    images: Images,
    /// Taken when the table ends.
    table: Option<TableWriter>,
    resources: Resources,
    descriptors: Vec<ServiceDescriptor>,
}

/// Answers a search.
///
/// # Errors
/// When the catalogue cannot be read before anything was sent.
pub(super) async fn table(request: &HttpRequest, vo: &Vo, wanted: SiaRequest) -> Result<HttpResponse, Fault> {
    let resources = Resources::of(&vo.public_url, request);
    let content_type = wanted.format.content_type(VotableFormat::MEDIA_TYPE);
    let [sync, asynchronous] = descriptors::cutouts(&resources, Subject::Row, 1);
    let descriptors =
        vec![descriptors::links(&resources), sync, asynchronous, self_descriptor(vo, &resources).await?];
    let search = Arc::new(wanted.search);
    let searches = wanted.datasets.into_iter().map(|(holding, dataset)| {
        (Arc::new(holding), vo.images.archives.catalogue().search(dataset, Arc::clone(&search)))
    });
    let mut images = Images {
        searches: searches.collect(),
        rows_left: wanted.format.most_rows().min(wanted.rows),
        ending: None,
    };
    let mut first: Vec<Page> = Vec::new();
    let mut ending = None;
    while ending.is_none() && first.iter().map(|(_, images)| images.len()).sum::<usize>() < FIRST_ROWS {
        match images.next().await? {
            Ok(page) => first.push(page),
            Err(ended) => ending = Some(ended),
        }
    }
    let announced = ending.clone().unwrap_or(Ending::Complete);
    let opening = Opening {
        standard_id: STANDARD,
        fields: &obscore::COLUMNS,
        ending: &announced,
        inputs: &wanted.inputs,
    };
    let mut table = TableWriter::new(&wanted.format, &opening);
    for page in first {
        write(&mut table, &resources, &page);
    }
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, content_type));
    if ending.is_some() {
        return Ok(response.body(table.finish(&announced, &descriptors)));
    }
    let stream = Stream { images, table: Some(table), resources, descriptors };
    Ok(response.streaming(Box::pin(stream::unfold(stream, |mut stream| async move {
        stream.table.as_ref()?;
        let part = match stream.part().await {
            Ok(part) => Ok(part),
            Err(fault) => stream.fail(&fault),
        };
        Some((part, stream))
    }))))
}

fn write(table: &mut TableWriter, resources: &Resources, (holding, images): &Page) {
    for image in images {
        table.row(&obscore::row(resources, holding, image));
    }
}

impl Stream {
    /// The next part, of about [`PART_BYTES`], or the end.
    async fn part(&mut self) -> Result<Bytes, Fault> {
        while let Some(table) = &mut self.table {
            if table.pending() >= PART_BYTES {
                return Ok(table.take());
            }
            match self.images.next().await? {
                Ok(page) => write(table, &self.resources, &page),
                Err(ending) => return Ok(self.end(&ending)),
            }
        }
        Ok(Bytes::new())
    }

    /// Ends the table with a failure: in its last words, or by breaking the transfer so that nobody takes what was
    /// sent for all there is (DALI 1.1 §4.4.2).
    fn fail(&mut self, fault: &Fault) -> Result<Bytes, actix_web::Error> {
        if self.table.as_ref().is_some_and(TableWriter::tells_failures) {
            return Ok(self.end(&Ending::Failed(fault.discovery_text())));
        }
        self.table = None;
        Err(actix_web::error::ErrorInternalServerError(fault.discovery_text()))
    }

    /// Ends the table.
    fn end(&mut self, ending: &Ending) -> Bytes {
        self.table.take().map(|table| table.finish(ending, &self.descriptors)).unwrap_or_default().into()
    }
}

/// How to ask this service, with the values there are.
async fn self_descriptor(vo: &Vo, resources: &Resources) -> Result<ServiceDescriptor, Fault> {
    let holdings = vo.images.archives.holdings();
    let options = |values: BTreeSet<String>| {
        if values.is_empty() { Values::Any } else { Values::Options(values.into_iter().collect()) }
    };
    let collections = holdings.iter().map(|holding| holding.archive.to_string()).collect();
    let levels = holdings.iter().map(|holding| holding.calibration_level.to_string()).collect();
    let (facilities, instruments) = vo.equipment.names(&vo.images.archives).await?;
    let text = |name: &str, ucd| Param::input(name, Datatype::Text, ucd);
    let interval = |name: &str, ucd, unit| {
        Param::input(name, Datatype::DoubleArray(2), ucd).unit(unit).xtype("interval")
    };
    let formats = [DATALINK, FITS].map(str::to_owned).into();
    Ok(ServiceDescriptor {
        role: Role::Service,
        id: String::new(),
        name: "this",
        description: "Search for images".to_owned(),
        access_url: resources.service("query"),
        standard_id: STANDARD_QUERY,
        content_type: VotableFormat::MEDIA_TYPE,
        example_url: None,
        inputs: vec![
            text("POS", "pos.outline;obs").description(
                "CIRCLE ra dec r, RANGE ra1 ra2 dec1 dec2 or POLYGON ra1 dec1 ..., ICRS degrees",
            ),
            interval("BAND", "em.wl;stat.interval", "m").description("Wavelengths"),
            interval("TIME", "time.interval;obs.exposure", "d").description("Times of exposure, MJD UTC"),
            text("POL", "meta.code;phys.polarization").description("Stokes parameter or correlation"),
            interval("FOV", "phys.angSize;instr.fov", "deg").description("Diameter of the field"),
            interval("SPATRES", "pos.angResolution", "arcsec").description("Seeing"),
            interval("SPECRP", "spect.resolution", "").description("Resolving power"),
            interval("EXPTIME", "time.duration;obs.exposure", "s").description("Length of the exposure"),
            interval("TIMERES", "time.resolution", "s").description("Resolution in time"),
            text("ID", "meta.ref.ivoid").description("Identifier of a dataset"),
            text("COLLECTION", "meta.id").values(options(collections)).description("Archive"),
            text("FACILITY", "meta.id;instr.tel").values(options(facilities)).description("Telescope"),
            text("INSTRUMENT", "meta.id;instr").values(options(instruments)).description("Instrument"),
            text("DPTYPE", "meta.code.class")
                .values(options(["image", "cube"].map(str::to_owned).into()))
                .description("Kind of data"),
            Param::input("CALIB", Datatype::Int, "meta.code;obs.calib")
                .values(options(levels))
                .description("Calibration level"),
            text("TARGET", "meta.id;src").description("Target"),
            text("FORMAT", "meta.code.mime").values(options(formats)).description("Media type"),
            Param::input("MAXREC", Datatype::Int, "").description("Rows wanted at most"),
            text("RESPONSEFORMAT", "meta.code.mime")
                .values(options(["votable", "csv", "tsv", "fits", "text", "html"].map(str::to_owned).into()))
                .description("Form of the answer"),
        ],
    })
}
