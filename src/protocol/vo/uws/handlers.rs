//! One function for each resource of a job and each method it takes.

use std::time::Duration;

use actix_files::NamedFile;
use actix_web::http::header::{CONTENT_TYPE, ContentDisposition, LOCATION, SET_COOKIE};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};

use super::{documents, session};
use crate::catalogue::{Job, JobFailure, JobFilter, JobId, JobPhase};
use crate::jobs::{JobError, NewJob};
use crate::protocol::vo::Vo;
use crate::protocol::vo::dali::{self, Fault, FaultKind, Parameters};
use crate::protocol::vo::soda::work;

const XML: &str = "text/xml; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// What steers a job and is no parameter of it.
const CONTROLS: [&str; 6] = ["PHASE", "RUNID", "DESTRUCTION", "EXECUTIONDURATION", "ACTION", "WAIT"];

type Answer = Result<HttpResponse, Refusal>;

/// A refusal as SODA and UWS write it.
#[derive(Debug)]
pub(super) struct Refusal(Fault);

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

impl From<JobError> for Refusal {
    fn from(error: JobError) -> Self {
        Self(match &error {
            JobError::Phase(_) => Fault::new(FaultKind::Forbidden, error.to_string()),
            _ => Fault::of(&error),
        })
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl actix_web::ResponseError for Refusal {
    fn status_code(&self) -> actix_web::http::StatusCode {
        self.0.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.0.soda_response()
    }
}

fn xml(document: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, XML)).body(document)
}

fn text(text: String) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, TEXT)).body(text)
}

fn list_url(request: &HttpRequest, vo: &Vo) -> String {
    vo.public_url.resource(request, "soda/async")
}

fn see(url: String) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, url)).finish()
}

fn see_job(request: &HttpRequest, vo: &Vo, id: &JobId) -> HttpResponse {
    see(format!("{}/{id}", list_url(request, vo)))
}

async fn found(vo: &Vo, name: &str) -> Result<Job, Refusal> {
    let id = JobId::parse(name).ok_or(JobError::Unknown)?;
    Ok(vo.jobs.job(&id).await?)
}

