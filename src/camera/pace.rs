//! Which frames of a source go to somebody who wants fewer of them per second.

use std::time::Duration;

/// Picks frames so that their mean rate never exceeds the wanted one; no bursts after a pause.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    period: Duration,
    next_due: Option<Duration>,
}

impl Pace {
    /// At most `fps` frames per second (`fps` > 0; anything else lets one frame per second pass).
    pub(super) fn new(fps: f64) -> Self {
        let period = if fps.is_finite() && fps > 0.0 {
            Duration::from_secs_f64(fps.recip().min(3600.0))
        } else {
            Duration::from_secs(1)
        };
        Self { period, next_due: None }
    }

    /// Whether the frame taken at `captured` passes. The first always does; a frame up to half a source
    /// interval early does too, since waiting for the next would be further off.
    pub(super) fn admits(&mut self, captured: Duration, source_interval: Duration) -> bool {
        match self.next_due {
            None => self.next_due = Some(captured + self.period),
            Some(due) if captured + source_interval / 2 >= due => {
                // A slot missed by a whole period is forgotten, not made up for.
                let next = due + self.period;
                self.next_due = Some(if next > captured { next } else { captured + self.period });
            }
            Some(_) => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn admitted(source_fps: u32, wanted_fps: f64, seconds: u32) -> usize {
        let interval = Duration::from_secs(1) / source_fps;
        let mut pace = Pace::new(wanted_fps);
        (0..source_fps * seconds).filter(|&n| pace.admits(interval * n, interval)).count()
    }

    #[test]
    fn rates_between_zero_and_the_source_are_met_exactly() {
        for (source, wanted, expected) in
            [(25, 5.0, 50), (25, 10.0, 100), (25, 1.0, 10), (25, 24.0, 240), (30, 15.0, 150), (10, 10.0, 100)]
        {
            assert_eq!(admitted(source, wanted, 10), expected, "{source} -> {wanted}");
        }
    }

    #[test]
    fn a_rate_above_the_source_gives_the_source_rate() {
        assert_eq!(admitted(10, 30.0, 10), 100);
    }

    #[test]
    fn a_pause_is_not_made_up_for() {
        let interval = Duration::from_millis(40);
        let mut pace = Pace::new(5.0);
        assert!(pace.admits(Duration::ZERO, interval));
        let passed =
            (0..25).filter(|&n| pace.admits(Duration::from_mins(1) + interval * n, interval)).count();
        assert!(passed <= 5, "{passed} frames in the second after the pause");
    }

    proptest! {
        #[test]
        fn never_more_than_wanted_over_ten_seconds(source in 1_u32..120, wanted in 1_u32..60) {
            prop_assert!(admitted(source, f64::from(wanted), 10) <= (wanted as usize) * 10 + 1);
        }
    }
}
