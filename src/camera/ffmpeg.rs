//! The `ffmpeg` program: it reads what we cannot, decodes video, and makes clips.
//!
//! It is started with arguments, never through a shell, reads nothing from the terminal, and ends with the value
//! that stands for it.

use std::ffi::OsString;
use std::process::Stdio;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::error::SourceError;

const PROGRAM: &str = "ffmpeg";
/// Output arguments: JPEG pictures one after another, 4:2:0, on standard output.
pub(super) const JPEG_PIPE: &[&str] =
    &["-an", "-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p", "-f", "mjpeg", "pipe:1"];
const CHUNK_BYTES: usize = 64 << 10;
/// Of what the program complains about, so much is kept for the log.
const LAST_WORDS_BYTES: usize = 1 << 10;

/// Whether the program can be started at all. Blocks while it says its version.
pub(super) fn is_installed() -> bool {
    std::process::Command::new(PROGRAM).arg("-version").output().is_ok()
}

/// How the program is called.
#[derive(Clone, Debug)]
pub(super) struct Ffmpeg {
    arguments: Vec<OsString>,
}

impl Ffmpeg {
    /// With these input and output arguments.
    pub(super) fn new(input: impl IntoIterator<Item: Into<OsString>>, output: &[&str]) -> Self {
        let always = ["-hide_banner", "-nostdin", "-loglevel", "error"];
        let arguments = always.iter().map(OsString::from).chain(input.into_iter().map(Into::into));
        Self { arguments: arguments.chain(output.iter().map(OsString::from)).collect() }
    }

    /// Starts it; it reads nothing.
    pub(super) fn start(&self) -> Result<Running, SourceError> {
        self.spawn(Stdio::null()).map(|(running, _)| running)
    }

    /// Starts it; it reads what is written to the handle given back.
    pub(super) fn start_reading(&self) -> Result<(Running, ChildStdin), SourceError> {
        let (running, input) = self.spawn(Stdio::piped())?;
        Ok((running, input.ok_or(SourceError::NoPictures("ffmpeg has no input"))?))
    }

    fn spawn(&self, input: Stdio) -> Result<(Running, Option<ChildStdin>), SourceError> {
        let mut command = Command::new(PROGRAM);
        command.args(&self.arguments).stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                SourceError::NoPictures("the program ffmpeg is needed for this, and is not installed")
            }
            _ => SourceError::Io("the program ffmpeg cannot be started", error),
        })?;
        let (input, output, complaints) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(output), Some(complaints)) = (output, complaints) else {
            return Err(SourceError::NoPictures("ffmpeg has no output"));
        };
        let last_words = tokio::spawn(last_words(complaints));
        Ok((Running { _child: child, output, last_words }, input))
    }
}

/// The program at work; it is ended with this value.
#[derive(Debug)]
pub(super) struct Running {
    _child: Child,
    output: ChildStdout,
    last_words: tokio::task::JoinHandle<String>,
}

impl Running {
    /// Appends more of its output to `buffer`. At the end of the output comes an error with its last words.
    pub(super) async fn read(&mut self, buffer: &mut BytesMut) -> Result<(), SourceError> {
        buffer.reserve(CHUNK_BYTES);
        match self.output.read_buf(buffer).await {
            Ok(0) => Err(self.end().await),
            Ok(_) => Ok(()),
            Err(error) => Err(SourceError::Io("ffmpeg broke off", error)),
        }
    }

    /// All it writes until it ends by itself, at most `longest_bytes`.
    pub(super) async fn read_all(mut self, longest_bytes: usize) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        let mut limited = (&mut self.output).take(longest_bytes as u64 + 1);
        limited.read_to_end(&mut bytes).await.map_err(|error| SourceError::Io("ffmpeg broke off", error))?;
        if bytes.is_empty() || bytes.len() > longest_bytes {
            return Err(self.end().await);
        }
        Ok(bytes)
    }

    /// Why it ended.
    async fn end(&mut self) -> SourceError {
        let words = (&mut self.last_words).await.unwrap_or_default();
        SourceError::Ended("ffmpeg ended", words.into())
    }
}

/// The end of what a program complained about, in one line, without passwords.
async fn last_words(mut complaints: ChildStderr) -> String {
    let (mut kept, mut chunk) = (Vec::new(), [0; 512]);
    while let Ok(read @ 1..) = complaints.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..read]);
        let surplus = kept.len().saturating_sub(LAST_WORDS_BYTES);
        kept.drain(..surplus);
    }
    let text = String::from_utf8_lossy(&kept);
    let line = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" / ");
    without_credentials(&line)
}

/// The text with `user:password@` of URLs taken out.
fn without_credentials(text: &str) -> String {
    let (mut clean, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find("://") {
        let (before, after) = rest.split_at(start + 3);
        clean.push_str(before);
        let authority = after.find(['/', ' ', '\'', '"', '?']).unwrap_or(after.len());
        rest = match after[..authority].rfind('@') {
            Some(at) => &after[at + 1..],
            None => after,
        };
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_taken_out_of_complaints() {
        for (text, clean) in [
            ("rtsp://u:p@cam/x: 401 Unauthorized", "rtsp://cam/x: 401 Unauthorized"),
            ("'http://a:b@c:80/d?e=f@g' and http://h/i@j", "'http://c:80/d?e=f@g' and http://h/i@j"),
            ("no url: a@b", "no url: a@b"),
            ("http://u:p@ss@cam", "http://cam"),
        ] {
            assert_eq!(without_credentials(text), clean);
        }
    }
}
