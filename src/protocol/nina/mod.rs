//! The "Advanced API v2" of the capture program N.I.N.A., for its clients as they are.
//!
//! Every answer but a streamed picture is one JSON envelope whose `StatusCode` says how it went.
//! Binding rules of parameters: [`parameters`]; the form of numbers and dates: [`json`]; what holds for every
//! answer: [`conventions`]; what is known but not served: [`unserved`].

pub mod announce;
pub mod base64_answer;
pub mod companion;
mod config;
pub mod conventions;
pub mod envelope;
pub mod equipment;
pub mod error;
pub mod events;
pub mod history;
pub mod hub;
pub mod image;
pub mod image_request;
pub mod item;
pub mod json;
pub mod original;
pub mod parameters;
pub mod prefix;
pub mod profile;
mod refused;
pub mod route;
pub mod sensor;
pub mod socket;
pub mod system;
pub mod thumbnail;
pub mod unserved;
pub mod upload;

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use chrono::{DateTime, FixedOffset};
use tokio_util::sync::CancellationToken;

pub use self::config::{NinaConfig, StatusLine};
use self::history::Listings;
use self::hub::Hub;
use self::profile::Profile;
pub use self::refused::{refused, service};
use self::route::resource;
pub use self::system::API_VERSION;
use crate::catalogue::Catalogue;
use crate::clock::Clock;
use crate::ingest::upload::Uploads;
use crate::render::{Renderer, Shelf};

/// What the handlers of this dialect work with.
#[derive(Debug)]
pub struct Nina {
    /// The list of frames.
    pub catalogue: Arc<Catalogue>,
    /// What makes pictures of them.
    pub renderer: Renderer,
    /// How the dialect answers.
    pub settings: NinaConfig,
    /// What pictures look like.
    pub profile: Arc<Profile>,
    /// Civil time.
    pub clock: Arc<dyn Clock>,
    /// When the service started, on this machine's clock.
    pub started_at: DateTime<FixedOffset>,
    /// Histories written lately.
    pub listings: Listings,
    /// Pictures for lists.
    pub thumbnails: Shelf,
    /// Who listens on the websocket.
    pub hub: Hub,
    /// Where uploaded frames go, if anybody may upload.
    pub uploads: Option<Uploads>,
}

/// What the dialect is built on.
#[derive(Debug)]
pub struct Foundation {
    /// The list of frames.
    pub catalogue: Arc<Catalogue>,
    /// What makes pictures of them.
    pub renderer: Renderer,
    /// What pictures look like, with what clients changed in earlier runs.
    pub profile: Arc<Profile>,
    /// Civil time.
    pub clock: Arc<dyn Clock>,
    /// Pictures for lists.
    pub thumbnails: Shelf,
    /// Where uploaded frames go, if anybody may upload.
    pub uploads: Option<Uploads>,
    /// Says when the service ends.
    pub stopping: CancellationToken,
}

impl Nina {
    /// The dialect over a catalogue.
    pub fn new(foundation: Foundation, settings: NinaConfig) -> Self {
        let Foundation { catalogue, renderer, profile, clock, thumbnails, uploads, stopping } = foundation;
        Self {
            hub: Hub::new(settings.listeners, settings.listener_queue, stopping),
            profile,
            started_at: system::local(clock.utc()),
            listings: Listings::default(),
            catalogue,
            renderer,
            settings,
            clock,
            thumbnails,
            uploads,
        }
    }
}

/// Mounts the dialect under `/v2`.
pub fn configure(service: &mut ServiceConfig) {
    let api = web::scope("/api")
        .service(resource("").get(system::root))
        .service(resource("/version").get(system::version))
        .service(resource("/version/nina").get(system::program_version))
        .service(resource("/time").get(system::time))
        .service(resource("/application-start").get(system::application_start))
        .service(resource("/application/plugins").get(system::plugins))
        .service(resource("/plugin/settings").get(system::plugin_settings))
        .service(resource("/image-history").get(history::history))
        .service(resource("/image/{index}").get(image::image).head(image::image))
        .service(resource("/image/thumbnail/{index}").get(thumbnail::thumbnail).head(thumbnail::thumbnail))
        .service(resource("/image/{index}/prefix").get(prefix::prefix))
        .service(resource("/image/{index}/solve").get(unserved::solve))
        .service(resource("/prepared-image").get(image::prepared_image).head(image::prepared_image))
        .service(resource("/prepared-image/solve").get(unserved::solve_prepared))
        .service(resource("/event-history").get(events::event_history))
        .service(resource("/upload/{name}").post(upload::upload))
        .service(resource("/profile/show").get(profile::show))
        .service(resource("/profile/change-value").get(profile::change_value))
        .service(resource("/equipment/info").get(equipment::all_info))
        .service(resource("/equipment/camera/capture").get(equipment::capture))
        .service(resource("/equipment/camera/capture/statistics").get(equipment::capture_statistics))
        .service(resource("/equipment/{device}/info").get(equipment::info))
        .service(resource("/livestack/status").get(equipment::livestack_status))
        .service(resource("/livestack/image/available").get(equipment::livestack_images))
        .service(resource("/livestack/image/{target}/{filter}").get(equipment::livestack_image))
        .service(resource("/livestack/image/{target}/{filter}/info").get(equipment::livestack_image))
        .default_service(web::to(unserved::unserved));
    service.service(
        web::scope("/v2")
            .wrap(from_fn(conventions::keep_conventions))
            .service(resource("/socket").get(socket::socket))
            .service(api)
            .default_service(web::to(unserved::unserved)),
    );
}
