//! What imitators of this wire, and gateways before it, do to a stream: accepted where it does no harm, and
//! told where it does.

use domain::{FailureKind, StopReason};
use serde_json::{Value, json};

use super::strict;
use super::support::{decode, envelope, gathered, serve};
use crate::support as chat;

fn stream(events: &[Value]) -> String {
    events
        .iter()
        .map(|event| {
            format!(
                "event: {}\ndata: {event}\n\n",
                event["type"].as_str().unwrap_or("")
            )
        })
        .collect()
}

fn start() -> Value {
    json!({"type": "message_start", "message": {"id": "msg_1", "model": "m", "usage": {"input_tokens": 3, "output_tokens": 1}}})
}

fn text(index: u64, text: &str) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}})
}

fn fragment(index: u64, json: &str) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", "partial_json": json}})
}

fn open(index: u64, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn stop(reason: &str) -> Value {
    json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 7}})
}

/// The message that a client of this wire gets, after both clients were found able to read it.
fn read(body: &str) -> Value {
    let (events, outcome) = decode([body.as_bytes()]);
    assert_eq!(outcome, Ok(()), "{body}");
    let chat = crate::strict::read(&chat::encode(&events, &outcome, true), true);
    assert!(chat.done);
    strict::read(&serve(&events, &outcome, envelope())).message
}

fn refused(body: &str) -> FailureKind {
    let (events, outcome) = decode([body.as_bytes()]);
    let failure = outcome.clone().unwrap_err();
    let served = strict::read(&serve(&events, &outcome, envelope()));
    assert!(served.error.is_some() && !served.done);
    failure.kind()
}

#[test]
fn faults_that_do_no_harm() {
    let block = open(0, json!({"type": "text", "text": ""}));
    let end = json!({"type": "message_stop"});
    let plain = [
        start(),
        block.clone(),
        text(0, "hi"),
        stop("end_turn"),
        end.clone(),
    ];
    let expected = read(&stream(&plain));
    assert_eq!(expected["content"], json!([{"type": "text", "text": "hi"}]));
    assert_eq!(expected["stop_reason"], "end_turn");
    assert_eq!(expected["usage"]["input_tokens"], 3);
    for (what, body) in [
        ("crlf", stream(&plain).replace('\n', "\r\n")),
        (
            "no event names",
            stream(&plain)
                .lines()
                .filter(|l| !l.starts_with("event"))
                .map(|l| format!("{l}\n"))
                .collect(),
        ),
        ("no end", stream(&plain[..4])),
        (
            "comments",
            format!(
                ": hello\n\n{}",
                stream(&plain).replace("\n\n", "\n\n: keep-alive\n\n")
            ),
        ),
        (
            "another wire's marker",
            format!("{}data: [DONE]\n\n", stream(&plain)),
        ),
        (
            "the marker in the place of the end",
            format!("{}data: [DONE]", stream(&plain[..4])),
        ),
        (
            "unknown events",
            stream(&[
                start(),
                json!({"type": "news"}),
                block.clone(),
                text(0, "hi"),
                stop("end_turn"),
                end.clone(),
            ]),
        ),
        ("no index", stream(&plain).replace("\"index\":0,", "")),
        (
            "the beginning twice",
            stream(&[
                start(),
                block.clone(),
                start(),
                text(0, "hi"),
                stop("end_turn"),
                end.clone(),
            ]),
        ),
        (
            "no block start",
            stream(&[start(), text(0, "hi"), stop("end_turn"), end.clone()]),
        ),
        (
            "text in the start",
            stream(&[
                start(),
                open(0, json!({"type": "text", "text": "h"})),
                text(0, "i"),
                stop("end_turn"),
                end.clone(),
            ]),
        ),
        (
            "data behind the end",
            format!("{}{}", stream(&plain), stream(&[text(0, "more")])),
        ),
    ] {
        assert_eq!(read(&body), expected, "{what}");
    }
    // an end that tells no reason is an end
    let bare = read(&stream(&[start(), block, text(0, "hi"), end]));
    assert_eq!(
        (&bare["content"], &bare["stop_reason"]),
        (&expected["content"], &expected["stop_reason"])
    );
}

