//! `GET /image-history`: the saved frames, oldest first.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;

use super::Nina;
use super::envelope::Envelope;
use super::error::Failure;
use super::json::{LocalTime, Number};
use super::params::{HistoryRequest, HistoryWanted, QueryParameters};
use crate::catalogue::HistoryEntry;

/// Guiding error of a frame nobody recorded one for.
const NO_GUIDING: &str = "Tot: 0.00(0.00\")";

/// One entry as clients know it: these keys in this order.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImageHistoryItem {
    exposure_time: Number,
    image_type: &'static str,
    filter: String,
    rms_text: String,
    temperature: Number,
    camera_name: String,
    target_name: String,
    gain: i64,
    offset: i64,
    date: LocalTime,
    telescope_name: String,
    focal_length: Number,
    st_dev: Number,
    mean: Number,
    median: Number,
    min: Number,
    max: Number,
    stars: i64,
    #[serde(rename = "HFR")]
    hfr: Number,
    #[serde(rename = "HFRStDev")]
    hfr_st_dev: Number,
    is_bayered: bool,
    filename: String,
}

impl From<HistoryEntry> for ImageHistoryItem {
    fn from(entry: HistoryEntry) -> Self {
        let filename = entry.frame.file_name();
        let HistoryEntry { frame, saved, statistics, .. } = entry;
        let facts = frame.facts;
        let or_nan = |value: Option<f64>| Number(value.unwrap_or(f64::NAN));
        Self {
            exposure_time: Number(facts.exposure_s.unwrap_or(0.0)),
            image_type: saved.image_type.as_str(),
            filter: facts.filter.unwrap_or_default(),
            rms_text: saved.rms_text.unwrap_or_else(|| NO_GUIDING.to_owned()),
            temperature: or_nan(saved.temperature_c),
            camera_name: facts.instrument.unwrap_or_default(),
            target_name: facts.target.unwrap_or_default(),
            gain: saved.gain.unwrap_or(-1),
            offset: saved.offset.unwrap_or(-1),
            date: LocalTime(saved.saved_at),
            telescope_name: facts.telescope.unwrap_or_default(),
            focal_length: or_nan(saved.focal_length_mm),
            st_dev: Number(statistics.standard_deviation),
            mean: Number(statistics.mean),
            median: Number(statistics.median),
            min: Number(statistics.min),
            max: Number(statistics.max),
            stars: saved.stars.unwrap_or(-1),
            hfr: or_nan(saved.hfr),
            hfr_st_dev: or_nan(saved.hfr_standard_deviation),
            is_bayered: saved.is_bayered,
            filename,
        }
    }
}

/// Answers with a number, with all entries, or with an array of one.
///
/// # Errors
/// 400 for parameters that cannot be read and for an index out of range.
pub async fn history(request: HttpRequest, nina: Data<Nina>) -> Result<HttpResponse, Failure> {
    let asked = HistoryRequest::of(&QueryParameters::of(&request)?)?;
    let image_type = asked.image_type.as_deref();
    let index = match asked.wanted {
        HistoryWanted::Count => {
            let count = nina.catalogue.history_count(image_type).await?;
            return Ok(Envelope::success(count).respond_to(&request));
        }
        HistoryWanted::All => {
            let entries = nina.catalogue.history(image_type).await?;
            let items: Vec<ImageHistoryItem> = entries.into_iter().map(Into::into).collect();
            return Ok(Envelope::success(items).respond_to(&request));
        }
        HistoryWanted::Index(index) => u64::try_from(index).ok(),
        HistoryWanted::Newest => nina.catalogue.history_count(image_type).await?.checked_sub(1),
    };
    let index = index.ok_or_else(Failure::index_out_of_range)?;
    let entry =
        nina.catalogue.history_nth(image_type, index).await?.ok_or_else(Failure::index_out_of_range)?;
    Ok(Envelope::success([ImageHistoryItem::from(entry)]).respond_to(&request))
}
