//! Small pictures of frames kept on disk, so that they are made once and outlive the service.
//!
//! A picture is kept under the identity of its frame; when the file behind a frame changes, the picture of the old
//! one goes. Whatever is wrong with the shelf, pictures can be made again: it is a convenience, not a source.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use moka::sync::Cache;
use uuid::Uuid;

use super::Error;
use crate::catalogue::{FrameId, FrameIdentity};

/// Folders the pictures are spread over, so that none becomes long to list.
const FOLDERS: i64 = 256;

/// How every JPEG ends (ITU-T T.81, marker EOI): one that does not was cut off by a power failure.
const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];

/// JPEGs by frame, on disk and, those asked for lately, in memory. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Shelf {
    directory: Arc<Path>,
    lately: Cache<FrameIdentity, Bytes>,
    /// Makes names of unfinished files differ, from each other and from those of earlier runs.
    writes: Arc<AtomicU64>,
    run: Uuid,
}

/// The files there were on a shelf at one moment.
#[derive(Debug)]
pub struct Listed(Vec<PathBuf>);

impl Shelf {
    /// A shelf in `directory`, which need not exist yet, with up to `memory_bytes` of its pictures in memory.
    pub fn new(directory: PathBuf, memory_bytes: u64) -> Self {
        let weigh = |_: &FrameIdentity, bytes: &Bytes| u32::try_from(bytes.len() + 256).unwrap_or(u32::MAX);
        Self {
            directory: directory.into(),
            lately: Cache::builder().max_capacity(memory_bytes).weigher(weigh).build(),
            writes: Arc::default(),
            run: Uuid::new_v4(),
        }
    }

    /// The picture of a frame, if it is there and whole.
    pub async fn get(&self, frame: FrameIdentity) -> Option<Bytes> {
        if let Some(bytes) = self.lately.get(&frame) {
            return Some(bytes);
        }
        let path = self.path(frame);
        let read = tokio::task::spawn_blocking(move || fs::read(path)).await.ok()?.ok()?;
        if !read.ends_with(&END_OF_IMAGE) {
            return None;
        }
        let bytes = Bytes::from(read);
        self.lately.insert(frame, bytes.clone());
        Some(bytes)
    }

    /// Keeps the picture of a frame in place of any of its earlier ones.
    ///
    /// # Errors
    /// When the disk does not take it; in memory it is kept all the same.
    pub async fn put(&self, frame: FrameIdentity, picture: Bytes) -> Result<(), Error> {
        self.lately.insert(frame, picture.clone());
        let path = self.path(frame);
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        let unfinished = path.with_file_name(format!(".{}-{number}.part", self.run.simple()));
        let write = move || write(&path, &unfinished, &picture, frame.frame);
        tokio::task::spawn_blocking(write).await.map_err(Error::Panicked)?.map_err(Error::Shelf)
    }

    /// What lies on the shelf now, for [`Self::sweep`].
    ///
    /// # Errors
    /// When it cannot be listed.
    pub async fn list(&self) -> Result<Listed, Error> {
        let (directory, own) = (Arc::clone(&self.directory), format!(".{}-", self.run.simple()));
        let list = move || {
            let mut files = Vec::new();
            for folder in entries(&directory)?.into_iter().filter(|path| path.is_dir()) {
                files.extend(entries(&folder)?);
            }
            // Those under way are none of the sweeper's business.
            files.retain(|path| !name_of(path).starts_with(&own));
            Ok(Listed(files))
        };
        tokio::task::spawn_blocking(list).await.map_err(Error::Panicked)?.map_err(Error::Shelf)
    }

    /// Removes what was `listed` and is the picture of none of `frames`, which must have been gathered after the list:
    /// pictures of frames the catalogue does not know any more, and what a killed process left unfinished. Says how
    /// many files went.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub async fn sweep(&self, listed: Listed, frames: &[FrameIdentity]) -> Result<usize, Error> {
        let kept: HashSet<String> = frames.iter().map(|frame| file_name(*frame)).collect();
        let sweep = move || {
            let stale = listed.0.iter().filter(|path| !kept.contains(name_of(path)));
            let removed = stale.map(|path| match fs::remove_file(path) {
                // A picture of its frame's new file took its place meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
                removed => removed.map(|()| 1),
            });
            removed.sum::<io::Result<usize>>()
        };
        tokio::task::spawn_blocking(sweep).await.map_err(Error::Panicked)?.map_err(Error::Shelf)
    }

    fn path(&self, frame: FrameIdentity) -> PathBuf {
        let folder = frame.frame.get().rem_euclid(FOLDERS);
        self.directory.join(format!("{folder:02x}")).join(file_name(frame))
    }
}

