//! Logs: lines for people on a terminal, JSON where a collector reads them.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging to standard error. `RUST_LOG` chooses what is logged; the default is `info`.
///
/// Calling it twice keeps the first.
pub fn start() {
    start_with("info,sqlx=warn,actix_server=warn,tracing_actix_web=warn");
}

/// As [`start`], but by default only what went wrong is logged.
pub fn start_quietly() {
    start_with("warn");
}

fn start_with(default: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if std::io::stderr().is_terminal() {
        builder.with_target(false).try_init()
    } else {
        builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    };
    if started.is_err() {
        tracing::debug!("logging was already started");
    }
}
