//! One camera from the inside: what it costs while nobody watches, what three sizes cost, and what the last thirty
//! seconds hold.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use trifocal::pixel::codec::{Channels, EightBit, JpegEncoder};

use crate::gateway::Gateway;
use crate::recording::{self, FPS};
use crate::row::{Figure, Reach, Row, median};
use crate::viewers::watch;

const FULL_HD: (usize, usize) = (1920, 1080);
const ULTRA_HD: (usize, usize) = (3840, 2160);
/// Sizes other than the camera's own.
const SIZES: [(usize, usize); 3] = [(1280, 720), (640, 480), (640, 360)];
/// Time after which the memory is full.
const FILLED: Duration = Duration::from_secs(33);

/// Measures the rows.
///
/// # Errors
/// When an answer is missing or a picture arrives torn.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let mut rows = idle()?;
    let directory = tempfile::tempdir()?;
    let pictures = recording::pictures(FULL_HD)?;
    let gateway =
        Gateway::start(directory.path(), &recording::camera(directory.path(), "internal", &pictures)?)?;
    let (started, at_start) = (Instant::now(), gateway.resident_bytes());
    rows.push(sizes(&gateway)?);
    std::thread::sleep(FILLED.saturating_sub(started.elapsed()));
    let promised = mean_bytes(&pictures) * (2 * FPS + 29 * 10) as f64;
    let floor = (promised, "10 pictures a second, all of the last 2 s");
    rows.push(memory("memory of 30 s of 1080p", &gateway, at_start, floor)?);
    drop(gateway);
    rows.push(large_memory()?);
    Ok(rows)
}

/// The last thirty seconds of a camera whose pictures are kept smaller.
fn large_memory() -> anyhow::Result<Row> {
    let directory = tempfile::tempdir()?;
    let pictures = recording::pictures(ULTRA_HD)?;
    let gateway =
        Gateway::start(directory.path(), &recording::camera(directory.path(), "internal", &pictures)?)?;
    let at_start = gateway.resident_bytes();
    std::thread::sleep(FILLED);
    let kept = gateway.fetch("/api/camera/snapshot?width=1280&height=720&time=-5")?.len();
    let floor = (kept as f64 * 31.0 * 10.0, "10 pictures a second of 1280x720");
    let row = memory("memory of 30 s of 4K", &gateway, at_start, floor)?;
    let as_they_came = mean_bytes(&pictures) * 31.0 * 10.0 / f64::from(1 << 20);
    Ok(Row { note: format!("{}; as they came it were {as_they_came:.0} MiB", row.note), ..row })
}

fn mean_bytes(pictures: &[Vec<u8>]) -> f64 {
    pictures.iter().map(Vec::len).sum::<usize>() as f64 / pictures.len() as f64
}

/// What cameras cost while nobody watches: one that is passed on, read from another gateway, and one that draws.
fn idle() -> anyhow::Result<Vec<Row>> {
    let directories = [tempfile::tempdir()?, tempfile::tempdir()?];
    let pattern = format!("[[cameras]]\nname = \"internal\"\nurl = \"test:?size=1920x1080&fps={FPS}\"\n");
    let drawing = Gateway::start(directories[0].path(), &pattern)?;
    let drawn = recording::idle_cores(&drawing);
    let url = format!("{}/api/camera/snapshot?width=1920&height=1080&fps={FPS}", drawing.base());
    let reading = Gateway::start(
        directories[1].path(),
        &format!("[[cameras]]\nname = \"internal\"\nurl = \"{url}\"\n"),
    )?;
    while reading.metric("trifocal_camera_frames_total")? < FPS as f64 {
        std::thread::sleep(Duration::from_millis(100));
    }
    let read = recording::idle_cores(&reading);
    let row = |name, cores, (floor, floor_is), reach, note: &str| Row {
        name,
        ours: Figure::Cores(cores),
        floor: Figure::Cores(floor),
        floor_is,
        reach: Reach::AtMost(reach),
        note: note.to_owned(),
    };
    let fiftieth = (0.02, "a fiftieth of a core");
    let strip = (encoding_time()?.as_secs_f64() * FPS as f64, "encoding the third that changes");
    Ok(vec![
        row("HTTP camera 1080p25, nobody watching", read, fiftieth, 1.0, "read, checked, kept for 30 s"),
        row("test: camera 1080p25, nobody watching", drawn, strip, 2.0, "drawn, encoded, checked, kept"),
    ])
}