#[test]
fn faults_that_break_the_answer() {
    let block = open(0, json!({"type": "text", "text": ""}));
    let other = json!({"type": "message_start", "message": {"id": "msg_2"}});
    let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    for (what, body, kind) in [
        ("nothing", String::new(), FailureKind::UpstreamDisconnected),
        (
            "no reason",
            stream(&[start(), block.clone(), text(0, "hi")]),
            FailureKind::UpstreamDisconnected,
        ),
        (
            "torn",
            format!(
                "{}data: {{\"type\":\"mess",
                stream(&[start(), text(0, "hi"), stop("end_turn")])
            ),
            FailureKind::UpstreamDisconnected,
        ),
        (
            "two answers",
            stream(&[start(), block.clone(), text(0, "hi"), other]),
            FailureKind::UpstreamDisconnected,
        ),
        (
            "an error",
            stream(&[start(), block.clone(), text(0, "hi"), error.clone()]),
            FailureKind::UpstreamOverloaded,
        ),
        (
            "an error behind the reason",
            stream(&[start(), block, text(0, "hi"), stop("end_turn"), error]),
            FailureKind::UpstreamOverloaded,
        ),
        (
            "an error with status 200",
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}"#.into(),
            FailureKind::ProviderRateLimited,
        ),
        (
            "no JSON",
            "data: hello\n\ndata: x\n\n".into(),
            FailureKind::UpstreamFailed,
        ),
        ("a page", "{}".into(), FailureKind::UpstreamFailed),
        (
            "arguments of no call",
            stream(&[start(), fragment(0, "{}")]),
            FailureKind::UpstreamFailed,
        ),
        (
            "a call without a name",
            stream(&[start(), open(0, json!({"type": "tool_use", "id": "a"}))]),
            FailureKind::UpstreamFailed,
        ),
    ] {
        assert_eq!(refused(&body), kind, "{what}");
    }
}

