//! Files and directories that misbehave while the service runs.

use std::fs;

use serde_json::Value;

use crate::support::{Frame, Site};

/// Files dropped at once.
const MANY: usize = 2000;

fn names(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["Filename"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn broken_files_are_left_out_and_everything_else_works_on() {
    let site = Site::new().frame("good.fits", Frame::gradient());
    let captures = site.path().join("captures");
    fs::write(captures.join("empty.fits"), "").unwrap();
    fs::write(captures.join("noise.fits"), [0xa5; 4096]).unwrap();
    fs::write(captures.join("empty.xisf"), "").unwrap();
    let card = |text: &str| format!("{text:<80}");
    let header = |columns: u64, rows: u64| {
        let cards = [
            card("SIMPLE  =                    T"),
            card("BITPIX  =                   16"),
            card("NAXIS   =                    2"),
            card(&format!("NAXIS1  = {columns:>20}")),
            card(&format!("NAXIS2  = {rows:>20}")),
            card("END"),
        ];
        format!("{:<2880}", cards.concat())
    };
    // A gigabyte that is not there, more than there can be, and a gigabyte of holes behind a header that wants more.
    fs::write(captures.join("short.fits"), header(16_384, 32_768)).unwrap();
    fs::write(captures.join("huge.fits"), header(u64::MAX, u64::MAX)).unwrap();
    fs::write(captures.join("holes.fits"), header(32_768, 32_768)).unwrap();
    fs::File::options().write(true).open(captures.join("holes.fits")).unwrap().set_len(1 << 30).unwrap();
    fs::create_dir(captures.join("folder.fits")).unwrap();
    let gateway = site.serve().await;
    let entries = gateway.history_until(|entries| !entries.is_empty()).await;
    assert_eq!(names(&entries), ["good.fits"]);
    Frame::gradient().write(&gateway.capture("later.fits"));
    let entries = gateway.history_until(|entries| entries.len() == 2).await;
    assert_eq!(names(&entries), ["good.fits", "later.fits"]);
    gateway.bytes("/v2/api/image/1?stream=true&quality=80").await;
}

#[tokio::test]
async fn indexes_stay_whatever_happens_to_files() {
    let frame = |minute: u32| Frame::gradient().text("DATE-LOC", &format!("2026-01-31T22:0{minute}:00"));
    let gateway = Site::new()
        .frame("0.fits", frame(0))
        .frame("1.fits", frame(1))
        .frame("2.fits", frame(2))
        .serve()
        .await;
    fs::remove_file(gateway.capture("0.fits")).unwrap();
    fs::rename(gateway.capture("1.fits"), gateway.capture("renamed.fits")).unwrap();
    Frame::of(10, 20, |_, _| 5).text("FILTER", "replaced").write(&gateway.capture("2.fits"));
    let entries = gateway
        .history_until(|entries| {
            entries.len() >= 3
                && entries[1]["Filename"] == "renamed.fits"
                && entries[2]["Filter"] == "replaced"
        })
        .await;
    assert_eq!(names(&entries), ["0.fits", "renamed.fits", "2.fits"]);
    let (status, body) = gateway.json("/v2/api/image/0?quality=77").await;
    assert_eq!((status, &body["Error"]), (500, &"Unknown error".into()));
    gateway.bytes("/v2/api/image/1?stream=true&quality=77").await;
    let replaced = gateway.bytes("/v2/api/image/2?stream=true&quality=77").await;
    assert_eq!(super::decode(&replaced).1.width(), 20);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_left_out_until_it_can() {
    let gateway = Site::new()
        .with_settings("[ingest]\nsettle_seconds = 0.002\npoll_seconds = 0.05\nnotify = false\n")
        .frame("good.fits", Frame::gradient())
        .serve()
        .await;
    // A file that opens and then fails to be read, whoever asks.
    std::os::unix::fs::symlink("/proc/self/mem", gateway.capture("failing.fits")).unwrap();
    // A file that only its owner could open. Root opens it all the same: then this half shows nothing.
    let locked = gateway.capture("locked.fits");
    let mode = |mode| std::os::unix::fs::PermissionsExt::from_mode(mode);
    Frame::gradient().text("FILTER", "Ha").write(&gateway.capture("../locked.fits"));
    fs::set_permissions(gateway.capture("../locked.fits"), mode(0o000)).unwrap();
    fs::rename(gateway.capture("../locked.fits"), &locked).unwrap();
    Frame::gradient().write(&gateway.capture("later.fits"));
    gateway.history_until(|entries| names(entries).contains(&"later.fits")).await;
    fs::set_permissions(&locked, mode(0o644)).unwrap();
    let entries = gateway.history_until(|entries| entries.len() == 3).await;
    let mut found = names(&entries);
    found.sort_unstable();
    assert_eq!(found, ["good.fits", "later.fits", "locked.fits"]);
}

#[tokio::test]
async fn a_directory_may_vanish_and_return() {
    let gateway = Site::new()
        .with_settings("[ingest]\nsettle_seconds = 0.002\npoll_seconds = 0.05\n")
        .frame("1.fits", Frame::gradient())
        .serve()
        .await;
    let here = gateway.capture("");
    let aside = here.parent().unwrap().join("aside");
    fs::rename(&here, &aside).unwrap();
    assert_eq!(gateway.json("/v2/api/image-history?count=true").await.1["Response"], 1, "entries are kept");
    fs::rename(&aside, &here).unwrap();
    Frame::gradient().text("FILTER", "Ha").write(&gateway.capture("2.fits"));
    let entries = gateway.history_until(|entries| entries.len() == 2).await;
    assert_eq!(names(&entries), ["1.fits", "2.fits"]);
    gateway.bytes("/v2/api/image/0?stream=true&quality=77").await;
}

#[tokio::test]
async fn many_files_dropped_at_once_are_all_told_of_in_order() {
    let gateway = Site::new().with_settings("[nina]\nlistener_queue = 8192\n").serve().await;
    let mut socket = gateway.socket().await;
    let folder = gateway.capture("../dropped");
    fs::create_dir(&folder).unwrap();
    for number in 0..MANY {
        Frame::of(4, 4, |_, _| number as u16).write(&folder.join(format!("{number:04}.fits")));
    }
    fs::rename(&folder, gateway.capture("night")).unwrap();
    let mut told = Vec::new();
    while told.len() < MANY {
        let message = socket.json().await["Response"].clone();
        if message["Event"] == "IMAGE-SAVE" {
            told.push(message["ImageStatistics"]["Filename"].clone());
        }
    }
    let entries = gateway.history_until(|entries| entries.len() == MANY).await;
    assert_eq!(told, names(&entries));
}
