//! What there is: constants, models in three shapes, and the key that asks.

use domain::{Abilities, BudgetPeriod, FailureKind, Rates, StorePolicy};

use super::operation::Operation;
use super::refusals::{self, Shape};
use super::schema::{Schema, any_of, boolean, count, integer, list, literal, object, of, seconds, text};
use super::vocabulary::{fields_of, one_of};

pub(super) fn operations() -> Vec<Operation> {
    let models = |route, id| {
        Operation::get(route, id)
            .shape(Shape::Asked)
            .said(
                "Models",
                "The agents this key may use, and raw models where it may name them.",
            )
            .answers(any_of([
                of("ModelList"),
                of("AnthropicModelList"),
                of("GeminiModelList"),
            ]))
            .with(&[
                "anthropic-version",
                "x-goog-api-client",
                "page_limit",
                "after_id",
                "before_id",
            ])
            .refuses(&[FailureKind::InvalidRequest, FailureKind::StorageFailed])
    };
    vec![
        Operation::get("/", "root")
            .said("Constants", "The sentence that Ollama's clients look for.")
            .public()
            .answers_as("text/plain", text()),
        Operation::get("/health", "health")
            .said("Constants", "The server is up.")
            .public()
            .answers(object().needs("status", literal("ok"))),
        Operation::get("/openapi.json", "openapi")
            .said("Constants", "This document.")
            .public()
            .answers(object().needs("openapi", text())),
        models("/v1/models", "listModels"),
        models("/api/v1/chat/models", "listChatModels"),
        Operation::get("/v1/models/{*model}", "getModel")
            .shape(Shape::Asked)
            .said("Models", "One of them.")
            .answers(any_of([of("Model"), of("AnthropicModel"), of("GeminiModel")]))
            .with(&["anthropic-version", "x-goog-api-client"])
            .refuses(refusals::NAMED)
            .refuses(&[FailureKind::StorageFailed]),
        Operation::delete("/v1/models/{*model}", "deleteModel")
            .shape(Shape::Asked)
            .said("Models", "Always refused: agents are managed in the app.")
            .with(&["anthropic-version", "x-goog-api-client"])
            .refuses(refusals::NAMED)
            .refuses(&[FailureKind::StorageFailed]),
        Operation::get("/v1/key", "getKey")
            .said(
                "Key",
                "What this key may do, its limits, what it has spent and has left.",
            )
            .answers(of("Key"))
            .refuses(&[FailureKind::StorageFailed]),
    ]
}

pub(super) fn schemas() -> Vec<(&'static str, Schema)> {
    let anthropic = object()
        .needs("type", literal("model"))
        .needs("id", text())
        .needs("display_name", text())
        .needs("created_at", text())
        .may("max_input_tokens", count())
        .may("max_tokens", count());
    let anthropic_list = object()
        .needs("data", list(of("AnthropicModel")))
        .needs("has_more", boolean())
        .needs("first_id", text().or_null())
        .needs("last_id", text().or_null());
    let models = object()
        .needs("object", literal("list"))
        .needs("data", list(of("Model")));
    vec![
        ("Model", model()),
        ("ModelList", models),
        ("AnthropicModel", anthropic),
        ("AnthropicModelList", anthropic_list),
        ("Key", key()),
    ]
}

fn model() -> Schema {
    let dollars = || text().pattern(r"^[0-9]+(\.[0-9]+)?$");
    let pricing = object()
        .needs("prompt", dollars())
        .needs("completion", dollars())
        .needs("input_cache_read", dollars())
        .needs("input_cache_write", dollars())
        .said("Dollars a token.");
    object()
        .needs("id", text())
        .needs("object", literal("model"))
        .needs("created", seconds())
        .needs("owned_by", literal("inglenook"))
        .needs("name", text())
        .needs("agent_id", text().or_null())
        .needs("revision", count().or_null())
        .needs("context_length", count().or_null())
        .needs("max_output_tokens", count().or_null())
        .needs(
            "capabilities",
            fields_of(&Abilities::default(), &boolean().or_null()).or_null(),
        )
        .needs("pricing", pricing.or_null())
}

fn key() -> Schema {
    let money = || integer().said("Micro-dollars.");
    let budget = object()
        .needs("per", one_of::<BudgetPeriod>())
        .needs("cap", money())
        .needs("spent", money())
        .needs(
            "held",
            money().said("Micro-dollars, set aside for calls that run."),
        )
        .needs("left", money())
        .needs("since", seconds())
        .needs("resets_at", seconds().or_null());
    object()
        .needs("object", literal("key"))
        .needs("id", text())
        .needs("name", text())
        .needs("hint", text())
        .needs("agents", list(text()))
        .needs("all_agents", boolean())
        .needs("raw_models", boolean())
        .needs("default_agent", text().or_null())
        .needs("catch_all", text().or_null())
        .needs("aliases", object().others(text()))
        .needs("limits", fields_of(&Rates::default(), &count().or_null()))
        .needs("session_budget", money().or_null())
        .needs("store", one_of::<StorePolicy>())
        .needs("unit", literal("micro-dollar"))
        .needs("spent", money())
        .needs("left", money().or_null())
        .needs("budgets", list(budget))
        .needs("created_at", seconds())
        .needs("expires_at", seconds().or_null())
}
