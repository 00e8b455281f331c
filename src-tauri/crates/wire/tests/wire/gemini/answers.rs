//! Answers as clients of this wire get them, whole and in pieces.

use domain::{Answer, Delta, Event, Extra, Failure, FailureKind, RawJson, StopReason, Usage};
use inglenook_wire::gemini::{
    Envelope, Framing, ListedModel, StreamEncoder, decode_answer, decode_models, encode_answer, encode_error,
    encode_models,
};
use inglenook_wire::openai_chat;
use serde_json::{Value, json};

use super::replay::{Recording, collect, decode, recordings, said};
use super::round_trip::answer_round_trip;

fn envelope() -> Envelope {
    Envelope {
        id: "resp-1".into(),
        model: "reviewer".into(),
    }
}

/// Encodes events as the gateway does: a failure becomes an error chunk.
fn encode(events: &[Event], outcome: &Result<(), Failure>, framing: Framing) -> String {
    let mut encoder = StreamEncoder::new(envelope(), framing);
    let mut out = StreamEncoder::HEARTBEAT.to_vec();
    for event in events {
        encoder.event(event, &mut out);
        out.extend_from_slice(StreamEncoder::HEARTBEAT);
    }
    let end = outcome.clone().and_then(|()| encoder.finish(&mut out));
    if let Err(failure) = end {
        encoder.fail(&failure, &mut out);
    }
    String::from_utf8(out).unwrap()
}

/// Reads a stream as Google's libraries do: each chunk a response of its own, in either framing.
fn chunks(stream: &str, framing: Framing) -> Vec<Value> {
    match framing {
        Framing::Array => serde_json::from_str(stream).unwrap(),
        Framing::Sse => stream
            .split("\n\n")
            .filter(|event| !event.is_empty())
            .map(|event| {
                let data = event.strip_prefix("data: ").unwrap_or_else(|| panic!("{event}"));
                assert!(!data.contains('\n'));
                serde_json::from_str(data).unwrap()
            })
            .collect(),
    }
}

fn check(chunks: &[Value]) {
    for chunk in chunks {
        assert_eq!(chunk["modelVersion"], "reviewer");
        assert_eq!(chunk["responseId"], "resp-1");
        for candidate in chunk["candidates"].as_array().unwrap() {
            assert!(candidate["index"].is_u64());
            assert_eq!(candidate["content"]["role"], "model");
            assert!(!candidate["content"]["parts"].as_array().unwrap().is_empty());
        }
    }
}

#[test]
fn recorded_answers_come_out_as_they_went_in() {
    let mut seen = 0;
    for recording in recordings() {
        let body = &recording.body;
        if recording.status != 200 || recording.is_stream() || decode_answer(body.as_bytes()).is_err() {
            continue;
        }
        answer_round_trip(&serde_json::from_str(body).unwrap());
        seen += 1;
    }
    assert!(recordings().is_empty() || seen == 12, "{seen}");
}

#[test]
fn fields_that_nobody_models_round_trip() {
    answer_round_trip(&json!({
        "candidates": [{
            "content": {"parts": [
                {"text": "a", "thought": true, "thoughtSignature": "YQ=="},
                {"text": "b", "thoughtSignature": "Yg==", "x_part": 1},
                {"executableCode": {"language": "PYTHON", "code": "1"}},
                {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
                {"inlineData": {"mimeType": "image/png", "data": "AAAA"}, "thoughtSignature": "Yw=="},
                {"inlineData": {"mimeType": "image/png", "data": "AAAA"}, "thought": true},
                {"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}},
                {"functionCall": {"name": "f", "args": {"z": 1, "a": "x y"}}, "thoughtSignature": "ZA=="},
                {"functionCall": {"name": "g", "willContinue": true}}
            ], "role": "model", "x_content": 1},
            "finishReason": "STOP", "finishMessage": "m", "index": 0,
            "groundingMetadata": {"webSearchQueries": ["q"]}, "citationMetadata": {"citationSources": [{"startIndex": 1}]},
            "safetyRatings": [{"category": "c"}]
        }, {
            "content": {"parts": [{"text": "other"}], "role": "model"}, "finishReason": "MAX_TOKENS", "index": 1,
            "logprobsResult": {
                "topCandidates": [{"candidates": [{"token": "o", "logProbability": -0.5}, {"token": "p", "logProbability": -1.5}]}],
                "chosenCandidates": [{"token": "o", "logProbability": -0.5}]
            }
        }],
        "promptFeedback": {"safetyRatings": [{"category": "c"}]},
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 3}]},
        "modelVersion": "v", "responseId": "r", "createTime": "t"
    }));
}

