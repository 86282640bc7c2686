//! `file:` a folder of pictures, one picture, a file of concatenated JPEG pictures or a video, shown in a loop.
//!
//! `file:/path?fps=5`. A folder is read in the order of its file names and looked through again at each round,
//! so pictures may come and go. What is neither JPEG nor PNG, or damaged, is left out.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::address::SourceUrl;
use super::program::video_file;
use super::steady::{PictureMaker, SteadyPictures};
use super::{Expected, Session, Source, Surroundings};
use crate::camera::error::{CameraError, SourceError};
use crate::camera::frame::Moment;
use crate::camera::jpeg::splitter::Splitter;
use crate::camera::look::scale;
use crate::clock::Clock;
use crate::pixel::{Channels, EightBit};

const DEFAULT_FPS: f64 = 10.0;
/// Quality of pictures that are not JPEG in the folder.
const QUALITY: u8 = 90;
/// A picture file or a single picture of a stream longer than this is left out.
const LONGEST_BYTES: usize = 64 << 20;
const CHUNK_BYTES: u64 = 256 << 10;
const JPEG_START: [u8; 2] = [0xFF, 0xD8];
const PNG_START: [u8; 4] = *b"\x89PNG";

/// Reads `file:` URLs.
pub(super) fn open(url: &SourceUrl<'_>, surroundings: &Surroundings) -> Result<Box<dyn Source>, CameraError> {
    // file:/a, file:a and file:///a name the same kind of thing.
    let path = url.path();
    let path = PathBuf::from(path.strip_prefix("//").unwrap_or(path));
    let mut fps = DEFAULT_FPS;
    for (key, value) in url.options() {
        match key {
            "fps" => fps = url.fps(value)?,
            _ => return Err(url.unknown_option(key, "fps")),
        }
    }
    if path.as_os_str().is_empty() {
        return Err(url.fault("a file: url needs a folder or a file"));
    }
    if let Err(cause) = fs::metadata(&path) {
        return Err(CameraError::Url {
            camera: url.config.name.clone(),
            reason: "the folder or file of its url cannot be read".to_owned(),
            cause: Some(Arc::new(cause)),
        });
    }
    if is_video(&path) {
        return Ok(video_file(&path, surroundings));
    }
    Ok(Box::new(Files { path, fps, clock: surroundings.clock.clone() }))
}

/// Whether a file has to be played by a program, going by its name.
fn is_video(path: &Path) -> bool {
    const ENDINGS: [&str; 14] = [
        "mp4", "m4v", "mov", "mkv", "webm", "avi", "ts", "m2ts", "mpg", "mpeg", "h264", "264", "h265", "hevc",
    ];
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_ascii_lowercase();
    path.is_file() && ENDINGS.contains(&ending.as_str())
}

struct Files {
    path: PathBuf,
    fps: f64,
    clock: Arc<dyn Clock>,
}

impl Source for Files {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Session>, SourceError>> {
        Box::pin(async move {
            let path = self.path.clone();
            let reel = tokio::task::spawn_blocking(move || Reel::open(path))
                .await
                .map_err(|_| SourceError::NoPictures("the pictures could not be read"))??;
            Ok(Box::new(SteadyPictures::new(reel, self.fps, self.clock.clone())) as Box<dyn Session>)
        })
    }

    fn expected(&self) -> Expected {
        Expected { resolution: None, interval: Some(Duration::from_secs_f64(self.fps.recip())) }
    }
}

/// The pictures of one round, and where they come from.
enum Reel {
    Folder { path: PathBuf, left: VecDeque<PathBuf> },
    Stream { path: PathBuf, file: File, splitter: Splitter },
}

impl PictureMaker for Reel {
    fn next(&mut self, _: Moment) -> Result<Bytes, SourceError> {
        if let Some(picture) = self.take()? {
            return Ok(picture);
        }
        self.rewind()?;
        self.take()?.ok_or(SourceError::NoPictures("there is no picture in it"))
    }
}

impl Reel {
    fn open(path: PathBuf) -> Result<Self, SourceError> {
        let failed = |error| SourceError::Io("the pictures cannot be read", error);
        if fs::metadata(&path).map_err(failed)?.is_dir() {
            let left = files_of(&path).map_err(failed)?;
            return Ok(Self::Folder { path, left });
        }
        let mut file = File::open(&path).map_err(failed)?;
        let mut start = [0; 4];
        if matches!(file.read(&mut start), Ok(4)) && start == PNG_START {
            // One picture is a folder of one.
            return Ok(Self::Folder { left: [path.clone()].into(), path });
        }
        let file = File::open(&path).map_err(failed)?;
        Ok(Self::Stream { path, file, splitter: Splitter::new(LONGEST_BYTES) })
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        let path = match self {
            Self::Folder { path, .. } | Self::Stream { path, .. } => std::mem::take(path),
        };
        *self = Self::open(path)?;
        Ok(())
    }

    /// The next picture of this round.
    fn take(&mut self) -> Result<Option<Bytes>, SourceError> {
        match self {
            Self::Folder { left, .. } => {
                while let Some(path) = left.pop_front() {
                    match picture_of(&path) {
                        Ok(Some(picture)) => return Ok(Some(picture)),
                        Ok(None) => {}
                        Err(error) => tracing::debug!(file = %path.display(), error, "picture left out"),
                    }
                }
                Ok(None)
            }
            Self::Stream { file, splitter, .. } => loop {
                if let Some(picture) = splitter.next_picture() {
                    return Ok(Some(picture));
                }
                let mut chunk = Vec::new();
                let read = file.take(CHUNK_BYTES).read_to_end(&mut chunk);
                if read.map_err(|error| SourceError::Io("the file cannot be read", error))? == 0 {
                    return Ok(None);
                }
                splitter.extend(&chunk);
            },
        }
    }
}

