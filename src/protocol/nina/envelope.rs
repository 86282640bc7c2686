//! The one form of every JSON answer.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;

/// The envelope: these five keys in this order, `Response` left out when there is nothing to say.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope<T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<T>,
    error: String,
    status_code: u16,
    success: bool,
    r#type: &'static str,
}

impl<T> Envelope<T> {
    /// An answer.
    pub fn success(response: T) -> Self {
        Self {
            response: Some(response),
            error: String::new(),
            status_code: 200,
            success: true,
            r#type: "API",
        }
    }
}

impl Envelope<&'static str> {
    /// A refusal.
    pub fn failure(status: StatusCode, error: &str) -> Self {
        Self {
            response: Some(""),
            error: error.to_owned(),
            status_code: status.as_u16(),
            success: false,
            r#type: "API",
        }
    }
}

impl<T: Serialize> Responder for Envelope<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().content_type("application/json; charset=utf-8").json(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_in_the_documented_order() {
        let json = serde_json::to_string(&Envelope::success(7)).unwrap();
        assert_eq!(json, r#"{"Response":7,"Error":"","StatusCode":200,"Success":true,"Type":"API"}"#);
    }

    #[test]
    fn a_refusal_has_an_empty_response() {
        let json =
            serde_json::to_string(&Envelope::failure(StatusCode::BAD_REQUEST, "Index out of range")).unwrap();
        assert_eq!(
            json,
            r#"{"Response":"","Error":"Index out of range","StatusCode":400,"Success":false,"Type":"API"}"#
        );
    }
}
