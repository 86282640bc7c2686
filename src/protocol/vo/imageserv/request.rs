//! What an ImageServ request asks for, checked before anything is looked up.

use std::fmt;

use super::error::Failure;
use super::parameters::Parameters;
use crate::catalogue::{ArchiveImage, DataId, IdentityError, ScienceId, ScienceIdScheme, SdssFilter};
use crate::protocol::vo::form::{self, BadPictureParameter, ImageForm};
use crate::render::{CutoutPicture, Detail, Edge};
use crate::sky::{CutoutSize, Extent, SkyCoord};

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

impl Answer {
    /// Whether the file as it lies in the archive is the answer when no part of it was asked for.
    pub fn is_whole_file(&self) -> bool {
        self.picture.is_none() && self.detail == Detail::Exposure
    }
}

/// A box around a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CutoutBox {
    /// Its middle.
    pub centre: SkyCoord,
    /// Its size.
    pub size: CutoutSize,
}

impl CutoutBox {
    /// Fails when the box covers more of the sky than a request may have.
    ///
    /// # Errors
    /// 400 with the words of the original service.
    pub fn check_area(&self, image: &ArchiveImage, most_square_degrees: f64) -> Result<(), Failure> {
        let scale_deg = image.place.as_ref().map_or(0.0, |place| place.pixel_scale_arcsec / 3600.0);
        let degrees = |extent: Extent| extent.to_degrees(scale_deg);
        if degrees(self.size.width()) * degrees(self.size.height()) > most_square_degrees {
            let message = format!("Requested image exceeded {most_square_degrees} squared degrees");
            return Err(Failure::too_large(message));
        }
        Ok(())
    }

    /// Radius of a circle around its middle that covers it, degrees, on the pixels of `image`.
    pub fn radius_deg(&self, image: &ArchiveImage) -> f64 {
        let scale_deg = image.place.as_ref().map_or(0.0, |place| place.pixel_scale_arcsec / 3600.0);
        // A pixel more on each side, for the rounding of the box.
        let half = |extent: Extent| extent.to_degrees(scale_deg) / 2.0 + scale_deg;
        half(self.size.width()).hypot(half(self.size.height())).min(180.0)
    }
}

impl fmt::Display for CutoutBox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = |extent: Extent| match extent {
            Extent::Degrees(degrees) => format!("{} arcsec", degrees * 3600.0),
            Extent::Pixels(pixels) => format!("{pixels} pixel"),
        };
        let (ra, dec) = (self.centre.ra_deg(), self.centre.dec_deg());
        write!(formatter, "BRECT {ra} {dec} {} {}", length(self.size.width()), length(self.size.height()))
    }
}

const CCD: [&str; 3] = ["run", "camcol", "field"];
const COADD: [&str; 4] = ["tract", "patch", "patch_x", "patch_y"];

impl Request {
    /// Checks the parameters of a request about a dataset whose science ids follow `scheme`.
    ///
    /// # Errors
    /// 400, naming what is missing, wrong or in conflict.
    pub fn of(parameters: &Parameters, scheme: ScienceIdScheme) -> Result<Self, Failure> {
        if parameters.get("get_dataid").is_some() {
            let id = parameters.get("sid").ok_or_else(|| missing(&["ccdexpid"]))?;
            return Ok(Self::DataIdOf(scheme.decode(science_id(id)?)?));
        }
        if parameters.get("get_ccdexpid").is_some() {
            return Ok(Self::ScienceIdOf(scheme.encode(&data_id(parameters, scheme)?)?));
        }
        let cutout = cutout(parameters)?;
        if cutout.is_none() && parameters.get("unit").is_some() {
            return Err(Failure::bad_value("unit needs width and height"));
        }
        let selector = selector(parameters, scheme)?;
        let positioned = parameters.has_any(&["ra", "dec"]);
        if positioned && cutout.is_none() && matches!(selector, Selector::ById { .. }) {
            return Err(Failure::bad_value("ra and dec with an image id need width and height"));
        }
        let answer = answer(parameters)?;
        if answer.is_stitched {
            check_stitching(scheme, cutout.as_ref(), &answer)?;
        }
        Ok(Self::Image { selector, cutout, answer })
    }
}

