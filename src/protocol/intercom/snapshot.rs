//! `/api/camera/snapshot`: one picture, now or from memory, or a stream of them.

use std::cell::Cell;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, EXPIRES, PRAGMA, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::stream;

use super::answer::answered;
use super::config::{IntercomConfig, Missing};
use super::error::Failure;
use super::multipart::{self, Parts, Style, unix_time};
use super::params::{Parameters, SnapshotParameters};
use super::request::{SnapshotRequest, Wanted, nearest};
use super::socket::Connection;
use super::{Intercom, still, stream as push};
use crate::camera::{Camera, CameraError, Cameras, Look, Moment, Picture, Resolution, StreamRequest};
use crate::error::chain;
use crate::protocol::client;

const NO_STORE: &str = "no-store, no-cache, must-revalidate, max-age=0";
/// Browsers that paint late get a picture again so soon at the latest.
const REPEAT_AFTER: Duration = Duration::from_millis(200);
/// Refusals are logged at most so often.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// GET, POST and HEAD.
pub(super) async fn snapshot(
    intercom: web::Data<Intercom>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let arrival = Moment::now(&**intercom.cameras.clock());
    answered(&intercom, &request, payload, async |parameters| {
        answer(&request, parameters, &intercom, arrival).await
    })
    .await
}

async fn answer(
    request: &HttpRequest,
    parameters: &Parameters,
    intercom: &Intercom,
    arrival: Moment,
) -> Result<HttpResponse, Failure> {
    let Intercom { cameras, config, .. } = intercom;
    let asked = SnapshotParameters::try_from(parameters)?;
    let size = Resolution::new(asked.width, asked.height);
    let snapshot = SnapshotRequest::resolve(&asked, cameras, config, arrival)
        .inspect_err(|failure| log_refusal(request, *failure, size, cameras))?;
    let camera = &snapshot.camera;
    let picture = match snapshot.wanted {
        Wanted::Stream(_) if *request.method() == Method::HEAD => {
            return Ok(stream_response(stream::empty()));
        }
        Wanted::Stream(fps) => return start_stream(request, &snapshot, fps, config),
        Wanted::Newest => camera.newest(snapshot.look).await.map_err(|error| failed(camera, &error, None))?,
        Wanted::Past(ago) => {
            let past = past(camera, arrival.monotonic, ago, snapshot.look, config.missing).await;
            past.map_err(|error| failed(camera, &error, Some("time")))?
        }
    };
    let kept = if asked.keep { Some(still::keep(&picture.frame, camera, config).await?) } else { None };
    Ok(picture_response(&picture, cameras.clock().monotonic(), kept))
}

/// A picture of the past, or what the settings have for a moment that is not held.
async fn past(
    camera: &Camera,
    arrival: Duration,
    ago: Duration,
    look: Look,
    missing: Missing,
) -> Result<Picture, CameraError> {
    match (camera.past(arrival, ago, look).await, missing) {
        (Err(CameraError::NothingFromThen), Missing::Oldest) => camera.oldest(look).await,
        (Err(CameraError::NothingFromThen), Missing::Placeholder) => camera.placeholder(look).await,
        (found, _) => found,
    }
}

/// One JPEG, never to be cached; `kept` is the name it was stored under.
fn picture_response(picture: &Picture, now: Duration, kept: Option<String>) -> HttpResponse {
    let frame = &picture.frame;
    let mut builder = HttpResponse::Ok();
    if let Some(name) = kept {
        builder.insert_header(("x-kept", name));
    }
    let mut response = builder
        .insert_header((CONTENT_TYPE, "image/jpeg"))
        .insert_header((CACHE_CONTROL, NO_STORE))
        .insert_header((PRAGMA, "no-cache"))
        .insert_header((EXPIRES, "0"))
        .insert_header(("x-timestamp", unix_time(frame.captured.utc)))
        .insert_header(("x-frame-age", format!("{:.3}", frame.age(now).as_secs_f64())))
        .insert_header(("x-source-state", picture.state.name()))
        .body(frame.jpeg.clone());
    response.head_mut().set_camel_case_headers(true);
    response
}

fn start_stream(
    request: &HttpRequest,
    snapshot: &SnapshotRequest,
    fps: u32,
    config: &IntercomConfig,
) -> Result<HttpResponse, Failure> {
    let agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let parts = request.app_data::<web::Data<Parts>>().cloned().ok_or(Failure::Internal)?;
    let repeat = REPEAT_AFTER.min(Duration::from_secs(1) / fps.max(1));
    let repeat_after = multipart::is_webkit(agent).then_some(repeat);
    let address = client::address(request);
    let wanted = StreamRequest { look: snapshot.look, fps, repeat_after, address };
    let viewer = snapshot.camera.view(wanted).map_err(|error| failed(&snapshot.camera, &error, None))?;
    let connection = request.conn_data::<Connection>().and_then(Connection::for_stream);
    let style = Style::of(snapshot.parts, agent);
    let stall = Duration::from_secs(u64::from(config.client_stall_seconds.max(1)));
    Ok(stream_response(push::body(viewer, parts, style, connection, stall)))
}

/// A body of unknown length that ends when the connection does: no chunks, which HTTP/1.0 clients and simple
/// readers do not understand.
fn stream_response<S>(parts: S) -> HttpResponse
where
    S: futures_util::Stream<Item = Result<Bytes, std::convert::Infallible>> + 'static,
{
    let mut response = HttpResponse::Ok()
        .force_close()
        .insert_header((CONTENT_TYPE, multipart::media_type()))
        .insert_header((CACHE_CONTROL, NO_STORE))
        .insert_header((PRAGMA, "no-cache"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(parts);
    response.head_mut().no_chunking(true);
    response.head_mut().set_camel_case_headers(true);
    response
}

/// What the client is told, after the log was told why.
fn failed(camera: &Camera, error: &CameraError, param: Option<&'static str>) -> Failure {
    tracing::debug!(camera = camera.name(), error = chain(error), "no picture for a client");
    match Failure::from(error) {
        Failure::NoData(_) => Failure::NoData(param),
        other => other,
    }
}

/// When a refusal was last logged by this worker.
#[derive(Debug, Default)]
pub(super) struct RefusalLog(Cell<Option<Duration>>);

/// A browser shows a refused request as a broken picture; the log says what to ask for instead.
fn log_refusal(request: &HttpRequest, failure: Failure, asked: Resolution, cameras: &Cameras) {
    let Some(log) = request.app_data::<web::Data<RefusalLog>>() else { return };
    let now = cameras.clock().monotonic();
    if log.0.get().is_some_and(|last| now.saturating_sub(last) < LOG_EVERY) {
        return;
    }
    log.0.set(Some(now));
    let nearest = nearest(asked, &cameras.resolutions()).map(|size| size.to_string());
    tracing::warn!(param = failure.param(), %asked, nearest, "snapshot request refused");
}
