//! `POST /v1/chat/completions`.

use axum::response::Response;
use domain::{CallId, Failure, Wire};
use wire::client::Form;
use wire::openai_chat::{ClientRequest, Envelope};

use super::answering::{self, Asked};
use super::asking::Posted;
use super::body;
use crate::Engine;

pub(super) const ROUTE: &str = "POST /v1/chat/completions";

pub(super) async fn create(posted: Posted) -> Response {
    posted.answered(Wire::OpenAiChat, answer).await
}

async fn answer(posted: Posted) -> Result<Response, Failure> {
    let Posted {
        engine,
        admission,
        headers,
        body,
    } = posted;
    let body = body::read(body).await?;
    let read = wire::openai_chat::decode_request(&body.bytes)?;
    drop(body);
    let asked = asked(&engine, ROUTE, &admission.call, read);
    answering::respond(engine, &admission, &headers, asked).await
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
