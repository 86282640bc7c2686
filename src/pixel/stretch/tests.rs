//! Tests of the stretch against the worked tables and other programs.

use proptest::prelude::*;

use super::*;
use crate::pixel::{InMemory, reference};

fn statistics(median: f64, mad: f64) -> Statistics {
    Statistics { median, mad, ..Statistics::default() }
}

fn transfer(median: f64, mad: f64, bits: u8, target_background: f64) -> MidtonesTransfer {
    AutoStretch { target_background, ..AutoStretch::default() }
        .transfer(&statistics(median, mad), BitDepth::new(bits).unwrap())
}

fn assert_table(transfer: &MidtonesTransfer, rows: &[(u16, u16)]) {
    let table = transfer.table();
    for &(level, expected) in rows {
        assert_eq!(table[usize::from(level)], expected, "level {level} of {transfer:?}");
    }
}

fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 5e-10, "{found} is not {expected}");
}

#[test]
fn a_dark_frame_of_16_bits() {
    let transfer = transfer(1200.0, 60.0, 16, 0.2);
    assert_close(transfer.shadows, 0.014_510_158);
    assert_close(transfer.midtones, 0.015_031_287);
    let rows = [
        (0, 0, 0),
        (950, 0, 0),
        (951, 5, 0),
        (952, 70, 0),
        (1000, 3068, 11),
        (1100, 8518, 33),
        (1200, 13107, 51),
        (1260, 15528, 60),
        (1500, 23354, 91),
        (2000, 33814, 132),
        (5000, 53205, 207),
        (20000, 63182, 246),
        (65535, 65520, 255),
    ];
    assert_table(&transfer, &rows.map(|(level, out, _)| (level, out)));
    for (_, out, high) in rows {
        assert_eq!(out >> 8, high);
    }
}

#[test]
fn a_bright_frame_is_stretched_from_the_other_end() {
    let transfer = transfer(45000.0, 500.0, 16, 0.2);
    assert_close(transfer.highlights, 0.718_328_222);
    assert_close(transfer.midtones, 0.991_889_277);
    let rows = [(0, 209), (30000, 1486), (44000, 9333), (45000, 13107), (46000, 21552), (50000, 65535)];
    assert_table(&transfer, &rows);
}

#[test]
fn a_frame_without_spread_is_split_at_its_median() {
    assert_table(&transfer(3000.0, 0.0, 16, 0.2), &[(0, 0), (3000, 0), (3001, 65535), (65535, 65535)]);
}

#[test]
fn a_frame_of_12_bits() {
    let transfer = transfer(500.0, 20.0, 12, 0.2);
    assert_close(transfer.shadows, 0.101_825_250);
    assert_close(transfer.midtones, 0.076_449_477);
    let rows =
        [(400, 0), (450, 5861), (500, 13107), (550, 18911), (1000, 43729), (4095, 64925), (5000, 65535)];
    assert_table(&transfer, &rows);
}

#[test]
fn a_frame_of_noise_keeps_negative_shadows() {
    let transfer = transfer(300.0, 200.0, 16, 0.2);
    assert_close(transfer.shadows, -0.008_091_188);
    assert_close(transfer.midtones, 0.048_820_088);
    assert_table(&transfer, &[(0, 8987), (100, 10426), (300, 13107), (600, 16698), (5000, 42093)]);
}

#[test]
fn other_targets_for_the_dark_frame() {
    for (target, outputs) in
        [(0.1, [2, 6554, 21068, 60468]), (0.25, [7, 16384, 38469, 63754]), (0.5, [20, 32767, 53085, 64930])]
    {
        let levels = [951, 1200, 2000, 20000];
        let rows: Vec<(u16, u16)> = levels.into_iter().zip(outputs).collect();
        assert_table(&transfer(1200.0, 60.0, 16, target), &rows);
    }
}

/// Median, MAD, and what siril 1.2.6 prints for its automatic stretch, which aims at one quarter.
#[test]
fn shadows_and_midtones_are_those_of_siril() {
    let rows = [
        (1116.0, 44.0, 0.014_242, 0.008_315),
        (957.0, 39.0, 0.012_132, 0.007_375),
        (1319.0, 51.0, 0.016_896, 0.009_629),
        (1078.0, 43.0, 0.013_725, 0.008_127),
    ];
    for (median, mad, shadows, midtones) in rows {
        let found = transfer(median, mad, 16, 0.25);
        assert!((found.shadows - shadows).abs() < 5.1e-7, "{found:?}");
        assert!((found.midtones - midtones).abs() < 5.1e-7, "{found:?}");
    }
}

