//! The XML of UWS 1.1: a job, its parameters, its results, a list of jobs.

use chrono::{DateTime, SecondsFormat, Utc};

use super::owner::user_named_by;
use crate::catalogue::{Job, JobResult};
use crate::protocol::vo::xml::XmlWriter;

const NAMESPACES: [(&str, &str); 3] = [
    ("xmlns:uws", "http://www.ivoa.net/xml/UWS/v1.0"),
    ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
];
const NIL: [(&str, &str); 1] = [("xsi:nil", "true")];

/// A time as UWS writes it.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// `uws:job`; `url` is the address of the job.
pub(super) fn job(job: &Job, results: &[JobResult], url: &str) -> Vec<u8> {
    let mut xml = XmlWriter::new();
    let mut root = NAMESPACES.to_vec();
    root.push(("version", "1.1"));
    xml.open("uws:job", &root);
    xml.leaf("uws:jobId", &[], job.id.as_str());
    if let Some(run_id) = &job.run_id {
        xml.leaf("uws:runId", &[], run_id);
    }
    write_owner(&mut xml, job);
    xml.leaf("uws:phase", &[], job.phase.name());
    xml.empty("uws:quote", &NIL);
    xml.leaf("uws:creationTime", &[], &time(job.created_at));
    for (name, at) in [("uws:startTime", job.started_at), ("uws:endTime", job.ended_at)] {
        match at {
            Some(at) => xml.leaf(name, &[], &time(at)),
            None => xml.empty(name, &NIL),
        }
    }
    xml.leaf("uws:executionDuration", &[], &job.execution_s.to_string());
    xml.leaf("uws:destruction", &[], &time(job.destruction_at));
    write_parameters(&mut xml, &job.parameters, &[]);
    write_results(&mut xml, results, url, &[]);
    if let Some(failure) = &job.failure {
        let kind = if failure.is_transient { "transient" } else { "fatal" };
        xml.open("uws:errorSummary", &[("type", kind), ("hasDetail", "true")]);
        xml.leaf("uws:message", &[], &failure.message);
        xml.close();
    }
    xml.finish()
}

/// `uws:parameters`
pub(super) fn parameters(job: &Job) -> Vec<u8> {
    let mut xml = XmlWriter::new();
    write_parameters(&mut xml, &job.parameters, &NAMESPACES);
    xml.finish()
}

/// `uws:results`
pub(super) fn results(results: &[JobResult], url: &str) -> Vec<u8> {
    let mut xml = XmlWriter::new();
    write_results(&mut xml, results, url, &NAMESPACES);
    xml.finish()
}

/// `uws:jobs`; `url` is the address of the list.
pub(super) fn jobs(jobs: &[Job], url: &str) -> Vec<u8> {
    let mut xml = XmlWriter::new();
    let mut root = NAMESPACES.to_vec();
    root.push(("version", "1.1"));
    xml.open("uws:jobs", &root);
    xml.line();
    for job in jobs {
        let address = format!("{url}/{}", job.id);
        xml.open("uws:jobref", &[("id", job.id.as_str()), ("xlink:href", &address)]);
        xml.leaf("uws:phase", &[], job.phase.name());
        if let Some(run_id) = &job.run_id {
            xml.leaf("uws:runId", &[], run_id);
        }
        write_owner(&mut xml, job);
        xml.leaf("uws:creationTime", &[], &time(job.created_at));
        xml.close();
        xml.line();
    }
    xml.finish()
}

fn write_owner(xml: &mut XmlWriter, job: &Job) {
    match user_named_by(job) {
        Some(name) => xml.leaf("uws:ownerId", &[], name),
        None => xml.empty("uws:ownerId", &NIL),
    }
}

fn write_parameters(xml: &mut XmlWriter, parameters: &[(String, String)], attributes: &[(&str, &str)]) {
    xml.open("uws:parameters", attributes);
    for (name, value) in parameters {
        xml.leaf("uws:parameter", &[("id", name)], value);
    }
    xml.close();
}

fn write_results(xml: &mut XmlWriter, results: &[JobResult], url: &str, attributes: &[(&str, &str)]) {
    xml.open("uws:results", attributes);
    for result in results {
        let id = format!("result_{}", result.number);
        let address = format!("{url}/results/{id}");
        let (bytes, media_type) = (result.bytes.to_string(), result.media_type.as_str());
        xml.empty(
            "uws:result",
            &[("id", &id), ("xlink:href", &address), ("size", &bytes), ("mime-type", media_type)],
        );
    }
    xml.close();
}
