//! `POST /api/v1/chat/completions`: chat completions as one document fixes them, with a model that must be
//! named, a table of values that are refused, and usage at the end of every stream.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::{Failure, Wire};
use http::HeaderMap;

use super::admission::Admission;
use super::answering::{self, Besides};
use super::{body, chat_completions, errors};
use crate::Engine;

pub(super) async fn create(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match Box::pin(answer(engine, &admission, &headers, body)).await {
        Ok(response) => response,
        Err(failure) => errors::response(Wire::OpenAiChat, &failure),
    }
}

async fn answer(
    engine: Engine,
    admission: &Admission,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let body = body::read(body).await?;
    let read = wire::openai_chat::decode_strict(&body.bytes)?;
    drop(body);
    let route = "POST /api/v1/chat/completions";
    let asked = chat_completions::asked(&engine, route, &admission.call, read);
    let (ask, form) = answering::ask(admission, headers, asked)?;
    let besides = Besides {
        counts: true,
        ..Besides::default()
    };
    answering::run(engine, ask, form, besides).await
}
