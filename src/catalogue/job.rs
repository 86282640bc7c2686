//! A client's job and what it made (UWS 1.1).

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The unguessable name of a job: 122 random bits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JobId(String);

impl JobId {
    /// A name nobody has.
    pub fn random() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    /// The name a client gives, if it can be one: lower-case hexadecimal digits, safe in paths.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == 32 && text.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a job is on its way (UWS 1.1 §2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobPhase {
    /// Created; its parameters may change.
    Pending,
    /// Waiting for a worker.
    Queued,
    /// With a worker.
    Executing,
    /// Done.
    Completed,
    /// Failed.
    Error,
    /// Stopped by the client or by its time limit.
    Aborted,
}

impl JobPhase {
    /// Every phase.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Queued, Self::Executing, Self::Completed, Self::Error, Self::Aborted];

    /// The name UWS gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Queued => "QUEUED",
            Self::Executing => "EXECUTING",
            Self::Completed => "COMPLETED",
            Self::Error => "ERROR",
            Self::Aborted => "ABORTED",
        }
    }

    /// The phase of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }

    /// Whether it may still change by itself or by the client.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Pending | Self::Queued | Self::Executing)
    }
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFailure {
    /// One sentence with its label, for anyone.
    pub message: String,
    /// Whether the same again may succeed.
    pub is_transient: bool,
}

/// A file a job made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobResult {
    /// 1, 2, 3, … in the order of the request.
    pub number: u32,
    /// Its length.
    pub bytes: u64,
    /// Its media type.
    pub media_type: String,
    /// What it is, in words.
    pub description: String,
}

/// A job.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its name.
    pub id: JobId,
    /// Which service runs it, in that service's own words.
    pub service: String,
    /// The session or the user it may be listed for; empty for none.
    pub session: String,
    /// Where it is on its way.
    pub phase: JobPhase,
    /// The client's own name for the run.
    pub run_id: Option<String>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When a worker took it.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Seconds it may run; 0 for as long as the service lets it.
    pub execution_s: u64,
    /// When it and its results are forgotten.
    pub destruction_at: DateTime<Utc>,
    /// Names and values in order.
    pub parameters: Vec<(String, String)>,
    /// Why it failed.
    pub failure: Option<JobFailure>,
}

/// Which jobs of a session are listed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobFilter {
    /// Those of this service.
    pub service: String,
    /// Any of these phases; none means all.
    pub phases: Vec<JobPhase>,
    /// Created after this time.
    pub after: Option<DateTime<Utc>>,
    /// Only so many, the newest.
    pub last: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_long_random_and_safe_in_paths() {
        let id = JobId::random();
        assert_eq!(JobId::parse(id.as_str()), Some(id));
        for text in ["", "..", "../../../../../../../../../../etc", "ABCDEF00ABCDEF00ABCDEF00ABCDEF00"] {
            assert_eq!(JobId::parse(text), None);
        }
    }
}