fn file_name(frame: FrameIdentity) -> String {
    format!("{}.jpg", frame.to_tag())
}

fn name_of(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap_or_default()
}

/// What is in a folder; nothing if there is no such folder.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?.map(|entry| entry.map(|entry| entry.path())).collect(),
    }
}

/// Writes the whole file or nothing, then removes what else is kept of the frame.
fn write(path: &Path, unfinished: &Path, picture: &[u8], frame: FrameId) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let mut file = fs::File::create(unfinished)?;
    file.write_all(picture)?;
    drop(file);
    fs::rename(unfinished, path)?;
    let prefix = format!("{:x}-", frame.get());
    for other in entries(folder)? {
        if name_of(&other).starts_with(&prefix) && other != path {
            fs::remove_file(other)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::HeaderDigest;
    use crate::catalogue::tests::empty;
    use crate::fits::FileStamp;

    /// Identities of one frame before and after its file changed.
    async fn identities() -> [FrameIdentity; 2] {
        let (_folder, catalogue) = empty().await;
        let frame =
            crate::catalogue::history_tests::save(&catalogue, 1, crate::catalogue::FrameType::Light).await;
        [1, 2].map(|bytes| FrameIdentity {
            frame,
            stamp: FileStamp { bytes, modified_ns: 7 },
            digest: HeaderDigest(9),
        })
    }

    fn picture(colour: u8) -> Bytes {
        Bytes::from(vec![0xff, 0xd8, colour, 0xff, 0xd9])
    }

    #[tokio::test]
    async fn pictures_outlive_the_shelf_that_put_them() {
        let folder = tempfile::TempDir::new().unwrap();
        let [old, new] = identities().await;
        let shelf = Shelf::new(folder.path().join("thumbnails"), 1 << 20);
        assert_eq!(shelf.get(old).await, None);
        shelf.put(old, picture(1)).await.unwrap();
        let again = Shelf::new(folder.path().join("thumbnails"), 1 << 20);
        assert_eq!(again.get(old).await, Some(picture(1)));
        again.put(new, picture(2)).await.unwrap();
        let third = Shelf::new(folder.path().join("thumbnails"), 0);
        assert_eq!((third.get(old).await, third.get(new).await), (None, Some(picture(2))));
    }

    #[tokio::test]
    async fn half_a_picture_is_none_and_a_full_disk_leaves_the_one_in_memory() {
        let folder = tempfile::TempDir::new().unwrap();
        let [frame, _] = identities().await;
        let shelf = Shelf::new(folder.path().to_owned(), 1 << 20);
        shelf.put(frame, picture(1)).await.unwrap();
        fs::write(shelf.path(frame), [0xff, 0xd8]).unwrap();
        assert_eq!(Shelf::new(folder.path().to_owned(), 1 << 20).get(frame).await, None);
        let blocked = folder.path().join("blocked");
        fs::write(&blocked, "a file where a folder should be").unwrap();
        let shelf = Shelf::new(blocked, 1 << 20);
        assert!(shelf.put(frame, picture(3)).await.is_err());
        assert_eq!(shelf.get(frame).await, Some(picture(3)));
    }

    #[tokio::test]
    async fn what_belongs_to_no_frame_is_swept_and_what_comes_meanwhile_stays() {
        let folder = tempfile::TempDir::new().unwrap();
        let [old, new] = identities().await;
        let shelf = Shelf::new(folder.path().to_owned(), 0);
        assert_eq!(shelf.sweep(shelf.list().await.unwrap(), &[]).await.unwrap(), 0, "nothing is there yet");
        shelf.put(old, picture(1)).await.unwrap();
        let of_another_run = shelf.path(old).with_file_name(".0123-7.part");
        fs::write(&of_another_run, "half").unwrap();
        assert_eq!(shelf.sweep(shelf.list().await.unwrap(), &[old]).await.unwrap(), 1, "what was unfinished");
        assert!(!of_another_run.exists());
        assert_eq!(shelf.get(old).await, Some(picture(1)));
        let listed = shelf.list().await.unwrap();
        shelf.put(new, picture(2)).await.unwrap();
        assert_eq!(
            shelf.sweep(listed, &[]).await.unwrap(),
            0,
            "the old one is replaced, the new one not listed"
        );
        assert_eq!(shelf.get(new).await, Some(picture(2)));
        assert_eq!(shelf.sweep(shelf.list().await.unwrap(), &[]).await.unwrap(), 1);
        assert_eq!(shelf.get(new).await, None);
    }
}
