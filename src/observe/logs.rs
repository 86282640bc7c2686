//! Logs: lines for people on a terminal, JSON where a collector reads them.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// What is logged unless `RUST_LOG` says otherwise. Every failed request has a line of ours; the library would add one
/// that tells less.
const USUAL: &str = "info,sqlx=warn,actix_server=warn,tracing_actix_web=off";

/// Starts logging to standard error. `RUST_LOG` chooses what is logged; the default is `info`.
///
/// Calling it twice keeps the first.
pub fn start() {
    let builder = tracing_subscriber::fmt().with_env_filter(filter(USUAL)).with_writer(std::io::stderr);
    let started = if std::io::stderr().is_terminal() {
        builder.with_target(false).try_init()
    } else {
        builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    };
    if started.is_err() {
        tracing::debug!("logging was already started");
    }
}

/// As [`start`], but always for people, and by default only what went wrong is logged.
pub fn start_quietly() {
    let builder = tracing_subscriber::fmt().with_env_filter(filter("warn")).with_writer(std::io::stderr);
    if builder.with_target(false).try_init().is_err() {
        tracing::debug!("logging was already started");
    }
}

/// Says why the program ends: in the log where there is one, else as a line of its own.
#[expect(clippy::print_stderr, reason = "a command that keeps no log still has to say why it failed")]
pub fn last_words(text: &str) {
    if tracing::dispatcher::has_been_set() {
        tracing::error!("{text}");
    } else {
        eprintln!("trifocal: {text}");
    }
}

fn filter(default: &str) -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default))
}
