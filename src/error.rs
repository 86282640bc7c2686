//! The kinds of things that go wrong, in words every protocol can translate. No HTTP here.
//!
//! Each room has its own `thiserror` enum whose `Display` text may be shown to anyone (no path, no SQL); the
//! cause chain below it is for the log. A dialect needs only the [`ErrorKind`] to choose its own form.

use std::sync::Arc;

/// What kind of failure an error is. Dialects map kinds, never single variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The frame, image or source asked for is not held.
    NotFound,
    /// A value asked for makes no sense here.
    InvalidInput,
    /// The region asked for touches no pixel of the image.
    OutsideImage,
    /// Legal, but more than this service does: a projection, a compression, a Bayer pattern.
    Unsupported,
    /// The file behind the frame is truncated, lying or gone.
    BrokenFile,
    /// More pixels or bytes than the configured limits allow.
    TooLarge,
    /// Every place in the queue is taken; try again shortly.
    Busy,
    /// Nothing can be had right now: a camera is silent, the service is stopping.
    Unavailable,
    /// Our own failure.
    Internal,
}

/// An error that knows its kind.
pub trait Classified: std::error::Error + Send + Sync + 'static {
    /// The kind a dialect translates.
    fn kind(&self) -> ErrorKind;
}

impl<E: Classified> Classified for Arc<E> {
    fn kind(&self) -> ErrorKind {
        E::kind(self)
    }
}

/// The whole cause chain of an error in one line, for the log. A cause that its effect quotes at its end is not
/// repeated.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let text = next.to_string();
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        cause = next.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Told(&'static str, #[source] Option<Box<Told>>);

    #[test]
    fn a_chain_names_every_cause_once() {
        let cause = Told("no space left", None);
        let quoting = Told("cannot write: no space left", Some(Box::new(cause)));
        let error = Told("the result is lost", Some(Box::new(quoting)));
        assert_eq!(chain(&error), "the result is lost: cannot write: no space left");
    }
}
