//! `GET /image-history`: the saved frames, oldest first.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, Responder};

use super::Nina;
use super::envelope::{Envelope, JSON};
use super::error::Failure;
use super::item::ImageHistoryItem;
use super::json::Number;
use super::parameters::QueryParameters;
use crate::catalogue::{FrameType, HistoryEntry, HistoryOrder};
use crate::protocol::conditional::Validators;

/// Which entries, or only how many.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryRequest {
    /// Only entries of the type spelled exactly like this.
    pub image_type: Option<String>,
    /// What is wanted of them.
    pub wanted: HistoryWanted,
}

/// What `/image-history` answers with, in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HistoryWanted {
    /// Their number.
    Count,
    /// All of them.
    All,
    /// The one at a position among those that pass the filter; never negative from the end.
    Index(i32),
    /// The last one.
    Newest,
}

impl HistoryRequest {
    /// Binds the parameters.
    ///
    /// # Errors
    /// 400 for a value that is not of its type.
    pub fn of(parameters: &QueryParameters) -> Result<Self, Failure> {
        let count = parameters.boolean("count")?.unwrap_or(false);
        let all = parameters.boolean("all")?.unwrap_or(false);
        let index = parameters.integer("index")?;
        let given = parameters.given("index").is_some();
        let wanted = match (count, all, index) {
            (true, ..) => HistoryWanted::Count,
            (_, true, _) => HistoryWanted::All,
            (_, _, Some(index)) if given => HistoryWanted::Index(index),
            _ => HistoryWanted::Newest,
        };
        Ok(Self { image_type: parameters.given("imageType").map(str::to_owned), wanted })
    }
}

/// Answers with a number, with all entries, or with an array of one.
///
/// # Errors
/// 400 for parameters that cannot be read and for an index out of range.
pub async fn history(request: HttpRequest, nina: Data<Nina>) -> Result<HttpResponse, Failure> {
    let asked = HistoryRequest::of(&QueryParameters::of(&request)?)?;
    let image_type = asked.image_type.as_deref();
    let order = nina.catalogue.history_order().await?;
    let frames = order.frames(image_type);
    let index = match asked.wanted {
        HistoryWanted::Count => return Ok(Envelope::success(frames.len()).respond_to(&request)),
        HistoryWanted::All => return all(&request, &nina, &order, image_type).await,
        HistoryWanted::Index(index) => usize::try_from(index).ok(),
        HistoryWanted::Newest => frames.len().checked_sub(1),
    };
    let frame = index.and_then(|index| frames.get(index)).ok_or_else(Failure::index_out_of_range)?;
    let entry = nina.catalogue.history_entry(*frame).await?.ok_or_else(Failure::index_out_of_range)?;
    Ok(Envelope::success([ImageHistoryItem::<Number>::from(&*entry)]).respond_to(&request))
}

/// The entry at `index` among those that pass the filter.
///
/// # Errors
/// `No images available` when none passes, `Index out of range` when there are not as many.
pub async fn entry_at(
    nina: &Nina,
    image_type: Option<&str>,
    index: i32,
    none: fn() -> Failure,
) -> Result<Arc<HistoryEntry>, Failure> {
    let order = nina.catalogue.history_order().await?;
    let frames = order.frames(image_type);
    if frames.is_empty() {
        return Err(none());
    }
    let frame = usize::try_from(index).ok().and_then(|index| frames.get(index));
    let frame = frame.ok_or_else(Failure::index_out_of_range)?;
    nina.catalogue.history_entry(*frame).await?.ok_or_else(Failure::index_out_of_range)
}

async fn all(
    request: &HttpRequest,
    nina: &Nina,
    order: &HistoryOrder,
    image_type: Option<&str>,
) -> Result<HttpResponse, Failure> {
    let listing = if let Some(listing) = nina.listings.get(order.version(), image_type) {
        listing
    } else {
        let entries = nina.catalogue.history(image_type).await?;
        let items: Vec<_> = entries.iter().map(ImageHistoryItem::<Number>::from).collect();
        let listing = Listing::of(Envelope::success(items).to_json());
        nina.listings.keep(order.version(), image_type, &listing);
        listing
    };
    if listing.validators.are_held_by(request) {
        return Ok(HttpResponse::NotModified().finish());
    }
    let mut response = HttpResponse::Ok();
    listing.validators.write(&mut response);
    Ok(response.insert_header((CACHE_CONTROL, "no-cache")).content_type(JSON).body(listing.json))
}

/// A whole history as JSON.
#[derive(Clone, Debug)]
struct Listing {
    json: Bytes,
    validators: Validators,
}

impl Listing {
    fn of(json: String) -> Self {
        let mut hasher = DefaultHasher::new();
        json.hash(&mut hasher);
        Self { json: json.into(), validators: Validators::strong(hasher.finish(), None) }
    }
}

/// The listings written last: overall and for each type, until the history changes.
#[derive(Debug, Default)]
pub struct Listings(Mutex<HashMap<Filter, (u64, Listing)>>);

/// What a kept listing lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Filter {
    All,
    Type(FrameType),
}

impl Filter {
    /// Nothing is kept for types nobody has.
    fn of(image_type: Option<&str>) -> Option<Self> {
        let Some(name) = image_type else { return Some(Self::All) };
        FrameType::ALL.into_iter().find(|known| known.as_str() == name).map(Self::Type)
    }
}

/// Longer listings are written anew for every request.
const LONGEST_KEPT: usize = 4 << 20;

impl Listings {
    fn get(&self, version: u64, image_type: Option<&str>) -> Option<Listing> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, listing) = kept.get(&Filter::of(image_type)?)?;
        (*of == version).then(|| listing.clone())
    }

    fn keep(&self, version: u64, image_type: Option<&str>, listing: &Listing) {
        if let Some(filter) = Filter::of(image_type).filter(|_| listing.json.len() <= LONGEST_KEPT) {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.insert(filter, (version, listing.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::nina::parameters::tests::parameters;

    #[test]
    fn count_beats_all_beats_index_beats_nothing() {
        let wanted = |query| HistoryRequest::of(&parameters(query)).unwrap().wanted;
        assert_eq!(wanted("index=1&all=true&count=true"), HistoryWanted::Count);
        assert_eq!(wanted("index=1&all=true"), HistoryWanted::All);
        assert_eq!(wanted("index=1&all=false"), HistoryWanted::Index(1));
        assert_eq!(wanted("index=-1"), HistoryWanted::Index(-1));
        assert_eq!(wanted(""), HistoryWanted::Newest);
        assert_eq!(wanted("INDEX=1"), HistoryWanted::Newest, "not given as spelled");
    }

    #[test]
    fn values_that_are_not_of_their_type_are_refused() {
        for query in ["all=1", "count=yes", "index=80.5", "index=", "index=99999999999", "all="] {
            assert!(HistoryRequest::of(&parameters(query)).is_err(), "{query}");
        }
    }

    #[test]
    fn a_listing_is_kept_for_its_version_and_type_only() {
        let (listings, listing) = (Listings::default(), Listing::of("[]".into()));
        listings.keep(1, Some("LIGHT"), &listing);
        assert!(listings.get(1, Some("LIGHT")).is_some());
        assert!(listings.get(2, Some("LIGHT")).is_none());
        assert!(listings.get(1, None).is_none());
        listings.keep(1, Some("nonsense"), &listing);
        listings.keep(1, None, &Listing::of("x".repeat(LONGEST_KEPT + 1)));
        assert_eq!(listings.0.lock().unwrap().len(), 1);
    }
}
