//! From coded video to a single picture of the past.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt;
use tokio::runtime::Handle;

use super::coded::Codec;
use super::ring::Numbered;
use crate::camera::error::SourceError;
use crate::camera::ffmpeg::{Ffmpeg, JPEG_PIPE};
use crate::camera::frame::Frame;
use crate::camera::jpeg::normalise::normalise;
use crate::camera::jpeg::splitter::Splitter;
use crate::camera::look::scale::WorkError;

/// Longest time a single picture of the past may take to decode.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longest decoded picture, as JPEG.
pub(in crate::camera) const LONGEST_BYTES: usize = 32 << 20;

/// Input arguments for coded pictures on standard input. What is read to recognise the format stays small, and is
/// decoded too: with `nobuffer` it would be lost, and with it the keyframe.
pub(in crate::camera) fn input(codec: Codec) -> [&'static str; 12] {
    [
        "-flags",
        "low_delay",
        "-probesize",
        "32",
        "-analyzeduration",
        "0",
        "-threads",
        "1",
        "-f",
        codec.name(),
        "-i",
        "pipe:0",
    ]
}

/// The last picture of a group of coded ones that begins with a keyframe. Blocking work.
pub(in crate::camera) fn last(group: &[Numbered]) -> Result<Frame, WorkError> {
    Handle::current().block_on(async {
        match tokio::time::timeout(PATIENCE, decode_last(group)).await {
            Ok(frame) => frame,
            Err(_) => Err("the decoder does not come to an end".into()),
        }
    })
}

async fn decode_last(group: &[Numbered]) -> Result<Frame, WorkError> {
    let wanted = group.last().ok_or("nothing to decode")?;
    // The last few, in case the decoder loses some: only these are encoded again.
    let select = format!("select=gte(n\\,{})", group.len().saturating_sub(4));
    let chosen = [&["-vf", &select, "-fps_mode", "passthrough"], JPEG_PIPE].concat();
    let all = [&["-fps_mode", "passthrough"], JPEG_PIPE].concat();
    let mut pictures = run(group, wanted.frame.codec, &chosen).await;
    if pictures.as_ref().is_ok_and(Vec::is_empty) {
        pictures = run(group, wanted.frame.codec, &all).await;
    }
    let jpeg = pictures?.pop().ok_or("the decoder gave no picture")?;
    let picture = normalise(&jpeg)?;
    Ok(Frame {
        sequence: wanted.sequence,
        captured: wanted.frame.captured,
        resolution: picture.resolution,
        jpeg: picture.jpeg,
    })
}

/// All pictures the decoder makes of `group`.
async fn run(group: &[Numbered], codec: Codec, output: &[&str]) -> Result<Vec<Bytes>, WorkError> {
    let (mut running, mut stdin) = Ffmpeg::new(input(codec), output).start_reading()?;
    let write = async move {
        for coded in group {
            // A decoder that has seen enough closes its input.
            if stdin.write_all(&coded.frame.data).await.is_err() {
                break;
            }
        }
    };
    let read = async {
        let (mut splitter, mut pictures, mut buffer) =
            (Splitter::new(LONGEST_BYTES), Vec::new(), BytesMut::new());
        loop {
            match running.read(&mut buffer).await {
                Ok(()) => splitter.extend(&buffer.split()),
                Err(SourceError::Ended(..)) => return Ok::<_, SourceError>(pictures),
                Err(error) => return Err(error),
            }
            pictures.extend(std::iter::from_fn(|| splitter.next_picture()));
        }
    };
    let ((), pictures) = tokio::join!(write, read);
    Ok(pictures?)
}
