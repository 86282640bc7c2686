//! The history keeps its order whatever happens to the files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::DateTime;

use super::tests::empty;
use super::*;
use crate::fits::{FileStamp, HduIndex};
use crate::pixel::{BayerPattern, Statistics};

/// Statistics that differ from frame to frame.
fn statistics(mean: f64) -> FrameStatistics {
    let whole = Statistics {
        count: 6,
        mean,
        standard_deviation: 2.5,
        median: 12.5,
        mad: 2.0,
        min: 1.0,
        max: 65535.0,
    };
    FrameStatistics { whole, channels: Vec::new() }
}

fn facts(number: u64) -> FrameFacts {
    FrameFacts {
        stamp: FileStamp { bytes: 2880 * number, modified_ns: 1_700_000_000_123_456_789 },
        digest: HeaderDigest(u64::MAX - number),
        hdu: HduIndex(0),
        columns: 640,
        rows: 480,
        planes: 1,
        bitpix: 16,
        data_offset: Some(2880),
        started_at: DateTime::from_timestamp(1_700_000_000, 0),
        exposure_s: Some(120.0),
        filter: Some("Ha".to_owned()),
        target: Some("NGC 7000".to_owned()),
        instrument: Some("ExampleCam".to_owned()),
        telescope: None,
        bayer_pattern: Some(BayerPattern::Grbg),
    }
}

fn entry(image_type: FrameType) -> NewHistoryEntry {
    NewHistoryEntry {
        image_type,
        saved_at: DateTime::parse_from_rfc3339("2026-01-31T22:04:05.1234567+01:00").unwrap(),
        temperature_c: Some(-10.0),
        gain: Some(100),
        offset: None,
        focal_length_mm: Some(480.0),
        is_bayered: false,
        rms_text: None,
        stars: None,
        hfr: None,
        hfr_standard_deviation: None,
    }
}

fn path(number: u64) -> PathBuf {
    PathBuf::from(format!("/captures/{number:04}.fits"))
}

pub(crate) async fn save(catalogue: &Catalogue, number: u64, image_type: FrameType) -> FrameId {
    let mut batch = catalogue.begin().await.unwrap();
    let frame = batch.put_frame(&Origin::Nina, &path(number), &facts(number)).await.unwrap();
    batch.put_statistics(frame, &statistics(number as f64)).await.unwrap();
    batch.put_history_entry(frame, &entry(image_type)).await.unwrap();
    batch.commit().await.unwrap();
    frame
}

async fn numbers(catalogue: &Arc<Catalogue>, image_type: Option<&str>) -> Vec<u64> {
    let entries = catalogue.history(image_type).await.unwrap();
    for (index, entry) in entries.iter().enumerate() {
        let nth = catalogue.history_nth(image_type, index as u64).await.unwrap();
        assert_eq!(nth.as_deref(), Some(entry));
    }
    assert_eq!(catalogue.history_count(image_type).await.unwrap(), entries.len() as u64);
    assert_eq!(catalogue.history_nth(image_type, entries.len() as u64).await.unwrap(), None);
    entries.iter().map(|entry| entry.statistics.whole.mean as u64).collect()
}

#[tokio::test]
async fn entries_keep_save_order_overall_and_by_type() {
    let (_folder, catalogue) = empty().await;
    assert!(numbers(&catalogue, None).await.is_empty());
    for (number, image_type) in
        [(7, FrameType::Light), (3, FrameType::Flat), (5, FrameType::Light), (1, FrameType::Flat)]
    {
        save(&catalogue, number, image_type).await;
    }
    assert_eq!(numbers(&catalogue, None).await, [7, 3, 5, 1]);
    assert_eq!(numbers(&catalogue, Some("LIGHT")).await, [7, 5]);
    assert_eq!(numbers(&catalogue, Some("FLAT")).await, [3, 1]);
    for unknown in ["light", "", "DARK"] {
        assert!(numbers(&catalogue, Some(unknown)).await.is_empty(), "{unknown}");
    }
    assert_eq!(catalogue.history_nth(None, u64::MAX).await.unwrap(), None);
}

#[tokio::test]
async fn entry_comes_back_as_it_was_saved() {
    let (_folder, catalogue) = empty().await;
    let frame = save(&catalogue, 9, FrameType::Snapshot).await;
    let found = catalogue.history_entry(frame).await.unwrap().unwrap();
    assert_eq!(found.saved, entry(FrameType::Snapshot));
    assert_eq!(found.saved.saved_at.to_rfc3339(), "2026-01-31T22:04:05.123456700+01:00");
    assert_eq!((found.position, &found.frame.facts), (0, &facts(9)));
    assert_eq!(found.frame.state, FrameState::Ok);
    assert_eq!(found.frame.file_name(), "0009.fits");
    assert_eq!(catalogue.frame(frame).await.unwrap().as_ref(), Some(&found.frame));
    assert_eq!(found.statistics, statistics(9.0));
    let mut colour = statistics(9.0);
    colour.channels = vec![statistics(1.0).whole, statistics(2.0).whole, statistics(3.0).whole];
    let mut batch = catalogue.begin().await.unwrap();
    batch.put_statistics(frame, &colour).await.unwrap();
    batch.commit().await.unwrap();
    let found = catalogue.history_entry(frame).await.unwrap().unwrap();
    assert_eq!(found.statistics, colour);
    assert_eq!(catalogue.history(None).await.unwrap(), [(*found).clone()]);
}

