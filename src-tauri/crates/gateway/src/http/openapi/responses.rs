//! OpenAI's responses: the request, the object that every answer is, and the events of its stream.

use std::collections::BTreeSet;

use domain::{FailureKind, Role};
use http::StatusCode;
use store::table::responses::ResponseStatus;

use super::operation::{EVENTS, Operation};
use super::refusals;
use super::schema::{
    Schema, any_of, anything, boolean, count, integer, list, literal, object, of, seconds, text, words,
};
use super::vocabulary::listed;

const TAG: &str = "OpenAI responses";

pub(super) fn operations() -> Vec<Operation> {
    let kept = |operation: Operation, summary| operation.said(TAG, summary).refuses(refusals::KEPT);
    vec![
        Operation::post("/v1/responses", "createResponse")
            .said(TAG, "A response, whole, streamed or in the background.")
            .asks("ResponseRequest")
            .answers(of("Response"))
            .answers_as(EVENTS, of("ResponseEvent"))
            .calls(),
        Operation::get("/v1/responses", "upgradeResponses")
            .said(TAG, "Always refused: there is no WebSocket.")
            .refuses(&[FailureKind::MethodNotAllowed])
            .refuses_as(StatusCode::UPGRADE_REQUIRED),
        Operation::post("/v1/responses/compact", "compactResponse")
            .said(TAG, "Always refused: clients compact by themselves."),
        Operation::post("/v1/responses/input_tokens", "countResponseTokens")
            .said(TAG, "Tokens of a request, counted here, and about.")
            .asks("ResponseRequest")
            .answers(
                object()
                    .needs("object", literal("response.input_tokens"))
                    .needs("input_tokens", count()),
            )
            .limited()
            .refuses(refusals::NAMED)
            .refuses(refusals::KEPT),
        kept(
            Operation::get("/v1/responses/{id}", "getResponse"),
            "A response that is kept; with `stream=true` the stream of one in the background.",
        )
        .with(&["stream", "starting_after"])
        .answers(of("Response"))
        .answers_as(EVENTS, of("ResponseEvent"))
        .refuses(&[FailureKind::InvalidRequest]),
        kept(
            Operation::delete("/v1/responses/{id}", "deleteResponse"),
            "Forgets a response.",
        )
        .answers(
            object()
                .needs("id", text())
                .needs("object", literal("response"))
                .needs("deleted", boolean()),
        )
        .refuses(&[FailureKind::ReadOnly]),
        kept(
            Operation::post("/v1/responses/{id}/cancel", "cancelResponse"),
            "Ends a response in the background.",
        )
        .answers(of("Response")),
        kept(
            Operation::get("/v1/responses/{id}/input_items", "listResponseInput"),
            "What was asked, item by item.",
        )
        .with(&["limit", "order", "after"])
        .answers(
            object()
                .needs("object", literal("list"))
                .needs("data", list(of("ResponseItem")))
                .needs("first_id", text().or_null())
                .needs("last_id", text().or_null())
                .needs("has_more", boolean()),
        )
        .refuses(&[FailureKind::InvalidRequest]),
    ]
}

pub(super) fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        ("ResponseRequest", request()),
        ("ResponseInput", input()),
        ("ResponseInputPart", input_part()),
        ("ResponseTool", tool()),
        ("ResponseItem", item()),
        ("ResponseUsage", usage()),
        ("ResponseStatus", status()),
        ("Response", response()),
        ("ResponseEvent", event()),
    ]
}

