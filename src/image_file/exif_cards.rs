//! What EXIF tags say of an exposure, as FITS cards.

use chrono::{DateTime, NaiveDateTime};

use crate::fits::Header;
use crate::tiff::Exif;

/// How FITS writes dates.
const FITS_DATE: &str = "%Y-%m-%dT%H:%M:%S%.f";

/// The header of the FITS file a picture with these tags would be.
pub(super) fn header(exif: &Exif) -> Header {
    let mut header = Header::new();
    if let Some(seconds) = exif.exposure_s {
        header.set_real("EXPTIME", seconds, "[s] exposure time");
    }
    if let Some((local, utc)) = taken_at(exif) {
        header.set_text("DATE-LOC", &local, "start of the exposure, clock of the camera");
        if let Some(utc) = utc {
            header.set_text("DATE-OBS", &utc, "start of the exposure, UTC");
        }
    }
    if let Some(camera) = camera(exif) {
        header.set_text("INSTRUME", &camera, "camera");
    }
    if let Some(iso) = exif.iso {
        header.set_integer("GAIN", i64::from(iso), "ISO speed");
        header.set_integer("ISOSPEED", i64::from(iso), "ISO speed");
    }
    if let Some(length) = exif.focal_length_mm {
        header.set_real("FOCALLEN", length, "[mm] focal length");
    }
    if let Some(ratio) = exif.f_number {
        header.set_real("FOCRATIO", ratio, "focal ratio");
    }
    if let Some(software) = &exif.software {
        header.set_text("SWCREATE", software, "");
    }
    header
}

/// Maker and model, the maker once.
fn camera(exif: &Exif) -> Option<String> {
    let model = exif.model.as_ref()?;
    let make = exif.make.as_deref().unwrap_or_default();
    let first_word = make.split_whitespace().next().unwrap_or_default();
    let is_named = model.to_lowercase().starts_with(&first_word.to_lowercase());
    Some(if is_named { model.clone() } else { format!("{make} {model}") })
}

/// The start of the exposure on the camera's clock and, if the clock tells its zone, in UTC.
fn taken_at(exif: &Exif) -> Option<(String, Option<String>)> {
    let fraction = exif.taken_at_fraction.as_deref().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let text = format!("{}.{}", exif.taken_at.as_ref()?, fraction.unwrap_or("0"));
    let local = NaiveDateTime::parse_from_str(&text, "%Y:%m:%d %H:%M:%S%.f").ok()?;
    let zoned =
        |offset: &String| DateTime::parse_from_str(&format!("{text} {offset}"), "%Y:%m:%d %H:%M:%S%.f %:z");
    let utc = exif.clock_offset.as_ref().and_then(|offset| zoned(offset).ok());
    let date = |time: NaiveDateTime| time.format(FITS_DATE).to_string();
    Some((date(local), utc.map(|time| date(time.naive_utc()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_the_cards_a_capture_program_writes() {
        let text = |text: &str| Some(text.to_owned());
        let exif = Exif {
            make: text("Canon"),
            model: text("Canon EOS 600D"),
            taken_at: text("2026:01:31 22:04:05"),
            taken_at_fraction: text("25"),
            clock_offset: text("+01:00"),
            exposure_s: Some(30.0),
            iso: Some(1600),
            focal_length_mm: Some(480.0),
            ..Exif::default()
        };
        let header = header(&exif);
        assert_eq!(header.text("INSTRUME").as_deref(), Some("Canon EOS 600D"));
        assert_eq!(header.text("DATE-LOC").as_deref(), Some("2026-01-31T22:04:05.250"));
        assert_eq!(header.text("DATE-OBS").as_deref(), Some("2026-01-31T21:04:05.250"));
        assert_eq!((header.real("EXPTIME"), header.integer("GAIN")), (Some(30.0), Some(1600)));
        assert_eq!(header.real("FOCALLEN"), Some(480.0));
    }

    #[test]
    fn a_clock_without_a_zone_is_only_local_and_nonsense_is_nothing() {
        let taken = |at: &str| taken_at(&Exif { taken_at: Some(at.to_owned()), ..Exif::default() });
        assert_eq!(taken("2026:01:31 22:04:05"), Some(("2026-01-31T22:04:05".to_owned(), None)));
        for nonsense in ["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday"] {
            assert_eq!(taken(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn makers_are_named_once() {
        let named = |make: &str, model: &str| {
            camera(&Exif { make: Some(make.into()), model: Some(model.into()), ..Exif::default() }).unwrap()
        };
        assert_eq!(named("NIKON CORPORATION", "NIKON D750"), "NIKON D750");
        assert_eq!(named("SONY", "ILCE-7M3"), "SONY ILCE-7M3");
    }
}
