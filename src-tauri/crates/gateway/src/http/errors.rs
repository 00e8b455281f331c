//! The error table: from [`FailureKind`] to HTTP. The one place that knows both.
//!
//! It is written out to `docs/errors.md` by a test, so the document cannot differ from the code.

use axum::body::Body;
use axum::response::Response;
use domain::{Failure, FailureKind, Wire};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

/// Libraries that are told to try again sleep for as long as `retry-after` says, an hour if need be, and their
/// program with them. Whoever must wait for longer than this is told at once that it failed.
const LONGEST_SLEEP_MS: u64 = 60_000;

/// What SDKs obey.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// The HTTP status of a kind.
pub const fn status(kind: FailureKind) -> StatusCode {
    use FailureKind as K;
    match kind {
        K::InvalidRequest | K::ContextTooLong | K::ContentRefused => StatusCode::BAD_REQUEST,
        K::ClientKeyMissing | K::ClientKeyInvalid => StatusCode::UNAUTHORIZED,
        K::BudgetExceeded => StatusCode::PAYMENT_REQUIRED,
        K::RunStopped => StatusCode::UNPROCESSABLE_ENTITY,
        K::OriginDenied | K::ScopeDenied => StatusCode::FORBIDDEN,
        K::ModelNotFound | K::RouteNotFound | K::NotFound => StatusCode::NOT_FOUND,
        K::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        K::Conflict => StatusCode::CONFLICT,
        K::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        K::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        K::HostDenied => StatusCode::MISDIRECTED_REQUEST,
        K::ProviderKeyMissing | K::ProviderKeyRejected | K::ProviderQuotaExceeded => {
            StatusCode::FAILED_DEPENDENCY
        }
        K::RateLimited | K::ProviderRateLimited => StatusCode::TOO_MANY_REQUESTS,
        K::UpstreamFailed | K::UpstreamDisconnected | K::UpstreamUnreachable => StatusCode::BAD_GATEWAY,
        K::UpstreamOverloaded
        | K::Overloaded
        | K::EndpointPaused
        | K::VaultLocked
        | K::VaultAbsent
        | K::WeightsMissing
        | K::ReadOnly => StatusCode::SERVICE_UNAVAILABLE,
        K::UpstreamTimeout => StatusCode::GATEWAY_TIMEOUT,
        // never sent: nobody is there to read it; 499 is what logs of proxies call it
        K::ClientGone => CLIENT_GONE,
        // of the command line and the control plane
        K::DataDirectoryInUse | K::PortTaken | K::NotRunning | K::StorageFailed | K::Internal => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

const CLIENT_GONE: StatusCode = match StatusCode::from_u16(499) {
    Ok(status) => status,
    Err(_) => StatusCode::BAD_REQUEST,
};

/// The HTTP status of a kind on a wire: Anthropic's has a number of its own for too much work (W-152).
pub const fn status_on(wire: Wire, kind: FailureKind) -> StatusCode {
    match (wire, kind) {
        (Wire::AnthropicMessages, FailureKind::UpstreamOverloaded | FailureKind::Overloaded) => OVERLOADED,
        (_, kind) => status(kind),
    }
}

const OVERLOADED: StatusCode = match StatusCode::from_u16(529) {
    Ok(status) => status,
    Err(_) => StatusCode::SERVICE_UNAVAILABLE,
};

/// Whether the same request may succeed later when it is sent again by its client. SDKs obey `x-should-retry` (W-95).
/// A failure that names a time is worth one whatever its kind, if the time is near.
pub const fn is_worth_a_retry(kind: FailureKind) -> bool {
    use FailureKind as K;
    match kind {
        K::RateLimited | K::ProviderRateLimited | K::UpstreamOverloaded | K::Overloaded | K::VaultLocked => {
            true
        }
        // asked again by ourselves already: three clients' tries of three each would be a storm
        K::UpstreamFailed | K::UpstreamDisconnected | K::UpstreamUnreachable | K::UpstreamTimeout => false,
        K::InvalidRequest
        | K::ContextTooLong
        | K::ContentRefused
        | K::ClientKeyMissing
        | K::ClientKeyInvalid
        | K::BudgetExceeded
        | K::RunStopped
        | K::HostDenied
        | K::OriginDenied
        | K::ScopeDenied
        | K::ModelNotFound
        | K::RouteNotFound
        | K::MethodNotAllowed
        | K::NotFound
        | K::Conflict
        | K::BodyTooLarge
        | K::UnsupportedMediaType
        | K::ProviderKeyMissing
        | K::ProviderKeyRejected
        | K::ProviderQuotaExceeded
        | K::ClientGone
        | K::EndpointPaused
        | K::VaultAbsent
        | K::WeightsMissing
        | K::DataDirectoryInUse
        | K::PortTaken
        | K::NotRunning
        | K::ReadOnly
        | K::StorageFailed
        | K::Internal => false,
    }
}

/// What all libraries of Google's send and nobody else.
pub(super) const GOOGLES_CLIENT: &str = "x-goog-api-client";

/// The wire in whose shape a request's errors are read: by its path, and by the header that only clients of
/// Anthropic's wire, or of Google's, send (W-08, W-09). Google's newer libraries ask below `/v1` and not
/// `/v1beta`, where `/v1/models` is everybody's.
pub fn wire_of(parts: &Parts) -> Wire {
    let path = parts.uri.path();
    let path = path.strip_prefix("/v1").unwrap_or(path);
    let under = |prefix: &str| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if under("/messages") || under("/v1/messages") || parts.headers.contains_key("anthropic-version") {
        Wire::AnthropicMessages
    } else if under("beta")
        || under("/v1beta")
        || parts.headers.contains_key(GOOGLES_CLIENT)
        || (parts.method == Method::POST && (under("/models") || under("/v1/models")))
    {
        Wire::Gemini
    } else if under("/api/v1") || under("/api/agents") {
        Wire::OpenAiChat
    } else if under("/api") {
        Wire::Ollama
    } else {
        Wire::OpenAiChat
    }
}

/// A failure as an HTTP response in the error shape of a wire.
pub fn response(wire: Wire, failure: &Failure) -> Response {
    // a foreign page learns nothing, not even that this is us (SEC-01)
    let empty = failure.kind() == FailureKind::HostDenied;
    let mut body = Vec::new();
    if !empty {
        wire::client::encode_error(wire, failure, None, &mut body);
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status_on(wire, failure.kind());
    response.extensions_mut().insert(Unnamed(failure.clone()));
    let headers = response.headers_mut();
    if !empty {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let again = match failure.retry_after_ms() {
        Some(millis) => millis <= LONGEST_SLEEP_MS,
        None => is_worth_a_retry(failure.kind()),
    };
    let retry = HeaderValue::from_static(if again { "true" } else { "false" });
    headers.insert(SHOULD_RETRY, retry);
    if let Some(millis) = failure.retry_after_ms() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(millis.div_ceil(1000)));
        headers.insert("retry-after-ms", HeaderValue::from(millis));
    }
    response
}

/// How often a client has asked before, as OpenAI's and Anthropic's libraries tell it.
const ASKED_BEFORE: HeaderName = HeaderName::from_static("x-stainless-retry-count");

/// Whether a client asks for the same thing again. One second try is help, a third is a storm (W-95).
pub(super) fn asks_again(headers: &HeaderMap) -> bool {
    let count = headers.get(ASKED_BEFORE).and_then(|value| value.to_str().ok());
    count.is_some_and(|count| count.parse().is_ok_and(|count: u32| count > 0))
}

/// Tells a client that asked again not to ask once more. Who waits for the answer to his own first request, which
/// is still under way, may go on.
pub(super) fn enough(response: &mut Response) {
    let status = response.status();
    if let Some(retry) = response.headers_mut().get_mut(SHOULD_RETRY)
        && status != StatusCode::CONFLICT
    {
        *retry = HeaderValue::from_static("false");
    }
}

/// The failure of a response that does not tell the request's id yet.
#[derive(Clone)]
struct Unnamed(Failure);

/// Why a response is an error, until it is named.
pub(super) fn failure_of(response: &Response) -> Option<&Failure> {
    response.extensions().get().map(|Unnamed(failure)| failure)
}

/// Tells the request's id: in a header, and for clients of Anthropic's wire in a second one and in the body of
/// an error, which has their shape on whatever route they met it (W-08).
pub(super) fn name(wire: Wire, request_id: &str, response: &mut Response) {
    let Ok(value) = HeaderValue::try_from(request_id) else {
        return;
    };
    if let (Wire::AnthropicMessages, Some(Unnamed(failure))) = (wire, response.extensions_mut().remove()) {
        *response.status_mut() = status_on(wire, failure.kind());
        let mut body = Vec::new();
        wire::client::encode_error(wire, &failure, Some(request_id), &mut body);
        *response.body_mut() = Body::from(body);
        // the router has counted the shorter one
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    let headers = response.headers_mut();
    // an answer that was given before has the id of its own call
    let value = headers.get("x-request-id").cloned().unwrap_or(value);
    if wire == Wire::AnthropicMessages {
        headers.insert("request-id", value.clone());
    }
    headers.insert("x-request-id", value);
}

/// The error table as a document.
pub fn document() -> String {
    let mut text = String::from(
        "# Errors\n\n\
         Written by `cargo test` from `src-tauri/crates/gateway/src/http/errors.rs`; do not edit.\n\n\
         Clients branch on the HTTP status and on `error.code`. `x-should-retry` tells SDKs whether to send the same\n\
         request again; they obey it. It is `true` with every `retry-after` of a minute at most, and `false` with a\n\
         longer one, because they would sleep for as long. A provider that failed was asked again here already, so clients\n\
         are told not to; and who tells in `x-stainless-retry-count` that he has asked again is told not to once more. After\n\
         the first byte of a stream there is no status any more: then one error event is sent and the connection closes,\n\
         without `[DONE]`. Clients of Anthropic's wire are told 529 where the table says 503 because there is too much\n\
         work, and their own types.\n\n\
         | kind | HTTP | `error.type` | `error.code` | retry |\n| --- | --- | --- | --- | --- |\n",
    );
    for kind in FailureKind::ALL {
        let mut body = Vec::new();
        wire::openai_chat::encode_error(&Failure::new(*kind, "x"), &mut body);
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let field = |name: &str| {
            body["error"][name]
                .as_str()
                .map_or("null".to_owned(), |text| format!("`{text}`"))
        };
        let retry = if is_worth_a_retry(*kind) { "yes" } else { "no" };
        let row = [
            format!("`{}`", kind.as_str()),
            status(*kind).as_u16().to_string(),
            field("type"),
            field("code"),
            retry.to_owned(),
        ];
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}
