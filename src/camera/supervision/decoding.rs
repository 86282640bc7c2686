//! Coded video becomes pictures while somebody watches; for nobody it is only remembered.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt;
use tokio::process::ChildStdin;
use tokio::sync::watch;

use crate::camera::camera::Camera;
use crate::camera::error::SourceError;
use crate::camera::ffmpeg::{Ffmpeg, JPEG_PIPE, Running};
use crate::camera::frame::{Frame, Moment};
use crate::camera::jpeg::normalise::normalise;
use crate::camera::jpeg::splitter::Splitter;
use crate::camera::video::coded::Codec;
use crate::camera::video::decode::{LONGEST_BYTES, input};
use crate::camera::video::ring::Numbered;
use crate::error::chain;

/// Coded pictures that may be inside the decoder before some count as lost in it.
const MOST_INSIDE: usize = 16;
/// A decoder that takes nothing for so long is stuck.
const STUCK: Duration = Duration::from_secs(10);
/// How often it is looked whether somebody still watches.
const LOOK: Duration = Duration::from_secs(1);

/// Behind each coded picture: an access unit delimiter (H.264 7.3.2.4, H.265 7.3.2.5). The decoder's parser knows
/// then that the picture is whole, and does not wait for the next.
fn delimiter(codec: Codec) -> &'static [u8] {
    match codec {
        Codec::H264 => &[0, 0, 0, 1, 0x09, 0xF0],
        Codec::Hevc => &[0, 0, 0, 1, 0x46, 0x01, 0x50],
    }
}

/// Decodes what comes while somebody watches, for as long as the camera's session lasts.
pub(super) async fn decode_live(camera: Arc<Camera>) {
    loop {
        camera.until_watched().await;
        if let Err(error) = decode_while_watched(&camera).await {
            tracing::warn!(camera = camera.name(), error = chain(&error), "video is not decoded");
            tokio::time::sleep(LOOK).await;
        }
    }
}

async fn decode_while_watched(camera: &Camera) -> Result<(), SourceError> {
    let mut newest = camera.video().newest();
    let group = camera.video().with(|ring| ring.newest_group()).unwrap_or_default();
    let Some(last) = group.last() else {
        // Nothing yet; the next piece of video rings the bell.
        let _ = tokio::time::timeout(LOOK, newest.changed()).await;
        return Ok(());
    };
    let (codec, first_shown) = (last.frame.codec, last.sequence);
    let output = [&["-fps_mode", "passthrough"], JPEG_PIPE].concat();
    let (running, stdin) = Ffmpeg::new(input(codec), &output).start_reading()?;
    let decoder = Decoder { camera, codec, first_shown, inside: Mutex::new(Inside::new(Instant::now())) };
    tokio::select! {
        outcome = decoder.feed(stdin, group, newest) => outcome,
        outcome = decoder.show(running) => outcome,
    }
}

/// A decoder at work.
struct Decoder<'a> {
    camera: &'a Camera,
    codec: Codec,
    /// The coded picture that was the newest when decoding began; those before it are only decoded.
    first_shown: u64,
    inside: Mutex<Inside>,
}

impl Decoder<'_> {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes `group` and what follows it, until nobody watches any more.
    async fn feed(
        &self,
        mut stdin: ChildStdin,
        mut group: Vec<Numbered>,
        mut newest: watch::Receiver<u64>,
    ) -> Result<(), SourceError> {
        let mut last = self.first_shown;
        loop {
            for coded in group.drain(..) {
                last = coded.sequence;
                self.inside().coded.push_back((coded.sequence, coded.frame.captured));
                let mut bytes = BytesMut::with_capacity(coded.frame.data.len() + 8);
                bytes.extend_from_slice(&coded.frame.data);
                bytes.extend_from_slice(delimiter(self.codec));
                tokio::time::timeout(STUCK, stdin.write_all(&bytes))
                    .await
                    .map_err(|_| SourceError::NoPictures("ffmpeg hangs"))?
                    .map_err(|error| SourceError::Io("ffmpeg stopped reading", error))?;
            }
            if self.inside().is_stuck(Instant::now()) {
                return Err(SourceError::NoPictures("ffmpeg takes the video and gives no pictures"));
            }
            match tokio::time::timeout(LOOK, newest.changed()).await {
                Ok(Ok(())) => {}
                _ if self.camera.is_watched() => continue,
                _ => return Ok(()),
            }
            if !self.camera.is_watched() {
                return Ok(());
            }
            // A decoder that fell behind by more than is remembered starts anew.
            let Some(following) = self.camera.video().with(|ring| ring.after(last)) else { return Ok(()) };
            group = following;
        }
    }

    /// Shows every picture that comes out.
    async fn show(&self, mut running: Running) -> Result<(), SourceError> {
        let (mut splitter, mut buffer) = (Splitter::new(LONGEST_BYTES), BytesMut::new());
        loop {
            running.read(&mut buffer).await?;
            splitter.extend(&buffer.split());
            while let Some(jpeg) = splitter.next_picture() {
                self.show_picture(&jpeg);
            }
        }
    }

    /// Gives a decoded picture the number and time of the coded one it came from.
    fn show_picture(&self, jpeg: &Bytes) {
        let Some((sequence, captured)) = self.inside().out(self.first_shown) else { return };
        if sequence < self.first_shown {
            return;
        }
        match normalise(jpeg) {
            Ok(picture) => self.camera.show(Arc::new(Frame {
                sequence,
                captured,
                resolution: picture.resolution,
                jpeg: picture.jpeg,
            })),
            Err(reason) => {
                tracing::debug!(camera = self.camera.name(), %reason, "decoded picture dropped");
                self.camera.reject();
            }
        }
    }
}

/// Coded pictures that went into the decoder and did not come out yet, in order.
struct Inside {
    coded: VecDeque<(u64, Moment)>,
    last_out: Instant,
}

impl Inside {
    fn new(now: Instant) -> Self {
        Self { coded: VecDeque::new(), last_out: now }
    }

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
