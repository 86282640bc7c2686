//! Which patches of a sky map a stitched cutout is made of.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::Failure;
use super::request::CutoutBox;
use crate::catalogue::{ArchiveImage, DataId, ImageSearch};
use crate::protocol::vo::Archives;
use crate::protocol::vo::archives::Holding;
use crate::sky::Region;

/// Patches one answer may be made of.
const MOST_PATCHES: usize = 64;

/// The files of the patches of `image`'s tract and filter that a box may touch, each with the identifier of its
/// image: that of `image` first, the others in the order of their science ids.
///
/// # Errors
/// 400 when there are more of them than one answer may have, and what the catalogue says.
pub(super) async fn patches(
    archives: &Archives,
    holding: &Holding,
    image: &ArchiveImage,
    area: &CutoutBox,
) -> Result<Vec<(PathBuf, String)>, Failure> {
    let named = |image: &ArchiveImage| (image.frame.path.clone(), holding.publisher_did(image.science_id));
    let mut others = BTreeMap::new();
    let centre = area.centre;
    if let Ok(circle) = Region::circle(centre.ra_deg(), centre.dec_deg(), area.radius_deg(image)) {
        let wanted = ImageSearch { regions: vec![circle], ..ImageSearch::default() };
        let mut search = archives.catalogue().search(holding.searched(Vec::new()), Arc::new(wanted));
        while let Some(page) = search.next_page().await? {
            let is_beside = |other: &ArchiveImage| {
                other.science_id != image.science_id
                    && other.filter.eq_ignore_ascii_case(&image.filter)
                    && tract(other) == tract(image)
            };
            let beside = page.iter().filter(|other| is_beside(other));
            others.extend(beside.map(|other| (other.science_id.get(), named(other))));
            if others.len() >= MOST_PATCHES {
                return Err(Failure::too_large(format!("more than {MOST_PATCHES} patches are touched")));
            }
        }
    }
    Ok(std::iter::once(named(image)).chain(others.into_values()).collect())
}

fn tract(image: &ArchiveImage) -> Option<u8> {
    match image.data_id {
        DataId::Coadd { tract, .. } => Some(tract),
        DataId::Ccd { .. } | DataId::Sequence(_) => None,
    }
}
