//! `POST /v1/embeddings` (W-105 to W-107): vectors by an embedding model, named as `provider/model` or as an
//! agent that stands on one.
//!
//! They are calls like others, with budget, fallbacks and an entry in the ledger, and belong to no session.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::{CallSource, Failure, Params, Request, Wire};
use http::{HeaderMap, HeaderValue, header};
use wire::embeddings::{self, ClientRequest};

use super::admission::Admission;
use super::{answering, body, errors, warrant};
use crate::Engine;
use crate::turn::{Ask, Bare, Place, Reply};

pub(super) async fn create(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answered = Box::pin(answer(engine, &admission, &headers, body)).await;
    answered.unwrap_or_else(|failure| errors::response(Wire::OpenAiChat, &failure))
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
        encoding,
    } = embeddings::decode_request(&body.bytes)?;
    drop(body);
    let running = admission.take_place()?;
    let ask = Ask {
        source: CallSource::Client {
            key: admission.key.key.id.clone(),
        },
        key: Some((Arc::clone(&admission.key), running)),
        model,
        request: Request {
            params: Params {
                // vectors are no tokens: no money is set aside for them
                max_output_tokens: Some(0),
                ..Params::default()
            },
            ..Request::default()
        },
        heard: admission.heard.clone(),
        replay_of: None,
        bare: Some(Bare::Embedding(request)),
        route: "POST /v1/embeddings",
        wire: Some(Wire::OpenAiChat),
        place: Place::Nowhere,
        call: admission.call.clone(),
        arrived: admission.arrived,
        retries: answering::may_retry(headers),
    };
    let mut lapse = warrant::lapse(engine.clone(), &admission.key, ask.model.clone());
    let turn = tokio::select! {
        biased;
        failure = &mut lapse => return Err(failure),
        turn = engine.turn(ask) => turn?,
    };
    let mut response = Response::default();
    response.headers_mut().reserve(super::serve::HEADERS);
    answering::describe(&turn, response.headers_mut());
    let Reply::Vectors(vectors) = turn.reply else {
        return Err(crate::failures::internal("an answer in place of vectors"));
    };
    let mut out = Vec::new();
    embeddings::encode_answer(&vectors, &turn.model, encoding, &mut out);
    *response.body_mut() = Body::from(out);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
