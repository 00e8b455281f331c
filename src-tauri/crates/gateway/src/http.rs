//! The data plane: the routes that programs call, behind one guard.
//!
//! The danger is a route that the guard does not see, or a framework answer that is not ours. So the guard
//! stands before the router and not in it, the router is built from one list that tests read too, and the
//! fallbacks answer in the clients' own error shape. Nothing here changes settings, agents, keys or
//! approvals: those are the control plane's, and this module does not know it.

mod admission;
mod agent_chat;
mod agent_path;
mod answering;
mod asking;
mod body;
mod chat_completions;
mod completions;
mod cors;
mod embeddings;
pub mod errors;
mod gemini;
mod guard;
pub(crate) mod idempotency;
mod key;
pub(crate) mod lan;
mod listening;
pub(crate) mod mcp;
mod messages;
mod models;
mod ollama;
mod ollama_port;
pub mod openapi;
mod path;
mod peer;
pub(crate) mod ports;
mod rate_headers;
mod rehearsal;
mod responses;
mod root;
mod serve;
mod side;
mod strict_chat;
mod tries;
mod warrant;

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, post};
use axum::{Extension, Router};
use domain::{Failure, FailureKind};
use tokio_util::sync::CancellationToken;

pub(crate) use completions::first as first_completion;
pub use listening::{Listeners, bind};
pub(crate) use ollama_port::follow as follow_ollama_port;
pub(crate) use rehearsal::ask;
pub use serve::ClientPatience;

use crate::Engine;

/// A route of the data plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The methods it answers.
    pub methods: &'static [&'static str],
    /// Its path, with `{name}` for a segment and `{*name}` for the rest.
    pub path: String,
    /// The path that it is a spelling of.
    pub of: &'static str,
    /// Whether it answers without a client key: constants only.
    pub public: bool,
}

type Handlers = MethodRouter<Engine>;

/// Everything the router is built from: methods, path, whether it is a constant, handlers.
/// Paths under `/v1` are also served without it and with it doubled, and those under `/v1beta` below either,
/// because clients disagree on whether the base URL carries it (wire-rules, section 0).
fn table() -> Vec<(&'static [&'static str], &'static str, bool, Handlers)> {
    vec![
        (&["GET", "HEAD"], "/", true, get(root::root)),
        (&["GET", "HEAD"], "/health", true, get(root::health)),
        (&["GET", "HEAD"], "/openapi.json", true, get(openapi::get)),
        (
            &["POST"],
            "/v1/chat/completions",
            false,
            post(chat_completions::create),
        ),
        (&["POST"], "/v1/completions", false, post(completions::create)),
        (&["POST"], "/v1/embeddings", false, post(embeddings::create)),
        (&["POST"], "/v1/messages", false, post(messages::create)),
        (
            &["POST"],
            "/v1/messages/count_tokens",
            false,
            post(messages::count_tokens),
        ),
        (
            &["GET", "HEAD", "POST"],
            "/v1/responses",
            false,
            get(responses::upgrade).post(responses::create),
        ),
        (
            &["POST"],
            "/v1/responses/compact",
            false,
            post(responses::compact),
        ),
        (
            &["POST"],
            "/v1/responses/input_tokens",
            false,
            post(responses::input_tokens),
        ),
        (
            &["GET", "HEAD", "DELETE"],
            "/v1/responses/{id}",
            false,
            get(responses::get).delete(responses::delete),
        ),
        (
            &["POST"],
            "/v1/responses/{id}/cancel",
            false,
            post(responses::cancel),
        ),
        (
            &["GET", "HEAD"],
            "/v1/responses/{id}/input_items",
            false,
            get(responses::input_items),
        ),
        (&["GET", "HEAD"], "/v1/models", false, get(models::list)),
        (
            &["GET", "HEAD", "DELETE", "POST"],
            "/v1/models/{*model}",
            false,
            get(models::get).delete(models::delete).post(gemini::call),
        ),
        (&["GET", "HEAD"], "/v1/key", false, get(key::get)),
        (&["POST"], "/v2/chats/openai", false, post(agent_chat::create)),
        (&["POST"], "/v1/agents/{id}/chat", false, post(agent_chat::say)),
        (
            &["POST"],
            "/api/agents/{id}/openai/chat/completions",
            false,
            post(agent_path::create),
        ),
        (&["GET", "HEAD"], "/api/agents/{id}", false, get(agent_path::get)),
        (
            &["POST"],
            "/api/v1/chat/completions",
            false,
            post(strict_chat::create),
        ),
        (&["GET", "HEAD"], "/api/v1/chat/models", false, get(models::list)),
        (&["GET", "HEAD"], "/v1beta/models", false, get(gemini::list)),
        (
            &["GET", "HEAD", "POST"],
            "/v1beta/models/{*model}",
            false,
            get(gemini::get).post(gemini::call),
        ),
        (&["GET", "HEAD"], "/api/version", false, get(ollama::version)),
        (&["GET", "HEAD"], "/api/tags", false, get(ollama::tags)),
        (&["GET", "HEAD"], "/api/ps", false, get(ollama::running)),
        (&["POST"], "/api/show", false, post(ollama::show)),
        (&["POST"], "/api/chat", false, post(ollama::chat)),
        (&["POST"], "/api/generate", false, post(ollama::generate)),
        (&["POST"], "/api/embed", false, post(ollama::embed)),
        (&["POST"], "/api/embeddings", false, post(ollama::embeddings)),
        (&["POST"], "/api/pull", false, post(ollama::unsupported)),
        (&["POST"], "/api/push", false, post(ollama::unsupported)),
        (&["POST"], "/api/create", false, post(ollama::unsupported)),
        (&["POST"], "/api/copy", false, post(ollama::unsupported)),
        (&["DELETE"], "/api/delete", false, delete(ollama::unsupported)),
        (
            &["GET", "HEAD", "POST", "DELETE"],
            mcp::PATH,
            false,
            get(mcp::answer).post(mcp::answer).delete(mcp::answer),
        ),
    ]
}

