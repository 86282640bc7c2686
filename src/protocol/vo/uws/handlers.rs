//! One function for each resource of a job and each method it takes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{
    CONTENT_DISPOSITION, CONTENT_TYPE, ContentDisposition, SET_COOKIE, TryIntoHeaderValue,
};
use chrono::{DateTime, Utc};

use super::call::{Answer, Call, see};
use super::owner::{Owner, user_named_by};
use super::service::Reason;
use super::{TEXT, documents};
use crate::catalogue::{Job, JobFilter, JobPhase};
use crate::jobs::NewJob;
use crate::protocol::byte_ranges;
use crate::protocol::conditional::Validators;
use crate::protocol::vo::dali::{self, Fault, Parameters};
use crate::protocol::vo::soda::work;

const XML: &str = "text/xml; charset=utf-8";

/// What steers a job and is no parameter of it.
const CONTROLS: [&str; 6] = ["PHASE", "RUNID", "DESTRUCTION", "EXECUTIONDURATION", "ACTION", "WAIT"];

fn xml(document: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, XML)).body(document)
}

fn text(text: String) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, TEXT)).body(text)
}

/// The parameters of a job, without what steers it.
fn own(parameters: &Parameters) -> Vec<(String, String)> {
    let is_control = |name: &str| CONTROLS.iter().any(|control| control.eq_ignore_ascii_case(name));
    let own = parameters.iter().filter(|(name, _)| !is_control(name));
    own.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The one value of a control, read.
fn control<T>(
    parameters: &Parameters,
    name: &'static str,
    read: impl Fn(&str) -> Option<T>,
    needed: &str,
) -> Result<Option<T>, Fault> {
    let Some(value) = parameters.single(name)? else { return Ok(None) };
    read(value.trim()).map(Some).ok_or_else(|| Fault::bad_value(name, value, needed))
}

fn execution_of(parameters: &Parameters) -> Result<Option<u64>, Fault> {
    control(parameters, "EXECUTIONDURATION", |text| text.parse().ok(), "whole seconds are needed")
}

fn destruction_of(parameters: &Parameters) -> Result<Option<DateTime<Utc>>, Fault> {
    control(
        parameters,
        "DESTRUCTION",
        |text| dali::timestamp(text).ok(),
        "a time such as 2026-01-31T22:00:00 is needed",
    )
}

/// A control that must be there.
fn required<T>(name: &str, value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::usage(format!("{name} is required")))
}

/// `GET async`: the client's own jobs.
pub(super) async fn list(call: Call) -> Answer {
    let parameters = &call.parameters;
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
    let after = control(parameters, "AFTER", |text| dali::timestamp(text).ok(), "a time is needed")?;
    let count = |text: &str| text.parse().ok().filter(|count: &u32| *count > 0);
    let last = control(parameters, "LAST", count, "a number above 0 is needed")?;
    let jobs = if !asked.is_empty() && phases.is_empty() {
        Vec::new()
    } else {
        let session = Owner::of(&call.request).map(|owner| owner.key()).unwrap_or_default();
        let filter = JobFilter { service: call.service.name(), phases, after, last };
        call.vo.jobs.list(&session, &filter).await?
    };
    Ok(xml(documents::jobs(&jobs, &call.list_url())))
}

