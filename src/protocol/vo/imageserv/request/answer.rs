//! How an image is answered: its form, its edges, how much of the file.

use super::CutoutBox;
use crate::catalogue::ScienceIdScheme;
use crate::protocol::vo::form::{self, BadPictureParameter, ImageForm};
use crate::protocol::vo::imageserv::error::Failure;
use crate::protocol::vo::imageserv::parameters::Parameters;
use crate::render::{CutoutPicture, Detail, Edge};

/// How an image is answered: beside the contract of the original service, as far as it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// FITS or a picture.
    pub form: ImageForm,
    /// What the picture looks like.
    pub picture: Option<CutoutPicture>,
    /// What becomes of a box that reaches beyond the image.
    pub edge: Edge,
    /// How much of a multi-extension file.
    pub detail: Detail,
    /// Whether neighbours of the image that lie on its pixel grid fill what it does not have.
    pub is_stitched: bool,
}

/// The answer the parameters describe.
///
/// # Errors
/// 400, naming the parameter whose value makes no sense.
pub(super) fn answer(parameters: &Parameters) -> Result<Answer, Failure> {
    let invalid = |name: &str| Failure::bad_value(format!("Invalid {name} {}", parameters.text(name)));
    let is_stitched = match parameters.text("stitch").to_ascii_lowercase().as_str() {
        "" | "false" | "0" => false,
        "true" | "1" => true,
        _ => return Err(invalid("stitch")),
    };
    let form = parameters.get("RESPONSEFORMAT").unwrap_or("image/fits");
    let form = ImageForm::named(form).ok_or_else(|| invalid("RESPONSEFORMAT"))?;
    let picture = form::picture(&form, |name| parameters.get(name));
    let picture = picture.map_err(|BadPictureParameter(name)| invalid(name))?;
    let edge = parameters.get("edge").map_or(Some(Edge::Trim), form::edge).ok_or_else(|| invalid("edge"))?;
    let detail = parameters.get("detail").map_or(Some(Detail::Exposure), form::detail);
    Ok(Answer { form, picture, edge, detail: detail.ok_or_else(|| invalid("detail"))?, is_stitched })
}

impl Answer {
    /// Whether the file as it lies in the archive is the answer when no part of it was asked for.
    pub fn is_whole_file(&self) -> bool {
        self.picture.is_none() && self.detail == Detail::Exposure
    }

    /// Only the patches of a sky map share a pixel grid, and only a box may reach from one into the next.
    pub(super) fn check_stitching(
        &self,
        scheme: ScienceIdScheme,
        cutout: Option<&CutoutBox>,
    ) -> Result<(), Failure> {
        if scheme != ScienceIdScheme::SdssCoadd {
            return Err(Failure::bad_value("stitch needs a dataset of tracts and patches"));
        }
        if cutout.is_none() {
            return Err(Failure::bad_value("stitch needs ra, dec, width and height"));
        }
        if self.picture.is_some() {
            return Err(Failure::bad_value("stitched images are answered as FITS"));
        }
        Ok(())
    }
}