#[test]
fn targets_outside_the_range_are_clamped_to_black_and_white() {
    for target in [0.0, -3.0] {
        assert_table(&transfer(1200.0, 60.0, 16, target), &[(0, 0), (1200, 0), (60000, 0)]);
    }
    for target in [1.0, 7.0] {
        assert_table(&transfer(1200.0, 60.0, 16, target), &[(900, 0), (1200, 65535), (60000, 65535)]);
    }
}

#[test]
fn clipping_at_the_median_makes_everything_above_it_white() {
    let stretch = AutoStretch { shadows_clipping: 0.0, ..AutoStretch::default() };
    let transfer = stretch.transfer(&statistics(1200.0, 60.0), BitDepth::SIXTEEN);
    assert_table(&transfer, &[(1200, 0), (1201, 65535)]);
}

#[test]
fn numbers_that_are_none_give_black_and_no_panic() {
    let stretch = AutoStretch { target_background: f64::NAN, shadows_clipping: f64::NAN };
    let table = stretch.transfer(&statistics(1200.0, 60.0), BitDepth::SIXTEEN).table();
    assert_eq!(table[1200], 0);
}

#[test]
fn bit_depths_reach_from_1_to_16() {
    assert!(BitDepth::new(0).is_none() && BitDepth::new(17).is_none());
    assert_eq!(BitDepth::new(16), Some(BitDepth::SIXTEEN));
}

#[test]
fn one_table_serves_all_planes_and_three_serve_one_each() {
    let table = |offset: u16| to_table((0..=u16::MAX).map(|level| level.wrapping_add(offset)).collect());
    let shape = Shape { planes: 3, rows: 2, columns: 2 };
    let source: Arc<dyn Scanlines> = Arc::new(InMemory::from_band(shape, vec![10; 12]).unwrap());
    let levels = |tables| {
        let picture = InMemory::gather(&Stretch::new(Arc::clone(&source), tables)).unwrap();
        [0, 1, 2].map(|plane| picture.row(plane, 1)[1])
    };
    assert_eq!(levels(vec![]), [10, 10, 10]);
    assert_eq!(levels(vec![table(1)]), [11, 11, 11]);
    assert_eq!(levels(vec![table(1), table(2), table(3)]), [11, 12, 13]);
    assert_eq!(levels(vec![table(1), table(2)]), [11, 12, 12]);
}

#[test]
fn a_whole_frame_equals_the_reference_made_from_the_formula() {
    let Some(frame) = reference::fits16("stretch_mono.fits") else { return };
    let expected = reference::npy16("stretch_mono.nina16.npy").unwrap();
    let statistics = Statistics::of(&frame).unwrap()[0];
    assert_eq!((statistics.median, statistics.mad), (1116.0, 44.0));
    // The reference was made with the screen transfer function's own target of one quarter.
    let stretch = AutoStretch { target_background: 0.25, ..AutoStretch::default() };
    let table = stretch.transfer(&statistics, BitDepth::SIXTEEN).table();
    let stretched = InMemory::gather(&Stretch::new(Arc::new(frame), vec![table])).unwrap();
    assert_eq!(stretched.shape(), expected.shape());
    assert!(stretched.samples() == expected.samples());
}

/// Siril also divides by what the shadows leave, works in single precision and rounds: one level of difference.
#[test]
fn whole_frames_equal_those_of_siril_but_for_the_white_point() {
    for (name, expected) in [
        ("stretch_mono.fits", "stretch_mono.siril16.npy"),
        ("stretch_rgb.fits", "stretch_rgb.siril16.unlinked.npy"),
    ] {
        let Some(frame) = reference::fits16(name) else { return };
        let expected = reference::npy16(expected).unwrap();
        let stretch = AutoStretch { target_background: 0.25, ..AutoStretch::default() };
        for (plane, statistics) in Statistics::of(&frame).unwrap().iter().enumerate() {
            let MidtonesTransfer { shadows, midtones, .. } = stretch.transfer(statistics, BitDepth::SIXTEEN);
            let siril = |sample: u16| {
                let level = (f64::from(sample) / 65_535.0 - shadows) / (1.0 - shadows);
                midtones_transfer(midtones, level) * 65_535.0
            };
            for row in 0..frame.shape().rows {
                for (&sample, &theirs) in frame.row(plane, row).iter().zip(expected.row(plane, row)) {
                    let (ours, theirs) = (siril(sample), f64::from(theirs));
                    assert!((ours - theirs).abs() <= 1.5, "{sample} becomes {ours}, not {theirs}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn brighter_never_becomes_darker(
        median in 0.0..65535.0, mad in 0.0..5000.0, target in 0.0..=1.0, clipping in -10.0..3.0,
    ) {
        let stretch = AutoStretch { target_background: target, shadows_clipping: clipping };
        let table = stretch.transfer(&statistics(median, mad), BitDepth::SIXTEEN).table();
        prop_assert!(table.is_sorted());
    }
}
