//! `GET /v1/models` and `GET /v1/models/{id}`: what this key may name, without touching the network (W-104).

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::{Failure, FailureKind, Wire};
use http::{HeaderValue, header};
use serde_json::{Value, json};

use super::admission::Admission;
use super::errors;
use crate::Engine;
use crate::control::ModelChoice;
use crate::turn::choices;

pub(super) async fn list(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
) -> Response {
    let roster = engine.roster().now();
    let data: Vec<Value> = choices(&roster, Some(&admission.key))
        .iter()
        .map(|choice| object(&engine, choice))
        .collect();
    respond(&json!({ "object": "list", "data": data }))
}

pub(super) async fn get(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    Path(model): Path<String>,
) -> Response {
    let roster = engine.roster().now();
    let model = model.strip_suffix('/').unwrap_or(&model);
    let id = roster.agent(model).map(|agent| agent.draft.slug.as_str());
    let all = choices(&roster, Some(&admission.key));
    match all.iter().find(|choice| Some(choice.id.as_str()) == id) {
        Some(choice) => respond(&object(&engine, choice)),
        None => {
            let shown: String = model.chars().take(200).collect();
            let message = format!("The model `{shown}` does not exist or you do not have access to it.");
            errors::response(
                Wire::OpenAiChat,
                &Failure::new(FailureKind::ModelNotFound, message).with_param("model"),
            )
        }
    }
}

/// All four of OpenAI's fields always (W-100), and what we know beside them.
fn object(engine: &Engine, choice: &ModelChoice) -> Value {
    let roster = engine.roster().now();
    let agent = roster.agent(&choice.id);
    json!({
        "id": choice.id,
        "object": "model",
        "created": agent.map_or(0, |agent| agent.created_at.seconds()),
        "owned_by": "inglenook",
        "name": choice.name,
        "agent_id": agent.map(|agent| agent.id.as_str()),
        "revision": agent.map(|agent| agent.revision),
        "context_length": choice.context,
    })
}

fn respond(value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
