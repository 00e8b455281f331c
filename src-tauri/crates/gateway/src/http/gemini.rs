//! Google's routes under `/v1beta` and `/v1`, for clients that speak nothing else, Gemini CLI above all.
//!
//! The model and what shall be done with it stand together in the path, `models/{id}:{method}`, and an id may
//! hold slashes and colons itself: the last colon counts. Every failure is told in Google's shape, also that
//! of a method we do not know. Tuned models, files and caches are not here.

mod models;

use axum::Extension;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use domain::{Failure, FailureKind, Wire};
use http::{HeaderMap, HeaderValue, header};
use wire::client::Form;
use wire::gemini::{self, ClientRequest, Envelope, Framing};

pub(super) use models::{get, list};

use super::admission::Admission;
use super::answering::{self, Asked};
use super::embeddings::{self, Wanted};
use super::path::Rest;
use super::{body, errors};
use crate::Engine;

/// `POST /v1beta/models/{id}:{method}`.
pub(super) async fn call(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    Rest(call): Rest,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let (model, method) = call.rsplit_once(':').unwrap_or((&call, ""));
    let answered = match method {
        "generateContent" => {
            let asking = generate(engine, &admission, (model, None), &headers, body);
            Box::pin(asking).await
        }
        "streamGenerateContent" => {
            let framing = Some(framing(query.as_deref()));
            let asking = generate(engine, &admission, (model, framing), &headers, body);
            Box::pin(asking).await
        }
        "embedContent" | "batchEmbedContents" => {
            let many = method == "batchEmbedContents";
            Box::pin(embed(engine, &admission, (model, many), &headers, body)).await
        }
        "countTokens" => models::count_tokens(&engine, &admission, model, body).await,
        _ => Err(
            Failure::new(FailureKind::RouteNotFound, "There is no such method of a model.")
                .with_hint("There are generateContent, streamGenerateContent, countTokens, embedContent and batchEmbedContents."),
        ),
    };
    answered.unwrap_or_else(|failure| errors::response(Wire::Gemini, &failure))
}

/// Events when `alt=sse` asks for them, else one array.
fn framing(query: Option<&str>) -> Framing {
    let wants_events = query.is_some_and(|query| query.split('&').any(|pair| pair == "alt=sse"));
    if wants_events {
        Framing::Sse
    } else {
        Framing::Array
    }
}

async fn generate(
    engine: Engine,
    admission: &Admission,
    (model, framing): (&str, Option<Framing>),
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let body = body::read(body).await?;
    let ClientRequest {
        mut request,
        session_id,
        // the path says it
        model: _,
    } = gemini::decode_request(&body.bytes)?;
    drop(body);
    request.stream = framing.is_some();
    let asked = Asked {
        route: match framing {
            Some(_) => "POST /v1beta/models/{id}:streamGenerateContent",
            None => "POST /v1beta/models/{id}:generateContent",
        },
        model: Some(model.to_owned()),
        request,
        session: session_id,
        form: Form::Gemini {
            envelope: Envelope {
                id: admission.call.to_string(),
                model: String::new(),
            },
            framing: framing.unwrap_or(Framing::Sse),
        },
    };
    answering::respond(engine, admission, headers, asked).await
}

async fn embed(
    engine: Engine,
    admission: &Admission,
    (model, many): (&str, bool),
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let body = body::read(body).await?;
    let request = if many {
        gemini::decode_batch_embed(&body.bytes)?
    } else {
        gemini::decode_embed(&body.bytes)?
    };
    drop(body);
    let wanted = Wanted {
        route: if many {
            "POST /v1beta/models/{id}:batchEmbedContents"
        } else {
            "POST /v1beta/models/{id}:embedContent"
        },
        wire: Wire::Gemini,
        model: Some(model.to_owned()),
        request,
    };
    embeddings::respond(engine, admission, headers, wanted, |vectors, _, out| {
        if many {
            gemini::encode_batch(vectors, out);
        } else {
            gemini::encode_embedding(vectors, out);
        }
    })
    .await
}

fn respond(write: impl FnOnce(&mut Vec<u8>)) -> Response {
    let mut out = Vec::new();
    write(&mut out);
    let mut response = Response::new(Body::from(out));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
