//! `GET /event-history`: what happened, oldest first.

use actix_web::web::Data;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::Nina;
use super::envelope::Envelope;
use super::error::Failure;
use super::json::LocalTime;
use crate::catalogue::Event;

/// An event of the past: `Event`, `Time` and what else it carries.
struct PastEvent(Event);

impl Serialize for PastEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Event { name, at, details } = &self.0;
        let mut map = serializer.serialize_map(Some(2 + details.len()))?;
        map.serialize_entry("Event", name)?;
        map.serialize_entry("Time", &LocalTime(*at))?;
        for (key, value) in details {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// The newest events, as many as the settings say.
///
/// # Errors
/// `Unknown error` when the catalogue cannot be read.
pub async fn event_history(nina: Data<Nina>) -> Result<Envelope<impl Serialize>, Failure> {
    let events = nina.catalogue.newest_events(nina.settings.events_shown).await?;
    Ok(Envelope::success(events.into_iter().map(PastEvent).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_an_event_carries_stay_objects() {
        let at = DateTime::parse_from_rfc3339("2026-01-31T20:00:01.5+01:00").unwrap();
        let mut event = Event::new("FILTERWHEEL-CHANGED", at);
        event.details.insert("New".into(), json!({"Name": "Ha", "Id": 3}));
        assert_eq!(
            serde_json::to_string(&PastEvent(event)).unwrap(),
            r#"{"Event":"FILTERWHEEL-CHANGED","Time":"2026-01-31T20:00:01.5+01:00","New":{"Name":"Ha","Id":3}}"#
        );
    }
}
