//! Real answers of Bedrock, whole and in awkward pieces.

use domain::{Delta, Event, FailureKind, Part, StopReason, Usage};
use inglenook_wire::bedrock_converse::{decode_answer, path};
use inglenook_wire::openai_chat;
use serde_json::Value;

use super::decode;
use crate::recorded::{Recorded, recorded};
use crate::strict;
use crate::support::{cuts, encode, envelope};

fn streams() -> Vec<Recorded> {
    let mut list = recorded(&["bedrock.converse-stream"]);
    list.retain(|recording| recording.status == 200);
    list
}

/// Payloads of a recording's frames, taken apart by simpler means.
fn payloads(body: &[u8]) -> Vec<Value> {
    let mut out = Vec::new();
    let mut rest = body;
    let number = |bytes: &[u8]| usize::try_from(u32::from_be_bytes(bytes.try_into().unwrap())).unwrap();
    while !rest.is_empty() {
        let (length, headers) = (number(&rest[..4]), number(&rest[4..8]));
        out.push(serde_json::from_slice(&rest[12 + headers..length - 4]).unwrap());
        rest = &rest[length..];
    }
    out
}

fn expected_usage(usage: &Value) -> Usage {
    let count = |name: &str| usage[name].as_u64().unwrap_or(0);
    let (cached, written) = (count("cacheReadInputTokens"), count("cacheWriteInputTokens"));
    let expected = Usage {
        input: count("inputTokens") + cached + written,
        cached_input: cached,
        cache_write: written,
        output: count("outputTokens"),
        reasoning: 0,
    };
    assert_eq!(expected.total(), count("totalTokens"));
    expected
}

fn reason(word: &str) -> StopReason {
    match word {
        "end_turn" => StopReason::Stop,
        "tool_use" => StopReason::ToolCalls,
        "max_tokens" => StopReason::Length,
        other => panic!("{other}"),
    }
}

#[test]
fn recorded_streams() {
    let mut seen = 0;
    for recording in streams() {
        let id = &recording.id;
        let (events, outcome) = decode([recording.body.as_slice()]);
        assert_eq!(outcome, Ok(()), "{id}");
        for pieces in cuts(&recording.body) {
            let again = decode(pieces.iter().copied());
            assert_eq!(again, (events.clone(), Ok(())), "{id} cut into {}", pieces.len());
        }
        let (mut text, mut thought, mut signature, mut calls) =
            (String::new(), String::new(), String::new(), Vec::new());
        let (mut stop, mut usage) = (None, None);
        for payload in payloads(&recording.body) {
            let delta = &payload["delta"];
            let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            text += &word(&delta["text"]);
            thought += &word(&delta["reasoningContent"]["text"]);
            signature += &word(&delta["reasoningContent"]["signature"]);
            if let Some(call) = payload["start"]["toolUse"].as_object() {
                calls.push((word(&call["toolUseId"]), word(&call["name"]), String::new()));
            }
            if delta["toolUse"].is_object() {
                calls.last_mut().unwrap().2 += &word(&delta["toolUse"]["input"]);
            }
            stop = payload["stopReason"].as_str().map(reason).or(stop);
            if payload["usage"].is_object() {
                usage = Some(expected_usage(&payload["usage"]));
            }
        }
        let read = strict::read(&encode(&events, &outcome, true), true);
        let choice = &read.choices[&0];
        assert_eq!((&choice.text, &choice.reasoning), (&text, &thought), "{id}");
        let ours: Vec<_> = choice
            .calls
            .iter()
            .map(|call| (call.id.clone(), call.name.clone(), call.arguments.clone()))
            .collect();
        assert_eq!(ours, calls, "{id}");
        assert!(
            events.contains(&Event::Finished {
                choice: 0,
                reason: stop.unwrap()
            }),
            "{id}"
        );
        let reported: Vec<Usage> = events
            .iter()
            .filter_map(|event| {
                if let Event::Usage { usage, .. } = event {
                    Some(*usage)
                } else {
                    None
                }
            })
            .collect();
        assert_eq!(reported, [usage.unwrap()], "{id}");
        let signatures: Vec<_> = events
            .iter()
            .filter_map(|event| {
                if let Event::Delta {
                    delta: Delta::ReasoningEnd { signature, .. },
                    ..
                } = event
                {
                    signature.clone()
                } else {
                    None
                }
            })
            .collect();
        let expected: Vec<String> = (!signature.is_empty()).then_some(signature).into_iter().collect();
        assert_eq!(signatures, expected, "{id}");
        seen += 1;
    }
    assert!(streams().is_empty() || seen == 3);
}

