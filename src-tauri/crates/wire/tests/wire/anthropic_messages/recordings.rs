//! Real traffic of providers of this wire, replayed in awkward pieces.
//!
//! Left out: counting tokens (the local server counts itself), and the streams in Amazon's binary frames, which
//! are read where the frames are.

use domain::{Answer, Failure, FailureKind, Part, StopReason, Usage};
use inglenook_wire::anthropic_messages::{decode_answer, encode_answer};
use inglenook_wire::openai_chat;
use inglenook_wire::{RefusalHeaders, decode_error};
use serde_json::{Value, json};

use super::round_trip::round_trip;
use super::support::{decode, gathered, serve};
use super::{strict as served, support};
use crate::strict;
use crate::support::{cuts, encode, envelope};

pub struct Recording {
    pub id: String,
    pub status: u16,
    pub request: Value,
    pub trimmed: bool,
    pub body: String,
}

impl Recording {
    fn is_stream(&self) -> bool {
        self.status == 200 && self.body.starts_with("event:")
    }
}

const APIS: [&str; 5] = [
    "anthropic.messages",
    "opencode-zen.anthropic-messages",
    "vertex.rawPredict",
    "vertex.streamRawPredict",
    "bedrock.invoke",
];

/// All recordings that speak this wire; none when they are not on this machine.
pub fn recordings() -> Vec<Recording> {
    let index = crate::recordings::index();
    if index.is_empty() {
        return Vec::new();
    }
    let list: Vec<Recording> = index
        .iter()
        .filter(|line| APIS.contains(&line["api"].as_str().unwrap()))
        .map(|line| {
            let whole = crate::recordings::read(line);
            Recording {
                id: line["id"].as_str().unwrap().into(),
                status: u16::try_from(whole["response"]["status"].as_u64().unwrap()).unwrap(),
                request: whole["request"]["body"].clone(),
                trimmed: whole.get("trimmed").is_some(),
                body: whole["response"]["body"].as_str().unwrap().into(),
            }
        })
        .collect();
    assert_eq!(list.len(), 34, "the index is not what it was");
    list
}

/// The message that a stream tells, put together by simpler means: the last of each, and deltas in order.
fn added_up(body: &str) -> Value {
    let mut message = Value::Null;
    let mut inputs: Vec<String> = Vec::new();
    for line in body.lines().filter_map(|line| line.strip_prefix("data:")) {
        let event: Value = serde_json::from_str(line).unwrap();
        let at = usize::try_from(event["index"].as_u64().unwrap_or(0)).unwrap();
        let delta = &event["delta"];
        match event["type"].as_str().unwrap() {
            "message_start" => message = event["message"].clone(),
            "content_block_start" => {
                message["content"]
                    .as_array_mut()
                    .unwrap()
                    .push(event["content_block"].clone());
                inputs.push(String::new());
            }
            "content_block_delta" => {
                let block = &mut message["content"][at];
                for name in ["text", "thinking", "signature"] {
                    if let Some(more) = delta[name].as_str() {
                        let text = block[name].as_str().unwrap_or_default().to_owned() + more;
                        block[name] = text.into();
                    }
                }
                inputs[at].push_str(delta["partial_json"].as_str().unwrap_or_default());
                if !inputs[at].is_empty() {
                    block["input"] = serde_json::from_str(&inputs[at]).unwrap_or_default();
                }
            }
            "message_delta" => {
                for (name, value) in delta.as_object().unwrap() {
                    message[name] = value.clone();
                }
                for (name, value) in event["usage"].as_object().unwrap() {
                    message["usage"][name] = value.clone();
                }
            }
            _ => {}
        }
    }
    message
}

