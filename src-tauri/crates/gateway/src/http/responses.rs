//! `/v1/responses`: OpenAI's responses, as Codex and the newer SDKs ask for them (D.7).
//!
//! A response goes on in the session it began in, so the protocol's memory and the app's history are one.
//! The danger is an id that leads to somebody else's conversation: every look-up names the client key beside
//! the id, and what is not that key's is not there (SEC-17). A key whose policy keeps no content keeps no
//! response either, and its answers say `store: false`.

mod background;
mod input_tokens;
mod keep;
mod stored;

use std::borrow::Cow;
use std::collections::HashMap;

use axum::response::Response;
use domain::{
    ClientKeyId, Failure, FailureKind, MessageId, RawJson, ResponseId, SessionId, StorePolicy, Timestamp,
    Wire,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use store::table;
use store::table::responses::{KeptResponse, OpenedResponse, ResponseStatus};
use wire::client::Form;
use wire::openai_responses::{self, ClientRequest};

use super::answering::{self, Asked, Besides};
use super::asking::Posted;
use super::{asking, body, errors};
use crate::Engine;
use crate::turn::{Place, ResponsePlace};
pub(super) use input_tokens::input_tokens;
pub(super) use keep::Keep;
pub(super) use stored::{cancel, delete, get, input_items};

/// How many days a response is kept where no setting says it.
const DAYS: u16 = 30;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

pub(super) async fn create(posted: Posted) -> Response {
    posted.answered(Wire::OpenAiResponses, answer).await
}

async fn answer(posted: Posted) -> Result<Response, Failure> {
    let Posted {
        engine,
        admission,
        headers,
        body,
    } = posted;
    let owner = &admission.key.key.id;
    let body = body::read(body).await?;
    let bytes = resolved(&engine, owner, &body.bytes).await?;
    let mut read = openai_responses::decode_request(&bytes)?;
    let kept = read.store && admission.key.key.store == StorePolicy::All;
    check(&read, kept)?;
    if !kept {
        read.settings.set("store", RawJson::new("false"));
    }
    let after = match &read.previous_response_id {
        Some(id) => Some(place_of(&engine, owner, id).await?),
        None => None,
    };
    if let Some(id) = &read.conversation {
        let object = serde_json::json!({ "id": id });
        read.settings.set("conversation", RawJson::of(&object));
    }
    let id = engine.ids().response()?;
    let now = engine.clock().now();
    let envelope = read.envelope(id.as_str(), now.seconds(), String::new());
    let keep = kept.then(|| {
        Keep::new(
            engine.clone(),
            opened(&engine, owner, &id, &bytes, read.background, now),
        )
    });
    drop(bytes);
    drop(body);
    let besides = Besides {
        keep,
        seals: envelope.sealed,
        counts: false,
    };
    if besides.seals {
        engine.envelopes().ready(&engine).await?;
    }
    let place = Place::Response(ResponsePlace {
        after,
        session: read.conversation.or(read.session_id),
        label: asking::label(&headers),
        instructions: read.instructions,
    });
    let asked = Asked {
        route: "POST /v1/responses",
        model: read.model,
        request: read.request,
        session: None,
        form: Form::OpenAiResponses(Box::new(envelope)),
    };
    if read.background {
        return background::start(engine, &admission, &headers, asked, (place, besides)).await;
    }
    answering::respond_at(engine, &admission, &headers, asked, (place, besides)).await
}

fn check(read: &ClientRequest, kept: bool) -> Result<(), Failure> {
    if read.previous_response_id.is_some() && read.conversation.is_some() {
        return Err(Failure::invalid(
            "conversation",
            "'previous_response_id' and 'conversation' exclude each other.",
        )
        .with_code("mutually_exclusive_parameters"));
    }
    if read.background && !kept {
        let message = if read.store {
            "This key's storage policy keeps no responses, so none can run in the background."
        } else {
            "A response in the background must be stored: 'store' cannot be false."
        };
        return Err(Failure::invalid("background", message).with_code("invalid_value"));
    }
    Ok(())
}

/// The body with the items in their places that it only refers to.
async fn resolved<'b>(
    engine: &Engine,
    owner: &ClientKeyId,
    body: &'b [u8],
) -> Result<Cow<'b, [u8]>, Failure> {
    let known = referred(engine, owner, body).await?;
    if known.is_empty() {
        return Ok(Cow::Borrowed(body));
    }
    Ok(Cow::Owned(openai_responses::resolve(body, &known)))
}

