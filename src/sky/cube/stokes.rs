//! Polarisation axes: Stokes parameters and correlations by number (FITS 4.0 table 29).

use super::Linear;
use crate::pixel::AxisRun;

/// A polarisation state as the Virtual Observatory spells it (ObsCore 1.1 §B.6.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "their names are all there is to say")]
pub enum Polarization {
    I,
    Q,
    U,
    V,
    RR,
    LL,
    RL,
    LR,
    XX,
    YY,
    XY,
    YX,
    POLI,
    POLA,
}

/// Every state, its name and its number on a FITS axis; the two derived ones have none.
const STATES: [(Polarization, &str, Option<i64>); 14] = [
    (Polarization::I, "I", Some(1)),
    (Polarization::Q, "Q", Some(2)),
    (Polarization::U, "U", Some(3)),
    (Polarization::V, "V", Some(4)),
    (Polarization::RR, "RR", Some(-1)),
    (Polarization::LL, "LL", Some(-2)),
    (Polarization::RL, "RL", Some(-3)),
    (Polarization::LR, "LR", Some(-4)),
    (Polarization::XX, "XX", Some(-5)),
    (Polarization::YY, "YY", Some(-6)),
    (Polarization::XY, "XY", Some(-7)),
    (Polarization::YX, "YX", Some(-8)),
    (Polarization::POLI, "POLI", None),
    (Polarization::POLA, "POLA", None),
];

impl Polarization {
    /// The state of this name, which is case-sensitive.
    pub fn named(name: &str) -> Option<Self> {
        STATES.iter().find(|(_, known, _)| *known == name).map(|(state, ..)| *state)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        STATES.iter().find(|(state, ..)| *state == self).map_or("", |(_, name, _)| name)
    }

    fn of_number(number: i64) -> Option<Self> {
        STATES.iter().find(|(.., known)| *known == Some(number)).map(|(state, ..)| *state)
    }
}

/// The polarisation axis of a cube.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StokesAxis(Linear);

impl StokesAxis {
    pub(super) fn new(linear: Linear) -> Self {
        Self(linear)
    }

    /// The states of the planes in order; `None` for a number that means none.
    pub fn states(&self) -> Vec<Option<Polarization>> {
        let number = |pixel: usize| {
            let value = self.0.at(pixel as f64).round();
            if value.abs() < 100.0 { Polarization::of_number(value as i64) } else { None }
        };
        // There are only so many states: a longer axis repeats nothing that could be asked for.
        (1..=self.0.length.min(64)).map(number).collect()
    }

    /// The planes from the first to the last that has one of the states; `None` when none has.
    pub fn run(&self, wanted: &[Polarization]) -> Option<AxisRun> {
        let states = self.states();
        let is_wanted = |state: &Option<Polarization>| state.is_some_and(|state| wanted.contains(&state));
        let first = states.iter().position(is_wanted)?;
        let last = states.iter().rposition(is_wanted)?;
        AxisRun::between(first as i64, last as i64 + 1)
    }
}
