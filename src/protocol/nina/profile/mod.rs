//! The profile: the image settings clients see and may change, and the rest of what they look for in one.

mod document;
mod image_settings;

use std::sync::{PoisonError, RwLock};

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, Responder};

pub use self::image_settings::{ImageSettings, InvalidValue, Setting};
use super::envelope::Envelope;
use super::error::Failure;
use super::parameters::QueryParameters;
use super::{Nina, NinaConfig};
use crate::catalogue::{Catalogue, CatalogueError};

/// The profile in use.
#[derive(Debug)]
pub struct Profile(RwLock<ImageSettings>);

impl Profile {
    /// The settings of the file, with what clients changed before.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn load(config: &NinaConfig, catalogue: &Catalogue) -> Result<Self, CatalogueError> {
        let mut settings = ImageSettings::from(config);
        for (path, value) in catalogue.profile_settings().await? {
            if let Some(Ok(changed)) = Setting::at(&path).map(|setting| settings.with(setting, &value)) {
                settings = changed;
            } else {
                tracing::warn!(path, value, "a changed profile setting is not understood any more");
            }
        }
        Ok(Self(RwLock::new(settings)))
    }

    /// What pictures follow now.
    pub fn image_settings(&self) -> ImageSettings {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes one setting for all later pictures and runs of the service.
    async fn change(&self, catalogue: &Catalogue, path: &str, value: &str) -> Result<(), Failure> {
        let Some(setting) = Setting::at(path) else { return Err(not_changeable(path)) };
        let invalid = |InvalidValue| Failure::refused(StatusCode::BAD_REQUEST, "Invalid value");
        self.image_settings().with(setting, value).map_err(invalid)?;
        // Two clients may change settings at once: the one whose batch comes last wins, on disk and here alike.
        let mut batch = catalogue.begin().await?;
        batch.put_profile_setting(path, value).await?;
        let changed = self.image_settings().with(setting, value).map_err(invalid)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = changed;
        Ok(batch.commit().await?)
    }
}

/// Settings of the capture program that exist but mean nothing here are refused in a way clients pass over.
fn not_changeable(path: &str) -> Failure {
    let section = path.split('-').next().unwrap_or_default();
    if path.contains('-') && document::has_section(section) {
        Failure::conflict("This setting can not be changed here")
    } else {
        Failure::refused(StatusCode::BAD_REQUEST, "Invalid path")
    }
}

/// `GET /profile/show`: the one profile there is, listed, or with `active=true` in full.
///
/// # Errors
/// 400 for a parameter that cannot be read.
pub async fn show(request: HttpRequest, nina: Data<Nina>) -> Result<HttpResponse, Failure> {
    let parameters = QueryParameters::of(&request)?;
    if !parameters.boolean("active")?.unwrap_or(false) {
        return Ok(Envelope::success([document::listed(nina.started_at)]).respond_to(&request));
    }
    let order = nina.catalogue.history_order().await?;
    let newest = match order.frames(None).last() {
        Some(frame) => nina.catalogue.history_entry(*frame).await?,
        None => None,
    };
    let settings = nina.profile.image_settings();
    let document = document::active(&settings, newest.as_deref(), nina.started_at);
    Ok(Envelope::success(document).respond_to(&request))
}

/// `GET /profile/change-value`: changes one of the image settings.
///
/// # Errors
/// `Invalid path`, `New value can't be null`, `Invalid value`, 409 for settings that mean nothing here.
pub async fn change_value(request: HttpRequest, nina: Data<Nina>) -> Result<HttpResponse, Failure> {
    let parameters = QueryParameters::of(&request)?;
    let path = parameters.value("settingpath").unwrap_or_default();
    let value = parameters
        .value("newValue")
        .ok_or_else(|| Failure::refused(StatusCode::BAD_REQUEST, "New value can't be null"))?;
    nina.profile.change(&nina.catalogue, path, value).await?;
    tracing::info!(path, value, "profile setting changed");
    Ok(Envelope::success("Updated setting").respond_to(&request))
}
