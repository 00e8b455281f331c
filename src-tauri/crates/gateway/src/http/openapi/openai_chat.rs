//! Chat completions: the request that three other routes read too, the answer, and its chunks.

use domain::Role;
use wire::client::Form;
use wire::openai_chat::Envelope;

use super::operation::{EVENTS, Operation};
use super::schema::{
    Schema, any_of, anything, boolean, count, integer, list, literal, null, number, object, of, seconds,
    text, words,
};
use super::vocabulary::{self, listed};

const TAG: &str = "OpenAI";

pub(super) fn operations() -> Vec<Operation> {
    let chat = |route, id, summary| {
        Operation::post(route, id)
            .said(TAG, summary)
            .asks("ChatRequest")
            .answers(of("ChatCompletion"))
            .answers_as(EVENTS, of("ChatEvent"))
            .calls()
    };
    vec![
        chat(
            "/v1/chat/completions",
            "createChatCompletion",
            "A chat completion, whole or streamed.",
        ),
        chat(
            "/api/v1/chat/completions",
            "createStrictChatCompletion",
            "A chat completion as one document fixes it: a model must be named, usage ends every stream.",
        )
        .asks("StrictChatRequest"),
        chat(
            "/api/agents/{id}/openai/chat/completions",
            "createAgentChatCompletion",
            "A chat completion of the agent in the path, whatever `model` says.",
        )
        .with(&["x-workspace-id"]),
    ]
}

pub(super) fn schemas() -> Vec<(&'static str, Schema)> {
    let strict = request()
        .needs("model", text().long(1, 100_000))
        .said("As `ChatRequest`, with a model that must be named.");
    vec![
        ("Sampling0To1", decimal(0, 1)),
        ("Sampling0To2", decimal(0, 2)),
        ("SamplingPenalty", decimal(-2, 2)),
        ("ChatRequest", request()),
        ("StrictChatRequest", strict),
        ("ChatMessage", message()),
        ("ChatPart", part()),
        ("ChatTool", tool()),
        ("ChatToolChoice", tool_choice()),
        ("ChatFunction", function()),
        ("ChatResponseFormat", response_format()),
        ("ChatToolCall", tool_call()),
        ("ChatUsage", usage()),
        ("ChatLogprobs", logprobs()),
        ("ChatFinishReason", finish_reason()),
        ("ChatCompletion", completion()),
        ("ChatChunk", chunk()),
        (
            "ChatEvent",
            any_of([of("ChatChunk"), of("OpenAiError")])
                .said("A chunk; or the error that ends a stream in place of `[DONE]`."),
        ),
    ]
}

/// A decimal in a range. One of the systems that we stand in for writes it as a string.
fn decimal(least: i64, most: i64) -> Schema {
    any_of([
        number().least(least).most(most),
        text().pattern(r"^-?[0-9]+(\.[0-9]+)?$"),
    ])
    .said("A number, also written as a string.")
}

/// Parameters of sampling and length that several forms of request have in common.
pub(super) fn parameters() -> Schema {
    object()
        .takes("temperature", of("Sampling0To2"))
        .takes("top_p", of("Sampling0To1"))
        .takes("presence_penalty", of("SamplingPenalty"))
        .takes("frequency_penalty", of("SamplingPenalty"))
        .takes("max_tokens", integer().least(1))
        .takes("max_completion_tokens", integer().least(1))
        .takes("n", integer().least(1).most(128))
        .takes("seed", integer())
        .takes("stop", any_of([text(), list(text()).at_most(4)]))
        .takes("logprobs", any_of([boolean(), integer()]))
        .takes("top_logprobs", integer().least(0).most(20))
        .takes("top_k", integer())
        .takes("parallel_tool_calls", boolean())
        .takes("reasoning_effort", text())
        .takes("reasoning", object())
        .takes("thinking", anything())
}

/// Whether a stream ends with usage.
pub(super) fn stream_options() -> Schema {
    object().takes("include_usage", boolean())
}

/// A chat request without anything that must be there but its messages.
pub(super) fn request() -> Schema {
    parameters()
        .needs("messages", list(of("ChatMessage")).at_least(1))
        .takes(
            "model",
            text().said("An agent, or a provider's model; without it the default agent."),
        )
        .takes("session_id", text().said("The session to go on with."))
        .takes(
            "metadata",
            anything().said("The caller's notes; `session_id` in it names the session too."),
        )
        .takes("stream", boolean())
        .takes("stream_options", stream_options())
        .takes("response_format", of("ChatResponseFormat"))
        .takes("tools", any_of([list(of("ChatTool")), literal("no-tools")]))
        .takes("tool_choice", of("ChatToolChoice"))
        .takes("functions", list(of("ChatFunction")))
        .takes(
            "function_call",
            any_of([words(["none", "auto"]), object().needs("name", text())]),
        )
}

fn message() -> Schema {
    let roles = listed::<Role>();
    let roles = roles.iter().map(String::as_str).chain(["function"]);
    object()
        .needs("role", words(roles))
        .takes("content", any_of([text(), list(of("ChatPart"))]))
        .takes("name", text())
        .takes("tool_calls", list(of("ChatToolCall")))
        .takes("tool_call_id", text())
        .takes(
            "function_call",
            object().needs("name", text()).takes("arguments", arguments()),
        )
        .takes("refusal", text())
        .takes("reasoning_content", text())
}

