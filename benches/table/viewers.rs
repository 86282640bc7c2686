//! Many viewers of one MJPEG stream, each of which checks every picture it is sent.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Time for all viewers to connect and settle before anything counts.
const SETTLE: Duration = Duration::from_secs(2);

/// Bytes taken from a socket at once.
const READ_BYTES: usize = 256 << 10;

/// What the viewers of one stream saw, and what serving them cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    /// Pictures per second of the slowest viewer.
    pub(crate) slowest_fps: f64,
    /// Bytes per second of the average viewer.
    pub(crate) bytes_per_second: f64,
    /// Processor seconds of the server per elapsed second.
    pub(crate) cores: f64,
}

/// Lets `viewers` watch `path` of `base` for `duration`, with `cpu_seconds` as the server's account.
///
/// # Errors
/// When a stream breaks off or a picture arrives torn.
pub(crate) fn watch(
    base: &str,
    path: &str,
    viewers: usize,
    duration: Duration,
    cpu_seconds: impl Fn() -> f64,
) -> anyhow::Result<Watched> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let address = base.trim_start_matches("http://").to_owned();
    runtime.block_on(async {
        let start = Instant::now() + SETTLE;
        let mut watching = JoinSet::new();
        for _ in 0..viewers {
            watching.spawn(view(address.clone(), path.to_owned(), start, start + duration));
        }
        tokio::time::sleep_until(start.into()).await;
        let used = cpu_seconds();
        tokio::time::sleep_until((start + duration).into()).await;
        let cores = (cpu_seconds() - used) / duration.as_secs_f64();
        let mut seen: Vec<Seen> = Vec::new();
        while let Some(outcome) = watching.join_next().await {
            seen.push(outcome??);
        }
        let seconds = duration.as_secs_f64();
        Ok(Watched {
            slowest_fps: seen.iter().map(|seen| seen.pictures).min().unwrap_or(0) as f64 / seconds,
            bytes_per_second: seen.iter().map(|seen| seen.bytes).sum::<usize>() as f64
                / seconds
                / viewers as f64,
            cores,
        })
    })
}

/// The first `bytes` bytes of a stream's body and a little more, cut behind a whole part.
///
/// # Errors
/// When the stream breaks off.
pub(crate) fn record(base: &str, path: &str, bytes: usize) -> anyhow::Result<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut stream = Stream::open(base.trim_start_matches("http://"), path).await?;
        let mut body = Vec::new();
        while body.len() < bytes {
            stream.next_part(Some(&mut body)).await?;
        }
        Ok(body)
    })
}

/// What one viewer counted between start and end.
struct Seen {
    pictures: usize,
    bytes: usize,
}

async fn view(address: String, path: String, start: Instant, end: Instant) -> anyhow::Result<Seen> {
    let mut stream = Stream::open(&address, &path).await?;
    let mut seen = Seen { pictures: 0, bytes: 0 };
    loop {
        let bytes = stream.next_part(None).await?;
        let now = Instant::now();
        if now >= end {
            return Ok(seen);
        }
        if now >= start {
            seen.pictures += 1;
            seen.bytes += bytes;
        }
    }
}

/// A multipart stream being read.
struct Stream {
    socket: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
    taken: usize,
}

impl Stream {
    async fn open(address: &str, path: &str) -> anyhow::Result<Self> {
        let mut socket = TcpStream::connect(address).await?;
        socket.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).await?;
        let mut stream = Self { socket, buffer: vec![0; READ_BYTES], filled: 0, taken: 0 };
        let head = stream.head().await?;
        ensure!(head.starts_with("HTTP/1.1 200"), "{path} answered {head}");
        Ok(stream)
    }

    /// Reads one part whole (delimiter, headers, picture and line end), checks it and says how many bytes it had.
    async fn next_part(&mut self, mut keep: Option<&mut Vec<u8>>) -> anyhow::Result<usize> {
        let head = self.head().await?;
        ensure!(head.starts_with("--"), "a delimiter was expected where this came: {head}");
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length:"))
            .context("a part without Content-Length")?
            .trim()
            .parse()?;
        if let Some(keep) = keep.as_mut() {
            keep.extend_from_slice(head.as_bytes());
        }
        let (mut left, mut first, mut last) = (length + 2, None, [0_u8; 4]);
        while left > 0 {
            let bytes = self.some().await?;
            let bytes = &bytes[..bytes.len().min(left)];
            first = first.or_else(|| bytes.first().copied());
            for &byte in &bytes[bytes.len().saturating_sub(4)..] {
                last = [last[1], last[2], last[3], byte];
            }
            if let Some(keep) = keep.as_mut() {
                keep.extend_from_slice(bytes);
            }
            left -= bytes.len();
            self.taken += bytes.len();
        }
        ensure!(
            first == Some(0xff) && last == [0xff, 0xd9, b'\r', b'\n'],
            "a torn picture of {length} bytes"
        );
        Ok(head.len() + length + 2)
    }

    /// Bytes up to and with the next empty line.
    async fn head(&mut self) -> anyhow::Result<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let byte = self.some().await?[0];
            head.push(byte);
            self.taken += 1;
            if head.len() > 4096 {
                bail!("a head without end");
            }
        }
        Ok(String::from_utf8_lossy(&head).into_owned())
    }

    /// The bytes that have arrived and are not taken yet; at least one.
    async fn some(&mut self) -> anyhow::Result<&[u8]> {
        if self.taken == self.filled {
            self.filled = self.socket.read(&mut self.buffer).await?;
            self.taken = 0;
            ensure!(self.filled > 0, "the stream broke off");
        }
        Ok(&self.buffer[self.taken..self.filled])
    }
}
