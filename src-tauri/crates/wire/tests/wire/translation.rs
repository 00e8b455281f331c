//! Golden translations: one rich conversation written out for every provider's wire, one rich answer for
//! every wire that we serve, whole and streamed. What a wire has no form for stands below its request as
//! `applied`.
//!
//! A wire that gets connected appears here by itself; its snapshots are made with `INSTA_UPDATE=always` and
//! read before they are committed.

use std::fmt::Write;

use domain::{
    Answer, Choice, Extra, Media, MediaSource, Message, OutputFormat, Params, Part, Quirks, RawJson, Request,
    Role, StopReason, ToolChoice, ToolSpec, Usage, Wire,
};
use inglenook_wire::client::{Form, Took};
use inglenook_wire::{anthropic_messages, gemini, ollama, openai_responses, provider};
use serde_json::json;

use crate::golden::snapshot;
use crate::support::envelope;

fn extra(fields: serde_json::Value) -> Extra {
    let mut extra = Extra::new();
    for (name, value) in fields.as_object().unwrap() {
        extra.set(name, RawJson::of(value));
    }
    extra
}

fn cached() -> Extra {
    extra(json!({"cache_control": {"type": "ephemeral"}}))
}

fn message(role: Role, parts: Vec<Part>) -> Message {
    Message {
        role,
        parts,
        extra: Extra::new(),
    }
}

fn media(source: MediaSource, media_type: &str, name: Option<&str>) -> Media {
    Media {
        source,
        media_type: Some(media_type.into()),
        name: name.map(str::to_owned),
        extra: Extra::new(),
    }
}

fn pixel() -> Part {
    let data = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk".into();
    Part::Image(media(MediaSource::Base64 { data }, "image/png", None))
}

fn call(id: &str, name: &str, arguments: &str, extra: Extra) -> Part {
    Part::ToolCall {
        id: id.into(),
        name: name.into(),
        arguments: arguments.into(),
        extra,
    }
}

fn result(call_id: &str, parts: Vec<Part>, is_error: bool) -> Message {
    let result = Part::ToolResult {
        call_id: call_id.into(),
        parts,
        is_error,
        extra: Extra::new(),
    };
    message(Role::Tool, vec![result])
}

fn reasoning() -> Part {
    Part::Reasoning {
        text: "First look, then ask for the weather.".into(),
        signature: Some("c2lnbmF0dXJl".into()),
        extra: Extra::new(),
    }
}

/// Everything that a conversation may hold, in its second round of tool calls.
fn conversation() -> Vec<Message> {
    let system = Part::Text {
        text: "You describe pictures.".into(),
        extra: cached(),
    };
    let url = "https://example.com/cat.jpg".into();
    let pdf = MediaSource::Base64 {
        data: "JVBERi0xLjQK".into(),
    };
    vec![
        message(Role::System, vec![system]),
        Message::text(Role::Developer, "Be brief."),
        message(
            Role::User,
            vec![
                Part::text("What is \"this\"? 😀"),
                pixel(),
                Part::Image(media(MediaSource::Url { url }, "image/jpeg", None)),
                Part::File(media(pdf, "application/pdf", Some("menu.pdf"))),
            ],
        ),
        message(
            Role::Assistant,
            vec![
                reasoning(),
                Part::text("I look closer."),
                call(
                    "call_1",
                    "zoom",
                    r#"{"x": 1, "y": 2.0}"#,
                    extra(json!({"extra_content": {"google": {"thought_signature": "dGhvdWdodA=="}}})),
                ),
                call("call_2", "weather", "{}", Extra::new()),
            ],
        ),
        result("call_1", vec![Part::text("closer:"), pixel()], false),
        result("call_2", vec![Part::text("no such city")], true),
        Message::text(Role::User, "Go on."),
    ]
}

fn tools() -> Vec<ToolSpec> {
    let zoom = json!({
        "$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
        "properties": {"x": {"type": "integer", "exclusiveMinimum": 0}, "y": {"type": ["number", "null"]}},
        "required": ["x", "y"], "additionalProperties": false,
    });
    vec![
        ToolSpec {
            name: "zoom".into(),
            description: Some("Looks closer.".into()),
            parameters: RawJson::of(&zoom),
            strict: Some(true),
            extra: Extra::new(),
        },
        ToolSpec {
            name: "weather".into(),
            description: None,
            parameters: RawJson::of(&json!({"type": "object", "properties": {}})),
            strict: None,
            extra: cached(),
        },
    ]
}

