//! Logs: lines for people on a terminal, JSON where a collector reads them. What is logged for a request carries its
//! name.

use std::fmt;
use std::io::{self, IsTerminal};

use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{self, FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, SubscriberBuilder};
use tracing_subscriber::registry::LookupSpan;

use super::RequestId;

/// What is logged unless `RUST_LOG` says otherwise.
const USUAL: &str = "info,sqlx=warn,actix_server=warn";

/// Starts logging to standard error. `RUST_LOG` chooses what is logged; the default is `info`.
///
/// Calling it twice keeps the first.
pub fn start() {
    let builder = to_standard_error(USUAL);
    let started = if io::stderr().is_terminal() {
        builder.event_format(for_people()).try_init()
    } else {
        let fields = format::JsonFields::new();
        builder.fmt_fields(fields).event_format(for_collectors()).try_init()
    };
    if started.is_err() {
        tracing::debug!("logging was already started");
    }
}

/// As [`start`], but always for people, and by default only what went wrong is logged.
pub fn start_quietly() {
    if to_standard_error("warn").event_format(for_people()).try_init().is_err() {
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

type ToStandardError =
    SubscriberBuilder<format::DefaultFields, format::Format, EnvFilter, fn() -> io::Stderr>;

fn to_standard_error(usual: &str) -> ToStandardError {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr)
}

fn for_people() -> ForPeople<format::Format> {
    let colours_are_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let coloured = io::stderr().is_terminal() && !colours_are_unwanted;
    ForPeople(format::format().with_target(false).with_ansi(coloured))
}

fn for_collectors() -> ForCollectors<format::Format<format::Json>> {
    ForCollectors(format::format().json().flatten_event(true).with_current_span(false).with_span_list(false))
}

/// Lines of text that end with the request they belong to.
struct ForPeople<F>(F);

impl<S, N, F> FormatEvent<S, N> for ForPeople<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut to: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(id) = RequestId::current() else { return self.0.format_event(context, to, event) };
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        writeln!(to, "{} request={id}", line.trim_end())
    }
}

/// Objects of JSON, one in a line, that begin with the request they belong to.
struct ForCollectors<F>(F);

impl<S, N, F> FormatEvent<S, N> for ForCollectors<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut to: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(id) = RequestId::current() else { return self.0.format_event(context, to, event) };
        let mut object = String::new();
        self.0.format_event(context, Writer::new(&mut object), event)?;
        write!(to, "{{\"request\":\"{id}\",")?;
        to.write_str(object.strip_prefix('{').unwrap_or(&object))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What is logged while `work` runs, written by `format`.
    macro_rules! logged {
        ($format:expr, $fields:expr, $work:expr) => {{
            let lines = Arc::new(Mutex::new(Vec::new()));
            let kept = Arc::clone(&lines);
            let subscriber = tracing_subscriber::fmt()
                .fmt_fields($fields)
                .event_format($format)
                .with_writer(move || Kept(Arc::clone(&kept)))
                .finish();
            tracing::subscriber::with_default(subscriber, $work);
            let lines = lines.lock().unwrap().clone();
            String::from_utf8(lines).unwrap()
        }};
    }

    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn fail(id: RequestId) {
        id.during(|| tracing::error!(error = "no \"disk\"", "request failed"));
        tracing::info!("scanned");
    }

    #[test]
    fn a_line_for_people_ends_with_its_request() {
        let id = RequestId::new_one();
        let log = logged!(for_people(), format::DefaultFields::new(), || fail(id));
        let lines: Vec<_> = log.lines().collect();
        assert_eq!(lines.len(), 2, "{log}");
        assert!(
            lines[0].contains("request failed") && lines[0].ends_with(&format!(" request={id}")),
            "{log}"
        );
        assert!(lines[1].ends_with("scanned"), "{log}");
    }

    #[test]
    fn an_object_for_collectors_names_its_request() {
        let id = RequestId::new_one();
        let log = logged!(for_collectors(), format::JsonFields::new(), || fail(id));
        let objects: Vec<serde_json::Value> =
            log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(objects.len(), 2, "{log}");
        assert_eq!(objects[0]["request"], id.to_string());
        assert_eq!(
            (&objects[0]["message"], &objects[0]["error"]),
            (&"request failed".into(), &"no \"disk\"".into())
        );
        assert_eq!(
            (&objects[1]["message"], &objects[1]["request"]),
            (&"scanned".into(), &serde_json::Value::Null)
        );
    }
}