fn answer(parameters: &Parameters) -> Result<Answer, Failure> {
    let invalid = |name: &str| {
        Failure::bad_value(format!("Invalid {name} {}", parameters.get(name).unwrap_or_default()))
    };
    let is_stitched = match parameters.get("stitch").map(str::to_ascii_lowercase).as_deref() {
        None | Some("false" | "0") => false,
        Some("true" | "1") => true,
        Some(_) => return Err(invalid("stitch")),
    };
    let form = parameters.get("RESPONSEFORMAT").unwrap_or("image/fits");
    let form = ImageForm::named(form).ok_or_else(|| invalid("RESPONSEFORMAT"))?;
    let picture = form::picture(&form, |name| parameters.get(name));
    let picture = picture.map_err(|BadPictureParameter(name)| invalid(name))?;
    let edge = parameters.get("edge").map_or(Some(Edge::Trim), form::edge).ok_or_else(|| invalid("edge"))?;
    let detail = parameters.get("detail").map_or(Some(Detail::Exposure), form::detail);
    Ok(Answer { form, picture, edge, detail: detail.ok_or_else(|| invalid("detail"))?, is_stitched })
}

/// Only the patches of a sky map share a pixel grid, and only a box may reach from one into the next.
fn check_stitching(
    scheme: ScienceIdScheme,
    cutout: Option<&CutoutBox>,
    answer: &Answer,
) -> Result<(), Failure> {
    if scheme != ScienceIdScheme::SdssCoadd {
        return Err(Failure::bad_value("stitch needs a dataset of tracts and patches"));
    }
    if cutout.is_none() {
        return Err(Failure::bad_value("stitch needs ra, dec, width and height"));
    }
    if answer.picture.is_some() {
        return Err(Failure::bad_value("stitched images are answered as FITS"));
    }
    Ok(())
}

fn selector(parameters: &Parameters, scheme: ScienceIdScheme) -> Result<Selector, Failure> {
    let families = [parameters.get("sid").is_some(), parameters.has_any(&CCD), parameters.has_any(&COADD)];
    match families {
        [false, false, false] => nearest(parameters, scheme),
        [true, false, false] => {
            let id = science_id(parameters.get("sid").unwrap_or_default())?;
            let decoded = scheme.decode(id)?;
            let filter = parameters.get("filter").map(|filter| checked_filter(filter, scheme)).transpose()?;
            if let (Some(asked), Some(has)) = (&filter, decoded.filter())
                && asked != has.as_str()
            {
                return Err(Failure::image_not_found());
            }
            Ok(Selector::ById { id, filter })
        }
        [false, ..] if families[1] != families[2] => {
            let id = scheme.encode(&data_id(parameters, scheme)?)?;
            Ok(Selector::ById { id, filter: None })
        }
        _ => Err(Failure::bad_value("conflicting image selectors")),
    }
}

