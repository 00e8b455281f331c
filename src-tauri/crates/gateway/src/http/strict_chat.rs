//! `POST /api/v1/chat/completions`: chat completions as one document fixes them, with a model that must be
//! named, a table of values that are refused, and usage at the end of every stream.

use axum::response::Response;
use domain::{Failure, Wire};

use super::answering::{self, Besides};
use super::asking::Posted;
use super::{body, chat_completions};

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
    let read = wire::openai_chat::decode_strict(&body.bytes)?;
    drop(body);
    let route = "POST /api/v1/chat/completions";
    let asked = chat_completions::asked(&engine, route, &admission.call, read);
    let (ask, form) = answering::ask(&admission, &headers, asked)?;
    let besides = Besides {
        counts: true,
        ..Besides::default()
    };
    answering::run(engine, ask, form, besides).await
}
