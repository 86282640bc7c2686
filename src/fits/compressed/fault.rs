//! Why the table of a compressed image cannot be used.

/// Why a table cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::fits) enum TableFault {
    /// Its header cannot be believed.
    Malformed(String),
    /// It is sound, but of a kind nothing here reads.
    Unsupported(String),
}

impl<T: Into<String>> From<T> for TableFault {
    fn from(what: T) -> Self {
        Self::Malformed(what.into())
    }
}
