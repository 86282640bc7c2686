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
pub(super) trait PictureMaker: Send + 'static {
    /// The picture for this moment. Runs on the blocking pool.
    fn next(&mut self, at: Moment) -> Result<Bytes, SourceError>;
}

/// A session that asks a [`PictureMaker`] for a picture at a steady rate. A beat that is missed is left out.
pub(super) struct SteadyPictures<M> {
    maker: Option<M>,
    beat: tokio::time::Interval,
    clock: Arc<dyn Clock>,
}

impl<M: PictureMaker> SteadyPictures<M> {
    pub(super) fn new(maker: M, fps: f64, clock: Arc<dyn Clock>) -> Self {
        let mut beat = tokio::time::interval(Duration::from_secs_f64(fps.recip()));
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Self { maker: Some(maker), beat, clock }
    }

    async fn make(&mut self) -> Result<Capture, SourceError> {
        self.beat.tick().await;
        let captured = Moment::now(&*self.clock);
        let mut maker = self.maker.take().ok_or(SourceError::NoPictures("the source ended"))?;
        let (maker, jpeg) = tokio::task::spawn_blocking(move || {
            let jpeg = maker.next(captured);
            (maker, jpeg)
        })
        .await
        .map_err(|_| SourceError::NoPictures("the source failed"))?;
        self.maker = Some(maker);
        Ok(Capture::Picture { captured, jpeg: jpeg? })
    }
}

impl<M: PictureMaker> Session for SteadyPictures<M> {
    fn next(&mut self) -> BoxFuture<'_, Result<Capture, SourceError>> {
        Box::pin(self.make())
    }
}
