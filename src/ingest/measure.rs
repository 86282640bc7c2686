//! What the samples of a saved frame tell: statistics for the stretch, stars for the history.

use std::sync::Arc;

use super::read_error::ReadError;
use crate::catalogue::FrameStatistics;
use crate::fits::{FitsFile, HduIndex, SixteenBitFrame};
use crate::pixel::{BayerPattern, Debayer, Histogram, Scanlines, StarField};

/// Statistics of the frame and, for a colour frame, of its channels: one pass over the samples, two for a mosaic.
pub(super) fn statistics(
    file: &Arc<FitsFile>,
    hdu: HduIndex,
    bayer_pattern: Option<BayerPattern>,
) -> Result<FrameStatistics, ReadError> {
    let frame = Arc::new(SixteenBitFrame::open(Arc::clone(file), hdu)?);
    let mut planes = Histogram::of(&frame).map_err(ReadError::Samples)?;
    let channels = match bayer_pattern {
        Some(pattern) if planes.len() == 1 => {
            Histogram::of(&Debayer::new(frame, pattern)).map_err(ReadError::Samples)?
        }
        _ if planes.len() > 1 => planes.clone(),
        _ => Vec::new(),
    };
    let rest = planes.split_off(1);
    let whole = planes.first_mut().ok_or(ReadError::NoImage)?;
    for plane in &rest {
        whole.merge(plane);
    }
    Ok(FrameStatistics {
        whole: whole.statistics(),
        channels: channels.iter().map(Histogram::statistics).collect(),
    })
}

/// The stars of the frame, those of a mosaic in its interpolated colours.
pub(super) fn stars(
    file: &Arc<FitsFile>,
    hdu: HduIndex,
    bayer_pattern: Option<BayerPattern>,
) -> Result<StarField, ReadError> {
    let frame: Arc<dyn Scanlines> = Arc::new(SixteenBitFrame::open(Arc::clone(file), hdu)?);
    let field = match bayer_pattern {
        Some(pattern) => StarField::of(&Debayer::new(frame, pattern)),
        None => StarField::of(&frame),
    };
    field.map_err(ReadError::Samples)
}
