//! The `ffmpeg` program as a source and as a decoder: cameras on USB, video files, whatever else it reads.
//!
//! It is started with arguments, never through a shell, reads nothing from the terminal, and ends with the session.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use bytes::BytesMut;
use futures_util::future::BoxFuture;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::address::SourceUrl;
use super::parts::PictureReader;
use super::{Capture, Session, Source, Surroundings};
use crate::camera::error::{CameraError, SourceError};
use crate::camera::frame::Moment;
use crate::clock::Clock;

const PROGRAM: &str = "ffmpeg";
/// Output arguments: JPEG pictures one after another, 4:2:0, on standard output.
pub(in crate::camera) const JPEG_PIPE: &[&str] =
    &["-an", "-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p", "-f", "mjpeg", "pipe:1"];
/// The same without encoding, for devices that give JPEG pictures themselves.
const COPIED_PIPE: &[&str] = &["-an", "-c:v", "copy", "-f", "mjpeg", "pipe:1"];
const CHUNK_BYTES: usize = 64 << 10;
/// Of what the program complains about, so much is kept for the log.
const LAST_WORDS_BYTES: usize = 1 << 10;

/// Reads `v4l2:/dev/video0?size=1280x720&fps=30&format=mjpeg`.
pub(super) fn open_device(
    url: &SourceUrl<'_>,
    surroundings: &Surroundings,
) -> Result<Box<dyn Source>, CameraError> {
    let device = url.path();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | ':');
    if !device.starts_with("/dev/") || device.contains("..") || !device.chars().all(plain) {
        return Err(url.fault("a v4l2: url needs the path of a device, like v4l2:/dev/video0"));
    }
    let mut input = vec!["-f".to_owned(), "v4l2".to_owned()];
    let mut format = "mjpeg";
    for (key, value) in url.options() {
        match key {
            "size" => {
                let size: super::Resolution =
                    value.parse().map_err(|error| url.fault(format!("size={value}: {error}")))?;
                input.extend(["-video_size".to_owned(), size.to_string()]);
            }
            "fps" => input.extend(["-framerate".to_owned(), url.fps(value)?.to_string()]),
            "format" => {
                let is_name =
                    !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                if !is_name {
                    return Err(url.fault(format!("format={value} is no format; mjpeg and yuyv422 are")));
                }
                format = value;
            }
            _ => return Err(url.unknown_option(key, "size, fps, format")),
        }
    }
    input.extend(["-input_format", format, "-i", device].map(str::to_owned));
    let output = if format == "mjpeg" { COPIED_PIPE } else { JPEG_PIPE };
    Ok(program(Ffmpeg::new(&input, output), surroundings))
}

/// Reads `ffmpeg:` and `ffmpeg:copy`; the input is what the camera's `arguments` say.
pub(super) fn open_arguments(
    url: &SourceUrl<'_>,
    surroundings: &Surroundings,
) -> Result<Box<dyn Source>, CameraError> {
    let output = match url.rest {
        "" => JPEG_PIPE,
        "copy" => COPIED_PIPE,
        _ => return Err(url.fault("an ffmpeg: url is ffmpeg: or ffmpeg:copy; the input stands in arguments")),
    };
    if !url.config.arguments.iter().any(|argument| argument == "-i") {
        return Err(url.fault("an ffmpeg: url needs arguments with an input: [\"-i\", \"...\"]"));
    }
    Ok(program(Ffmpeg::new(&url.config.arguments, output), surroundings))
}

/// A video file, over and over at its own rate.
pub(super) fn video_file(path: &Path, surroundings: &Surroundings) -> Box<dyn Source> {
    let input = ["-re", "-stream_loop", "-1", "-protocol_whitelist", "file,crypto,data", "-i"];
    // With the scheme written, no file name means anything else to the program.
    let mut file = OsString::from("file:");
    file.push(path);
    let input = input.iter().map(OsString::from).chain([file]);
    program(Ffmpeg::with(input, JPEG_PIPE), surroundings)
}

fn program(ffmpeg: Ffmpeg, surroundings: &Surroundings) -> Box<dyn Source> {
    Box::new(Program { ffmpeg, clock: surroundings.clock.clone() })
}

/// Whether the program can be started at all. Blocks while it says its version.
pub(in crate::camera) fn is_installed() -> bool {
    std::process::Command::new(PROGRAM).arg("-version").output().is_ok()
}

/// How the program is called.
#[derive(Clone, Debug)]
pub(in crate::camera) struct Ffmpeg {
    arguments: Vec<OsString>,
}

