//! Wavelengths, times and polarisations: a cut along the axis of a cube, a yes or no of a picture.

use crate::fits::{Hdu, ImageCut, ImageHdu};
use crate::pixel::AxisRun;
use crate::render::Error;
use crate::sky::{CubeAxes, CubeError, Polarization, WcsError};
use std::sync::Arc;

/// What is wanted along the axes beside the sky. Intervals are closed; infinite ends are open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AxisFilters {
    /// Vacuum wavelengths in metres.
    pub wavelength_m: Option<[f64; 2]>,
    /// Times as MJD, UTC.
    pub mjd: Option<[f64; 2]>,
    /// Polarisation states, any of them; none means all.
    pub polarizations: Vec<Polarization>,
}

/// What is known of an image as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coverage {
    /// Shortest and longest wavelength in metres.
    pub wavelength_m: Option<[f64; 2]>,
    /// Begin and end of the exposure as MJD, UTC.
    pub mjd: Option<[f64; 2]>,
    /// Polarisation states.
    pub polarizations: Vec<Polarization>,
}

/// What is known of an image beside its own axes.
#[derive(Clone, Copy)]
pub(super) enum Beside<'a> {
    /// What its dataset covers.
    Coverage(&'a Coverage),
    /// It is a plane of an image that passed, or did not.
    Science(bool),
}

/// The same, as one filter sees it.
#[derive(Clone, Copy)]
enum Known {
    /// Nothing.
    Nothing,
    /// It passes, or not.
    Passes(bool),
}

impl Known {
    fn of<T>(beside: Beside<'_>, has: impl Fn(&Coverage) -> Option<T>, passes: impl Fn(T) -> bool) -> Self {
        match beside {
            Beside::Science(outcome) => Self::Passes(outcome),
            Beside::Coverage(coverage) => {
                has(coverage).map_or(Self::Nothing, |value| Self::Passes(passes(value)))
            }
        }
    }
}

/// What one filter finds.
enum Found {
    /// The image has an axis for it: its FITS number, and the pixels along it, if any.
    Axis(usize, Option<AxisRun>),
    /// The image as a whole passes or does not.
    Whole(bool),
}

impl AxisFilters {
    /// Whether nothing is filtered.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The cut made smaller; `None` when nothing is left. An image that lacks an axis passes or
    /// not by what is known `beside`.
    ///
    /// # Errors
    /// [`Error::NoMetadata`] when neither an axis nor the coverage tells what a filter asks for; the axis's own error.
    pub(super) fn apply(
        &self,
        mut cut: ImageCut,
        hdu: &Hdu,
        image: &ImageHdu,
        beside: Beside<'_>,
    ) -> Result<Option<ImageCut>, Error> {
        if self.is_empty() {
            return Ok(Some(cut));
        }
        let cube = CubeAxes::parse(hdu.header.raw_bytes(), &image.axes).map_err(Arc::<WcsError>::new)?;
        let mut outcomes = Vec::new();
        if let Some(band) = self.wavelength_m {
            let run = cube.spectral.map(|(axis, read)| Ok((axis, read?.run(band[0], band[1]))));
            outcomes.push(decided(
                run,
                Known::of(beside, |known| known.wavelength_m, |has| meet(has, band)),
                "spectral",
            )?);
        }
        if let Some(time) = self.mjd {
            let run = cube.time.map(|(axis, read)| Ok((axis, read?.run(time[0], time[1]))));
            outcomes.push(decided(run, Known::of(beside, |known| known.mjd, |has| meet(has, time)), "time")?);
        }
        if !self.polarizations.is_empty() {
            let run = cube.stokes.map(|(axis, read)| Ok((axis, read?.run(&self.polarizations))));
            let states =
                |known: &Coverage| Some(known.polarizations.clone()).filter(|states| !states.is_empty());
            let known = Known::of(beside, states, |states| {
                states.iter().any(|state| self.polarizations.contains(state))
            });
            outcomes.push(decided(run, known, "polarization")?);
        }
        for outcome in outcomes {
            match outcome {
                Found::Whole(true) => {}
                Found::Whole(false) | Found::Axis(_, None) => return Ok(None),
                Found::Axis(axis, Some(run)) => {
                    let whole = image.axes.iter().map(|length| AxisRun::whole(*length));
                    let missing = axis.saturating_sub(cut.runs.len());
                    cut.runs.extend(whole.skip(cut.runs.len()).take(missing));
                    cut.runs[axis - 1] = run;
                }
            }
        }
        Ok(Some(cut))
    }
}

/// What the axis says, else what is known beside it.
fn decided(
    axis: Option<Result<(usize, Option<AxisRun>), CubeError>>,
    known: Known,
    kind: &'static str,
) -> Result<Found, Error> {
    match (axis, known) {
        (Some(read), _) => {
            let (axis, run) = read?;
            Ok(Found::Axis(axis, run))
        }
        (None, Known::Passes(passes)) => Ok(Found::Whole(passes)),
        (None, Known::Nothing) => Err(Error::NoMetadata(kind)),
    }
}

/// Whether two closed intervals share a point.
fn meet(a: [f64; 2], b: [f64; 2]) -> bool {
    a[0] <= b[1] && b[0] <= a[1]
}
