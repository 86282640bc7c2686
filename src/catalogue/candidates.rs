//! The few images a search has to look at: those that a condition with an index leaves, by place, target or time.

use sqlx::sqlite::SqliteArguments;
use sqlx::{Row, Sqlite};

use super::{Catalogue, ImageSearch, Interval, Result, SearchedDataset};
use crate::sky::{Region, UnitVectorBox};

/// Images near a place, of a target or of a time that are looked at one by one; where there are more, much of the
/// dataset is meant, and it is read in order.
const MOST_CANDIDATES: usize = 100_000;
/// More than the end of an exposure, in days, is off its begin and its length by rounding.
const ROUNDING_D: f64 = 1e-6;

impl Catalogue {
    /// The few frames that a condition with an index leaves, in the order of their science ids; `None` when no such
    /// condition is asked or each leaves too many.
    pub(super) async fn candidates(
        &self,
        dataset: &SearchedDataset,
        wanted: &ImageSearch,
    ) -> Result<Option<Vec<i64>>> {
        let Some(source) = self.source_of(dataset).await? else { return Ok(Some(Vec::new())) };
        for condition in [
            Candidates::in_regions(source, &wanted.regions),
            Candidates::of_targets(source, &wanted.targets),
            Candidates::at_times(source, &wanted.times_mjd),
        ] {
            if let Some(frames) = self.frames_of(condition).await? {
                return Ok(Some(frames));
            }
        }
        Ok(None)
    }

    /// The number of a dataset in the other tables.
    async fn source_of(&self, dataset: &SearchedDataset) -> Result<Option<i64>> {
        let query = sqlx::query_scalar("select id from source where db = ? and dataset = ?");
        Ok(query
            .bind(dataset.db.as_str())
            .bind(dataset.dataset.as_str())
            .fetch_optional(&self.readers)
            .await?)
    }

    async fn frames_of(&self, candidates: Vec<Candidates<'_>>) -> Result<Option<Vec<i64>>> {
        if candidates.is_empty() {
            return Ok(None);
        }
        let mut found: Vec<(i64, i64)> = Vec::new();
        for one in candidates {
            let sql = one.sql();
            for row in one.bound(sqlx::query(sql)).fetch_all(&self.readers).await? {
                found.push((row.try_get(0)?, row.try_get(1)?));
            }
            if found.len() > MOST_CANDIDATES {
                return Ok(None);
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(Some(found.into_iter().map(|(_, frame)| frame).collect()))
    }
}

/// A query and its values.
type Bound<'a> = sqlx::query::Query<'a, Sqlite, SqliteArguments>;

/// Images of a dataset that one value of one condition leaves, found through an index.
enum Candidates<'a> {
    /// Whose boxes overlap this one.
    Near(i64, UnitVectorBox),
    /// Of this target.
    Of(i64, &'a str),
    /// Whose exposure overlaps this interval.
    During(i64, Interval),
}

impl<'a> Candidates<'a> {
    fn in_regions(source: i64, regions: &[Region]) -> Vec<Self> {
        regions.iter().map(|region| Self::Near(source, UnitVectorBox::of_region(region))).collect()
    }

    fn of_targets(source: i64, targets: &'a [String]) -> Vec<Self> {
        targets.iter().map(|target| Self::Of(source, target)).collect()
    }

    fn at_times(source: i64, times: &[Interval]) -> Vec<Self> {
        times.iter().map(|time| Self::During(source, *time)).collect()
    }

    /// Science ids and frames, no more than one past what is looked at one by one.
    fn sql(&self) -> &'static str {
        match self {
            Self::Near(..) => {
                "select i.science_id, i.frame_id from footprint_index x cross join image i \
                 where x.source_min <= ?1 + 0.25 and x.source_max >= ?1 + 0.25 \
                 and x.x_max >= ?2 and x.y_max >= ?3 and x.z_max >= ?4 \
                 and x.x_min <= ?5 and x.y_min <= ?6 and x.z_min <= ?7 \
                 and i.frame_id = x.frame_id limit ?8"
            }
            Self::Of(..) => {
                "select i.science_id, i.frame_id from frame f cross join image i \
                 where f.source_id = ? and f.target = ? and i.frame_id = f.id limit ?"
            }
            Self::During(..) => {
                "select science_id, frame_id from image indexed by image_by_end \
                 where source_id = ?1 and end_mjd >= ?2 and end_mjd is not null and begin_mjd <= ?3 \
                 and end_mjd <= ?3 + ?4 + (select max(end_mjd - begin_mjd) from image \
                 indexed by image_by_duration where source_id = ?1 and end_mjd is not null) limit ?5"
            }
        }
    }

    /// `query`, which is [`Self::sql`], with its values.
    fn bound(self, query: Bound<'a>) -> Bound<'a> {
        let query = match self {
            Self::Near(source, bounds) => {
                let edges = bounds.min.into_iter().chain(bounds.max);
                edges.fold(query.bind(source), Bound::bind)
            }
            Self::Of(source, target) => query.bind(source).bind(target),
            Self::During(source, time) => query.bind(source).bind(time.low).bind(time.high).bind(ROUNDING_D),
        };
        query.bind(MOST_CANDIDATES as i64 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::tests::empty;

    #[tokio::test]
    async fn a_target_and_a_time_are_looked_up_and_not_searched_for() {
        let (_folder, catalogue) = empty().await;
        let time = Interval { low: 60_000.0, high: 60_000.5 };
        for candidates in [Candidates::Of(1, "M 31"), Candidates::During(1, time)] {
            let sql: &'static str = format!("explain query plan {}", candidates.sql()).leak();
            let steps = candidates.bound(sqlx::query(sql)).fetch_all(&catalogue.readers).await.unwrap();
            let steps: Vec<String> = steps.iter().map(|step| step.get("detail")).collect();
            assert!(
                steps.iter().any(|step| step.starts_with("SEARCH") && step.contains("INDEX")),
                "{steps:?}"
            );
            assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{steps:?}");
        }
    }
}
