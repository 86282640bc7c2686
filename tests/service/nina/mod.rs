//! The N.I.N.A. dialect as its clients meet it: one file per part of its contract.

mod acceptance;
mod companion;
mod conventions;
mod faults;
mod persistence;
mod pictures;
mod profile;
mod pushed;
mod slow_clients;
mod socket;
mod surface;
mod thumbnails;

use image::{DynamicImage, ImageFormat};

use crate::support::{Frame, Gateway, Site};

/// A picture of an answer, with its format.
fn decode(bytes: &[u8]) -> (ImageFormat, DynamicImage) {
    let format = image::guess_format(bytes).unwrap();
    let picture = match format {
        ImageFormat::Jpeg => {
            let decoded = turbojpeg::decompress(bytes, turbojpeg::PixelFormat::RGB).unwrap();
            let (width, height) = (decoded.width as u32, decoded.height as u32);
            DynamicImage::ImageRgb8(image::RgbImage::from_raw(width, height, decoded.pixels).unwrap())
        }
        _ => image::load_from_memory(bytes).unwrap(),
    };
    (format, picture)
}

/// Light, flat, light, saved in this order.
async fn light_flat_light() -> Gateway {
    Site::new()
        .frame("1.fits", Frame::gradient().text("DATE-LOC", "2026-01-31T22:00:00").text("FILTER", "Ha"))
        .frame("2.fits", Frame::gradient().text("DATE-LOC", "2026-01-31T22:05:00").text("IMAGETYP", "FLAT"))
        .frame("3.fits", Frame::gradient().text("DATE-LOC", "2026-01-31T22:10:00").text("FILTER", "OIII"))
        .serve()
        .await
}
