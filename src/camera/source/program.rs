//! `v4l2:` and `ffmpeg:` cameras, and video files: whatever the `ffmpeg` program reads.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use bytes::BytesMut;
use futures_util::future::BoxFuture;

use super::address::SourceUrl;
use super::parts::PictureReader;
use super::{Capture, Session, Source, Surroundings};
use crate::camera::error::{CameraError, SourceError};
use crate::camera::ffmpeg::{Ffmpeg, JPEG_PIPE, Running};
use crate::camera::frame::Moment;
use crate::camera::resolution::Resolution;
use crate::clock::Clock;

/// Output arguments for devices that give JPEG pictures themselves: those, one after another.
const COPIED_PIPE: &[&str] = &["-an", "-c:v", "copy", "-f", "mjpeg", "pipe:1"];

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
                let size: Resolution =
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
    Ok(program(Ffmpeg::new(input, output), surroundings))
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
    program(Ffmpeg::new(input, JPEG_PIPE), surroundings)
}

fn program(ffmpeg: Ffmpeg, surroundings: &Surroundings) -> Box<dyn Source> {
    Box::new(Program { ffmpeg, clock: surroundings.clock.clone() })
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
        if !crate::camera::ffmpeg::is_installed() {
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
