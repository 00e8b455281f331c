//! Failures in OpenAI's shape (W-90 to W-93). The HTTP status is the gateway's; type and code are the wire's.

use domain::{Failure, FailureKind};

use crate::json::{Object, write_string};

/// Writes the body of an error response, and of the error event of a stream.
pub fn encode_error(failure: &Failure, out: &mut Vec<u8>) {
    let (kind, code) = words(failure);
    let mut outer = Object::open(out);
    let mut error = Object::open(outer.key("error"));
    write_string(&message(failure), error.key("message"));
    error.literal("type", kind);
    match param(failure) {
        Some(param) => error.string("param", param),
        None => error.literal("param", "null"),
    }
    match code {
        Some(code) => error.string("code", code),
        None => error.literal("code", "null"),
    }
    error.close();
    outer.close();
}

/// The sentences of a failure: what is wrong, and what can be done.
pub(crate) fn message(failure: &Failure) -> String {
    let mut text = String::new();
    // clients compact the conversation when they find these words (W-92)
    if failure.kind() == FailureKind::ContextTooLong && !failure.message().contains("maximum context length")
    {
        text.push_str("This model's maximum context length is exceeded. ");
    }
    text.push_str(failure.message());
    if let Some(hint) = failure.hint() {
        text.push(' ');
        text.push_str(hint);
    }
    text
}

fn param(failure: &Failure) -> Option<&str> {
    match (failure.kind(), failure.param()) {
        (_, Some(param)) => Some(param),
        (FailureKind::ContextTooLong, None) => Some("messages"),
        (_, None) => None,
    }
}

/// Type (as JSON) and code of a failure.
pub(crate) fn words(failure: &Failure) -> (&'static str, Option<&str>) {
    const INVALID: &str = r#""invalid_request_error""#;
    const SERVER: &str = r#""server_error""#;
    const PERMISSION: &str = r#""permission_error""#;
    const RATE: &str = r#""rate_limit_error""#;
    const QUOTA: &str = r#""insufficient_quota""#;
    let word = |code: &&str| !code.bytes().all(|byte| byte.is_ascii_digit());
    let theirs = || failure.upstream()?.code.as_deref().filter(word);
    let kind = failure.kind();
    match kind {
        // the finer word is the provider's own when the provider refused the request
        FailureKind::InvalidRequest => (INVALID, failure.code().or_else(theirs)),
        FailureKind::ContextTooLong => (INVALID, Some("context_length_exceeded")),
        FailureKind::ContentRefused => (INVALID, Some("content_filter")),
        FailureKind::ClientKeyMissing => (INVALID, None),
        FailureKind::ClientKeyInvalid => (INVALID, Some("invalid_api_key")),
        FailureKind::BudgetExceeded => (QUOTA, Some("budget_exceeded")),
        FailureKind::RunStopped => (INVALID, failure.code().or(Some(kind.as_str()))),
        FailureKind::ModelNotFound => (INVALID, Some("model_not_found")),
        FailureKind::RouteNotFound => (INVALID, Some("unknown_url")),
        FailureKind::MethodNotAllowed => (INVALID, Some("method_not_allowed")),
        FailureKind::ProviderKeyRejected => (INVALID, Some("upstream_auth_failed")),
        FailureKind::ProviderQuotaExceeded => (QUOTA, Some("insufficient_quota")),
        FailureKind::RateLimited | FailureKind::ProviderRateLimited => (RATE, Some("rate_limit_exceeded")),
        FailureKind::UpstreamFailed => (SERVER, Some("upstream_error")),
        FailureKind::UpstreamUnreachable => (SERVER, Some("upstream_unavailable")),
        FailureKind::HostDenied | FailureKind::OriginDenied | FailureKind::ScopeDenied => {
            (PERMISSION, Some(kind.as_str()))
        }
        FailureKind::NotFound
        | FailureKind::Conflict
        | FailureKind::BodyTooLarge
        | FailureKind::UnsupportedMediaType
        | FailureKind::ProviderKeyMissing
        | FailureKind::ClientGone => (INVALID, Some(kind.as_str())),
        FailureKind::UpstreamDisconnected
        | FailureKind::UpstreamOverloaded
        | FailureKind::UpstreamTimeout
        | FailureKind::Overloaded
        | FailureKind::EndpointPaused
        | FailureKind::VaultLocked
        | FailureKind::VaultAbsent
        | FailureKind::WeightsMissing
        | FailureKind::DataDirectoryInUse
        | FailureKind::PortTaken
        | FailureKind::NotRunning
        | FailureKind::ReadOnly
        | FailureKind::StorageFailed
        | FailureKind::Internal => (SERVER, Some(kind.as_str())),
    }
}
