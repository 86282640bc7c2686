//! The body of a stream, and the watch over clients that stop reading it.

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};

use super::multipart::{Parts, Style};
use super::socket::Connection;
use crate::camera::{Camera, Viewer};

/// When the server last took a part that it has not asked to be followed yet: it asks only when almost all of
/// it went out.
#[derive(Debug, Default)]
struct Outstanding(Cell<Option<Instant>>);

/// Everything one stream needs.
struct Push {
    viewer: Viewer,
    parts: web::Data<Parts>,
    style: Style,
    outstanding: Rc<Outstanding>,
}

/// The body: parts for as long as the viewer gets pictures. One picture is under way at a time.
pub(super) fn body(
    viewer: Viewer,
    parts: web::Data<Parts>,
    style: Style,
    connection: Option<Connection>,
    stall: Duration,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let outstanding = Rc::new(Outstanding::default());
    if let Some(connection) = connection {
        let camera = viewer.camera().clone();
        actix_web::rt::spawn(watch(Rc::downgrade(&outstanding), connection, camera, stall));
    }
    let push = Push { viewer, parts, style, outstanding };
    let pictures = stream::unfold(push, |mut push| async move {
        push.outstanding.0.set(None);
        let picture = push.viewer.next().await?;
        push.outstanding.0.set(Some(Instant::now()));
        Some((push.parts.part(&picture.frame, push.style), push))
    });
    stream::iter([style.opening()]).chain(pictures).map(Ok)
}

/// Cuts the connection of a client that does not take in one part within `stall`. The body cannot do it: while
/// the client does not read, nobody asks it for anything.
async fn watch(outstanding: Weak<Outstanding>, connection: Connection, camera: Arc<Camera>, stall: Duration) {
    loop {
        actix_web::rt::time::sleep(stall / 4).await;
        let Some(outstanding) = outstanding.upgrade() else { return };
        if outstanding.0.get().is_some_and(|since| since.elapsed() >= stall) {
            camera.count_stalled_viewer();
            tracing::info!(
                camera = camera.name(),
                stall_s = stall.as_secs(),
                "client cut off: it does not read"
            );
            connection.cut();
            return;
        }
    }
}
