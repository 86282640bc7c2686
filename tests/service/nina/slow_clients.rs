//! Clients that ask for large pictures and take their time.

use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use std::io::{Read, Write};

use crate::support::{Frame, Gateway, Site};

/// Noise, not too bright to be stretched: a picture of it is as large as its samples, and more than sockets take in by
/// themselves.
fn noise() -> Frame {
    let sample = |row: usize, column: usize| {
        let mut number = (row * 4000 + column) as u32;
        for factor in [0x7feb_352d, 0x846c_a68b] {
            number = (number ^ (number >> 16)).wrapping_mul(factor);
        }
        number ^= number >> 15;
        (number >> 17) as u16
    };
    Frame::of(2000, 4000, sample).text("IMAGETYP", "FLAT")
}

/// Asks for a picture and reads no more of it than the head of the answer.
fn ask_and_wait(gateway: &Gateway, path: &str) -> (Socket, String) {
    let address: std::net::SocketAddr = gateway.url("").trim_start_matches("http://").parse().unwrap();
    let mut socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&address.into()).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    (socket, String::from_utf8(head).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_slow_clients_hold_is_bounded_and_told_in_the_dialects_words() {
    let gateway = Site::new()
        .with_settings("[cache]\nrenditions_mib = 0\n[limits]\nanswers_mib = 1\n")
        .frame("noise.fits", noise())
        .serve()
        .await;
    let path = |factor: f64| format!("/v2/api/image/0?stream=true&factor={factor}");
    let (slow, head) = tokio::task::block_in_place(|| ask_and_wait(&gateway, &path(0.3)));
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<u64>().ok());
    assert!(length.is_some_and(|length| length > 8 << 20), "{head}");
    let answer = gateway.get(&path(0.4)).await;
    let retry_after = answer.headers().get("retry-after").map(|value| value.as_bytes().to_vec());
    assert_eq!((answer.status().as_u16(), retry_after), (503, Some(b"1".to_vec())));
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!((&body["Error"], &body["StatusCode"]), (&"Service busy, try again".into(), &503.into()));
    // Who asks for little is served as ever, and everybody is once the slow client is gone.
    gateway.bytes("/v2/api/image/thumbnail/0").await;
    drop(slow);
    let deadline = Instant::now() + Duration::from_secs(30);
    while gateway.get(&path(0.4)).await.status() != 200 {
        assert!(Instant::now() < deadline, "what the slow client held is never given back");
    }
}