fn request() -> Schema {
    let format = object().needs("type", text());
    object()
        .takes(
            "model",
            text().said("An agent, or a provider's model; without it the default agent."),
        )
        .may("input", of("ResponseInput"))
        .takes("instructions", any_of([text(), list(object())]))
        .takes("previous_response_id", text())
        .takes("conversation", any_of([text(), object().needs("id", text())]))
        .takes("session_id", text())
        .takes("store", boolean())
        .takes("background", boolean())
        .takes("stream", boolean())
        .takes("include", list(text()))
        .takes("metadata", anything())
        .takes("prompt", anything())
        .takes("tools", list(of("ResponseTool")))
        .takes(
            "tool_choice",
            any_of([
                words(["none", "auto", "required", "any"]),
                object().needs("type", text()),
            ]),
        )
        .takes("parallel_tool_calls", boolean())
        .takes("temperature", of("Sampling0To2"))
        .takes("top_p", of("Sampling0To1"))
        .takes("presence_penalty", of("SamplingPenalty"))
        .takes("frequency_penalty", of("SamplingPenalty"))
        .takes("max_output_tokens", integer().least(1))
        .takes("top_logprobs", integer().least(0).most(20))
        .takes("reasoning", object().takes("effort", text()))
        .takes("text", object().takes("format", format))
        .needs_one(&["input", "previous_response_id", "conversation", "prompt"])
}

fn input() -> Schema {
    let listed = listed::<Role>();
    let roles = listed.iter().map(String::as_str).filter(|role| *role != "tool");
    let content = || any_of([text(), list(of("ResponseInputPart"))]);
    let output = || any_of([text(), list(of("ResponseInputPart"))]);
    let message = object()
        .may("type", literal("message"))
        .needs("role", words(roles))
        .takes("content", content());
    let result = object()
        .needs("type", words(["function_call_output", "custom_tool_call_output"]))
        .needs("call_id", text())
        .takes("output", output());
    let call = object()
        .needs("type", words(["function_call", "custom_tool_call"]))
        .needs("call_id", text())
        .needs("name", text());
    let other = object()
        .needs("type", text())
        .said("Reasoning, a reference to an item that is kept, or an item of a tool that OpenAI runs.");
    any_of([
        text(),
        list(any_of([message, result, call, other])),
        super::schema::null(),
    ])
}

fn input_part() -> Schema {
    let source = any_of([text(), object().needs("url", text())]);
    any_of([
        object()
            .needs(
                "type",
                words(["input_text", "output_text", "text", "summary_text"]),
            )
            .needs("text", text()),
        object()
            .needs("type", literal("input_image"))
            .takes("image_url", source)
            .takes("file_id", text())
            .takes("detail", text()),
        object()
            .needs("type", literal("input_file"))
            .takes("file_data", text())
            .takes("file_url", text())
            .takes("file_id", text())
            .takes("filename", text()),
        object().needs("type", text()),
    ])
}

fn tool() -> Schema {
    object()
        .may("type", text())
        .takes("name", text())
        .takes("description", text())
        .takes("parameters", object().said("A JSON Schema."))
        .takes("strict", boolean())
}

/// Items as they are told: of every kind the fields that clients look for.
fn item() -> Schema {
    let part = any_of([
        object()
            .needs("type", literal("output_text"))
            .needs("text", text())
            .needs("annotations", list(object())),
        object()
            .needs("type", literal("refusal"))
            .needs("refusal", text()),
        of("ResponseInputPart"),
    ]);
    let status = || words(["in_progress", "completed", "incomplete"]);
    let message = object()
        .needs("type", literal("message"))
        .needs("id", text())
        .may("status", status())
        .needs("role", text())
        .needs("content", any_of([text(), list(part)]));
    let reasoning = object()
        .needs("type", literal("reasoning"))
        .needs("id", text())
        .needs("summary", list(object()));
    let call = object()
        .needs("type", literal("function_call"))
        .needs("call_id", text())
        .needs("name", text())
        .needs("arguments", text());
    let custom = object()
        .needs("type", literal("custom_tool_call"))
        .needs("call_id", text())
        .needs("name", text())
        .needs("input", text());
    let image = object()
        .needs("type", literal("image_generation_call"))
        .needs("result", text().or_null());
    any_of([
        message,
        reasoning,
        call,
        custom,
        image,
        object().needs("type", text()),
    ])
}

fn usage() -> Schema {
    object()
        .needs("input_tokens", count())
        .needs(
            "input_tokens_details",
            object()
                .needs("cached_tokens", count())
                .may("cache_write_tokens", count()),
        )
        .needs("output_tokens", count())
        .needs(
            "output_tokens_details",
            object().needs("reasoning_tokens", count()),
        )
        .needs("total_tokens", count())
}

