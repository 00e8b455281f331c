//! `GET /v1/key`: what the key that asks may do, what it has spent and what is left. Never the secret.
//!
//! Money is in micro-dollars, and what was spent is what the ledger says, so that it cannot differ from what
//! `inglenook usage` shows.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::{Budget, ClientKey, Failure, Money, Timestamp, Wire};
use http::{HeaderValue, header};
use serde_json::{Value, json};
use store::table;

use super::admission::Admission;
use super::errors;
use crate::Engine;
use crate::limits::{begin_of, end_of};
use crate::turn::{choices, name_of_default};

pub(super) async fn get(
    State(engine): State<Engine>,
    Extension(admission): Extension<Admission>,
) -> Response {
    match describe(&engine, &admission).await {
        Ok(told) => {
            let mut response = Response::new(Body::from(told.to_string()));
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Err(failure) => errors::response(Wire::OpenAiChat, &failure),
    }
}

async fn describe(engine: &Engine, admission: &Admission) -> Result<Value, Failure> {
    let roster = engine.roster().now();
    let key = &admission.key.key;
    // what ended a moment ago is queued, not yet in the database
    engine.store().flush().await?;
    let mut budgets = Vec::new();
    let mut left: Option<i64> = None;
    for budget in &key.budgets {
        let spent = spent(engine, key, begin_of(budget.per, engine.clock().now())).await?;
        let rest = (budget.cap.micros() - spent.micros()).max(0);
        left = Some(left.map_or(rest, |least| least.min(rest)));
        budgets.push(of_budget(engine, budget, spent, rest));
    }
    let slug = |id| roster.by_id.get(id).map(|agent| agent.draft.slug.as_str());
    let agents: Vec<String> = choices(&roster, Some(&admission.key))
        .into_iter()
        .map(|choice| choice.id)
        .collect();
    let aliases: serde_json::Map<String, Value> = key
        .aliases
        .iter()
        .map(|(model, agent)| (model.clone(), agent.as_str().into()))
        .collect();
    Ok(json!({
        "object": "key",
        "id": key.id,
        "name": key.name,
        "hint": key.hint,
        "agents": agents,
        "all_agents": key.agents.is_empty(),
        "raw_models": key.raw_models,
        "default_agent": name_of_default(&roster, &admission.key),
        "catch_all": key.catch_all.as_ref().and_then(slug),
        "aliases": aliases,
        "limits": key.rates,
        "session_budget": key.session_budget,
        "store": key.store,
        "unit": "micro-dollar",
        "spent": spent(engine, key, Timestamp(0)).await?,
        "left": left,
        "budgets": budgets,
        "created_at": key.created_at.seconds(),
        "expires_at": key.expires_at.map(Timestamp::seconds),
    }))
}

fn of_budget(engine: &Engine, budget: &Budget, spent: Money, left: i64) -> Value {
    let now = engine.clock().now();
    json!({
        "per": budget.per,
        "cap": budget.cap,
        "spent": spent,
        "left": left,
        "since": begin_of(budget.per, now).seconds(),
        "resets_at": end_of(budget.per, now).map(Timestamp::seconds),
    })
}

async fn spent(engine: &Engine, key: &ClientKey, since: Timestamp) -> Result<Money, Failure> {
    let id = key.id.clone();
    let spent = engine
        .store()
        .read(move |conn| table::entries::spent_by_key(conn, &id, since))
        .await?;
    Ok(spent.cost)
}
