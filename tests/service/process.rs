//! The real service as a process of its own: to be killed, to live in another environment, to be judged by its log.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// A service process that dies with the test.
pub(crate) struct Process {
    child: Child,
    base: String,
    log: Arc<Mutex<String>>,
}

impl Process {
    /// Starts `trifocal serve` with these settings.
    pub(crate) fn start(settings: &Path) -> Self {
        Self::start_with(settings, |_| ())
    }

    /// Starts it after `prepare` had a hand in its environment.
    pub(crate) fn start_with(settings: &Path, prepare: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trifocal"));
        command.args(["serve", "--config"]).arg(settings).env("RUST_LOG", "info");
        prepare(&mut command);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let kept = log.clone();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(move |line| {
            let line = line.unwrap();
            let mut kept = kept.lock().unwrap();
            kept.push_str(&line);
            kept.push('\n');
            line
        });
        let port = lines.find_map(|line| {
            let rest = line.split_once("127.0.0.1:")?.1;
            let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
            line.contains("listening").then(|| rest[..digits].parse::<u16>().unwrap())
        });
        // The pipe is emptied, or the service would wait for its reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, base: format!("http://127.0.0.1:{}", port.unwrap()), log }
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    /// The `Response` of an answer of the NINA dialect.
    pub(crate) async fn response(&self, path: &str) -> Value {
        self.get(path).await.json::<Value>().await.unwrap()["Response"].clone()
    }

    /// Asks for the whole history until it has as many entries as `fits`.
    pub(crate) async fn history(&self, fits: impl Fn(usize) -> bool) -> Vec<Value> {
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
