//! Server push: `multipart/x-mixed-replace`, written so that real clients show each picture when it arrives.
//!
//! One write carries a part's headers, the JPEG and the whole next delimiter line, so that Firefox and VLC paint
//! at once. Chromium waits for the *headers* of the next part; it gets them in advance, without a length.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use chrono::{DateTime, Utc};

use super::params::Parts as Choice;
use crate::camera::Frame;

/// Unquoted, no leading dashes, the same for every connection: what strict and simple parsers both accept.
const BOUNDARY: &str = "trifocal-frame-7f3a9c";
/// Finished parts kept for the other clients of a worker.
const KEPT: usize = 16;
/// Bytes they may take; the newest is kept whatever its size.
const KEPT_BYTES: usize = 8 << 20;

/// The stream's own media type.
pub(super) fn media_type() -> String {
    format!("multipart/x-mixed-replace; boundary={BOUNDARY}")
}

/// The `X-Timestamp` of a picture: seconds since 1970 with six decimals.
pub(super) fn unix_time(at: DateTime<Utc>) -> String {
    format!("{}.{:06}", at.timestamp(), at.timestamp_subsec_micros())
}

/// How parts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Each with its length: for everybody who parses.
    Length,
    /// Each followed by the next one's headers: for Chromium, which paints only then.
    Advance,
}

impl Style {
    /// The client's choice, or what its browser needs.
    pub(super) fn of(choice: Choice, user_agent: &str) -> Self {
        match choice {
            Choice::Advance => Self::Advance,
            Choice::Auto if is_blink(user_agent) => Self::Advance,
            Choice::Auto | Choice::Length => Self::Length,
        }
    }

    /// What stands before the first part.
    pub(super) fn opening(self) -> Bytes {
        match self {
            Self::Length => format!("--{BOUNDARY}\r\n"),
            Self::Advance => format!("--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n"),
        }
        .into()
    }

    /// One part with everything up to the start of the next.
    fn part(self, frame: &Frame) -> Bytes {
        let mut part = BytesMut::with_capacity(frame.jpeg.len() + 256);
        if self == Self::Length {
            let length = frame.jpeg.len();
            let time = unix_time(frame.captured.utc);
            let headers = format!(
                "Content-Type: image/jpeg\r\nContent-Length: {length}\r\nX-Timestamp: {time}\r\n\r\n"
            );
            part.put_slice(headers.as_bytes());
        }
        part.put_slice(&frame.jpeg);
        part.put_slice(b"\r\n");
        part.put_slice(&self.opening());
        part.freeze()
    }
}

/// Chrome, Edge, Opera and their kin.
fn is_blink(user_agent: &str) -> bool {
    user_agent.contains("Mozilla/5.0")
        && ["Chrome/", "Chromium/", "Edg/", "OPR/"].iter().any(|product| user_agent.contains(product))
}

/// Safari and its kin: they may paint the last picture of a burst only when another follows.
pub(super) fn is_webkit(user_agent: &str) -> bool {
    user_agent.contains("Mozilla/5.0") && user_agent.contains("AppleWebKit/") && !is_blink(user_agent)
}

/// The newest parts, put together once for all clients of a worker.
#[derive(Debug, Default)]
pub(super) struct Parts(RefCell<VecDeque<(Arc<Frame>, Style, Bytes)>>);

impl Parts {
    /// The part of this very frame.
    pub(super) fn part(&self, frame: &Arc<Frame>, style: Style) -> Bytes {
        let mut kept = self.0.borrow_mut();
        let known =
            kept.iter().rev().find(|(known, written, _)| Arc::ptr_eq(known, frame) && *written == style);
        if let Some((_, _, part)) = known {
            return part.clone();
        }
        let part = style.part(frame);
        kept.push_back((frame.clone(), style, part.clone()));
        while kept.len() > 1
            && (kept.len() > KEPT || kept.iter().map(|(_, _, part)| part.len()).sum::<usize>() > KEPT_BYTES)
        {
            kept.pop_front();
        }
        part
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;

    use super::*;
    use crate::camera::{Moment, Resolution};

    fn frame() -> Arc<Frame> {
        let utc = DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap();
        Arc::new(Frame {
            sequence: 1,
            captured: Moment { monotonic: Duration::ZERO, utc },
            resolution: Resolution::new(1, 1),
            jpeg: Bytes::from_static(b"JPEG"),
        })
    }

    #[test]
    fn a_part_with_its_length_ends_with_the_next_delimiter_line() {
        assert_eq!(Style::Length.opening(), "--trifocal-frame-7f3a9c\r\n");
        assert_eq!(
            Style::Length.part(&frame()),
            "Content-Type: image/jpeg\r\nContent-Length: 4\r\nX-Timestamp: 1700000000.123456\r\n\r\n\
             JPEG\r\n--trifocal-frame-7f3a9c\r\n"
        );
    }

    #[test]
    fn a_part_in_advance_ends_with_the_next_headers() {
        let headers = "--trifocal-frame-7f3a9c\r\nContent-Type: image/jpeg\r\n\r\n";
        assert_eq!(Style::Advance.opening(), headers);
        assert_eq!(Style::Advance.part(&frame()), format!("JPEG\r\n{headers}"));
    }

    #[test]
    fn only_blink_gets_headers_in_advance() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36";
        let safari =
            "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15";
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
        for (agent, style, webkit) in [
            (chrome, Style::Advance, false),
            (safari, Style::Length, true),
            (firefox, Style::Length, false),
            ("Lavf/59.27.100", Style::Length, false),
            ("Go-http-client/1.1", Style::Length, false),
            ("", Style::Length, false),
        ] {
            assert_eq!(Style::of(Choice::Auto, agent), style, "{agent}");
            assert_eq!(is_webkit(agent), webkit, "{agent}");
        }
        assert_eq!(Style::of(Choice::Length, chrome), Style::Length);
        assert_eq!(Style::of(Choice::Advance, "curl/7.88"), Style::Advance);
    }

    #[test]
    fn one_frame_is_put_together_once_per_style() {
        let (parts, frame) = (Parts::default(), frame());
        let first = parts.part(&frame, Style::Length);
        assert_eq!(parts.part(&frame, Style::Length).as_ptr(), first.as_ptr());
        assert_ne!(parts.part(&frame, Style::Advance), first);
        for _ in 0..100 {
            parts.part(&super::tests::frame(), Style::Length);
        }
        assert_eq!(parts.0.borrow().len(), KEPT);
    }
}
