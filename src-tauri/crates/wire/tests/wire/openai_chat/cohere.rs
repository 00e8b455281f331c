//! Cohere's own chat protocol, from its side and from the client's.

use domain::{Event, FailureKind, Part, Quirks, StopReason, Usage};
use inglenook_wire::catalog;
use inglenook_wire::openai_chat::{decode_answer, decode_models, encode_answer, path};
use serde_json::{Value, json};

use crate::round_trip::{decode as read, encode as send};
use crate::strict;
use crate::support::{cuts, decode, encode, envelope, refused};

fn quirks() -> Quirks {
    catalog::find("cohere").unwrap().quirks.clone()
}

fn answered(body: &str) -> Value {
    let mut out = Vec::new();
    encode_answer(&decode_answer(body.as_bytes()).unwrap(), &envelope(), &mut out);
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn requests_have_its_words() {
    assert_eq!(path(&quirks()), "/v2/chat");
    let body = json!({
        "messages": [
            {"role": "developer", "content": "be brief"},
            {"role": "user", "content": [
                {"type": "text", "text": "look", "cache_control": {}},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            ]},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}, "extra_content": {}},
            ]},
            {"role": "tool", "tool_call_id": "c1", "content": [
                {"type": "document", "document": {"id": "d", "data": {"text": "t"}}},
            ]},
            {"role": "assistant", "content": "yes", "reasoning_content": "hm"},
            {"role": "user", "content": "why"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": true}},
            {"type": "function", "function": {"name": "g"}},
        ],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "temperature": 0.5, "top_p": 0.9, "top_k": 5, "max_tokens": 9, "seed": 7, "stop": ["x"], "n": 2,
        "thinking": {"type": "enabled", "budget_tokens": 100},
        "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}},
        "documents": [{"id": "1", "data": {"text": "t"}}], "user": "u", "stream": true,
    });
    let (sent, mut notes) = send(&read(&body).unwrap(), &quirks());
    let expected = json!({
        "model": "upstream-model",
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": [
                {"type": "text", "text": "look"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            ]},
            {"role": "assistant", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": [{"type": "document", "document": {"id": "d", "data": {"text": "t"}}}]},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "yes"}]},
            {"role": "user", "content": "why"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}],
        "strict_tools": true, "tool_choice": "REQUIRED",
        "temperature": 0.5, "p": 0.9, "k": 5, "max_tokens": 9, "seed": 7, "stop_sequences": ["x"],
        "thinking": {"type": "enabled", "token_budget": 100},
        "response_format": {"type": "json_object", "json_schema": {"type": "object"}},
        "stream": true, "documents": [{"id": "1", "data": {"text": "t"}}],
    });
    assert_eq!(sent, expected);
    notes.sort();
    let expected = [
        "fields of tool calls: left out, the provider has no place for them",
        "n: left out, the provider has none",
        "tools: only those that this provider can be asked to call",
        "user: left out, the provider refuses fields it does not know",
    ];
    assert_eq!(notes, expected);
}

#[test]
fn plans_come_out_as_reasoning_and_go_back_as_plans() {
    let body = r#"{"id":"i","message":{"role":"assistant","tool_plan":"I will look.","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":""}}]},"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":5,"output_tokens":3},"tokens":{"input_tokens":50,"output_tokens":30},"cached_tokens":20}}"#;
    let ours = answered(body);
    let message = &ours["choices"][0]["message"];
    assert_eq!(message["reasoning_content"], "I will look.");
    assert_eq!(
        message["tool_calls"][0]["function"],
        json!({"name": "f", "arguments": "{}"})
    );
    assert_eq!(ours["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(
        (
            &ours["usage"]["prompt_tokens"],
            &ours["usage"]["prompt_tokens_details"]["cached_tokens"]
        ),
        (&json!(50), &json!(20))
    );
    let mut request = read(&json!({"messages": [{"role": "user", "content": "hi"}]})).unwrap();
    let answer = decode_answer(body.as_bytes()).unwrap();
    request.request.messages.push(answer.choices[0].message.clone());
    let (sent, _) = send(&request, &quirks());
    let call = json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    assert_eq!(
        sent["messages"][1],
        json!({"role": "assistant", "tool_plan": "I will look.", "tool_calls": [call]})
    );
}

fn event(json: &str) -> String {
    let kind: Value = serde_json::from_str(json).unwrap();
    format!("event: {}\ndata: {json}\n\n", kind["type"].as_str().unwrap())
}

fn stream() -> String {
    [
        r#"{"id":"i","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}"#,
        r#"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}"#,
        r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"hm"}}}}"#,
        r#"{"type":"content-end","index":0}"#,
        r#"{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":""}}}}"#,
        r#"{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"wö"}}}}"#,
        r#"{"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":0,"end":2,"text":"wö"}}}}"#,
        r#"{"type":"citation-end","index":0}"#,
        r#"{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"rld"}}}}"#,
        r#"{"type":"content-end","index":1}"#,
        r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"look"}}}"#,
        r#"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"c1","type":"function","function":{"name":"f","arguments":""}}}}}"#,
        r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"a\":"}}}}}"#,
        r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"1}"}}}}}"#,
        r#"{"type":"tool-call-end","index":0}"#,
        r#"{"type":"tool-call-start","index":1,"delta":{"message":{"tool_calls":{"id":"c2","type":"function","function":{"name":"g","arguments":""}}}}}"#,
        r#"{"type":"tool-call-end","index":1}"#,
        r#"{"type":"message-end","delta":{"finish_reason":"TOOL_CALL","usage":{"tokens":{"input_tokens":9,"output_tokens":4,"reasoning_tokens":1},"cached_tokens":3}}}"#,
    ]
    .map(event)
    .concat()
        + "data: [DONE]\n\n"
}

