//! The frames of the night and of the archives, for cameras that look at them.

use std::error::Error as StdError;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::camera::{Answer, Gallery, GalleryError, Hanging, Resolution, Still};
use crate::catalogue::{ArchiveId, Catalogue, Dataset, FrameRecord, ImageSearch, Origin, SearchedDataset};
use crate::pixel::BayerPattern;
use crate::pixel::codec::Format;
use crate::protocol::nina::image_request::Look;
use crate::protocol::nina::image_request::frame_source;
use crate::protocol::nina::profile::Profile;
use crate::render::{FrameSource, Renderer, Rendition};
use crate::sky::Region;

const QUALITY: u8 = 85;

/// Finds frames in the catalogue and has them rendered, as the profile of the night says now.
#[derive(Debug)]
pub(super) struct Frames {
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) renderer: Renderer,
    pub(super) profile: Arc<Profile>,
}

type Failed = Box<dyn StdError + Send + Sync>;

impl Frames {
    async fn newest_frame(&self, within: Resolution, known: Option<u64>) -> Result<Option<Still>, Failed> {
        let Some(last) = self.catalogue.history_count(None).await?.checked_sub(1) else { return Ok(None) };
        let Some(entry) = self.catalogue.history_nth(None, last).await? else { return Ok(None) };
        let look = self.look();
        // Like the capture program, which shows what it cannot debayer in grey.
        let pattern = look.debayer.pattern_for(&entry).unwrap_or(None);
        let (source, rendition) = (frame_source(&entry), rendition(&entry.frame, &look, pattern, within));
        let number = source.digest_of(&rendition);
        if known == Some(number) {
            return Ok(Some(Still { number, jpeg: None }));
        }
        let jpeg = self.renderer.rendition(source, rendition).await?;
        Ok(Some(Still { number, jpeg: Some(jpeg) }))
    }

    async fn frame_after(&self, hanging: &Hanging, after: Option<u64>) -> Result<Option<Still>, Failed> {
        let db = ArchiveId::try_from(hanging.archive.as_str()).map_err(|_| "no archive has such an id")?;
        let dataset =
            Dataset::try_from(hanging.dataset.as_str()).map_err(|_| "no dataset has such a name")?;
        let filter = hanging.filter.as_deref();
        let found = if let Some(place) = &hanging.place {
            self.frame_of_place(db, dataset, place, filter, after).await?
        } else {
            self.frame_of_dataset(&Origin::Archive { db, dataset }, filter, after).await?
        };
        let Some(frame) = found else { return Ok(None) };
        let pattern = frame.facts.bayer_pattern.filter(|_| self.profile.image_settings().debayer);
        let source = FrameSource {
            identity: frame.identity(),
            path: frame.path.clone(),
            hdu: frame.facts.hdu,
            statistics: None,
            recorded_pattern: frame.facts.bayer_pattern,
        };
        let rendition = rendition(&frame, &self.look(), pattern, hanging.within);
        let jpeg = self.renderer.rendition(source, rendition).await?;
        Ok(Some(Still { number: frame.id.get().unsigned_abs(), jpeg: Some(jpeg) }))
    }

    fn look(&self) -> Look {
        Look::prepared(&self.profile.image_settings())
    }

    /// The frame behind number `after`, in the order in which they were found.
    async fn frame_of_dataset(
        &self,
        origin: &Origin,
        filter: Option<&str>,
        after: Option<u64>,
    ) -> Result<Option<FrameRecord>, Failed> {
        let after = after.map_or(0, |after| i64::try_from(after).unwrap_or(i64::MAX));
        match self.catalogue.frame_after(origin, filter, after).await? {
            Some(frame) => Ok(Some(frame)),
            None => Ok(self.catalogue.frame_after(origin, filter, 0).await?),
        }
    }

    /// The frame behind number `after` among those that show some of `place`, in the order of their science ids.
    async fn frame_of_place(
        &self,
        db: ArchiveId,
        dataset: Dataset,
        place: &Region,
        filter: Option<&str>,
        after: Option<u64>,
    ) -> Result<Option<FrameRecord>, Failed> {
        let searched = SearchedDataset {
            db,
            dataset,
            bands: Arc::default(),
            facility: None,
            instrument: None,
            science_ids: Vec::new(),
        };
        let wanted = ImageSearch { regions: vec![place.clone()], ..ImageSearch::default() };
        let mut search = self.catalogue.search(searched, Arc::new(wanted));
        let (mut first, mut is_next) = (None, after.is_none());
        while let Some(images) = search.next_page().await? {
            for image in images {
                if filter.is_some_and(|filter| !filter.eq_ignore_ascii_case(&image.filter)) {
                    continue;
                }
                if is_next {
                    return Ok(Some(image.frame));
                }
                is_next = after == Some(image.frame.id.get().unsigned_abs());
                first.get_or_insert(image.frame);
            }
        }
        Ok(first)
    }
}

/// A frame as the profile shows it, no larger than `within`.
fn rendition(
    frame: &FrameRecord,
    look: &Look,
    pattern: Option<BayerPattern>,
    within: Resolution,
) -> Rendition {
    let pixels = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let size = Resolution::new(pixels(frame.facts.columns), pixels(frame.facts.rows)).fitted(within);
    // Images of archives are stored with their lowest row first, and in whatever units they were calibrated to.
    let is_of_archive = frame.origin != Origin::Nina;
    Rendition {
        is_spread: is_of_archive,
        is_turned_over: is_of_archive,
        debayer: pattern,
        stretch: Some(look.stretch),
        columns: size.width as usize,
        rows: size.height as usize,
        format: Format::Jpeg { quality: QUALITY },
    }
}

impl Gallery for Frames {
    fn newest(&self, within: Resolution, known: Option<u64>) -> BoxFuture<'_, Answer> {
        Box::pin(async move { self.newest_frame(within, known).await.map_err(GalleryError) })
    }

    fn following<'g>(&'g self, hanging: &'g Hanging, after: Option<u64>) -> BoxFuture<'g, Answer> {
        Box::pin(async move { self.frame_after(hanging, after).await.map_err(GalleryError) })
    }
}
