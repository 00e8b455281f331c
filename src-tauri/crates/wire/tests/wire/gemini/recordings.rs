//! Real traffic of Google's, replayed in awkward pieces.

use domain::{Answer, Event, FailureKind, Part, StopReason};
use inglenook_wire::gemini::decode_answer;
use inglenook_wire::openai_chat;
use serde_json::Value;

use super::replay::{Recording, added_up, collect, decode, recordings, said};
use crate::strict;
use crate::support::{cuts, encode, envelope, refused};

fn chunks(recording: &Recording) -> Vec<Value> {
    if !recording.is_stream() {
        return vec![serde_json::from_str(&recording.body).unwrap()];
    }
    recording
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(|data| serde_json::from_str(data.trim()).unwrap())
        .collect()
}

/// What is found in every answer, streamed or not.
fn compare(recording: &Recording, answer: &Answer) {
    let id = &recording.id;
    let theirs = chunks(recording);
    let (text, thought, calls, signatures) = added_up(&theirs);
    assert_eq!(said(answer), (text, thought, calls.clone()), "{id}");
    let last = theirs.last().unwrap();
    let expected = match last["candidates"][0]["finishReason"].as_str().unwrap() {
        "STOP" if calls.is_empty() => StopReason::Stop,
        "STOP" => StopReason::ToolCalls,
        "MAX_TOKENS" => StopReason::Length,
        "SAFETY" => StopReason::ContentFilter,
        other => panic!("{id}: {other}"),
    };
    assert_eq!(answer.choices[0].reason, expected, "{id}");
    let kept = serde_json::to_string(&answer.choices[0].message.parts).unwrap();
    for signature in signatures {
        assert!(kept.contains(&signature), "{id}: a signature is lost");
    }
    let count = |name: &str| last["usageMetadata"][name].as_u64().unwrap_or(0);
    let (usage, raw) = answer.usage.as_ref().unwrap_or_else(|| panic!("{id}: usage"));
    assert_eq!(usage.total(), count("totalTokenCount"), "{id}");
    assert_eq!(
        usage.output,
        count("candidatesTokenCount") + count("thoughtsTokenCount"),
        "{id}"
    );
    assert_eq!(usage.reasoning, count("thoughtsTokenCount"), "{id}");
    assert_eq!(usage.cached_input, count("cachedContentTokenCount"), "{id}");
    assert_eq!(raw.parse::<Value>().unwrap(), last["usageMetadata"], "{id}");
    assert_eq!(answer.model.as_deref(), last["modelVersion"].as_str(), "{id}");
    assert_eq!(answer.id.as_deref(), last["responseId"].as_str(), "{id}");
}

/// What a client of chat completions gets of it.
fn compare_chat(id: &str, events: &[Event], answer: &Answer) {
    let read = strict::read(&encode(events, &Ok(()), true), true);
    let choice = &read.choices[&0];
    let (text, thought, calls) = said(answer);
    assert_eq!((&choice.text, &choice.reasoning), (&text, &thought), "{id}");
    let seen: Vec<(String, Value)> = choice
        .calls
        .iter()
        .map(|call| (call.name.clone(), serde_json::from_str(&call.arguments).unwrap()))
        .collect();
    assert_eq!(seen, calls, "{id}");
    let mut out = Vec::new();
    openai_chat::encode_answer(answer, &envelope(), &mut out);
    let whole: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(
        whole["choices"][0]["finish_reason"].as_str(),
        choice.finish.as_deref(),
        "{id}"
    );
    strict::check_usage(&whole["usage"]);
}

#[test]
fn whole_answers() {
    let mut seen = 0;
    for recording in recordings() {
        let id = &recording.id;
        if recording.status != 200 || recording.is_stream() {
            continue;
        }
        seen += 1;
        let answer = decode_answer(recording.body.as_bytes());
        match id.as_str() {
            "vertex-generatecontent-content-filter-empty-content-4d0a69" => {
                let failure = answer.unwrap_err();
                assert_eq!(failure.kind(), FailureKind::ContentRefused);
                assert_eq!(failure.upstream().unwrap().code.as_deref(), Some("MODEL_ARMOR"));
            }
            "vertex-generatecontent-tool-call-2b245f" => {
                let failure = answer.unwrap_err();
                assert_eq!(failure.kind(), FailureKind::UpstreamFailed);
                assert!(failure.message().contains("list_files"), "{failure}");
            }
            _ => {
                let answer = answer.unwrap_or_else(|failure| panic!("{id}: {failure}"));
                compare(&recording, &answer);
                compare_chat(id, &answer.clone().into_events(), &answer);
            }
        }
    }
    assert!(recordings().is_empty() || seen == 14, "{seen}");
}

