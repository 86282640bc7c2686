//! The forms a table is written in, and how it may end.

/// Rows of a FITS binary table.
const MOST_BINARY_ROWS: usize = 10_000;

/// How the rows of a VOTable are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Serialization {
    /// As XML elements.
    #[default]
    TableData,
    /// As base64 of packed values with null flags.
    Binary2,
}

/// How a VOTable is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VotableFormat {
    /// How its rows are written.
    pub serialization: Serialization,
    /// Whether it says to be of version 1.5 in place of 1.4, which older validators want.
    pub is_1_5: bool,
    /// What `Content-Type` the client asked for; `None` leaves the choice to the service.
    pub content_type: Option<String>,
}

/// Whether the first line of a text table names its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextHeader {
    /// It does.
    Present,
    /// It does not.
    Absent,
}

/// The form of an answer that is a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// VOTable.
    Votable(VotableFormat),
    /// Comma-separated values; the `Content-Type` to send.
    Csv(TextHeader, String),
    /// Tab-separated values; the `Content-Type` to send.
    Tsv(TextHeader, String),
    /// A FITS binary table; the `Content-Type` to send.
    Fits(String),
    /// A page for browsers; the `Content-Type` to send.
    Page(String),
    /// Text for people; the `Content-Type` to send.
    Plain(String),
}

impl VotableFormat {
    /// The media type of a VOTable (VOTable 1.4 §8).
    pub const MEDIA_TYPE: &'static str = "application/x-votable+xml";
}

impl TableFormat {
    /// A VOTable as the service likes it.
    pub fn usual() -> Self {
        Self::Votable(VotableFormat {
            serialization: Serialization::TableData,
            is_1_5: false,
            content_type: None,
        })
    }

    /// How many rows a table of this form may have: a binary table is held until its last row is known.
    pub fn most_rows(&self) -> usize {
        if matches!(self, Self::Fits(_)) { MOST_BINARY_ROWS } else { usize::MAX }
    }

    /// What to send as `Content-Type`: what was asked for, or `usual` for a VOTable that nobody named in full.
    pub fn content_type(&self, usual: &str) -> String {
        match self {
            Self::Votable(format) => format.content_type.clone().unwrap_or_else(|| usual.to_owned()),
            Self::Csv(_, content_type)
            | Self::Tsv(_, content_type)
            | Self::Fits(content_type)
            | Self::Page(content_type)
            | Self::Plain(content_type) => content_type.clone(),
        }
    }
}

/// How a table ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With its last row.
    Complete,
    /// Where the client or the service wanted no more, although there was more.
    Overflow,
    /// With a failure; the text for the client.
    Failed(String),
}
