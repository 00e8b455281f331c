//! `POST /api/embed`, and `POST /api/embeddings` as it was before (W-196).

use std::time::Instant;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::{Embeddings, Failure, Wire};
use http::{HeaderMap, HeaderValue, header};
use wire::ollama::{self, ClientEmbed, Durations, EmbedRoute};

use super::refusal;
use crate::http::admission::Admission;
use crate::http::body;
use crate::http::embeddings::{self, Wanted};
use crate::{Engine, turn};

pub(in crate::http) async fn embed(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    Box::pin(answer(engine, &admission, &headers, body, EmbedRoute::Embed)).await
}

pub(in crate::http) async fn embeddings(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    Box::pin(answer(engine, &admission, &headers, body, EmbedRoute::Embeddings)).await
}

async fn answer(
    engine: Engine,
    admission: &Admission,
    headers: &HeaderMap,
    body: Body,
    route: EmbedRoute,
) -> Response {
    let asked = match body::read(body).await {
        Ok(body) => ollama::decode_embed(&body.bytes, route),
        Err(failure) => Err(failure),
    };
    let asked = match asked {
        Ok(asked) => asked,
        Err(failure) => return refusal(&failure, None),
    };
    let model = asked.model.clone();
    let answered = if asked.request.inputs.is_empty() {
        loaded(&engine, admission, &asked)
    } else {
        let wanted = Wanted {
            route: match route {
                EmbedRoute::Embed => "POST /api/embed",
                EmbedRoute::Embeddings => "POST /api/embeddings",
            },
            wire: Wire::Ollama,
            model: asked.model,
            request: asked.request,
        };
        let arrived = admission.arrived;
        embeddings::respond(engine, admission, headers, wanted, |vectors, model, out| {
            ollama::encode_embed(vectors, model, route, took(arrived), out);
        })
        .await
    };
    answered.unwrap_or_else(|failure| refusal(&failure, model.as_deref()))
}

fn took(arrived: Instant) -> Durations {
    Durations {
        total: u64::try_from(arrived.elapsed().as_nanos()).unwrap_or(u64::MAX),
        ..Durations::default()
    }
}

/// A client that sends no text only wants the model in memory, and is told that it is there (W-194).
fn loaded(engine: &Engine, admission: &Admission, asked: &ClientEmbed) -> Result<Response, Failure> {
    let named = asked.model.as_deref();
    let choice = turn::choice(&engine.roster().now(), &admission.key, named)?;
    let mut out = Vec::new();
    ollama::encode_embed(
        &Embeddings::default(),
        named.unwrap_or(&choice.id),
        asked.route,
        took(admission.arrived),
        &mut out,
    );
    let mut response = Response::new(Body::from(out));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
