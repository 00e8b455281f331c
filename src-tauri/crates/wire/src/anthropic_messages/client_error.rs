//! Failures in Anthropic's shape (W-08, W-152, W-153). The HTTP status is the gateway's; the type is the wire's.

use domain::{Failure, FailureKind};

use crate::json::{Object, write_string};

/// Writes the body of an error response, and of the error event of a stream.
pub fn encode_error(failure: &Failure, request_id: Option<&str>, out: &mut Vec<u8>) {
    let mut outer = Object::open(out);
    outer.literal("type", r#""error""#);
    let mut error = Object::open(outer.key("error"));
    error.literal("type", word(failure.kind()));
    write_string(&message(failure), error.key("message"));
    error.close();
    match request_id {
        Some(id) => outer.string("request_id", id),
        None => outer.literal("request_id", "null"),
    }
    outer.close();
}

fn message(failure: &Failure) -> String {
    let mut text = String::new();
    if failure.kind() == FailureKind::ContextTooLong {
        text = too_long(failure.message());
    } else {
        text.push_str(failure.message());
    }
    if let Some(hint) = failure.hint() {
        text.push(' ');
        text.push_str(hint);
    }
    text
}

/// The sentence whose two numbers clients read to know how much to leave out (W-153). Where the provider
/// names only the limit, the length is at least one more.
fn too_long(message: &str) -> String {
    const WORDS: &str = "prompt is too long: ";
    if let Some((_, rest)) = message.split_once(WORDS)
        && let Some((numbers, _)) = rest.split_once(" maximum")
    {
        return format!("{WORDS}{numbers} maximum");
    }
    let after = |words: &str| {
        let (_, rest) = message.split_once(words)?;
        numbers(rest).next()
    };
    let limit = after("maximum context length is ").or_else(|| numbers(message).min());
    match limit {
        Some(limit) => {
            let length = numbers(message).filter(|number| *number > limit).max();
            let length = length.unwrap_or(limit.saturating_add(1));
            format!("{WORDS}{length} tokens > {limit} maximum")
        }
        None => format!("{WORDS}{message}"),
    }
}

/// Numbers that stand alone and may be counts of tokens; those in names of models do not.
fn numbers(text: &str) -> impl Iterator<Item = u64> {
    text.split(char::is_whitespace)
        .map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation()))
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_digit() || byte == b','))
        .filter_map(|word| word.replace(',', "").parse().ok())
        .filter(|number| *number >= 256)
}

/// The type of a kind, in JSON.
fn word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::InvalidRequest
        | FailureKind::ContextTooLong
        | FailureKind::ContentRefused
        | FailureKind::MethodNotAllowed
        | FailureKind::Conflict
        | FailureKind::UnsupportedMediaType
        // a key of the user's with his provider: the client's own is fine (W-93)
        | FailureKind::ProviderKeyMissing
        | FailureKind::ProviderKeyRejected
        | FailureKind::RunStopped
        | FailureKind::ClientGone => r#""invalid_request_error""#,
        FailureKind::ClientKeyMissing | FailureKind::ClientKeyInvalid => r#""authentication_error""#,
        FailureKind::BudgetExceeded | FailureKind::ProviderQuotaExceeded => r#""billing_error""#,
        FailureKind::HostDenied | FailureKind::OriginDenied | FailureKind::ScopeDenied => {
            r#""permission_error""#
        }
        FailureKind::ModelNotFound | FailureKind::RouteNotFound | FailureKind::NotFound => {
            r#""not_found_error""#
        }
        FailureKind::BodyTooLarge => r#""request_too_large""#,
        FailureKind::RateLimited | FailureKind::ProviderRateLimited => r#""rate_limit_error""#,
        FailureKind::UpstreamTimeout => r#""timeout_error""#,
        FailureKind::UpstreamOverloaded | FailureKind::Overloaded => r#""overloaded_error""#,
        FailureKind::UpstreamFailed
        | FailureKind::UpstreamDisconnected
        | FailureKind::UpstreamUnreachable
        | FailureKind::VaultLocked
        | FailureKind::VaultAbsent
        | FailureKind::EndpointPaused
        | FailureKind::WeightsMissing
        | FailureKind::DataDirectoryInUse
        | FailureKind::PortTaken
        | FailureKind::NotRunning
        | FailureKind::ReadOnly
        | FailureKind::StorageFailed
        | FailureKind::Internal => r#""api_error""#,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overflow_names_both_numbers() {
        for (message, expected) in [
            (
                "This model's maximum context length is 200000 tokens. prompt is too long: 210000 tokens > 200000 maximum",
                "prompt is too long: 210000 tokens > 200000 maximum",
            ),
            (
                "This model's maximum context length is 8192 tokens. However, gpt-4-0613 got 9,001 tokens.",
                "prompt is too long: 9001 tokens > 8192 maximum",
            ),
            (
                "This model's maximum context length is 4096 tokens.",
                "prompt is too long: 4097 tokens > 4096 maximum",
            ),
            ("It does not fit.", "prompt is too long: It does not fit."),
        ] {
            assert_eq!(too_long(message), expected);
        }
    }
}
