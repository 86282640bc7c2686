//! `/api/log`: events, for clients that ask what is new and wait for it.

use std::collections::HashSet;
use std::time::Duration;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::Intercom;
use super::answer::{answered, done, success};
use super::error::Failure;
use super::params::{Parameters, whole};
use crate::camera::{CameraEvent, Happening};

/// Names of the events there are. The last is ours.
const NAMES: [&str; 4] = ["DeviceState", "MotionDetected", "CapabilitiesChanged", "CameraStateChanged"];
const DEFAULT_DURATION_S: u64 = 90;
const SHORTEST_DURATION_S: u64 = 10;
const LONGEST_DURATION_S: u64 = 3600;
/// Longest wait of one request.
const LONGEST_WAIT_S: u64 = 300;
/// Events in one answer.
const MOST_EVENTS: usize = 128;

/// Which events there are.
pub(super) async fn caps(intercom: Data<Intercom>, request: HttpRequest, payload: Payload) -> HttpResponse {
    answered(&intercom, &request, payload, async |_| Ok(success(json!({"events": NAMES})))).await
}

/// `include=new|all|-t`, `filter=a,b`, `duration=90`.
pub(super) async fn subscribe(
    intercom: Data<Intercom>,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    answered(&intercom, &request, payload, async |parameters| {
        let (events, now) = (intercom.cameras.events(), intercom.cameras.clock().monotonic());
        let heard = match parameters.optional("include") {
            None | Some("new") => events.newest(),
            Some("all") => 0,
            Some(text) => {
                let ago = whole(text).filter(|seconds| *seconds <= 0).ok_or(Failure::Invalid("include"))?;
                events.before(now, Duration::from_secs(ago.unsigned_abs()))
            }
        };
        let filter = parameters.optional("filter").unwrap_or_default();
        let wanted: HashSet<String> =
            filter.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let seconds = number(parameters, "duration")?.unwrap_or(DEFAULT_DURATION_S);
        if !(SHORTEST_DURATION_S..=LONGEST_DURATION_S).contains(&seconds) {
            return Err(Failure::Invalid("duration"));
        }
        let id = intercom.subscriptions.open(wanted, heard, Duration::from_secs(seconds), now)?;
        Ok(success(json!({"id": id})))
    })
    .await
}

/// `id=`, `timeout=`: the events since the last time; waits for one when there is none.
pub(super) async fn pull(intercom: Data<Intercom>, request: HttpRequest, payload: Payload) -> HttpResponse {
    answered(&intercom, &request, payload, async |parameters| {
        let id = id(parameters)?;
        let wait = number(parameters, "timeout")?.unwrap_or(0);
        if wait > LONGEST_WAIT_S {
            return Err(Failure::Invalid("timeout"));
        }
        let clock = intercom.cameras.clock();
        let subscription =
            intercom.subscriptions.ask(id, clock.monotonic()).ok_or(Failure::Invalid("id"))?;
        let mut heard = subscription.heard;
        let collect = async {
            loop {
                let mut new = intercom.cameras.events().since(heard);
                new.truncate(MOST_EVENTS);
                heard = new.last().map_or(heard, |event| event.id);
                new.retain(|event| subscription.wanted.is_empty() || subscription.wanted.contains(name(event)));
                if !new.is_empty() || wait == 0 {
                    return new;
                }
                intercom.cameras.events().newer_than(heard).await;
            }
        };
        let stopped = intercom.cameras.stopped();
        let found = tokio::select! {
            found = tokio::time::timeout(Duration::from_secs(wait.max(1)), collect) => found.unwrap_or_default(),
            () = stopped.cancelled() => Vec::new(),
        };
        let up = clock.monotonic();
        intercom.subscriptions.told(id, heard, up);
        Ok(success(json!({"events": found.iter().map(wire).collect::<Vec<_>>()})))
    })
    .await
}

/// `id=`
pub(super) async fn unsubscribe(
    intercom: Data<Intercom>,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    answered(&intercom, &request, payload, async |parameters| {
        let now = intercom.cameras.clock().monotonic();
        if intercom.subscriptions.close(id(parameters)?, now) {
            Ok(done())
        } else {
            Err(Failure::Invalid("id"))
        }
    })
    .await
}

fn id(parameters: &Parameters) -> Result<u32, Failure> {
    let text = parameters.value("id").ok_or(Failure::Missing("id"))?;
    whole(text).and_then(|id| u32::try_from(id).ok()).ok_or(Failure::Invalid("id"))
}

fn number(parameters: &Parameters, name: &'static str) -> Result<Option<u64>, Failure> {
    let read = |text| whole(text).and_then(|number| u64::try_from(number).ok()).ok_or(Failure::Invalid(name));
    parameters.optional(name).map(read).transpose()
}

fn name(event: &CameraEvent) -> &'static str {
    match event.what {
        Happening::Started => NAMES[0],
        Happening::Motion(_) => NAMES[1],
        Happening::SizesChanged => NAMES[2],
        Happening::State(_) => NAMES[3],
    }
}

/// The event as the device writes it.
fn wire(event: &CameraEvent) -> Value {
    let params = match event.what {
        Happening::Started => json!({"state": "startup"}),
        Happening::Motion(moves) => {
            json!({"state": if moves { "in" } else { "out" }, "source": event.camera})
        }
        Happening::SizesChanged => json!({}),
        Happening::State(state) => json!({"state": state.name(), "source": event.camera}),
    };
    json!({
        "id": event.id,
        "tzShift": 0,
        "utcTime": event.at.utc.timestamp(),
        "upTime": event.at.monotonic.as_secs(),
        "event": name(event),
        "params": params,
    })
}
