//! Colours as one grey: what N.I.N.A. looks for stars in.

use std::ops::Range;

use crate::pixel::scanlines::{BandError, Scanlines, Shape};
use crate::pixel::scratch::Scratch;

/// The whole part of the mean of all planes.
pub struct Luminance<S> {
    source: S,
    colours: Scratch<Vec<u16>>,
}

impl<S: Scanlines> Luminance<S> {
    /// `source` in grey; a grey one as it is.
    pub fn new(source: S) -> Self {
        Self { source, colours: Scratch::default() }
    }
}

fn third(grey: &mut [u16], red: &[u16], green: &[u16], blue: &[u16]) {
    for (((grey, &red), &green), &blue) in grey.iter_mut().zip(red).zip(green).zip(blue) {
        *grey = ((u32::from(red) + u32::from(green) + u32::from(blue)) / 3) as u16;
    }
}

impl<S: Scanlines> Scanlines for Luminance<S> {
    fn shape(&self) -> Shape {
        Shape { planes: 1, ..self.source.shape() }
    }

    fn read(&self, rows: Range<usize>, band: &mut [u16]) -> Result<(), BandError> {
        let from = self.source.shape();
        if from.planes == 1 {
            return self.source.read(rows, band);
        }
        let mut colours = self.colours.lend_band(rows.len() * from.row_samples());
        self.source.read(rows, &mut colours)?;
        if from.samples() == 0 {
            return Ok(());
        }
        let rows = colours.chunks_exact(from.row_samples()).zip(band.chunks_exact_mut(from.columns));
        for (colours, grey) in rows {
            if let [red, green, blue] = colours.chunks_exact(from.columns).collect::<Vec<_>>()[..] {
                third(grey, red, green, blue);
            } else {
                for (column, grey) in grey.iter_mut().enumerate() {
                    let samples = colours[column..].iter().step_by(from.columns);
                    let sum: usize = samples.map(|&sample| usize::from(sample)).sum();
                    *grey = (sum / from.planes) as u16;
                }
            }
        }
        Ok(())
    }
}
