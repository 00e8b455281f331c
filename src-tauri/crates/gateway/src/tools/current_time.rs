//! What time it is: models know when they were made, not when they are asked.

use domain::{Reach, Timestamp};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::Given;
use super::about::About;

pub(super) const ABOUT: About = About {
    name: "current_time",
    description: "The current date, time and weekday, in the user's time zone or in another one.",
    parameters: r#"{"type":"object","properties":{"time_zone":{"type":"string","description":"IANA name such as Europe/Vienna; absent: the user's own"}},"additionalProperties":false}"#,
    reach: Reach::Reads,
    untrusted: false,
    exact: false,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default)]
    time_zone: Option<String>,
}

pub(super) fn run(now: Timestamp, asked: &Asked) -> Given {
    let zone = match asked
        .time_zone
        .as_deref()
        .map(str::trim)
        .filter(|zone| !zone.is_empty())
    {
        None => TimeZone::system(),
        Some(name) => match TimeZone::get(name) {
            Ok(zone) => zone,
            Err(_) => {
                return Given::error(
                    "There is no time zone of that name. Use an IANA name, such as Europe/Vienna or UTC.",
                );
            }
        },
    };
    match jiff::Timestamp::from_millisecond(now.millis()) {
        Ok(now) => {
            let now = now.to_zoned(zone);
            Given::text(format!("{}, {}", now.strftime("%A, %-d %B %Y, %H:%M:%S"), now))
        }
        Err(_) => Given::error("The clock of this machine is out of range."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(zone: Option<&str>) -> Given {
        let asked = Asked {
            time_zone: zone.map(str::to_owned),
        };
        run(Timestamp(1_795_392_000_000), &asked)
    }

    #[test]
    fn a_time_has_its_weekday_and_its_zone() {
        let vienna = at(Some("Europe/Vienna"));
        assert_eq!(
            vienna,
            Given::text("Monday, 23 November 2026, 01:00:00, 2026-11-23T01:00:00+01:00[Europe/Vienna]")
        );
        assert!(at(Some("Vienna, I think")).is_error);
        assert!(!at(None).is_error);
        assert!(!at(Some(" ")).is_error);
    }
}
