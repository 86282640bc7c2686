//! Drawing boxes and letters into a picture: what test patterns and notices are made of.

use font8x8::legacy::BASIC_LEGACY;

use super::fit::Area;
use crate::camera::resolution::Resolution;
use crate::pixel::{Channels, EightBit};

/// R, G, B.
pub(in crate::camera) type Colour = [u8; 3];

pub(in crate::camera) const BLACK: Colour = [0, 0, 0];
pub(in crate::camera) const WHITE: Colour = [255, 255, 255];

/// Columns and rows of one letter at scale 1.
pub(super) const LETTER: u32 = 8;

/// Fills an area; what lies outside the picture is left out.
pub(in crate::camera) fn fill(picture: &mut EightBit, area: Area, colour: Colour) {
    let channels = picture.channels().count();
    let (width, height) = (picture.width(), picture.height());
    let left = (area.x as usize).min(width);
    let right = (area.x.saturating_add(area.width) as usize).min(width);
    let (top, bottom) = (area.y as usize, (area.y.saturating_add(area.height) as usize).min(height));
    for y in top..bottom {
        let row = &mut picture.samples_mut()[(y * width + left) * channels..(y * width + right) * channels];
        match channels {
            // Shades of grey, whose bytes are all the same, go faster.
            3 if colour != [colour[0]; 3] => row.as_chunks_mut::<3>().0.fill(colour),
            _ => row.fill(colour[1]),
        }
    }
}

/// Writes one line of ASCII text, every pixel of a letter a square of `scale` pixels; other characters become `?`.
pub(in crate::camera) fn write(
    picture: &mut EightBit,
    x: u32,
    y: u32,
    scale: u32,
    text: &str,
    colour: Colour,
) {
    for (column, letter) in (0..).zip(text.chars()) {
        let glyph = BASIC_LEGACY.get(letter as usize).unwrap_or(&BASIC_LEGACY['?' as usize]);
        for (row, bits) in (0..).zip(glyph) {
            // Neighbouring dots of a row are one box.
            let mut dot = 0;
            while dot < LETTER {
                let run = (bits >> dot).trailing_ones().min(LETTER - dot);
                if run > 0 {
                    let left = x + (column * LETTER + dot) * scale;
                    fill(
                        picture,
                        Area { x: left, y: y + row * scale, width: run * scale, height: scale },
                        colour,
                    );
                }
                dot += run.max(1);
            }
        }
    }
}

/// Writes one line in the middle of `area`'s width with its top at the area's top, as big as fits, at most
/// `largest` pixels per dot. Gives back the height used, pixels.
pub(in crate::camera) fn write_centred(
    picture: &mut EightBit,
    area: Area,
    largest: u32,
    text: &str,
    colour: Colour,
) -> u32 {
    let letters = (text.chars().count() as u32).max(1);
    let scale = (area.width / (letters * LETTER)).min(area.height / LETTER).min(largest);
    if scale == 0 {
        return 0;
    }
    let x = area.x + (area.width - letters * LETTER * scale) / 2;
    write(picture, x, area.y, scale, text, colour);
    scale * LETTER
}

/// A picture of one colour.
pub(in crate::camera) fn blank(resolution: Resolution, colour: Colour) -> EightBit {
    EightBit::filled(resolution.width as usize, resolution.height as usize, Channels::Rgb, colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lit(picture: &EightBit) -> Vec<(usize, usize)> {
        let width = picture.width();
        let pixels = picture.samples().as_chunks::<3>().0.iter().enumerate();
        pixels.filter(|(_, p)| **p == WHITE).map(|(n, _)| (n % width, n / width)).collect()
    }

    #[test]
    fn boxes_are_cut_at_the_edge() {
        let mut picture = blank(Resolution::new(4, 3), BLACK);
        fill(&mut picture, Area { x: 3, y: 2, width: 100, height: u32::MAX }, WHITE);
        assert_eq!(lit(&picture), [(3, 2)]);
        fill(&mut picture, Area { x: 9, y: 9, width: 1, height: 1 }, WHITE);
        assert_eq!(lit(&picture), [(3, 2)]);
    }

    #[test]
    fn a_letter_reads_left_to_right_and_top_to_bottom() {
        let mut picture = blank(Resolution::new(8, 8), BLACK);
        write(&mut picture, 0, 0, 1, "L", WHITE);
        let columns: Vec<usize> = lit(&picture).iter().map(|(x, _)| *x).collect();
        let left = columns.iter().filter(|x| **x < 4).count();
        assert!(left > columns.len() - left, "the stem of an L stands on the left");
        let bottom_row: Vec<_> = lit(&picture).into_iter().filter(|(_, y)| *y == 6).collect();
        assert!(bottom_row.len() >= 6, "its foot lies at the bottom: {bottom_row:?}");
    }

    #[test]
    fn text_that_cannot_fit_is_left_out() {
        let mut picture = blank(Resolution::new(20, 20), BLACK);
        assert_eq!(
            write_centred(&mut picture, Area::whole(Resolution::new(20, 20)), 9, "far too long", WHITE),
            0
        );
        assert_eq!(write_centred(&mut picture, Area::whole(Resolution::new(20, 20)), 9, "ok", WHITE), 8);
        assert!(!lit(&picture).is_empty());
    }

    #[test]
    fn letters_outside_ascii_become_question_marks() {
        let (mut odd, mut mark) = (blank(Resolution::new(8, 8), BLACK), blank(Resolution::new(8, 8), BLACK));
        write(&mut odd, 0, 0, 1, "\u{e9}", WHITE);
        write(&mut mark, 0, 0, 1, "?", WHITE);
        assert_eq!(odd, mark);
    }
}