/// Time to encode something like the lowest third of a test picture, on one core.
fn encoding_time() -> anyhow::Result<Duration> {
    let mut encoder = JpegEncoder::new()?;
    let mut strip = EightBit::filled(FULL_HD.0, FULL_HD.1 / 3, Channels::Rgb, [0; 3]);
    for (pixel, number) in strip.samples_mut().as_chunks_mut::<3>().0.iter_mut().zip(0..) {
        *pixel = [if number / 40 % 2 == 0 { 0 } else { 255 }; 3];
    }
    let times = (0..50).map(|_| {
        let started = Instant::now();
        std::hint::black_box(encoder.encode(&strip, 85)?);
        anyhow::Ok(started.elapsed())
    });
    Ok(median(times.collect::<Result<_, _>>()?))
}

/// However many watch, each size is encoded once per picture.
fn sizes(gateway: &Gateway) -> anyhow::Result<Row> {
    let (few, _) = encodes(gateway, 1)?;
    let (many, note) = encodes(gateway, 50)?;
    Ok(Row {
        name: "encodes for 150 viewers of three other sizes",
        ours: Figure::PerSecond(many),
        floor: Figure::PerSecond(few),
        floor_is: "the same for 3 viewers",
        reach: Reach::AtMost(1.05),
        note,
    })
}

/// Encodes per second with so many viewers of each size, and what else was seen.
fn encodes(gateway: &Gateway, viewers: usize) -> anyhow::Result<(f64, String)> {
    let watching: Vec<_> = SIZES
        .map(|(width, height)| {
            let path = format!("/api/camera/snapshot?width={width}&height={height}&fps={FPS}");
            let base = gateway.base().to_owned();
            std::thread::spawn(move || watch(&base, &path, viewers, Duration::from_secs(5), || 0.0))
        })
        .into();
    // Everybody has connected and settled.
    std::thread::sleep(Duration::from_secs(3));
    let count = || gateway.metric("trifocal_camera_encodes_total");
    let (before, used, started) = (count()?, gateway.cpu_seconds(), Instant::now());
    std::thread::sleep(Duration::from_secs(3));
    let elapsed = started.elapsed().as_secs_f64();
    let (rate, cores) = ((count()? - before) / elapsed, (gateway.cpu_seconds() - used) / elapsed);
    let mut slowest = f64::INFINITY;
    for viewers in watching {
        slowest = slowest.min(viewers.join().ok().context("the viewers failed")??.slowest_fps);
    }
    ensure!(rate > 0.0, "nothing was encoded");
    Ok((rate, format!("{:.1} % cpu in all, slowest viewer {slowest:.1} fps", cores * 100.0)))
}

/// What the memory of thirty seconds holds, against what was promised.
fn memory(
    name: &'static str,
    gateway: &Gateway,
    at_start: u64,
    (promised, floor_is): (f64, &'static str),
) -> anyhow::Result<Row> {
    let held = gateway.metric("trifocal_camera_buffer_bytes")?;
    let grown = gateway.resident_bytes().saturating_sub(at_start);
    Ok(Row {
        name,
        ours: Figure::Bytes(held),
        floor: Figure::Bytes(promised),
        floor_is,
        reach: Reach::AtMost(1.05),
        note: format!("the process grew by {:.0} MiB", grown as f64 / f64::from(1 << 20)),
    })
}
