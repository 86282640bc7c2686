//! When an exposure began: dates as FITS 4.0 section 9 and the capture programs write them, in UTC.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::cards::Cards;
use crate::clock::leap_seconds::{MJD_EPOCH, tai_to_utc};

/// A date with time of day, with or without fraction, with or without a final `Z`.
pub fn date_time(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim().trim_end_matches(['Z', 'z']);
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

/// A date alone: `1998-09-19`, or `19/09/98` as written before 1999.
fn date(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().or_else(|| {
        let mut parts = text.splitn(3, '/').map(|part| part.trim().parse::<u32>().ok());
        let (day, month, year) = (parts.next()??, parts.next()??, parts.next()??);
        NaiveDate::from_ymd_opt(1900 + i32::try_from(year).ok().filter(|year| *year < 100)?, month, day)
    })
}

fn mjd(days: f64) -> Option<NaiveDateTime> {
    // Years 1859 to 2968: whatever lies outside is no date of an exposure.
    let seconds = (1.0..400_000.0).contains(&days).then_some(days * 86_400.0)?;
    MJD_EPOCH
        .and_time(NaiveTime::MIN)
        .checked_add_signed(TimeDelta::microseconds((seconds * 1e6).round() as i64))
}

/// The MJD (UTC) of a time.
pub fn to_mjd(time: DateTime<Utc>) -> f64 {
    let since = time.naive_utc() - MJD_EPOCH.and_time(NaiveTime::MIN);
    since.num_milliseconds() as f64 / 86_400_000.0
}

/// The start of the exposure in UTC, from the first of: DATE-OBS with a time of day; DATE-OBS with the time in
/// another card (TIME-OBS, UT, TAIHMS); DATE-BEG; MJD-OBS; MJD-BEG; DATE-AVG or MJD-AVG less half the exposure.
pub fn started_at(cards: &Cards<'_>) -> Option<DateTime<Utc>> {
    let is_tai = cards.text("TIMESYS").is_some_and(|system| system.eq_ignore_ascii_case("TAI"));
    let half = || TimeDelta::try_milliseconds((cards.exposure_s().unwrap_or(0.0) * 500.0) as i64);
    let full = |keyword| cards.text(keyword).as_deref().and_then(date_time);
    let start = full("DATE-OBS")
        .or_else(|| split_date(cards))
        .or_else(|| full("DATE-BEG"))
        .or_else(|| cards.real("MJD-OBS").or_else(|| cards.real("MJD-BEG")).and_then(mjd))
        .or_else(|| {
            let middle = full("DATE-AVG").or_else(|| cards.real("MJD-AVG").and_then(mjd))?;
            middle.checked_sub_signed(half()?)
        })?;
    Some(if is_tai { tai_to_utc(start) } else { start }.and_utc())
}

fn split_date(cards: &Cards<'_>) -> Option<NaiveDateTime> {
    let date = date(&cards.text("DATE-OBS")?)?;
    let time_of_day = |keyword| {
        let text = cards.text(keyword)?;
        NaiveTime::parse_from_str(&text, "%H:%M:%S%.f").ok()
    };
    let time = ["TIME-OBS", "UT", "TAIHMS"].into_iter().find_map(time_of_day);
    Some(date.and_time(time.unwrap_or(NaiveTime::MIN)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::cards::tests::header;

    fn start(cards: &[&str]) -> Option<String> {
        let header = header(cards);
        started_at(&Cards::new(&header, None)).map(|time| time.to_rfc3339())
    }

    #[test]
    fn every_way_of_writing_the_start_is_read() {
        for (cards, expected) in [
            (vec!["DATE-OBS= '2021-03-02T20:19:00.455'"], "2021-03-02T20:19:00.455+00:00"),
            (vec!["DATE-OBS= '2019-04-29T20:25:29.8219583Z'"], "2019-04-29T20:25:29.821958300+00:00"),
            (
                vec!["DATE-OBS= '2005-10-21'", "TAIHMS  = '05:25:32.49'", "TIMESYS = 'TAI'"],
                "2005-10-21T05:25:00.490+00:00",
            ),
            (vec!["DATE-OBS= '19/09/98'", "TIME-OBS= '14:03:03'"], "1998-09-19T14:03:03+00:00"),
            (vec!["DATE-OBS= '1998-09-19'"], "1998-09-19T00:00:00+00:00"),
            (vec!["MJD-OBS =              51075.5"], "1998-09-19T12:00:00+00:00"),
            (
                vec!["DATE-AVG= '2016-12-31T23:59:46'", "EXPTIME =   20.0", "TIMESYS = 'TAI'"],
                "2016-12-31T23:59:00+00:00",
            ),
            (vec!["DATE-OBS= 'tonight'", "DATE-BEG= '2020-01-01T00:00:00'"], "2020-01-01T00:00:00+00:00"),
        ] {
            assert_eq!(start(&cards).as_deref(), Some(expected), "{cards:?}");
        }
        for cards in [vec!["DATE-OBS= '2021-13-02T20:19:00'"], vec!["MJD-OBS =  1E30"], vec![]] {
            assert_eq!(start(&cards), None, "{cards:?}");
        }
    }

    #[test]
    fn mjd_counts_days_from_1858() {
        let time = DateTime::parse_from_rfc3339("1998-09-19T12:00:00Z").unwrap().to_utc();
        assert!((to_mjd(time) - 51075.5).abs() < 1e-9);
    }
}
