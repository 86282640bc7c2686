//! One entry of the image history as clients know it.

use serde::Serialize;

use super::json::LocalTime;
use crate::catalogue::HistoryEntry;

/// Guiding error of a frame nobody recorded one for.
const NO_GUIDING: &str = "Tot: 0.00(0.00\")";

/// One entry: these keys in this order. `N` forms the numbers: [`Number`](super::json::Number) over HTTP,
/// [`SocketNumber`](super::json::SocketNumber) on the websocket.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImageHistoryItem<'a, N> {
    exposure_time: N,
    image_type: &'static str,
    filter: &'a str,
    rms_text: &'a str,
    temperature: N,
    camera_name: &'a str,
    target_name: &'a str,
    gain: i64,
    offset: i64,
    date: LocalTime,
    telescope_name: &'a str,
    focal_length: N,
    st_dev: N,
    mean: N,
    median: N,
    min: N,
    max: N,
    stars: i64,
    #[serde(rename = "HFR")]
    hfr: N,
    #[serde(rename = "HFRStDev")]
    hfr_st_dev: N,
    is_bayered: bool,
    filename: String,
}

impl<'a, N: From<f64>> From<&'a HistoryEntry> for ImageHistoryItem<'a, N> {
    fn from(entry: &'a HistoryEntry) -> Self {
        let HistoryEntry { frame, saved, statistics, .. } = entry;
        let (facts, whole) = (&frame.facts, &statistics.whole);
        let or_nan = |value: Option<f64>| N::from(value.unwrap_or(f64::NAN));
        Self {
            exposure_time: N::from(facts.exposure_s.unwrap_or(0.0)),
            image_type: saved.image_type.as_str(),
            filter: facts.filter.as_deref().unwrap_or_default(),
            rms_text: saved.rms_text.as_deref().unwrap_or(NO_GUIDING),
            temperature: or_nan(saved.temperature_c),
            camera_name: facts.instrument.as_deref().unwrap_or_default(),
            target_name: facts.target.as_deref().unwrap_or_default(),
            gain: saved.gain.unwrap_or(-1),
            offset: saved.offset.unwrap_or(-1),
            date: LocalTime(saved.saved_at),
            telescope_name: facts.telescope.as_deref().unwrap_or_default(),
            focal_length: or_nan(saved.focal_length_mm),
            st_dev: N::from(whole.standard_deviation),
            mean: N::from(whole.mean),
            median: N::from(whole.median),
            min: N::from(whole.min),
            max: N::from(whole.max),
            stars: saved.stars.unwrap_or(-1),
            hfr: or_nan(saved.hfr),
            hfr_st_dev: or_nan(saved.hfr_standard_deviation),
            is_bayered: saved.is_bayered,
            filename: frame.file_name(),
        }
    }
}
