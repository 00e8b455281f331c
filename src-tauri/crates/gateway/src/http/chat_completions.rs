//! `POST /v1/chat/completions`.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::{CallSource, Failure, Wire};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use store::Record;
use wire::openai_chat::{ClientRequest, Envelope};

use super::admission::Admission;
use super::{body, errors, sse};
use crate::Engine;
use crate::turn::{Ask, Place, Reply, Turn};

/// A caller that tries again itself says `false` here, and nothing is asked twice (REL-01).
const RETRY: HeaderName = HeaderName::from_static("x-inglenook-retry");
const SESSION_ID: HeaderName = HeaderName::from_static("x-session-id");

pub(super) async fn create(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match Box::pin(answer(engine, &admission, &headers, body)).await {
        Ok(response) => response,
        Err(failure) => errors::response(&failure),
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
    let running = admission.take_place()?;
    note_use(&engine, admission).await?;
    let named = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    let stream = request.stream;
    let envelope = Envelope {
        id: format!("chatcmpl-{}", admission.call),
        created: engine.clock().now().seconds(),
        model: model.clone().unwrap_or_default(),
    };
    let ask = Ask {
        source: CallSource::Client {
            key: admission.key.key.id.clone(),
        },
        key: Some((std::sync::Arc::clone(&admission.key), running)),
        model,
        request,
        route: "POST /v1/chat/completions",
        wire: Some(Wire::OpenAiChat),
        place: Place::Client {
            session: session_id.or_else(|| headers.get(SESSION_ID).and_then(named)),
        },
        call: admission.call.clone(),
        arrived: admission.arrived,
        retries: headers.get(RETRY).is_none_or(|value| value != "false"),
    };
    if stream {
        let revoked = admission.key.leash.revoked().clone();
        return sse::respond(engine, ask, envelope, include_usage, revoked).await;
    }
    let turn = tokio::select! {
        biased;
        () = admission.key.leash.revoked().cancelled() => return Err(sse::revoked()),
        turn = engine.turn(ask) => turn?,
    };
    let Turn { model, reply, .. } = &turn;
    let Reply::Whole(whole) = reply else {
        return Err(crate::failures::internal(
            "a stream for a caller who asked for none",
        ));
    };
    let mut out = Vec::with_capacity(1024);
    let envelope = Envelope {
        model: model.clone(),
        ..envelope
    };
    wire::openai_chat::encode_answer(&whole.0, &envelope, &mut out);
    let mut response = Response::new(Body::from(out));
    response.headers_mut().reserve(super::serve::HEADERS);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    describe(&turn, response.headers_mut());
    Ok(response)
}

/// Writes down that the key is in use, once a minute and not with every call.
async fn note_use(engine: &Engine, admission: &Admission) -> Result<(), Failure> {
    let now = engine.clock().now();
    if !admission.key.leash.is_worth_noting(now) {
        return Ok(());
    }
    let id = admission.key.key.id.clone();
    engine
        .store()
        .record(vec![Record::ClientKeyUsed { id, at: now }])
        .await
}

/// Tells in headers what became of the call.
pub(super) fn describe(turn: &Turn, headers: &mut HeaderMap) {
    let mut set = |name: &'static str, text: &str| {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    };
    set("x-upstream-model", &turn.target.to_string());
    if let Some(session) = &turn.session {
        set("x-session-id", session.as_str());
    }
    if !turn.applied.is_empty() {
        let mut text = String::new();
        for applied in &turn.applied {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(&applied.what);
            text.push('=');
            text.push_str(&applied.how);
        }
        // clients have header limits too; the call's record has everything
        text.truncate(text.char_indices().nth(1000).map_or(text.len(), |(at, _)| at));
        set("x-inglenook-applied", &text);
    }
}
