//! `GET /v1beta/models`, `GET /v1beta/models/{id}` and `:countTokens`. The network is not touched.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::{Failure, FailureKind, Model, Wire};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use wire::gemini::{self, ListedModel};

use super::respond;
use crate::control::ModelChoice;
use crate::http::admission::Admission;
use crate::http::path::Rest;
use crate::http::{body, errors};
use crate::roster::Snapshot;
use crate::{Engine, models, turn};

pub(in crate::http) async fn list(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
) -> Response {
    match all(&engine, &admission).await {
        Ok(models) => {
            let listed: Vec<_> = models.iter().map(Known::listed).collect();
            respond(|out| gemini::encode_models(&listed, out))
        }
        Err(failure) => errors::response(Wire::Gemini, &failure),
    }
}

pub(in crate::http) async fn get(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
    Rest(model): Rest,
) -> Response {
    match one(&engine, &admission, &model).await {
        Ok(model) => respond(|out| gemini::encode_model(&model.listed(), out)),
        Err(failure) => errors::response(Wire::Gemini, &failure),
    }
}

/// A model with what is known of it.
struct Known {
    choice: ModelChoice,
    facts: Option<Arc<Model>>,
}

impl Known {
    async fn of(engine: &Engine, roster: &Snapshot, choice: ModelChoice) -> Result<Self, Failure> {
        let facts = match roster.providers.get(&choice.target.provider) {
            Some(provider) => Some(models::facts(engine, provider, &choice.target).await?),
            None => None,
        };
        Ok(Self { choice, facts })
    }

    fn listed(&self) -> ListedModel<'_> {
        ListedModel {
            id: &self.choice.id,
            name: &self.choice.name,
            description: None,
            context: self.facts.as_ref().and_then(|facts| facts.context),
            max_output: self.facts.as_ref().and_then(|facts| facts.max_output),
        }
    }
}

async fn all(engine: &Engine, admission: &Admission) -> Result<Vec<Known>, Failure> {
    let roster = engine.roster().now();
    let mut choices = turn::choices(&roster, Some(&admission.key));
    if admission.key.key.raw_models {
        choices.extend(models::raw_choices(engine).await?);
    }
    let mut all = Vec::with_capacity(choices.len());
    for choice in choices {
        all.push(Known::of(engine, &roster, choice).await?);
    }
    Ok(all)
}

/// Whatever a call may name; what belongs to others looks like what is not there.
async fn one(engine: &Engine, admission: &Admission, model: &str) -> Result<Known, Failure> {
    let roster = engine.roster().now();
    let choice = turn::choice(&roster, &admission.key, Some(model)).map_err(|failure| {
        if failure.kind() == FailureKind::ScopeDenied {
            turn::unknown_model(model)
        } else {
            failure
        }
    })?;
    Known::of(engine, &roster, choice).await
}

/// A request to count, where a whole request is wrapped and not only its contents.
#[derive(Deserialize)]
struct Wrapping<'a> {
    #[serde(borrow, rename = "generateContentRequest", alias = "generate_content_request")]
    inner: &'a RawValue,
}

/// Counts here and asks nobody (W-154).
///
/// # Errors
/// As the call itself, were it made.
pub(super) async fn count_tokens(
    engine: &Engine,
    admission: &Admission,
    model: &str,
    body: Body,
) -> Result<Response, Failure> {
    let body = body::read(body).await?;
    let wrapping = serde_json::from_slice::<Wrapping<'_>>(&body.bytes);
    let asked = match &wrapping {
        Ok(wrapping) => gemini::decode_request(wrapping.inner.get().as_bytes())?,
        Err(_) => gemini::decode_request(&body.bytes)?,
    };
    let tokens = engine
        .count_input(&admission.key, Some(model), asked.request)
        .await?;
    let told = json!({ "totalTokens": tokens }).to_string();
    Ok(respond(|out| out.extend_from_slice(told.as_bytes())))
}