async fn referred(
    engine: &Engine,
    owner: &ClientKeyId,
    body: &[u8],
) -> Result<HashMap<String, RawJson>, Failure> {
    let ids = openai_responses::references(body);
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    engine.store().flush().await?;
    let (owner, now) = (owner.clone(), engine.clock().now());
    let holding = move |conn: &_| {
        let mut holding = Vec::with_capacity(ids.len());
        for id in ids {
            let kept = table::responses::find_by_item(conn, &owner, &id, now)?;
            holding.push((id, kept));
        }
        Ok(holding)
    };
    let mut known = HashMap::new();
    for (id, kept) in engine.store().read(holding).await? {
        let item = kept.and_then(|kept| item_of(&kept, &id));
        let item = item.ok_or_else(|| {
            Failure::new(FailureKind::NotFound, format!("Item with id '{id}' not found.")).with_param("input")
        })?;
        known.insert(id, item);
    }
    Ok(known)
}

fn item_of(kept: &KeptResponse, id: &str) -> Option<RawJson> {
    let asked = openai_responses::items(&kept.input);
    let answered = openai_responses::output_items(kept.answer.as_bytes());
    answered
        .into_iter()
        .chain(asked)
        .find(|item| openai_responses::item_id(item).as_deref() == Some(id))
}

/// Where a response that is to be continued ended.
async fn place_of(engine: &Engine, owner: &ClientKeyId, id: &str) -> Result<(SessionId, MessageId), Failure> {
    let refused = |what: &str| {
        let shown: String = id.chars().take(100).collect();
        Failure::invalid(
            "previous_response_id",
            format!("Previous response with id '{shown}' {what}."),
        )
        .with_code("previous_response_not_found")
    };
    let kept = find(engine, owner, id)
        .await?
        .ok_or_else(|| refused("not found"))?;
    match (kept.status, kept.place) {
        (ResponseStatus::Completed | ResponseStatus::Incomplete, Some(place)) => Ok(place),
        (ResponseStatus::InProgress, _) => Err(refused("is still in progress")),
        (ResponseStatus::Failed | ResponseStatus::Cancelled, _) => Err(refused("did not complete")),
        (ResponseStatus::Completed | ResponseStatus::Incomplete, None) => Err(refused("not found")),
    }
}

/// A response of this key, also one that ended a moment ago.
async fn find(engine: &Engine, owner: &ClientKeyId, id: &str) -> Result<Option<KeptResponse>, Failure> {
    let Some(id) = ResponseId::parse(id) else {
        return Ok(None);
    };
    // its rows may be queued, not yet in the database
    engine.store().flush().await?;
    let (owner, now) = (owner.clone(), engine.clock().now());
    engine
        .store()
        .read(move |conn| table::responses::find(conn, &owner, &id, now))
        .await
}

fn opened(
    engine: &Engine,
    owner: &ClientKeyId,
    id: &ResponseId,
    body: &[u8],
    background: bool,
    now: Timestamp,
) -> OpenedResponse {
    let input = openai_responses::input_items(body, id.as_str());
    let days = engine.roster().now().settings.responses_days.unwrap_or(DAYS);
    let texts: Vec<&str> = input.iter().map(RawJson::get).collect();
    OpenedResponse {
        id: id.clone(),
        owner: owner.clone(),
        background,
        expires_at: Timestamp(now.millis().saturating_add(i64::from(days) * DAY_MS)),
        created_at: now,
        input: format!("[{}]", texts.join(",")),
        answer: String::new(),
        items: input.iter().filter_map(openai_responses::item_id).collect(),
    }
}

/// `POST /v1/responses/compact`: clients compact by themselves when it is not there (W-135).
pub(super) async fn compact() -> Response {
    let failure = Failure::new(
        FailureKind::RouteNotFound,
        "Conversations are not compacted here: POST /v1/responses/compact is not served.",
    );
    errors::response(Wire::OpenAiResponses, &failure)
}

/// `GET /v1/responses`: some clients ask for a WebSocket first and fall back on this answer (W-135).
pub(super) async fn upgrade(headers: HeaderMap) -> Response {
    let failure = Failure::new(
        FailureKind::MethodNotAllowed,
        "Responses are streamed as server-sent events: POST /v1/responses.",
    );
    let mut response = errors::response(Wire::OpenAiResponses, &failure);
    if headers.contains_key(header::UPGRADE) {
        *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
        let spoken = HeaderValue::from_static("HTTP/1.1");
        response.headers_mut().insert(header::UPGRADE, spoken);
    }
    response
}
