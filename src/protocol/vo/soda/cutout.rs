//! One cutout: a dataset and what is wanted of it become a request to the renderer.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::request::{Combination, Manner, SodaRequest};
use crate::catalogue::{ArchiveImage, Interval};
use crate::error::{Classified, ErrorKind};
use crate::protocol::vo::archives::Holding;
use crate::protocol::vo::dali::{Fault, FaultKind};
use crate::protocol::vo::order::{Order, Source};
use crate::render::{AxisFilters, Coverage, CutoutArea, CutoutRequest, Error};
use crate::sky::Polarization;

/// The order for one combination of a request on the image its `ID` named, made `now`.
pub fn order(
    now: DateTime<Utc>,
    request: &SodaRequest,
    combination: &Combination,
    holding: &Holding,
    image: &Arc<ArchiveImage>,
) -> Order {
    let stencil = combination.stencil.as_ref();
    let area = stencil.map_or(CutoutArea::Whole, |stencil| stencil.area.clone());
    let text = combination.canonical_text(&request.polarizations);
    let text = if text.is_empty() { "whole dataset".to_owned() } else { text };
    let mut wanted = CutoutRequest::new(area, text, now);
    wanted.publisher_did = Some(holding.publisher_did(image.science_id));
    wanted.filters = filters(combination, &request.polarizations);
    wanted.coverage = coverage(holding, image);
    let Manner { edge, blank_outside, detail, headers_only, .. } = request.manner;
    (wanted.edge, wanted.blank_outside) = (edge, blank_outside);
    (wanted.detail, wanted.headers_only) = (detail, headers_only);
    let is_whole_file = stencil.is_none() && wanted.filters.is_empty() && request.manner.is_plain();
    let part = if is_whole_file { "" } else { "_cutout" };
    Order {
        source: Source::File(image.frame.path.clone()),
        request: wanted,
        name: format!("{}-{}-{}{part}", holding.dataset, image.science_id, file_part(&image.filter)),
        form: request.manner.form.clone(),
        picture: request.manner.picture,
        is_whole_file,
    }
}

/// A filter's name as part of a file name.
fn file_part(filter: &str) -> String {
    filter.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+')).collect()
}

fn filters(combination: &Combination, polarizations: &[Polarization]) -> AxisFilters {
    let pair = |interval: Option<Interval>| interval.map(|interval| [interval.low, interval.high]);
    AxisFilters {
        wavelength_m: pair(combination.band),
        mjd: pair(combination.time),
        polarizations: polarizations.to_vec(),
    }
}

/// What the catalogue knows of an image as a whole.
fn coverage(holding: &Holding, image: &ArchiveImage) -> Coverage {
    let states = image.coverage.polarisations.as_deref().unwrap_or_default();
    Coverage {
        wavelength_m: holding.wavelengths_m(image).map(|(low, high)| [low, high]),
        mjd: image.time_mjd.map(|(begin, end)| [begin, end]),
        polarizations: states.split('/').filter_map(Polarization::named).collect(),
    }
}

/// What a failed cutout is to a client; `None` when it only has no pixels.
pub fn fault(error: &Error, jobs_url: Option<&str>) -> Option<Fault> {
    match (error, jobs_url) {
        (Error::OutsideImage, _) => None,
        (Error::TooManyPixels { asked, allowed }, Some(url)) => Some(Fault::new(
            FaultKind::AnswerTooLarge,
            format!("{asked} pixels are more than the {allowed} of a synchronous answer; use {url}"),
        )),
        (Error::Wcs(reason), _) if reason.kind() == ErrorKind::Unsupported => Some(Fault::usage(format!(
            "this dataset cannot be cut by position ({reason}), only as a whole or by PIXEL"
        ))),
        _ => Some(Fault::of(error)),
    }
}
