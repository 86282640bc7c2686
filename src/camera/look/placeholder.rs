//! What is shown when a camera shows nothing: a notice of exactly the size asked for, so that recorders and
//! decoders that know one size carry on.

use bytes::Bytes;

use super::canvas::{self, Colour, WHITE};
use super::fit::{Area, Fit};
use super::scale::{self, WorkError};
use crate::camera::frame::Frame;
use crate::camera::resolution::Resolution;

const BACKGROUND: Colour = [52, 66, 92];
const QUIET: Colour = [176, 190, 214];

/// What the notice says.
#[derive(Clone, Debug)]
pub(in crate::camera) struct Notice {
    /// Name of the camera.
    pub(in crate::camera) camera: String,
    /// Whole seconds since its last frame; `None` when there never was one.
    pub(in crate::camera) silent_s: Option<u64>,
}

impl Notice {
    /// The last line: how long the camera has been silent.
    fn since(&self) -> String {
        match self.silent_s {
            None => "waiting for the first picture".to_owned(),
            Some(seconds @ ..120) => format!("last picture {seconds} s ago"),
            Some(seconds @ 120..7200) => format!("last picture {} min ago", seconds / 60),
            Some(seconds) => format!("last picture {} h ago", seconds / 3600),
        }
    }

    /// The notice as a picture of its own. CPU work: call it on the blocking pool.
    pub(in crate::camera) fn draw(&self, size: Resolution, quality: u8) -> Result<Bytes, WorkError> {
        let mut picture = canvas::blank(size, BACKGROUND);
        let line = |from: u32, to: u32| Area {
            x: size.width / 12,
            y: size.height * from / 100,
            width: size.width - size.width / 6,
            height: (size.height * (to - from) / 100).max(1),
        };
        canvas::write_centred(&mut picture, line(34, 52), 12, "NO SIGNAL", WHITE);
        canvas::write_centred(&mut picture, line(56, 64), 4, &self.camera, QUIET);
        canvas::write_centred(&mut picture, line(67, 75), 4, &self.since(), QUIET);
        scale::encode(&picture, quality)
    }

    /// The notice as one small line over the last picture. CPU work: call it on the blocking pool.
    pub(in crate::camera) fn draw_over(
        &self,
        last: &Frame,
        size: Resolution,
        fit: Fit,
        quality: u8,
    ) -> Result<Bytes, WorkError> {
        let mut picture = scale::in_colour(scale::decode_at(&last.jpeg, last.resolution, size, fit)?);
        let height = (size.height / 20).max(canvas::LETTER + 2).min(size.height);
        let bar = Area { x: 0, y: size.height - height, width: size.width, height };
        canvas::fill(&mut picture, bar, BACKGROUND);
        let line = Area { y: bar.y + 1, height: bar.height.saturating_sub(2), ..bar };
        canvas::write_centred(&mut picture, line, 4, &format!("NO SIGNAL - {}", self.since()), WHITE);
        scale::encode(&picture, quality)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_gets_a_notice_of_that_very_size() {
        let notice = Notice { camera: "dome".to_owned(), silent_s: Some(12) };
        for (width, height) in [(1, 1), (16, 16), (160, 120), (641, 479), (1280, 960)] {
            let jpeg = notice.draw(Resolution::new(width, height), 80).unwrap();
            let picture = scale::decode(&jpeg).unwrap();
            assert_eq!((picture.width() as u32, picture.height() as u32), (width, height));
        }
    }

    #[test]
    fn silence_is_told_in_the_unit_one_would_say() {
        let since = |silent_s| Notice { camera: String::new(), silent_s }.since();
        assert_eq!(since(None), "waiting for the first picture");
        assert_eq!(since(Some(0)), "last picture 0 s ago");
        assert_eq!(since(Some(119)), "last picture 119 s ago");
        assert_eq!(since(Some(120)), "last picture 2 min ago");
        assert_eq!(since(Some(7200)), "last picture 2 h ago");
    }
}
