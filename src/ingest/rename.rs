//! Frames whose files get another name on request, and keep their place in the history.

use std::fs::OpenOptions;
use std::io;
use std::path::PathBuf;

use crate::catalogue::{Catalogue, CatalogueError, FrameRecord};
use crate::error::{Classified, ErrorKind};
use crate::image_file::is_named_like_an_image;

/// The longest file name of common file systems, in bytes.
const LONGEST_NAME: usize = 255;

/// What is put before a file's name: never a path, never hiding the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePrefix(String);

/// The text is no prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid prefix")]
pub struct InvalidPrefix;

impl TryFrom<&str> for NamePrefix {
    type Error = InvalidPrefix;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "_-+. ()".contains(letter);
        let starts_well = text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_');
        if starts_well && text.len() <= 64 && text.chars().all(is_allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPrefix)
        }
    }
}

/// Why a file keeps its name.
#[derive(Debug, thiserror::Error)]
pub enum RenameError {
    /// There is a file of the new name.
    #[error("File already exists")]
    Exists,
    /// There is no file any more.
    #[error("Image file does not exist")]
    Missing,
    /// The new name would be too long or hide the file from us.
    #[error("Invalid prefix")]
    Name,
    /// The file system refuses.
    #[error("the file cannot be renamed")]
    Refused(#[source] io::Error),
    /// The catalogue does not answer.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

impl Classified for RenameError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Exists | Self::Name => ErrorKind::InvalidInput,
            Self::Missing => ErrorKind::NotFound,
            Self::Refused(_) => ErrorKind::Internal,
            Self::Catalogue(error) => error.kind(),
        }
    }
}

/// Renames the file of a frame to prefix + name, on disk and in the catalogue at once.
///
/// # Errors
/// When the file is gone, the new name taken, or the file system refuses; nothing has changed then.
pub async fn rename(
    catalogue: &Catalogue,
    frame: &FrameRecord,
    prefix: &NamePrefix,
) -> Result<(), RenameError> {
    let name = format!("{}{}", prefix.0, frame.file_name());
    let (from, to) = (frame.path.clone(), frame.path.with_file_name(&name));
    if name.len() > LONGEST_NAME || !is_named_like_an_image(&to) {
        return Err(RenameError::Name);
    }
    // While the batch lives no scan can enter the file under either name.
    let mut batch = catalogue.begin().await?;
    let moved = to.clone();
    tokio::task::spawn_blocking(move || rename_file(&from, &moved))
        .await
        .map_err(|error| RenameError::Refused(io::Error::other(error)))??;
    batch.move_frame(frame.id, &to).await?;
    Ok(batch.commit().await?)
}

/// Renames a file without ever replacing another: the new name is taken first.
fn rename_file(from: &PathBuf, to: &PathBuf) -> Result<(), RenameError> {
    if !from.is_file() {
        return Err(RenameError::Missing);
    }
    OpenOptions::new().write(true).create_new(true).open(to).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => RenameError::Exists,
        _ => RenameError::Refused(error),
    })?;
    std::fs::rename(from, to).map_err(|error| {
        // The name that was taken is given back.
        let _ = std::fs::remove_file(to);
        RenameError::Refused(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_plain_beginnings_of_names() {
        for text in ["BAD_", "a", "_", "2nd try (x) + more.", &"x".repeat(64)] {
            assert!(NamePrefix::try_from(text).is_ok(), "{text}");
        }
        for text in ["", "../", "a/b", "a\\b", ".hidden", " x", "ä", "a\nb", "a\0", "C:", &"x".repeat(65)] {
            assert_eq!(NamePrefix::try_from(text), Err(InvalidPrefix), "{text}");
        }
    }

    #[test]
    fn a_file_is_never_renamed_over_another() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("a"), "a").unwrap();
        std::fs::write(path("b"), "b").unwrap();
        assert!(matches!(rename_file(&path("a"), &path("b")), Err(RenameError::Exists)));
        assert!(matches!(rename_file(&path("x"), &path("y")), Err(RenameError::Missing)));
        assert!(!path("y").exists());
        rename_file(&path("a"), &path("c")).unwrap();
        assert_eq!(std::fs::read(path("b")).unwrap(), b"b");
        assert_eq!(std::fs::read(path("c")).unwrap(), b"a");
    }
}
