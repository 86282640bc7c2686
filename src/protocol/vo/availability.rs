//! Whether the services answer, and what they would refuse at the moment: told by VOSI and by ImageServ alike.

use std::time::Duration;

use super::Vo;
use crate::error::chain;
use crate::jobs::JobsLoad;
use crate::render::Load;

/// What does not answer within this time does not answer.
const PATIENCE: Duration = Duration::from_millis(900);
const MIB: u64 = 1 << 20;

/// What the services say about themselves now.
#[derive(Clone, Debug)]
pub struct Availability {
    /// Whether requests are taken.
    pub is_available: bool,
    /// Sentences for people: how it is, what is refused, how much room is taken, what one request may ask for.
    pub notes: Vec<String>,
}

impl Availability {
    /// Looks at the catalogue, the archives, the queues and the room for results.
    pub async fn of(vo: &Vo) -> Self {
        let images = &vo.images;
        let looked = tokio::time::timeout(PATIENCE, async {
            (images.archives.are_readable().await, vo.jobs.load().await)
        });
        let (is_readable, jobs) = match looked.await {
            Ok((is_readable, Ok(load))) => (is_readable, Some(load)),
            Ok((is_readable, Err(error))) => {
                tracing::warn!(error = %chain(&error), "jobs cannot be counted");
                (is_readable, None)
            }
            Err(_) => (false, None),
        };
        let is_available = is_readable && jobs.is_some();
        let state = if is_available {
            "service is accepting queries"
        } else {
            "an archive or the catalogue cannot be read"
        };
        let render = images.renderer.load();
        let mut notes = vec![state.to_owned()];
        notes.extend(refused_by(&render, jobs.as_ref()).map(str::to_owned));
        notes.push(format!("{} cutouts are being made and {} wait", render.in_flight, render.queued));
        notes.extend(jobs.map(|jobs| {
            format!(
                "of {} places in the queue of jobs {} are taken, of {} MiB for their results {}, of {} jobs kept {}",
                jobs.places,
                jobs.queued,
                jobs.most_scratch_bytes / MIB,
                jobs.scratch_bytes.div_ceil(MIB),
                jobs.most_kept,
                jobs.kept
            )
        }));
        let settings = &images.settings;
        notes.push(format!(
            "searches have at most {} rows; synchronous cutouts have at most {} pixels; \
             cutouts by size cover at most {} square degrees",
            settings.most_rows, settings.sync_pixels, settings.cutout_square_degrees
        ));
        Self { is_available, notes }
    }
}

/// What is refused until there is room again.
fn refused_by(render: &Load, jobs: Option<&JobsLoad>) -> impl Iterator<Item = &'static str> {
    let has = |is_full: fn(&JobsLoad) -> bool| jobs.is_some_and(is_full);
    [
        (
            render.queued >= render.most_queued,
            "the queue of cutouts is full: new ones are refused for the moment",
        ),
        (
            has(|jobs| jobs.queued >= jobs.places),
            "the queue of jobs is full: none can be started for the moment",
        ),
        (has(|jobs| jobs.kept >= jobs.most_kept), "as many jobs are kept as may be: new ones are refused"),
        (
            has(|jobs| jobs.most_scratch_bytes.saturating_sub(jobs.scratch_bytes) < MIB),
            "the room for results is used up: jobs fail until others are destroyed",
        ),
    ]
    .into_iter()
    .filter_map(|(is_refused, note)| is_refused.then_some(note))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_full_is_told() {
        let idle = Load {
            in_flight: 0,
            queued: 0,
            most_queued: 4,
            hits: 0,
            misses: 0,
            rendition_bytes: 0,
            frame_bytes: 0,
            held_bytes: 0,
        };
        let room = JobsLoad {
            queued: 0,
            places: 2,
            kept: 1,
            most_kept: 3,
            scratch_bytes: 0,
            most_scratch_bytes: 8 * MIB,
        };
        let told =
            |render: Load, jobs: JobsLoad| refused_by(&render, Some(&jobs)).collect::<Vec<_>>().concat();
        assert_eq!(told(idle, room), "");
        for (render, jobs, word) in [
            (Load { queued: 4, ..idle }, room, "queue of cutouts"),
            (idle, JobsLoad { queued: 2, ..room }, "queue of jobs"),
            (idle, JobsLoad { kept: 3, ..room }, "jobs are kept"),
            (idle, JobsLoad { scratch_bytes: 8 * MIB - 1, ..room }, "room for results"),
        ] {
            assert!(told(render, jobs).contains(word), "{word}");
        }
    }
}
