//! Legacy completions and embeddings.

use wire::client::Form;
use wire::openai_chat::Envelope;

use super::openai_chat::{parameters, stream_options};
use super::operation::{EVENTS, Operation};
use super::schema::{
    Schema, any_of, boolean, count, integer, list, literal, null, number, object, of, seconds, text, words,
};

const TAG: &str = "OpenAI";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::post("/v1/completions", "createCompletion")
            .said(TAG, "A text that is continued, whole or streamed.")
            .asks("CompletionRequest")
            .answers(of("Completion"))
            .answers_as(EVENTS, of("CompletionEvent"))
            .calls(),
        Operation::post("/v1/embeddings", "createEmbeddings")
            .said(TAG, "Vectors, as numbers or base64.")
            .asks("EmbeddingRequest")
            .answers(of("EmbeddingList"))
            .calls(),
    ]
}

pub(super) fn schemas() -> Vec<(&'static str, Schema)> {
    let several = |most| {
        let tokens = || list(count()).at_least(1);
        any_of([
            text(),
            tokens(),
            list(any_of([text(), tokens()])).at_least(1).at_most(most),
        ])
    };
    let completion_request = parameters()
        .needs(
            "prompt",
            several(128).said("A text, tokens, or several of either."),
        )
        .takes("model", text())
        .takes(
            "suffix",
            text().said("What follows the gap that is to be filled."),
        )
        .takes("echo", boolean())
        .takes("stream", boolean())
        .takes("stream_options", stream_options())
        .may("logprobs", integer().least(0).most(20).or_null());
    let embedding_request = object()
        .needs("input", several(2048))
        .takes("model", text())
        .takes("dimensions", integer().least(1).most(i64::from(u32::MAX)))
        .takes("encoding_format", words(["float", "base64"]));
    vec![
        ("CompletionRequest", completion_request),
        ("Completion", completion(false)),
        (
            "CompletionEvent",
            any_of([completion(true), of("OpenAiError")])
                .said("A piece; or the error that ends a stream in place of `[DONE]`."),
        ),
        ("EmbeddingRequest", embedding_request),
        ("EmbeddingList", embeddings()),
    ]
}

fn completion(streamed: bool) -> Schema {
    let form = Form::Completions {
        envelope: Envelope {
            id: String::new(),
            created: 0,
            model: String::new(),
        },
        include_usage: false,
    };
    let reason = super::vocabulary::of(&form, "/choices/0/finish_reason");
    let choice = object()
        .needs("text", text())
        .needs("index", count())
        .needs("logprobs", object().or_null())
        .needs(
            "finish_reason",
            if streamed {
                any_of([reason, null()])
            } else {
                reason
            },
        );
    let usage = of("ChatUsage");
    object()
        .needs("id", text())
        .needs("object", literal("text_completion"))
        .needs("created", seconds())
        .needs("model", text())
        .needs("choices", list(choice))
        .may("usage", if streamed { usage.or_null() } else { usage })
}

fn embeddings() -> Schema {
    let vector = any_of([
        list(number()),
        text().said("Base64 of little-endian 32-bit floats."),
    ]);
    let item = object()
        .needs("object", literal("embedding"))
        .needs("index", count())
        .needs("embedding", vector);
    object()
        .needs("object", literal("list"))
        .needs("data", list(item))
        .needs("model", text())
        .may(
            "usage",
            object()
                .needs("prompt_tokens", count())
                .needs("total_tokens", count()),
        )
}
