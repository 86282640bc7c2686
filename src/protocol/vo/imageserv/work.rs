//! What an ImageServ job does: the one answer its parameters would have had at once becomes its result.

use bytes::Bytes;

use super::error::Failure;
use super::images::{Outcome, failed, holding, outcome};
use super::parameters::Parameters;
use super::request::Request;
use crate::catalogue::{Job, JobFailure};
use crate::jobs::{Outbox, OutboxError};
use crate::protocol::vo::Images;
use crate::protocol::vo::order::Made;

/// Fails when the parameters of a job on an archive make no sense.
///
/// # Errors
/// What is wrong with them.
pub fn check(images: &Images, db: &str, parameters: &[(String, String)]) -> Result<(), JobFailure> {
    let parameters = Parameters::of_pairs(parameters.to_vec())?;
    Request::of(&parameters, holding(images, db, &parameters)?.scheme)?;
    Ok(())
}

/// Makes the result of a job on an archive.
///
/// # Errors
/// When there is no such image, it cannot be made, or its result not be kept.
pub async fn perform(images: &Images, db: &str, job: &Job, outbox: &Outbox) -> Result<(), JobFailure> {
    let parameters = Parameters::of_pairs(job.parameters.clone())?;
    let (made, media_type) = match outcome(images, db, &parameters).await? {
        Outcome::Identity(identity) => {
            (Made::of(Bytes::from(identity.to_string())), "application/json".to_owned())
        }
        Outcome::Image { order, science_id } => {
            let made = order.make(&images.renderer).await;
            (made.map_err(|error| failed(error, science_id))?, order.form.media_type().to_owned())
        }
    };
    let kept = made.keep(outbox, 1, &media_type, String::new()).await;
    Ok(kept.map_err(Failure::from)?)
}

impl From<Failure> for JobFailure {
    fn from(failure: Failure) -> Self {
        Self { message: failure.to_string(), is_transient: failure.is_transient() }
    }
}

impl From<OutboxError> for Failure {
    fn from(error: OutboxError) -> Self {
        tracing::error!(error = %crate::error::chain(&error), "result not kept");
        match error {
            OutboxError::Full(_) => Self::busy(error.to_string()),
            _ => Self::internal(error.to_string()),
        }
    }
}
