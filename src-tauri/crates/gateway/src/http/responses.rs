//! `POST /v1/responses`: OpenAI's responses, as Codex and the newer SDKs ask for them (D.7).

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::{CallId, Failure, Wire};
use http::HeaderMap;
use wire::client::Form;

use super::admission::Admission;
use super::answering::{self, Asked};
use super::{body, errors};
use crate::Engine;

pub(super) async fn create(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match Box::pin(answer(engine, &admission, &headers, body)).await {
        Ok(response) => response,
        Err(failure) => errors::response(Wire::OpenAiResponses, &failure),
    }
}

async fn answer(
    engine: Engine,
    admission: &Admission,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let body = body::read(body).await?;
    let read = wire::openai_responses::decode_request(&body.bytes)?;
    drop(body);
    let stem = admission.call.as_str().trim_start_matches(CallId::PREFIX);
    let id = format!("resp_{stem}");
    let envelope = read.envelope(id, engine.clock().now().seconds(), String::new());
    let asked = Asked {
        route: "POST /v1/responses",
        model: read.model,
        request: read.request,
        session: read.session_id,
        form: Form::OpenAiResponses(Box::new(envelope)),
    };
    answering::respond(engine, admission, headers, asked).await
}