fn arguments() -> Schema {
    any_of([text(), object()])
}

fn part() -> Schema {
    let url = object().needs("url", text()).takes("detail", text());
    let audio = object().needs("data", text()).needs("format", text());
    let file = object()
        .takes("file_data", text())
        .takes("file_id", text())
        .takes("filename", text());
    let carried = [
        "thinking",
        "redacted_thinking",
        "video_url",
        "input_video",
        "document",
        "document_url",
        "reference",
    ];
    any_of([
        object().needs("type", literal("text")).needs("text", text()),
        object()
            .needs("type", literal("image_url"))
            .needs("image_url", any_of([text(), url])),
        object()
            .needs("type", literal("input_audio"))
            .needs("input_audio", audio),
        object().needs("type", literal("file")).needs("file", file),
        object()
            .needs("type", literal("refusal"))
            .needs("refusal", text()),
        object()
            .needs("type", words(carried))
            .said("Only for providers that know it."),
    ])
}

fn function() -> Schema {
    object()
        .needs("name", text().pattern("^[A-Za-z0-9_-]{1,64}$"))
        .takes("description", text())
        .takes("parameters", object().said("A JSON Schema."))
        .takes("strict", boolean())
}

fn tool() -> Schema {
    any_of([
        object()
            .may("type", literal("function"))
            .needs("function", of("ChatFunction")),
        of("ChatFunction"),
        object()
            .needs("type", text())
            .said("A tool that the provider runs."),
    ])
}

fn tool_choice() -> Schema {
    any_of([
        words(["none", "auto", "required", "any"]),
        object().needs("type", text()),
    ])
}

fn response_format() -> Schema {
    let named = object()
        .needs("name", text())
        .takes("description", text())
        .takes("schema", object())
        .takes("strict", boolean());
    any_of([
        object().needs("type", words(["text", "json_object"])),
        object()
            .needs("type", literal("json_schema"))
            .needs("json_schema", named),
    ])
}

fn tool_call() -> Schema {
    let function = object().needs("name", text()).takes("arguments", arguments());
    object()
        .needs("id", text())
        .takes("type", text())
        .may("function", function)
}

pub(super) fn usage() -> Schema {
    object()
        .needs("prompt_tokens", count())
        .needs("completion_tokens", count())
        .needs("total_tokens", count())
        .needs("prompt_tokens_details", object().needs("cached_tokens", count()))
        .needs(
            "completion_tokens_details",
            object().needs("reasoning_tokens", count()),
        )
        .may("cache_creation_input_tokens", count())
        .may("cache_read_input_tokens", count())
}

fn logprobs() -> Schema {
    object()
        .needs("content", list(object()).or_null())
        .needs("refusal", list(object()).or_null())
        .or_null()
}

fn finish_reason() -> Schema {
    let form = Form::OpenAiChat {
        envelope: Envelope {
            id: String::new(),
            created: 0,
            model: String::new(),
        },
        include_usage: false,
    };
    vocabulary::of(&form, "/choices/0/finish_reason")
}

fn completion() -> Schema {
    let call = object().needs("id", text()).needs("type", text()).may(
        "function",
        object().needs("name", text()).needs("arguments", text()),
    );
    let message = object()
        .needs("role", literal("assistant"))
        .needs("content", text().or_null())
        .needs("refusal", text().or_null())
        .may("reasoning_content", text())
        .may("reasoning_details", list(anything()))
        .may("tool_calls", list(call).at_least(1))
        .may("images", list(of("ChatPart")));
    let choice = object()
        .needs("index", count())
        .needs("message", message)
        .needs("logprobs", of("ChatLogprobs"))
        .needs("finish_reason", of("ChatFinishReason"));
    envelope("chat.completion")
        .needs("choices", list(choice).at_least(1))
        .may("usage", of("ChatUsage"))
}

fn envelope(kind: &str) -> Schema {
    object()
        .needs("id", text())
        .needs("object", literal(kind))
        .needs("created", seconds())
        .needs("model", text().said("What the client asked for."))
}

fn chunk() -> Schema {
    let call = object()
        .needs("index", count())
        .may("id", text())
        .may("type", text())
        .needs(
            "function",
            object().may("name", text()).needs("arguments", text()),
        );
    let delta = object()
        .may("role", literal("assistant"))
        .may("content", text())
        .may("refusal", text())
        .may("reasoning_content", text())
        .may("reasoning_details", list(anything()))
        .may("tool_calls", list(call).at_least(1))
        .may("images", list(of("ChatPart")));
    let choice = object()
        .needs("index", count())
        .needs("delta", delta)
        .needs("logprobs", of("ChatLogprobs"))
        .needs("finish_reason", any_of([of("ChatFinishReason"), null()]));
    envelope("chat.completion.chunk")
        .needs("choices", list(choice))
        .may("usage", of("ChatUsage").or_null())
}
