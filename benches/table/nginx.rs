//! nginx on a loopback port, serving the files of one directory as fast as it can.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::process::{Background, free_port};

/// A running nginx with its own configuration, processes and files.
#[derive(Debug)]
pub(crate) struct Nginx {
    process: Background,
    base: String,
}

impl Nginx {
    /// Serves `directory`; what lies below `stream/` is sent at `stream_bytes_per_second` to each client, under
    /// `/stream/` straight from the page cache and under `/copied/` through nginx's own memory.
    ///
    /// # Errors
    /// When nginx is not installed or does not start.
    pub(crate) fn serve(directory: &Path, stream_bytes_per_second: u64) -> anyhow::Result<Self> {
        let port = free_port()?;
        let own = directory.join(".nginx");
        fs::create_dir_all(&own)?;
        // Workers of an nginx started by root run as another user, who must be let in.
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755))?;
        let own_name = own.display();
        let configuration = format!(
            "daemon off; worker_processes auto; pid {own_name}/pid; error_log {own_name}/error.log;
             events {{ worker_connections 4096; }}
             http {{
               access_log off; sendfile on; tcp_nopush on; tcp_nodelay on;
               open_file_cache max=100000; open_file_cache_valid 1h;
               keepalive_requests 100000000;
               client_body_temp_path {own_name}/body; proxy_temp_path {own_name}/proxy;
               fastcgi_temp_path {own_name}/fastcgi; uwsgi_temp_path {own_name}/uwsgi; scgi_temp_path {own_name}/scgi;
               server {{
                 listen 127.0.0.1:{port} reuseport; root {root};
                 location /stream/ {{ limit_rate {stream_bytes_per_second}; }}
                 location /copied/ {{ alias {root}/stream/; sendfile off; limit_rate {stream_bytes_per_second}; }}
               }}
             }}",
            root = directory.display()
        );
        let file = own.join("nginx.conf");
        fs::write(&file, configuration)?;
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("nginx");
        command.env("PATH", format!("{path}:/usr/sbin")).arg("-p").arg(&own).arg("-c").arg(&file);
        let mut process = Background::start(&mut command, &own.join("output.log"))
            .context("nginx (Debian package nginx)")?;
        let deadline = Instant::now() + Duration::from_secs(5);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if process.has_ended() || Instant::now() > deadline {
                bail!("nginx did not start: {}", process.last_words());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { process, base: format!("http://127.0.0.1:{port}") })
    }

    /// `http://host:port`.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Processor seconds nginx and its workers have used so far.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        self.process.cpu_seconds()
    }
}
