//! Tests of the area average and of the rules for sizes.

use proptest::prelude::*;

use super::*;
use crate::pixel::InMemory;

fn picture(planes: usize, rows: usize, columns: usize, seed: u64) -> Arc<InMemory> {
    let shape = Shape { planes, rows, columns };
    let samples = (0..shape.samples() as u64)
        .map(|i| ((i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_mul(seed | 1) >> 40) as u16)
        .collect();
    Arc::new(InMemory::from_band(shape, samples).unwrap())
}

fn averaged(source: &Arc<InMemory>, columns: usize, rows: usize) -> InMemory {
    InMemory::gather(&AreaAverage::new(Arc::clone(source) as Arc<dyn Scanlines>, columns, rows)).unwrap()
}

/// The definition without any cleverness: areas in units of 1 / (columns x rows) of a source pixel.
fn by_definition(
    source: &InMemory,
    plane: usize,
    target: (usize, usize),
    columns: usize,
    rows: usize,
) -> u16 {
    let shape = source.shape();
    let shared = |source: usize, target: usize, from: usize, to: usize| {
        let start = (source * to).max(target * from);
        (((source + 1) * to).min((target + 1) * from)).saturating_sub(start)
    };
    let (mut sum, area) = (0_u128, (shape.rows * shape.columns) as u128);
    for row in 0..shape.rows {
        for column in 0..shape.columns {
            let weight =
                shared(row, target.0, shape.rows, rows) * shared(column, target.1, shape.columns, columns);
            sum += u128::from(source.row(plane, row)[column]) * weight as u128;
        }
    }
    ((sum + area / 2) / area) as u16
}

#[test]
fn sizes_follow_the_worked_examples() {
    let size = |reduction: Reduction| (reduction.side(640), reduction.side(480));
    assert_eq!(size(Reduction::to_columns(320, 640)), (320, 240));
    assert_eq!(size(Reduction::by(0.05).unwrap()), (64, 48));
    assert_eq!(size(Reduction::by(-1.0).unwrap()), (64, 48));
    assert_eq!(size(Reduction::by(7.0).unwrap()), (640, 480));
    assert_eq!(size(Reduction::by(100.0).unwrap()), (640, 480));
    assert_eq!(size(Reduction::to_columns(10_000, 640)), (640, 480));
    assert!(Reduction::by(f64::NAN).is_none());
}

#[test]
fn sides_round_half_up_and_never_vanish() {
    let half = Reduction::by(0.5).unwrap();
    assert_eq!([1, 2, 3, 5].map(|side| half.side(side)), [1, 1, 2, 3]);
    assert_eq!(Reduction::by(0.1).unwrap().side(1), 1);
    let shape = Shape { planes: 3, rows: 4176, columns: 6248 };
    let reduced = Reduction::to_columns(1280, 6248).shape(shape);
    assert_eq!(reduced, Shape { planes: 3, rows: 856, columns: 1280 });
}

#[test]
fn whole_factors_give_the_mean_of_whole_blocks_rounded_half_up() {
    let shape = Shape { planes: 1, rows: 2, columns: 4 };
    let source =
        Arc::new(InMemory::from_band(shape, vec![1, 2, 65_535, 65_535, 3, 4, 65_535, 65_534]).unwrap());
    assert_eq!(averaged(&source, 2, 1).samples(), [3, 65_535]);
}

#[test]
fn a_pixel_shared_by_two_outputs_counts_with_the_part_that_each_has() {
    let shape = Shape { planes: 1, rows: 1, columns: 3 };
    let source = Arc::new(InMemory::from_band(shape, vec![0, 300, 900]).unwrap());
    // 1.5 source pixels each: (0 + 300/2) / 1.5 and (300/2 + 900) / 1.5.
    assert_eq!(averaged(&source, 2, 1).samples(), [100, 700]);
}

#[test]
fn an_enlargement_repeats_pixels() {
    let shape = Shape { planes: 1, rows: 1, columns: 2 };
    let source = Arc::new(InMemory::from_band(shape, vec![5, 9]).unwrap());
    assert_eq!(averaged(&source, 4, 2).samples(), [5, 5, 9, 9, 5, 5, 9, 9]);
    assert_eq!(averaged(&source, 0, 0).samples(), [7]);
}

#[test]
fn a_source_taller_than_16_bits_can_count_is_still_averaged_exactly() {
    let rows = 70_001;
    let shape = Shape { planes: 1, rows, columns: 1 };
    let source = Arc::new(InMemory::from_band(shape, vec![u16::MAX; rows]).unwrap());
    assert_eq!(averaged(&source, 1, 2).samples(), [u16::MAX; 2]);
}

#[test]
fn a_picture_without_pixels_becomes_black() {
    let source = Arc::new(InMemory::from_band(Shape { planes: 1, rows: 0, columns: 4 }, vec![]).unwrap());
    assert_eq!(averaged(&source, 2, 2).samples(), [0; 4]);
}

/// Every count of source columns that has code of its own, and those that have none.
#[test]
fn every_reduction_of_a_row_is_exact() {
    let source = picture(1, 5, 301, 7);
    for to_columns in 1..=301 {
        let result = averaged(&source, to_columns, 2);
        for row in 0..2 {
            for column in 0..to_columns {
                let expected = by_definition(&source, 0, (row, column), to_columns, 2);
                assert_eq!(result.row(0, row)[column], expected, "{column}, {row} of {to_columns}");
            }
        }
    }
}

proptest! {
    #[test]
    fn every_sample_is_the_exact_mean_of_its_area(
        planes in prop_oneof![Just(1usize), Just(3usize)],
        (rows, columns) in (1usize..24, 1usize..24),
        (to_rows, to_columns) in (1usize..30, 1usize..30),
        seed: u64,
    ) {
        let source = picture(planes, rows, columns, seed);
        let result = averaged(&source, to_columns, to_rows);
        for plane in 0..planes {
            for row in 0..to_rows {
                for column in 0..to_columns {
                    let expected = by_definition(&source, plane, (row, column), to_columns, to_rows);
                    prop_assert_eq!(result.row(plane, row)[column], expected);
                }
            }
        }
    }

    #[test]
    fn the_mean_stays_and_no_sample_leaves_the_range(
        (rows, columns) in (1usize..200, 1usize..200), (to_rows, to_columns) in (1usize..50, 1usize..50), seed: u64,
    ) {
        let source = picture(1, rows, columns, seed);
        let result = averaged(&source, to_columns.min(columns), to_rows.min(rows));
        let mean = |samples: &[u16]| samples.iter().map(|&s| f64::from(s)).sum::<f64>() / samples.len() as f64;
        prop_assert!((mean(source.samples()) - mean(result.samples())).abs() <= 0.5);
        let (least, most) = (source.samples().iter().min(), source.samples().iter().max());
        prop_assert!(result.samples().iter().min() >= least && result.samples().iter().max() <= most);
    }

    #[test]
    fn a_band_is_the_same_as_those_rows_of_the_whole(
        rows in 1usize..40, to_rows in 1usize..40, first in 0usize..40, count in 1usize..40,
    ) {
        let source = picture(3, rows, 11, 99);
        let (first, last) = (first % to_rows, (first % to_rows + count).min(to_rows));
        let average = AreaAverage::new(Arc::clone(&source) as Arc<dyn Scanlines>, 4, to_rows);
        let mut band = vec![1; (last - first) * 12];
        average.read(first..last, &mut band).unwrap();
        let whole = averaged(&source, 4, to_rows);
        prop_assert_eq!(&band[..], &whole.samples()[first * 12..last * 12]);
    }
}
