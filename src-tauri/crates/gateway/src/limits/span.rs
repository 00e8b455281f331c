//! The spans of budgets, in UTC.

use domain::{BudgetPeriod, Timestamp};

const DAY: i64 = 86_400_000;

/// When the span of a budget that holds `now` began.
pub(crate) fn begin_of(per: BudgetPeriod, now: Timestamp) -> Timestamp {
    let day = now.millis().div_euclid(DAY);
    let begin = match per {
        BudgetPeriod::Total => return Timestamp(0),
        BudgetPeriod::Day => day,
        // the epoch was a Thursday
        BudgetPeriod::Week => day - (day + 3).rem_euclid(7),
        BudgetPeriod::Month => {
            let date = jiff::Timestamp::from_millisecond(now.millis())
                .map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date())
                .unwrap_or_default();
            day + 1 - i64::from(date.day())
        }
    };
    Timestamp(begin * DAY)
}

/// When the span of a budget that holds `now` ends; `None` for one that never does.
pub(crate) fn end_of(per: BudgetPeriod, now: Timestamp) -> Option<Timestamp> {
    let begin = begin_of(per, now).millis();
    match per {
        BudgetPeriod::Total => None,
        BudgetPeriod::Day => Some(Timestamp(begin + DAY)),
        BudgetPeriod::Week => Some(Timestamp(begin + 7 * DAY)),
        // no month is longer, and none is so short that this is past the next one
        BudgetPeriod::Month => Some(begin_of(per, Timestamp(begin + 31 * DAY + DAY / 2))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_begin_at_midnight_monday_and_the_first() {
        // Sunday, 2026-11-22T05:52:00Z
        let now = Timestamp(1_795_326_720_000);
        let midnight = 1_795_305_600_000;
        let spans = [
            (BudgetPeriod::Day, 0, 1),
            (BudgetPeriod::Week, 6, 1),
            (BudgetPeriod::Month, 21, 9),
        ];
        for (per, days_ago, days_left) in spans {
            assert_eq!(
                begin_of(per, now),
                Timestamp(midnight - days_ago * DAY),
                "{per:?}"
            );
            assert_eq!(
                end_of(per, now),
                Some(Timestamp(midnight + days_left * DAY)),
                "{per:?}"
            );
        }
        assert_eq!(begin_of(BudgetPeriod::Total, now), Timestamp(0));
        assert_eq!(end_of(BudgetPeriod::Total, now), None);
    }

    #[test]
    fn a_span_ends_where_the_next_begins() {
        for day in (0..2_000).map(|day| Timestamp(1_700_000_000_000 + day * DAY)) {
            for per in [BudgetPeriod::Day, BudgetPeriod::Week, BudgetPeriod::Month] {
                let end = end_of(per, day).unwrap_or_default();
                assert!(begin_of(per, day) <= day && day < end, "{per:?} {day:?}");
                assert_eq!(begin_of(per, end), end, "{per:?} {day:?}");
                assert_eq!(
                    begin_of(per, Timestamp(end.millis() - 1)),
                    begin_of(per, day),
                    "{per:?}"
                );
            }
        }
    }
}