fn nearest(parameters: &Parameters, scheme: ScienceIdScheme) -> Result<Selector, Failure> {
    let absent = parameters.missing(&["ra", "dec", "filter"]);
    if !absent.is_empty() {
        return Err(missing(&absent));
    }
    let filter = checked_filter(parameters.get("filter").unwrap_or_default(), scheme)?;
    Ok(Selector::Nearest { point: position(parameters)?, filter })
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

fn data_id(parameters: &Parameters, scheme: ScienceIdScheme) -> Result<DataId, Failure> {
    let required: &[&str] = match scheme {
        ScienceIdScheme::SdssCcd => &["run", "camcol", "field", "filter"],
        ScienceIdScheme::SdssCoadd if parameters.has_any(&["patch_x", "patch_y"]) => {
            &["tract", "patch_x", "patch_y", "filter"]
        }
        ScienceIdScheme::SdssCoadd => &["tract", "patch", "filter"],
        ScienceIdScheme::Sequence => &["sid"],
    };
    let absent = parameters.missing(required);
    if !absent.is_empty() {
        return Err(missing(&absent));
    }
    let text = |name| parameters.get(name).unwrap_or_default();
    match scheme {
        ScienceIdScheme::SdssCcd => Ok(DataId::Ccd {
            run: integer(parameters, "run")?,
            camcol: integer(parameters, "camcol")?,
            field: integer(parameters, "field")?,
            filter: SdssFilter::try_from(text("filter"))?,
        }),
        ScienceIdScheme::SdssCoadd => {
            let (patch_x, patch_y) = match parameters.get("patch") {
                Some(patch) => patch
                    .split_once(',')
                    .and_then(|(x, y)| Some((x.trim().parse().ok()?, y.trim().parse().ok()?)))
                    .ok_or_else(|| Failure::bad_value(format!("patch '{patch}' is not of the form x,y")))?,
                None => (integer(parameters, "patch_x")?, integer(parameters, "patch_y")?),
            };
            let filter = SdssFilter::try_from(text("filter"))?;
            Ok(DataId::Coadd { tract: integer(parameters, "tract")?, patch_x, patch_y, filter })
        }
        ScienceIdScheme::Sequence => Ok(DataId::Sequence(science_id(text("sid"))?)),
    }
}

fn cutout(parameters: &Parameters) -> Result<Option<CutoutBox>, Failure> {
    if !parameters.has_any(&["width", "height"]) {
        return Ok(None);
    }
    let absent = parameters.missing(&["width", "height", "ra", "dec"]);
    if !absent.is_empty() {
        return Err(missing(&absent));
    }
    let (width, height) =
        (parameters.get("width").unwrap_or_default(), parameters.get("height").unwrap_or_default());
    let invalid = || Failure::bad_value(format!("INVALID_INPUT width={width} height={height}"));
    let unit =
        parameters.get("unit").unwrap_or("arcsec").trim_matches(['"', '\'']).trim().to_ascii_lowercase();
    let extent = |length: f64| match unit.as_str() {
        "arcsec" => Ok(Extent::Degrees(length / 3600.0)),
        "arcmin" => Ok(Extent::Degrees(length / 60.0)),
        "deg" => Ok(Extent::Degrees(length)),
        "pixel" | "pixels" | "pix" | "px" => Ok(Extent::Pixels(length)),
        _ => Err(Failure::bad_value("No Units specified for cutout dimensions")),
    };
    let (along_1, along_2) = number(width).zip(number(height)).ok_or_else(invalid)?;
    let size = CutoutSize::new(extent(along_1)?, extent(along_2)?).map_err(|_| invalid())?;
    Ok(Some(CutoutBox { centre: position(parameters)?, size }))
}

fn position(parameters: &Parameters) -> Result<SkyCoord, Failure> {
    let (ra, dec) = (parameters.get("ra").unwrap_or_default(), parameters.get("dec").unwrap_or_default());
    let point = number(ra).zip(number(dec)).and_then(|(ra_deg, dec_deg)| SkyCoord::new(ra_deg, dec_deg).ok());
    point.ok_or_else(|| Failure::bad_value(format!("Invalid ra {ra} and dec {dec}. ")))
}

/// A decimal number; the words for infinities and NaN are not among them.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|value: &f64| plain && value.is_finite())
}

fn integer<T: std::str::FromStr>(parameters: &Parameters, name: &str) -> Result<T, Failure> {
    let text = parameters.get(name).unwrap_or_default();
    text.parse().map_err(|_| Failure::bad_value(format!("Invalid {name} {text}")))
}

fn science_id(text: &str) -> Result<ScienceId, Failure> {
    let id: u64 = text.parse().map_err(|_| Failure::from(IdentityError::InvalidDataId))?;
    Ok(ScienceId::try_from(id)?)
}