#[test]
fn log_probabilities_are_openais_in_between() {
    let body = json!({"candidates": [{"content": {"parts": [{"text": "é"}]}, "finishReason": "STOP", "logprobsResult": {
        "topCandidates": [{"candidates": [{"token": "é", "tokenId": 5, "logProbability": -0.25}]}],
        "chosenCandidates": [{"token": "é", "tokenId": 5, "logProbability": -0.25}]}}]});
    let expected = json!({"content": [{"token": "é", "logprob": -0.25, "bytes": [195, 169],
        "top_logprobs": [{"token": "é", "logprob": -0.25, "bytes": [195, 169]}]}], "refusal": null});
    let answer = decode_answer(body.to_string().as_bytes()).unwrap();
    let whole: Value = answer.choices[0].logprobs.clone().unwrap().parse().unwrap();
    assert_eq!(whole, expected);
    let (events, _) = decode([format!("data: {body}\r\n\r\n").as_bytes()]);
    let streamed = collect(events).choices.remove(0).logprobs.unwrap();
    assert_eq!(streamed.parse::<Value>().unwrap(), expected);
}

#[test]
fn recorded_streams_read_back_the_same() {
    for recording in recordings().into_iter().filter(Recording::is_stream) {
        let id = &recording.id;
        let (events, outcome) = decode([recording.body.as_bytes()]);
        let first = collect(events.clone());
        for framing in [Framing::Sse, Framing::Array] {
            let stream = encode(&events, &outcome, framing);
            check(&chunks(&stream, framing));
            let (again, outcome) = decode(stream.as_bytes().chunks(5));
            assert_eq!(outcome, Ok(()), "{id}");
            let again = collect(again);
            assert_eq!(said(&again), said(&first), "{id}");
            assert_eq!(
                again.choices[0].message.parts, first.choices[0].message.parts,
                "{id}"
            );
            assert_eq!(
                again.choices[0].message.extra, first.choices[0].message.extra,
                "{id}"
            );
            assert_eq!(again.choices[0].reason, first.choices[0].reason, "{id}");
            assert_eq!(
                (again.usage, again.extra),
                (first.usage.clone(), first.extra.clone()),
                "{id}"
            );
        }
    }
}

/// Another provider's stream, as a client of this wire reads it.
#[test]
fn a_chat_stream_becomes_chunks() {
    let stream = concat!(
        r#"data: {"id":"c","model":"m","system_fingerprint":"fp","choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"hm"}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"f","arguments":"{\"a\""}},{"index":1,"id":"call_2","function":{"name":"g"}}]}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
        "\n\n",
        r#"data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}"#,
        "\n\ndata: [DONE]\n\n",
    );
    let (events, outcome) = crate::support::decode([stream.as_bytes()]);
    let list = chunks(&encode(&events, &outcome, Framing::Sse), Framing::Sse);
    check(&list);
    let around = |candidate: Value, extra: Value| {
        let mut whole =
            json!({"candidates": [candidate], "modelVersion": "reviewer", "responseId": "resp-1"});
        for (name, value) in extra.as_object().unwrap() {
            whole[name] = value.clone();
        }
        whole
    };
    let part = |part: Value| json!({"content": {"parts": [part], "role": "model"}, "index": 0});
    let last = json!({"content": {"parts": [
        {"functionCall": {"id": "call_1", "name": "f", "args": {"a": 1}}},
        {"functionCall": {"id": "call_2", "name": "g", "args": {}}}
    ], "role": "model"}, "finishReason": "STOP", "index": 0});
    assert_eq!(
        list,
        [
            around(
                part(json!({"text": "hm", "thought": true})),
                json!({"system_fingerprint": "fp"})
            ),
            around(part(json!({"text": "Hi"})), json!({})),
            around(
                last,
                json!({"usageMetadata": {"promptTokenCount": 10, "cachedContentTokenCount": 4,
                    "candidatesTokenCount": 3, "thoughtsTokenCount": 2, "totalTokenCount": 15}})
            ),
        ]
    );
}

