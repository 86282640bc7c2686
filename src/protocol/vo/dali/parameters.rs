//! Parameters of a request: from the URL and the body, names in any case, each with any number of values.

use actix_web::HttpRequest;
use actix_web::web::Payload;

use super::Fault;
use crate::protocol::vo::body;

/// Longest `RUNID` (DALI 1.1 §3.4.6).
const LONGEST_RUN_ID: usize = 64;

/// All parameters in the order query, body. One without a value counts as not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Collects them from the URL and from the body: a form or multipart form data of at most `limit_bytes`.
    ///
    /// # Errors
    /// 413 for a longer body, 415 for one of another kind, 400 for one that cannot be read.
    pub async fn of(request: &HttpRequest, payload: Payload, limit_bytes: usize) -> Result<Self, Fault> {
        let mut parameters = Self::of_query(request.query_string())?;
        for (name, value) in body::form(request, payload, limit_bytes).await? {
            parameters.push(name, value);
        }
        Ok(parameters)
    }

    /// Those of a query string alone.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of_query(query: &str) -> Result<Self, Fault> {
        Ok(Self::of_pairs(body::urlencoded(query)?))
    }

    /// Names and values, wherever they come from.
    pub fn of_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut parameters = Self::default();
        for (name, value) in pairs {
            parameters.push(name, value);
        }
        parameters
    }

    /// Every value of a parameter, in the order given.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = move |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        self.0.iter().filter(named).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that has at most one.
    ///
    /// # Errors
    /// When it is given more than once.
    pub fn single<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, Fault> {
        let mut values = self.values(name);
        let first = values.next();
        if values.next().is_some() { Err(Fault::multi_valued(name)) } else { Ok(first) }
    }

    /// The client's own name of this request, for the log.
    ///
    /// # Errors
    /// When it is given twice or longer than 64 characters.
    pub fn run_id(&self) -> Result<Option<&str>, Fault> {
        let id = self.single("RUNID")?;
        if id.is_some_and(|id| id.chars().count() > LONGEST_RUN_ID) {
            return Err(Fault::usage(format!("RUNID has more than {LONGEST_RUN_ID} characters")));
        }
        if let Some(id) = id {
            tracing::info!(run_id = id, "client's run");
        }
        Ok(id)
    }

    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Name and value of each, names as the client spelled them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Adds one value.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let value = value.into();
        if !value.trim().is_empty() {
            self.0.push((name.into(), value));
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::FromRequest;
    use actix_web::http::StatusCode;
    use actix_web::test::TestRequest;

    use super::*;

    fn values<'a>(parameters: &'a Parameters, name: &'a str) -> Vec<&'a str> {
        parameters.values(name).collect()
    }

    async fn posted(media_type: &str, body: &str) -> Result<Parameters, Fault> {
        let (request, mut payload) = TestRequest::post()
            .uri("/sync?ID=a&id=b")
            .insert_header(("Content-Type", media_type))
            .set_payload(body.to_owned())
            .to_http_parts();
        let payload = Payload::from_request(&request, &mut payload).await.unwrap();
        Parameters::of(&request, payload, 200).await
    }

    #[test]
    fn names_are_equal_in_any_case_and_values_are_not_changed() {
        let parameters = Parameters::of_query("pos=Circle+1%202&Pos=x&POS=&maxrec=5").unwrap();
        assert_eq!(values(&parameters, "POS"), ["Circle 1 2", "x"]);
        assert_eq!(parameters.single("MAXREC").unwrap(), Some("5"));
        assert_eq!(parameters.single("RUNID").unwrap(), None);
        assert!(parameters.single("POS").is_err());
    }

    #[test]
    fn a_dataset_id_survives_a_client_that_does_not_encode_it() {
        let parameters = Parameters::of_query("ID=ivo://a/db?raw/1&CIRCLE=1 2 3").unwrap();
        assert_eq!(values(&parameters, "id"), ["ivo://a/db?raw/1"]);
    }

    #[actix_web::test]
    async fn query_and_body_are_read_together() {
        let form = posted("application/x-www-form-urlencoded; charset=utf-8", "CIRCLE=1+2+3&ID=c").await;
        let multipart = "--x\r\nContent-Disposition: form-data; name=\"CIRCLE\"\r\n\r\n1 2 3\r\n--x\r\n\
                         Content-Disposition: form-data; name=\"ID\"\r\n\r\nc\r\n--x--\r\n";
        let multipart = posted("multipart/form-data; boundary=x", multipart).await.unwrap();
        assert_eq!(form.as_ref().unwrap(), &multipart);
        assert_eq!(values(&multipart, "ID"), ["a", "b", "c"]);
        assert_eq!(values(&multipart, "CIRCLE"), ["1 2 3"]);
    }

    #[actix_web::test]
    async fn other_bodies_are_refused() {
        for (media_type, body, status) in [
            ("application/json", "{}".to_owned(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
            ("application/x-www-form-urlencoded", "x".repeat(201), StatusCode::PAYLOAD_TOO_LARGE),
            ("multipart/form-data; boundary=x", "no parts".to_owned(), StatusCode::BAD_REQUEST),
        ] {
            assert_eq!(posted(media_type, &body).await.unwrap_err().status(), status, "{media_type}");
        }
    }

    #[test]
    fn a_run_has_a_short_name() {
        let run_id = |length: usize| Parameters::of_query(&format!("runid={}", "x".repeat(length)));
        assert!(run_id(64).unwrap().run_id().unwrap().is_some());
        assert!(run_id(65).unwrap().run_id().is_err());
    }
}
