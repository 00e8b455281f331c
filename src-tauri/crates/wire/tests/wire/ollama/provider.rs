//! Made-up traffic with a server, for what no recording shows.

use domain::{
    Delta, Event, Extra, FailureKind, Message, OutputFormat, Params, Part, Quirks, RawJson, Request, Role,
    StopReason, Wire,
};
use inglenook_wire::ollama::{decode_answer, decode_details, decode_models, encode_request};
use inglenook_wire::openai_chat::decode_request;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::decode;
use crate::strict;
use crate::support::{cuts, encode as encode_chat, refused};

fn encode(request: &Request, model: &str) -> (Value, Vec<String>) {
    let mut out = Vec::new();
    let notes = encode_request(request, model, &Quirks::default(), &mut out);
    let notes = notes
        .into_iter()
        .map(|note| format!("{}: {}", note.what, note.how))
        .collect();
    (serde_json::from_slice(&out).unwrap(), notes)
}

fn translate(body: Value) -> (Value, Vec<String>) {
    encode(
        &decode_request(body.to_string().as_bytes()).unwrap().request,
        "qwen3:8b",
    )
}

fn stream(lines: &[Value]) -> Vec<u8> {
    lines
        .iter()
        .map(|line| format!("{line}\r\n\n"))
        .collect::<String>()
        .into_bytes()
}

fn deltas(events: &[Event]) -> Vec<Delta> {
    events
        .iter()
        .filter_map(|event| {
            if let Event::Delta { delta, .. } = event {
                Some(delta.clone())
            } else {
                None
            }
        })
        .collect()
}

