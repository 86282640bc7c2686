//! The real process, killed at the worst moment and started again.

use crate::process::Process;
use crate::support::{Frame, Site};

#[tokio::test]
async fn what_was_told_before_a_kill_is_told_after_it() {
    const FRAMES: usize = 40;
    let site = Site::new();
    for number in 0..FRAMES {
        // Large enough that a scan of all of them can be interrupted.
        Frame::of(400, 600, |row, column| (number + row * column) as u16)
            .text("DATE-LOC", &format!("2026-01-31T22:{number:02}:00"))
            .write(&site.path().join(format!("captures/{:02}.fits", (number * 7) % FRAMES)));
    }
    site.config();
    let settings = site.path().join("trifocal.toml");
    let first = Process::start(&settings);
    first
        .response("/v2/api/profile/change-value?settingpath=ImageSettings-BlackClipping&newValue=-1.25")
        .await;
    let before = first.history(|count| count > 0).await;
    let thumbnail = first.get("/v2/api/image/thumbnail/0").await.bytes().await.unwrap();
    drop(first);

    let second = Process::start(&settings);
    let after = second.history(|count| count == FRAMES).await;
    assert_eq!(after[..before.len()], before, "what was acknowledged is as it was");
    let mut names: Vec<_> = after.iter().map(|entry| entry["Filename"].to_string()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), FRAMES, "no entry twice");
    assert_eq!(second.get("/v2/api/image/thumbnail/0").await.bytes().await.unwrap(), thumbnail);
    let profile = second.response("/v2/api/profile/show?active=true").await;
    assert_eq!(profile["ImageSettings"]["BlackClipping"], -1.25);
    let events = second.response("/v2/api/event-history").await;
    assert_eq!(events.as_array().unwrap().len(), FRAMES);
    drop(second);

    let third = Process::start(&settings);
    assert_eq!(third.history(|_| true).await, after);
}