#[test]
fn calls_in_every_form() {
    let call = |index, id: &str| {
        open(
            index,
            json!({"type": "tool_use", "id": id, "name": "f", "input": {}}),
        )
    };
    // side by side, without arguments, with arguments in the block, and stopped by a word that means none of it
    let body = stream(&[
        start(),
        call(0, "a"),
        fragment(0, "{\"x\":"),
        call(1, "b"),
        fragment(1, "{\"y\""),
        fragment(0, "1}"),
        fragment(1, ":2}"),
        open(
            2,
            json!({"type": "tool_use", "id": "c", "name": "g", "input": {"z": 3}}),
        ),
        call(3, "d"),
        fragment(3, ""),
        stop("end_turn"),
    ]);
    let message = read(&body);
    assert_eq!(
        message["content"],
        json!([
            {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
            {"type": "tool_use", "id": "b", "name": "f", "input": {"y": 2}},
            {"type": "tool_use", "id": "c", "name": "g", "input": {"z": 3}},
            {"type": "tool_use", "id": "d", "name": "f", "input": {}},
        ])
    );
    assert_eq!(message["stop_reason"], "tool_use");
    let made = read(&stream(&[
        start(),
        open(0, json!({"type": "tool_use", "name": "f"})),
        stop("tool_use"),
    ]));
    assert_eq!(made["content"][0]["id"].as_str().unwrap().len(), 9);
    assert_eq!(made["content"][0]["input"], json!({}));
}

#[test]
fn thinking_between_calls_keeps_its_place_and_its_seals() {
    let thought = |index, text: &str| json!({"type": "content_block_delta", "index": index, "delta": {"type": "thinking_delta", "thinking": text}});
    let sealed = |index, text: &str| json!({"type": "content_block_delta", "index": index, "delta": {"type": "signature_delta", "signature": text}});
    let empty = json!({"type": "thinking", "thinking": "", "signature": ""});
    let server = json!({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}});
    let found = json!({"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"url": "u"}]});
    let closed = |index| json!({"type": "content_block_stop", "index": index});
    // text and thinking that lack their end get it from the block that follows
    let mut events = vec![
        start(),
        open(0, empty.clone()),
        thought(0, "one"),
        sealed(0, "AA"),
        sealed(0, "BB"),
        open(1, json!({"type": "redacted_thinking", "data": "CC"})),
        open(2, server.clone()),
        fragment(2, "{\"query\":"),
        fragment(2, "\"x\"}"),
        closed(2),
        open(3, found.clone()),
        closed(3),
        open(4, empty),
        sealed(4, "DD"),
        open(5, json!({"type": "text", "text": "", "citations": []})),
        text(5, "so"),
        json!({"type": "content_block_delta", "index": 5, "delta": {"type": "citations_delta", "citation": {"url": "u"}}}),
        open(6, json!({"type": "compaction", "content": "a"})),
        json!({"type": "content_block_delta", "index": 6, "delta": {"type": "compaction_delta", "content": "b"}}),
    ];
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": "pause_turn", "stop_sequence": null}, "usage": {"output_tokens": 7}, "context_management": {"applied_edits": [1]}}));
    let message = read(&stream(&events));
    let mut server = server;
    server["input"] = json!({"query": "x"});
    assert_eq!(
        message["content"],
        json!([
            {"type": "thinking", "thinking": "one", "signature": "AABB"},
            {"type": "redacted_thinking", "data": "CC"},
            server,
            found,
            {"type": "thinking", "thinking": "", "signature": "DD"},
            {"type": "text", "text": "so", "citations": [{"url": "u"}]},
            {"type": "compaction", "content": "ab"},
        ])
    );
    assert_eq!(message["stop_reason"], "pause_turn");
    assert_eq!(message["context_management"], json!({"applied_edits": [1]}));
    // the pause is seen by whoever runs the call
    let (decoded, _) = decode([stream(&events).as_bytes()]);
    let choice = &gathered(&decoded).choices[0];
    assert_eq!(
        choice.message.extra.get("stop_reason").unwrap().get(),
        "\"pause_turn\""
    );
    assert_eq!(choice.reason, StopReason::Stop);
}

#[test]
fn reasons_keep_what_they_mean_beyond_the_domain() {
    for (word, reason) in [
        ("end_turn", StopReason::Stop),
        ("stop_sequence", StopReason::Stop),
        ("max_tokens", StopReason::Length),
        ("model_context_window_exceeded", StopReason::Length),
        ("refusal", StopReason::ContentFilter),
    ] {
        let body = stream(&[
            start(),
            text(0, "hi"),
            json!({"type": "message_delta", "delta": {"stop_reason": word, "stop_sequence": if word == "stop_sequence" { json!("END") } else { Value::Null }}}),
        ]);
        let (events, _) = decode([body.as_bytes()]);
        assert_eq!(gathered(&events).choices[0].reason, reason, "{word}");
        let message = read(&body);
        assert_eq!(message["stop_reason"], word);
        assert_eq!(
            message["stop_sequence"],
            if word == "stop_sequence" {
                json!("END")
            } else {
                Value::Null
            }
        );
    }
}

#[test]
fn arguments_of_the_answer_tool_are_text() {
    let tool = json!({"type": "tool_use", "id": "a", "name": "answer_in_json", "input": {}});
    let message = read(&stream(&[
        start(),
        open(0, tool),
        fragment(0, "{\"city\":"),
        fragment(0, "\"Rome\"}"),
        stop("tool_use"),
    ]));
    assert_eq!(
        message["content"],
        json!([{"type": "text", "text": "{\"city\":\"Rome\"}"}])
    );
    assert_eq!(message["stop_reason"], "end_turn");
}
