//! An agent that the path names, for SDKs whose base URL ends in `/api/agents/{id}/openai`, and what it takes.
//!
//! The path decides who answers: a `model` in the body, which every SDK insists on, is dropped and told.
//! `x-workspace-id` is checked and means nothing here, where there is one workspace.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::{Agent, Applied, Failure, InstructionsMerge, Params, ToolsMerge, Wire};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Map, Value, json};

use super::admission::Admission;
use super::answering::{self, Besides};
use super::asking::{Segment, named};
use super::{body, chat_completions, errors};
use crate::{Engine, turn};

const WORKSPACE: HeaderName = HeaderName::from_static("x-workspace-id");

pub(super) async fn create(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    agent: Segment,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match Box::pin(answer(engine, &admission, named(agent), &headers, body)).await {
        Ok(response) => response,
        Err(failure) => errors::response(Wire::OpenAiChat, &failure),
    }
}

async fn answer(
    engine: Engine,
    admission: &Admission,
    agent: String,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let body = body::read(body).await?;
    workspace(headers)?;
    let mut read = wire::openai_chat::decode_request(&body.bytes)?;
    drop(body);
    let mut applied = Vec::new();
    turn::agent(&engine.roster().now(), &admission.key, &agent, None)?;
    if let Some(model) = read
        .model
        .replace(agent)
        .filter(|model| Some(model) != read.model.as_ref())
    {
        applied.push(Applied {
            what: "model".to_owned(),
            how: format!(
                "dropped {}: the path decides",
                model.chars().take(200).collect::<String>()
            ),
        });
    }
    let route = "POST /api/agents/{id}/openai/chat/completions";
    let asked = chat_completions::asked(&engine, route, &admission.call, read);
    let (mut ask, form) = answering::ask(admission, headers, asked)?;
    ask.applied = applied;
    answering::run(engine, ask, form, Besides::default()).await
}

pub(super) async fn get(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    agent: Segment,
    headers: HeaderMap,
) -> Response {
    let found = match workspace(&headers) {
        Ok(()) => engine.agent_named(&admission.key, &named(agent)).await,
        Err(failure) => Err(failure),
    };
    match found {
        Ok(agent) => {
            let mut response = Response::new(Body::from(described(&agent).to_string()));
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, json);
            response
        }
        Err(failure) => errors::response(Wire::OpenAiChat, &failure),
    }
}

fn workspace(headers: &HeaderMap) -> Result<(), Failure> {
    let is_integer = |value: &HeaderValue| {
        value
            .to_str()
            .is_ok_and(|text| text.trim().parse::<i64>().is_ok())
    };
    if headers.get_all(WORKSPACE).iter().all(is_integer) {
        return Ok(());
    }
    Err(Failure::invalid(
        WORKSPACE.as_str(),
        "Invalid type for 'x-workspace-id': expected an integer.",
    )
    .with_code("invalid_type"))
}

/// What a caller may send to this agent and what becomes of it. What the agent is told is its own.
fn described(agent: &Agent) -> Value {
    let draft = &agent.draft;
    let system = match draft.instructions_merge {
        InstructionsMerge::Append => "append",
        InstructionsMerge::Replace => "replace",
        InstructionsMerge::Ignore => "ignore",
    };
    let tools = match draft.tools_merge {
        ToolsMerge::Merge | ToolsMerge::CallerOnly => {
            json!({"type": ["string", "array"], "enum": ["no-tools"]})
        }
        ToolsMerge::AgentOnly => json!({"type": "string", "enum": ["no-tools"]}),
    };
    let mut parameters = parameters(&draft.params, &draft.locked);
    parameters.insert(
        "messages".to_owned(),
        json!({"type": "array", "required": true, "roles": ["system", "developer", "user", "assistant", "tool"],
            "system": system}),
    );
    parameters.insert("tools".to_owned(), tools);
    parameters.insert("stream".to_owned(), json!({"type": "boolean", "default": false}));
    json!({
        "id": agent.id,
        "object": "agent",
        "slug": draft.slug,
        "name": draft.name,
        "revision": agent.revision,
        "created": agent.created_at.seconds(),
        "updated": agent.updated_at.seconds(),
        "parameters": parameters,
    })
}

/// Each parameter with its range, the agent's own value, and whether a caller can change it.
fn parameters(own: &Params, locked: &[String]) -> Map<String, Value> {
    let mut all = Map::new();
    let mut add = |field: &str, of: &str, value: Value, mut described: Value| {
        described["default"] = value;
        described["locked"] = locked.iter().any(|one| one == field).into();
        all.insert(of.to_owned(), described);
    };
    let number = |least: i32, most: i32| json!({"type": "number", "minimum": least, "maximum": most});
    let at_least = |least: i32| json!({"type": "integer", "minimum": least});
    add("temperature", "temperature", json!(own.temperature), number(0, 2));
    add("top_p", "top_p", json!(own.top_p), number(0, 1));
    add(
        "presence_penalty",
        "presence_penalty",
        json!(own.presence_penalty),
        number(-2, 2),
    );
    add(
        "frequency_penalty",
        "frequency_penalty",
        json!(own.frequency_penalty),
        number(-2, 2),
    );
    add(
        "max_output_tokens",
        "max_tokens",
        json!(own.max_output_tokens),
        at_least(1),
    );
    add("seed", "seed", json!(own.seed), json!({"type": "integer"}));
    let n = json!({"type": "integer", "minimum": 1, "maximum": 128});
    add("n", "n", json!(own.n), n);
    let stop = json!({"type": ["string", "array"], "maxItems": 4});
    add("stop", "stop", json!(own.stop), stop);
    let efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
    let effort = json!({"type": "string", "enum": efforts});
    add(
        "reasoning_effort",
        "reasoning_effort",
        json!(own.reasoning_effort),
        effort,
    );
    all
}
