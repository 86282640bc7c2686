//! What an image covers beside the sky and its exposure, from its header.

use super::cards::Cards;
use crate::catalogue::Coverage;
use crate::fits::Hdu;
use crate::sky::{CubeAxes, Polarization};

/// The order in which ObsCore 1.1 §B.6.6 lists states.
const ORDER: [Polarization; 12] = [
    Polarization::I,
    Polarization::Q,
    Polarization::U,
    Polarization::V,
    Polarization::RR,
    Polarization::LL,
    Polarization::RL,
    Polarization::LR,
    Polarization::XX,
    Polarization::YY,
    Polarization::XY,
    Polarization::YX,
];

/// Reads the spectral, time and Stokes axes; one that cannot be understood tells only its length.
pub(super) fn of(cards: &Cards<'_>, hdu: &Hdu) -> Coverage {
    let lengths = hdu.image.as_ref().map(|image| image.axes.clone()).unwrap_or_default();
    let axes = CubeAxes::parse(hdu.header.raw_bytes(), &lengths).unwrap_or_default();
    let length =
        |axis: Option<usize>| axis.and_then(|axis| lengths.get(axis - 1)).map(|length| *length as u64);
    let channels = length(axes.spectral.as_ref().map(|(axis, _)| *axis));
    let steps = length(axes.time.as_ref().map(|(axis, _)| *axis));
    let planes = length(axes.stokes.as_ref().map(|(axis, _)| *axis));
    let wavelengths = axes.spectral.and_then(|(_, axis)| axis.ok()).map(|axis| axis.bounds_m());
    let states = axes.stokes.and_then(|(_, axis)| axis.ok()).map(|axis| axis.states()).unwrap_or_default();
    let named: Vec<_> =
        ORDER.into_iter().filter(|state| states.contains(&Some(*state))).map(Polarization::name).collect();
    Coverage {
        is_cube: [channels, steps, planes].into_iter().flatten().any(|length| length > 1),
        em_m: wavelengths.filter(|[low, high]| low.is_finite() && high > low).map(|[low, high]| (low, high)),
        em_channels: channels,
        polarisations: (!named.is_empty()).then(|| format!("/{}/", named.join("/"))),
        polarisation_planes: planes,
        time_steps: steps,
        resolution_arcsec: cards.real("SEEING").filter(|seeing| *seeing > 0.0),
    }
}