fn missing(names: &[&str]) -> Failure {
    Failure::bad_value(format!("missing {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(query: &str, scheme: ScienceIdScheme) -> Result<Request, Failure> {
        Request::of(&Parameters::of(query)?, scheme)
    }

    fn ccd(query: &str) -> Result<Request, Failure> {
        request(query, ScienceIdScheme::SdssCcd)
    }

    fn id_of(request: Request) -> u64 {
        match request {
            Request::Image { selector: Selector::ById { id, .. }, .. } | Request::ScienceIdOf(id) => id.get(),
            other => panic!("{other:?} names no id"),
        }
    }

    #[test]
    fn each_selector_names_its_image() {
        assert_eq!(id_of(ccd("sid=3325410171").unwrap()), 3_325_410_171);
        assert_eq!(id_of(ccd("run=5646&camcol=4&field=0694&filter=G").unwrap()), 5_646_140_694);
        let coadd = |query| request(query, ScienceIdScheme::SdssCoadd);
        assert_eq!(id_of(coadd("tract=0&patch=225, 1&filter=i").unwrap()), 14_745_611);
        assert_eq!(id_of(coadd("tract=0&patch_x=366&patch_y=0&filter=u").unwrap()), 23_986_176);
        assert!(matches!(
            ccd("ra=359.195&dec=-0.1055&filter=r").unwrap(),
            Request::Image { selector: Selector::Nearest { .. }, cutout: None, .. }
        ));
    }

    #[test]
    fn utilities_are_arithmetic() {
        assert_eq!(
            id_of(ccd("get_ccdexpid=get&camcol=4&field=694&filter=r&run=5646").unwrap()),
            5_646_240_694
        );
        let Request::DataIdOf(DataId::Ccd { run, field, .. }) =
            ccd("get_dataid&ccdexpid=5646240964").unwrap()
        else {
            panic!("a data id was asked for")
        };
        assert_eq!((run, field), (5646, 964));
    }

    #[test]
    fn units_become_pixels_or_degrees() {
        let size = |unit: &str| match ccd(&format!("ra=1&dec=2&filter=r&width=30&height=45&{unit}")).unwrap()
        {
            Request::Image { cutout: Some(cutout), .. } => cutout.size,
            other => panic!("{other:?} is no cutout"),
        };
        let arcseconds =
            CutoutSize::new(Extent::Degrees(30.0 / 3600.0), Extent::Degrees(45.0 / 3600.0)).unwrap();
        assert_eq!(size(""), arcseconds);
        assert_eq!(size("unit=%22arcsec%22"), arcseconds);
        assert_eq!(size("unit=ARCSEC"), arcseconds);
        assert_eq!(size("unit=px"), CutoutSize::new(Extent::Pixels(30.0), Extent::Pixels(45.0)).unwrap());
    }

    #[test]
    fn requests_that_cannot_be_meant_are_refused() {
        for query in [
            "ra=1&dec=2",
            "filter=r",
            "ra=nan&dec=2&filter=r",
            "ra=inf&dec=2&filter=r",
            "ra=12h3m&dec=2&filter=r",
            "ra=361&dec=2&filter=r",
            "ra=1&dec=-90.1&filter=r",
            "ra=1&dec=2&filter=x",
            "ra=1&dec=2&filter=r&width=30",
            "ra=1&dec=2&filter=r&width=0&height=1",
            "ra=1&dec=2&filter=r&width=-3&height=1",
            "ra=1&dec=2&filter=r&width=1e999&height=1",
            "ra=1&dec=2&filter=r&width=1&height=1&unit=parsec",
            "sid=5646240694&run=5646",
            "sid=5646240694&ra=1&dec=2",
            "sid=5646240694&width=1&height=1",
            "sid=5646540694",
            "sid=-1",
            "sid=99999999999999999999",
            "run=5646&camcol=4&filter=r",
            "run=5646&camcol=7&field=1&filter=r",
            "tract=0&patch=225,1&filter=i",
            "get_dataid",
            "get_dataid&sid=abc",
            "get_ccdexpid&run=1",
        ] {
            assert!(ccd(query).is_err(), "{query}");
        }
    }

    #[test]
    fn a_filter_beside_an_id_must_agree_with_it() {
        assert!(ccd("sid=5646240694&filter=r").is_ok());
        assert_eq!(ccd("sid=5646240694&filter=g").unwrap_err(), Failure::image_not_found());
    }
}
