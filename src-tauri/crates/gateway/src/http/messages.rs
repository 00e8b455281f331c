//! `POST /v1/messages` and `POST /v1/messages/count_tokens`: Anthropic's SDKs and Claude Code.
//!
//! The danger is what its clients send beside the body. They ask for features by header, and a real Anthropic
//! behind an agent must hear of them as they were written (W-146). They send back thinking with its signature,
//! and a signature of ours must not reach a provider, who would refuse it (W-155).

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::{Failure, RawJson, Request, Wire};
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};
use wire::anthropic_messages::{self, ClientRequest, Envelope, VERSION, VERSION_HEADER};
use wire::client::Form;

use super::admission::Admission;
use super::answering::{self, Asked};
use super::asking::Posted;
use super::{body, errors};
use crate::Engine;
use crate::turn::Signature;

pub(super) async fn create(posted: Posted) -> Response {
    posted.answered(Wire::AnthropicMessages, answer).await
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
        mut request,
        session_id,
    } = anthropic_messages::decode_request(&body.bytes)?;
    drop(body);
    features(&headers, &mut request);
    let signature = Signature::of(&admission.key);
    signature.open(&mut request.messages);
    let asked = Asked {
        route: "POST /v1/messages",
        model,
        request,
        session: session_id,
        form: Form::AnthropicMessages(Envelope {
            id: format!("msg_{}", admission.call),
            request_id: Some(admission.call.to_string()),
            model: String::new(),
            input_tokens: 0,
            signer: Some(signature.into_signer()),
        }),
    };
    answering::respond(engine, &admission, &headers, asked).await
}

/// Takes down what the headers ask of Anthropic, for an upstream that is Anthropic.
fn features(headers: &HeaderMap, request: &mut Request) {
    let texts = |name| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
    };
    let betas: Vec<&str> = texts("anthropic-beta")
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .filter(|beta| !beta.is_empty())
        .collect();
    if !betas.is_empty() {
        request.extra.set("betas", RawJson::of(&json!(betas)));
    }
    let version = texts(VERSION_HEADER).next();
    if let Some(other) = version.filter(|version| *version != VERSION) {
        request
            .extra
            .set(VERSION_HEADER, RawJson::of(&Value::from(other)));
    }
}

pub(super) async fn count_tokens(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    body: Body,
) -> Response {
    match count(&engine, &admission, body).await {
        Ok(tokens) => {
            let mut response = Response::new(Body::from(json!({ "input_tokens": tokens }).to_string()));
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Err(failure) => errors::response(Wire::AnthropicMessages, &failure),
    }
}

/// Counts here and asks nobody, for clients ask often and at once (W-154).
async fn count(engine: &Engine, admission: &Admission, body: Body) -> Result<u64, Failure> {
    let body = body::read(body).await?;
    let ClientRequest { model, request, .. } = anthropic_messages::decode_count_request(&body.bytes)?;
    engine
        .count_input(&admission.key, model.as_deref(), request)
        .await
}
