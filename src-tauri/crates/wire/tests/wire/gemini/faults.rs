//! Odd streams and answers of providers; the client's side must be canonical (W-178).

use domain::{Event, FailureKind, StopReason};
use inglenook_wire::gemini::decode_answer;
use serde_json::{Value, json};

use super::replay::{collect, decode};
use crate::strict::{Read, read};
use crate::support::{cuts, encode};

fn data(value: &Value) -> String {
    format!("data: {value}\r\n\r\n")
}

fn chunk(parts: Value) -> String {
    data(&json!({"candidates": [{"content": {"role": "model", "parts": parts}}], "responseId": "r"}))
}

fn end(reason: &str) -> String {
    data(&json!({"candidates": [{"content": {}, "finishReason": reason}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}}))
}

/// Runs a stream through both codecs in every cut; the client must see the same each time.
fn run(stream: &str) -> (Read, Vec<Event>, Option<FailureKind>) {
    let mut seen: Option<(String, Vec<Event>, Option<FailureKind>)> = None;
    for pieces in cuts(stream.as_bytes()) {
        let (events, outcome) = decode(pieces.iter().copied());
        let kind = outcome.as_ref().err().map(domain::Failure::kind);
        let this = (encode(&events, &outcome, true), events, kind);
        match &seen {
            None => seen = Some(this),
            Some(first) => assert_eq!(*first, this, "cut into {}", pieces.len()),
        }
    }
    let (text, events, kind) = seen.unwrap();
    (read(&text, true), events, kind)
}

fn said(stream: &[String], text: &str, finish: &str) {
    let (mut read, _, kind) = run(&stream.concat());
    assert_eq!(kind, None, "{stream:?}");
    let choice = read.choices.remove(&0).unwrap();
    assert_eq!(
        (choice.text.as_str(), choice.finish.as_deref()),
        (text, Some(finish)),
        "{stream:?}"
    );
    assert!(read.done && read.usage.is_some());
}

fn failed(stream: &[String], expected: FailureKind) -> Vec<Event> {
    let (read, events, kind) = run(&stream.concat());
    assert_eq!(kind, Some(expected), "{stream:?}");
    assert!(!read.done && read.error.is_some(), "a failure is no end");
    events
}

fn text(text: &str) -> String {
    chunk(json!([{ "text": text }]))
}

