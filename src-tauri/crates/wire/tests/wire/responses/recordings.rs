//! Real traffic of providers of this wire, replayed in awkward pieces.

use domain::{Answer, Delta, Event, Extra, Failure, FailureKind, Part, StopReason, Usage};
use inglenook_wire::openai_responses::decode_answer;
use serde_json::Value;

use super::replay::{decode, recordings};
use crate::strict;
use crate::support::{cuts, encode, refused};

/// What an answer says, by the simplest means.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    text: String,
    thought: String,
    /// Id, name, arguments.
    calls: Vec<(String, String, String)>,
    sealed: Vec<String>,
    usage: Option<Usage>,
}

/// What the items of a response say.
fn told(response: &Value) -> Told {
    let mut told = Told::default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for item in response["output"].as_array().unwrap() {
        match item["type"].as_str().unwrap() {
            "message" => {
                for part in item["content"].as_array().unwrap() {
                    told.text.push_str(part["text"].as_str().unwrap());
                }
            }
            "reasoning" => {
                let list = |name: &str| item[name].as_array().cloned().unwrap_or_default();
                let summary: Vec<String> = list("summary").iter().map(|part| text(&part["text"])).collect();
                let raw: Vec<String> = list("content").iter().map(|part| text(&part["text"])).collect();
                told.thought += &if summary.is_empty() {
                    raw.concat()
                } else {
                    summary.join("\n\n")
                };
                told.sealed
                    .extend(item["encrypted_content"].as_str().map(str::to_owned));
            }
            "function_call" => {
                told.calls.push((
                    text(&item["call_id"]),
                    text(&item["name"]),
                    text(&item["arguments"]),
                ));
            }
            "custom_tool_call" => {
                let arguments = serde_json::json!({ "input": item["input"] }).to_string();
                told.calls
                    .push((text(&item["call_id"]), text(&item["name"]), arguments));
            }
            other => panic!("{other}"),
        }
    }
    let usage = &response["usage"];
    let count = |path: &str| usage.pointer(path).and_then(Value::as_u64);
    told.usage = count("/input_tokens").map(|input| Usage {
        input,
        cached_input: count("/input_tokens_details/cached_tokens").unwrap(),
        cache_write: count("/input_tokens_details/cache_write_tokens").unwrap_or(0),
        output: count("/output_tokens").unwrap(),
        reasoning: count("/output_tokens_details/reasoning_tokens").unwrap(),
    });
    told
}

/// What events say.
fn said(events: &[Event]) -> Told {
    let mut told = Told::default();
    for event in events {
        match event {
            Event::Started { .. } | Event::Finished { .. } => {}
            Event::Usage { usage, .. } => {
                assert_eq!(told.usage.replace(*usage), None, "usage comes once");
            }
            Event::Delta { delta, .. } => match delta {
                Delta::Text { text, .. } => told.text.push_str(text),
                Delta::Reasoning { text } => told.thought.push_str(text),
                Delta::ReasoningEnd { signature, .. } => told.sealed.extend(signature.clone()),
                Delta::ToolCallStart { index, id, name, .. } => {
                    assert_eq!(usize::try_from(*index).unwrap(), told.calls.len());
                    told.calls.push((id.clone(), name.clone(), String::new()));
                }
                Delta::ToolCallArguments { index, fragment } => {
                    told.calls[usize::try_from(*index).unwrap()].2.push_str(fragment);
                }
                Delta::TextExtra { .. }
                | Delta::Extra { .. }
                | Delta::Part { .. }
                | Delta::Refusal { .. } => {}
            },
        }
    }
    told
}

#[test]
fn whole_answers() {
    let mut seen = 0;
    for recording in recordings() {
        if recording.status != 200 || recording.is_stream() {
            continue;
        }
        let id = &recording.id;
        let answer =
            decode_answer(recording.body.as_bytes()).unwrap_or_else(|failure| panic!("{id}: {failure}"));
        let theirs: Value = serde_json::from_str(&recording.body).unwrap();
        let expected = told(&theirs);
        let calls = !expected.calls.is_empty();
        assert_eq!(answer.id.as_deref(), theirs["id"].as_str(), "{id}");
        assert_eq!(answer.model.as_deref(), theirs["model"].as_str(), "{id}");
        let reason = answer.choices[0].reason;
        assert_eq!(reason == StopReason::ToolCalls, calls, "{id}: {reason:?}");
        assert_eq!(said(&answer.into_events()), expected, "{id}");
        seen += 1;
    }
    assert!(recordings().is_empty() || seen >= 14, "{seen}");
}

