//! Which image is meant: the nearest of a filter, or the one of a science id or data id.

use crate::catalogue::{DataId, ScienceId, ScienceIdScheme, SdssFilter};
use crate::protocol::vo::imageserv::error::Failure;
use crate::protocol::vo::imageserv::parameters::Parameters;
use crate::sky::SkyCoord;

/// Names one image.
#[derive(Clone, Debug, PartialEq)]
pub enum Selector {
    /// The image of a filter that contains the point, nearest by its centre.
    Nearest {
        /// The point.
        point: SkyCoord,
        /// The filter, as configured for the archive.
        filter: String,
    },
    /// By science id, perhaps with the filter it must have.
    ById {
        /// The id.
        id: ScienceId,
        /// The filter the image must have.
        filter: Option<String>,
    },
}

/// Where the nearest image is looked for when that is not where it is cut.
const ELSEWHERE: [&str; 2] = ["nearest_ra", "nearest_dec"];
/// What tells that the data id of an exposure is meant.
const EXPOSURE: [&str; 3] = ["run", "camcol", "field"];
/// What tells that the data id of a patch is meant.
const PATCH: [&str; 4] = ["tract", "patch", "patch_x", "patch_y"];

/// The image the parameters name.
///
/// # Errors
/// 400 when they name none or more than one; 404 when a filter contradicts a science id.
pub(super) fn selector(parameters: &Parameters, scheme: ScienceIdScheme) -> Result<Selector, Failure> {
    let has_science_id = parameters.has_any(&["sid"]);
    let has_data_id = [parameters.has_any(&EXPOSURE), parameters.has_any(&PATCH)];
    match (parameters.has_any(&ELSEWHERE), has_science_id, has_data_id) {
        (_, false, [false, false]) => nearest(parameters, scheme),
        (false, true, [false, false]) => by_science_id(parameters, scheme),
        (false, false, [true, false] | [false, true]) => {
            let id = scheme.encode(&data_id(parameters, scheme)?)?;
            Ok(Selector::ById { id, filter: None })
        }
        _ => Err(Failure::bad_value("conflicting image selectors")),
    }
}

fn nearest(parameters: &Parameters, scheme: ScienceIdScheme) -> Result<Selector, Failure> {
    let names = if parameters.has_any(&ELSEWHERE) { ELSEWHERE } else { ["ra", "dec"] };
    parameters.require(&[names[0], names[1], "filter"])?;
    let filter = checked_filter(parameters.text("filter"), scheme)?;
    Ok(Selector::Nearest { point: parameters.position(names)?, filter })
}

fn by_science_id(parameters: &Parameters, scheme: ScienceIdScheme) -> Result<Selector, Failure> {
    let id = parameters.science_id()?;
    let decoded = scheme.decode(id)?;
    let filter = parameters.get("filter").map(|filter| checked_filter(filter, scheme)).transpose()?;
    if let (Some(asked), Some(has)) = (&filter, decoded.filter())
        && asked != has.as_str()
    {
        return Err(Failure::image_not_found());
    }
    Ok(Selector::ById { id, filter })
}

/// One of the survey's filters; where images are only numbered, whatever their headers name.
fn checked_filter(text: &str, scheme: ScienceIdScheme) -> Result<String, Failure> {
    match scheme {
        ScienceIdScheme::SdssCcd | ScienceIdScheme::SdssCoadd => {
            Ok(SdssFilter::try_from(text)?.as_str().to_owned())
        }
        ScienceIdScheme::Sequence => Ok(text.to_owned()),
    }
}

/// The parameters a data id of this scheme is made of.
fn parts_of_data_id(scheme: ScienceIdScheme) -> &'static [&'static str] {
    match scheme {
        ScienceIdScheme::SdssCcd => &["run", "camcol", "field", "filter"],
        ScienceIdScheme::SdssCoadd => &["tract", "patch", "filter"],
        ScienceIdScheme::Sequence => &["sid"],
    }
}

/// The data id the parameters state.
///
/// # Errors
/// 400 when a part of it is missing, no number or given twice, or when it is that of another kind of image.
pub fn data_id(parameters: &Parameters, scheme: ScienceIdScheme) -> Result<DataId, Failure> {
    let foreign: &[&str] = match scheme {
        ScienceIdScheme::SdssCcd => &PATCH,
        ScienceIdScheme::SdssCoadd => &EXPOSURE,
        ScienceIdScheme::Sequence => &["run", "camcol", "field", "tract", "patch", "patch_x", "patch_y"],
    };
    if let Some(name) = foreign.iter().find(|name| parameters.has_any(&[name])) {
        return Err(Failure::bad_value(format!("{name} names no image of this dataset")));
    }
    let filter = || SdssFilter::try_from(parameters.text("filter")).map_err(Failure::from);
    match scheme {
        ScienceIdScheme::SdssCcd => {
            parameters.require(parts_of_data_id(scheme))?;
            Ok(DataId::Ccd {
                run: parameters.integer("run")?,
                camcol: parameters.integer("camcol")?,
                field: parameters.integer("field")?,
                filter: filter()?,
            })
        }
        ScienceIdScheme::SdssCoadd => {
            let (patch_x, patch_y) = patch(parameters)?;
            Ok(DataId::Coadd { tract: parameters.integer("tract")?, patch_x, patch_y, filter: filter()? })
        }
        ScienceIdScheme::Sequence => {
            parameters.require(parts_of_data_id(scheme))?;
            Ok(DataId::Sequence(parameters.science_id()?))
        }
    }
}

/// Column and row of a patch, as one value, as two, or as both if they agree.
fn patch(parameters: &Parameters) -> Result<(u16, u16), Failure> {
    let in_two = parameters.has_any(&["patch_x", "patch_y"]);
    if !parameters.has_any(&["patch"]) && in_two {
        parameters.require(&["tract", "patch_x", "patch_y", "filter"])?;
        return Ok((parameters.integer("patch_x")?, parameters.integer("patch_y")?));
    }
    parameters.require(parts_of_data_id(ScienceIdScheme::SdssCoadd))?;
    let text = parameters.text("patch");
    let numbers =
        text.split_once(',').and_then(|(x, y)| Some((x.trim().parse().ok()?, y.trim().parse().ok()?)));
    let stated =
        numbers.ok_or_else(|| Failure::bad_value(format!("patch '{text}' is not of the form x,y")))?;
    for (name, part) in [("patch_x", stated.0), ("patch_y", stated.1)] {
        if parameters.has_any(&[name]) && parameters.integer::<u16>(name)? != part {
            return Err(Failure::bad_value("patch is given twice"));
        }
    }
    Ok(stated)
}
