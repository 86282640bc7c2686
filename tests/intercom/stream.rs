//! Server push, byte for byte, on a raw socket.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use trifocal::camera::{CameraConfig, State};
use trifocal::clock::SystemClock;
use trifocal::protocol::intercom::IntercomConfig;

use super::gateway::{Gateway, jpeg, stated_size};

const DELIMITER: &str = "--trifocal-frame-7f3a9c";

/// A client that reads the wire.
struct Wire {
    socket: BufReader<TcpStream>,
    head: Vec<String>,
}

/// One part as it came.
struct Part {
    headers: Vec<String>,
    jpeg: Vec<u8>,
}

impl Wire {
    async fn open(gateway: &Gateway, request: &str) -> Self {
        let mut socket = BufReader::new(TcpStream::connect(gateway.address).await.unwrap());
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut wire = Self { socket, head: Vec::new() };
        wire.head = wire.lines_until_blank().await;
        wire
    }

    async fn get(gateway: &Gateway, query: &str, version: &str, agent: &str) -> Self {
        let path = format!("/api/camera/snapshot?{query}");
        Self::open(gateway, &format!("GET {path} HTTP/{version}\r\nHost: x\r\nUser-Agent: {agent}\r\n\r\n"))
            .await
    }

    /// The next line, which must end with CRLF.
    async fn line(&mut self) -> String {
        let mut line = String::new();
        timeout(Duration::from_secs(10), self.socket.read_line(&mut line))
            .await
            .expect("a line in time")
            .unwrap();
        line.strip_suffix("\r\n").unwrap_or_else(|| panic!("{line:?} ends with CRLF")).to_owned()
    }

