//! A client of job trees: creates, follows, fetches.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};

use crate::support::Gateway;

pub(crate) const ASYNC: &str = "/api/image/soda/async";
const FORM: &str = "application/x-www-form-urlencoded";

/// A client that does not follow redirects and keeps its session.
pub(crate) struct Uws<'a> {
    gateway: &'a Gateway,
    root: &'static str,
    pub(crate) client: Client,
    pub(crate) session: Option<String>,
    user: Option<&'static str>,
}

impl<'a> Uws<'a> {
    pub(crate) fn new(gateway: &'a Gateway) -> Self {
        Self::at(gateway, ASYNC)
    }

    /// A client of the tree at `root`.
    pub(crate) fn at(gateway: &'a Gateway, root: &'static str) -> Self {
        let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(Duration::from_mins(1));
        Self { gateway, root, client: client.build().unwrap(), session: None, user: None }
    }

    /// The same by a user whose password is `pass`.
    pub(crate) fn by(self, user: &'static str) -> Self {
        Self { user: Some(user), ..self }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: &str) -> Response {
        let mut request =
            self.client.request(method.clone(), self.gateway.url(&format!("{}{path}", self.root)));
        if method == Method::POST {
            request = request.header("Content-Type", FORM).body(body.to_owned());
        }
        if let Some(session) = &self.session {
            request = request.header("Cookie", session);
        }
        if let Some(user) = self.user {
            request = request.basic_auth(user, Some("pass"));
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> (u16, String) {
        let answer = self.send(Method::POST, path, body).await;
        let status = answer.status().as_u16();
        let location = answer.headers().get("location").map(|url| url.to_str().unwrap().to_owned());
        (status, location.unwrap_or_default())
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.send(Method::GET, path, "").await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub(crate) async fn get_status(&self, path: &str) -> u16 {
        self.send(Method::GET, path, "").await.status().as_u16()
    }

    /// Creates a job and gives the path of it.
    pub(crate) async fn create(&mut self, parameters: &str) -> String {
        let answer = self.send(Method::POST, "", parameters).await;
        assert_eq!(answer.status(), 303);
        if let Some(cookie) = answer.headers().get("set-cookie") {
            self.session = Some(cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
        }
        let location = answer.headers()["location"].to_str().unwrap().to_owned();
        location.strip_prefix(&self.gateway.url(self.root)).unwrap().to_owned()
    }

    /// Waits for the end of a job and gives its document.
    pub(crate) async fn ended(&self, job: &str) -> String {
        loop {
            let (status, document) = self.get(&format!("{job}?WAIT=-1")).await;
            assert_eq!(status, 200);
            if !["PENDING", "QUEUED", "EXECUTING"]
                .iter()
                .any(|phase| document.contains(&format!(">{phase}<")))
            {
                return document;
            }
        }
    }
}
