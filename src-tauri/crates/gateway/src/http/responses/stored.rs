//! What a client comes back for: a response, its input, its end (W-135).

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::{Failure, FailureKind, RawJson, ResponseId, Wire};
use http::{HeaderValue, Uri, header};
use serde_json::json;
use store::table;
use store::table::responses::{KeptResponse, ResponseStatus};
use wire::openai_responses;

use super::super::admission::Admission;
use super::super::asking::{Segment, named};
use super::super::errors;
use super::{background, find};
use crate::Engine;

/// Items a page where the client does not say, and at most.
const PAGE: usize = 20;
const PAGE_MOST: usize = 100;

pub(in crate::http) async fn get(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    id: Segment,
    uri: Uri,
) -> Response {
    answered(read(&engine, &admission, &named(id), &uri).await)
}

async fn read(engine: &Engine, admission: &Admission, id: &str, uri: &Uri) -> Result<Response, Failure> {
    let kept = kept(engine, admission, id).await?;
    if query(uri, "stream") != Some("true") {
        return Ok(json(kept.answer));
    }
    let from = match query(uri, "starting_after") {
        None => 0,
        Some(number) => number
            .parse::<usize>()
            .ok()
            .and_then(|n| n.checked_add(1))
            .ok_or_else(|| {
                Failure::invalid("starting_after", "'starting_after' is the number of an event.")
                    .with_code("invalid_value")
            })?,
    };
    let run = ResponseId::parse(id).and_then(|id| engine.background().find(&id, &admission.key.key.id));
    match (run.filter(|run| run.is_streamed()), kept.events) {
        (_, Some(events)) => Ok(background::replay(&events, from)),
        (Some(run), None) => Ok(background::follow(run, from)),
        (None, None) => Err(Failure::invalid(
            "stream",
            "Only a response that was made with 'background' and 'stream' can be streamed again.",
        )
        .with_code("invalid_value")),
    }
}

pub(in crate::http) async fn delete(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    id: Segment,
) -> Response {
    answered(forget(&engine, &admission, &named(id)).await)
}

async fn forget(engine: &Engine, admission: &Admission, id: &str) -> Result<Response, Failure> {
    let parsed = ResponseId::parse(id).ok_or_else(|| unknown(id))?;
    let owner = admission.key.key.id.clone();
    if let Some(run) = engine.background().find(&parsed, &owner) {
        run.cancel();
    }
    engine.store().flush().await?;
    let now = engine.clock().now();
    let deleted = engine
        .store()
        .write(move |tx| table::responses::delete(tx, &owner, &parsed, now))
        .await?;
    if !deleted {
        return Err(unknown(id));
    }
    Ok(json(
        json!({"id": id, "object": "response", "deleted": true}).to_string(),
    ))
}

pub(in crate::http) async fn cancel(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    id: Segment,
) -> Response {
    answered(call_off(&engine, &admission, &named(id)).await)
}

async fn call_off(engine: &Engine, admission: &Admission, id: &str) -> Result<Response, Failure> {
    let found = kept(engine, admission, id).await?;
    if !found.background {
        return Err(Failure::invalid(
            "response_id",
            "Cannot cancel a response that does not run in the background.",
        )
        .with_code("invalid_value"));
    }
    if found.status != ResponseStatus::InProgress {
        return Ok(json(found.answer));
    }
    let run = ResponseId::parse(id).and_then(|id| engine.background().find(&id, &admission.key.key.id));
    if let Some(run) = run {
        run.cancel();
        run.over().await;
    }
    Ok(json(kept(engine, admission, id).await?.answer))
}

pub(in crate::http) async fn input_items(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    id: Segment,
    uri: Uri,
) -> Response {
    answered(list(&engine, &admission, &named(id), &uri).await)
}

async fn list(engine: &Engine, admission: &Admission, id: &str, uri: &Uri) -> Result<Response, Failure> {
    let kept = kept(engine, admission, id).await?;
    let invalid = |param: &str, message: &str| Failure::invalid(param, message).with_code("invalid_value");
    let limit = match query(uri, "limit") {
        None => PAGE,
        Some(limit) => limit
            .parse()
            .ok()
            .filter(|limit| (1..=PAGE_MOST).contains(limit))
            .ok_or_else(|| invalid("limit", "'limit' is a number from 1 to 100."))?,
    };
    let mut items = openai_responses::items(&kept.input);
    match query(uri, "order") {
        None | Some("desc") => items.reverse(),
        Some("asc") => {}
        Some(_) => return Err(invalid("order", "'order' is 'asc' or 'desc'.")),
    }
    if let Some(after) = query(uri, "after") {
        let at = items
            .iter()
            .position(|item| openai_responses::item_id(item).as_deref() == Some(after))
            .ok_or_else(|| invalid("after", "There is no item of that id in the list."))?;
        items.drain(..=at);
    }
    let has_more = items.len() > limit;
    items.truncate(limit);
    let id_of = |item: Option<&RawJson>| item.and_then(openai_responses::item_id);
    let texts: Vec<&str> = items.iter().map(RawJson::get).collect();
    let around = json!({
        "first_id": id_of(items.first()), "last_id": id_of(items.last()), "has_more": has_more,
    });
    let around = around.to_string();
    let fields = around.trim_start_matches('{');
    Ok(json(format!(
        r#"{{"object":"list","data":[{}],{fields}"#,
        texts.join(",")
    )))
}

async fn kept(engine: &Engine, admission: &Admission, id: &str) -> Result<KeptResponse, Failure> {
    let found = find(engine, &admission.key.key.id, id).await?;
    found.ok_or_else(|| unknown(id))
}

/// The same for one that never was, that is deleted, and that is another key's (SEC-17).
fn unknown(id: &str) -> Failure {
    let shown: String = id.chars().take(100).collect();
    Failure::new(
        FailureKind::NotFound,
        format!("Response with id '{shown}' not found."),
    )
}

/// A value of the query; none of those that are read here holds a character that would be escaped.
fn query<'u>(uri: &'u Uri, name: &str) -> Option<&'u str> {
    uri.query()?
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

fn answered(answer: Result<Response, Failure>) -> Response {
    match answer {
        Ok(response) => response,
        Err(failure) => errors::response(Wire::OpenAiResponses, &failure),
    }
}

/// A document as an answer.
pub(super) fn json(document: impl Into<Body>) -> Response {
    let mut response = Response::new(document.into());
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