fn request(stream: bool) -> Request {
    let schema = json!({
        "type": "object", "properties": {"animal": {"type": "string"}},
        "required": ["animal"], "additionalProperties": false,
    });
    Request {
        messages: conversation(),
        tools: tools(),
        tool_choice: Some(ToolChoice::Required),
        params: Params {
            temperature: Some(1.5),
            top_p: Some(0.9),
            max_output_tokens: Some(4000),
            stop: vec!["END".into()],
            seed: Some(7),
            n: Some(1),
            presence_penalty: Some(0.5),
            frequency_penalty: Some(-0.5),
            logprobs: Some(true),
            top_logprobs: Some(2),
            parallel_tool_calls: Some(false),
            reasoning_effort: Some("high".into()),
            reasoning_tokens: None,
            top_k: Some(40),
        },
        format: OutputFormat::JsonSchema {
            name: "animal".into(),
            description: Some("What it is.".into()),
            schema: RawJson::of(&schema),
            strict: Some(true),
        },
        stream,
        extra: extra(json!({"service_tier": "flex", "user": "u-1", "metadata": {"a": "b"}, "vendor": [1.0]})),
        wire: Wire::OpenAiChat,
    }
}

/// A model that a provider of the wire has, for what a wire asks of some models only.
fn model(wire: Wire) -> &'static str {
    match wire {
        Wire::OpenAiChat | Wire::OpenAiResponses => "gpt-5",
        Wire::AnthropicMessages => "claude-sonnet-4-5",
        Wire::Gemini => "gemini-2.5-pro",
        Wire::Ollama => "qwen3:8b",
        Wire::BedrockConverse => "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    }
}

#[test]
fn a_request_on_every_wire() {
    for wire in Wire::ALL.iter().copied() {
        let mut text = String::new();
        for stream in [false, true] {
            let outgoing = provider::encode(wire, &request(stream), model(wire), &Quirks::default());
            writeln!(text, "POST {}\naccept: {}", outgoing.path, outgoing.accept).unwrap();
            for (name, value) in &outgoing.headers {
                writeln!(text, "{name}: {value}").unwrap();
            }
            if stream {
                // the rest is the same
                let body: serde_json::Value = serde_json::from_slice(&outgoing.body).unwrap();
                writeln!(text, "stream: {}, {}", body["stream"], body["stream_options"]).unwrap();
                continue;
            }
            let body: serde_json::Value = serde_json::from_slice(&outgoing.body).unwrap();
            writeln!(text, "{}", serde_json::to_string_pretty(&body).unwrap()).unwrap();
            for note in outgoing.applied {
                writeln!(text, "applied: {}: {}", note.what, note.how).unwrap();
            }
            writeln!(text).unwrap();
        }
        snapshot(format!("translation-request-{}", wire.as_str()), text);
    }
}

fn answer() -> Answer {
    let text = Part::Text {
        text: "It is a cat. 😀".into(),
        extra: extra(json!({"annotations": [{"type": "url_citation", "url_citation": {
            "url": "https://example.com", "title": "Cats", "start_index": 0, "end_index": 12,
        }}]})),
    };
    let parts = vec![
        reasoning(),
        text,
        call(
            "call_3",
            "zoom",
            r#"{"x":3,"y":null}"#,
            extra(json!({"extra_content": {"google": {"thought_signature": "dGhvdWdodA=="}}})),
        ),
        call("call_4", "weather", "{}", Extra::new()),
    ];
    let usage = Usage {
        input: 120,
        cached_input: 100,
        cache_write: 10,
        output: 30,
        reasoning: 12,
    };
    Answer {
        id: Some("up-1".into()),
        model: Some("upstream-model".into()),
        choices: vec![Choice {
            message: message(Role::Assistant, parts),
            reason: StopReason::ToolCalls,
            logprobs: Some(RawJson::of(&json!({"content": [
                {"token": "It", "logprob": -0.25, "bytes": [73, 116], "top_logprobs": []},
            ]}))),
        }],
        usage: Some((usage, RawJson::of(&json!({"theirs": 1})))),
        extra: extra(json!({"system_fingerprint": "fp_1"})),
    }
}

