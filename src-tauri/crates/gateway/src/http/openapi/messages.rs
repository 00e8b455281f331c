//! Anthropic's Messages: the request, the message, and the events of its stream.

use domain::FailureKind;
use wire::anthropic_messages::Envelope;
use wire::client::Form;

use super::operation::{EVENTS, Operation};
use super::refusals::{self, Shape};
use super::schema::{
    Schema, any_of, anything, boolean, count, integer, list, literal, null, object, of, text, words,
};

const TAG: &str = "Anthropic";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::post("/v1/messages", "createMessage")
            .said(TAG, "A message, whole or streamed.")
            .shape(Shape::Anthropic)
            .with(&["anthropic-version", "anthropic-beta"])
            .asks("MessageRequest")
            .answers(of("Message"))
            .answers_as(EVENTS, of("MessageEvent"))
            .calls(),
        Operation::post("/v1/messages/count_tokens", "countMessageTokens")
            .said(TAG, "Tokens of a request, counted here, and about.")
            .shape(Shape::Anthropic)
            .with(&["anthropic-version"])
            .asks("MessageCountRequest")
            .answers(object().needs("input_tokens", count()))
            .refuses(refusals::NAMED)
            .refuses(&[FailureKind::StorageFailed]),
    ]
}

pub(super) fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        (
            "MessageRequest",
            request().needs("max_tokens", integer().least(1)),
        ),
        (
            "MessageCountRequest",
            request().takes("max_tokens", integer().least(1)),
        ),
        ("MessageInputBlock", input_block()),
        ("MessageBlock", block()),
        ("MessageUsage", usage()),
        ("MessageStopReason", stop_reason()),
        ("Message", message()),
        ("MessageEvent", event()),
    ]
}

fn request() -> Schema {
    let content = || any_of([text(), list(of("MessageInputBlock"))]);
    let said = object()
        .needs("role", words(["user", "assistant", "system", "developer"]))
        .needs("content", content());
    let tool = object()
        .may("type", text().or_null())
        .takes("name", text())
        .takes("description", text())
        .takes("input_schema", object().said("A JSON Schema."))
        .takes("strict", boolean());
    let choice = object()
        .needs("type", text())
        .may("name", text())
        .may("disable_parallel_tool_use", boolean().or_null());
    object()
        .needs("messages", list(said).at_least(1))
        .takes(
            "model",
            text().said("An agent, or a provider's model; without it the default agent."),
        )
        .takes("system", content())
        .takes("stream", boolean())
        .takes("temperature", of("Sampling0To1"))
        .takes("top_p", of("Sampling0To1"))
        .takes("top_k", integer().least(0))
        .takes("stop_sequences", list(text()))
        .takes("tools", list(tool))
        .takes("tool_choice", choice)
        .takes("thinking", object().may("type", text()))
        .takes("output_config", object())
        .takes("metadata", anything())
        .takes("session_id", text())
}

fn input_block() -> Schema {
    let source = object().needs("type", text());
    any_of([
        object().needs("type", literal("text")).needs("text", text()),
        object()
            .needs("type", words(["image", "document"]))
            .needs("source", source),
        object()
            .needs("type", literal("tool_use"))
            .needs("id", text())
            .needs("name", text())
            .takes("input", anything()),
        object()
            .needs("type", literal("tool_result"))
            .needs("tool_use_id", text())
            .takes("content", any_of([text(), list(of("MessageInputBlock"))]))
            .takes("is_error", boolean()),
        object()
            .needs("type", literal("thinking"))
            .needs("thinking", text()),
        object()
            .needs("type", literal("redacted_thinking"))
            .needs("data", text()),
        object()
            .needs("type", text())
            .said("Only for providers that know it."),
    ])
}

fn block() -> Schema {
    any_of([
        object().needs("type", literal("text")).needs("text", text()),
        object()
            .needs("type", literal("thinking"))
            .needs("thinking", text())
            .needs("signature", text()),
        object()
            .needs("type", literal("redacted_thinking"))
            .needs("data", text()),
        object()
            .needs("type", literal("tool_use"))
            .needs("id", text())
            .needs("name", text())
            .needs("input", object()),
        object().needs("type", text()).said("A provider's own."),
    ])
}

fn usage() -> Schema {
    object()
        .needs("input_tokens", count())
        .needs("cache_creation_input_tokens", count())
        .needs("cache_read_input_tokens", count())
        .needs("output_tokens", count())
}

/// A provider's own word for a reason survives.
fn stop_reason() -> Schema {
    let form = Form::AnthropicMessages(Envelope {
        id: String::new(),
        request_id: None,
        model: String::new(),
        input_tokens: 0,
        signer: None,
    });
    let theirs = text().said("A provider's own, such as `stop_sequence` or `pause_turn`.");
    any_of([super::vocabulary::of(&form, "/stop_reason"), theirs])
}

fn message() -> Schema {
    envelope()
        .needs("content", list(of("MessageBlock")))
        .needs("stop_reason", of("MessageStopReason"))
        .needs("stop_sequence", text().or_null())
}

fn envelope() -> Schema {
    object()
        .needs("id", text().pattern("^msg_"))
        .needs("type", literal("message"))
        .needs("role", literal("assistant"))
        .needs("model", text())
        .needs("usage", of("MessageUsage"))
}

fn event() -> Schema {
    let event = |kind: &str| object().needs("type", literal(kind));
    let of_block = |kind: &str| event(kind).needs("index", count());
    let start = envelope()
        .needs("content", list(of("MessageBlock")))
        .needs("stop_reason", null())
        .needs("stop_sequence", null());
    let piece = |kind: &str, name: &str| object().needs("type", literal(kind)).needs(name, text());
    let piece = any_of([
        piece("text_delta", "text"),
        piece("input_json_delta", "partial_json"),
        piece("thinking_delta", "thinking"),
        piece("signature_delta", "signature"),
        object()
            .needs("type", literal("citations_delta"))
            .needs("citation", object()),
    ]);
    let end = object()
        .needs("stop_reason", of("MessageStopReason"))
        .needs("stop_sequence", text().or_null());
    any_of([
        event("message_start").needs("message", start),
        of_block("content_block_start").needs("content_block", of("MessageBlock")),
        of_block("content_block_delta").needs("delta", piece),
        of_block("content_block_stop"),
        event("message_delta")
            .needs("delta", end)
            .needs("usage", of("MessageUsage")),
        event("message_stop"),
        event("ping"),
        of("AnthropicError"),
    ])
}