/// `POST async`: a job, started at once with `PHASE=RUN`.
pub(super) async fn create(call: Call) -> Answer {
    let parameters = &call.parameters;
    let run = match parameters.single("PHASE")? {
        None => false,
        Some("RUN") => true,
        Some(other) => return Err(Fault::bad_value("PHASE", other, "a new job can only RUN").into()),
    };
    let known = Owner::of(&call.request);
    let is_known = known.is_some();
    let owner = known.unwrap_or_else(Owner::fresh);
    let new = NewJob {
        service: call.service.name(),
        session: owner.key(),
        run_id: parameters.run_id()?.map(str::to_owned),
        parameters: own(parameters),
        execution_s: execution_of(parameters)?,
        destruction_at: destruction_of(parameters)?,
    };
    let jobs = &call.vo.jobs;
    let job = jobs.create(new).await?;
    if run && let Err(reason) = start(&call, &job).await {
        // A job that could not be queued was not created: the client is told to come back.
        jobs.destroy(&job.id).await?;
        return Err(reason);
    }
    let mut response = call.see_job(&job.id);
    if !is_known && let Some(Ok(cookie)) = owner.cookie().map(TryInto::try_into) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Queues a pending job, or ends it when its parameters make no sense.
async fn start(call: &Call, job: &Job) -> Result<(), Reason> {
    let jobs = &call.vo.jobs;
    if job.phase == JobPhase::Pending
        && let Err(failure) = call.service.check(&call.vo.images, &job.parameters)
    {
        return Ok(jobs.fail(&job.id, &failure).await?);
    }
    Ok(jobs.run(&job.id).await?)
}

/// `GET async/{job}`, at once or, with `WAIT`, when its phase has changed.
pub(super) async fn job(call: Call, mut job: Job) -> Answer {
    let jobs = &call.vo.jobs;
    let seconds = |text: &str| text.parse::<i64>().ok().filter(|seconds| *seconds >= -1);
    if let Some(seconds) = control(&call.parameters, "WAIT", seconds, "seconds or -1 are needed")? {
        let most = jobs.longest_wait();
        let most = u64::try_from(seconds).map_or(most, |seconds| Duration::from_secs(seconds).min(most));
        let seen = call.parameters.single("PHASE")?;
        if seen.is_none_or(|phase| phase == job.phase.name()) {
            job = jobs.wait(&job.id, Some(job.phase), most).await?;
        }
    }
    let results = jobs.results(&job.id).await?;
    Ok(xml(documents::job(&job, &results, &call.job_url(&job.id))))
}

/// `POST async/{job}`: only `ACTION=DELETE`; parameters go elsewhere.
pub(super) async fn act(call: Call, job: Job) -> Answer {
    match call.parameters.single("ACTION")? {
        Some("DELETE") => remove(call, job).await,
        _ => Err(Fault::usage("a job takes ACTION=DELETE here; its parameters go to its parameters").into()),
    }
}

/// `DELETE async/{job}`
pub(super) async fn remove(call: Call, job: Job) -> Answer {
    call.vo.jobs.destroy(&job.id).await?;
    Ok(see(call.list_url()))
}

pub(super) async fn phase(_: Call, job: Job) -> Answer {
    Ok(text(job.phase.name().to_owned()))
}

pub(super) async fn set_phase(call: Call, job: Job) -> Answer {
    match call.parameters.single("PHASE")? {
        Some("RUN") => start(&call, &job).await?,
        Some("ABORT") => call.vo.jobs.abort(&job.id).await?,
        other => return Err(Fault::bad_value("PHASE", other.unwrap_or(""), "RUN or ABORT is needed").into()),
    }
    Ok(call.see_job(&job.id))
}

pub(super) async fn execution(_: Call, job: Job) -> Answer {
    Ok(text(job.execution_s.to_string()))
}

pub(super) async fn set_execution(call: Call, job: Job) -> Answer {
    let seconds = required("EXECUTIONDURATION", execution_of(&call.parameters)?)?;
    call.vo.jobs.set_execution(&job.id, seconds).await?;
    Ok(call.see_job(&job.id))
}

pub(super) async fn destruction(_: Call, job: Job) -> Answer {
    Ok(text(documents::time(job.destruction_at)))
}

pub(super) async fn set_destruction(call: Call, job: Job) -> Answer {
    let at = required("DESTRUCTION", destruction_of(&call.parameters)?)?;
    call.vo.jobs.set_destruction(&job.id, at).await?;
    Ok(call.see_job(&job.id))
}

pub(super) async fn error(call: Call, job: Job) -> Answer {
    let failure = job.failure.ok_or_else(|| Fault::not_found("the job has no error"))?;
    Ok(call.service.error_document(failure))
}

/// No job is promised an end.
pub(super) async fn quote(_: Call, _: Job) -> Answer {
    Ok(text(String::new()))
}

/// Jobs of anonymous clients have no owner.
pub(super) async fn owner(_: Call, job: Job) -> Answer {
    Ok(text(user_named_by(&job).unwrap_or_default().to_owned()))
}

pub(super) async fn results(call: Call, job: Job) -> Answer {
    Ok(xml(documents::results(&call.vo.jobs.results(&job.id).await?, &call.job_url(&job.id))))
}

/// `GET async/{job}/results/{result}`: a file with `Range` and `ETag`; `manifest` lists them all.
pub(super) async fn result(call: Call, job: Job) -> Answer {
    let jobs = &call.vo.jobs;
    let name = call.request.match_info().get("result").unwrap_or_default();
    if name == "manifest" {
        let manifest = work::manifest(&jobs.results(&job.id).await?);
        return Ok(HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/csv;header=present"))
            .body(manifest));
    }
    let unknown = || Fault::not_found("no such result");
    let number = name.strip_prefix("result_").filter(|digits| !digits.starts_with('0'));
    let number = number.and_then(|digits| digits.parse().ok()).ok_or_else(unknown)?;
    let (result, file) = jobs.result(&job.id, number).await?;
    let ending = match result.media_type.as_str() {
        "text/plain" => "txt",
        "application/json" => "json",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        _ => "fits",
    };
    // A result is written once; only that of a job which is run again after a restart is made anew.
    let mut hasher = DefaultHasher::new();
    (job.id.as_str(), number, result.bytes, file.modified()).hash(&mut hasher);
    let validators = Validators::strong(hasher.finish(), Some(file.modified()));
    let read = move |range| file.clone().read(range);
    let mut response =
        byte_ranges::answer(&call.request, &result.media_type, result.bytes, &validators, read);
    let file_name = ContentDisposition::attachment(format!("{}-result_{number}.{ending}", job.id));
    if let Ok(file_name) = file_name.try_into_value() {
        response.headers_mut().insert(CONTENT_DISPOSITION, file_name);
    }
    Ok(response)
}

pub(super) async fn parameters(_: Call, job: Job) -> Answer {
    Ok(xml(documents::parameters(&job)))
}

/// Adds to the parameters of a pending job; a name that is there already gets the new values.
pub(super) async fn set_parameters(call: Call, job: Job) -> Answer {
    let given = own(&call.parameters);
    let is_replaced = |known: &str| given.iter().any(|(name, _)| name.eq_ignore_ascii_case(known));
    let kept = job.parameters.iter().filter(|(known, _)| !is_replaced(known)).cloned();
    let parameters: Vec<_> = kept.chain(given.iter().cloned()).collect();
    let run_id = call.parameters.run_id()?.or(job.run_id.as_deref());
    call.vo.jobs.set_parameters(&job.id, run_id, &parameters).await?;
    Ok(call.see_job(&job.id))
}
