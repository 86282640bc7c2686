//! Atomic time and UTC.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

/// MJD 0.
pub const MJD_EPOCH: NaiveDate = NaiveDate::from_ymd_opt(1858, 11, 17).expect("a date of the calendar");

/// First day (UTC) and TAI − UTC in seconds since then; the International Earth Rotation Service's Bulletin C.
const LEAP_SECONDS: [(i32, u32, i64); 28] = [
    (1972, 1, 10),
    (1972, 7, 11),
    (1973, 1, 12),
    (1974, 1, 13),
    (1975, 1, 14),
    (1976, 1, 15),
    (1977, 1, 16),
    (1978, 1, 17),
    (1979, 1, 18),
    (1980, 1, 19),
    (1981, 7, 20),
    (1982, 7, 21),
    (1983, 7, 22),
    (1985, 7, 23),
    (1988, 1, 24),
    (1990, 1, 25),
    (1991, 1, 26),
    (1992, 7, 27),
    (1993, 7, 28),
    (1994, 7, 29),
    (1996, 1, 30),
    (1997, 7, 31),
    (1999, 1, 32),
    (2006, 1, 33),
    (2009, 1, 34),
    (2012, 7, 35),
    (2015, 7, 36),
    (2017, 1, 37),
];

/// The UTC of an atomic time; before 1972 it is left as it is.
pub fn tai_to_utc(tai: NaiveDateTime) -> NaiveDateTime {
    let since = |&(year, month, seconds): &(i32, u32, i64)| {
        let day = NaiveDate::from_ymd_opt(year, month, 1)?;
        let utc = tai - TimeDelta::seconds(seconds);
        (utc.date() >= day).then_some(utc)
    };
    LEAP_SECONDS.iter().rev().find_map(since).unwrap_or(tai)
}
