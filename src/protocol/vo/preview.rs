//! Pictures of images for people: stretched, at most so many pixels a side, upright as FITS has it.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::Vo;
use super::dali::{Fault, Parameters};
use crate::catalogue::{ArchiveImage, Origin};
use crate::pixel::codec::Format;
use crate::protocol::conditional::Validators;
use crate::render::{Finite, FrameSource, Linkage, Rendition, StretchRequest};

/// Side of a preview when nothing is said.
pub const LARGE_PX: usize = 1024;
/// Side of a thumbnail.
pub const SMALL_PX: usize = 256;
/// The largest side.
const MOST_PX: usize = 4096;

/// `GET /preview/{archive}/{dataset}/{science id}?size=…`: a PNG.
pub async fn preview(request: HttpRequest, path: Path<String>, vo: Data<Vo>) -> HttpResponse {
    picture(&request, &path, &vo).await.unwrap_or_else(|fault| fault.soda_response())
}

async fn picture(request: &HttpRequest, path: &str, vo: &Vo) -> Result<HttpResponse, Fault> {
    let not_found = || Fault::not_found("there is no such image");
    let size = size(&Parameters::of_query(request.query_string())?)?;
    let (holding, id) = vo.images.archives.named_by_path(path).ok_or_else(not_found)?;
    let image = vo.images.archives.by_science_id(&holding, id).await?.ok_or_else(not_found)?;
    let rendition = rendition(&image, size).ok_or_else(|| Fault::usage("the image has no pixels"))?;
    let frame = &image.frame;
    let source = FrameSource {
        identity: frame.identity(),
        path: frame.path.clone(),
        hdu: frame.facts.hdu,
        statistics: None,
        recorded_pattern: None,
    };
    let validators = Validators::strong(source.digest_of(&rendition), Some(source.identity.stamp.modified()));
    if validators.are_held_by(request) {
        return Ok(HttpResponse::NotModified().finish());
    }
    let picture = vo.images.renderer.rendition(source, rendition).await?;
    let mut response = HttpResponse::Ok();
    validators.write(&mut response);
    response.insert_header((CACHE_CONTROL, "no-cache"));
    Ok(response.content_type(rendition.format.media_type()).body(picture))
}

fn size(parameters: &Parameters) -> Result<usize, Fault> {
    let Some(text) = parameters.single("size")? else { return Ok(LARGE_PX) };
    let size = text.trim().parse().ok().filter(|size| (1..=MOST_PX).contains(size));
    size.ok_or_else(|| {
        Fault::bad_value("size", text, format!("must be a number of pixels from 1 to {MOST_PX}"))
    })
}

/// The image in a square of `size` pixels, its background brought up to be seen.
fn rendition(image: &ArchiveImage, size: usize) -> Option<Rendition> {
    let facts = &image.frame.facts;
    let (columns, rows) = (usize::try_from(facts.columns).ok()?, usize::try_from(facts.rows).ok()?);
    let longest = columns.max(rows);
    let fitted = |length: usize| {
        if longest <= size {
            length
        } else {
            ((length as f64 * size as f64 / longest as f64).round() as usize).max(1)
        }
    };
    let stretch = StretchRequest {
        target_background: Finite::new(0.2)?,
        shadows_clipping: Finite::new(-2.8)?,
        linkage: Linkage::Linked,
    };
    (columns > 0 && rows > 0).then(|| Rendition {
        debayer: None,
        stretch: Some(stretch),
        // The first row of an archive's image is the lowest (FITS 4.0 §3.3.2 as everyone shows it); captures say
        // themselves which is theirs.
        is_spread: image.frame.origin != Origin::Nina,
        is_turned_over: image.frame.origin != Origin::Nina,
        columns: fitted(columns),
        rows: fitted(rows),
        format: Format::Png,
    })
}
