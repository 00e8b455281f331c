//! `POST /v1/chat/completions`.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::{CallId, Failure, Wire};
use http::HeaderMap;
use wire::client::Form;
use wire::openai_chat::{ClientRequest, Envelope};

use super::admission::Admission;
use super::answering::{self, Asked};
use super::{body, errors};
use crate::Engine;

pub(super) const ROUTE: &str = "POST /v1/chat/completions";

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
    let read = wire::openai_chat::decode_request(&body.bytes)?;
    drop(body);
    let asked = asked(&engine, ROUTE, &admission.call, read);
    answering::respond(engine, admission, headers, asked).await
}

/// What a body asks for, to be answered as chat completions are.
pub(super) fn asked(engine: &Engine, route: &'static str, call: &CallId, read: ClientRequest) -> Asked {
    let ClientRequest {
        model,
        request,
        include_usage,
        session_id,
    } = read;
    let envelope = Envelope {
        id: format!("chatcmpl-{call}"),
        created: engine.clock().now().seconds(),
        model: String::new(),
    };
    Asked {
        route,
        model,
        request,
        session: session_id,
        form: Form::OpenAiChat {
            envelope,
            include_usage,
        },
    }
}