#[test]
fn text_arrives_whatever_stands_around_it() {
    let hi = || text("hi é😀");
    said(&[hi(), end("STOP")], "hi é😀", "stop");
    // comments, blank lines, bare data, an event name, a byte order mark, LF alone
    let noise = "\u{FEFF}: c\n\n\n\ndata:\n\nevent: message\n".to_owned();
    said(
        &[noise, hi(), ": x\n\n".into(), end("STOP").replace("\r\n", "\n")],
        "hi é😀",
        "stop",
    );
    // chunks that say nothing: no candidates, null content, empty parts, unknown fields
    for nothing in [
        json!({}),
        json!({"candidates": []}),
        json!({"candidates": null, "usageMetadata": null}),
        json!({"candidates": [{}]}),
        json!({"candidates": [{"content": null, "finishReason": null}]}),
        json!({"candidates": [{"content": {"parts": []}}]}),
        json!({"candidates": [{"content": {"parts": [{}, {"text": ""}]}, "finishReason": "FINISH_REASON_UNSPECIFIED"}]}),
        json!({"promptFeedback": {"safetyRatings": []}, "x": 1}),
        json!([]),
        json!(null),
    ] {
        said(
            &[data(&nothing), hi(), data(&nothing), end("STOP")],
            "hi é😀",
            "stop",
        );
    }
    // the reason on every chunk (W-167), and the last one counts
    let stop =
        data(&json!({"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}]}));
    said(&[stop.clone(), stop.clone(), end("MAX_TOKENS")], "hihi", "length");
    // a gateway's marker, and what follows it
    said(
        &[hi(), end("STOP"), "data: [DONE]\n\n".into(), hi()],
        "hi é😀",
        "stop",
    );
    // the last event without its blank line
    said(&[hi(), end("STOP").trim_end().into()], "hi é😀", "stop");
    // halves of a character, escaped apart
    let halves = r#"data: {"candidates":[{"content":{"parts":[{"text":"a\ud83d"}]}}]}"#.to_owned() + "\n\n";
    said(&[halves, end("STOP")], "a\u{FFFD}", "stop");
}

#[test]
fn reasons_are_read() {
    for (word, finish) in [
        ("STOP", "stop"),
        ("OTHER", "stop"),
        ("A_NEW_ONE", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("BLOCKLIST", "content_filter"),
        ("SPII", "content_filter"),
        ("IMAGE_SAFETY", "content_filter"),
    ] {
        said(&[text("a"), end(word)], "a", finish);
        // nothing was said: thinking used up the limit, or the filter came first
        said(&[end(word)], "", finish);
    }
    for word in [
        "MALFORMED_FUNCTION_CALL",
        "UNEXPECTED_TOOL_CALL",
        "MISSING_THOUGHT_SIGNATURE",
    ] {
        let events = failed(&[text("a"), end(word)], FailureKind::UpstreamFailed);
        assert!(
            matches!(events.last(), Some(Event::Usage { .. })),
            "what was used is told all the same"
        );
    }
}

#[test]
fn calls_are_whole_and_have_ids_of_their_own() {
    let parts = json!([
        {"functionCall": {"name": "f", "args": {"a": 1}}},
        {"functionCall": {"name": "f", "args": {"a": 1}}},
        {"functionCall": {"name": "g", "id": "x"}},
        {"functionCall": {"name": "g", "id": "x", "args": null}}
    ]);
    let (read, _, kind) = run(&[chunk(parts.clone()), end("STOP")].concat());
    assert_eq!(kind, None);
    let calls = &read.choices[&0].calls;
    let seen: Vec<(&str, &str)> = calls
        .iter()
        .map(|call| (call.name.as_str(), call.arguments.as_str()))
        .collect();
    assert_eq!(
        seen,
        [("f", r#"{"a":1}"#), ("f", r#"{"a":1}"#), ("g", "{}"), ("g", "{}")]
    );
    assert_eq!(calls[2].id, "x");
    assert_eq!(read.choices[&0].finish.as_deref(), Some("tool_calls"));
    // another answer, other ids; the same answer whole, the same ids
    let whole =
        json!({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}], "responseId": "r"});
    let answer = decode_answer(whole.to_string().as_bytes()).unwrap();
    assert_eq!(answer.choices[0].reason, StopReason::ToolCalls);
    let ids: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
    for (part, id) in answer.choices[0].message.parts.iter().zip(&ids) {
        assert!(
            matches!(part, domain::Part::ToolCall { id: ours, .. } if ours == id),
            "{part:?} {id}"
        );
    }
    let other =
        json!({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}], "responseId": "s"});
    let (events, _) = decode([data(&other).as_bytes()]);
    let answer = collect(events);
    assert!(matches!(&answer.choices[0].message.parts[0], domain::Part::ToolCall { id, .. } if id != ids[0]));
}

#[test]
fn candidates_are_kept_apart() {
    let both = |first: &str, second: &str, reason: Value| {
        data(&json!({"candidates": [
            {"index": 0, "content": {"parts": [{"text": first}]}, "finishReason": reason},
            {"index": 1, "content": {"parts": [{"text": second}]}, "finishReason": reason}
        ]}))
    };
    let (read, _, kind) = run(&[both("a", "x", Value::Null), both("b", "y", "STOP".into())].concat());
    assert_eq!(kind, None);
    assert_eq!(
        (read.choices[&0].text.as_str(), read.choices[&1].text.as_str()),
        ("ab", "xy")
    );
    // one of them never ends
    let half = data(&json!({"candidates": [{"index": 1, "finishReason": "STOP"}]}));
    failed(
        &[both("a", "x", Value::Null), half],
        FailureKind::UpstreamDisconnected,
    );
    let absurd = data(&json!({"candidates": [{"index": 4_000_000_000_u32}]}));
    failed(&[absurd], FailureKind::UpstreamFailed);
}

#[test]
fn failures_inside_a_success_are_failures() {
    let error =
        json!({"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}});
    failed(&[text("a"), data(&error)], FailureKind::UpstreamOverloaded);
    failed(
        &[text("a"), end("STOP"), data(&error)],
        FailureKind::UpstreamOverloaded,
    );
    failed(
        &[text("a"), data(&json!([error]))],
        FailureKind::UpstreamOverloaded,
    );
    failed(
        &[text("a"), format!("event: error\ndata: {error}\n\n")],
        FailureKind::UpstreamOverloaded,
    );
    failed(&[error.to_string()], FailureKind::UpstreamOverloaded);
    failed(&[json!([error]).to_string()], FailureKind::UpstreamOverloaded);
    failed(
        &[text("a"), "data: {oops}\n\n".into()],
        FailureKind::UpstreamFailed,
    );
    for whole in [error.clone(), json!([error])] {
        let failure = decode_answer(whole.to_string().as_bytes()).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::UpstreamOverloaded);
    }
    for nonsense in [
        "",
        "<html>",
        "[]",
        "3",
        "{}",
        r#"{"candidates":[]}"#,
        r#"{"candidates":[3]}"#,
    ] {
        let failure = decode_answer(nonsense.as_bytes()).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::UpstreamFailed, "{nonsense}");
    }
}

#[test]
fn a_refused_prompt_is_a_failure() {
    let blocked = json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
        "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9}});
    let events = failed(&[data(&blocked)], FailureKind::ContentRefused);
    assert!(
        matches!(&events[..], [Event::Usage { usage, .. }] if usage.input == 9),
        "{events:?}"
    );
    let failure = decode_answer(blocked.to_string().as_bytes()).unwrap_err();
    assert_eq!(failure.kind(), FailureKind::ContentRefused);
    assert_eq!(
        failure.upstream().unwrap().code.as_deref(),
        Some("PROHIBITED_CONTENT")
    );
}

#[test]
fn a_stream_that_just_ends_is_cut() {
    failed(&[String::new()], FailureKind::UpstreamDisconnected);
    failed(&[": c\n\n".into()], FailureKind::UpstreamDisconnected);
    failed(&[text("a")], FailureKind::UpstreamDisconnected);
    failed(
        &[text("a"), "data: [DONE]\n\n".into()],
        FailureKind::UpstreamDisconnected,
    );
    failed(
        &[text("a"), end("STOP"), "data: {\"candi".into()],
        FailureKind::UpstreamDisconnected,
    );
    // an array without its end
    let whole = json!([{"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}]}])
        .to_string();
    failed(
        &[whole[..whole.len() - 1].into()],
        FailureKind::UpstreamDisconnected,
    );
}

/// Google says "you exceeded your current quota" of limits by the minute as well (REL-01 retries only those).
#[test]
fn limits_by_the_minute_are_told_from_used_up_quotas() {
    let body = |id: &str, delay: bool| {
        let mut details = vec![json!({"@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [{"quotaId": id}]})];
        if delay {
            details.push(json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7.5s"}));
        }
        json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": details,
            "message": "You exceeded your current quota, please check your plan and billing details."}})
        .to_string()
    };
    for (id, delay, kind, wait) in [
        (
            "GenerateRequestsPerMinutePerProject",
            true,
            FailureKind::ProviderRateLimited,
            Some(7500),
        ),
        (
            "GenerateRequestsPerDayPerProject",
            true,
            FailureKind::ProviderQuotaExceeded,
            None,
        ),
        (
            "GenerateRequestsPerMinutePerProject",
            false,
            FailureKind::ProviderQuotaExceeded,
            None,
        ),
    ] {
        let failure = crate::support::refused(429, None, body(id, delay).as_bytes());
        assert_eq!((failure.kind(), failure.retry_after_ms()), (kind, wait), "{id}");
    }
}
