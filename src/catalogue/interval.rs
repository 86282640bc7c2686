//! What a quantity may lie between.

/// Everything from one number to another, both included; infinite ends are open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end, not below the lower.
    pub high: f64,
}

impl Interval {
    /// Whether a value lies inside.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Whether it shares a value with the interval from `low` to `high`.
    pub fn intersects(&self, low: f64, high: f64) -> bool {
        low <= self.high && high >= self.low
    }
}
