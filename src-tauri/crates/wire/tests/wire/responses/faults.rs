//! What providers of this wire do wrong, and events that tell only a part: the client must see the same.

use domain::{Delta, Event, FailureKind, Part, StopReason};
use serde_json::{Value, json};

use super::client::{encode, parsed};
use super::replay::decode;
use crate::support::cuts;

fn event(value: Value) -> String {
    format!(
        "event: {}\ndata: {value}\n\n",
        value["type"].as_str().unwrap_or("x")
    )
}

fn created() -> String {
    event(
        json!({"type": "response.created", "response": {"id": "resp_1", "model": "m", "status": "in_progress", "output": []}}),
    )
}

fn completed(output: Value) -> String {
    event(
        json!({"type": "response.completed", "response": {"id": "resp_1", "model": "m", "status": "completed", "output": output,
        "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}}}),
    )
}

fn message(text: &str) -> Value {
    json!({"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": text, "annotations": []}]})
}

/// Runs a stream through the decoder in every cut.
fn run(stream: &[&str]) -> (Vec<Event>, Option<FailureKind>) {
    let stream = stream.concat();
    let first = decode([stream.as_bytes()]);
    for pieces in cuts(stream.as_bytes()) {
        assert_eq!(decode(pieces.iter().copied()), first, "cut into {}", pieces.len());
    }
    let kind = first.1.as_ref().err().map(domain::Failure::kind);
    let envelope = parsed(&json!({"input": "x"})).envelope("resp_test", 1, "m");
    super::strict::read(&encode(envelope, &first.0, &first.1));
    (first.0, kind)
}

fn text(events: &[Event]) -> String {
    let said = events.iter().map(|event| {
        if let Event::Delta {
            delta: Delta::Text { text, .. },
            ..
        } = event
        {
            text.as_str()
        } else {
            ""
        }
    });
    said.collect()
}

fn arguments(events: &[Event]) -> String {
    let said = events.iter().map(|event| {
        if let Event::Delta {
            delta: Delta::ToolCallArguments { fragment, .. },
            ..
        } = event
        {
            fragment.as_str()
        } else {
            ""
        }
    });
    said.collect()
}

fn reason(events: &[Event]) -> Option<StopReason> {
    events.iter().find_map(|event| {
        if let Event::Finished { reason, .. } = event {
            Some(*reason)
        } else {
            None
        }
    })
}

#[track_caller]
fn said(stream: &[&str], expected: &str) {
    let (events, kind) = run(stream);
    assert_eq!(kind, None, "{stream:?}");
    assert_eq!(text(&events), expected, "{stream:?}");
    assert_eq!(reason(&events), Some(StopReason::Stop));
}

/// A text that only one of the four tells is not lost, and one that all tell is not doubled.
#[test]
fn a_text_is_counted_once() {
    let added = &event(
        json!({"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "id": "msg_1", "role": "assistant", "content": []}}),
    );
    let delta = |text: &str| {
        event(
            json!({"type": "response.output_text.delta", "output_index": 0, "item_id": "msg_1", "content_index": 0, "delta": text}),
        )
    };
    let text_done = &event(
        json!({"type": "response.output_text.done", "output_index": 0, "item_id": "msg_1", "content_index": 0, "text": "Hello"}),
    );
    let item_done =
        &event(json!({"type": "response.output_item.done", "output_index": 0, "item": message("Hello")}));
    let (hel, lo) = (&delta("Hel"), &delta("lo"));
    let last = &completed(json!([message("Hello")]));
    let bare = &completed(json!([]));
    said(&[&created(), added, hel, lo, text_done, item_done, last], "Hello");
    said(&[&created(), added, hel, lo, text_done, item_done, bare], "Hello");
    said(&[&created(), added, text_done, item_done, bare], "Hello");
    said(&[&created(), added, item_done, bare], "Hello");
    said(&[&created(), item_done, bare], "Hello");
    said(&[&created(), last], "Hello");
    said(&[last], "Hello");
    said(&[hel, lo, bare], "Hello");
    // a piece was lost on the way
    said(&[&created(), added, hel, text_done, bare], "Hello");
    said(&[&created(), added, hel, last], "Hello");
    // another id in the last event
    let mut other = message("Hello");
    other["id"] = "msg_other".into();
    said(
        &[&created(), added, hel, lo, item_done, &completed(json!([other]))],
        "Hello",
    );
    // the reasoning before it is left out there
    let thought = &event(
        json!({"type": "response.output_item.done", "output_index": 0, "item": {"type": "reasoning", "id": "rs_1", "summary": []}}),
    );
    let second =
        &event(json!({"type": "response.output_item.done", "output_index": 1, "item": message("Hello")}));
    said(&[&created(), thought, second, last], "Hello");
    // no places, no ids
    let nameless = &event(json!({"type": "response.output_text.delta", "delta": "Hello"}));
    said(&[&created(), nameless, bare], "Hello");
    // an answer that is no stream
    let whole = json!({"id": "resp_1", "status": "completed", "output": [message("Hello")]}).to_string();
    said(&[&whole], "Hello");
    // events that nobody knows, comments, the marker of another wire
    said(
        &[
            ": hi\n\n",
            &created(),
            &event(json!({"type": "response.dreaming", "output_index": 0})),
            "event: ping\ndata: {}\n\n",
            added,
            hel,
            lo,
            last,
            "data: [DONE]\n\n",
        ],
        "Hello",
    );
}

#[test]
fn two_messages_stay_two_parts() {
    let first = message("one");
    let mut second = message("two");
    second["id"] = "msg_2".into();
    second["phase"] = "final_answer".into();
    let (events, _) = run(&[&created(), &completed(json!([first, second]))]);
    let extras: Vec<Value> = events
        .iter()
        .filter_map(|event| {
            if let Event::Delta {
                delta: Delta::TextExtra { extra },
                ..
            } = event
            {
                extra.get("openai_responses")?.parse().ok()
            } else {
                None
            }
        })
        .collect();
    assert_eq!(
        extras,
        [
            json!({"item": {"id": "msg_1"}}),
            json!({"item": {"id": "msg_2", "phase": "final_answer"}})
        ]
    );
}

#[test]
fn annotations_ride_behind_their_text() {
    let cited = json!([{"type": "url_citation", "url": "https://a.b", "start_index": 0, "end_index": 2, "title": "t"}]);
    let mut with = message("hi");
    with["content"][0]["annotations"] = cited.clone();
    let annotation = &event(
        json!({"type": "response.output_text.annotation.added", "output_index": 0, "content_index": 0, "annotation_index": 0, "annotation": cited[0]}),
    );
    let delta = &event(
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "hi"}),
    );
    let done = &event(json!({"type": "response.output_item.done", "output_index": 0, "item": with}));
    for stream in [
        vec![
            created(),
            delta.clone(),
            annotation.clone(),
            done.clone(),
            completed(json!([])),
        ],
        vec![created(), delta.clone(), annotation.clone(), completed(json!([]))],
        vec![created(), completed(json!([with]))],
    ] {
        let list: Vec<&str> = stream.iter().map(String::as_str).collect();
        let (events, kind) = run(&list);
        assert_eq!(kind, None);
        let found: Vec<Value> = events
            .iter()
            .filter_map(|event| {
                if let Event::Delta {
                    delta: Delta::TextExtra { extra },
                    ..
                } = event
                {
                    extra.get("annotations")?.parse().ok()
                } else {
                    None
                }
            })
            .collect();
        assert_eq!(found, std::slice::from_ref(&cited));
    }
}

#[test]
fn calls_are_whole_whoever_tells_them() {
    let item = |arguments: &str| json!({"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": arguments});
    let added = &event(json!({"type": "response.output_item.added", "output_index": 0, "item": item("")}));
    let delta = &event(
        json!({"type": "response.function_call_arguments.delta", "output_index": 0, "delta": "{\"a\":"}),
    );
    let done = &event(
        json!({"type": "response.function_call_arguments.done", "output_index": 0, "arguments": "{\"a\":1}"}),
    );
    let item_done =
        &event(json!({"type": "response.output_item.done", "output_index": 0, "item": item("{\"a\":1}")}));
    let last = &completed(json!([item("{\"a\":1}")]));
    for stream in [
        vec![added, delta, done, item_done, last],
        vec![added, done, item_done, last],
        vec![added, delta, item_done],
        vec![item_done],
        vec![delta, item_done],
        vec![last],
    ] {
        let mut all: Vec<&str> = stream.iter().map(|event| event.as_str()).collect();
        let bare = completed(json!([]));
        if stream.last() != Some(&last) {
            all.push(&bare);
        }
        let (events, kind) = run(&all);
        assert_eq!(kind, None, "{all:?}");
        assert_eq!(arguments(&events), "{\"a\":1}", "{all:?}");
        assert_eq!(reason(&events), Some(StopReason::ToolCalls));
    }
    // none at all
    let (events, _) = run(&[added, &completed(json!([]))]);
    assert_eq!(arguments(&events), "{}");
    // a call without a name is none
    let mut nameless = item("{}");
    nameless["name"] = "".into();
    assert_eq!(
        run(&[&completed(json!([nameless]))]).1,
        Some(FailureKind::UpstreamFailed)
    );
}

#[test]
fn reasoning_with_several_paragraphs() {
    let delta = |part: u64, text: &str| {
        event(
            json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": part, "delta": text}),
        )
    };
    let item = json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "s",
        "summary": [{"type": "summary_text", "text": "one"}, {"type": "summary_text", "text": "two"}]});
    let done = event(json!({"type": "response.output_item.done", "output_index": 0, "item": item}));
    let (events, _) = run(&[
        &created(),
        &delta(0, "on"),
        &delta(0, "e"),
        &delta(1, "two"),
        &done,
        &completed(json!([])),
    ]);
    let thought: String = events
        .iter()
        .map(|event| {
            if let Event::Delta {
                delta: Delta::Reasoning { text },
                ..
            } = event
            {
                text.as_str()
            } else {
                ""
            }
        })
        .collect();
    assert_eq!(thought, "one\n\ntwo");
    let extra = events.iter().find_map(|event| {
        if let Event::Delta {
            delta:
                Delta::ReasoningEnd {
                    extra,
                    signature: Some(_),
                },
            ..
        } = event
        {
            Some(extra)
        } else {
            None
        }
    });
    let summary: Value = extra.unwrap().get("summary").unwrap().parse().unwrap();
    assert_eq!(
        summary, item["summary"],
        "it goes back in the parts that it came in"
    );
}

