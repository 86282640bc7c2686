//! Child processes that end with us, and the processor time they use.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Clock ticks per second in `/proc` on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// A child process that is killed when this value goes.
#[derive(Debug)]
pub(crate) struct Background {
    child: Child,
    log: PathBuf,
}

impl Background {
    /// Starts `command`; what it prints goes to the file `log`.
    ///
    /// # Errors
    /// When there is no such program.
    pub(crate) fn start(command: &mut Command, log: &Path) -> io::Result<Self> {
        let file = fs::File::create(log)?;
        let child = command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).spawn()?;
        Ok(Self { child, log: log.to_path_buf() })
    }

    /// Whether the process has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The last lines it printed.
    pub(crate) fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most memory the process has held so far (`VmHWM`).
    pub(crate) fn peak_memory_bytes(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
    }

    /// Processor seconds used so far by the process and its children.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let own = self.child.id();
        let ticks: u64 = processes()
            .filter(|(pid, parent, _)| *pid == own || *parent == own)
            .map(|(_, _, ticks)| ticks)
            .sum();
        ticks as f64 / TICKS_PER_SECOND
    }
}

impl Background {
    /// Memory the process itself holds now, bytes (proc(5), `/proc/[pid]/statm`).
    pub(crate) fn resident_bytes(&self) -> u64 {
        let statm = fs::read_to_string(format!("/proc/{}/statm", self.child.id())).unwrap_or_default();
        statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // nginx's workers end with their master only when it is asked to stop, not when it is killed.
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        if asked.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// Number, parent and used clock ticks of every process (proc(5), `/proc/[pid]/stat`).
fn processes() -> impl Iterator<Item = (u32, u32, u64)> {
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // The name in parentheses may hold spaces; fields are counted behind it.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
        Some((pid, fields.get(1)?.parse().ok()?, ticks(11)? + ticks(12)?))
    })
}

/// A loopback port nobody listens on now.
///
/// # Errors
/// When none can be had.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