fn status() -> Schema {
    words(ResponseStatus::ALL.map(ResponseStatus::as_str))
}

fn response() -> Schema {
    let error = object()
        .needs("type", text())
        .needs("code", text())
        .needs("message", text())
        .needs("param", text().or_null());
    let incomplete = object().needs("reason", words(["max_output_tokens", "content_filter"]));
    let text_settings = object().needs("format", object().needs("type", text()));
    let reasoning = object()
        .needs("effort", text().or_null())
        .needs("summary", text().or_null());
    object()
        .needs("id", text().pattern("^resp_"))
        .needs("object", literal("response"))
        .needs("created_at", seconds())
        .needs("completed_at", seconds().or_null())
        .needs("status", of("ResponseStatus"))
        .needs("error", error.or_null())
        .needs("incomplete_details", incomplete.or_null())
        .needs("model", text())
        .needs("output", list(of("ResponseItem")))
        .needs("usage", of("ResponseUsage").or_null())
        .needs("background", boolean())
        .needs("frequency_penalty", of("SamplingPenalty"))
        .needs("instructions", any_of([text(), list(object())]).or_null())
        .needs("max_output_tokens", count().or_null())
        .needs("max_tool_calls", anything())
        .needs("metadata", anything())
        .needs("parallel_tool_calls", boolean())
        .needs("presence_penalty", of("SamplingPenalty"))
        .needs("previous_response_id", text().or_null())
        .needs("prompt_cache_key", anything())
        .needs("prompt_cache_retention", anything())
        .needs("safety_identifier", anything())
        .needs("store", boolean())
        .needs("temperature", of("Sampling0To2"))
        .needs("tool_choice", any_of([text(), object()]))
        .needs("top_logprobs", count())
        .needs("top_p", of("Sampling0To1"))
        .needs("truncation", anything())
        .needs("user", anything())
        .needs("service_tier", anything())
        .needs("tools", list(object()))
        .needs("text", text_settings)
        .needs("reasoning", reasoning)
}

/// Events that tell of an item, each with the fields beside its type and its number.
fn event() -> Schema {
    let event = |kind: &str| {
        object()
            .needs("type", literal(kind))
            .needs("sequence_number", count())
    };
    let within = |kind: &str| {
        event(kind)
            .needs("item_id", text())
            .needs("output_index", count())
    };
    let part = |kind: &str| within(kind).needs("content_index", count());
    let summary = |kind: &str| within(kind).needs("summary_index", count());
    let whole: BTreeSet<&str> = ResponseStatus::ALL.iter().map(|status| status.as_str()).collect();
    let mut all: Vec<Schema> = whole
        .into_iter()
        .chain(["created"])
        .map(|status| event(&format!("response.{status}")).needs("response", of("Response")))
        .collect();
    for kind in ["response.output_item.added", "response.output_item.done"] {
        all.push(
            event(kind)
                .needs("output_index", count())
                .needs("item", of("ResponseItem")),
        );
    }
    for kind in ["response.content_part.added", "response.content_part.done"] {
        all.push(part(kind).needs("part", object().needs("type", text())));
    }
    all.push(part("response.output_text.delta").needs("delta", text()));
    all.push(part("response.output_text.done").needs("text", text()));
    all.push(
        part("response.output_text.annotation.added")
            .needs("annotation_index", count())
            .needs("annotation", object()),
    );
    all.push(part("response.refusal.delta").needs("delta", text()));
    all.push(part("response.refusal.done").needs("refusal", text()));
    for kind in [
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_part.done",
    ] {
        all.push(summary(kind).needs("part", object().needs("type", text())));
    }
    all.push(summary("response.reasoning_summary_text.delta").needs("delta", text()));
    all.push(summary("response.reasoning_summary_text.done").needs("text", text()));
    all.push(within("response.function_call_arguments.delta").needs("delta", text()));
    all.push(
        within("response.function_call_arguments.done")
            .needs("name", text())
            .needs("arguments", text()),
    );
    all.push(within("response.custom_tool_call_input.delta").needs("delta", text()));
    all.push(within("response.custom_tool_call_input.done").needs("input", text()));
    any_of(all)
}
