//! Small pictures of frames kept on disk, so that they are made once and outlive the service.
//!
//! A picture is kept under the identity of its frame; when the file behind a frame changes, the picture of the old
//! one goes. Whatever is wrong with the shelf, pictures can be made again: it is a convenience, not a source.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use moka::sync::Cache;

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
    /// Makes names of unfinished files differ.
    writes: Arc<AtomicU64>,
}

impl Shelf {
    /// A shelf in `directory`, which need not exist yet, with up to `memory_bytes` of its pictures in memory.
    pub fn new(directory: PathBuf, memory_bytes: u64) -> Self {
        let weigh = |_: &FrameIdentity, bytes: &Bytes| u32::try_from(bytes.len() + 256).unwrap_or(u32::MAX);
        Self {
            directory: directory.into(),
            lately: Cache::builder().max_capacity(memory_bytes).weigher(weigh).build(),
            writes: Arc::default(),
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
        let (path, number) = (self.path(frame), self.writes.fetch_add(1, Ordering::Relaxed));
        let write = move || write(&path, &picture, frame.frame, number);
        tokio::task::spawn_blocking(write).await.map_err(Error::Panicked)?.map_err(Error::Shelf)
    }

    fn path(&self, frame: FrameIdentity) -> PathBuf {
        let folder = frame.frame.get().rem_euclid(FOLDERS);
        self.directory.join(format!("{folder:02x}")).join(format!("{}.jpg", frame.to_tag()))
    }
}

/// Writes the whole file or nothing, then removes what else is kept of the frame.
fn write(path: &Path, picture: &[u8], frame: FrameId, number: u64) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!(".{number}.part"));
    let mut file = fs::File::create(&unfinished)?;
    file.write_all(picture)?;
    drop(file);
    fs::rename(&unfinished, path)?;
    let prefix = format!("{:x}-", frame.get());
    for entry in fs::read_dir(folder)?.flatten() {
        let is_of_frame = entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix));
        if is_of_frame && entry.path() != path {
            fs::remove_file(entry.path())?;
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
}
