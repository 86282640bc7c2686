//! The steps from a frame's samples to a rendition, in order.
//!
//! Each step wraps the picture before it; nothing moves until the encoder pulls bands through all of them, so a
//! rendition is one pass over the frame.

use std::sync::Arc;

use super::{Error, Linkage, Rendition, StretchRequest};
use crate::catalogue::FrameStatistics;
use crate::pixel::{
    AreaAverage, BandError, BayerPattern, BitDepth, Debayer, FlipRows, MidtonesTransfer, Scanlines,
    Statistics, Stretch, codec,
};

/// A picture in the making.
type Picture = Arc<dyn Scanlines>;

/// One step of a rendition.
enum Step {
    /// Last row first.
    TurnOver,
    /// Colour filter array to red, green, blue.
    Debayer(BayerPattern),
    /// Brightness through the midtones transfer function; one curve for all planes or one for each.
    Stretch(Vec<MidtonesTransfer>),
    /// Fewer pixels, each the mean of the area it covers.
    Resample { columns: usize, rows: usize },
}

impl Step {
    fn apply(self, picture: Picture) -> Picture {
        match self {
            Self::TurnOver => Arc::new(FlipRows::new(picture)),
            Self::Debayer(pattern) => Arc::new(Debayer::new(picture, pattern)),
            Self::Stretch(curves) => {
                let tables = curves.iter().map(MidtonesTransfer::table).collect();
                Arc::new(Stretch::new(picture, tables))
            }
            Self::Resample { columns, rows } => Arc::new(AreaAverage::new(picture, columns, rows)),
        }
    }
}

/// Makes the rendition of `frame` and encodes it. `known` are statistics of the frame computed earlier: of the
/// samples as stored, and of the channels by the frame's own Bayer pattern `recorded`.
///
/// # Errors
/// When the samples cannot be read or the picture cannot be encoded.
pub fn render(
    frame: Picture,
    rendition: &Rendition,
    known: Option<&FrameStatistics>,
    recorded: Option<BayerPattern>,
) -> Result<Vec<u8>, Error> {
    let mut steps = Vec::new();
    if rendition.is_turned_over {
        steps.push(Step::TurnOver);
    }
    if let Some(pattern) = rendition.debayer {
        steps.push(Step::Debayer(pattern));
    }
    if let Some(stretch) = &rendition.stretch {
        let known = known.map(|known| (known, recorded));
        steps.push(Step::Stretch(curves(&frame, rendition.debayer, stretch, known)?));
    }
    let shape = frame.shape();
    let (columns, rows) = (rendition.columns, rendition.rows);
    if (columns, rows) != (shape.columns, shape.rows) {
        steps.push(Step::Resample { columns, rows });
    }
    let picture = steps.into_iter().fold(frame, |picture, step| step.apply(picture));
    Ok(codec::encode(&picture, rendition.format)?)
}

/// The curve for all planes, or one for each when colours are stretched by themselves.
fn curves(
    frame: &Picture,
    debayer: Option<BayerPattern>,
    stretch: &StretchRequest,
    known: Option<(&FrameStatistics, Option<BayerPattern>)>,
) -> Result<Vec<MidtonesTransfer>, Error> {
    let curve = |statistics: &Statistics| stretch.parameters().transfer(statistics, BitDepth::SIXTEEN);
    let coloured = debayer.is_some() || frame.shape().planes > 1;
    if !coloured || stretch.linkage == Linkage::Linked {
        return match known {
            Some((known, _)) => Ok(vec![curve(&known.whole)]),
            None => Ok(vec![curve(&Statistics::of_all_planes(frame).map_err(Error::Samples)?)]),
        };
    }
    let channels = match known {
        Some((known, recorded)) if !known.channels.is_empty() && recorded == debayer => {
            return Ok(known.channels.iter().map(curve).collect());
        }
        _ => channel_statistics(frame, debayer).map_err(Error::Samples)?,
    };
    Ok(channels.iter().map(curve).collect())
}

fn channel_statistics(frame: &Picture, debayer: Option<BayerPattern>) -> Result<Vec<Statistics>, BandError> {
    match debayer {
        Some(pattern) => Statistics::of(&Debayer::new(Arc::clone(frame), pattern)),
        None => Statistics::of(frame),
    }
}
