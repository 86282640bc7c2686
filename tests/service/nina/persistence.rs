//! The real process, killed at the worst moment and started again.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{Frame, Site};

/// A service process that dies with the test.
struct Process {
    child: Child,
    base: String,
}

impl Process {
    fn start(settings: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trifocal"))
            .args(["serve", "--config"])
            .arg(settings)
            .env("RUST_LOG", "info")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            let rest = line.split_once("127.0.0.1:")?.1;
            let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
            line.contains("listening").then(|| rest[..digits].parse::<u16>().unwrap())
        });
        // The pipe is emptied, or the service would wait for its reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, base: format!("http://127.0.0.1:{}", port.unwrap()) }
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    async fn response(&self, path: &str) -> Value {
        self.get(path).await.json::<Value>().await.unwrap()["Response"].clone()
    }

    async fn history(&self, fits: impl Fn(usize) -> bool) -> Vec<Value> {
        loop {
            let entries = self.response("/v2/api/image-history?all=true").await.as_array().unwrap().clone();
            if fits(entries.len()) {
                return entries;
            }
        }
    }
}

impl Drop for Process {
    /// SIGKILL, which leaves a process no time for anything.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
