//! The part of an image that is asked for: a box around a point.

use std::fmt;

use crate::catalogue::ArchiveImage;
use crate::protocol::vo::imageserv::error::Failure;
use crate::protocol::vo::imageserv::parameters::Parameters;
use crate::protocol::vo::imageserv::values::number;
use crate::sky::{CutoutSize, Extent, SkyCoord};

/// A box around a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CutoutBox {
    /// Its middle.
    pub centre: SkyCoord,
    /// Its size.
    pub size: CutoutSize,
}

/// The box the parameters describe; `None` when neither width nor height is given.
///
/// # Errors
/// 400, in the words of the original service.
pub(super) fn cutout(parameters: &Parameters) -> Result<Option<CutoutBox>, Failure> {
    if !parameters.has_any(&["width", "height"]) {
        return Ok(None);
    }
    parameters.require(&["width", "height", "ra", "dec"])?;
    let (width, height) = (parameters.text("width"), parameters.text("height"));
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
    Ok(Some(CutoutBox { centre: parameters.position(["ra", "dec"])?, size }))
}

impl CutoutBox {
    /// Fails when the box covers more of the sky than a request may have.
    ///
    /// # Errors
    /// 400 with the words of the original service.
    pub fn check_area(&self, image: &ArchiveImage, most_square_degrees: f64) -> Result<(), Failure> {
        let scale_deg = scale_deg(image);
        let degrees = |extent: Extent| extent.to_degrees(scale_deg);
        if degrees(self.size.width()) * degrees(self.size.height()) > most_square_degrees {
            let message = format!("Requested image exceeded {most_square_degrees} squared degrees");
            return Err(Failure::too_large(message));
        }
        Ok(())
    }

    /// Radius of a circle around its middle that covers it, degrees, on the pixels of `image`.
    pub fn radius_deg(&self, image: &ArchiveImage) -> f64 {
        let scale_deg = scale_deg(image);
        // A pixel more on each side, for the rounding of the box.
        let half = |extent: Extent| extent.to_degrees(scale_deg) / 2.0 + scale_deg;
        half(self.size.width()).hypot(half(self.size.height())).min(180.0)
    }
}

/// Side of a pixel of the image; 0 where it has no place on the sky.
fn scale_deg(image: &ArchiveImage) -> f64 {
    image.place.as_ref().map_or(0.0, |place| place.pixel_scale_arcsec / 3600.0)
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
