//! Ollama's routes under `/api`, for clients that speak nothing else (D.10).
//!
//! An agent is dressed as a model of Ollama's: `slug:latest`, with a digest of its own. The danger is a
//! field that a client looks for and does not find: it then assumes a window of 4096 tokens, or hides the
//! model. Nothing is pulled, made or removed here: which agents there are is said in the app (W-196).

mod chat;
mod embed;
mod models;

use axum::response::Response;
use domain::{Failure, FailureKind, Timestamp, Wire};

pub(super) use chat::{chat, generate};
pub(super) use embed::{embed, embeddings};
pub(super) use models::{running, show, tags, version};

use super::errors;

/// Everything that would manage models.
pub(super) async fn unsupported() -> Response {
    let failure = Failure::new(FailureKind::ScopeDenied, "not supported");
    errors::response(Wire::Ollama, &failure)
}

/// A failure in Ollama's shape; an unknown model in the words by which clients know that it could be pulled
/// (W-192).
fn refusal(failure: &Failure, model: Option<&str>) -> Response {
    let is_name = failure.kind() == FailureKind::ModelNotFound && failure.param() == Some("model");
    match model.filter(|_| is_name) {
        Some(model) => {
            let shown: String = model.chars().take(200).collect();
            let message = format!("model '{shown}' not found");
            errors::response(Wire::Ollama, &Failure::new(FailureKind::ModelNotFound, message))
        }
        None => errors::response(Wire::Ollama, failure),
    }
}

/// RFC 3339, in UTC.
fn written(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.millis())
        .unwrap_or_default()
        .to_string()
}