/// The parameters of a job, without what steers it.
fn own(parameters: &Parameters) -> Vec<(String, String)> {
    let is_control = |name: &str| CONTROLS.iter().any(|control| control.eq_ignore_ascii_case(name));
    let own = parameters.iter().filter(|(name, _)| !is_control(name));
    own.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn seconds(value: &str) -> Result<u64, Fault> {
    value.trim().parse().map_err(|_| Fault::bad_value("EXECUTIONDURATION", value, "whole seconds are needed"))
}

fn moment(value: &str) -> Result<DateTime<Utc>, Fault> {
    dali::timestamp(value).map_err(|error| Fault::bad_value("DESTRUCTION", value, error))
}

/// `GET async`: the client's own jobs.
pub(super) async fn list(request: HttpRequest, vo: Data<Vo>) -> Answer {
    let parameters = Parameters::of_query(request.query_string())?;
    let phase = |name: &str| {
        // Phases jobs never have here list nothing; words that are no phase are mistakes.
        let known = ["HELD", "SUSPENDED", "UNKNOWN", "ARCHIVED"].contains(&name);
        match JobPhase::named(name) {
            None if !known => Err(Fault::bad_value("PHASE", name, "no phase of that name")),
            phase => Ok(phase),
        }
    };
    let asked = parameters.values("PHASE").map(phase).collect::<Result<Vec<_>, _>>()?;
    let phases: Vec<JobPhase> = asked.iter().copied().flatten().collect();
    let after = parameters.single("AFTER")?;
    let after = after
        .map(|value| dali::timestamp(value).map_err(|error| Fault::bad_value("AFTER", value, error)))
        .transpose()?;
    let last = parameters.single("LAST")?;
    let last = last
        .map(|value| {
            let count = value.trim().parse().ok().filter(|count: &u32| *count > 0);
            count.ok_or_else(|| Fault::bad_value("LAST", value, "a number above 0 is needed"))
        })
        .transpose()?;
    let jobs = if !asked.is_empty() && phases.is_empty() {
        Vec::new()
    } else {
        let session = session::of(&request).unwrap_or_default();
        vo.jobs.list(&session, &JobFilter { phases, after, last }).await?
    };
    Ok(xml(documents::jobs(&jobs, &list_url(&request, &vo))))
}

/// `POST async`: a job, started at once with `PHASE=RUN`.
pub(super) async fn create(request: HttpRequest, payload: Payload, vo: Data<Vo>) -> Answer {
    let parameters = Parameters::of(&request, payload, vo.request_bytes).await?;
    let run = match parameters.single("PHASE")? {
        None => false,
        Some("RUN") => true,
        Some(other) => return Err(Fault::bad_value("PHASE", other, "a new job can only RUN").into()),
    };
    let known = session::of(&request);
    let session = known.clone().unwrap_or_else(session::fresh);
    let new = NewJob {
        session: session.clone(),
        run_id: parameters.run_id()?.map(str::to_owned),
        parameters: own(&parameters),
        execution_s: parameters.single("EXECUTIONDURATION")?.map(seconds).transpose()?,
        destruction_at: parameters.single("DESTRUCTION")?.map(moment).transpose()?,
    };
    let job = vo.jobs.create(new).await?;
    if run && let Err(error) = start(&vo, &job).await {
        // A job that could not be queued was not created: the client is told to come back.
        vo.jobs.destroy(&job.id).await?;
        return Err(error);
    }
    let mut response = see_job(&request, &vo, &job.id);
    if known.is_none()
        && let Ok(cookie) = session::cookie(&session).try_into()
    {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Queues a pending job, or ends it when its parameters make no sense.
async fn start(vo: &Vo, job: &Job) -> Result<(), Refusal> {
    if job.phase == JobPhase::Pending
        && let Err(fault) = work::check(&job.parameters)
    {
        let failure = JobFailure { message: fault.soda_text(), is_transient: false };
        return Ok(vo.jobs.fail(&job.id, &failure).await?);
    }
    Ok(vo.jobs.run(&job.id).await?)
}

/// `GET async/{job}`, at once or, with `WAIT`, when its phase has changed.
pub(super) async fn job(request: HttpRequest, name: Path<String>, vo: Data<Vo>) -> Answer {
    let parameters = Parameters::of_query(request.query_string())?;
    let mut job = found(&vo, &name).await?;
    if let Some(value) = parameters.single("WAIT")? {
        let seconds = value.trim().parse::<i64>().ok().filter(|seconds| *seconds >= -1);
        let Some(seconds) = seconds else {
            return Err(Fault::bad_value("WAIT", value, "seconds or -1 are needed").into());
        };
        let most = vo.jobs.longest_wait();
        let most = u64::try_from(seconds).map_or(most, |seconds| Duration::from_secs(seconds).min(most));
        let seen = parameters.single("PHASE")?;
        let is_current = seen.is_none_or(|phase| phase == job.phase.name());
        if is_current {
            job = vo.jobs.wait(&job.id, Some(job.phase), most).await?;
        }
    }
    let results = vo.jobs.results(&job.id).await?;
    let url = format!("{}/{}", list_url(&request, &vo), job.id);
    Ok(xml(documents::job(&job, &results, &url)))
}

/// `POST async/{job}`: only `ACTION=DELETE`; parameters go elsewhere.
pub(super) async fn act(request: HttpRequest, payload: Payload, name: Path<String>, vo: Data<Vo>) -> Answer {
    let job = found(&vo, &name).await?;
    let parameters = Parameters::of(&request, payload, vo.request_bytes).await?;
    match parameters.single("ACTION")? {
        Some("DELETE") => {
            vo.jobs.destroy(&job.id).await?;
            Ok(see(list_url(&request, &vo)))
        }
        _ => Err(Fault::usage("a job takes ACTION=DELETE here; its parameters go to its parameters").into()),
    }
}

/// `DELETE async/{job}`
pub(super) async fn remove(request: HttpRequest, name: Path<String>, vo: Data<Vo>) -> Answer {
    let job = found(&vo, &name).await?;
    vo.jobs.destroy(&job.id).await?;
    Ok(see(list_url(&request, &vo)))
}

pub(super) async fn phase(name: Path<String>, vo: Data<Vo>) -> Answer {
    Ok(text(found(&vo, &name).await?.phase.name().to_owned()))
}

pub(super) async fn set_phase(
    request: HttpRequest,
    payload: Payload,
    name: Path<String>,
    vo: Data<Vo>,
) -> Answer {
    let job = found(&vo, &name).await?;
    let parameters = Parameters::of(&request, payload, vo.request_bytes).await?;
    match parameters.single("PHASE")? {
        Some("RUN") => start(&vo, &job).await?,
        Some("ABORT") => vo.jobs.abort(&job.id).await?,
        other => return Err(Fault::bad_value("PHASE", other.unwrap_or(""), "RUN or ABORT is needed").into()),
    }
    Ok(see_job(&request, &vo, &job.id))
}

pub(super) async fn execution(name: Path<String>, vo: Data<Vo>) -> Answer {
    Ok(text(found(&vo, &name).await?.execution_s.to_string()))
}

pub(super) async fn set_execution(
    request: HttpRequest,
    payload: Payload,
    name: Path<String>,
    vo: Data<Vo>,
) -> Answer {
    let job = found(&vo, &name).await?;
    let parameters = Parameters::of(&request, payload, vo.request_bytes).await?;
    let value = parameters.single("EXECUTIONDURATION")?;
    vo.jobs.set_execution(&job.id, seconds(value.unwrap_or_default())?).await?;
    Ok(see_job(&request, &vo, &job.id))
}

pub(super) async fn destruction(name: Path<String>, vo: Data<Vo>) -> Answer {
    Ok(text(documents::time(found(&vo, &name).await?.destruction_at)))
}

pub(super) async fn set_destruction(
    request: HttpRequest,
    payload: Payload,
    name: Path<String>,
    vo: Data<Vo>,
) -> Answer {
    let job = found(&vo, &name).await?;
    let parameters = Parameters::of(&request, payload, vo.request_bytes).await?;
    let value = parameters.single("DESTRUCTION")?;
    vo.jobs.set_destruction(&job.id, moment(value.unwrap_or_default())?).await?;
    Ok(see_job(&request, &vo, &job.id))
}

pub(super) async fn error(name: Path<String>, vo: Data<Vo>) -> Answer {
    let failure = found(&vo, &name).await?.failure;
    let failure = failure.ok_or_else(|| Fault::not_found("the job has no error"))?;
    Ok(text(failure.message + "\n"))
}

/// No job is promised an end.
pub(super) async fn quote(name: Path<String>, vo: Data<Vo>) -> Answer {
    found(&vo, &name).await?;
    Ok(text(String::new()))
}

/// Jobs of anonymous clients have no owner.
pub(super) async fn owner(name: Path<String>, vo: Data<Vo>) -> Answer {
    found(&vo, &name).await?;
    Ok(text(String::new()))
}

pub(super) async fn results(request: HttpRequest, name: Path<String>, vo: Data<Vo>) -> Answer {
    let job = found(&vo, &name).await?;
    let url = format!("{}/{}", list_url(&request, &vo), job.id);
    Ok(xml(documents::results(&vo.jobs.results(&job.id).await?, &url)))
}

/// `GET async/{job}/results/{result}`: a file with `Range` and `ETag`; `manifest` lists them all.
pub(super) async fn result(request: HttpRequest, names: Path<(String, String)>, vo: Data<Vo>) -> Answer {
    let (name, result) = names.into_inner();
    let job = found(&vo, &name).await?;
    if result == "manifest" {
        let manifest = work::manifest(&vo.jobs.results(&job.id).await?);
        return Ok(HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/csv;header=present"))
            .body(manifest));
    }
    let unknown = || Fault::not_found("no such result");
    let number = result.strip_prefix("result_").filter(|digits| !digits.starts_with('0'));
    let number = number.and_then(|digits| digits.parse().ok()).ok_or_else(unknown)?;
    let (result, path) = vo.jobs.result(&job.id, number).await?;
    let file = NamedFile::open_async(path).await.map_err(|_| unknown())?;
    let media_type = result.media_type.parse().unwrap_or(mime::APPLICATION_OCTET_STREAM);
    let ending = match result.media_type.as_str() {
        "text/plain" => "txt",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        _ => "fits",
    };
    let file_name = ContentDisposition::attachment(format!("{}-result_{number}.{ending}", job.id));
    Ok(file.set_content_type(media_type).set_content_disposition(file_name).into_response(&request))
}

pub(super) async fn parameters(name: Path<String>, vo: Data<Vo>) -> Answer {
    Ok(xml(documents::parameters(&found(&vo, &name).await?)))
}

/// Adds to the parameters of a pending job; a name that is there already gets the new values.
pub(super) async fn set_parameters(
    request: HttpRequest,
    payload: Payload,
    name: Path<String>,
    vo: Data<Vo>,
) -> Answer {
    let job = found(&vo, &name).await?;
    let posted = Parameters::of(&request, payload, vo.request_bytes).await?;
    let given = own(&posted);
    let is_replaced = |known: &str| given.iter().any(|(name, _)| name.eq_ignore_ascii_case(known));
    let kept = job.parameters.iter().filter(|(known, _)| !is_replaced(known)).cloned();
    let parameters: Vec<_> = kept.chain(given.iter().cloned()).collect();
    let run_id = posted.run_id()?.or(job.run_id.as_deref());
    vo.jobs.set_parameters(&job.id, run_id, &parameters).await?;
    Ok(see_job(&request, &vo, &job.id))
}
