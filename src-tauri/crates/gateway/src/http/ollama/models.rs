//! What clients of Ollama ask about models before they chat (W-190 to W-192, W-196). The network is not touched.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::{Abilities, Failure, FailureKind, Timestamp, ToolsMerge};
use http::{HeaderValue, header};
use sha2::{Digest, Sha256};
use wire::ollama::{self, ModelCard};

use super::{refusal, written};
use crate::control::ModelChoice;
use crate::http::admission::Admission;
use crate::http::body;
use crate::roster::Snapshot;
use crate::{Engine, models, turn};

/// The release of Ollama whose routes these are. Clients turn away from older ones than they know: Codex
/// wants 0.13.4.
const VERSION: &str = "0.13.5";
/// One word for all: what stands behind an agent is its own business.
const FAMILY: &str = "inglenook";

pub(in crate::http) async fn version() -> Response {
    respond(|out| ollama::encode_version(VERSION, out))
}

pub(in crate::http) async fn running() -> Response {
    respond(ollama::encode_ps)
}

pub(in crate::http) async fn tags(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
) -> Response {
    match all(&engine, &admission).await {
        Ok(cards) => respond(|out| ollama::encode_tags(&cards, out)),
        Err(failure) => refusal(&failure, None),
    }
}

async fn all(engine: &Engine, admission: &Admission) -> Result<Vec<ModelCard>, Failure> {
    let roster = engine.roster().now();
    let mut choices = turn::choices(&roster, Some(&admission.key));
    if admission.key.key.raw_models {
        choices.extend(models::raw_choices(engine).await?);
    }
    let mut cards = Vec::with_capacity(choices.len());
    for choice in choices {
        cards.push(card(engine, &roster, choice).await?);
    }
    Ok(cards)
}

pub(in crate::http) async fn show(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    body: Body,
) -> Response {
    let model = match body::read(body).await {
        Ok(body) => ollama::decode_show(&body.bytes),
        Err(failure) => Err(failure),
    };
    let model = match model {
        Ok(model) => model,
        Err(failure) => return refusal(&failure, None),
    };
    match one(&engine, &admission, &model).await {
        Ok(card) => respond(|out| ollama::encode_show(&card, out)),
        Err(failure) => refusal(&failure, Some(&model)),
    }
}

/// Whatever a call may name; what belongs to others looks like what is not there.
async fn one(engine: &Engine, admission: &Admission, model: &str) -> Result<ModelCard, Failure> {
    let roster = engine.roster().now();
    let choice = turn::choice(&roster, &admission.key, Some(model)).map_err(|failure| {
        if failure.kind() == FailureKind::ScopeDenied {
            turn::unknown_model(model)
        } else {
            failure
        }
    })?;
    card(engine, &roster, choice).await
}

async fn card(engine: &Engine, roster: &Snapshot, choice: ModelChoice) -> Result<ModelCard, Failure> {
    let agent = choice.agent.then(|| roster.agent(&choice.id)).flatten();
    let facts = match roster.providers.get(&choice.target.provider) {
        Some(provider) => Some(models::facts(engine, provider, &choice.target).await?),
        None => None,
    };
    let abilities = facts
        .as_ref()
        .map_or_else(Abilities::default, |facts| facts.abilities);
    let takes_tools = agent.is_none_or(|agent| agent.draft.tools_merge != ToolsMerge::AgentOnly);
    let (name, digest, modified_at) = match agent {
        Some(agent) => (
            format!("{}:latest", choice.id),
            digest(&format!("{}@{}", agent.id, agent.revision)),
            agent.updated_at,
        ),
        None => (
            choice.id.clone(),
            digest(&choice.id),
            listed_at(engine, &choice).await?,
        ),
    };
    Ok(ModelCard {
        name,
        basename: if choice.name.is_empty() {
            choice.id
        } else {
            choice.name
        },
        modified_at: written(modified_at),
        size: 0,
        digest,
        family: FAMILY.to_owned(),
        parameter_size: String::new(),
        quantization: String::new(),
        context: facts.and_then(|facts| facts.context),
        // few providers say, most models can, and a client that reads no offers none; pictures and thoughts
        // are sent by clients unasked, so there silence means no
        tools: takes_tools && abilities.tools.unwrap_or(true),
        images: abilities.images.unwrap_or(false),
        thinks: abilities.reasoning.unwrap_or(false),
    })
}

/// When its provider last told of a raw model.
async fn listed_at(engine: &Engine, choice: &ModelChoice) -> Result<Timestamp, Failure> {
    let list = models::kept(engine, &choice.target.provider).await?;
    Ok(list.map_or(Timestamp(0), |list| list.fetched_at))
}

/// 64 hexadecimal digits that change when the model does.
fn digest(of: &str) -> String {
    let bytes = Sha256::digest(of.as_bytes());
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
