//! Failures in Google's shape.

use domain::{Failure, FailureKind};

use crate::json::Object;

/// Writes the body of an error response, and of the error chunk of a stream. The `code` is the HTTP status
/// that the gateway answers with, which Google repeats in the body.
pub fn encode_error(failure: &Failure, out: &mut Vec<u8>) {
    let (code, status) = words(failure.kind());
    let mut outer = Object::open(out);
    let mut error = Object::open(outer.key("error"));
    error.unsigned("code", code);
    error.string("message", &message(failure));
    error.string("status", status);
    let details = error.key("details");
    details.push(b'[');
    let mut info = Object::open(details);
    info.literal("@type", r#""type.googleapis.com/google.rpc.ErrorInfo""#);
    info.string("reason", &failure.kind().as_str().to_ascii_uppercase());
    info.literal("domain", r#""inglenook""#);
    info.close();
    if let Some(param) = failure.param() {
        details.push(b',');
        let mut bad = Object::open(details);
        bad.literal("@type", r#""type.googleapis.com/google.rpc.BadRequest""#);
        let list = bad.key("fieldViolations");
        list.push(b'[');
        let mut violation = Object::open(list);
        violation.string("field", param);
        violation.string("description", failure.message());
        violation.close();
        list.push(b']');
        bad.close();
    }
    if let Some(millis) = failure.retry_after_ms() {
        details.push(b',');
        let mut retry = Object::open(details);
        retry.literal("@type", r#""type.googleapis.com/google.rpc.RetryInfo""#);
        retry.string("retryDelay", &format!("{}.{:03}s", millis / 1000, millis % 1000));
        retry.close();
    }
    details.push(b']');
    error.close();
    outer.close();
}

fn message(failure: &Failure) -> String {
    match failure.hint() {
        Some(hint) => format!("{} {hint}", failure.message()),
        None => failure.message().to_owned(),
    }
}

/// HTTP status and Google's word for it.
const fn words(kind: FailureKind) -> (u64, &'static str) {
    use FailureKind as K;
    match kind {
        K::InvalidRequest | K::ContextTooLong | K::ContentRefused => (400, "INVALID_ARGUMENT"),
        K::ClientKeyMissing | K::ClientKeyInvalid => (401, "UNAUTHENTICATED"),
        K::BudgetExceeded => (402, "RESOURCE_EXHAUSTED"),
        K::OriginDenied | K::ScopeDenied => (403, "PERMISSION_DENIED"),
        K::ModelNotFound | K::RouteNotFound | K::NotFound => (404, "NOT_FOUND"),
        K::MethodNotAllowed => (405, "UNIMPLEMENTED"),
        K::Conflict => (409, "ABORTED"),
        K::BodyTooLarge => (413, "INVALID_ARGUMENT"),
        K::UnsupportedMediaType => (415, "INVALID_ARGUMENT"),
        K::HostDenied => (421, "PERMISSION_DENIED"),
        K::RunStopped => (422, "FAILED_PRECONDITION"),
        K::ProviderKeyMissing | K::ProviderKeyRejected | K::ProviderQuotaExceeded => {
            (424, "FAILED_PRECONDITION")
        }
        K::RateLimited | K::ProviderRateLimited => (429, "RESOURCE_EXHAUSTED"),
        K::ClientGone => (499, "CANCELLED"),
        K::DataDirectoryInUse | K::PortTaken | K::NotRunning | K::StorageFailed | K::Internal => {
            (500, "INTERNAL")
        }
        K::UpstreamFailed | K::UpstreamDisconnected | K::UpstreamUnreachable => (502, "UNAVAILABLE"),
        K::UpstreamOverloaded
        | K::Overloaded
        | K::EndpointPaused
        | K::VaultLocked
        | K::VaultAbsent
        | K::WeightsMissing
        | K::ReadOnly => (503, "UNAVAILABLE"),
        K::UpstreamTimeout => (504, "DEADLINE_EXCEEDED"),
    }
}
