//! What an XISF header says of an exposure, as FITS cards: its FITS keywords first, then its properties (XISF 1.0
//! section 11.5.3) and attributes where no keyword says the same.

use std::collections::HashSet;

use super::structure::describes_storage;
use crate::fits::{CardValue, Header};
use crate::xisf::{ImageHeader, Keyword, Property};

/// How the value of a property becomes the value of a card.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    /// Metres to millimetres.
    Metres,
}

/// Property, keyword and how to get from one to the other.
#[rustfmt::skip]
const PROPERTIES: &[(&str, &str, Kind)] = &[
    ("Observation:Time:Start",                        "DATE-OBS", Kind::Text),
    ("Observation:Time:End",                          "DATE-END", Kind::Text),
    ("Instrument:ExposureTime",                       "EXPTIME",  Kind::Number),
    ("Instrument:Camera:Name",                        "INSTRUME", Kind::Text),
    ("Instrument:Camera:Gain",                        "EGAIN",    Kind::Number),
    ("Instrument:Camera:ISOSpeed",                    "ISOSPEED", Kind::Number),
    ("Instrument:Camera:XBinning",                    "XBINNING", Kind::Number),
    ("Instrument:Camera:YBinning",                    "YBINNING", Kind::Number),
    ("Instrument:Sensor:Temperature",                 "CCD-TEMP", Kind::Number),
    ("Instrument:Sensor:TargetTemperature",           "SET-TEMP", Kind::Number),
    ("Instrument:Sensor:XPixelSize",                  "XPIXSZ",   Kind::Number),
    ("Instrument:Sensor:YPixelSize",                  "YPIXSZ",   Kind::Number),
    ("Instrument:Filter:Name",                        "FILTER",   Kind::Text),
    ("Instrument:Telescope:Name",                     "TELESCOP", Kind::Text),
    ("Instrument:Telescope:FocalLength",              "FOCALLEN", Kind::Metres),
    ("Instrument:Telescope:Aperture",                 "APTDIA",   Kind::Metres),
    ("Instrument:Focuser:Position",                   "FOCPOS",   Kind::Number),
    ("Observation:Object:Name",                       "OBJECT",   Kind::Text),
    ("Observation:Center:RA",                         "RA",       Kind::Number),
    ("Observation:Center:Dec",                        "DEC",      Kind::Number),
    ("Observation:Equinox",                           "EQUINOX",  Kind::Number),
    ("Observation:Location:Name",                     "SITENAME", Kind::Text),
    ("Observation:Location:Latitude",                 "SITELAT",  Kind::Number),
    ("Observation:Location:Longitude",                "SITELONG", Kind::Number),
    ("Observation:Location:Elevation",                "SITEELEV", Kind::Number),
    ("Observation:Meteorology:AmbientTemperature",    "AMBTEMP",  Kind::Number),
    ("Observation:Meteorology:AtmosphericPressure",   "PRESSURE", Kind::Number),
    ("Observation:Meteorology:RelativeHumidity",      "HUMIDITY", Kind::Number),
    ("Observation:Meteorology:WindDirection",         "WINDDIR",  Kind::Number),
    ("Observation:Meteorology:WindGust",              "WINDGUST", Kind::Number),
    ("Observation:Meteorology:WindSpeed",             "WINDSPD",  Kind::Number),
    ("Observer:Name",                                 "OBSERVER", Kind::Text),
    ("XISF:CreatorApplication",                       "SWCREATE", Kind::Text),
];

/// The header of the FITS file an XISF image would be.
pub(super) fn header(image: &ImageHeader) -> Header {
    let mut cards = Cards::default();
    image.keywords.iter().for_each(|keyword| cards.keyword(keyword));
    for (id, keyword, kind) in PROPERTIES {
        if let Some(Property { value, .. }) = image.properties.iter().find(|property| property.id == *id) {
            cards.property(keyword, value, *kind);
        }
    }
    for (keyword, value) in [("IMAGETYP", &image.image_type), ("BAYERPAT", &image.filter_array)] {
        if let Some(value) = value {
            cards.add(keyword, &CardValue::Text(value.clone()), "");
        }
    }
    cards.header
}

/// A header in the making, in which the first card of a keyword counts.
#[derive(Default)]
struct Cards {
    header: Header,
    names: HashSet<String>,
}

impl Cards {
    fn keyword(&mut self, keyword: &Keyword) {
        let name = keyword.name.trim().to_ascii_uppercase();
        match name.as_str() {
            "HISTORY" => self.header.push_history(commentary(keyword)),
            "COMMENT" => self.header.push_comment(commentary(keyword)),
            "" => {}
            name if describes_storage(name) => {}
            name => self.add(name, &value(&keyword.value), &keyword.comment),
        }
    }

    fn property(&mut self, keyword: &str, text: &str, kind: Kind) {
        let number = || text.trim().parse().ok().filter(|number: &f64| number.is_finite());
        let value = match kind {
            Kind::Text => Some(CardValue::Text(text.trim().to_owned())).filter(|_| !text.trim().is_empty()),
            Kind::Number => number().map(CardValue::Real),
            Kind::Metres => number().map(|metres| CardValue::Real(metres * 1000.0)),
        };
        if let Some(value) = value {
            self.add(keyword, &value, "");
        }
    }

    fn add(&mut self, keyword: &str, value: &CardValue, comment: &str) {
        if self.names.insert(keyword.to_owned()) {
            self.header.push_value(keyword, value, comment);
        }
    }
}

/// The text of a commentary card: some programs put it beside the value, some into it.
fn commentary(keyword: &Keyword) -> &str {
    if keyword.comment.is_empty() { &keyword.value } else { &keyword.comment }
}

/// The value of a FITS keyword: quoted as in a card, or bare as some programs write texts.
fn value(text: &str) -> CardValue {
    let text = text.trim();
    // In a card a slash begins the comment; here it is part of a date or a name.
    let is_plain_text = !text.starts_with('\'') && text.contains('/');
    match CardValue::parse(text) {
        CardValue::Bare(_) => CardValue::Text(text.to_owned()),
        _ if is_plain_text => CardValue::Text(text.to_owned()),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_cards_have_them_or_as_plain_text() {
        for (text, expected) in [
            ("'Light Frame'", CardValue::Text("Light Frame".into())),
            ("Light Frame", CardValue::Text("Light Frame".into())),
            ("'O''Neill '", CardValue::Text("O'Neill".into())),
            ("2026/01/31", CardValue::Text("2026/01/31".into())),
            ("2026-04-28T07:23:55.936", CardValue::Text("2026-04-28T07:23:55.936".into())),
            ("90", CardValue::Integer(90)),
            ("-10.", CardValue::Real(-10.0)),
            ("T", CardValue::Logical(true)),
            ("", CardValue::Undefined),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }
}
