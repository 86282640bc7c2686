//! What requests and jobs alike find and cut images with.

use std::sync::Arc;

use super::{Archives, VoConfig};
use crate::clock::Clock;
use crate::render::Renderer;

/// The archives, what opens their files, and what may be asked for. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Images {
    /// The archives and their images.
    pub archives: Archives,
    /// What opens their files.
    pub renderer: Renderer,
    /// The time cutouts are stamped with.
    pub clock: Arc<dyn Clock>,
    /// What one request may ask for.
    pub settings: Arc<VoConfig>,
}
