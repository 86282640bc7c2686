//! The process that decodes: this very program under another command.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use super::error::{CameraRawError, Result};
use crate::pixel::Limits;

/// The command of the program that decodes.
pub const COMMAND: &str = "decode-raw";

/// The program itself, even while a newer one lies at its path.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// The allocator would take a gigabyte beforehand, which counts towards the bound of the process.
const RESERVE_NO_MEMORY: (&str, &str) = ("MIMALLOC_ARENA_EAGER_COMMIT", "0");

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Says which `trifocal` decodes, for programs that hold this library but are not `trifocal`. The first word counts.
pub fn is_program(path: &Path) {
    PROGRAM.get_or_init(|| path.to_owned());
}

/// A decoder at work on one file; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Decoder {
    process: Child,
    /// What it says.
    pub(super) says: BufReader<ChildStdout>,
}

impl Decoder {
    /// Starts a decoder on `file`, for its samples or only for what it says of them. It works at the priority of the
    /// thread that starts it.
    pub(super) fn start(file: &File, limits: &Limits, with_samples: bool) -> Result<Self> {
        if !cfg!(feature = "camera-raw") {
            return Err(CameraRawError::NotCompiledIn);
        }
        let file = file.try_clone().map_err(CameraRawError::NotStarted)?;
        let program = PROGRAM.get().map_or(Path::new(THIS_PROGRAM), PathBuf::as_path);
        let mut process = Command::new(program)
            .arg(COMMAND)
            .args(["--pixels", &limits.image_pixels.to_string()])
            .args(["--memory-bytes", &limits.unpacked_bytes.to_string()])
            .args(with_samples.then_some("--samples"))
            .env_clear()
            .env(RESERVE_NO_MEMORY.0, RESERVE_NO_MEMORY.1)
            .stdin(Stdio::from(file))
            .stdout(Stdio::piped())
            // A panic of the decoder is told as an error of the file, not in the log of the service.
            .stderr(Stdio::null())
            .spawn()
            .map_err(CameraRawError::NotStarted)?;
        match process.stdout.take() {
            Some(says) => Ok(Self { process, says: BufReader::with_capacity(1 << 16, says) }),
            None => Err(CameraRawError::GaveUp),
        }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // It has said all we want of it; that it is gone already is no harm.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