#[test]
fn work_of_the_provider_is_carried() {
    let search = json!({"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}});
    let image = json!({"type": "image_generation_call", "id": "ig_1", "status": "completed", "output_format": "webp", "result": "AAAA"});
    let (events, kind) = run(&[&created(), &completed(json!([search, image, message("done")]))]);
    assert_eq!(kind, None);
    let parts: Vec<&Part> = events
        .iter()
        .filter_map(|event| {
            if let Event::Delta {
                delta: Delta::Part { part },
                ..
            } = event
            {
                Some(part.as_ref())
            } else {
                None
            }
        })
        .collect();
    assert!(matches!(parts[0], Part::Opaque { value, .. } if value.parse::<Value>().unwrap() == search));
    assert!(matches!(parts[1], Part::Image(media) if media.media_type.as_deref() == Some("image/webp")));
    let envelope = parsed(&json!({"input": "x"})).envelope("resp_test", 1, "m");
    let read = super::strict::read(&encode(envelope, &events, &Ok(())));
    assert_eq!(read.response["output"][0], search);
    assert_eq!(read.response["output"][1], image);
}

#[test]
fn every_end_that_is_none() {
    let delta = &event(json!({"type": "response.output_text.delta", "output_index": 0, "delta": "Hel"}));
    let response = |status: &str, more: Value| {
        let mut response = json!({"id": "resp_1", "status": status, "output": [], "usage": {"input_tokens": 7, "output_tokens": 1}});
        response
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        event(json!({"type": format!("response.{status}"), "response": response}))
    };
    for (end, kind) in [
        (String::new(), FailureKind::UpstreamDisconnected),
        ("data: [DONE]\n\n".into(), FailureKind::UpstreamDisconnected),
        (
            response(
                "failed",
                json!({"error": {"code": "rate_limit_exceeded", "message": "Please try again in 1.5s."}}),
            ),
            FailureKind::ProviderRateLimited,
        ),
        (
            response("failed", json!({"error": null})),
            FailureKind::UpstreamFailed,
        ),
        (response("cancelled", json!({})), FailureKind::UpstreamFailed),
        (
            event(
                json!({"type": "error", "code": "context_length_exceeded", "message": "Your input exceeds the context window of this model.", "param": "input"}),
            ),
            FailureKind::ContextTooLong,
        ),
        (
            event(
                json!({"type": "error", "error": {"type": "insufficient_quota", "code": "insufficient_quota", "message": "x"}}),
            ),
            FailureKind::ProviderQuotaExceeded,
        ),
        (
            "data: {\"error\":{\"message\":\"boom\",\"code\":500}}\n\n".into(),
            FailureKind::UpstreamFailed,
        ),
        (
            "event: error\ndata: overloaded\n\n".into(),
            FailureKind::UpstreamFailed,
        ),
        ("data: {oops}\n\n".into(), FailureKind::UpstreamFailed),
    ] {
        let (events, found) = run(&[&created(), delta, &end]);
        assert_eq!(found, Some(kind), "{end}");
        assert_eq!(reason(&events), None, "{end}");
        let told = events
            .iter()
            .any(|event| matches!(event, Event::Usage { usage, .. } if usage.input == 7));
        assert_eq!(told, end.contains("input_tokens"), "what was used is told: {end}");
    }
    for (details, expected) in [
        (json!({"reason": "max_output_tokens"}), StopReason::Length),
        (json!({"reason": "content_filter"}), StopReason::ContentFilter),
        (Value::Null, StopReason::Length),
    ] {
        let (events, kind) = run(&[
            &created(),
            delta,
            &response("incomplete", json!({"incomplete_details": details})),
        ]);
        assert_eq!((reason(&events), kind), (Some(expected), None));
    }
}
