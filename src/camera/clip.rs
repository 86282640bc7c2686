//! A clip of the last seconds: MP4 or GIF, made by the `ffmpeg` program from what is in memory.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;

use super::camera::{Camera, Footage};
use super::error::{CameraError, SourceError};
use super::ffmpeg::Ffmpeg;
use super::pace::Pace;

/// Longest clip, as bytes.
const LONGEST_BYTES: usize = 64 << 20;
/// Longest time the making may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// Pictures per second of a clip made of pictures.
const FPS: f64 = 10.0;
/// A clip is H.264 in fragments, so that it can be written in one go; odd sides lose a row or column.
const MP4: &[&str] = &[
    "-an",
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-crf",
    "24",
    "-pix_fmt",
    "yuv420p",
    "-vf",
    "crop=trunc(iw/2)*2:trunc(ih/2)*2",
    "-movflags",
    "frag_keyframe+empty_moov+default_base_moof",
    "-f",
    "mp4",
    "pipe:1",
];
/// H.264 and H.265 that are there already go in as they are.
const MP4_COPY: &[&str] = &[
    "-an",
    "-c:v",
    "copy",
    "-movflags",
    "frag_keyframe+empty_moov+default_base_moof",
    "-f",
    "mp4",
    "pipe:1",
];
/// Small, with a palette of its own colours.
const GIF: &[&str] = &[
    "-an",
    "-vf",
    "fps=5,scale='min(480,iw)':-2:flags=lanczos,split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer",
    "-f",
    "gif",
    "pipe:1",
];

/// What a clip is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClipFormat {
    /// H.264 in MP4.
    Mp4,
    /// An animated GIF, at most 480 pixels wide, five pictures a second.
    Gif,
}

impl ClipFormat {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Mp4 => "video/mp4",
            Self::Gif => "image/gif",
        }
    }
}

impl Camera {
    /// A clip of what was seen from `from` before `arrival` (monotonic) until `until` before it.
    ///
    /// # Errors
    /// [`CameraError::NothingFromThen`] when there are no two pictures of that time, [`CameraError::TooManyViewers`]
    /// while another clip of this camera is made, [`CameraError::Rendition`] when it cannot be made.
    pub async fn clip(
        &self,
        arrival: Duration,
        from: Duration,
        until: Duration,
        format: ClipFormat,
    ) -> Result<Bytes, CameraError> {
        let _permit = self.clips().try_acquire().map_err(|_| CameraError::TooManyViewers)?;
        let footage = self.between(arrival.saturating_sub(from), arrival.saturating_sub(until));
        let (input, pieces) = footage.prepared().ok_or(CameraError::NothingFromThen)?;
        let output = match (&footage, format) {
            (_, ClipFormat::Gif) => GIF,
            (Footage::Coded(_), ClipFormat::Mp4) => MP4_COPY,
            (Footage::Pictures(_), ClipFormat::Mp4) => MP4,
        };
        let clip = tokio::time::timeout(PATIENCE, made(&input, output, pieces)).await;
        let clip = clip.unwrap_or(Err(SourceError::NoPictures("the clip takes too long to make")));
        clip.map(Bytes::from).map_err(|error| CameraError::Rendition(Arc::new(error)))
    }
}

impl Footage {
    /// Input arguments and the bytes to feed.
    fn prepared(&self) -> Option<(Vec<String>, Vec<Bytes>)> {
        match self {
            Self::Pictures(frames) => {
                // A clip has one size: that of its newest picture.
                let size = frames.last()?.resolution;
                let mut pace = Pace::new(FPS);
                let chosen: Vec<_> = frames
                    .iter()
                    .filter(|frame| frame.resolution == size)
                    .filter(|frame| pace.admits(frame.captured.monotonic, Duration::from_millis(50)))
                    .collect();
                let times = [chosen.first()?.captured.monotonic, chosen.last()?.captured.monotonic];
                let input = input("mjpeg", chosen.len(), times)?;
                Some((input, chosen.into_iter().map(|frame| frame.jpeg.clone()).collect()))
            }
            Self::Coded(coded) => {
                let (first, last) = (&coded.first()?.frame, &coded.last()?.frame);
                let times = [first.captured.monotonic, last.captured.monotonic];
                let input = input(last.codec.name(), coded.len(), times)?;
                Some((input, coded.iter().map(|coded| coded.frame.data.clone()).collect()))
            }
        }
    }
}

/// Input arguments for `count` pictures spread evenly over the time between the first and the last.
fn input(format: &str, count: usize, [first, last]: [Duration; 2]) -> Option<Vec<String>> {
    let seconds = last.saturating_sub(first).as_secs_f64();
    if count < 2 || seconds <= 0.0 {
        return None;
    }
    let fps = ((count - 1) as f64 / seconds).clamp(0.1, 120.0);
    Some(["-f", format, "-framerate", &format!("{fps:.3}"), "-i", "pipe:0"].map(str::to_owned).to_vec())
}

async fn made(input: &[String], output: &[&str], pieces: Vec<Bytes>) -> Result<Vec<u8>, SourceError> {
    let (running, mut stdin) = Ffmpeg::new(input, output).start_reading()?;
    let write = async move {
        for piece in pieces {
            // Why the program reads no more stands in its last words.
            if stdin.write_all(&piece).await.is_err() {
                break;
            }
        }
    };
    let ((), clip) = tokio::join!(write, running.read_all(LONGEST_BYTES));
    clip
}
