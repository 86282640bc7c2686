//! How old a picture is when it arrives, and how long the slowest of a hundred clients wait for a still.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use chrono::Utc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use trifocal::camera::read_stamp;
use trifocal::pixel::Limits;
use trifocal::pixel::codec::jpeg_decode;

use crate::gateway::Gateway;
use crate::nginx::Nginx;
use crate::recording::{self, FPS};
use crate::row::{Figure, Reach, Row, quantile};

const CLIENTS: usize = 100;
/// Stills each of them asks for.
const STILLS: usize = 40;
/// Measurements, by turns; the best one of each counts.
const ROUNDS: usize = 3;

/// Measures the rows.
///
/// # Errors
/// When an answer is missing or a picture arrives torn.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let camera = recording::camera(directory.path(), "internal", &recording::pictures((1920, 1080))?)?;
    let gateway = Gateway::start(
        directory.path(),
        &format!("{camera}[[cameras]]\nname = \"pattern\"\nurl = \"test:?size=1920x1080&fps={FPS}\"\n"),
    )?;
    let mut rows = latency(&gateway)?;
    rows.push(stills(directory.path(), &gateway)?);
    Ok(rows)
}

/// From the time painted into a picture to its last byte at a client.
fn latency(gateway: &Gateway) -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let delays = runtime.block_on(async {
        let path = format!("/api/camera/snapshot?width=1920&height=1080&fps={FPS}&source=pattern");
        let mut wire = Client::open(gateway.base(), &path).await?;
        let mut delays = Vec::new();
        while delays.len() < FPS * 6 {
            let picture = wire.part().await?;
            let arrived = Utc::now();
            let stamp = read_stamp(&jpeg_decode(&picture, &Limits::default())?).context("no stamp")?;
            delays.push((arrived - stamp).to_std().unwrap_or_default());
        }
        anyhow::Ok(delays)
    })?;
    let row = |name, share: f64| Row {
        name,
        ours: Figure::Time(quantile(delays.clone(), share)),
        floor: Figure::Time(Duration::from_secs(1) / FPS as u32),
        floor_is: "time between two pictures",
        reach: Reach::AtMost(1.0),
        note: "with drawing and encoding the picture".to_owned(),
    };
    Ok(vec![row("capture to client 1080p25, median", 0.5), row("capture to client 1080p25, p99", 0.99)])
}

/// The slowest hundredth of stills that a hundred clients ask for at once.
fn stills(directory: &std::path::Path, gateway: &Gateway) -> anyhow::Result<Row> {
    let path = "/api/camera/snapshot?width=1920&height=1080&source=internal";
    let served = directory.join("still");
    fs::create_dir_all(served.join("stream"))?;
    for name in ["still.jpg", "stream/still.jpg"] {
        fs::write(served.join(name), gateway.fetch(path)?)?;
    }
    let nginx = Nginx::serve(&served, 1 << 30)?;
    let (mut ours, mut peer, mut copied) = (Duration::MAX, Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        ours = ours.min(p99(gateway.base(), path)?);
        peer = peer.min(p99(nginx.base(), "/still.jpg")?);
        copied = copied.min(p99(nginx.base(), "/copied/still.jpg")?);
    }
    Ok(Row {
        name: "1080p still, 100 clients at once, p99",
        ours: Figure::Time(ours),
        floor: Figure::Time(peer),
        floor_is: "nginx serving the same bytes",
        reach: Reach::AtMost(1.5),
        note: format!("nginx from its memory, without sendfile: {}", Figure::Time(copied)),
    })
}

fn p99(base: &str, path: &str) -> anyhow::Result<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let (base, path) = (base.to_owned(), path.to_owned());
            clients.spawn(async move {
                let mut client = Client::connect(&base).await?;
                let mut times = Vec::new();
                for _ in 0..STILLS {
                    let started = Instant::now();
                    client.ask(&base, &path).await?;
                    ensure!(client.body().await?.starts_with(&[0xFF, 0xD8]), "no picture");
                    times.push(started.elapsed());
                }
                anyhow::Ok(times)
            });
        }
        let mut times = Vec::new();
        while let Some(outcome) = clients.join_next().await {
            times.extend(outcome??);
        }
        Ok(quantile(times, 0.99))
    })
}

/// A kept-alive connection that reads answers and parts.
struct Client(BufReader<TcpStream>);

impl Client {
    async fn connect(base: &str) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(base.trim_start_matches("http://")).await?;
        socket.set_nodelay(true)?;
        Ok(Self(BufReader::with_capacity(256 << 10, socket)))
    }

    async fn open(base: &str, path: &str) -> anyhow::Result<Self> {
        let mut client = Self::connect(base).await?;
        client.ask(base, path).await?;
        client.head().await?;
        Ok(client)
    }

    async fn ask(&mut self, base: &str, path: &str) -> anyhow::Result<()> {
        let host = base.trim_start_matches("http://");
        self.0.write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await?;
        Ok(())
    }

    /// Reads lines up to an empty one; gives the length they name.
    async fn head(&mut self) -> anyhow::Result<usize> {
        let (mut line, mut length) = (String::new(), 0);
        while line != "\r\n" {
            line.clear();
            ensure!(self.0.read_line(&mut line).await? > 0, "the connection broke off");
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
        }
        Ok(length)
    }

    async fn body(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut body = vec![0; self.head().await?];
        self.0.read_exact(&mut body).await?;
        Ok(body)
    }

    /// The next part of a stream: delimiter line, headers, picture, line end.
    async fn part(&mut self) -> anyhow::Result<Vec<u8>> {
        let picture = self.body().await?;
        let mut end = [0; 2];
        self.0.read_exact(&mut end).await?;
        Ok(picture)
    }
}
