//! What others would use: the Python programs of `benches/peers`, in the environment that `tools/setup bench` makes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

/// Runs a program, which measures itself, and gives the time it tells.
///
/// # Errors
/// When the environment is missing; when the program fails, with what it says.
pub(crate) fn time(program: &str, arguments: &[OsString]) -> anyhow::Result<Duration> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let python = root.join(target).join("peers/bin/python");
    let script = root.join("benches/peers").join(program).with_extension("py");
    let output = Command::new(&python)
        .arg(script)
        .args(arguments)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .context("no Python with numpy, OpenCV and SEP: `tools/setup bench` makes one")?;
    ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    let seconds: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().context("no time")?;
    Ok(Duration::from_secs_f64(seconds))
}
