//! What is done with a picture beside showing it: it goes into memory, smaller if it is very big, and is looked at for
//! motion. None of the work delays anybody.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::motion::MotionDetector;
use crate::camera::camera::Camera;
use crate::camera::config::Memory;
use crate::camera::events::Happening;
use crate::camera::frame::Frame;
use crate::camera::look::scale::{self, WorkError};
use crate::camera::pace::Pace;
use crate::camera::resolution::Resolution;

/// Pictures of the past are given at this size at most, so no more is worth keeping of a very big one.
const REMEMBERED: Resolution = Resolution::new(1280, 960);
/// Pictures larger than this are kept smaller unless the settings say otherwise.
const BIG: Resolution = Resolution::new(1920, 1200);
/// Pictures per second looked at for motion.
const MOTION_FPS: f64 = 4.0;

/// The chores of one camera.
#[derive(Debug)]
pub(super) struct Chores {
    memory: Chore,
    motion: Option<(Chore, Arc<Mutex<MotionDetector>>)>,
}

/// Work at a rate of its own, never twice at the same time.
#[derive(Debug)]
struct Chore {
    pace: Pace,
    busy: Arc<AtomicBool>,
}

impl Chore {
    fn new(fps: f64) -> Self {
        Self { pace: Pace::new(fps), busy: Arc::default() }
    }

    /// Does the work on the blocking pool if it is due and the last one is done.
    fn start(
        &mut self,
        camera: &Arc<Camera>,
        frame: &Arc<Frame>,
        work: impl FnOnce(&Camera, &Frame) -> Result<(), WorkError> + Send + 'static,
    ) {
        if !self.pace.admits(frame.captured.monotonic, camera.interval())
            || self.busy.swap(true, Ordering::AcqRel)
        {
            return;
        }
        let done = Done(self.busy.clone());
        let (camera, frame) = (camera.clone(), frame.clone());
        tokio::task::spawn_blocking(move || {
            let _done = done;
            if let Err(error) = work(&camera, &frame) {
                tracing::debug!(camera = camera.name(), error, "picture left out");
            }
        });
    }
}

/// Frees the chore for the next picture, whatever happened to this one.
struct Done(Arc<AtomicBool>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Chores {
    pub(super) fn of(camera: &Camera) -> Self {
        let config = camera.config();
        let motion = config.motion.then(|| {
            let detector = MotionDetector::new(config.motion_part);
            (Chore::new(MOTION_FPS), Arc::new(Mutex::new(detector)))
        });
        Self { memory: Chore::new(config.buffer_fps), motion }
    }

    /// A frame came.
    pub(super) fn start(&mut self, camera: &Arc<Camera>, frame: &Arc<Frame>) {
        if let Some((chore, detector)) = &mut self.motion {
            let detector = detector.clone();
            chore.start(camera, frame, move |camera, frame| {
                let moving = detector.lock().unwrap_or_else(PoisonError::into_inner).look(&frame.jpeg)?;
                if let Some(moving) = moving {
                    camera.record(Happening::Motion(moving));
                }
                Ok(())
            });
        }
        let smaller = match camera.config().buffer_pictures {
            Memory::Original => false,
            Memory::Auto => !BIG.covers(frame.resolution),
            Memory::Reduced => !REMEMBERED.covers(frame.resolution),
        };
        if smaller {
            self.memory.start(camera, frame, remember_smaller);
        } else {
            camera.remember(frame.clone());
        }
    }
}

fn remember_smaller(camera: &Camera, frame: &Frame) -> Result<(), WorkError> {
    let config = camera.config();
    let size = frame.resolution.fitted(REMEMBERED);
    let picture =
        scale::decode_at(&frame.jpeg, frame.resolution, size, crate::camera::look::fit::Fit::Stretch)?;
    let jpeg = scale::encode(&picture, config.quality)?;
    camera.remember(Arc::new(Frame { resolution: size, jpeg, ..frame.clone() }));
    Ok(())
}
