//! Wavelengths, times and polarisations: a cut along the axis of a cube, a yes or no of a picture.

use super::boxes::header_of;
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

    /// The cut made smaller; `None` when nothing is left. Without `coverage` an image that lacks an axis passes:
    /// it is a plane of one that has it.
    ///
    /// # Errors
    /// [`Error::NoMetadata`] when neither an axis nor the coverage tells what a filter asks for; the axis's own error.
    pub(super) fn apply(
        &self,
        mut cut: ImageCut,
        hdu: &Hdu,
        image: &ImageHdu,
        coverage: Option<&Coverage>,
    ) -> Result<Option<ImageCut>, Error> {
        if self.is_empty() {
            return Ok(Some(cut));
        }
        let axes = CubeAxes::parse(&header_of(hdu), &image.axes).map_err(Arc::<WcsError>::new)?;
        let mut found = Vec::new();
        if let Some(band) = self.wavelength_m {
            let run = axes.spectral.map(|(axis, read)| Ok((axis, read?.run(band[0], band[1]))));
            found.push(decided(
                run,
                coverage.map(|known| known.wavelength_m.map(|has| meet(has, band))),
                "spectral",
            )?);
        }
        if let Some(time) = self.mjd {
            let run = axes.time.map(|(axis, read)| Ok((axis, read?.run(time[0], time[1]))));
            found.push(decided(run, coverage.map(|known| known.mjd.map(|has| meet(has, time))), "time")?);
        }
        if !self.polarizations.is_empty() {
            let run = axes.stokes.map(|(axis, read)| Ok((axis, read?.run(&self.polarizations))));
            let meets = |known: &Coverage| {
                (!known.polarizations.is_empty())
                    .then(|| known.polarizations.iter().any(|state| self.polarizations.contains(state)))
            };
            found.push(decided(run, coverage.map(meets), "polarization")?);
        }
        for one in found {
            match one {
                Found::Whole(true) => {}
                Found::Whole(false) | Found::Axis(_, None) => return Ok(None),
                Found::Axis(axis, Some(run)) => {
                    while cut.runs.len() < axis {
                        cut.runs.push(AxisRun::whole(image.axes[cut.runs.len()]));
                    }
                    cut.runs[axis - 1] = run;
                }
            }
        }
        Ok(Some(cut))
    }
}

/// What the axis says, else what the coverage says.
fn decided(
    axis: Option<Result<(usize, Option<AxisRun>), CubeError>>,
    coverage: Option<Option<bool>>,
    kind: &'static str,
) -> Result<Found, Error> {
    match (axis, coverage) {
        (Some(read), _) => {
            let (axis, run) = read?;
            Ok(Found::Axis(axis, run))
        }
        (None, None) => Ok(Found::Whole(true)),
        (None, Some(Some(meets))) => Ok(Found::Whole(meets)),
        (None, Some(None)) => Err(Error::NoMetadata(kind)),
    }
}

/// Whether two closed intervals share a point.
fn meet(a: [f64; 2], b: [f64; 2]) -> bool {
    a[0] <= b[1] && b[0] <= a[1]
}