/// Compares an answer with the message that it was read from.
fn compare(id: &str, answer: &Answer, theirs: &Value) {
    assert_eq!(answer.id.as_deref(), theirs["id"].as_str(), "{id}");
    assert_eq!(answer.model.as_deref(), theirs["model"].as_str(), "{id}");
    let [choice] = answer.choices.as_slice() else {
        panic!("{id}: one choice")
    };
    let blocks: Vec<&Value> = theirs["content"].as_array().unwrap().iter().collect();
    assert_eq!(choice.message.parts.len(), blocks.len(), "{id}");
    for (part, block) in choice.message.parts.iter().zip(blocks) {
        let kind = block["type"].as_str().unwrap();
        match part {
            Part::Text { text, extra } => {
                assert_eq!(
                    (kind, block["text"].as_str()),
                    ("text", Some(text.as_str())),
                    "{id}"
                );
                let citations = extra.get("citations").map(|raw| raw.parse::<Value>().unwrap());
                assert_eq!(citations.unwrap_or_default(), block["citations"], "{id}");
            }
            Part::Reasoning {
                text,
                signature,
                extra,
            } if kind == "redacted_thinking" => {
                assert_eq!(
                    (text.as_str(), signature.as_deref()),
                    ("", block["data"].as_str()),
                    "{id}"
                );
                assert_eq!(extra.get("redacted").unwrap().get(), "true", "{id}");
            }
            Part::Reasoning { text, signature, .. } => {
                assert_eq!(kind, "thinking", "{id}");
                assert_eq!(text, &block["thinking"], "{id}");
                assert_eq!(signature.as_deref(), block["signature"].as_str(), "{id}");
            }
            Part::ToolCall {
                id: call,
                name,
                arguments,
                extra,
            } => {
                assert_eq!(kind, "tool_use", "{id}");
                assert_eq!((call, name), (&said(&block["id"]), &said(&block["name"])), "{id}");
                let arguments: Value = serde_json::from_str(arguments).unwrap();
                assert_eq!(arguments, block["input"], "{id}");
                assert_eq!(extra.get("caller").is_some(), block["caller"].is_object(), "{id}");
            }
            Part::Opaque { value, .. } => assert_eq!(&value.parse::<Value>().unwrap(), block, "{id}"),
            Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::Refusal { .. }
            | Part::ToolResult { .. } => {
                panic!("{id}: {part:?}")
            }
        }
    }
    let expected = match theirs["stop_reason"].as_str().unwrap() {
        "end_turn" => StopReason::Stop,
        "max_tokens" => StopReason::Length,
        "tool_use" => StopReason::ToolCalls,
        "refusal" => StopReason::ContentFilter,
        other => panic!("{id}: {other}"),
    };
    assert_eq!(choice.reason, expected, "{id}");
    compare_usage(id, answer.usage.as_ref().unwrap().0, &theirs["usage"]);
}

