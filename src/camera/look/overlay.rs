//! The camera's name and the time of the picture, written into its lower left corner.

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::canvas::{self, BLACK, LETTER, WHITE};
use super::fit::{Area, Fit};
use super::scale::{self, WorkError};
use crate::camera::frame::Frame;
use crate::camera::resolution::Resolution;

/// Brings a frame to `size` and writes name and time into it. CPU work: call it on the blocking pool.
pub(in crate::camera) fn stamped(
    frame: &Frame,
    camera: &str,
    size: Resolution,
    fit: Fit,
    quality: u8,
) -> Result<Bytes, WorkError> {
    let mut picture = scale::in_colour(scale::decode_at(&frame.jpeg, frame.resolution, size, fit)?);
    let text = text(camera, frame.captured.utc);
    let letters = text.chars().count() as u32;
    // One line a thirtieth of the picture high, if it is wide enough for it.
    let scale_by_height = size.height / 30 / LETTER;
    let scale = scale_by_height.min(size.width / ((letters + 1) * LETTER)).clamp(1, 8);
    let margin = scale * LETTER / 2;
    let height = scale * LETTER + margin;
    let bar = Area {
        x: 0,
        y: size.height.saturating_sub(height),
        width: letters * LETTER * scale + margin * 2,
        height,
    };
    canvas::fill(&mut picture, bar, BLACK);
    canvas::write(&mut picture, margin, bar.y + margin / 2, scale, &text, WHITE);
    scale::encode(&picture, quality)
}

fn text(camera: &str, at: DateTime<Utc>) -> String {
    format!("{camera} {}.{} UTC", at.format("%Y-%m-%d %H:%M:%S"), at.timestamp_subsec_millis() / 100)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::canvas::blank;
    use super::*;
    use crate::camera::frame::Moment;

    fn frame(size: Resolution) -> Frame {
        let utc = "2024-02-29T23:59:58.25Z".parse().unwrap();
        Frame {
            sequence: 1,
            captured: Moment { monotonic: Duration::ZERO, utc },
            resolution: size,
            jpeg: scale::encode(&blank(size, [90, 90, 90]), 90).unwrap(),
        }
    }

    #[test]
    fn the_stamp_says_name_and_time_to_the_tenth() {
        assert_eq!(text("dome", frame(Resolution::new(8, 8)).captured.utc), "dome 2024-02-29 23:59:58.2 UTC");
    }

    #[test]
    fn every_size_is_stamped_in_its_lower_left_corner_and_nowhere_else() {
        for (width, height) in [(1, 1), (160, 120), (640, 480), (1920, 1080)] {
            let size = Resolution::new(width, height);
            let jpeg = stamped(&frame(size), "dome", size, Fit::Auto, 90).unwrap();
            let picture = scale::decode(&jpeg).unwrap();
            assert_eq!((picture.width() as u32, picture.height() as u32), (width, height));
            let pixels = picture.samples().as_chunks::<3>().0;
            if width >= 160 {
                let last_row = &pixels[(height as usize - 1) * width as usize..];
                assert!(last_row[0][1] < 40, "the bar begins in the corner");
                assert!(pixels[..pixels.len() / 2].iter().all(|pixel| pixel[1].abs_diff(90) < 8));
            }
        }
    }
}
