//! The names a client may give an image: its publisher identifier, `{archive}.{dataset}.{science id}`, or an address
//! of ours.

use std::sync::Arc;

use actix_web::web::Query;

use super::archives::{Archives, Holding};
use crate::catalogue::{ArchiveImage, CatalogueError, ScienceId};

impl Archives {
    /// The dataset and the number an identifier names, whether or not such an image is held.
    ///
    /// Of `ivo://{authority}/{archive}?{dataset}/{science id}` the part before the `?` is compared in any case, as
    /// IVOIDs are, and the rest exactly.
    pub fn named(&self, id: &str) -> Option<(Holding, ScienceId)> {
        let id = id.trim();
        if let Some((_, path)) = id.split_once("/soda/data/") {
            return self.named_by_path(path);
        }
        if let Some((_, query)) = id.split_once("/soda/links?") {
            let pairs = Query::<Vec<(String, String)>>::from_query(query).ok()?.into_inner();
            let (_, id) = pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("ID"))?;
            // One level: an address within an address is nobody's.
            return if id.contains("/soda/") { None } else { self.named(&id) };
        }
        if let Some((ivoid, local)) = id.split_once('?') {
            let (dataset, number) = local.rsplit_once('/')?;
            let named = |holding: &&Holding| {
                holding.ivoid.eq_ignore_ascii_case(ivoid) && holding.dataset.as_str() == dataset
            };
            return Some((self.holdings().iter().find(named)?.clone(), science_id(number)?));
        }
        let (short, number) = id.rsplit_once('.')?;
        let named = |holding: &&Holding| {
            short
                .strip_prefix(holding.archive.as_str())
                .and_then(|rest| rest.strip_prefix('.'))
                .is_some_and(|dataset| holding.dataset.eq_ignore_ascii_case(dataset))
        };
        Some((self.holdings().iter().find(named)?.clone(), science_id(number)?))
    }

    /// As [`Self::named`], from the part of a path `{archive}/{dataset}/{science id}`.
    pub fn named_by_path(&self, path: &str) -> Option<(Holding, ScienceId)> {
        let (archive, rest) = path.split_once('/')?;
        let (dataset, number) = rest.split_once('/')?;
        Some((self.holding(archive, dataset)?, science_id(number)?))
    }

    /// The image an identifier names, if it is held.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn image_named(
        &self,
        id: &str,
    ) -> Result<Option<(Holding, Arc<ArchiveImage>)>, CatalogueError> {
        let Some((holding, number)) = self.named(id) else { return Ok(None) };
        let image = self.by_science_id(&holding, number).await?;
        Ok(image.map(|image| (holding, image)))
    }
}

/// A science id as we write it: decimal, no sign, no leading zero.
fn science_id(text: &str) -> Option<ScienceId> {
    let id = ScienceId::try_from(text.parse::<u64>().ok()?).ok()?;
    (id.to_string() == text).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::tests::empty;
    use crate::ingest::ArchiveConfig;

    #[tokio::test]
    async fn an_image_has_several_names_and_others_name_nothing() {
        let (_folder, catalogue) = empty().await;
        let dataset =
            |name: &str| serde_json::json!({ "name": name, "directory": "/x", "science_id": "sequence" });
        let archive: ArchiveConfig = serde_json::from_value(serde_json::json!({
            "id": "My.Survey", "authority": "example.org", "datasets": [dataset("raw"), dataset("deep.Coadd")]
        }))
        .unwrap();
        let archives = Archives::new(vec![archive], catalogue);
        let name = |id: &str| archives.named(id).map(|(holding, number)| holding.publisher_did(number));
        for id in [
            "ivo://example.org/My.Survey?deep.Coadd/12",
            "IVO://Example.org/my.survey?deep.Coadd/12",
            "My.Survey.deep.Coadd.12",
            "My.Survey.deep.coadd.12",
            "http://h:1/api/image/soda/data/My.Survey/deep.Coadd/12",
            "https://h/x/soda/links?ID=ivo%3A%2F%2Fexample.org%2FMy.Survey%3Fdeep.Coadd%2F12",
        ] {
            assert_eq!(name(id).as_deref(), Some("ivo://example.org/My.Survey?deep.Coadd/12"), "{id}");
        }
        for id in [
            "",
            "x",
            "ivo://example.org/My.Survey?deep.coadd/12",
            "ivo://example.org/My.Survey?raw/012",
            "ivo://example.org/My.Survey?raw/+12",
            "ivo://example.org/My.Survey?raw/../raw/12",
            "ivo://other.org/My.Survey?raw/12",
            "my.survey.raw.12",
            "My.Survey.raw",
            "http://h/soda/data/My.Survey/raw/12/../13",
            "http://h/soda/data/../../etc/passwd",
            "http://h/soda/links?ID=http://h/soda/links?ID=My.Survey.raw.12",
            "ivo://example.org/My.Survey?raw/99999999999999999999",
        ] {
            assert_eq!(name(id), None, "{id}");
        }
    }
}