impl Ffmpeg {
    /// With these input and output arguments.
    pub(in crate::camera) fn new<S: AsRef<str>>(input: &[S], output: &[&str]) -> Self {
        Self::with(input.iter().map(|argument| OsString::from(argument.as_ref())), output)
    }

    fn with(input: impl IntoIterator<Item = OsString>, output: &[&str]) -> Self {
        let always = ["-hide_banner", "-nostdin", "-loglevel", "error"];
        let arguments = always.iter().map(OsString::from).chain(input);
        Self { arguments: arguments.chain(output.iter().map(OsString::from)).collect() }
    }

    /// Starts it; it reads nothing.
    pub(in crate::camera) fn start(&self) -> Result<Running, SourceError> {
        self.spawn(Stdio::null()).map(|(running, _)| running)
    }

    /// Starts it; it reads what is written to the handle given back.
    pub(in crate::camera) fn start_reading(&self) -> Result<(Running, ChildStdin), SourceError> {
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
pub(in crate::camera) struct Running {
    _child: Child,
    output: ChildStdout,
    last_words: tokio::task::JoinHandle<String>,
}

impl Running {
    /// Appends more of its output to `buffer`. At the end of the output comes an error with its last words.
    pub(in crate::camera) async fn read(&mut self, buffer: &mut BytesMut) -> Result<(), SourceError> {
        buffer.reserve(CHUNK_BYTES);
        match self.output.read_buf(buffer).await {
            Ok(0) => Err(self.end().await),
            Ok(_) => Ok(()),
            Err(error) => Err(SourceError::Io("ffmpeg broke off", error)),
        }
    }

    /// All it writes until it ends by itself, at most `longest_bytes`.
    pub(in crate::camera) async fn read_all(mut self, longest_bytes: usize) -> Result<Vec<u8>, SourceError> {
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

struct Program {
    ffmpeg: Ffmpeg,
    clock: Arc<dyn Clock>,
}

impl Source for Program {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Session>, SourceError>> {
        Box::pin(async move {
            let running = self.ffmpeg.start()?;
            let clock = self.clock.clone();
            let (reader, buffer) = (PictureReader::new(), BytesMut::new());
            Ok(Box::new(Pictures { running, reader, buffer, clock }) as Box<dyn Session>)
        })
    }

    fn needs_ffmpeg(&self) -> bool {
        true
    }
}

/// The pictures a running program writes.
struct Pictures {
    running: Running,
    reader: PictureReader,
    buffer: BytesMut,
    clock: Arc<dyn Clock>,
}

impl Session for Pictures {
    fn next(&mut self) -> BoxFuture<'_, Result<Capture, SourceError>> {
        Box::pin(async move {
            loop {
                if let Some(picture) = self.reader.next_picture(Moment::now(&*self.clock)) {
                    return Ok(picture);
                }
                self.buffer.clear();
                self.running.read(&mut self.buffer).await?;
                self.reader.extend(&self.buffer, Moment::now(&*self.clock));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::refusal;
    use super::super::{Surroundings, open};
    use super::*;
    use crate::camera::config::CameraConfig;
    use crate::clock::SystemClock;

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

    #[test]
    fn a_camera_by_arguments_needs_an_input() {
        assert!(refusal("ffmpeg:").contains("needs arguments with an input"));
        assert!(refusal("ffmpeg:-i /etc/passwd").contains("the input stands in arguments"));
        assert!(refusal("v4l2:/dev/video0?rate=3").contains("unknown option \"rate\"; known are size, fps"));
    }

    fn by_arguments(arguments: &[&str]) -> Box<dyn Source> {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let config = CameraConfig { arguments, ..CameraConfig::new("dome", "ffmpeg:") };
        open(&config, &Surroundings { clock: SystemClock::start(), gallery: None }).unwrap()
    }

    #[tokio::test]
    async fn any_input_of_ffmpeg_becomes_pictures_and_its_last_words_are_kept() {
        if std::process::Command::new(PROGRAM).arg("-version").output().is_err() {
            eprintln!("skipped: ffmpeg is not installed");
            return;
        }
        let source = by_arguments(&["-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=0.6"]);
        let mut session = source.connect().await.unwrap();
        for _ in 0..3 {
            let Capture::Picture { jpeg, .. } = session.next().await.unwrap() else { panic!("a picture") };
            assert!(jpeg.starts_with(&[0xFF, 0xD8]) && jpeg.ends_with(&[0xFF, 0xD9]));
        }
        assert_eq!(session.next().await.unwrap_err().to_string(), "ffmpeg ended");

        let mut session = by_arguments(&["-i", "file:/no/such/video"]).connect().await.unwrap();
        let error = crate::error::chain(&session.next().await.unwrap_err());
        assert!(error.contains("No such file"), "{error}");
    }
}
