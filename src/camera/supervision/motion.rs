//! Whether something moves before a camera, found cheaply: brightness of a coarse grid against its slow average.
//!
//! A change of the whole picture (a light switched on, the camera adjusting itself) is taken as the new normal.

use crate::camera::look::scale::{self, WorkError};
use crate::camera::resolution::Resolution;
use crate::pixel::EightBit;

/// Columns and rows of the grid.
const GRID: (usize, usize) = (40, 30);
/// Difference from the average, of 255, at which a cell counts as changed beyond its usual noise.
const DIFFERENCE: f32 = 14.0;
/// Share of the average that a new picture makes up.
const LEARNING: f32 = 0.08;
/// Part of all cells above which the whole picture changed.
const EVERYTHING: f32 = 0.6;
/// Pictures without a change after which nothing moves any more.
const QUIET_PICTURES: u32 = 12;

/// The memory of one camera's grid.
#[derive(Debug)]
pub(super) struct MotionDetector {
    /// Least part of all cells that must change.
    least_part: f32,
    average: Vec<f32>,
    noise: Vec<f32>,
    quiet: u32,
    moving: bool,
}

impl MotionDetector {
    /// `least_part` of the picture, 0 to 1, must change.
    pub(super) fn new(least_part: f64) -> Self {
        Self {
            least_part: least_part as f32,
            average: Vec::new(),
            noise: Vec::new(),
            quiet: 0,
            moving: false,
        }
    }

    /// Looks at the next picture; says whether something moves when that has changed. CPU work: call it on the
    /// blocking pool.
    pub(super) fn look(&mut self, jpeg: &[u8]) -> Result<Option<bool>, WorkError> {
        let small = scale::decode_reduced(jpeg, Resolution::new(GRID.0 as u32 * 2, GRID.1 as u32 * 2))?;
        Ok(self.compare(&grid(&small)))
    }

    fn compare(&mut self, cells: &[f32]) -> Option<bool> {
        if self.average.len() != cells.len() {
            self.average = cells.to_vec();
            self.noise = vec![DIFFERENCE / 3.0; cells.len()];
            return None;
        }
        let mut changed = 0;
        for ((cell, average), noise) in cells.iter().zip(&mut self.average).zip(&mut self.noise) {
            let difference = (cell - *average).abs();
            if difference > DIFFERENCE.max(*noise * 3.0) {
                changed += 1;
            }
            *average += (cell - *average) * LEARNING;
            *noise += (difference - *noise) * LEARNING;
        }
        let part = changed as f32 / cells.len() as f32;
        if part > EVERYTHING {
            self.average = cells.to_vec();
            return self.settle(false);
        }
        self.settle(part >= self.least_part)
    }

    fn settle(&mut self, moves: bool) -> Option<bool> {
        self.quiet = if moves { 0 } else { self.quiet.saturating_add(1) };
        let moving = moves || (self.moving && self.quiet < QUIET_PICTURES);
        let has_changed = moving != self.moving;
        self.moving = moving;
        has_changed.then_some(moving)
    }
}

/// Mean brightness of each cell.
fn grid(picture: &EightBit) -> Vec<f32> {
    let (width, height, channels) = (picture.width(), picture.height(), picture.channels().count());
    let (columns, rows) = (GRID.0.min(width), GRID.1.min(height));
    let mut cells = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            let (x, to_x) = (column * width / columns, (column + 1) * width / columns);
            let (y, to_y) = (row * height / rows, (row + 1) * height / rows);
            let mut sum = 0_u32;
            for line in y..to_y {
                // Green stands for brightness.
                let samples =
                    picture.samples().get((line * width + x) * channels..(line * width + to_x) * channels);
                let samples = samples.unwrap_or_default().iter().skip(channels / 2).step_by(channels);
                sum += samples.map(|sample| u32::from(*sample)).sum::<u32>();
            }
            cells.push(sum as f32 / (((to_x - x) * (to_y - y)).max(1)) as f32);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::camera::look::canvas::{blank, fill};
    use crate::camera::look::fit::Area;
    use crate::camera::look::scale::encode;

    fn scene(grey: u8, thing_at: Option<u32>) -> Bytes {
        let mut picture = blank(Resolution::new(640, 480), [grey; 3]);
        if let Some(x) = thing_at {
            fill(&mut picture, Area { x, y: 200, width: 80, height: 100 }, [220; 3]);
        }
        encode(&picture, 80).unwrap()
    }

    fn seen(pictures: impl IntoIterator<Item = Bytes>) -> Vec<(usize, bool)> {
        let mut detector = MotionDetector::new(0.01);
        let look = |(n, jpeg): (usize, Bytes)| Some((n, detector.look(&jpeg).unwrap()?));
        pictures.into_iter().enumerate().filter_map(look).collect()
    }

    #[test]
    fn a_thing_that_crosses_the_picture_begins_and_ends_one_motion() {
        let still = std::iter::repeat_n(scene(60, None), 10);
        let crossing = (0..8).map(|step| scene(60, Some(step * 70)));
        let events = seen(still.clone().chain(crossing).chain(still.clone()).chain(still));
        assert_eq!(events.len(), 2, "{events:?}");
        assert_eq!(events[0], (10, true));
        assert!(!events[1].1 && events[1].0 > 20);
    }

    #[test]
    fn a_light_switched_on_and_a_slow_dawn_are_no_motion() {
        let switched =
            std::iter::repeat_n(scene(40, None), 5).chain(std::iter::repeat_n(scene(200, None), 20));
        assert_eq!(seen(switched), []);
        assert_eq!(seen((0..100).map(|step| scene(40 + step, None))), []);
    }

    #[test]
    fn pictures_that_change_size_start_anew() {
        let other = encode(&blank(Resolution::new(20, 20), [9; 3]), 80).unwrap();
        assert_eq!(seen([scene(60, None), other.clone(), other, scene(60, None)]), []);
    }
}
