//! The form of an answer with pixels: FITS under one of its names, or a picture (DALI 1.1 §3.4.3).

use crate::protocol::vo::dali::parse_media_type;
use crate::render::{CutoutPicture, Detail, Edge, Finite, PictureFormat, PictureStretch};

/// FITS, or a picture of it.
#[derive(Clone, Debug, PartialEq)]
pub enum ImageForm {
    /// FITS under this media type.
    Fits(String),
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
}

impl ImageForm {
    /// What a value of `RESPONSEFORMAT` names; a FITS type is answered as it was asked for. `None` for any other.
    pub fn named(value: &str) -> Option<Self> {
        match value.trim().to_ascii_lowercase().as_str() {
            "fits" => return Some(Self::Fits("application/fits".to_owned())),
            "png" => return Some(Self::Png),
            "jpeg" | "jpg" => return Some(Self::Jpeg),
            _ => {}
        }
        let asked = parse_media_type(value)?;
        match asked.essence_str() {
            "application/fits" | "image/fits" | "image/x-fits" | "application/x-fits" => {
                Some(Self::Fits(asked.as_ref().to_owned()))
            }
            "image/png" => Some(Self::Png),
            "image/jpeg" => Some(Self::Jpeg),
            _ => None,
        }
    }

    /// The media type of the answer.
    pub fn media_type(&self) -> &str {
        match self {
            Self::Fits(named) => named,
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }

    /// The ending of a file of this form, without the dot.
    pub fn extension(&self) -> &'static str {
        match self {
            Self::Fits(_) => "fits",
            Self::Png => "png",
            Self::Jpeg => "jpg",
        }
    }
}

/// A parameter of a picture that makes no sense: its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPictureParameter(pub &'static str);

/// The picture that `stretch`, `min_cut` and `max_cut` (percentiles) describe; `None` when the form is FITS.
///
/// # Errors
/// The name of the parameter whose value makes no sense.
pub fn picture<'a>(
    form: &ImageForm,
    value: impl Fn(&'static str) -> Option<&'a str>,
) -> Result<Option<CutoutPicture>, BadPictureParameter> {
    let format = match form {
        ImageForm::Fits(_) => return Ok(None),
        ImageForm::Png => PictureFormat::Png,
        ImageForm::Jpeg => PictureFormat::Jpeg,
    };
    let stretch = match value("stretch").unwrap_or("linear").trim().to_ascii_lowercase().as_str() {
        "linear" => PictureStretch::Linear,
        "sqrt" => PictureStretch::Sqrt,
        "log" => PictureStretch::Log,
        "asinh" => PictureStretch::Asinh,
        _ => return Err(BadPictureParameter("stretch")),
    };
    let percent = |name, otherwise: f64| {
        let given = match value(name) {
            Some(text) => text.trim().parse().ok(),
            None => Some(otherwise),
        };
        let inside = given.filter(|percent| (0.0..=100.0).contains(percent));
        inside.and_then(Finite::new).ok_or(BadPictureParameter(name))
    };
    let cut_percent = [percent("min_cut", 0.5)?, percent("max_cut", 99.5)?];
    if cut_percent[0].get() >= cut_percent[1].get() {
        return Err(BadPictureParameter("max_cut"));
    }
    Ok(Some(CutoutPicture { format, stretch, cut_percent }))
}

/// The edge policy of this name, in any case.
pub fn edge(name: &str) -> Option<Edge> {
    match name.trim().to_ascii_lowercase().as_str() {
        "trim" => Some(Edge::Trim),
        "pad" => Some(Edge::Pad),
        "strict" => Some(Edge::Strict),
        _ => None,
    }
}

/// How much of a file this name means, in any case.
pub fn detail(name: &str) -> Option<Detail> {
    match name.trim().to_ascii_lowercase().as_str() {
        "image" => Some(Detail::Image),
        "maskedimage" => Some(Detail::MaskedImage),
        "exposure" => Some(Detail::Exposure),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_is_answered_under_the_name_it_was_asked_for() {
        for (value, media_type) in [
            ("fits", "application/fits"),
            ("image/fits", "image/fits"),
            ("Application/FITS", "application/fits"),
            ("image/x-fits", "image/x-fits"),
            ("png", "image/png"),
            ("image/jpeg", "image/jpeg"),
        ] {
            assert_eq!(ImageForm::named(value).unwrap().media_type(), media_type, "{value}");
        }
        for value in ["foo/bar", "votable", "", "image/gif"] {
            assert_eq!(ImageForm::named(value), None, "{value}");
        }
    }

    #[test]
    fn pictures_are_described_by_three_parameters() {
        let read = |stretch: &'static str, min: &'static str, max: &'static str| {
            picture(&ImageForm::Png, move |name| match name {
                "stretch" => Some(stretch),
                "min_cut" => Some(min),
                _ => Some(max),
            })
        };
        assert_eq!(read("ASINH", "1", "99").unwrap().unwrap().stretch, PictureStretch::Asinh);
        for (stretch, min, max, bad) in [
            ("gamma", "1", "99", "stretch"),
            ("log", "-1", "99", "min_cut"),
            ("log", "NaN", "99", "min_cut"),
            ("log", "1", "101", "max_cut"),
            ("log", "60", "40", "max_cut"),
        ] {
            assert_eq!(read(stretch, min, max), Err(BadPictureParameter(bad)));
        }
        assert_eq!(picture(&ImageForm::Fits(String::new()), |_| Some("nonsense")), Ok(None));
    }
}
