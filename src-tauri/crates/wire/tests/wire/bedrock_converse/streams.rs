//! Made-up streams and answers, for what no recording shows.

use domain::{Delta, Event, Extra, FailureKind, Part, RawJson, StopReason, Wire};
use inglenook_wire::bedrock_converse::decode_answer;
use serde_json::{Value, json};

use super::{decode, frame, stream};
use crate::strict;
use crate::support::{cuts, encode};

const END: [(&str, Value); 0] = [];

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

fn ended(mut events: Vec<(&'static str, Value)>, reason: &str) -> Vec<u8> {
    events.insert(0, ("messageStart", json!({"role": "assistant", "p": "abc"})));
    events.push(("messageStop", json!({"stopReason": reason})));
    events.push((
        "metadata",
        json!({"usage": {"inputTokens": 3, "outputTokens": 5, "cacheReadInputTokens": 2,
            "cacheWriteInputTokens": 1, "totalTokens": 11}, "metrics": {"latencyMs": 1}}),
    ));
    events.extend(END);
    stream(&events)
}

fn delta(index: u64, delta: Value) -> (&'static str, Value) {
    (
        "contentBlockDelta",
        json!({"contentBlockIndex": index, "delta": delta, "p": "ab"}),
    )
}

fn stop(index: u64) -> (&'static str, Value) {
    ("contentBlockStop", json!({"contentBlockIndex": index}))
}

fn text(text: &str) -> Delta {
    Delta::Text {
        text: text.into(),
        logprobs: None,
    }
}

#[test]
fn every_block_comes_out_and_cuts_do_not_matter() {
    let start = |index: u64, start: Value| {
        (
            "contentBlockStart",
            json!({"contentBlockIndex": index, "start": start}),
        )
    };
    let body = ended(
        vec![
            delta(0, json!({"reasoningContent": {"text": "Hm "}})),
            delta(0, json!({"reasoningContent": {"text": "– ünd"}})),
            delta(0, json!({"reasoningContent": {"signature": "c2ln"}})),
            stop(0),
            delta(1, json!({"reasoningContent": {"redactedContent": "c2VhbGVk"}})),
            stop(1),
            delta(2, json!({"text": "Zürich 😀"})),
            delta(
                2,
                json!({"citation": {"title": "T", "location": {"documentPage": {"start": 1}}}}),
            ),
            stop(2),
            start(
                3,
                json!({"toolUse": {"toolUseId": "tooluse_1", "name": "weather"}}),
            ),
            delta(3, json!({"toolUse": {"input": "{\"city\":"}})),
            delta(3, json!({"toolUse": {"input": "\"Bern\"}"}})),
            stop(3),
            start(
                4,
                json!({"toolUse": {"toolUseId": "tooluse_2", "name": "now", "type": "tool_use"}}),
            ),
            stop(4),
            start(
                5,
                json!({"toolUse": {"toolUseId": "srv_1", "name": "nova_grounding", "type": "server_tool_use"}}),
            ),
            delta(5, json!({"toolUse": {"input": "{\"q\":1}"}})),
            stop(5),
            start(
                6,
                json!({"toolResult": {"toolUseId": "srv_1", "status": "success"}}),
            ),
            delta(6, json!({"toolResult": [{"text": "a"}]})),
            delta(6, json!({"toolResult": [{"json": {"b": 1}}]})),
            stop(6),
            start(7, json!({"image": {"format": "png"}})),
            delta(7, json!({"image": {"source": {"bytes": "iVBORw0KGgo="}}})),
            stop(7),
        ],
        "tool_use",
    );
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
    for at in 0..body.len() {
        let kind = decode([&body[..at]]).1.map_err(|failure| failure.kind());
        assert_eq!(kind, Err(FailureKind::UpstreamDisconnected), "REL-03 at {at}");
    }
    let one = |name: &str, json: &str| {
        let mut extra = Extra::new();
        extra.set(name, RawJson::new(json));
        extra
    };
    let call = |index, id: &str, name: &str| Delta::ToolCallStart {
        index,
        id: id.into(),
        name: name.into(),
        extra: Extra::new(),
    };
    let arguments = |index, fragment: &str| Delta::ToolCallArguments {
        index,
        fragment: fragment.into(),
    };
    let opaque = |json: &str| Delta::Part {
        part: Box::new(Part::Opaque {
            wire: Wire::BedrockConverse,
            value: RawJson::new(json),
        }),
    };
    let found = deltas(&events);
    let expected = [
        Delta::Reasoning { text: "Hm ".into() },
        Delta::Reasoning {
            text: "– ünd".into()
        },
        Delta::ReasoningEnd {
            signature: Some("c2ln".into()),
            extra: Extra::new(),
        },
        Delta::ReasoningEnd {
            signature: Some("c2VhbGVk".into()),
            extra: one("redacted", "true"),
        },
        text("Zürich 😀"),
        Delta::TextExtra {
            extra: one(
                "citationsContent",
                r#"[{"title":"T","location":{"documentPage":{"start":1}}}]"#,
            ),
        },
        call(0, "tooluse_1", "weather"),
        arguments(0, "{\"city\":"),
        arguments(0, "\"Bern\"}"),
        call(1, "tooluse_2", "now"),
        arguments(1, "{}"),
        opaque(
            r#"{"toolUse":{"toolUseId":"srv_1","name":"nova_grounding","type":"server_tool_use","input":{"q":1}}}"#,
        ),
        opaque(
            r#"{"toolResult":{"toolUseId":"srv_1","status":"success","content":[{"text":"a"},{"json":{"b":1}}]}}"#,
        ),
    ];
    assert_eq!(found[..expected.len()], expected);
    let Delta::Part { part } = &found[expected.len()] else {
        panic!("{:?}", found[expected.len()]);
    };
    assert!(matches!(&**part, Part::Image(media) if media.media_type.as_deref() == Some("image/png")));
    assert_eq!(found.len(), expected.len() + 1);
    let read = strict::read(&encode(&events, &outcome, true), true);
    assert_eq!(read.choices[&0].finish.as_deref(), Some("tool_calls"));
    let usage = read.usage.unwrap();
    assert_eq!(
        (
            &usage["prompt_tokens"],
            &usage["prompt_tokens_details"]["cached_tokens"],
            &usage["cache_creation_input_tokens"]
        ),
        (&json!(6), &json!(2), &json!(1))
    );
}

#[test]
fn reasons_to_stop_are_read() {
    for (word, expected) in [
        ("end_turn", Ok(StopReason::Stop)),
        ("stop_sequence", Ok(StopReason::Stop)),
        ("something_new", Ok(StopReason::Stop)),
        ("max_tokens", Ok(StopReason::Length)),
        ("model_context_window_exceeded", Ok(StopReason::Length)),
        ("guardrail_intervened", Ok(StopReason::ContentFilter)),
        ("content_filtered", Ok(StopReason::ContentFilter)),
        // there is nothing to call
        ("tool_use", Ok(StopReason::Stop)),
        ("malformed_tool_use", Err(FailureKind::UpstreamFailed)),
        ("malformed_model_output", Err(FailureKind::UpstreamFailed)),
    ] {
        let body = ended(vec![delta(0, json!({"text": "x"}))], word);
        let (events, outcome) = decode([body.as_slice()]);
        let reason = events.iter().find_map(|event| {
            if let Event::Finished { reason, .. } = event {
                Some(*reason)
            } else {
                None
            }
        });
        let found = outcome
            .map_err(|failure| failure.kind())
            .map(|()| reason.unwrap());
        assert_eq!(found, expected, "{word}");
        let answer = json!({"output": {"message": {"role": "assistant", "content": [{"text": "x"}]}},
            "stopReason": word, "usage": {"inputTokens": 1, "outputTokens": 1}});
        let whole = decode_answer(answer.to_string().as_bytes());
        let whole = whole
            .map(|answer| answer.choices[0].reason)
            .map_err(|failure| failure.kind());
        assert_eq!(whole, expected, "{word}");
    }
}

/// A call that the token limit cut off must not be run.
#[test]
fn a_call_cut_off_by_the_limit_stays_cut_off() {
    let start = json!({"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": "t", "name": "f"}}});
    let body = ended(
        vec![
            ("contentBlockStart", start),
            delta(0, json!({"toolUse": {"input": "{\"a\":"}})),
            stop(0),
        ],
        "max_tokens",
    );
    let (events, _) = decode([body.as_slice()]);
    assert!(events.contains(&Event::Finished {
        choice: 0,
        reason: StopReason::Length
    }));
}

