//! One 1080p camera at 25 pictures per second and 1 to 500 viewers, against nginx streaming the same bytes.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use trifocal::pixel::codec::{JpegDecoder, JpegEncoder};
use trifocal::pixel::{Limits, Resizer};

use crate::gateway::Gateway;
use crate::nginx::Nginx;
use crate::recording::{self, FPS};
use crate::row::{Figure, Reach, Row, median};
use crate::viewers::{Watched, record, watch};

const DURATION: Duration = Duration::from_secs(6);
const SOURCE: (usize, usize) = (1920, 1080);
const OTHER: (usize, usize) = (1280, 720);

/// Measures the rows.
///
/// # Errors
/// When a stream breaks off or a picture arrives torn.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let pictures = recording::pictures(SOURCE)?;
    let camera = recording::camera(directory.path(), "internal", &pictures)?;
    let gateway = Gateway::start(directory.path(), &camera)?;
    let idle = recording::idle_cores(&gateway);

    let one = against_nginx(directory.path(), &gateway, SOURCE, 1)?;
    let mut rows = vec![Row {
        name: "MJPEG 1080p25 at source size, 1 viewer",
        ours: Figure::Cores(one.ours.cores),
        floor: Figure::Cores(one.copied.cores + idle),
        floor_is: "nginx as below; reading the camera for nobody",
        reach: Reach::AtMost(1.3),
        note: one.note(1),
    }];
    for (name, viewers) in [
        ("MJPEG 1080p25 at source size, 50 viewers", 50),
        ("MJPEG 1080p25 at source size, 200 viewers", 200),
        ("MJPEG 1080p25 at source size, 500 viewers", 500),
    ] {
        let same = against_nginx(directory.path(), &gateway, SOURCE, viewers)?;
        rows.push(Row {
            name,
            ours: Figure::Cores(same.ours.cores),
            floor: Figure::Cores(same.copied.cores),
            floor_is: "nginx streaming the same bytes from memory",
            reach: Reach::AtMost(1.3),
            note: same.note(viewers),
        });
    }
    let other = against_nginx(directory.path(), &gateway, OTHER, 200)?;
    let scaling = scaling_time(&pictures)?.as_secs_f64() * FPS as f64;
    rows.push(Row {
        name: "MJPEG 1080p25 at 1280x720, 200 viewers",
        ours: Figure::Cores(other.ours.cores),
        floor: Figure::Cores(other.copied.cores + scaling),
        floor_is: "decode, resize, encode once; nginx as above",
        reach: Reach::AtMost(1.2),
        note: other.note(200),
    });
    Ok(rows)
}

/// What the viewers of one size saw and cost.
struct Compared {
    ours: Watched,
    /// nginx reads the bytes into its memory and writes them, as one must whose pictures are in no file.
    copied: Watched,
    /// nginx lets the kernel send them straight from a file, as only one can who has a recording.
    sent: Watched,
}

impl Compared {
    fn note(&self, viewers: usize) -> String {
        format!(
            "{:.3} % a viewer, slowest {:.1} fps, none torn; nginx with sendfile from a recording {:.1} % cpu",
            self.ours.cores * 100.0 / viewers as f64,
            self.ours.slowest_fps,
            self.sent.cores * 100.0
        )
    }
}

fn against_nginx(
    directory: &Path,
    gateway: &Gateway,
    size: (usize, usize),
    viewers: usize,
) -> anyhow::Result<Compared> {
    let path = format!("/api/camera/snapshot?width={}&height={}&fps={FPS}", size.0, size.1);
    let ours = watch(gateway.base(), &path, viewers, DURATION, || gateway.cpu_seconds())?;

    let sample = record(gateway.base(), &path, ours.bytes_per_second as usize)?;
    let served = directory.join(format!("nginx-{}-{viewers}", size.0));
    fs::create_dir_all(served.join("stream"))?;
    // Enough for the time of settling, of watching and a little more.
    let seconds = DURATION.as_secs() as usize + 6;
    fs::write(served.join("stream/camera"), sample.repeat(seconds))?;
    let nginx = Nginx::serve(&served, ours.bytes_per_second as u64)?;
    let stream = |path| {
        let peer = watch(nginx.base(), path, viewers, DURATION, || nginx.cpu_seconds())?;
        let same = peer.bytes_per_second / ours.bytes_per_second;
        ensure!(
            (0.6..1.25).contains(&same),
            "{path} of nginx sent {same:.2} times our bytes to {viewers} viewers; the comparison is void"
        );
        // Its pace is made of timers that come late; what it costs goes with the bytes it sends.
        anyhow::Ok(Watched { cores: peer.cores / same, ..peer })
    };
    Ok(Compared { ours, copied: stream("/copied/camera")?, sent: stream("/stream/camera")? })
}

/// Time to decode one picture of the camera, resize it and encode it again, on one core.
fn scaling_time(pictures: &[Vec<u8>]) -> anyhow::Result<Duration> {
    let (mut decoder, mut encoder) = (JpegDecoder::new(Limits::default())?, JpegEncoder::new()?);
    let mut resizer = Resizer::new();
    let times = pictures.iter().map(|jpeg| {
        let started = Instant::now();
        let whole = decoder.decode(jpeg)?;
        let small = resizer.resize(&whole, OTHER.0, OTHER.1);
        std::hint::black_box(encoder.encode(&small, 80)?);
        anyhow::Ok(started.elapsed())
    });
    Ok(median(times.collect::<Result<_, _>>()?))
}
