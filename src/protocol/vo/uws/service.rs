//! The services that leave work as jobs: what they are called, where their jobs are, how they refuse, what they do.

use std::sync::Arc;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::json;

use super::TEXT;
use crate::catalogue::{Job, JobFailure};
use crate::jobs::{Outbox, Task};
use crate::protocol::vo::dali::{Fault, Parameters};
use crate::protocol::vo::imageserv::error::Failure;
use crate::protocol::vo::imageserv::{images as imageserv, work as imageserv_work};
use crate::protocol::vo::soda::work as soda_work;
use crate::protocol::vo::{Images, Vo};

/// How the jobs of ImageServ are told in the catalogue, before the name of the archive.
const IMAGESERV: &str = "imageserv/";
const SODA: &str = "soda";

/// A service with a tree of jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// Below `soda/async`.
    Soda,
    /// Below `v1/{db}/async`.
    ImageServ { db: String },
}

/// A refusal in the words of the service it comes from.
#[derive(Debug)]
pub(super) struct Refusal {
    service: Service,
    reason: Reason,
}

/// Why.
#[derive(Debug)]
pub(super) enum Reason {
    /// In the words all job trees share.
    Fault(Fault),
    /// In those of ImageServ.
    Failure(Failure),
}

impl Service {
    /// The service whose tree a request is in.
    pub(super) fn of(request: &HttpRequest) -> Self {
        match request.match_info().get("db") {
            Some(db) => Self::ImageServ { db: db.to_owned() },
            None => Self::Soda,
        }
    }

    /// The service of a job.
    fn named(name: &str) -> Self {
        name.strip_prefix(IMAGESERV).map_or(Self::Soda, |db| Self::ImageServ { db: db.to_owned() })
    }

    /// What the catalogue calls it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Soda => SODA.to_owned(),
            Self::ImageServ { db } => format!("{IMAGESERV}{db}"),
        }
    }

    /// Whether there is such a service.
    pub(super) fn exists(&self, images: &Images) -> bool {
        match self {
            Self::Soda => true,
            Self::ImageServ { db } => {
                images.archives.configured().iter().any(|archive| archive.id.as_str() == db)
            }
        }
    }

    /// Where its jobs are listed.
    pub(super) fn url(&self, request: &HttpRequest, vo: &Vo) -> String {
        match self {
            Self::Soda => vo.public_url.resource(request, "soda/async"),
            Self::ImageServ { db } => vo.public_url.resource(request, &format!("v1/{db}/async")),
        }
    }

    /// The parameters of a request with a body, of the kinds this service takes.
    pub(super) async fn parameters(
        &self,
        request: &HttpRequest,
        payload: Payload,
        limit_bytes: usize,
    ) -> Result<Parameters, Reason> {
        match self {
            Self::Soda => Ok(Parameters::of(request, payload, limit_bytes).await?),
            Self::ImageServ { db } => {
                let pairs = imageserv::posted_pairs(request, db, payload, limit_bytes).await;
                Ok(Parameters::of_pairs(pairs.map_err(Reason::Failure)?))
            }
        }
    }

    /// Fails when the parameters of a job make no sense.
    pub(super) fn check(&self, images: &Images, parameters: &[(String, String)]) -> Result<(), JobFailure> {
        match self {
            Self::Soda => soda_work::check(parameters),
            Self::ImageServ { db } => imageserv_work::check(images, db, parameters),
        }
    }

    /// The error document of a failed job.
    pub(super) fn error_document(&self, failure: JobFailure) -> HttpResponse {
        match self {
            Self::Soda => HttpResponse::Ok().insert_header((CONTENT_TYPE, TEXT)).body(failure.message + "\n"),
            Self::ImageServ { .. } => {
                let (exception, message) =
                    failure.message.split_once(": ").unwrap_or(("RuntimeError", &failure.message));
                HttpResponse::Ok().json(json!({ "exception": exception, "message": message }))
            }
        }
    }

    /// This reason in the service's own words.
    pub(super) fn refuse(self, reason: impl Into<Reason>) -> Refusal {
        Refusal { service: self, reason: reason.into() }
    }
}

impl From<Fault> for Reason {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.reason {
            Reason::Fault(fault) => fault.fmt(f),
            Reason::Failure(failure) => failure.fmt(f),
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> actix_web::http::StatusCode {
        self.error_response().status()
    }

    fn error_response(&self) -> HttpResponse {
        match (&self.reason, &self.service) {
            (Reason::Failure(failure), _) => failure.error_response(),
            (Reason::Fault(fault), Service::Soda) => fault.soda_response(),
            (Reason::Fault(fault), Service::ImageServ { .. }) => Failure::from(fault).error_response(),
        }
    }
}

/// Does the work of every service.
#[derive(Debug)]
pub struct Work {
    images: Arc<Images>,
}

impl Work {
    /// What makes results of these images.
    pub fn on(images: Images) -> Self {
        Self { images: Arc::new(images) }
    }
}

impl Task for Work {
    fn perform(&self, job: Job, outbox: Outbox) -> BoxFuture<'_, Result<(), JobFailure>> {
        async move {
            match Service::named(&job.service) {
                Service::Soda => soda_work::perform(&self.images, &job, &outbox).await,
                Service::ImageServ { db } => imageserv_work::perform(&self.images, &db, &job, &outbox).await,
            }
        }
        .boxed()
    }
}