#[test]
fn exceptions_end_a_stream_whenever_they_come() {
    for (name, kind) in [
        ("throttlingException", FailureKind::ProviderRateLimited),
        ("validationException", FailureKind::InvalidRequest),
        ("modelStreamErrorException", FailureKind::UpstreamFailed),
        ("internalServerException", FailureKind::UpstreamFailed),
        ("serviceUnavailableException", FailureKind::UpstreamOverloaded),
        ("modelTimeoutException", FailureKind::UpstreamTimeout),
        ("accessDeniedException", FailureKind::ProviderKeyRejected),
        ("unheardOfException", FailureKind::UpstreamFailed),
    ] {
        let mut body = stream(&[
            ("messageStart", json!({"role": "assistant"})),
            delta(0, json!({"text": "Hel"})),
            // a reason followed by a failure is a failure
            ("messageStop", json!({"stopReason": "end_turn"})),
        ]);
        body.extend(frame("exception", name, &json!({"message": "Try later."})));
        let (events, outcome) = decode([body.as_slice()]);
        for pieces in cuts(&body) {
            assert_eq!(
                decode(pieces.iter().copied()),
                (events.clone(), outcome.clone()),
                "{name}"
            );
        }
        let failure = outcome.clone().unwrap_err();
        assert_eq!(failure.kind(), kind, "{name}");
        assert_eq!(failure.upstream().unwrap().code.as_deref(), Some(name));
        assert_eq!(failure.upstream().unwrap().message.as_deref(), Some("Try later."));
        let read = strict::read(&encode(&events, &outcome, true), true);
        assert!(!read.done && read.error.is_some(), "{name}");
        assert_eq!(read.choices[&0].text, "Hel");
    }
    let body = frame("error", "InternalError", &json!({}));
    assert_eq!(
        decode([body.as_slice()]).1.unwrap_err().kind(),
        FailureKind::UpstreamFailed
    );
}