#[test]
fn streams() {
    let mut seen = 0;
    for recording in recordings()
        .into_iter()
        .filter(super::replay::Recording::is_stream)
    {
        let id = &recording.id;
        let (events, outcome) = decode([recording.body.as_bytes()]);
        for pieces in cuts(recording.body.as_bytes()) {
            let again = decode(pieces.iter().copied());
            assert_eq!(
                again,
                (events.clone(), outcome.clone()),
                "{id} cut into {}",
                pieces.len()
            );
        }
        let stream = encode(&events, &outcome, true);
        let read = strict::read(&stream, true);
        if id.contains("stream-error") {
            assert_eq!(outcome.unwrap_err().kind(), FailureKind::UpstreamFailed, "{id}");
            assert!(!read.done, "{id}");
            continue;
        }
        assert_eq!(outcome, Ok(()), "{id}");
        let completed = recording
            .body
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data:")?.trim()).ok())
            .find(|event| event["type"] == "response.completed")
            .unwrap();
        // one of them tells no items in its last event
        let mut response = completed["response"].clone();
        if response["output"] == serde_json::json!([]) {
            response["output"] = items_done(&recording.body);
        }
        let mut expected = told(&response);
        let mut found = said(&events);
        // sealed anew each time it is told: the item's own form is the one that counts
        expected.sealed = told(&serde_json::json!({"output": items_done(&recording.body)})).sealed;
        assert_eq!(found, expected, "{id}");
        let choice = &read.choices[&0];
        assert_eq!(
            (&choice.text, &choice.reasoning),
            (&found.text, &found.thought),
            "{id}"
        );
        let calls: Vec<_> = choice
            .calls
            .iter()
            .map(|call| (call.id.clone(), call.name.clone(), call.arguments.clone()))
            .collect();
        assert_eq!(calls, std::mem::take(&mut found.calls), "{id}");
        let finish = if calls.is_empty() { "stop" } else { "tool_calls" };
        assert_eq!(choice.finish.as_deref(), Some(finish), "{id}");
        assert!(read.usage.is_some(), "{id}");
        assert!(!stream.contains("obfuscation"), "{id}");
        seen += 1;
    }
    assert!(recordings().is_empty() || seen >= 17, "{seen}");
}

/// The items as their `done` events tell them, in the order of their places.
fn items_done(body: &str) -> Value {
    let mut items: Vec<(u64, Value)> = body
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data:")?.trim()).ok())
        .filter(|event| event["type"] == "response.output_item.done")
        .map(|event| (event["output_index"].as_u64().unwrap(), event["item"].clone()))
        .collect();
    items.sort_by_key(|(index, _)| *index);
    items.into_iter().map(|(_, item)| item).collect()
}

/// A connection that closes before the last event is never a clean end, wherever it closes (REL-03).
#[test]
fn cut_streams() {
    for recording in recordings()
        .into_iter()
        .filter(super::replay::Recording::is_stream)
    {
        let id = &recording.id;
        if id.contains("stream-error") {
            continue;
        }
        let body = recording.body.as_bytes();
        let told = recording.body.rfind("\"response.completed\"").unwrap();
        let whole = told + recording.body[told..].find(['\r', '\n']).unwrap();
        // each prefix is read anew: long streams are cut everywhere only near their end
        let step = body.len() / 500 + 1;
        for at in (0..whole).step_by(step).chain(whole.saturating_sub(400)..whole) {
            let (_, outcome) = decode([&body[..at]]);
            let kind = outcome.as_ref().err().map(Failure::kind);
            assert_eq!(kind, Some(FailureKind::UpstreamDisconnected), "{id} at {at}");
        }
        for at in whole..=body.len() {
            assert_eq!(decode([&body[..at]]).1, Ok(()), "{id} at {at}");
        }
    }
}

