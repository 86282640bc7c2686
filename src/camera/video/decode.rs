//! From coded video to pictures: the newest ones while somebody watches, a single one of the past when asked.
//!
//! While nobody watches nothing is decoded; the coded pictures only go through memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt;
use tokio::runtime::Handle;

use super::coded::Codec;
use super::ring::Numbered;
use crate::camera::camera::Camera;
use crate::camera::error::SourceError;
use crate::camera::frame::{Frame, Moment};
use crate::camera::jpeg::normalise::normalise;
use crate::camera::jpeg::splitter::Splitter;
use crate::camera::look::scale::WorkError;
use crate::camera::source::{Ffmpeg, JPEG_PIPE, Running};

/// Longest time a single picture of the past may take to decode.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longest decoded picture, as JPEG.
const LONGEST_BYTES: usize = 32 << 20;
/// Coded pictures that may be inside the decoder before some count as lost in it.
const MOST_INSIDE: usize = 16;
/// A decoder that takes nothing for so long is stuck.
const STUCK: Duration = Duration::from_secs(10);
/// How often it is looked whether somebody still watches.
const LOOK: Duration = Duration::from_secs(1);

/// Input arguments for coded pictures on standard input. What is read to recognise the format stays small, and is
/// decoded too: with `nobuffer` it would be lost, and with it the keyframe.
fn input(codec: Codec) -> [&'static str; 12] {
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

/// Behind each coded picture: an access unit delimiter (H.264 7.3.2.4, H.265 7.3.2.5). The decoder's parser knows
/// then that the picture is whole, and does not wait for the next.
fn delimiter(codec: Codec) -> &'static [u8] {
    match codec {
        Codec::H264 => &[0, 0, 0, 1, 0x09, 0xF0],
        Codec::Hevc => &[0, 0, 0, 1, 0x46, 0x01, 0x50],
    }
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
    let (mut running, mut stdin) = Ffmpeg::new(&input(codec), output).start_reading()?;
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

/// Decodes what comes while somebody watches, for as long as the camera's session lasts.
pub(in crate::camera) async fn decode_live(camera: Arc<Camera>) {
    loop {
        camera.until_watched().await;
        if let Err(error) = decode_while_watched(&camera).await {
            tracing::warn!(
                camera = camera.name(),
                error = crate::error::chain(&error),
                "video is not decoded"
            );
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// A decoder at work.
struct Decoder {
    running: Running,
    splitter: Splitter,
    buffer: BytesMut,
}

async fn decode_while_watched(camera: &Arc<Camera>) -> Result<(), SourceError> {
    let video = camera.video();
    let mut newest = video.newest.subscribe();
    let Some(group) = video.with(|ring| ring.newest_group()) else {
        // Nothing yet; the next piece of video rings the bell.
        let _ = tokio::time::timeout(LOOK, newest.changed()).await;
        return Ok(());
    };
    let (Some(codec), Some(first_shown)) =
        (group.last().map(|last| last.frame.codec), group.last().map(|last| last.sequence))
    else {
        return Ok(());
    };
    let output = [&["-fps_mode", "passthrough"], JPEG_PIPE].concat();
    let (running, mut stdin) = Ffmpeg::new(&input(codec), &output).start_reading()?;
    let mut decoder = Decoder { running, splitter: Splitter::new(LONGEST_BYTES), buffer: BytesMut::new() };
    let inside = Mutex::new(Inside { coded: VecDeque::new(), last_out: Instant::now() });
    let inside = || inside.lock().unwrap_or_else(PoisonError::into_inner);
    let feeding = async {
        let mut waiting = group;
        let mut last = first_shown;
        loop {
            for coded in waiting.drain(..) {
                last = coded.sequence;
                inside().coded.push_back((coded.sequence, coded.frame.captured));
                let mut bytes = BytesMut::with_capacity(coded.frame.data.len() + 8);
                bytes.extend_from_slice(&coded.frame.data);
                bytes.extend_from_slice(delimiter(codec));
                tokio::time::timeout(STUCK, stdin.write_all(&bytes))
                    .await
                    .map_err(|_| SourceError::NoPictures("ffmpeg hangs"))?
                    .map_err(|error| SourceError::Io("ffmpeg stopped reading", error))?;
            }
            if inside().is_stuck(Instant::now()) {
                return Err(SourceError::NoPictures("ffmpeg takes the video and gives no pictures"));
            }
            match tokio::time::timeout(LOOK, newest.changed()).await {
                Ok(Ok(())) => {}
                _ if camera.is_watched() => continue,
                _ => return Ok::<(), SourceError>(()),
            }
            if !camera.is_watched() {
                return Ok(());
            }
            // A decoder that fell behind by more than is remembered starts anew.
            let Some(following) = video.with(|ring| ring.after(last)) else { return Ok(()) };
            waiting = following;
        }
    };
    let showing = async {
        loop {
            decoder.running.read(&mut decoder.buffer).await?;
            let bytes = decoder.buffer.split();
            decoder.splitter.extend(&bytes);
            while let Some(jpeg) = decoder.splitter.next_picture() {
                show(camera, &jpeg, &mut inside(), first_shown);
            }
        }
    };
    tokio::select! {
        outcome = feeding => outcome,
        outcome = showing => outcome,
    }
}

/// Coded pictures that went into the decoder and did not come out yet, in order.
struct Inside {
    coded: VecDeque<(u64, Moment)>,
    last_out: Instant,
}

impl Inside {
    /// Whether the decoder has had enough for pictures and has given none for too long.
    fn is_stuck(&self, now: Instant) -> bool {
        self.coded.len() > MOST_INSIDE && now.saturating_duration_since(self.last_out) >= STUCK
    }

    /// A decoded picture came: the coded one it came from. Before `first_shown` none is lost in the decoder.
    fn out(&mut self, first_shown: u64) -> Option<(u64, Moment)> {
        self.last_out = Instant::now();
        while self.coded.len() > MOST_INSIDE
            && self.coded.front().is_some_and(|(sequence, _)| *sequence >= first_shown)
        {
            self.coded.pop_front();
        }
        self.coded.pop_front()
    }
}

/// Gives a decoded picture the number and time of the coded one it came from.
fn show(camera: &Camera, jpeg: &Bytes, inside: &mut Inside, first_shown: u64) {
    let Some((sequence, captured)) = inside.out(first_shown) else { return };
    if sequence < first_shown {
        return;
    }
    match normalise(jpeg) {
        Ok(picture) => camera.show(Arc::new(Frame {
            sequence,
            captured,
            resolution: picture.resolution,
            jpeg: picture.jpeg,
        })),
        Err(reason) => {
            tracing::debug!(camera = camera.name(), %reason, "decoded picture dropped");
            camera.reject();
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn inside(pictures: u64, last_out: Instant) -> Inside {
        let captured = Moment { monotonic: Duration::ZERO, utc: DateTime::UNIX_EPOCH };
        Inside { coded: (0..pictures).map(|sequence| (sequence, captured)).collect(), last_out }
    }

    #[test]
    fn a_decoder_that_takes_in_and_gives_nothing_out_is_stuck() {
        let began = Instant::now();
        for (pictures, after, is_stuck) in [(17, STUCK, true), (16, STUCK * 9, false), (99, STUCK / 2, false)]
        {
            assert_eq!(
                inside(pictures, began).is_stuck(began + after),
                is_stuck,
                "{pictures} after {after:?}"
            );
        }
    }

    #[test]
    fn pictures_lost_in_the_decoder_are_passed_over_once_any_are_shown() {
        let mut kept = inside(40, Instant::now());
        assert_eq!(kept.out(0).map(|(sequence, _)| sequence), Some(24), "sixteen are inside at most");
        assert_eq!(kept.out(0).map(|(sequence, _)| sequence), Some(25));
        let mut leading = inside(40, Instant::now());
        assert_eq!(leading.out(39).map(|(sequence, _)| sequence), Some(0), "what is not shown is not lost");
    }
}
