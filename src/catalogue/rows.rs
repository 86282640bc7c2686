//! Times, clock offsets and unsigned numbers as columns hold them.

use chrono::{DateTime, FixedOffset, Utc};

use super::{CatalogueError, Result};

/// Nanoseconds since 1970; times beyond the years 1677 to 2262 are kept at that edge.
pub(super) fn nanoseconds(time: DateTime<Utc>) -> i64 {
    let edge = if time < DateTime::UNIX_EPOCH { i64::MIN } else { i64::MAX };
    time.timestamp_nanos_opt().unwrap_or(edge)
}

/// The time a column holds.
pub(super) fn utc(nanoseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(nanoseconds)
}

/// A time with the offset of the observatory's clock, from two columns.
pub(super) fn local(nanoseconds: i64, offset_s: i64) -> Result<DateTime<FixedOffset>> {
    let offset = i32::try_from(offset_s).ok().and_then(FixedOffset::east_opt);
    let offset = offset.ok_or(CatalogueError::Unexpected("a clock offset"))?;
    Ok(utc(nanoseconds).with_timezone(&offset))
}

/// The offset of the observatory's clock as a column.
pub(super) fn offset_s(time: DateTime<FixedOffset>) -> i64 {
    i64::from(time.offset().local_minus_utc())
}

/// An unsigned number a column holds.
pub(super) fn unsigned<T: TryFrom<i64>>(value: i64, column: &'static str) -> Result<T> {
    T::try_from(value).map_err(|_| CatalogueError::Unexpected(column))
}