    async fn lines_until_blank(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            match self.line().await {
                line if line.is_empty() => return lines,
                line => lines.push(line),
            }
        }
    }

    /// A part with its length, and the delimiter line behind it.
    async fn part(&mut self) -> Part {
        let headers = self.lines_until_blank().await;
        let length = headers.iter().find_map(|header| header.strip_prefix("Content-Length: ")).unwrap();
        let mut jpeg = vec![0; length.parse().unwrap()];
        self.socket.read_exact(&mut jpeg).await.unwrap();
        assert_eq!(self.line().await, "", "CRLF after the picture");
        assert_eq!(self.line().await, DELIMITER, "the delimiter comes with its part, not with the next");
        Part { headers, jpeg }
    }

    /// Whether the server closed the connection.
    async fn is_ended(&mut self) -> bool {
        let mut rest = Vec::new();
        timeout(Duration::from_secs(10), self.socket.read_to_end(&mut rest)).await.is_ok()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_http_versions_get_plain_parts_with_exact_lengths() {
    let gateway = Gateway::with_pattern();
    for version in ["1.0", "1.1"] {
        let mut wire = Wire::get(&gateway, "width=320&height=240&fps=15", version, "Lavf/59").await;
        assert_eq!(wire.head[0], format!("HTTP/{version} 200 OK"));
        assert!(
            wire.head.contains(&"Cache-Control: no-store, no-cache, must-revalidate, max-age=0".to_owned())
        );
        let media_type = format!("Content-Type: multipart/x-mixed-replace; boundary={}", &DELIMITER[2..]);
        assert!(wire.head.contains(&media_type), "{:?}", wire.head);
        let names: Vec<String> = wire.head.iter().map(|line| line.to_ascii_lowercase()).collect();
        assert!(!names.iter().any(|line| line.starts_with("transfer-encoding")), "{names:?}");
        assert!(!names.iter().any(|line| line.starts_with("content-length")), "{names:?}");
        assert!(version == "1.0" || names.contains(&"connection: close".to_owned()), "{names:?}");
        assert_eq!(wire.line().await, DELIMITER, "nothing comes before the first delimiter");
        let mut last_time = 0.0;
        for _ in 0..6 {
            let part = wire.part().await;
            assert_eq!(part.headers[0], "Content-Type: image/jpeg");
            assert!(part.jpeg.starts_with(&[0xFF, 0xD8]) && part.jpeg.ends_with(&[0xFF, 0xD9]));
            assert_eq!(stated_size(&part.jpeg).to_string(), "320x240");
            let time: f64 =
                part.headers.iter().find_map(|h| h.strip_prefix("X-Timestamp: ")).unwrap().parse().unwrap();
            assert!(time > last_time, "pictures come in order");
            last_time = time;
        }
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_never_exceeds_the_rate_asked_for() {
    let gateway = Gateway::with_pattern();
    let mut wire = Wire::get(&gateway, "width=640&height=480&fps=5", "1.1", "curl/7.88").await;
    wire.line().await;
    let mut times = Vec::new();
    for _ in 0..8 {
        let part = wire.part().await;
        times.push(
            part.headers
                .iter()
                .find_map(|h| h.strip_prefix("X-Timestamp: "))
                .unwrap()
                .parse::<f64>()
                .unwrap(),
        );
    }
    let mean = (times[7] - times[0]) / 7.0;
    assert!((0.17..0.5).contains(&mean), "mean interval {mean} s at fps=5");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium_gets_the_next_headers_in_advance() {
    let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
    let gateway = Gateway::with_pattern();
    let mut wire = Wire::get(&gateway, "width=320&height=240&fps=10", "1.1", chrome).await;
    for _ in 0..3 {
        assert_eq!(wire.line().await, DELIMITER);
        assert_eq!(wire.lines_until_blank().await, ["Content-Type: image/jpeg"]);
        let mut jpeg = Vec::new();
        while !jpeg.ends_with(b"\xFF\xD9\r\n") {
            wire.socket.read_until(b'\n', &mut jpeg).await.unwrap();
        }
        assert_eq!(stated_size(&jpeg).to_string(), "320x240");
    }
    let mut wire = Wire::get(&gateway, "width=320&height=240&fps=10&parts=length", "1.1", chrome).await;
    wire.line().await;
    wire.part().await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_may_ask_for_a_stream() {
    let gateway = Gateway::with_pattern();
    let body = "width=320&height=240&fps=5";
    let head = format!(
        "POST /api/camera/snapshot HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut wire = Wire::open(&gateway, &head).await;
    assert_eq!(wire.line().await, DELIMITER);
    assert_eq!(stated_size(&wire.part().await.jpeg).to_string(), "320x240");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_one_size_share_their_encodes() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.jpg"), jpeg(1280, 960, [40, 90, 200])).unwrap();
    let gateway = Gateway::with_folder(folder.path(), 0.1, IntercomConfig::default());
    let mut wires = Vec::new();
    for n in 0..50 {
        let fps = 1 + n % 30;
        wires.push(Wire::get(&gateway, &format!("width=320&height=240&fps={fps}"), "1.1", "x").await);
    }
    for wire in &mut wires {
        wire.line().await;
        wire.part().await;
    }
    let health = &gateway.cameras.health()[0];
    assert_eq!((health.viewers, health.encodes), (50, 1));
    drop(wires);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_survives_the_loss_of_its_camera_in_the_same_size() {
    let folder = tempfile::tempdir().unwrap();
    let picture = jpeg(640, 480, [200, 30, 30]);
    let file = folder.path().join("a.jpg");
    std::fs::write(&file, &picture).unwrap();
    let gateway = Gateway::with_folder(folder.path(), 20.0, IntercomConfig::default());
    let mut wire = Wire::get(&gateway, "width=640&height=480&fps=20", "1.1", "x").await;
    wire.line().await;
    assert_eq!(wire.part().await.jpeg, picture);
    std::fs::remove_file(&file).unwrap();
    let notice = loop {
        let part = wire.part().await;
        if part.jpeg != picture {
            break part.jpeg;
        }
    };
    assert_eq!(gateway.cameras.health()[0].state, State::Offline);
    assert_eq!(stated_size(&notice), stated_size(&picture));
    std::fs::write(&file, &picture).unwrap();
    while wire.part().await.jpeg != picture {}
    assert_eq!(gateway.cameras.health()[0].state, State::Live);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_source_is_bridged_by_repeats_of_the_last_picture() {
    let folder = tempfile::tempdir().unwrap();
    let picture = jpeg(640, 480, [200, 30, 30]);
    std::fs::write(folder.path().join("a.jpg"), &picture).unwrap();
    let gateway = Gateway::with_folder(folder.path(), 0.1, IntercomConfig::default());
    let mut wire = Wire::get(&gateway, "width=640&height=480&fps=20", "1.1", "x").await;
    wire.line().await;
    let first = wire.part().await;
    let again = wire.part().await;
    assert_eq!((&first.jpeg, &first.headers), (&picture, &again.headers), "a repeat keeps its time");
    assert_eq!(again.jpeg, picture);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_cut_off_and_the_others_go_on() {
    let config = IntercomConfig { client_stall_seconds: 1, ..IntercomConfig::default() };
    let cameras = [CameraConfig::new("dome", "test:?size=1920x1080&fps=25")];
    let gateway = Gateway::with(&cameras, config, SystemClock::start());
    let mut idle = Wire::get(&gateway, "width=1920&height=1080&fps=25", "1.1", "x").await;
    let mut reader = Wire::get(&gateway, "width=1920&height=1080&fps=25", "1.1", "x").await;
    reader.line().await;
    while gateway.cameras.health()[0].stalled_viewers == 0 {
        reader.part().await;
    }
    while gateway.cameras.health()[0].viewers != 1 {
        reader.part().await;
    }
    assert!(idle.is_ended().await);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_leave_give_their_places_back() {
    let cameras = [CameraConfig { max_viewers: 2, ..CameraConfig::new("dome", "test:?size=640x480&fps=25") }];
    let gateway = Gateway::with(&cameras, IntercomConfig::default(), SystemClock::start());
    let stream = "width=640&height=480&fps=25";
    let first = Wire::get(&gateway, stream, "1.1", "x").await;
    let mut second = Wire::get(&gateway, stream, "1.1", "x").await;
    assert_eq!(gateway.failure(&format!("snapshot?{stream}")).await, (18, String::new()));
    assert_eq!(gateway.get("snapshot?width=640&height=480").await.headers()["content-type"], "image/jpeg");
    drop(first);
    second.line().await;
    while gateway.cameras.health()[0].viewers != 1 {
        second.part().await;
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graceful_stop_ends_streams_after_a_whole_part() {
    let gateway = Gateway::with_pattern();
    let mut wire = Wire::get(&gateway, "width=640&height=480&fps=25", "1.1", "x").await;
    wire.line().await;
    wire.part().await;
    gateway.cameras.stop().await;
    let mut rest = Vec::new();
    timeout(Duration::from_secs(10), wire.socket.read_to_end(&mut rest))
        .await
        .expect("the stream ends")
        .unwrap();
    assert!(rest.is_empty() || rest.ends_with(format!("{DELIMITER}\r\n").as_bytes()));
    gateway.stop().await;
}
