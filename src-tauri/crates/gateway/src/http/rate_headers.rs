//! How a client key stands with its limits, in the headers that OpenAI sends and both SDKs show.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::limits::{Count, Standing};

const REQUESTS: [HeaderName; 3] = [
    HeaderName::from_static("x-ratelimit-limit-requests"),
    HeaderName::from_static("x-ratelimit-remaining-requests"),
    HeaderName::from_static("x-ratelimit-reset-requests"),
];
const TOKENS: [HeaderName; 3] = [
    HeaderName::from_static("x-ratelimit-limit-tokens"),
    HeaderName::from_static("x-ratelimit-remaining-tokens"),
    HeaderName::from_static("x-ratelimit-reset-tokens"),
];

/// Tells how the key stands; nothing of a limit that it does not have.
pub(super) fn tell(standing: &Standing, headers: &mut HeaderMap) {
    for (names, count) in [(REQUESTS, standing.requests), (TOKENS, standing.tokens)] {
        let Some(Count {
            limit,
            remaining,
            reset,
        }) = count
        else {
            continue;
        };
        let values = [limit.to_string(), remaining.to_string(), in_words(reset)];
        for (name, value) in names.into_iter().zip(values) {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
    }
}

/// A span as OpenAI writes it: `120ms`, `17s`, `6m0s`, `23h59m1s`.
fn in_words(span: Duration) -> String {
    if span < Duration::from_secs(1) {
        return format!("{}ms", span.as_millis());
    }
    let seconds = span.as_millis().div_ceil(1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        (_, _) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_as_openai_writes_them() {
        for (millis, text) in [
            (0, "0ms"),
            (120, "120ms"),
            (16_001, "17s"),
            (360_000, "6m0s"),
            (86_341_000, "23h59m1s"),
        ] {
            assert_eq!(in_words(Duration::from_millis(millis)), text);
        }
    }
}
