//! One line of the table: ours, the floor, the ratio. A row without a floor cannot be made.

use std::fmt;
use std::time::Duration;

/// A measured amount in its unit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Figure {
    /// Answers per second.
    PerSecond(f64),
    /// Time for one piece of work.
    Time(Duration),
    /// Processor time per elapsed time; 1.0 is one core kept busy.
    Cores(f64),
    /// Memory.
    Bytes(f64),
}

impl Figure {
    fn amount(self) -> f64 {
        match self {
            Self::PerSecond(amount) | Self::Cores(amount) | Self::Bytes(amount) => amount,
            Self::Time(time) => time.as_secs_f64(),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match *self {
            Self::PerSecond(rate) => format!("{rate:.0} /s"),
            Self::Time(time) if time < Duration::from_millis(1) => {
                format!("{:.0} us", time.as_secs_f64() * 1e6)
            }
            Self::Time(time) => format!("{:.1} ms", time.as_secs_f64() * 1e3),
            Self::Cores(share) => format!("{:.1} % cpu", share * 100.0),
            Self::Bytes(bytes) => format!("{:.1} MiB", bytes / f64::from(1 << 20)),
        };
        f.pad(&text)
    }
}

/// What ratio of ours to the floor is good enough.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reach {
    /// For rates: the ratio should be at least this.
    AtLeast(f64),
    /// For costs: the ratio should be at most this.
    AtMost(f64),
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The work.
    pub(crate) name: &'static str,
    /// What we need or deliver.
    pub(crate) ours: Figure,
    /// What the floor needs or the peer delivers, in the same unit.
    pub(crate) floor: Figure,
    /// Who or what that is.
    pub(crate) floor_is: &'static str,
    /// What we aim for.
    pub(crate) reach: Reach,
    /// What else a reader should know; may be empty.
    pub(crate) note: String,
}

impl Row {
    /// The line above the rows.
    pub(crate) fn heading() -> String {
        format!(
            "{:<44} {:>12} {:>12}  {:<44} {:>6}  {:<7}",
            "work", "ours", "floor", "floor is", "ratio", "reach"
        )
    }

    fn ratio(&self) -> f64 {
        self.ours.amount() / self.floor.amount()
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratio = self.ratio();
        let (reach, reached) = match self.reach {
            Reach::AtLeast(bound) => (format!(">= {bound}"), ratio >= bound),
            Reach::AtMost(bound) => (format!("<= {bound}"), ratio <= bound),
        };
        write!(
            f,
            "{:<44} {:>12} {:>12}  {:<44} {:>6.2}  {:<7} {:<8} {}",
            self.name,
            self.ours,
            self.floor,
            self.floor_is,
            ratio,
            reach,
            if reached { "reached" } else { "missed" },
            self.note
        )
    }
}

/// The middle one of `times`.
pub(crate) fn median(times: Vec<Duration>) -> Duration {
    quantile(times, 0.5)
}

/// The time that this share of `times` does not exceed; 0.99 for the slowest hundredth.
pub(crate) fn quantile(mut times: Vec<Duration>, share: f64) -> Duration {
    times.sort_unstable();
    times.get((times.len().saturating_sub(1) as f64 * share) as usize).copied().unwrap_or_default()
}
