//! Agents by name: the small form of chat, and what an agent takes.

use domain::{FailureKind, InstructionsMerge, StopReason};

use super::openai_chat::{parameters, request};
use super::operation::{EVENTS, Operation};
use super::schema::{
    Schema, any_of, anything, boolean, count, integer, list, literal, object, of, seconds, text,
};
use super::vocabulary::one_of;

const TAG: &str = "Agents";

pub(super) fn operations() -> Vec<Operation> {
    let chat = |route, id, summary, asks| {
        Operation::post(route, id)
            .said(TAG, summary)
            .asks(asks)
            .answers(of("AgentAnswer"))
            .answers_as(EVENTS, of("AgentEvent"))
            .calls()
    };
    vec![
        chat(
            "/v2/chats/openai",
            "chatWithAgent",
            "Chat with the agent that the body names.",
            "AgentChatRequest",
        ),
        chat(
            "/v1/agents/{id}/chat",
            "sayToAgent",
            "One message to the agent in the path.",
            "AgentMessageRequest",
        ),
        Operation::get("/api/agents/{id}", "describeAgent")
            .said(
                TAG,
                "Which parameters an agent takes, with range, default and lock.",
            )
            .with(&["x-workspace-id"])
            .answers(of("AgentDescription"))
            .refuses(&[
                FailureKind::InvalidRequest,
                FailureKind::ModelNotFound,
                FailureKind::ScopeDenied,
            ]),
    ]
}

pub(super) fn schemas() -> Vec<(&'static str, Schema)> {
    let tokens = || {
        object()
            .needs("prompt_tokens", count())
            .needs("completion_tokens", count())
            .needs("total_tokens", count())
    };
    let session = || text().or_null().said("The session to go on with.");
    let answer = object()
        .needs("id", text())
        .needs("agent_id", text())
        .needs("session_id", session())
        .needs("content", text())
        .needs("usage", tokens().or_null());
    let metrics = object()
        .may("prompt_tokens", count())
        .may("completion_tokens", count())
        .may("total_tokens", count())
        .needs("total_ms", count())
        .needs("first_token_ms", count())
        .needs("finish_reason", one_of::<StopReason>());
    let event = any_of([
        object().needs("type", literal("content")).needs("data", text()),
        object()
            .needs("type", literal("done"))
            .needs("session_id", session())
            .needs("metrics", metrics),
        of("OpenAiError").and(object().needs("type", literal("error"))),
    ]);
    let said = parameters()
        .needs("message", text().pattern(r"\S"))
        .takes("session_id", text())
        .takes("stream", boolean());
    vec![
        (
            "AgentChatRequest",
            request().needs("agent_id", text().long(1, 100_000)),
        ),
        ("AgentMessageRequest", said),
        ("AgentAnswer", answer),
        ("AgentEvent", event),
        ("AgentDescription", description()),
    ]
}

fn description() -> Schema {
    let own = object()
        .needs("default", anything())
        .needs("locked", boolean())
        .needs("type", any_of([text(), list(text())]))
        .may("minimum", integer())
        .may("maximum", integer());
    let parameters = object()
        .needs(
            "messages",
            object().needs("system", one_of::<InstructionsMerge>()),
        )
        .needs("tools", object().needs("type", any_of([text(), list(text())])))
        .needs("stream", object())
        .needs("temperature", own.clone())
        .needs("max_tokens", own.clone())
        .needs("stop", own);
    object()
        .needs("id", text())
        .needs("object", literal("agent"))
        .needs("slug", text())
        .needs("name", text())
        .needs("revision", count())
        .needs("created", seconds())
        .needs("updated", seconds())
        .needs("parameters", parameters)
}