/// `messageStop` alone is no end: the tokens have not been told, and an exception may follow.
#[test]
fn a_stream_without_metadata_has_broken_off() {
    let body = stream(&[
        ("messageStart", json!({"role": "assistant"})),
        delta(0, json!({"text": "x"})),
        ("messageStop", json!({"stopReason": "end_turn"})),
    ]);
    let (events, outcome) = decode([body.as_slice()]);
    assert_eq!(outcome.unwrap_err().kind(), FailureKind::UpstreamDisconnected);
    assert!(!events.iter().any(|event| matches!(event, Event::Finished { .. })));
}

/// What we do not know yet is passed by, and what follows the end means nothing.
#[test]
fn unknown_events_and_what_follows_the_end_are_ignored() {
    let mut body = stream(&[("ping", json!({}))]);
    body.extend(ended(
        vec![delta(0, json!({"hologram": {}})), delta(1, json!({"text": "x"}))],
        "end_turn",
    ));
    body.extend(frame(
        "exception",
        "throttlingException",
        &json!({"message": "late"}),
    ));
    body.extend([0, 0, 0]);
    let (events, outcome) = decode([body.as_slice()]);
    assert_eq!((deltas(&events), outcome), (vec![text("x")], Ok(())));
}

#[test]
fn a_document_in_the_place_of_a_stream_is_read() {
    let answer = json!({"output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}},
        "stopReason": "end_turn", "usage": {"inputTokens": 1, "outputTokens": 1}});
    let (events, outcome) = decode([answer.to_string().as_bytes()]);
    assert_eq!((deltas(&events), outcome), (vec![text("hi")], Ok(())));
    let refusal = br#"{"message":"Too many requests, please wait before trying again."}"#;
    let failure = decode([refusal.as_slice()]).1.unwrap_err();
    assert!(
        failure
            .upstream()
            .unwrap()
            .message
            .as_deref()
            .unwrap()
            .starts_with("Too many")
    );
    assert_eq!(
        decode([&b"<html>"[..]]).1.unwrap_err().kind(),
        FailureKind::UpstreamDisconnected
    );
}

/// Structured output that was kept by a tool comes back as text.
#[test]
fn the_tool_that_stands_for_the_answer_becomes_text() {
    let start = json!({"contentBlockIndex": 0,
        "start": {"toolUse": {"toolUseId": "t", "name": "inglenook_structured_answer"}}});
    let body = ended(
        vec![
            ("contentBlockStart", start),
            delta(0, json!({"toolUse": {"input": "{\"a\":"}})),
            delta(0, json!({"toolUse": {"input": "1}"}})),
            stop(0),
        ],
        "tool_use",
    );
    let (events, outcome) = decode([body.as_slice()]);
    let read = strict::read(&encode(&events, &outcome, true), true);
    assert_eq!(read.choices[&0].text, "{\"a\":1}");
    assert_eq!(read.choices[&0].finish.as_deref(), Some("stop"));
    let answer = json!({"output": {"message": {"role": "assistant", "content": [
            {"toolUse": {"toolUseId": "t", "name": "inglenook_structured_answer", "input": {"a": 1}}}]}},
        "stopReason": "tool_use", "usage": {"inputTokens": 1, "outputTokens": 1}});
    let answer = decode_answer(answer.to_string().as_bytes()).unwrap();
    assert_eq!(answer.choices[0].message.parts, [Part::text("{\"a\":1}")]);
    assert_eq!(answer.choices[0].reason, StopReason::Stop);
}

#[test]
fn what_is_no_answer_is_told() {
    for (body, kind) in [
        ("", FailureKind::UpstreamFailed),
        ("[]", FailureKind::UpstreamFailed),
        (r#"{"output":{}}"#, FailureKind::UpstreamFailed),
        (
            r#"{"message":"The provided model identifier is invalid."}"#,
            FailureKind::ModelNotFound,
        ),
    ] {
        assert_eq!(decode_answer(body.as_bytes()).unwrap_err().kind(), kind, "{body}");
    }
    // nothing said is an answer too
    let empty =
        r#"{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"end_turn","trace":{"g":1}}"#;
    let answer = decode_answer(empty.as_bytes()).unwrap();
    assert_eq!(answer.choices[0].message.parts, []);
    assert_eq!(
        answer.choices[0].message.extra.get("trace").unwrap().get(),
        r#"{"g":1}"#
    );
    assert_eq!(answer.usage, None);
}
