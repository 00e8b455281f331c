//! Real answers of Ollama, whole and in awkward pieces.

use domain::{Event, FailureKind, Part, StopReason, Usage};
use inglenook_wire::ollama::decode_answer;
use inglenook_wire::openai_chat;
use serde_json::Value;

use super::decode;
use crate::recorded::{Recorded, recorded};
use crate::strict;
use crate::support::{cuts, encode, envelope};

fn all() -> Vec<Recorded> {
    recorded(&["ollama.chat", "ollama.generate"])
}

fn lines(recording: &Recorded) -> Vec<Value> {
    let text = std::str::from_utf8(&recording.body).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn expected_usage(last: &Value) -> Usage {
    Usage {
        input: last["prompt_eval_count"].as_u64().unwrap(),
        output: last["eval_count"].as_u64().unwrap(),
        ..Usage::default()
    }
}

#[test]
fn recorded_streams() {
    let mut seen = 0;
    for recording in all() {
        let lines = lines(&recording);
        if lines.len() < 2 {
            continue;
        }
        let id = &recording.id;
        let (events, outcome) = decode([recording.body.as_slice()]);
        for pieces in cuts(&recording.body) {
            let again = decode(pieces.iter().copied());
            assert_eq!(
                again,
                (events.clone(), outcome.clone()),
                "{id} cut into {}",
                pieces.len()
            );
        }
        let text: String = lines
            .iter()
            .filter_map(|line| {
                line["response"]
                    .as_str()
                    .or_else(|| line["message"]["content"].as_str())
            })
            .collect();
        let read = strict::read(&encode(&events, &outcome, true), true);
        assert_eq!(read.choices[&0].text, text, "{id}");
        seen += 1;
        let last = lines.last().unwrap();
        if let Some(error) = last["error"].as_str() {
            let failure = outcome.unwrap_err();
            assert_eq!(failure.kind(), FailureKind::UpstreamFailed, "{id}");
            assert_eq!(
                failure.upstream().unwrap().message.as_deref(),
                Some(error),
                "{id}"
            );
            assert!(!read.done && read.error.is_some(), "{id}");
            continue;
        }
        assert_eq!(outcome, Ok(()), "{id}");
        assert_eq!(
            read.choices[&0].finish.as_deref(),
            last["done_reason"].as_str(),
            "{id}"
        );
        let usages: Vec<Usage> = events
            .iter()
            .filter_map(|event| {
                if let Event::Usage { usage, .. } = event {
                    Some(*usage)
                } else {
                    None
                }
            })
            .collect();
        assert_eq!(usages, [expected_usage(last)], "{id}");
    }
    assert!(all().is_empty() || seen == 2);
}

/// REL-03: the connection closes after each byte in turn.
#[test]
fn recorded_streams_cut_anywhere_never_end_well() {
    for recording in all().iter().filter(|recording| lines(recording).len() > 1) {
        let id = &recording.id;
        // the last line needs no line feed
        let whole = recording.body.trim_ascii_end().len();
        for at in 0..whole {
            let (events, outcome) = decode([&recording.body[..at]]);
            let kind = outcome.as_ref().err().map(domain::Failure::kind);
            assert_eq!(kind, Some(FailureKind::UpstreamDisconnected), "{id} at {at}");
            let read = strict::read(&encode(&events, &outcome, false), false);
            assert!(!read.done && read.error.is_some(), "{id} at {at}");
        }
    }
}

#[test]
fn recorded_answers() {
    let mut seen = 0;
    for recording in all() {
        let [theirs] = lines(&recording).try_into().unwrap_or([Value::Null]);
        if theirs.is_null() {
            continue;
        }
        let id = &recording.id;
        let answer = decode_answer(&recording.body).unwrap_or_else(|failure| panic!("{id}: {failure}"));
        let message = &theirs["message"];
        let mut parts = answer.choices[0].message.parts.iter();
        // its `<think>` stays in the text, for it was not asked to think
        let text = message["content"].as_str().unwrap();
        assert_eq!(parts.next(), Some(&Part::text(text)), "{id}");
        let mut reason = StopReason::Stop;
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            reason = StopReason::ToolCalls;
            let Some(Part::ToolCall {
                id: made,
                name,
                arguments,
                ..
            }) = parts.next()
            else {
                panic!("{id}");
            };
            assert!(
                made.len() == 9 && made.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                "{id}"
            );
            assert_eq!(call["function"]["name"], name.as_str(), "{id}");
            assert_eq!(call["function"]["arguments"].to_string(), *arguments, "{id}");
        }
        assert_eq!(parts.next(), None, "{id}");
        assert_eq!(answer.choices[0].reason, reason, "{id}");
        assert_eq!(answer.usage.as_ref().unwrap().0, expected_usage(&theirs), "{id}");
        assert_eq!(answer.model.as_deref(), theirs["model"].as_str(), "{id}");
        assert_eq!(
            decode_answer(&recording.body).as_ref(),
            Ok(&answer),
            "made ids are stable"
        );
        let mut out = Vec::new();
        openai_chat::encode_answer(&answer, &envelope(), &mut out);
        strict::check_usage(&serde_json::from_slice::<Value>(&out).unwrap()["usage"]);
        // the same document in the place of a stream
        let (events, outcome) = decode([recording.body.as_slice()]);
        assert_eq!((events, outcome), (answer.clone().into_events(), Ok(())), "{id}");
        assert!(
            strict::read(&encode(&answer.into_events(), &Ok(()), true), true).done,
            "{id}"
        );
        seen += 1;
    }
    assert!(all().is_empty() || seen == 3);
}
