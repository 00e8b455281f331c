//! Points in time as people write them: a day, a time, or how long ago.

use domain::Timestamp;
use gateway::{Clock, SystemClock};

/// `2026-11-01` (midnight in UTC, as days are counted), `2026-11-01T12:00:00Z`, or `7d` ago.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(seconds) = super::key::span(text) {
        let millis = i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
        return Ok(Timestamp(SystemClock.now().millis().saturating_sub(millis)));
    }
    let at = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let day = text.parse::<jiff::civil::Date>().ok()?;
        Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    });
    at.map(|at| Timestamp(at.as_millisecond())).ok_or_else(|| {
        "a day (2026-11-01), a time (2026-11-01T12:00:00Z), or how long ago (7d, 12h)".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_read() {
        assert_eq!(moment("2026-11-22"), Ok(Timestamp(1_795_305_600_000)));
        assert_eq!(moment("2026-11-22T01:00:00Z"), Ok(Timestamp(1_795_309_200_000)));
        assert!(moment("7d").is_ok_and(|at| at < SystemClock.now()));
        for bad in ["yesterday", "2026-13-01", "", "7"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }
}
