//! The N.I.N.A. event history.

use chrono::{DateTime, FixedOffset};
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Batch, Catalogue, CatalogueError, Result, rows};

/// Something that happened at the observatory.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// For instance `IMAGE-SAVE`.
    pub name: String,
    /// When, on the observatory's clock.
    pub at: DateTime<FixedOffset>,
    /// Further members by name.
    pub details: Map<String, Value>,
}

impl Event {
    /// An event without further members.
    pub fn new(name: impl Into<String>, at: DateTime<FixedOffset>) -> Self {
        Self { name: name.into(), at, details: Map::new() }
    }
}

fn from_row(row: &SqliteRow) -> Result<Event> {
    let details: Option<String> = row.try_get(3)?;
    let details = match details {
        Some(text) => serde_json::from_str(&text).map_err(|_| CatalogueError::Unexpected("event details"))?,
        None => Map::new(),
    };
    Ok(Event { name: row.try_get(0)?, at: rows::local(row.try_get(1)?, row.try_get(2)?)?, details })
}

impl Catalogue {
    /// All events, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn events(&self) -> Result<Vec<Event>> {
        self.newest_events(usize::MAX).await
    }

    /// The last `most` events, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn newest_events(&self, most: usize) -> Result<Vec<Event>> {
        let sql = "select name, at_ns, at_offset_s, details from event order by at_ns desc, id desc limit ?";
        let query = sqlx::query(sql).bind(i64::try_from(most).unwrap_or(i64::MAX));
        query.fetch_all(&self.readers).await?.iter().rev().map(from_row).collect()
    }
}

impl Batch {
    /// Adds an event.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn append_event(&mut self, event: &Event) -> Result<()> {
        let details = (!event.details.is_empty()).then(|| Value::Object(event.details.clone()).to_string());
        sqlx::query("insert into event (name, at_ns, at_offset_s, details) values (?, ?, ?, ?)")
            .bind(&event.name)
            .bind(rows::nanoseconds(event.at.to_utc()))
            .bind(rows::offset_s(event.at))
            .bind(details)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::tests::empty;

    #[tokio::test]
    async fn events_come_back_oldest_first_with_offset_and_details() {
        let (_folder, catalogue) = empty().await;
        let at = |text| DateTime::parse_from_rfc3339(text).unwrap();
        let mut late = Event::new("FILTERWHEEL-CHANGED", at("2026-01-31T23:04:05.1234567+01:00"));
        late.details.insert("New".to_owned(), serde_json::json!({"Name": "Ha", "Id": 3}));
        let early = Event::new("CAMERA-CONNECTED", at("2026-01-31T21:00:00-05:00"));
        let earliest = Event::new("IMAGE-SAVE", at("2026-01-31T22:00:00+00:00"));
        let mut batch = catalogue.begin().await.unwrap();
        for event in [&early, &late, &earliest] {
            batch.append_event(event).await.unwrap();
        }
        batch.commit().await.unwrap();
        let events = catalogue.events().await.unwrap();
        assert_eq!(events, [earliest, late, early]);
        assert_eq!(catalogue.newest_events(2).await.unwrap(), events[1..]);
        assert_eq!(events[2].at.offset().local_minus_utc(), -5 * 3600);
    }
}
