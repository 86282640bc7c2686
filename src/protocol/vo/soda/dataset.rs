//! What an `ID` names.

use std::sync::Arc;

use crate::catalogue::ArchiveImage;
use crate::protocol::vo::Archives;
use crate::protocol::vo::archives::Holding;
use crate::protocol::vo::dali::Fault;
use crate::render::Renderer;
use crate::sky::SkyCoord;

/// The image of an `ID`: a publisher identifier, a short name, one of our addresses, or `{archive}.{dataset}.{filter}`
/// for the image of a filter nearest the centre of the shape.
///
/// # Errors
/// 404 when there is none, and what the catalogue and the renderer say.
pub async fn resolve(
    archives: &Archives,
    renderer: &Renderer,
    id: &str,
    centre: Option<SkyCoord>,
) -> Result<(Holding, Arc<ArchiveImage>), Fault> {
    if let Some(found) = archives.image_named(id).await? {
        return Ok(found);
    }
    let unknown = || Fault::not_found(format!("ID not found: {}", printable(id)));
    if archives.named(id).is_some() {
        return Err(unknown());
    }
    let (holding, filter) = by_filter(archives, id).ok_or_else(unknown)?;
    let Some(centre) = centre else {
        return Err(Fault::usage("an ID that names a filter needs a shape on the sky"));
    };
    let found = archives.nearest(&holding, filter, centre, renderer).await?;
    found.map(|found| (holding, found.image)).ok_or_else(unknown)
}

/// Dataset and filter of `{archive}.{dataset}.{filter}`.
fn by_filter<'a>(archives: &Archives, id: &'a str) -> Option<(Holding, &'a str)> {
    let (names, filter) = id.trim().rsplit_once('.')?;
    let is_meant = |holding: &&Holding| {
        let dataset = names.strip_prefix(holding.archive.as_str()).and_then(|rest| rest.strip_prefix('.'));
        dataset.is_some_and(|dataset| holding.dataset.eq_ignore_ascii_case(dataset))
    };
    let holding = archives.holdings().iter().find(is_meant)?.clone();
    (!filter.is_empty()).then_some((holding, filter))
}

/// A client's identifier as an answer may repeat it.
pub(super) fn printable(id: &str) -> String {
    id.chars().filter(|c| !c.is_control()).take(200).collect()
}
