//! Flapping cameras, clients that stop reading, clients that come and go, and those that only want to watch: for
//! some seconds, or for `TRIFOCAL_SOAK_SECONDS`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use trifocal::camera::CameraConfig;
use trifocal::clock::SystemClock;
use trifocal::protocol::intercom::IntercomConfig;

use super::gateway::{Gateway, jpeg, stated_size};
use super::peer::Peer;

const HEAD: &str = "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n";

/// Resident memory of this process, bytes (proc(5), `statm`).
fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// Opens a stream and gives its reader behind the first delimiter.
async fn open(gateway: &Gateway, query: &str) -> BufReader<TcpStream> {
    let mut wire = BufReader::new(TcpStream::connect(gateway.address).await.unwrap());
    let request = format!("GET /api/camera/snapshot?{query} HTTP/1.1\r\nHost: x\r\n\r\n");
    wire.write_all(request.as_bytes()).await.unwrap();
    let mut line = String::new();
    while !line.starts_with("--") {
        line.clear();
        assert!(wire.read_line(&mut line).await.unwrap() > 0, "the answer has a head");
    }
    wire
}

/// One part: its picture, which must be whole and of the size asked for, and the delimiter behind it.
async fn part(wire: &mut BufReader<TcpStream>, size: &str) {
    let (mut line, mut length) = (String::new(), 0);
    while line != "\r\n" {
        line.clear();
        assert!(wire.read_line(&mut line).await.unwrap() > 0, "the stream goes on");
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut picture = vec![0; length + 2];
    wire.read_exact(&mut picture).await.unwrap();
    assert!(picture.starts_with(&[0xFF, 0xD8]) && picture.ends_with(b"\xFF\xD9\r\n"), "no torn picture");
    assert_eq!(stated_size(&picture).to_string(), size);
    line.clear();
    wire.read_line(&mut line).await.unwrap();
    assert!(line.starts_with("--"), "a delimiter behind the picture: {line:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_disturbed_by_flapping_cameras_and_clients_that_do_not_read() {
    let seconds = std::env::var("TRIFOCAL_SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(6);
    let end = Instant::now() + Duration::from_secs(seconds);
    let picture = jpeg(640, 480, [30, 90, 200]);
    let body = [b"--b\r\n\r\n", &picture[..], b"\r\n"].concat();
    // Sends a few pictures, sometimes half of one, then hangs up.
    let flapping = Peer::with(move |_, mut socket| {
        let body = body.clone();
        async move {
            let _ = socket.write_all(HEAD.as_bytes()).await;
            for _ in 0..5 {
                let _ = socket.write_all(&body).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let _ = socket.write_all(&body[..body.len() / 2]).await;
        }
    })
    .await;
    let cameras = [
        CameraConfig::new("steady", "test:?size=1280x720&fps=25"),
        CameraConfig::new("flapping", &flapping.url("/")),
    ];
    let config = IntercomConfig { client_stall_seconds: 2, ..IntercomConfig::default() };
    let gateway = Arc::new(Gateway::with(&cameras, config, SystemClock::start()));
    let (over, parts) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = tokio::task::JoinSet::new();
    for (n, size) in
        ["1280x720", "640x360", "320x240", "1280x720", "640x480", "640x480"].into_iter().enumerate()
    {
        let (gateway, over, parts) = (gateway.clone(), over.clone(), parts.clone());
        let source = if n < 4 { "steady" } else { "flapping" };
        tasks.spawn(async move {
            let (width, height) = size.split_once('x').unwrap();
            let query = format!("width={width}&height={height}&fps=25&source={source}");
            let mut wire = open(&gateway, &query).await;
            while !over.load(Ordering::Relaxed) {
                part(&mut wire, size).await;
                parts.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let (coming, stopped) = (gateway.clone(), over.clone());
    tasks.spawn(async move {
        let mut deaf = std::collections::VecDeque::new();
        while !stopped.load(Ordering::Relaxed) {
            // One that never reads, one that takes a single part and goes, one that wants the past.
            deaf.push_back(open(&coming, "width=1280&height=720&fps=25&source=steady").await);
            // Long enough that the gateway loses patience first.
            if deaf.len() > 40 {
                deaf.pop_front();
            }
            part(&mut open(&coming, "width=640&height=360&fps=5&source=steady").await, "640x360").await;
            coming.get("snapshot?width=640&height=480&time=-1&source=flapping").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let (mut settled, mut most) = (0, 0);
    let half = Instant::now() + Duration::from_secs(seconds) / 2;
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(200)).await;
        most = most.max(resident_bytes());
        if Instant::now() < half {
            settled = most;
        }
    }
    over.store(true, Ordering::Relaxed);
    while let Some(outcome) = tasks.join_next().await {
        outcome.unwrap();
    }
    let health = gateway.cameras.health();
    let parts = parts.load(Ordering::Relaxed);
    eprintln!(
        "{seconds} s: {parts} whole parts; resident {} MiB by half time, {} MiB at most; steady {:?}; flapping {:?}",
        settled >> 20,
        most >> 20,
        health[0],
        health[1]
    );
    assert!(health[0].failures == 0 && health[1].failures > 0, "one flapped, the other did not");
    assert!(health[0].stalled_viewers > 0, "clients that do not read were cut off");
    // Four readers at 25 a second, less what a busy machine costs.
    assert!(parts as u64 > seconds * 25, "{parts} parts");
    // Both rings are still growing in a short run; a long one is flat.
    let growth = if seconds > 120 { 32 << 20 } else { 160 << 20 };
    assert!(most < settled + growth, "{settled} bytes by half time, {most} at most");
    let gateway = Arc::into_inner(gateway).unwrap();
    gateway.stop().await;
}