#[test]
fn streams() {
    let mut seen = 0;
    for recording in recordings().into_iter().filter(Recording::is_stream) {
        let id = &recording.id;
        seen += 1;
        let (events, outcome) = decode([recording.body.as_bytes()]);
        assert_eq!(outcome, Ok(()), "{id}");
        for pieces in cuts(recording.body.as_bytes()) {
            let again = decode(pieces.iter().copied());
            assert_eq!(again, (events.clone(), Ok(())), "{id} cut into {}", pieces.len());
        }
        let answer = collect(events.clone());
        compare(&recording, &answer);
        compare_chat(id, &events, &answer);
        // the same as one array, which is what comes without `alt=sse`
        let array = Value::from(chunks(&recording)).to_string();
        let (whole, outcome) = decode(array.as_bytes().chunks(7));
        assert_eq!(outcome, Ok(()), "{id}");
        assert_eq!(said(&collect(whole)), said(&answer), "{id}");
        let joined = decode_answer(array.as_bytes()).unwrap();
        assert_eq!(said(&joined), said(&answer), "{id}");
        assert_eq!(joined.choices[0].reason, answer.choices[0].reason, "{id}");
        assert_eq!(
            joined.usage.map(|(usage, _)| usage),
            answer.usage.map(|(usage, _)| usage)
        );
    }
    assert!(recordings().is_empty() || seen == 11, "{seen}");
}

/// REL-03: a connection that closes before the last event is whole is never a clean end.
#[test]
fn rel_03_streams_cut_at_every_byte() {
    for recording in recordings().into_iter().filter(Recording::is_stream) {
        let id = &recording.id;
        let body = recording.body.as_bytes();
        let whole = recording.body.trim_end().len();
        let reported = |events: &[Event]| events.iter().any(|event| matches!(event, Event::Usage { .. }));
        // the long ones at each byte near an end of an event, and elsewhere here and there
        let near = |at: usize| body[at.saturating_sub(40)..(at + 40).min(body.len())].contains(&b'\n');
        for at in (0..body.len()).filter(|at| body.len() < 4000 || near(*at) || at % 61 == 0) {
            let (events, outcome) = decode([&body[..at]]);
            let kind = outcome.as_ref().err().map(domain::Failure::kind);
            let expected = (at < whole).then_some(FailureKind::UpstreamDisconnected);
            assert_eq!(kind, expected, "{id} at {at} of {whole}");
            if at < whole && at % 97 == 0 {
                let read = strict::read(&encode(&events, &outcome, false), false);
                assert!(!read.done && read.error.is_some(), "{id} at {at}");
            }
            let finished = |event: &Event| matches!(event, Event::Finished { .. });
            assert_eq!(events.iter().any(finished), at >= whole, "{id} at {at}");
        }
        let (events, _) = decode([&body[..whole - 1]]);
        let early = chunks(&recording).len() > 1
            && recording.body.find("promptTokenCount").unwrap() < recording.body.rfind("data:").unwrap();
        assert_eq!(reported(&events), early, "{id}: usage of a stream that was cut");
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
        let (kind, wait) = match id.as_str() {
            _ if id.contains("auth") => (FailureKind::ProviderKeyRejected, None),
            _ if id.contains("context-length") => (FailureKind::ContextTooLong, None),
            _ if id.contains("404") => (FailureKind::ModelNotFound, None),
            _ if id.contains("429") => (FailureKind::ProviderRateLimited, Some(48_000)),
            _ if id.contains("503") => (FailureKind::UpstreamOverloaded, None),
            _ => panic!("{id}"),
        };
        assert_eq!(
            (failure.kind(), failure.retry_after_ms()),
            (kind, wait),
            "{id}: {failure}"
        );
        let upstream = failure.upstream().unwrap();
        assert_eq!(upstream.status, Some(recording.status), "{id}");
        assert!(upstream.message.is_some(), "{id}");
        seen += 1;
    }
    assert!(recordings().is_empty() || seen == 9, "{seen}");
}

/// What is easily got wrong in this traffic, held by name.
#[test]
fn known_oddities() {
    let all = recordings();
    let find = |id: &str| all.iter().find(|recording| recording.id == id);
    if let Some(server) = find("google-streamgeneratecontent-server-tools-stream-f3e2ba") {
        let (events, _) = decode([server.body.as_bytes()]);
        let answer = collect(events);
        let opaque: Vec<&Part> = answer.choices[0]
            .message
            .parts
            .iter()
            .filter(|part| matches!(part, Part::Opaque { .. }))
            .collect();
        assert_eq!(opaque.len(), 2, "code and its result");
        let usage = answer.usage.unwrap().0;
        assert_eq!((usage.input, usage.output), (147 + 360, 108 + 168));
    }
    if let Some(one) = find("google-streamgeneratecontent-tool-call-stream-3d1b12") {
        let (events, _) = decode([one.body.as_bytes()]);
        let ids: Vec<String> = [events, decode([one.body.as_bytes()]).0]
            .into_iter()
            .flatten()
            .filter_map(|event| match event {
                Event::Delta {
                    delta: domain::Delta::ToolCallStart { id, .. },
                    ..
                } => Some(id),
                Event::Started { .. }
                | Event::Delta { .. }
                | Event::Finished { .. }
                | Event::Usage { .. } => None,
            })
            .collect();
        assert_eq!(ids.len(), 2);
        assert_eq!(ids[0], ids[1], "a made-up id is stable");
        assert!(ids[0].len() == 9 && ids[0].bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