#[test]
fn a_stream_that_breaks_is_never_finished() {
    let text = |text: &str| Event::Delta {
        choice: 0,
        delta: Delta::Text {
            text: text.into(),
            logprobs: None,
        },
    };
    let started = Event::Started {
        id: None,
        model: None,
        extra: Extra::new(),
    };
    let finished = |choice| Event::Finished {
        choice,
        reason: StopReason::Stop,
    };
    let other = Event::Delta {
        choice: 1,
        delta: Delta::Reasoning { text: "b".into() },
    };
    for events in [
        vec![],
        vec![started.clone()],
        vec![started.clone(), text("a")],
        vec![started, text("a"), other, finished(0)],
    ] {
        for framing in [Framing::Sse, Framing::Array] {
            let list = chunks(&encode(&events, &Ok(()), framing), framing);
            let (last, before) = list.split_last().unwrap();
            assert_eq!(last["error"]["code"], 502);
            assert!(
                before
                    .iter()
                    .all(|chunk| chunk["candidates"][0]["finishReason"].is_null())
            );
        }
    }
    // a failure after the reason, which is held back
    let failure = Failure::new(FailureKind::UpstreamOverloaded, "Busy.");
    let list = chunks(
        &encode(&[text("a"), finished(0)], &Err(failure), Framing::Sse),
        Framing::Sse,
    );
    assert_eq!(list.len(), 2);
    assert!(list[0]["candidates"][0]["finishReason"].is_null());
    assert_eq!(list[1]["error"]["status"], "UNAVAILABLE");
}

#[test]
fn whole_answers_of_others_have_googles_shape() {
    let body = json!({"id": "c", "choices": [{"message": {"content": "", "refusal": "no"}, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}});
    let answer = openai_chat::decode_answer(body.to_string().as_bytes()).unwrap();
    let written = |answer: &Answer| -> Value {
        let mut out = Vec::new();
        encode_answer(answer, &envelope(), &mut out);
        serde_json::from_slice(&out).unwrap()
    };
    assert_eq!(
        written(&answer),
        json!({
            "candidates": [{"content": {"parts": [{"text": "no"}], "role": "model"}, "finishReason": "MAX_TOKENS", "index": 0}],
            "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3},
            "modelVersion": "reviewer", "responseId": "resp-1"
        })
    );
    let empty = written(&Answer::default());
    assert_eq!(empty["candidates"][0]["content"]["parts"], json!([{"text": ""}]));
    // a usage that was changed on the way is not the provider's any more
    let mut changed = answer;
    let raw = RawJson::new(r#"{"promptTokenCount":1,"totalTokenCount":1}"#);
    let usage = Usage {
        input: 9,
        ..Usage::default()
    };
    changed.usage = Some((usage, raw));
    assert_eq!(written(&changed)["usageMetadata"]["promptTokenCount"], 9);
}

#[test]
fn failures_have_googles_shape() {
    let failure = Failure::new(FailureKind::ProviderRateLimited, "Slow down.")
        .with_hint("Wait.")
        .with_retry_after_ms(1500);
    let written = |failure: &Failure| -> Value {
        let mut out = Vec::new();
        encode_error(failure, &mut out);
        serde_json::from_slice(&out).unwrap()
    };
    assert_eq!(
        written(&failure),
        json!({"error": {"code": 429, "message": "Slow down. Wait.", "status": "RESOURCE_EXHAUSTED", "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "PROVIDER_RATE_LIMITED", "domain": "inglenook"},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.500s"}
        ]}})
    );
    for kind in FailureKind::ALL {
        let error = written(&Failure::new(*kind, "A sentence.").with_param("contents"));
        assert!(
            error["error"]["code"]
                .as_u64()
                .is_some_and(|code| (400..600).contains(&code))
        );
        assert_eq!(
            error["error"]["details"][1]["fieldViolations"][0]["field"],
            "contents"
        );
    }
    // and our own shape is read back with its delay
    let mut out = Vec::new();
    encode_error(&failure, &mut out);
    let read = crate::support::refused(429, None, &out);
    assert_eq!(
        (read.kind(), read.retry_after_ms()),
        (FailureKind::ProviderRateLimited, Some(1500))
    );
}

#[test]
fn published_models_read_back() {
    let models = [
        ListedModel {
            id: "agent-writer",
            name: "Writer \"W\"",
            description: Some("Writes."),
            context: Some(1000),
            max_output: None,
        },
        ListedModel {
            id: "b",
            name: "B",
            description: None,
            context: None,
            max_output: Some(5),
        },
    ];
    let mut out = Vec::new();
    encode_models(&models, &mut out);
    let json: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(json["models"][0]["name"], "models/agent-writer");
    assert_eq!(json["models"][0]["displayName"], "Writer \"W\"");
    let read = decode_models(&out).unwrap();
    let list: Vec<_> = read
        .iter()
        .map(|model| (model.id.as_str(), model.context, model.max_output))
        .collect();
    assert_eq!(list, [("agent-writer", Some(1000), None), ("b", None, Some(5))]);
}
