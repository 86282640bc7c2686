//! `RESPONSEFORMAT` (DALI 1.1 §3.4.3): short names and media types of answers that are tables.

use mime::Mime;

use super::Fault;
use crate::protocol::vo::votable::{Serialization, TableFormat, TextHeader, VotableFormat};

impl TableFormat {
    /// This form for links, which are always `TABLEDATA` or text (DataLink 1.1 §3.3.1).
    ///
    /// # Errors
    /// For other forms.
    pub fn of_links(self) -> Result<Self, Fault> {
        let name = match &self {
            Self::Fits(_) => "fits",
            Self::Votable(VotableFormat { serialization: Serialization::Binary2, .. }) => "votable/b2",
            _ => return Ok(self),
        };
        Err(Fault::bad_value("RESPONSEFORMAT", name, "links are votable, csv, tsv, text or html"))
    }

    /// The format a value of `RESPONSEFORMAT` asks for, the usual one without a value.
    ///
    /// # Errors
    /// When no table is written that way.
    pub fn wanted(value: Option<&str>) -> Result<Self, Fault> {
        let Some(value) = value else { return Ok(Self::usual()) };
        let unsupported =
            || Fault::bad_value("RESPONSEFORMAT", value, "known are votable, csv, tsv, fits, text and html");
        let votable =
            |serialization| Self::Votable(VotableFormat { serialization, is_1_5: false, content_type: None });
        match value.trim().to_ascii_lowercase().as_str() {
            "votable" => return Ok(Self::usual()),
            "votable/td" => return Ok(votable(Serialization::TableData)),
            "votable/b2" => return Ok(votable(Serialization::Binary2)),
            "csv" => return Ok(Self::Csv(TextHeader::Present, "text/csv;header=present".to_owned())),
            "tsv" => return Ok(Self::Tsv(TextHeader::Present, "text/tab-separated-values".to_owned())),
            "fits" => return Ok(Self::Fits("application/fits".to_owned())),
            "text" => return Ok(Self::Plain("text/plain; charset=utf-8".to_owned())),
            "html" => return Ok(Self::Page("text/html; charset=utf-8".to_owned())),
            _ => {}
        }
        let asked = parse_media_type(value).ok_or_else(unsupported)?;
        let parameter = |name: &str| asked.get_param(name).map(|value| value.as_str().to_ascii_lowercase());
        let header = if parameter("header").as_deref() == Some("absent") {
            TextHeader::Absent
        } else {
            TextHeader::Present
        };
        match asked.essence_str() {
            VotableFormat::MEDIA_TYPE | "text/xml" | "application/xml" => Ok(Self::Votable(VotableFormat {
                serialization: match parameter("serialization").as_deref() {
                    None | Some("tabledata") => Serialization::TableData,
                    Some("binary2") => Serialization::Binary2,
                    Some(_) => return Err(unsupported()),
                },
                is_1_5: parameter("version").as_deref() == Some("1.5"),
                content_type: Some(asked.as_ref().to_owned()),
            })),
            "text/csv" => Ok(Self::Csv(header, asked.as_ref().to_owned())),
            "text/tab-separated-values" => Ok(Self::Tsv(header, asked.as_ref().to_owned())),
            "application/fits" | "image/fits" => Ok(Self::Fits(asked.as_ref().to_owned())),
            "text/plain" => Ok(Self::Plain(asked.as_ref().to_owned())),
            "text/html" => Ok(Self::Page(asked.as_ref().to_owned())),
            _ => Err(unsupported()),
        }
    }
}

/// A media type as a client writes it in a query, where the `+` of `x-votable+xml` may have become a blank.
pub fn parse_media_type(text: &str) -> Option<Mime> {
    let (essence, parameters) = text.trim().split_once(';').unwrap_or((text.trim(), ""));
    let essence = essence.trim().replace(' ', "+");
    let parameters = parameters.trim();
    if parameters.is_empty() { essence.parse().ok() } else { format!("{essence};{parameters}").parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votable(value: &str) -> VotableFormat {
        match TableFormat::wanted(Some(value)).unwrap() {
            TableFormat::Votable(format) => format,
            other => panic!("{value}: {other:?}"),
        }
    }

    #[test]
    fn votable_has_many_names() {
        for value in
            ["votable", "VOTABLE", "application/x-votable+xml", "application/x-votable xml", "Text/XML"]
        {
            assert_eq!(votable(value).serialization, Serialization::TableData, "{value}");
        }
        for value in ["votable/b2", "application/x-votable+xml;serialization=BINARY2"] {
            assert_eq!(votable(value).serialization, Serialization::Binary2, "{value}");
        }
        assert!(votable("application/x-votable+xml;version=1.5").is_1_5);
    }

    #[test]
    fn a_media_type_asked_for_in_full_is_the_one_sent() {
        assert_eq!(votable("text/xml").content_type.as_deref(), Some("text/xml"));
        let datalink = "application/x-votable+xml;content=datalink";
        assert_eq!(votable(datalink).content_type.as_deref(), Some(datalink));
        assert_eq!(votable("votable").content_type, None);
        assert_eq!(
            TableFormat::wanted(Some("text/csv;header=absent")).unwrap(),
            TableFormat::Csv(TextHeader::Absent, "text/csv;header=absent".to_owned())
        );
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for value in ["foo/bar", "image/png", "x", "application/x-votable+xml;serialization=BINARY3"] {
            assert!(TableFormat::wanted(Some(value)).is_err(), "{value}");
        }
    }

    #[test]
    fn links_have_fewer_forms() {
        for (value, is_taken) in [
            ("votable", true),
            ("csv", true),
            ("html", true),
            ("text", true),
            ("fits", false),
            ("votable/b2", false),
            ("application/x-votable+xml;serialization=BINARY2", false),
        ] {
            let format = TableFormat::wanted(Some(value)).unwrap();
            assert_eq!(format.of_links().is_ok(), is_taken, "{value}");
        }
    }
}