#[test]
fn streams_are_canonical_however_they_are_cut() {
    let body = stream();
    let (events, outcome) = decode([body.as_bytes()]);
    assert_eq!(outcome, Ok(()));
    for pieces in cuts(body.as_bytes()) {
        assert_eq!(decode(pieces), (events.clone(), outcome.clone()));
    }
    let text = encode(&events, &outcome, true);
    let seen = strict::read(&text, true);
    let choice = &seen.choices[&0];
    assert_eq!(
        (choice.text.as_str(), choice.reasoning.as_str()),
        ("wörld", "hmlook")
    );
    let calls: Vec<(&str, &str, &str)> = choice
        .calls
        .iter()
        .map(|call| (call.id.as_str(), call.name.as_str(), call.arguments.as_str()))
        .collect();
    assert_eq!(calls, [("c1", "f", "{\"a\":1}"), ("c2", "g", "{}")]);
    assert_eq!(choice.finish.as_deref(), Some("tool_calls"));
    assert!(
        text.contains(r#""citations":[{"start":0,"end":2,"text":"wö"}]"#),
        "{text}"
    );
    let usage = events.iter().find_map(|event| {
        if let Event::Usage { usage, .. } = event {
            Some(*usage)
        } else {
            None
        }
    });
    let expected = Usage {
        input: 9,
        cached_input: 3,
        cache_write: 0,
        output: 4,
        reasoning: 1,
    };
    assert_eq!(usage, Some(expected));
}

/// REL-03: wherever the connection is cut before the message has ended, it is no end.
#[test]
fn rel_03_a_cut_stream_never_looks_finished() {
    let body = stream();
    let end = body.find("event: message-end").unwrap();
    let whole = end + body[end..].find("\n\n").unwrap() + 1;
    for at in 0..whole {
        let (_, outcome) = decode([&body.as_bytes()[..at]]);
        let kind = outcome.as_ref().err().map(domain::Failure::kind);
        // the last event may be whole although its blank line is missing
        let complete = at >= whole - 1;
        assert_eq!(
            kind,
            (!complete).then_some(FailureKind::UpstreamDisconnected),
            "cut at {at}"
        );
    }
}

#[test]
fn reasons_to_stop_are_told_apart() {
    let reason = |word: &str| {
        let body =
            format!(r#"{{"message":{{"content":[{{"type":"text","text":"x"}}]}},"finish_reason":"{word}"}}"#);
        decode_answer(body.as_bytes())
            .map(|answer| answer.choices[0].reason)
            .map_err(|failure| failure.kind())
    };
    for (word, expected) in [
        ("COMPLETE", Ok(StopReason::Stop)),
        ("STOP_SEQUENCE", Ok(StopReason::Stop)),
        ("MAX_TOKENS", Ok(StopReason::Length)),
        ("ERROR_TOXIC", Ok(StopReason::ContentFilter)),
        ("ERROR", Err(FailureKind::UpstreamFailed)),
        ("ERROR_LIMIT", Err(FailureKind::ContextTooLong)),
        ("TIMEOUT", Err(FailureKind::UpstreamTimeout)),
    ] {
        assert_eq!(reason(word), expected, "{word}");
    }
    let failed = [
        event(r#"{"id":"i","type":"message-start","delta":{}}"#),
        event(r#"{"type":"message-end","delta":{"finish_reason":"ERROR","error":"boom"}}"#),
    ];
    let (_, outcome) = decode([failed.concat().as_bytes()]);
    assert_eq!(outcome.unwrap_err().message(), "boom");
}

#[test]
fn its_list_of_models_is_read() {
    let body = br#"{"models":[{"name":"command-a-03-2025","endpoints":["chat"],"context_length":288000,"features":["tools"],"supports_vision":false}]}"#;
    let models = decode_models(body).unwrap();
    assert_eq!(
        (models[0].id.as_str(), models[0].context),
        ("command-a-03-2025", Some(288_000))
    );
    assert_eq!(
        (models[0].abilities.tools, models[0].abilities.images),
        (Some(true), Some(false))
    );
}

/// What stands in a recorded answer, added up by simpler means: text, thoughts, calls.
fn added_up(body: &str) -> (String, String, Vec<(String, String)>) {
    let (mut text, mut thought, mut calls) = (String::new(), String::new(), Vec::new());
    let whole = body.starts_with('{');
    let values: Vec<Value> = if whole {
        vec![serde_json::from_str(body).unwrap()]
    } else {
        let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter_map(|data| serde_json::from_str(data).ok()).collect()
    };
    for value in values {
        let message = if whole {
            &value["message"]
        } else {
            &value["delta"]["message"]
        };
        thought.push_str(message["tool_plan"].as_str().unwrap_or_default());
        let content = &message["content"];
        for item in content
            .as_array()
            .into_iter()
            .flatten()
            .chain(content.as_object().map(|_| content))
        {
            text.push_str(item["text"].as_str().unwrap_or_default());
            thought.push_str(item["thinking"].as_str().unwrap_or_default());
        }
        let list = &message["tool_calls"];
        for call in list
            .as_array()
            .into_iter()
            .flatten()
            .chain(list.as_object().map(|_| list))
        {
            if let Some(name) = call["function"]["name"].as_str() {
                calls.push((name.to_owned(), String::new()));
            }
            calls
                .last_mut()
                .unwrap()
                .1
                .push_str(call["function"]["arguments"].as_str().unwrap());
        }
    }
    (text, thought, calls)
}

#[test]
fn recordings() {
    let mut seen = 0;
    for line in crate::recordings::index() {
        if line["api"] != "cohere.v2-chat" {
            continue;
        }
        seen += 1;
        let id = line["id"].as_str().unwrap();
        let whole = crate::recordings::read(&line);
        let body = whole["response"]["body"].as_str().unwrap();
        let status = u16::try_from(whole["response"]["status"].as_u64().unwrap()).unwrap();
        if status >= 400 {
            let failure = refused(status, None, body.as_bytes());
            let (kind, says) = if id.contains("auth") {
                (FailureKind::ProviderKeyRejected, "refused the key")
            } else {
                (
                    FailureKind::ContextTooLong,
                    "maximum context length is 288000 tokens",
                )
            };
            assert_eq!(failure.kind(), kind, "{id}");
            assert!(failure.message().contains(says), "{failure}");
            continue;
        }
        let (text, thought, calls) = added_up(body);
        let (events, outcome) = if body.starts_with('{') {
            (decode_answer(body.as_bytes()).unwrap().into_events(), Ok(()))
        } else {
            let first = decode([body.as_bytes()]);
            for pieces in cuts(body.as_bytes()) {
                assert_eq!(decode(pieces), first, "{id}");
            }
            first
        };
        assert_eq!(outcome, Ok(()), "{id}");
        let stream = encode(&events, &outcome, true);
        let read_ = strict::read(&stream, true);
        let choice = &read_.choices[&0];
        assert_eq!((&choice.text, &choice.reasoning), (&text, &thought), "{id}");
        let ours: Vec<(String, String)> = choice
            .calls
            .iter()
            .map(|call| (call.name.clone(), call.arguments.clone()))
            .collect();
        assert_eq!(ours, calls, "{id}");
        assert_eq!(
            stream.contains("\"citations\""),
            line["tags"].to_string().contains("citations"),
            "{id}"
        );
        let usage = read_.usage.unwrap();
        assert!(
            body.contains(&format!("\"input_tokens\":{}", usage["prompt_tokens"])) || id.contains("vision"),
            "{id}"
        );
        // its requests are those of this wire but for a few words, and come out as they were
        let mut asked = whole["request"]["body"].clone();
        let request = read(&asked).unwrap();
        let (mut sent, _) = send(&request, &quirks());
        for body in [&mut asked, &mut sent] {
            body.as_object_mut().unwrap().remove("model");
            for message in body["messages"].as_array_mut().unwrap() {
                simplify(message);
            }
        }
        assert_eq!(sent, asked, "{id}");
    }
    assert!(crate::recordings::index().is_empty() || seen == 9);
}

/// One text alone is a string, and no text is nothing.
fn simplify(message: &mut Value) {
    let text = match message["content"].as_array().map(Vec::as_slice) {
        Some([one]) if one["type"] == "text" => one["text"].clone(),
        _ => message["content"].clone(),
    };
    if text == "" || text.is_null() {
        message.as_object_mut().unwrap().remove("content");
    } else {
        message["content"] = text;
    }
}

#[test]
fn an_answer_of_another_protocol_is_not_taken_for_its() {
    let body =
        br#"{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}],"message":{"content":"no"}}"#;
    let answer = decode_answer(body).unwrap();
    assert_eq!(answer.choices[0].message.parts, [Part::text("hi")]);
}