#[test]
fn errors() {
    let mut seen = 0;
    for recording in recordings()
        .into_iter()
        .filter(|recording| recording.status >= 400)
    {
        let id = &recording.id;
        let failure = refused(recording.status, None, recording.body.as_bytes());
        let (kind, param, code) = match id.as_str() {
            _ if id.contains("auth") => (FailureKind::ProviderKeyRejected, None, None),
            _ if id.contains("model-not-found") => {
                (FailureKind::ModelNotFound, None, Some("model_not_found"))
            }
            "openai-responses-error-400-05e427" => (
                FailureKind::InvalidRequest,
                Some("temperature"),
                Some("invalid_request_error"),
            ),
            "openai-responses-error-400-51da12" => (
                FailureKind::InvalidRequest,
                Some("input"),
                Some("invalid_request_error"),
            ),
            "openai-responses-error-400-eb9afd" => (
                FailureKind::InvalidRequest,
                Some("input"),
                Some("unsupported_file"),
            ),
            other => panic!("{other}"),
        };
        assert_eq!(failure.kind(), kind, "{id}: {failure}");
        assert_eq!(failure.param(), param, "{id}");
        let upstream = failure.upstream().unwrap();
        assert!(upstream.message.is_some(), "{id}");
        if code.is_some() {
            assert_eq!(upstream.code.as_deref(), code, "{id}");
        }
        seen += 1;
    }
    assert!(recordings().is_empty() || seen >= 7, "{seen}");
}

/// Each oddity of this traffic by name.
#[test]
fn known_oddities() {
    let all = recordings();
    let find = |id: &str| all.iter().find(|recording| recording.id == id);
    // a text in an answer names its item and the phase it belongs to
    if let Some(phased) = find("openai-responses-simple-stream-a93a2d") {
        let (events, _) = decode([phased.body.as_bytes()]);
        let extra = text_extra(&events).unwrap();
        let fields: Value = extra.get("openai_responses").unwrap().parse().unwrap();
        assert_eq!(fields["item"]["phase"], "final_answer");
        assert!(fields["item"]["id"].as_str().unwrap().starts_with("msg_"));
        let phase = events.iter().filter(|event| {
            matches!(
                event,
                Event::Delta {
                    delta: Delta::TextExtra { .. },
                    ..
                }
            )
        });
        assert_eq!(phase.count(), 1);
    }
    // reasoning is done only after the text that it led to
    if let Some(late) = find("openrouter-responses-reasoning-stream-c06657") {
        let (events, _) = decode([late.body.as_bytes()]);
        let ends: Vec<usize> = places(&events, |delta| matches!(delta, Delta::ReasoningEnd { .. }));
        let texts = places(&events, |delta| matches!(delta, Delta::Text { .. }));
        assert_eq!((ends.len(), texts.len()), (1, 1));
        assert!(ends[0] < texts[0], "a block ends before the text begins");
    }
    // log probabilities nobody asked for ride with their text
    if let Some(probable) = find("lmstudio-responses-tool-call-reasoning-stream-23fc91") {
        let (events, _) = decode([probable.body.as_bytes()]);
        let with = places(&events, |delta| {
            matches!(
                delta,
                Delta::Text {
                    logprobs: Some(_),
                    ..
                }
            )
        });
        assert_eq!(with.len(), 13);
        // its call has no pieces of arguments
        let pieces = places(&events, |delta| matches!(delta, Delta::ToolCallArguments { .. }));
        assert_eq!(pieces.len(), 1);
    }
    // a reasoning block that is only sealed
    if let Some(sealed) = find("openai-responses-parallel-tools-reasoning-a6eac8") {
        let answer: Answer = decode_answer(sealed.body.as_bytes()).unwrap();
        let Part::Reasoning {
            text,
            signature,
            extra,
        } = &answer.choices[0].message.parts[0]
        else {
            panic!("reasoning comes first");
        };
        assert!(text.is_empty() && signature.as_ref().unwrap().len() == 2572);
        let id: String = extra.get("id").unwrap().parse().unwrap();
        assert!(id.starts_with("rs_"));
        assert_eq!(answer.extra.get("service_tier").unwrap().get(), "\"default\"");
        assert!(
            answer.extra.get("tools").is_none(),
            "what was asked is not repeated"
        );
    }
}

fn text_extra(events: &[Event]) -> Option<&Extra> {
    events.iter().find_map(|event| {
        if let Event::Delta {
            delta: Delta::TextExtra { extra },
            ..
        } = event
        {
            Some(extra)
        } else {
            None
        }
    })
}

fn places(events: &[Event], wanted: impl Fn(&Delta) -> bool) -> Vec<usize> {
    let is = |event: &Event| matches!(event, Event::Delta { delta, .. } if wanted(delta));
    (0..events.len()).filter(|at| is(&events[*at])).collect()
}