/// Every form that we answer in, by its snapshot's name. A new one does not compile before it is in the list.
fn forms() -> Vec<(&'static str, Form)> {
    let responses = openai_responses::decode_request(br#"{"model":"reviewer","input":"Hi"}"#).unwrap();
    let forms = vec![
        Form::OpenAiChat {
            envelope: envelope(),
            include_usage: true,
        },
        Form::Completions {
            envelope: envelope(),
            include_usage: true,
        },
        Form::OpenAiResponses(Box::new(responses.envelope("resp_1", 1_741_570_283, "reviewer"))),
        Form::AnthropicMessages(anthropic_messages::Envelope {
            id: "msg_1".into(),
            request_id: Some("req_1".into()),
            model: "reviewer".into(),
            input_tokens: 120,
            signer: Some(anthropic_messages::Signer::new(|text| {
                format!("signed:{}", text.len())
            })),
        }),
        Form::Gemini {
            envelope: gemini::Envelope {
                id: "resp-1".into(),
                model: "reviewer".into(),
            },
            framing: gemini::Framing::Sse,
        },
        Form::Gemini {
            envelope: gemini::Envelope {
                id: "resp-1".into(),
                model: "reviewer".into(),
            },
            framing: gemini::Framing::Array,
        },
        Form::Ollama(ollama::Envelope {
            model: "reviewer".into(),
            created_at: "2025-03-10T01:44:43Z".into(),
            route: ollama::Route::Chat,
            durations: ollama::Durations::default(),
        }),
    ];
    let named = |form: Form| match form {
        Form::OpenAiChat { .. } => ("openai-chat", form),
        Form::Completions { .. } => ("completions", form),
        Form::OpenAiResponses(_) => ("openai-responses", form),
        Form::AnthropicMessages(_) => ("anthropic-messages", form),
        Form::Gemini {
            framing: gemini::Framing::Sse,
            ..
        } => ("gemini", form),
        Form::Gemini {
            framing: gemini::Framing::Array,
            ..
        } => ("gemini-array", form),
        Form::Ollama(_) => ("ollama", form),
    };
    forms.into_iter().map(named).collect()
}

#[test]
fn an_answer_on_every_wire() {
    let took = Took {
        total: 3_000_000,
        first: 1_000_000,
        ended: 1_741_570_286,
    };
    for (name, mut form) in forms() {
        form.took(took);
        let mut whole = Vec::new();
        form.whole(&answer(), &mut whole);
        let whole: serde_json::Value = serde_json::from_slice(&whole).unwrap();
        let mut text = serde_json::to_string_pretty(&whole).unwrap();
        write!(text, "\n\n== {}\n", form.stream_type()).unwrap();
        let mut streamed = Vec::new();
        let mut encoder = form.stream();
        for event in answer().into_events() {
            encoder.event(&event, &mut streamed);
        }
        encoder.finish(took, &mut streamed);
        text.push_str(std::str::from_utf8(&streamed).unwrap());
        snapshot(format!("translation-answer-{name}"), text);
    }
}

/// What each wire cannot carry of the conversation above, as the page for people.
fn losses() -> String {
    let mut text = String::from(
        "# What a wire cannot carry\n\n\
         Written by `cargo test` from one rich conversation \
         (`src-tauri/crates/wire/tests/wire/translation.rs`); do not edit.\n\n\
         A request travels from the wire of its client to the wire of its provider. What the provider's has no form \
         for is\nleft out or said otherwise, and each time that is told: in the call's record and in the header\n\
         `x-inglenook-applied`. Whatever is not listed here arrives. Between two sides of the same wire everything \
         does.\n\n\
         | wire of the provider | what | becomes |\n| --- | --- | --- |\n",
    );
    for wire in Wire::ALL.iter().copied() {
        let outgoing = provider::encode(wire, &request(false), model(wire), &Quirks::default());
        for note in outgoing.applied {
            writeln!(text, "| `{}` | {} | {} |", wire.as_str(), note.what, note.how).unwrap();
        }
    }
    text
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how documents are written anew is told to the test alone"
)]
fn losses_are_listed() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/translation.md");
    let text = losses();
    if std::env::var("INGLENOOK_UPDATE").is_ok_and(|value| value == "1") {
        std::fs::write(&path, text).unwrap();
        return;
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == text,
        "docs/translation.md differs from what codecs tell. Write it anew with:\n  INGLENOOK_UPDATE=1 cargo test -p \
         inglenook-wire losses"
    );
}
