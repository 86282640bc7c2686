//! What an ImageServ request asks for, checked before anything is looked up: [which image](selector), [which part of
//! it](cutout_box), [how it is answered](answer).

pub mod answer;
pub mod cutout_box;
pub mod selector;
#[cfg(test)]
mod tests;

pub use self::answer::Answer;
pub use self::cutout_box::CutoutBox;
pub use self::selector::Selector;
use super::error::Failure;
use super::parameters::Parameters;
use crate::catalogue::{DataId, ScienceId, ScienceIdScheme};

/// The request about one dataset.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// An image, or a part of one.
    Image {
        /// Which image.
        selector: Selector,
        /// Which part; `None` for the whole file.
        cutout: Option<CutoutBox>,
        /// How it is answered.
        answer: Answer,
    },
    /// The data id behind a science id.
    DataIdOf(DataId),
    /// The science id of a data id.
    ScienceIdOf(ScienceId),
}

impl Request {
    /// Checks the parameters of a request about a dataset whose science ids follow `scheme`.
    ///
    /// # Errors
    /// 400, naming what is missing, wrong or in conflict.
    pub fn of(parameters: &Parameters, scheme: ScienceIdScheme) -> Result<Self, Failure> {
        if parameters.has_any(&["get_dataid"]) {
            parameters.require(&["sid"]).map_err(|_| Failure::bad_value("missing ccdexpid"))?;
            return Ok(Self::DataIdOf(scheme.decode(parameters.science_id()?)?));
        }
        if parameters.has_any(&["get_ccdexpid"]) {
            return Ok(Self::ScienceIdOf(scheme.encode(&selector::data_id(parameters, scheme)?)?));
        }
        let cutout = cutout_box::cutout(parameters)?;
        if cutout.is_none()
            && let Some(name) = ["unit", "edge"].into_iter().find(|name| parameters.has_any(&[name]))
        {
            return Err(Failure::bad_value(format!("{name} needs width and height")));
        }
        let selector = selector::selector(parameters, scheme)?;
        if cutout.is_none() && matches!(selector, Selector::ById { .. }) && parameters.has_any(&["ra", "dec"])
        {
            return Err(Failure::bad_value("ra and dec with an image id need width and height"));
        }
        let answer = answer::answer(parameters)?;
        if answer.is_stitched {
            answer.check_stitching(scheme, cutout.as_ref())?;
        }
        Ok(Self::Image { selector, cutout, answer })
    }
}
