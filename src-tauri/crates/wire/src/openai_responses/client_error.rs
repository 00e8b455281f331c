//! Failures inside a response (W-94, W-130). Codex acts on the words: `context_length_exceeded` and
//! `insufficient_quota` end the turn, `rate_limit_exceeded` waits as long as the message says, and
//! everything else is tried again.

use domain::{Failure, FailureKind};

use crate::json::Object;
use crate::openai_chat::client_error::{message, words};

/// Writes the `error` of a response that failed.
pub(super) fn write(failure: &Failure, out: &mut Vec<u8>) {
    let (kind, code) = words(failure);
    let mut text = message(failure);
    let limited = matches!(
        failure.kind(),
        FailureKind::RateLimited | FailureKind::ProviderRateLimited
    );
    if let (true, Some(millis)) = (limited, failure.retry_after_ms())
        && !text.to_ascii_lowercase().contains("try again in")
    {
        let (seconds, rest) = (millis / 1000, millis % 1000);
        text.push_str(&format!(" Please try again in {seconds}.{rest:03}s."));
    }
    let mut object = Object::open(out);
    object.string("type", kind.trim_matches('"'));
    object.string("code", code.unwrap_or("invalid_prompt"));
    object.string("message", &text);
    match failure.param() {
        Some(param) => object.string("param", param),
        None => object.literal("param", "null"),
    }
    object.close();
}