#[tokio::test]
async fn saving_the_same_file_again_changes_the_entry_not_the_list() {
    let (_folder, catalogue) = empty().await;
    for number in [1, 2] {
        save(&catalogue, number, FrameType::Light).await;
    }
    let mut batch = catalogue.begin().await.unwrap();
    let frame = batch.put_frame(&Origin::Nina, &path(1), &facts(4)).await.unwrap();
    batch.put_statistics(frame, &statistics(4.0)).await.unwrap();
    assert!(!batch.put_history_entry(frame, &entry(FrameType::Light)).await.unwrap());
    batch.commit().await.unwrap();
    assert_eq!(numbers(&catalogue, None).await, [4, 2]);
    assert_eq!(catalogue.events().await.unwrap().len(), 2);
}

#[tokio::test]
async fn frame_rewritten_as_another_type_moves_between_the_type_lists() {
    let (_folder, catalogue) = empty().await;
    for (number, image_type) in
        [(0, FrameType::Light), (1, FrameType::Light), (2, FrameType::Flat), (3, FrameType::Light)]
    {
        save(&catalogue, number, image_type).await;
    }
    save(&catalogue, 1, FrameType::Flat).await;
    assert_eq!(numbers(&catalogue, None).await, [0, 1, 2, 3]);
    assert_eq!(numbers(&catalogue, Some("LIGHT")).await, [0, 3]);
    assert_eq!(numbers(&catalogue, Some("FLAT")).await, [1, 2]);
}

#[tokio::test]
async fn vanished_file_keeps_its_entry_and_takes_it_up_again_under_any_name() {
    let (_folder, catalogue) = empty().await;
    for number in 0..3 {
        save(&catalogue, number, FrameType::Light).await;
    }
    let known = catalogue.known_file(&Origin::Nina, &path(1)).await.unwrap().unwrap();
    let mut batch = catalogue.begin().await.unwrap();
    batch.mark_missing(known.frame).await.unwrap();
    batch.commit().await.unwrap();
    assert_eq!(numbers(&catalogue, None).await, [0, 1, 2]);
    let entry = catalogue.history_nth(None, 1).await.unwrap().unwrap();
    assert_eq!(entry.frame.state, FrameState::Missing);

    let mut batch = catalogue.begin().await.unwrap();
    let other = batch.rename_frame(&Origin::Nina, &path(8), &facts(8)).await.unwrap();
    assert_eq!(other, None, "these bytes never vanished");
    let renamed = Path::new("/captures/BAD_0001.fits");
    let taken = batch.rename_frame(&Origin::Nina, &path(2), &facts(1)).await.unwrap();
    assert_eq!(taken, None, "a file that is there is not replaced");
    let same = batch.rename_frame(&Origin::Nina, renamed, &facts(1)).await.unwrap();
    assert_eq!(same, Some(known.frame));
    batch.commit().await.unwrap();
    let entry = catalogue.history_nth(None, 1).await.unwrap().unwrap();
    assert_eq!((&entry.frame.state, entry.frame.path.as_path()), (&FrameState::Ok, renamed));
}

#[tokio::test]
async fn rejected_files_are_listed_with_reason_until_they_mend() {
    let (_folder, catalogue) = empty().await;
    let mut batch = catalogue.begin().await.unwrap();
    let stamp = facts(1).stamp;
    let frame = batch.reject(&Origin::Nina, &path(1), stamp, "the file ends early", false).await.unwrap();
    batch.commit().await.unwrap();
    assert_eq!(catalogue.rejections_of(&Origin::Nina).await.unwrap().len(), 1);
    assert_eq!(catalogue.frame(frame).await.unwrap(), None);
    assert_eq!(catalogue.history_count(None).await.unwrap(), 0);
    assert_eq!(save(&catalogue, 1, FrameType::Light).await, frame);
    assert!(catalogue.rejections_of(&Origin::Nina).await.unwrap().is_empty());

    let mut batch = catalogue.begin().await.unwrap();
    batch.reject(&Origin::Nina, &path(1), stamp, "the file ends early", false).await.unwrap();
    batch.commit().await.unwrap();
    let entry = catalogue.history_nth(None, 0).await.unwrap().unwrap();
    assert_eq!(entry.frame.state, FrameState::Rejected("the file ends early".to_owned()));
}

#[tokio::test]
async fn identities_differ_when_the_file_does() {
    let (_folder, catalogue) = empty().await;
    let frame = save(&catalogue, 1, FrameType::Light).await;
    let before = catalogue.frame(frame).await.unwrap().unwrap().identity();
    let mut batch = catalogue.begin().await.unwrap();
    batch.put_frame(&Origin::Nina, &path(1), &facts(2)).await.unwrap();
    batch.commit().await.unwrap();
    let after = catalogue.frame(frame).await.unwrap().unwrap().identity();
    assert_ne!(before, after);
    assert_ne!(before.to_tag(), after.to_tag());
    assert!(before.to_tag().chars().all(|c| c.is_ascii_hexdigit() || c == '-'), "{}", before.to_tag());
}
