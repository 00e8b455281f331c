//! `POST /v1/chat/completions`.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::{Failure, Wire};
use http::HeaderMap;
use wire::client::Form;
use wire::openai_chat::{ClientRequest, Envelope};

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
    let ClientRequest {
        model,
        request,
        include_usage,
        session_id,
    } = wire::openai_chat::decode_request(&body.bytes)?;
    drop(body);
    let envelope = Envelope {
        id: format!("chatcmpl-{}", admission.call),
        created: engine.clock().now().seconds(),
        model: String::new(),
    };
    let asked = Asked {
        route: "POST /v1/chat/completions",
        model,
        request,
        session: session_id,
        form: Form::OpenAiChat {
            envelope,
            include_usage,
        },
    };
    answering::respond(engine, admission, headers, asked).await
}
