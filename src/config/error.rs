//! Why the settings cannot be used.

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file is missing or not TOML, a key is unknown, a value has the wrong type.
    #[error("configuration{files}: {problem}")]
    Unreadable {
        /// The files that were read, in brackets.
        files: String,
        /// What is wrong, with the name of the key.
        problem: String,
    },
    /// A value has the right type but makes no sense.
    #[error("configuration: {key}: {problem}")]
    Impossible {
        /// Dotted name of the key.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
}
