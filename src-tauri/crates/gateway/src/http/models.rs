//! `GET /v1/models`, `GET` and `DELETE /v1/models/{id}`: what this key may name, without touching the network
//! (W-104). Anthropic's and Google's clients ask here too, and are told in their own shapes.

mod anthropic;

use axum::Extension;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use domain::{Agent, AgentRef, Failure, FailureKind, Model, Price, Wire};
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};
use std::sync::Arc;
use wire::anthropic_messages::VERSION_HEADER;

use super::admission::Admission;
use super::path::Rest;
use super::{errors, gemini};
use crate::Engine;
use crate::control::ModelChoice;
use crate::models::{self, raw_choices};
use crate::turn::{choice_of, choices, name_of_agent};

/// A model that may be named, with what is known of it.
struct Listed {
    choice: ModelChoice,
    agent: Option<Arc<Agent>>,
    model: Option<Arc<Model>>,
}

/// Whose shape the client reads (W-101).
fn wire_of(headers: &HeaderMap) -> Wire {
    if headers.contains_key(VERSION_HEADER) {
        Wire::AnthropicMessages
    } else {
        Wire::OpenAiChat
    }
}

pub(super) async fn list(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    if headers.contains_key(errors::GOOGLES_CLIENT) {
        return gemini::list(State(engine), Extension(admission)).await;
    }
    let wire = wire_of(&headers);
    let written = all(&engine, &admission).await.and_then(|all| match wire {
        Wire::AnthropicMessages => anthropic::list(&all, query.as_deref().unwrap_or_default()),
        Wire::OpenAiChat | Wire::OpenAiResponses | Wire::Gemini | Wire::Ollama | Wire::BedrockConverse => {
            let data: Vec<Value> = all.iter().map(object).collect();
            Ok(json!({ "object": "list", "data": data }).to_string().into())
        }
    });
    respond(wire, written)
}

async fn all(engine: &Engine, admission: &Admission) -> Result<Vec<Listed>, Failure> {
    let mut found = choices(&engine.roster().now(), Some(&admission.key));
    if admission.key.key.raw_models {
        found.extend(raw_choices(engine).await?);
    }
    let mut all = Vec::with_capacity(found.len());
    for choice in found {
        all.push(listed(engine, choice).await?);
    }
    Ok(all)
}

pub(super) async fn get(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    Rest(model): Rest,
    headers: HeaderMap,
) -> Response {
    if headers.contains_key(errors::GOOGLES_CLIENT) {
        return gemini::get(State(engine), Extension(admission), Rest(model)).await;
    }
    let wire = wire_of(&headers);
    let written = one(&engine, &admission, &model).await.map(|found| match wire {
        Wire::AnthropicMessages => anthropic::one(&found, &model),
        Wire::OpenAiChat | Wire::OpenAiResponses | Wire::Gemini | Wire::Ollama | Wire::BedrockConverse => {
            object(&found).to_string().into()
        }
    });
    respond(wire, written)
}

/// Programs ask; what there is, is decided in the window (W-103).
pub(super) async fn delete(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    Rest(model): Rest,
    headers: HeaderMap,
) -> Response {
    let refused = match one(&engine, &admission, &model).await {
        Ok(_) => Failure::new(FailureKind::ScopeDenied, "A client key cannot delete models.")
            .with_hint("Agents are deleted in Inglenook, or with `inglenook agent delete`."),
        Err(failure) => failure,
    };
    errors::response(wire_of(&headers), &refused)
}

async fn one(engine: &Engine, admission: &Admission, model: &str) -> Result<Listed, Failure> {
    if let Some(AgentRef::Id(_, Some(_)) | AgentRef::Slug(_, Some(_))) = AgentRef::parse(model) {
        return at_revision(engine, admission, model).await;
    }
    let roster = engine.roster().now();
    let agent = name_of_agent(&roster, &admission.key, model);
    let mut choices = choices(&roster, Some(&admission.key));
    if agent.is_none() && admission.key.key.raw_models {
        choices = raw_choices(engine).await?;
    }
    let id = agent.as_deref().unwrap_or(model);
    match choices.into_iter().find(|choice| choice.id == id) {
        Some(choice) => listed(engine, choice).await,
        None => Err(unknown(model)),
    }
}

/// An agent as it was, which a call may name as well (`reviewer@3`).
async fn at_revision(engine: &Engine, admission: &Admission, model: &str) -> Result<Listed, Failure> {
    let agent = engine
        .agent_named(&admission.key, model)
        .await
        .map_err(|failure| {
            // what belongs to others looks like what is not there
            let hidden = [FailureKind::ModelNotFound, FailureKind::ScopeDenied].contains(&failure.kind());
            if hidden { unknown(model) } else { failure }
        })?;
    let choice = ModelChoice {
        id: format!("{}@{}", agent.draft.slug, agent.revision),
        ..choice_of(&agent)
    };
    let model = facts(engine, &choice).await?;
    Ok(Listed {
        choice,
        agent: Some(agent),
        model,
    })
}

fn unknown(model: &str) -> Failure {
    let shown: String = model.chars().take(200).collect();
    let message = format!("The model `{shown}` does not exist or you do not have access to it.");
    Failure::new(FailureKind::ModelNotFound, message).with_param("model")
}

async fn listed(engine: &Engine, choice: ModelChoice) -> Result<Listed, Failure> {
    let roster = engine.roster().now();
    let model = facts(engine, &choice).await?;
    let agent = choice.agent.then(|| roster.agent(&choice.id).cloned()).flatten();
    Ok(Listed { choice, agent, model })
}

async fn facts(engine: &Engine, choice: &ModelChoice) -> Result<Option<Arc<Model>>, Failure> {
    match engine.roster().now().providers.get(&choice.target.provider) {
        Some(provider) => models::facts(engine, provider, &choice.target).await.map(Some),
        None => Ok(None),
    }
}

/// All four of OpenAI's fields always (W-100), and what we know beside them: `null` is unknown.
fn object(listed: &Listed) -> Value {
    let Listed { choice, agent, model } = listed;
    let (agent, model) = (agent.as_deref(), model.as_deref());
    json!({
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
    })
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

fn respond(wire: Wire, written: Result<Vec<u8>, Failure>) -> Response {
    match written {
        Ok(body) => {
            let mut response = Response::new(Body::from(body));
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Err(failure) => errors::response(wire, &failure),
    }
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
