//! Load by wrk: one thread, some connections, a list of paths walked in order.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

/// Connections that ask at the same time.
const CONNECTIONS: u32 = 8;

/// Seconds of one measurement.
const SECONDS: u32 = 3;

/// Measurements, alternating between the two sides; the best one of each counts.
const ROUNDS: usize = 3;

const SCRIPT: &str = r#"
local requests, at = {}, 0
function init(arguments)
  for path in io.lines(arguments[1]) do requests[#requests + 1] = wrk.format("GET", path) end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d\n", summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"#;

/// A server and the paths to ask it for.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    /// `http://host:port`.
    pub(crate) base: &'a str,
    /// Paths, asked for in this order, over and over.
    pub(crate) paths: Vec<String>,
}

/// Answers per second of both targets, measured by turns.
///
/// # Errors
/// When wrk is not installed or any answer is not a success.
pub(crate) fn compare(directory: &Path, ours: &Target<'_>, peer: &Target<'_>) -> anyhow::Result<(f64, f64)> {
    let (our_list, peer_list) = (directory.join("ours.txt"), directory.join("peer.txt"));
    fs::write(&our_list, ours.paths.join("\n"))?;
    fs::write(&peer_list, peer.paths.join("\n"))?;
    let mut best = (0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        best.0 = best.0.max(wrk(directory, ours.base, &our_list)?);
        best.1 = best.1.max(wrk(directory, peer.base, &peer_list)?);
    }
    Ok(best)
}

fn wrk(directory: &Path, base: &str, list: &Path) -> anyhow::Result<f64> {
    let script = directory.join("paths.lua");
    fs::write(&script, SCRIPT)?;
    let output = Command::new("wrk")
        .arg("-t1")
        .arg(format!("-c{CONNECTIONS}"))
        .arg(format!("-d{SECONDS}s"))
        .arg("-s")
        .arg(&script)
        .arg(base)
        .arg("--")
        .arg(list)
        .output()
        .context("wrk (Debian package wrk)")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let result = text.lines().find_map(|line| line.strip_prefix("RESULT ")).with_context(|| {
        format!("wrk said nothing useful: {text}{}", String::from_utf8_lossy(&output.stderr))
    })?;
    let numbers: Vec<f64> = result.split(' ').filter_map(|number| number.parse().ok()).collect();
    let [answers, microseconds, errors] = numbers[..] else { anyhow::bail!("wrk said: {result}") };
    ensure!(errors == 0.0, "{errors} of {answers} answers of {base} were failures");
    ensure!(answers > 0.0, "{base} did not answer");
    Ok(answers / microseconds * 1e6)
}
