//! The one form of every JSON answer.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;

/// The media type of every JSON answer.
pub const JSON: &str = "application/json; charset=utf-8";

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
    /// An answer over HTTP.
    pub fn success(response: T) -> Self {
        Self {
            response: Some(response),
            error: String::new(),
            status_code: 200,
            success: true,
            r#type: "API",
        }
    }

    /// A message on the websocket.
    pub fn socket(response: T) -> Self {
        Self { r#type: "Socket", ..Self::success(response) }
    }
}

impl<T: Serialize> Envelope<T> {
    /// The envelope as text.
    ///
    /// # Panics
    /// Never for the types of this dialect: keys are strings, numbers that JSON lacks are words.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("keys are strings and numbers are finite or words")
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
        HttpResponse::Ok().content_type(JSON).body(self.to_json())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_in_the_documented_order() {
        let rest = r#""Error":"","StatusCode":200,"Success":true,"Type""#;
        assert_eq!(Envelope::success(7).to_json(), format!(r#"{{"Response":7,{rest}:"API"}}"#));
        assert_eq!(Envelope::socket(7).to_json(), format!(r#"{{"Response":7,{rest}:"Socket"}}"#));
    }

    #[test]
    fn a_refusal_has_an_empty_response() {
        assert_eq!(
            Envelope::failure(StatusCode::BAD_REQUEST, "Index out of range").to_json(),
            r#"{"Response":"","Error":"Index out of range","StatusCode":400,"Success":false,"Type":"API"}"#
        );
    }
}
