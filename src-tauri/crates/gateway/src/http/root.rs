//! Constants that answer without a key: no version, no state.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, header};

/// Ollama's clients look for this sentence (W-06).
pub(super) async fn root() -> Response {
    constant("Ollama is running", "text/plain; charset=utf-8")
}

/// The server is up.
pub(super) async fn health() -> Response {
    constant(r#"{"status":"ok"}"#, "application/json")
}

fn constant(text: &'static str, content_type: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