/// The files of a folder in the order of their names.
fn files_of(folder: &Path) -> std::io::Result<VecDeque<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files.into())
}

/// The picture in a file as JPEG; `None` when the file is of another kind or gone.
fn picture_of(path: &Path) -> Result<Option<Bytes>, scale::WorkError> {
    let Ok(file) = File::open(path) else { return Ok(None) };
    let mut bytes = Vec::new();
    file.take(LONGEST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > LONGEST_BYTES {
        return Err("longer than a picture may be".into());
    }
    if bytes.starts_with(&JPEG_START) {
        let mut splitter = Splitter::new(LONGEST_BYTES);
        splitter.extend(&bytes);
        return splitter.next_picture().map(Some).ok_or_else(|| "cut short".into());
    }
    if bytes.starts_with(&PNG_START) {
        return Ok(Some(scale::encode(&png_decode(bytes)?, QUALITY)?));
    }
    Ok(None)
}

fn png_decode(bytes: Vec<u8>) -> Result<EightBit, scale::WorkError> {
    let mut reader = image::ImageReader::with_format(Cursor::new(bytes), image::ImageFormat::Png);
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(1 << 28);
    reader.limits(limits);
    let picture = reader.decode()?;
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (channels, samples) = if picture.color().has_color() {
        (Channels::Rgb, picture.into_rgb8().into_raw())
    } else {
        (Channels::Grey, picture.into_luma8().into_raw())
    };
    EightBit::new(width, height, channels, samples).ok_or_else(|| "a picture without pixels".into())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::camera::look::canvas::blank;
    use crate::camera::resolution::Resolution;
    use crate::pixel::codec::png_encode;

    const NOW: Moment = Moment { monotonic: std::time::Duration::ZERO, utc: DateTime::UNIX_EPOCH };

    fn jpeg(side: u32) -> Bytes {
        scale::encode(&blank(Resolution::new(side, 32), [200, 100, 50]), 80).unwrap()
    }

    fn widths(reel: &mut Reel, pictures: usize) -> Vec<usize> {
        (0..pictures).map(|_| scale::decode(&reel.next(NOW).unwrap()).unwrap().width()).collect()
    }

    #[test]
    fn a_folder_is_looped_in_name_order_and_takes_in_new_pictures() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
        put("b.jpg", &jpeg(48));
        put("a.png", &png_encode(&blank(Resolution::new(32, 32), [1, 2, 3])).unwrap());
        put("c.txt", b"not a picture");
        put("d.jpg", &jpeg(99)[..200]);
        let mut reel = Reel::open(folder.path().to_owned()).unwrap();
        assert_eq!(widths(&mut reel, 3), [32, 48, 32]);
        put("e.jpg", &jpeg(64));
        assert_eq!(widths(&mut reel, 4), [48, 32, 48, 64]);
    }

    #[test]
    fn an_mjpeg_file_is_looped_and_its_torn_end_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mjpeg");
        let mut film = [jpeg(32), jpeg(48), jpeg(64)].concat();
        film.truncate(film.len() - 100);
        fs::write(&path, film).unwrap();
        let mut reel = Reel::open(path).unwrap();
        assert_eq!(widths(&mut reel, 5), [32, 48, 32, 48, 32]);
    }

    #[test]
    fn a_folder_without_pictures_says_so_and_a_vanished_one_too() {
        let folder = tempfile::tempdir().unwrap();
        let mut reel = Reel::open(folder.path().to_owned()).unwrap();
        assert_eq!(reel.next(NOW).unwrap_err().to_string(), "there is no picture in it");
        let path = folder.path().to_owned();
        let mut reel = Reel::open(path).unwrap();
        drop(folder);
        assert_eq!(reel.next(NOW).unwrap_err().to_string(), "the pictures cannot be read");
    }

    #[test]
    fn a_url_without_a_readable_path_is_refused() {
        use super::super::tests::{opened, refusal};
        for url in ["file:", "file:/no/such/place", "file:/tmp?speed=2", "file:/tmp?fps=zero"] {
            assert!(!refusal(url).is_empty(), "{url}");
        }
        assert!(opened("file:///tmp").is_ok());
    }

    #[test]
    fn real_camera_recordings_are_cut_into_their_pictures() {
        let Ok(data) = std::env::var("TRIFOCAL_TEST_DATA") else {
            eprintln!("skipped: TRIFOCAL_TEST_DATA is not set");
            return;
        };
        for (name, pictures) in [
            ("camera/mjpeg_compactcam_320x240_20f.mjpeg", 20),
            ("camera/multipart_compactcam_320x240_12f.mpjpeg", 12),
            ("broken/mjpeg_cut_in_frame.mjpeg", 6),
            ("broken/multipart_wrong_length.mpjpeg", 12),
        ] {
            let mut reel = Reel::open(Path::new(&data).join(name)).unwrap();
            let mut seen = 0;
            while let Some(picture) = reel.take().unwrap() {
                scale::decode(&picture).unwrap();
                seen += 1;
            }
            assert_eq!(seen, pictures, "{name}");
        }
    }
}