fn said(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn compare_usage(id: &str, usage: Usage, theirs: &Value) {
    let count = |name: &str| theirs[name].as_u64().unwrap_or(0);
    let (written, cached) = (
        count("cache_creation_input_tokens"),
        count("cache_read_input_tokens"),
    );
    let expected = Usage {
        input: count("input_tokens") + written + cached,
        cached_input: cached,
        cache_write: written,
        output: count("output_tokens"),
        reasoning: theirs["output_tokens_details"]["thinking_tokens"]
            .as_u64()
            .unwrap_or(0),
    };
    assert_eq!(usage, expected, "{id}");
}

/// What a client of the chat wire must get of the same message.
fn compare_chat(id: &str, choice: &strict::Choice, theirs: &Value) {
    let (mut text, mut thought, mut calls) = (String::new(), String::new(), Vec::new());
    for block in theirs["content"].as_array().unwrap() {
        match block["type"].as_str().unwrap() {
            "text" => text.push_str(block["text"].as_str().unwrap()),
            "thinking" => thought.push_str(block["thinking"].as_str().unwrap()),
            "tool_use" => calls.push((said(&block["id"]), said(&block["name"]), block["input"].clone())),
            _ => {}
        }
    }
    assert_eq!((&choice.text, &choice.reasoning), (&text, &thought), "{id}");
    let ours: Vec<(String, String, Value)> = choice
        .calls
        .iter()
        .map(|call| {
            (
                call.id.clone(),
                call.name.clone(),
                serde_json::from_str(&call.arguments).unwrap(),
            )
        })
        .collect();
    assert_eq!(ours, calls, "{id}");
}

/// Compares what we serve with what the provider sent, which may lack what we always write.
fn same_message(id: &str, ours: &Value, theirs: &Value) {
    for (name, value) in theirs.as_object().unwrap() {
        match name.as_str() {
            "id" | "model" => {}
            "usage" => {
                for (name, value) in value.as_object().unwrap() {
                    assert_eq!(&ours["usage"][name], value, "{id}: {name}");
                }
            }
            _ => assert_eq!(&ours[name], value, "{id}: {name}"),
        }
    }
}

/// What a client of this wire asks reaches a provider of this wire.
#[test]
fn requests() {
    let mut seen = 0;
    for recording in recordings() {
        // refused for their shape: a message that is a text, and text behind a call
        let refused = ["error-400-c36b8c", "error-400-2662e4"];
        let refused = refused.iter().any(|id| recording.id.ends_with(id));
        if recording.request.is_null() || recording.trimmed || refused {
            continue;
        }
        seen += 1;
        round_trip(&recording.request);
    }
    assert!(seen == 0 || seen == 28, "{seen}");
}

#[test]
fn whole_answers() {
    let mut seen = 0;
    for recording in recordings() {
        if recording.status != 200 || recording.is_stream() {
            continue;
        }
        seen += 1;
        let id = &recording.id;
        let answer =
            decode_answer(recording.body.as_bytes()).unwrap_or_else(|failure| panic!("{id}: {failure}"));
        let theirs: Value = serde_json::from_str(&recording.body).unwrap();
        compare(id, &answer, &theirs);
        let mut out = Vec::new();
        openai_chat::encode_answer(&answer, &envelope(), &mut out);
        let chat: Value = serde_json::from_slice(&out).unwrap();
        strict::check_usage(&chat["usage"]);
        // a document in the place of a stream says the same, and so do the events that it becomes
        let (events, outcome) = decode([recording.body.as_bytes()]);
        assert_eq!(outcome, Ok(()), "{id}");
        let read = strict::read(&encode(&events, &outcome, true), true);
        compare_chat(id, &read.choices[&0], &theirs);
        assert_eq!(read.usage.unwrap(), chat["usage"], "{id}");
        // a client of this wire gets what the provider sent
        let mut out = Vec::new();
        encode_answer(&answer, &support::envelope(), &mut out);
        let ours: Value = serde_json::from_slice(&out).unwrap();
        served::check_message(&ours);
        same_message(id, &ours, &theirs);
        let stream = served::read(&serve(&events, &outcome, support::envelope()));
        same_message(id, &stream.message, &theirs);
    }
    assert!(seen == 0 || seen == 16, "{seen}");
}

#[test]
fn streams() {
    let mut seen = 0;
    for recording in recordings().into_iter().filter(Recording::is_stream) {
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
        let read = strict::read(&encode(&events, &outcome, true), true);
        if let Some(kind) = broken(id) {
            assert_eq!(outcome.as_ref().unwrap_err().kind(), kind, "{id}");
            assert!(!read.done && read.error.is_some(), "{id}");
            continue;
        }
        assert_eq!(outcome, Ok(()), "{id}");
        seen += 1;
        let theirs = added_up(&recording.body);
        compare(id, &gathered(&events), &theirs);
        compare_chat(id, &read.choices[&0], &theirs);
        let stream = served::read(&serve(&events, &outcome, support::envelope()));
        assert!(stream.done, "{id}");
        same_message(id, &stream.message, &theirs);
    }
    assert!(seen == 0 || seen == 9, "{seen}");
}

/// Streams that are no answer.
fn broken(id: &str) -> Option<FailureKind> {
    match id {
        "anthropic-messages-stream-error-empty-content-stream-c93f63" => {
            Some(FailureKind::UpstreamOverloaded)
        }
        // two halves of two messages
        "anthropic-messages-parallel-tools-reasoning-stream-8d22ab" => {
            Some(FailureKind::UpstreamDisconnected)
        }
        _ => None,
    }
}

/// A connection that closes at any byte before the reason to stop is never a clean end (REL-03).
#[test]
fn cut_streams() {
    for recording in recordings().into_iter().filter(Recording::is_stream) {
        let id = &recording.id;
        if broken(id).is_some() {
            continue;
        }
        let body = recording.body.as_bytes();
        let reason = recording.body.find("\"type\":\"message_delta\"").unwrap();
        // the event that tells the reason ends with its last brace
        let line = recording.body[reason..].find('\n').unwrap() + reason;
        let told = recording.body[..line].trim_end().len();
        for at in 0..body.len() {
            let (events, outcome) = decode([&body[..at]]);
            if at < told {
                let kind = outcome.as_ref().err().map(Failure::kind);
                assert_eq!(kind, Some(FailureKind::UpstreamDisconnected), "{id} at {at}");
            }
            if at % 17 == 0 || at > told {
                let read = strict::read(&encode(&events, &outcome, false), false);
                assert_eq!(read.done, outcome.is_ok(), "{id} at {at}");
            }
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
        seen += 1;
        let id = &recording.id;
        let failure = decode_error(
            recording.status,
            &RefusalHeaders::default(),
            recording.body.as_bytes(),
        );
        let expected = match recording.status {
            401 => FailureKind::ProviderKeyRejected,
            404 => FailureKind::ModelNotFound,
            529 => FailureKind::UpstreamOverloaded,
            _ => FailureKind::InvalidRequest,
        };
        assert_eq!(failure.kind(), expected, "{id}: {failure}");
        assert_eq!(failure.retry_after_ms(), None, "{id}");
        let upstream = failure.upstream().unwrap();
        assert_eq!(upstream.status, Some(recording.status), "{id}");
        let theirs: Value = serde_json::from_str(&recording.body).unwrap();
        assert_eq!(json!(upstream.code), theirs["error"]["type"], "{id}");
        assert_eq!(json!(upstream.message), theirs["error"]["message"], "{id}");
    }
    assert!(seen == 0 || seen == 7, "{seen}");
}
