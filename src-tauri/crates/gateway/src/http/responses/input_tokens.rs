//! `POST /v1/responses/input_tokens`: how long a request would be, by our own estimate; nobody is asked.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::{Failure, Wire};
use serde_json::json;
use store::table;
use wire::openai_responses;

use super::super::admission::Admission;
use super::super::{body, errors};
use super::{place_of, resolved, stored};
use crate::Engine;

pub(in crate::http) async fn input_tokens(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    body: Body,
) -> Response {
    match Box::pin(count(&engine, &admission, body)).await {
        Ok(count) => {
            let document = json!({"object": "response.input_tokens", "input_tokens": count});
            stored::json(document.to_string())
        }
        Err(failure) => errors::response(Wire::OpenAiResponses, &failure),
    }
}

async fn count(engine: &Engine, admission: &Admission, body: Body) -> Result<u64, Failure> {
    let owner = &admission.key.key.id;
    let body = body::read(body).await?;
    let bytes = resolved(engine, owner, &body.bytes).await?;
    let mut read = openai_responses::decode_request(&bytes)?;
    if let Some(id) = &read.previous_response_id {
        let (session, leaf) = place_of(engine, owner, id).await?;
        let branch = engine
            .store()
            .read(move |conn| table::messages::branch(conn, &session, &leaf))
            .await?;
        let before = branch.into_iter().map(|stored| stored.message);
        read.request.messages.extend(before);
    }
    let model = read.model.as_deref();
    engine.count_input(&admission.key, model, read.request).await
}
