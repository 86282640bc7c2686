//! `/api/camera/token`: an address part that lets an `<img>` in for a while. Our own addition.

use std::sync::Arc;

use actix_web::HttpMessage;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::Intercom;
use super::answer::{answered, success};
use super::error::Failure;
use super::params::whole;
use crate::access::{Access, Identity, LONGEST_TOKEN_S};

const DEFAULT_S: u32 = 3600;

/// `seconds=3600`. Only somebody who authenticated gets one.
pub(super) async fn token(intercom: Data<Intercom>, request: HttpRequest, payload: Payload) -> HttpResponse {
    answered(&intercom, &request, payload, async |parameters| {
        let seconds = match parameters.optional("seconds") {
            None => DEFAULT_S,
            Some(text) => whole(text)
                .and_then(|seconds| u32::try_from(seconds).ok())
                .filter(|seconds| (1..=LONGEST_TOKEN_S).contains(seconds))
                .ok_or(Failure::Invalid("seconds"))?,
        };
        let access = request.app_data::<Data<Arc<Access>>>().ok_or(Failure::NotSupported)?;
        let identity = request.extensions().get::<Identity>().cloned().ok_or(Failure::NotSupported)?;
        let token = access.token(&identity, seconds).ok_or(Failure::NotSupported)?;
        Ok(success(json!({"token": token, "seconds": seconds})))
    })
    .await
}
