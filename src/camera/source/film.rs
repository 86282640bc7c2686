//! Pictures that are made or read by blocking work, one at each beat of a clock.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::time::MissedTickBehavior;

use super::{Capture, Session};
use crate::camera::error::SourceError;
use crate::camera::frame::Moment;
use crate::clock::Clock;

/// Work that gives a picture whenever it is asked for one.
pub(super) trait Film: Send + 'static {
    /// The picture for this moment. Runs on the blocking pool.
    fn next(&mut self, at: Moment) -> Result<Bytes, SourceError>;
}

/// A session that asks a [`Film`] for a picture at a steady rate. A beat that is missed is left out.
pub(super) struct Projector<F> {
    film: Option<F>,
    beat: tokio::time::Interval,
    clock: Arc<dyn Clock>,
}

impl<F: Film> Projector<F> {
    pub(super) fn new(film: F, fps: f64, clock: Arc<dyn Clock>) -> Self {
        let mut beat = tokio::time::interval(Duration::from_secs_f64(fps.recip()));
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Self { film: Some(film), beat, clock }
    }

    async fn project(&mut self) -> Result<Capture, SourceError> {
        self.beat.tick().await;
        let captured = Moment::now(&*self.clock);
        let mut film = self.film.take().ok_or(SourceError::NoPictures("the source ended"))?;
        let (film, jpeg) = tokio::task::spawn_blocking(move || {
            let jpeg = film.next(captured);
            (film, jpeg)
        })
        .await
        .map_err(|_| SourceError::NoPictures("the source failed"))?;
        self.film = Some(film);
        Ok(Capture::Picture { captured, jpeg: jpeg? })
    }
}

impl<F: Film> Session for Projector<F> {
    fn next(&mut self) -> BoxFuture<'_, Result<Capture, SourceError>> {
        Box::pin(self.project())
    }
}