fn spellings(path: &str) -> Vec<String> {
    let mut all = vec![path.to_owned()];
    if let Some(rest) = path.strip_prefix("/v1/") {
        all.push(format!("/{rest}"));
        all.push(format!("/v1/v1/{rest}"));
    }
    if let Some(rest) = path.strip_prefix("/v1beta/") {
        let doubled = ["/v1/v1beta/", "/v1beta/v1beta/", "/v1beta/v1/"];
        all.extend(doubled.map(|prefix| format!("{prefix}{rest}")));
    }
    if path.len() > 1 && !path.contains("{*") {
        let slashed: Vec<String> = all.iter().map(|path| format!("{path}/")).collect();
        all.extend(slashed);
    }
    all
}

/// Every route, as the router has it.
pub fn routes() -> Vec<Route> {
    let all = table().into_iter().flat_map(|(methods, path, public, _)| {
        spellings(path).into_iter().map(move |spelling| Route {
            methods,
            path: spelling,
            of: path,
            public,
        })
    });
    all.collect()
}

/// The router of a port that is open until `closed`.
fn router(engine: Engine, closed: CancellationToken) -> Router {
    let sessions = Arc::new(mcp::Sessions::new(engine.clone(), closed));
    let mut router = Router::new();
    for (_, path, _, mut handlers) in table() {
        if path == mcp::PATH {
            handlers = handlers.layer(Extension(Arc::clone(&sessions)));
        }
        for spelling in spellings(path) {
            router = router.route(&spelling, handlers.clone());
        }
    }
    router
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .with_state(engine)
}

async fn unknown_route(request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let path: String = parts.uri.path().chars().take(200).collect();
    let failure = Failure::new(
        FailureKind::RouteNotFound,
        format!("Unknown request URL: {} {path}.", parts.method),
    )
    .with_hint("The base URL for OpenAI clients ends in /v1.");
    errors::response(errors::wire_of(&parts), &failure)
}

async fn wrong_method(request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let path: String = parts.uri.path().chars().take(200).collect();
    let failure = Failure::new(
        FailureKind::MethodNotAllowed,
        format!("Not allowed to {} on {path}.", parts.method),
    );
    errors::response(errors::wire_of(&parts), &failure)
}
