//! The real service as a child process, on a free port, with its own directory.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::process::{Background, free_port};

/// How long the service may take to say that it is ready (it scans its directories first).
const START: Duration = Duration::from_secs(90);

/// A running `trifocal serve`.
#[derive(Debug)]
pub(crate) struct Gateway {
    process: Background,
    base: String,
}

impl Gateway {
    /// Starts the service in `directory` with `settings` (TOML without `[server]`, `[storage]` and `[ingest]`) and
    /// waits until it is ready. Files are whole when it starts and need not rest.
    ///
    /// # Errors
    /// When it ends or does not become ready in time; its last words are in the error.
    pub(crate) fn start(directory: &Path, settings: &str) -> anyhow::Result<Self> {
        let port = free_port()?;
        let file = directory.join("trifocal.toml");
        let data = directory.join("data");
        fs::create_dir_all(&data)?;
        fs::write(
            &file,
            format!(
                "[server]\nlisten = \"127.0.0.1:{port}\"\n[storage]\ndatabase = \"sqlite://{data}/trifocal.db\"\n\
                 work_dir = \"{data}\"\n[ingest]\nsettle_seconds = 0.001\n{settings}",
                data = data.display()
            ),
        )?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_trifocal"));
        command.arg("serve").arg("--config").arg(&file).current_dir(directory).env("RUST_LOG", "warn");
        let process = Background::start(&mut command, &directory.join("trifocal.log"))?;
        let mut gateway = Self { process, base: format!("http://127.0.0.1:{port}") };
        gateway.wait_until_ready()?;
        Ok(gateway)
    }

    /// Starts it with one archive, `bench`, of one dataset.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub(crate) fn with_archive(directory: &Path, dataset: &str, files: &Path) -> anyhow::Result<Self> {
        let settings = format!(
            "[[archives]]\nid = \"bench\"\nauthority = \"example.org\"\n[[archives.datasets]]\nname = \"{dataset}\"\n\
             directory = \"{}\"\nscience_id = \"sequence\"\n",
            files.display()
        );
        Self::start(directory, &settings)
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START;
        while self.fetch("/readyz").is_err() {
            if self.process.has_ended() || Instant::now() > deadline {
                bail!("trifocal did not become ready; its last words: {}", self.process.last_words());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// `http://host:port`.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The body of a 200 answer.
    ///
    /// # Errors
    /// Every other outcome.
    pub(crate) fn fetch(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        Connection::open(&self.base)?.fetch(path)
    }

    /// How long each path takes to be answered whole, one after the other on one connection.
    ///
    /// # Errors
    /// The first that fails.
    pub(crate) fn time(&self, paths: impl IntoIterator<Item = String>) -> anyhow::Result<Vec<Duration>> {
        time(&self.base, paths)
    }

    /// The most memory the service has held so far.
    pub(crate) fn peak_memory_bytes(&self) -> Option<u64> {
        self.process.peak_memory_bytes()
    }

    /// Memory the service holds now, bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        self.process.resident_bytes()
    }

    /// The sum of a metric over its labels.
    ///
    /// # Errors
    /// When the metrics cannot be read.
    pub(crate) fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let text = String::from_utf8(self.fetch("/metrics")?)?;
        let values = text.lines().filter(|line| line.starts_with(name) && !line.starts_with('#'));
        Ok(values.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// The number of its process.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Processor seconds the service has used so far.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        self.process.cpu_seconds()
    }
}

/// How long each path takes to be answered whole, one after the other on one connection to `base`.
///
/// # Errors
/// The first that fails.
pub(crate) fn time(base: &str, paths: impl IntoIterator<Item = String>) -> anyhow::Result<Vec<Duration>> {
    let mut connection = Connection::open(base)?;
    let timed = paths.into_iter().map(|path| {
        let started = Instant::now();
        connection.fetch(&path)?;
        Ok(started.elapsed())
    });
    timed.collect()
}

/// A kept-alive connection; just enough HTTP for answers of known length.
struct Connection {
    host: String,
    socket: BufReader<TcpStream>,
}

impl Connection {
    fn open(base: &str) -> anyhow::Result<Self> {
        let host = base.trim_start_matches("http://").to_owned();
        let socket = TcpStream::connect(&host)?;
        socket.set_nodelay(true)?;
        Ok(Self { host, socket: BufReader::with_capacity(1 << 18, socket) })
    }

    fn fetch(&mut self, path: &str) -> anyhow::Result<Vec<u8>> {
        self.socket
            .get_mut()
            .write_all(format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host).as_bytes())?;
        let mut status = String::new();
        self.socket.read_line(&mut status)?;
        let (mut length, mut line) = (None, String::new());
        while line != "\r\n" {
            line.clear();
            ensure!(self.socket.read_line(&mut line)? > 0, "{path}: the connection broke off");
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.trim().parse::<usize>()?);
            }
        }
        let mut body = vec![0; length.with_context(|| format!("{path}: no Content-Length"))?];
        self.socket.read_exact(&mut body)?;
        ensure!(
            status.starts_with("HTTP/1.1 200"),
            "{path} answered {}: {}",
            status.trim(),
            String::from_utf8_lossy(&body[..body.len().min(200)])
        );
        Ok(body)
    }
}
