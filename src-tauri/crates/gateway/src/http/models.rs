//! `GET /v1/models` and `GET /v1/models/{id}`: what this key may name, without touching the network (W-104).
//! Google's libraries ask here too, and are told in their own shape.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::{Failure, FailureKind, Price, Wire};
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};

use super::admission::Admission;
use super::{errors, gemini};
use crate::Engine;
use crate::control::ModelChoice;
use crate::models::{self, raw_choices};
use crate::roster::Snapshot;
use crate::turn::choices;

pub(super) async fn list(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
) -> Response {
    if headers.contains_key(errors::GOOGLES_CLIENT) {
        return gemini::list(State(engine), Extension(admission)).await;
    }
    match all(&engine, &admission).await {
        Ok(data) => respond(&json!({ "object": "list", "data": data })),
        Err(failure) => errors::response(Wire::OpenAiChat, &failure),
    }
}

async fn all(engine: &Engine, admission: &Admission) -> Result<Vec<Value>, Failure> {
    let roster = engine.roster().now();
    let mut data = Vec::new();
    for choice in choices(&roster, Some(&admission.key)) {
        data.push(object(engine, &roster, &choice).await?);
    }
    if admission.key.key.raw_models {
        for choice in raw_choices(engine).await? {
            data.push(object(engine, &roster, &choice).await?);
        }
    }
    Ok(data)
}

pub(super) async fn get(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
    Path(model): Path<String>,
) -> Response {
    if headers.contains_key(errors::GOOGLES_CLIENT) {
        return gemini::get(State(engine), Extension(admission), Path(model)).await;
    }
    let model = model.strip_suffix('/').unwrap_or(&model);
    match one(&engine, &admission, model).await {
        Ok(Some(found)) => respond(&found),
        Ok(None) => {
            let shown: String = model.chars().take(200).collect();
            let message = format!("The model `{shown}` does not exist or you do not have access to it.");
            errors::response(
                Wire::OpenAiChat,
                &Failure::new(FailureKind::ModelNotFound, message).with_param("model"),
            )
        }
        Err(failure) => errors::response(Wire::OpenAiChat, &failure),
    }
}

async fn one(engine: &Engine, admission: &Admission, model: &str) -> Result<Option<Value>, Failure> {
    let roster = engine.roster().now();
    let id = roster.agent(model).map(|agent| agent.draft.slug.as_str());
    let mut choices = choices(&roster, Some(&admission.key));
    if id.is_none() && admission.key.key.raw_models {
        choices = raw_choices(engine).await?;
    }
    let id = id.unwrap_or(model);
    match choices.iter().find(|choice| choice.id == id) {
        Some(choice) => object(engine, &roster, choice).await.map(Some),
        None => Ok(None),
    }
}

/// All four of OpenAI's fields always (W-100), and what we know beside them: `null` is unknown.
async fn object(engine: &Engine, roster: &Snapshot, choice: &ModelChoice) -> Result<Value, Failure> {
    let agent = choice.agent.then(|| roster.agent(&choice.id)).flatten();
    let model = match roster.providers.get(&choice.target.provider) {
        Some(provider) => Some(models::facts(engine, provider, &choice.target).await?),
        None => None,
    };
    let model = model.as_deref();
    Ok(json!({
        "id": choice.id,
        "object": "model",
        "created": agent.map_or(0, |agent| agent.created_at.seconds()),
        "owned_by": "inglenook",
        "name": choice.name,
        "agent_id": agent.map(|agent| agent.id.as_str()),
        "revision": agent.map(|agent| agent.revision),
        "context_length": model.and_then(|model| model.context),
        "max_output_tokens": model.and_then(|model| model.max_output),
        "capabilities": model.map(|model| &model.abilities),
        "pricing": model.and_then(|model| model.price.as_ref()).map(pricing),
    }))
}

/// Dollars a token as decimal text, the form in which OpenRouter's clients read prices.
fn pricing(price: &Price) -> Value {
    json!({
        "prompt": dollars_a_token(price.input),
        "completion": dollars_a_token(price.output),
        "input_cache_read": dollars_a_token(price.cached_input),
        "input_cache_write": dollars_a_token(price.cache_write),
    })
}

/// Exact: micro-dollars a million tokens are 10^-12 dollars a token.
fn dollars_a_token(micros: i64) -> String {
    let digits = format!("{micros:013}");
    let (whole, fraction) = digits.split_at(digits.len() - 12);
    let text = format!("{whole}.{fraction}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn respond(value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_written_exactly() {
        for (micros, text) in [
            (150_000, "0.00000015"),
            (0, "0"),
            (1, "0.000000000001"),
            (3_000_000_000_000, "3"),
            (12_500_000_000_000, "12.5"),
        ] {
            assert_eq!(dollars_a_token(micros), text);
        }
    }
}