#[test]
fn a_stream_of_everything_is_read() {
    let call = |index: u64, id: Value, arguments: Value| json!({"id": id, "function": {"index": index, "name": "f", "arguments": arguments}});
    let head = json!({"model": "m", "created_at": "2026-01-01T00:00:00Z", "remote_host": "h", "done": false,
        "message": {"role": "assistant", "content": "", "thinking": "Hm 😀"}});
    let body = stream(&[
        head,
        json!({"message": {"role": "assistant", "content": "<think>no</think>", "thinking": ""}, "done": false,
            "logprobs": [{"token": "a", "logprob": -0.1}]}),
        json!({"message": {"content": "", "tool_calls": [call(0, json!("call_7"), json!({"a": [1]}))]}, "done": false}),
        // the same index again is another call
        json!({"message": {"content": "", "tool_calls": [call(0, Value::Null, json!({})), call(1, json!(""), Value::Null)]},
            "done": false}),
        json!({"message": {"content": "", "x": 1}, "done": true, "done_reason": "stop", "eval_count": 4,
            "prompt_eval_count": 9, "total_duration": 5}),
        json!({"error": "late"}),
    ]);
    let (events, outcome) = decode([body.as_slice()]);
    assert_eq!(outcome, Ok(()));
    for pieces in cuts(&body) {
        assert_eq!(
            decode(pieces.iter().copied()),
            (events.clone(), Ok(())),
            "{}",
            pieces.len()
        );
    }
    let last = body
        .windows(9)
        .position(|window| window == br#"{"error":"#)
        .unwrap();
    let end = body[..last].trim_ascii_end().len();
    for at in 0..end {
        let kind = decode([&body[..at]]).1.map_err(|failure| failure.kind());
        assert_eq!(kind, Err(FailureKind::UpstreamDisconnected), "REL-03 at {at}");
    }
    assert_eq!(decode([&body[..end]]).1, Ok(()));
    let one = |name: &str, json: &str| {
        let mut extra = Extra::new();
        extra.set(name, RawJson::new(json));
        extra
    };
    assert_eq!(
        events[0],
        Event::Started {
            id: None,
            model: Some("m".into()),
            extra: one("remote_host", r#""h""#)
        }
    );
    let deltas = deltas(&events);
    assert_eq!(
        deltas[0],
        Delta::Reasoning {
            text: "Hm 😀".into()
        }
    );
    assert_eq!(
        deltas[1],
        Delta::Text {
            text: "<think>no</think>".into(),
            logprobs: Some(RawJson::new(
                r#"{"content":[{"token":"a","logprob":-0.1}],"refusal":null}"#
            )),
        }
    );
    assert_eq!(deltas.last(), Some(&Delta::Extra { extra: one("x", "1") }));
    let tail = &events[events.len() - 2..];
    assert_eq!(
        tail[0],
        Event::Finished {
            choice: 0,
            reason: StopReason::ToolCalls
        }
    );
    assert!(
        matches!(&tail[1], Event::Usage { usage, raw } if (usage.input, usage.output) == (9, 4)
        && raw.get() == r#"{"eval_count":4,"prompt_eval_count":9,"total_duration":5}"#)
    );
    let read = strict::read(&encode_chat(&events, &outcome, true), true);
    let calls: Vec<_> = read.choices[&0]
        .calls
        .iter()
        .map(|call| call.arguments.as_str())
        .collect();
    assert_eq!(calls, [r#"{"a":[1]}"#, "{}", "{}"]);
    assert_eq!(read.choices[&0].calls[0].id, "call_7");
}

#[test]
fn ends_and_breaks_are_told_apart() {
    let said = json!({"message": {"content": "x"}, "done": false});
    let done = |reason: Value| json!({"message": {"content": ""}, "done": true, "done_reason": reason});
    for (reason, expected) in [
        (json!("stop"), StopReason::Stop),
        (json!("length"), StopReason::Length),
        (json!("load"), StopReason::Stop),
        (Value::Null, StopReason::Stop),
    ] {
        let (events, outcome) = decode([stream(&[said.clone(), done(reason.clone())]).as_slice()]);
        let last = events.last().unwrap();
        assert_eq!(
            (last, outcome),
            (
                &Event::Finished {
                    choice: 0,
                    reason: expected
                },
                Ok(())
            ),
            "{reason}"
        );
    }
    for (lines, kind) in [
        (vec![said.clone()], FailureKind::UpstreamDisconnected),
        (vec![], FailureKind::UpstreamDisconnected),
        (vec![said.clone(), json!("text")], FailureKind::UpstreamFailed),
        (vec![json!({"error": "boom"})], FailureKind::UpstreamFailed),
        (
            vec![json!({"message": {"tool_calls": [{"function": {}}]}})],
            FailureKind::UpstreamFailed,
        ),
    ] {
        let (_, outcome) = decode([stream(&lines).as_slice()]);
        assert_eq!(outcome.unwrap_err().kind(), kind, "{lines:?}");
    }
    for (body, kind) in [
        (r#"{"error":"boom"}"#, FailureKind::UpstreamFailed),
        (
            r#"{"message":{"content":"x"},"done":false}"#,
            FailureKind::UpstreamDisconnected,
        ),
        (r#"{"done":true}"#, FailureKind::UpstreamFailed),
        ("<html>", FailureKind::UpstreamFailed),
    ] {
        assert_eq!(decode_answer(body.as_bytes()).unwrap_err().kind(), kind, "{body}");
    }
}

#[test]
fn refusals_before_the_answer_are_read() {
    for (status, body, kind) in [
        (
            404,
            r#"{"error":"model 'x' not found"}"#,
            FailureKind::ModelNotFound,
        ),
        (
            400,
            r#"{"error":"\"gemma3:1b\" does not support tools"}"#,
            FailureKind::InvalidRequest,
        ),
        (
            500,
            r#"{"error":"llama runner process has terminated"}"#,
            FailureKind::UpstreamFailed,
        ),
        (
            503,
            r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#,
            FailureKind::UpstreamOverloaded,
        ),
    ] {
        assert_eq!(refused(status, None, body.as_bytes()).kind(), kind, "{body}");
    }
}

#[test]
fn a_line_without_an_end_is_bounded() {
    let long = vec![b' '; 1024 * 1024];
    let (_, outcome) = decode(std::iter::repeat_n(long.as_slice(), 9));
    assert_eq!(outcome.unwrap_err().kind(), FailureKind::UpstreamFailed);
}

#[test]
fn a_conversation_is_laid_out_as_ollama_wants_it() {
    let (sent, notes) = translate(json!({"model": "m", "messages": [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [
            {"type": "text", "text": "Look:"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0K"}},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            {"type": "text", "text": "Well?", "cache_control": {"type": "ephemeral"}}]},
        {"role": "assistant", "content": null, "reasoning_content": "Hm.", "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}},
            {"id": "call_2", "type": "function", "function": {"name": "g", "arguments": "broken"}}]},
        {"role": "tool", "tool_call_id": "call_2", "content": "two"},
        {"role": "tool", "tool_call_id": "call_1", "content": "one"}],
        "tools": [{"type": "function", "function": {"name": "f", "description": "d", "strict": true}}],
        "tool_choice": "required", "response_format": {"type": "json_object"},
        "temperature": 0.5, "top_p": 0.9, "max_tokens": 10, "stop": "END", "seed": -3, "presence_penalty": 1,
        "frequency_penalty": -1, "logprobs": true, "top_logprobs": 2, "n": 2, "user": "u"}));
    let expected = json!({
        "model": "qwen3:8b",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Look:\nWell?", "images": ["iVBORw0K"]},
            {"role": "assistant", "content": "", "thinking": "Hm.", "tool_calls": [
                {"id": "call_1", "function": {"name": "f", "arguments": {"a": 1}}},
                {"id": "call_2", "function": {"name": "g", "arguments": {"arguments": "broken"}}}]},
            {"role": "tool", "content": "two", "tool_name": "g", "tool_call_id": "call_2"},
            {"role": "tool", "content": "one", "tool_name": "f", "tool_call_id": "call_1"}],
        "tools": [{"type": "function", "function": {"name": "f", "description": "d",
            "parameters": {"type": "object", "properties": {}}}}],
        "stream": false, "format": "json", "logprobs": true, "top_logprobs": 2,
        "options": {"temperature": 0.5, "top_p": 0.9, "presence_penalty": 1, "frequency_penalty": -1,
            "num_predict": 10, "seed": -3, "stop": ["END"]},
    });
    assert_eq!(sent, expected);
    assert_eq!(
        notes,
        [
            "role developer: sent as system",
            "images by address: left out, the provider wants their bytes",
            "fields of parts: left out, this wire has no place for them",
            "arguments that are no object: wrapped in one, the provider wants it",
            "tool_choice: left out, this wire has no field for it",
            "strict tools: sent as plain ones, this wire has no field for it",
            "n: left out, this wire has no field for it",
            "user: left out, this wire has no field for it",
        ]
    );
    assert_eq!(inglenook_wire::ollama::PATH, "/api/chat");
}

#[test]
fn thinking_streams_and_forms_are_asked_for() {
    let ask = |effort: Option<&str>, tokens: Option<u64>, model: &str| {
        let request = Request {
            messages: vec![Message::text(Role::User, "hi")],
            params: Params {
                reasoning_effort: effort.map(str::to_owned),
                reasoning_tokens: tokens,
                ..Params::default()
            },
            ..Request::default()
        };
        let (sent, notes) = encode(&request, model);
        (sent["think"].clone(), notes.len())
    };
    for (effort, tokens, model, think) in [
        (None, None, "qwen3", (Value::Null, 0)),
        (Some("none"), None, "qwen3", (json!(false), 0)),
        (None, Some(0), "qwen3", (json!(false), 0)),
        (None, Some(500), "qwen3", (json!(true), 1)),
        (Some("medium"), None, "qwen3", (json!(true), 0)),
        (Some("high"), None, "qwen3", (json!(true), 1)),
        (Some("high"), None, "gpt-oss:20b", (json!("high"), 0)),
        (Some("minimal"), None, "gpt-oss:20b", (json!("low"), 1)),
    ] {
        assert_eq!(ask(effort, tokens, model), think, "{effort:?} {tokens:?} {model}");
    }
    let mut request = Request {
        messages: vec![Message::text(Role::User, "hi")],
        stream: true,
        format: OutputFormat::JsonSchema {
            name: "s".into(),
            description: None,
            schema: RawJson::new(r#"{"type":"object"}"#),
            strict: None,
        },
        wire: Wire::Ollama,
        ..Request::default()
    };
    request.params.top_k = Some(5);
    request.extra.set("keep_alive", RawJson::new(r#""5m""#));
    request.extra.set("options", RawJson::new(r#"{"num_ctx":8192}"#));
    request.extra.set("suffix", RawJson::new(r#""x""#));
    let (sent, notes) = encode(&request, "m");
    assert_eq!(
        sent,
        json!({"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": true,
            "format": {"type": "object"}, "options": {"top_k": 5, "num_ctx": 8192}, "keep_alive": "5m"})
    );
    assert_eq!(notes, ["suffix: left out, a chat has no such field"]);
}

#[test]
fn errors_of_tools_and_images_in_results_reach_the_server() {
    let request = Request {
        messages: vec![Message {
            role: Role::Tool,
            parts: vec![Part::ToolResult {
                call_id: "gone".into(),
                parts: vec![Part::text("bad"), image()],
                is_error: true,
                extra: Extra::new(),
            }],
            extra: Extra::new(),
        }],
        ..Request::default()
    };
    let (sent, notes) = encode(&request, "m");
    assert_eq!(
        sent["messages"],
        json!([
            {"role": "tool", "content": "bad", "tool_call_id": "gone"},
            {"role": "user", "content": "The image that a tool returned.", "images": ["iVBORw0K"]},
        ])
    );
    assert_eq!(notes.len(), 2);
}

fn image() -> Part {
    Part::Image(domain::Media {
        source: domain::MediaSource::Base64 {
            data: "iVBORw0K".into(),
        },
        media_type: None,
        name: None,
        extra: Extra::new(),
    })
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode([bytes.as_slice()]);
        let _ = decode_answer(&bytes);
        let _ = decode_models(&bytes);
        let _ = decode_details("m", &bytes);
    }

    #[test]
    fn cuts_do_not_matter(
        texts in proptest::collection::vec(".{0,20}", 0..6),
        tail in proptest::collection::vec(any::<u8>(), 0..20),
        size in 1..40_usize,
    ) {
        let lines: Vec<Value> = texts.iter().map(|text| json!({"message": {"content": text}, "done": false})).collect();
        let mut body = stream(&lines);
        body.extend(tail);
        prop_assert_eq!(decode(body.chunks(size)), decode([body.as_slice()]));
    }
}
