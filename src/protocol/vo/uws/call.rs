//! One request on a job tree, read and looked up before it is acted on.

use actix_web::http::Method;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, Route, web};

use super::owner;
use super::service::{Reason, Refusal, Service};
use crate::catalogue::{Job, JobId};
use crate::jobs::JobError;
use crate::protocol::vo::Vo;
use crate::protocol::vo::dali::{Fault, FaultKind, Parameters};

/// What a handler answers.
pub(super) type Answer = Result<HttpResponse, Reason>;

/// A request on the tree of a service.
pub(super) struct Call {
    pub(super) request: HttpRequest,
    pub(super) vo: Data<Vo>,
    pub(super) service: Service,
    /// Those of the query; of a request with a body those of both.
    pub(super) parameters: Parameters,
}

impl Call {
    async fn read(
        request: HttpRequest,
        payload: Payload,
        vo: Data<Vo>,
    ) -> Result<(Self, Option<Job>), Refusal> {
        let service = Service::of(&request);
        let read = async {
            if !service.exists(&vo.images) {
                return Err(Fault::not_found("Db Not Found").into());
            }
            let job = match request.match_info().get("job") {
                Some(name) => Some(found(&request, &vo, &service, name).await?),
                None => None,
            };
            let parameters = if request.method() == Method::POST {
                service.parameters(&request, payload, vo.request_bytes).await?
            } else {
                Parameters::of_query(request.query_string())?
            };
            Ok::<_, Reason>((job, parameters))
        };
        match read.await {
            Ok((job, parameters)) => Ok((Self { request, vo, service, parameters }, job)),
            Err(reason) => Err(service.refuse(reason)),
        }
    }

    /// Where the jobs are listed.
    pub(super) fn list_url(&self) -> String {
        self.service.url(&self.request, &self.vo)
    }

    /// Where a job is.
    pub(super) fn job_url(&self, id: &JobId) -> String {
        format!("{}/{id}", self.list_url())
    }

    /// Sends the client to a job, as every change of one does (UWS 1.1 §2.2.2).
    pub(super) fn see_job(&self, id: &JobId) -> HttpResponse {
        see(self.job_url(id))
    }
}

pub(super) fn see(url: String) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, url)).finish()
}

/// The job of this name, if it is one of the service's own and the client's to use.
async fn found(request: &HttpRequest, vo: &Vo, service: &Service, name: &str) -> Result<Job, Reason> {
    let id = JobId::parse(name).ok_or(JobError::Unknown)?;
    let job = vo.jobs.job(&id).await?;
    if job.service != service.name() {
        return Err(JobError::Unknown.into());
    }
    if !owner::may_use(request, &job) {
        return Err(Fault::new(FaultKind::Authorization, "this job is somebody else's").into());
    }
    Ok(job)
}

impl From<JobError> for Reason {
    fn from(error: JobError) -> Self {
        Self::Fault(match &error {
            JobError::Phase(_) => Fault::new(FaultKind::Forbidden, error.to_string()),
            _ => Fault::of(&error),
        })
    }
}

/// A route that acts on the list of jobs.
pub(super) fn on_list(route: Route, act: impl AsyncFn(Call) -> Answer + Clone + 'static) -> Route {
    route.to(move |request: HttpRequest, payload: Payload, vo: Data<Vo>| {
        let act = act.clone();
        async move {
            let (call, _) = Call::read(request, payload, vo).await?;
            let service = call.service.clone();
            act(call).await.map_err(|reason| service.refuse(reason))
        }
    })
}

/// A route that acts on one job.
pub(super) fn on_job(route: Route, act: impl AsyncFn(Call, Job) -> Answer + Clone + 'static) -> Route {
    route.to(move |request: HttpRequest, payload: Payload, vo: Data<Vo>| {
        let act = act.clone();
        async move {
            let (call, job) = Call::read(request, payload, vo).await?;
            let service = call.service.clone();
            let answered = match job {
                Some(job) => act(call, job).await,
                None => Err(JobError::Unknown.into()),
            };
            answered.map_err(|reason| service.refuse(reason))
        }
    })
}

/// A route for every other method: refused, with those that are `allowed`.
pub(super) fn refused(allowed: &'static str) -> Route {
    web::to(move |request: HttpRequest| async move {
        Err::<HttpResponse, Refusal>(Service::of(&request).refuse(Fault::wrong_method(allowed)))
    })
}