/// REL-03: the connection closes after each byte in turn.
#[test]
fn recorded_streams_cut_anywhere_never_end_well() {
    for recording in streams() {
        let id = &recording.id;
        for at in 0..recording.body.len() {
            let (events, outcome) = decode([&recording.body[..at]]);
            let kind = outcome.as_ref().err().map(domain::Failure::kind);
            assert_eq!(kind, Some(FailureKind::UpstreamDisconnected), "{id} at {at}");
            assert!(
                !events.iter().any(|event| matches!(event, Event::Finished { .. })),
                "{id} at {at}"
            );
            let read = strict::read(&encode(&events, &outcome, false), false);
            assert!(!read.done && read.error.is_some(), "{id} at {at}");
        }
    }
}

#[test]
fn recorded_answers() {
    let mut seen = 0;
    for recording in recorded(&["bedrock.converse"]) {
        if recording.status != 200 {
            continue;
        }
        let id = &recording.id;
        let answer = decode_answer(&recording.body).unwrap_or_else(|failure| panic!("{id}: {failure}"));
        let theirs = recording.json();
        let [choice] = answer.choices.as_slice() else {
            panic!("{id}");
        };
        assert_eq!(
            choice.reason,
            reason(theirs["stopReason"].as_str().unwrap()),
            "{id}"
        );
        assert_eq!(
            answer.usage.as_ref().unwrap().0,
            expected_usage(&theirs["usage"]),
            "{id}"
        );
        let blocks = theirs["output"]["message"]["content"].as_array().unwrap();
        assert_eq!(choice.message.parts.len(), blocks.len(), "{id}");
        for (part, block) in choice.message.parts.iter().zip(blocks) {
            if let Part::ToolCall {
                id: call,
                name,
                arguments,
                ..
            } = part
            {
                let their = &block["toolUse"];
                assert_eq!(their["toolUseId"], call.as_str(), "{id}");
                assert_eq!(their["name"], name.as_str(), "{id}");
                let arguments: Value = serde_json::from_str(arguments).unwrap();
                assert_eq!(their["input"], arguments, "{id}");
            } else {
                assert_eq!(*part, Part::text(block["text"].as_str().unwrap()), "{id}");
            }
        }
        let mut out = Vec::new();
        openai_chat::encode_answer(&answer, &envelope(), &mut out);
        let ours: Value = serde_json::from_slice(&out).unwrap();
        strict::check_usage(&ours["usage"]);
        // as a stream it is the same answer
        let read = strict::read(&encode(&answer.into_events(), &Ok(()), true), true);
        assert!(read.done, "{id}");
        assert_eq!(
            read.choices[&0].finish.as_deref(),
            ours["choices"][0]["finish_reason"].as_str(),
            "{id}"
        );
        seen += 1;
    }
    assert!(streams().is_empty() || seen == 3);
}

#[test]
fn recorded_refusals() {
    let mut seen = 0;
    for recording in recorded(&["bedrock.converse", "bedrock.converse-stream"]) {
        if recording.status == 200 {
            continue;
        }
        let (kind, code) = match recording.id.as_str() {
            "bedrock-converse-error-400-920067" => (FailureKind::InvalidRequest, None),
            "bedrock-converse-error-400-context-length-f31dac" => {
                (FailureKind::ContextTooLong, Some("ValidationException"))
            }
            "bedrock-converse-error-403-auth-5f5b29" => (
                FailureKind::ProviderKeyRejected,
                Some("UnrecognizedClientException"),
            ),
            "bedrock-converse-stream-error-400-model-not-found-c39e4a" => (FailureKind::ModelNotFound, None),
            other => panic!("{other} is new"),
        };
        let failure = recording.refusal();
        let upstream = failure.upstream().unwrap();
        assert_eq!(failure.kind(), kind, "{}", recording.id);
        assert_eq!(upstream.status, Some(recording.status), "{}", recording.id);
        assert_eq!(upstream.code.as_deref(), code, "{}", recording.id);
        assert_eq!(
            upstream.message.as_deref(),
            recording.json()["message"].as_str(),
            "{}",
            recording.id
        );
        seen += 1;
    }
    assert!(streams().is_empty() || seen == 4);
}

#[test]
fn recorded_paths() {
    for recording in recorded(&["bedrock.converse", "bedrock.converse-stream"]) {
        let model = recording.path.split('/').nth(2).unwrap().replace("%3A", ":");
        let ours = path(&model, recording.path.ends_with("-stream"));
        assert_eq!(ours, recording.path.replace(':', "%3A"), "{}", recording.id);
    }
    assert_eq!(
        path(
            "arn:aws:bedrock:eu-west-1:000000000000:inference-profile/eu.x",
            false
        ),
        "/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A000000000000%3Ainference-profile%2Feu.x/converse"
    );
}
