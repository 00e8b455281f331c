//! `POST /v1/embeddings` (W-105 to W-107): vectors by an embedding model, named as `provider/model` or as an
//! agent that stands on one.
//!
//! Other wires ask for vectors in words of their own and go the same way. They are calls like others, with
//! budget, fallbacks and an entry in the ledger, and belong to no session.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use domain::{CallSource, EmbeddingRequest, Embeddings, Failure, Wire};
use http::{HeaderMap, HeaderValue, header};
use wire::embeddings::{self, ClientRequest};

use super::admission::Admission;
use super::asking::Posted;
use super::{answering, body, warrant};
use crate::Engine;
use crate::turn::{Above, Ask, Bare, Place, Reply};

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
    let ClientRequest {
        model,
        request,
        encoding,
    } = embeddings::decode_request(&body.bytes)?;
    drop(body);
    let wanted = Wanted {
        route: "POST /v1/embeddings",
        wire: Wire::OpenAiChat,
        model,
        request,
    };
    respond(engine, &admission, &headers, wanted, |vectors, model, out| {
        embeddings::encode_answer(vectors, model, encoding, out);
    })
    .await
}

/// What a route read from a client's request for vectors.
pub(super) struct Wanted {
    /// The door: `POST /v1/embeddings`.
    pub route: &'static str,
    /// The client's protocol.
    pub wire: Wire,
    /// What was written in `model`.
    pub model: Option<String>,
    /// What shall be embedded.
    pub request: EmbeddingRequest,
}

/// Runs a call for vectors and answers it as `write` does, which is given the vectors and what `model` stood for.
///
/// # Errors
/// Whatever kept it from being answered.
pub(super) async fn respond(
    engine: Engine,
    admission: &Admission,
    headers: &HeaderMap,
    wanted: Wanted,
    write: impl FnOnce(&Embeddings, &str, &mut Vec<u8>),
) -> Result<Response, Failure> {
    let running = admission.take_place()?;
    let ask = Ask {
        source: CallSource::Client {
            key: admission.key.key.id.clone(),
        },
        key: Some(Arc::clone(&admission.key)),
        running: Some(running),
        model: wanted.model,
        request: Bare::beside(),
        bare: Some(Bare::Embedding(wanted.request)),
        draft: None,
        heard: admission.heard.clone(),
        replay_of: None,
        recorded: None,
        route: wanted.route,
        wire: Some(wanted.wire),
        place: Place::Nowhere,
        call: admission.call.clone(),
        arrived: admission.arrived,
        retries: answering::may_retry(headers),
        above: Above::default(),
        applied: Vec::new(),
    };
    let mut lapse = warrant::lapse(engine.clone(), &admission.key, ask.model.clone());
    let turn = tokio::select! {
        biased;
        failure = &mut lapse => return Err(failure),
        turn = Box::pin(engine.turn(ask)) => turn?,
    };
    let mut response = Response::default();
    response.headers_mut().reserve(super::serve::HEADERS);
    answering::describe(&turn, response.headers_mut());
    let Reply::Vectors(vectors) = turn.reply else {
        return Err(crate::failures::internal("an answer in place of vectors"));
    };
    let mut out = Vec::new();
    write(&vectors, &turn.model, &mut out);
    *response.body_mut() = Body::from(out);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
