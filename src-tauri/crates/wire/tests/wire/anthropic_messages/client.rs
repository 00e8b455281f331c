//! The side where we are the server (W-140 to W-155, W-101).

use domain::{
    Answer, Choice, Delta, Event, Extra, Failure, FailureKind, Message, OutputFormat, Part, Quirks, RawJson,
    Role, StopReason, ToolChoice, Usage,
};
use inglenook_wire::anthropic_messages::{
    Envelope, ListedModel, Page, Signer, decode_count_request, decode_models, decode_request, encode_answer,
    encode_error, encode_models, encode_request, next_page,
};
use inglenook_wire::openai_chat;
use serde_json::{Value, json};

use super::strict;
use super::support::{envelope, serve};

fn decode(body: &Value) -> Result<domain::Request, Failure> {
    decode_request(body.to_string().as_bytes()).map(|client| client.request)
}

fn minimal() -> Value {
    json!({"model": "a", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]})
}

fn with(fields: Value) -> Value {
    let mut body = minimal();
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[test]
fn mistakes_are_named() {
    for (fields, param) in [
        (json!({"max_tokens": null}), "max_tokens"),
        (json!({"max_tokens": 0}), "max_tokens"),
        (json!({"messages": null}), "messages"),
        (json!({"messages": []}), "messages"),
        (json!({"messages": "hi"}), "messages"),
        (json!({"messages": ["hi"]}), "messages[0]"),
        (json!({"messages": [{"content": "x"}]}), "messages[0].role"),
        (
            json!({"messages": [{"role": "tool", "content": "x"}]}),
            "messages[0].role",
        ),
        (json!({"messages": [{"role": "user"}]}), "messages[0].content"),
        (
            json!({"messages": [{"role": "user", "content": [{}]}]}),
            "messages[0].content[0].type",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "text"}]}]}),
            "messages[0].content[0].text",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "base64"}}]}]}),
            "messages[0].content[0].source.data",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]}),
            "messages[0].content[0].tool_use_id",
        ),
        (json!({"temperature": 1.5}), "temperature"),
        (json!({"stop_sequences": "x"}), "stop_sequences"),
        (json!({"tools": [{"input_schema": {}}]}), "tools[0].name"),
        (json!({"tools": [{"name": "a b"}]}), "tools[0].name"),
        (
            json!({"tools": [{"name": "a", "input_schema": "x"}]}),
            "tools[0].input_schema",
        ),
        (json!({"tool_choice": {"type": "tool"}}), "tool_choice.name"),
        (json!({"thinking": 5}), "thinking"),
        (json!({"system": 5}), "system"),
    ] {
        let failure = decode(&with(fields.clone())).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::InvalidRequest, "{fields}");
        assert_eq!(failure.param(), Some(param), "{fields}");
    }
    let mut count = minimal();
    count.as_object_mut().unwrap().remove("max_tokens");
    assert!(decode_count_request(count.to_string().as_bytes()).is_ok());
    assert!(decode(&count).is_err());
}

#[test]
fn a_request_means_the_same_to_others() {
    let body = with(json!({
        "system": [{"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "weather"}, {"type": "search_result", "title": "x"}]},
            {"role": "system", "content": "be kind"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": "S"},
                {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
            ]},
            {"role": "user", "content": [
                {"type": "text", "text": "and"},
                {"type": "tool_result", "tool_use_id": "a", "content": "sun", "is_error": true},
            ]},
        ],
        "tools": [
            {"name": "f", "description": "d", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}},
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
        ],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": true},
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "output_config": {"effort": "high", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        "stop_sequences": ["END"], "top_k": 5, "metadata": {"user_id": "u", "session_id": "s1"}, "stream": true,
    }));
    let client = decode_request(body.to_string().as_bytes()).unwrap();
    assert_eq!(
        (client.model.as_deref(), client.session_id.as_deref()),
        (Some("a"), Some("s1"))
    );
    let request = client.request;
    let roles: Vec<Role> = request.messages.iter().map(|message| message.role).collect();
    assert_eq!(
        roles,
        [
            Role::System,
            Role::User,
            Role::System,
            Role::Assistant,
            Role::Tool,
            Role::User
        ]
    );
    assert_eq!(request.tool_choice, Some(ToolChoice::Required));
    let params = &request.params;
    assert_eq!(
        (params.parallel_tool_calls, params.reasoning_tokens, params.top_k),
        (Some(false), Some(2000), Some(5))
    );
    assert_eq!(params.reasoning_effort.as_deref(), Some("high"));
    assert!(
        matches!(&request.format, OutputFormat::JsonSchema { schema, .. } if schema.get() == r#"{"type":"object"}"#)
    );
    assert!(request.stream);
    // to a provider of the chat wire
    let mut out = Vec::new();
    let notes = openai_chat::encode_request(
        &request,
        "m",
        &Quirks {
            no_extra_fields: true,
            ..Quirks::default()
        },
        &mut out,
    );
    let sent: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(
        sent["messages"],
        json!([
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "weather"},
            {"role": "system", "content": "be kind"},
            {"role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
            ]},
            {"role": "tool", "tool_call_id": "a", "content": "sun"},
            {"role": "user", "content": "and"},
        ])
    );
    assert_eq!(sent["tools"].as_array().unwrap().len(), 1, "{sent}");
    assert_eq!(sent["tools"][0]["function"]["name"], "f");
    assert!(
        notes.iter().any(|note| note.what == "tool web_search"),
        "{notes:?}"
    );
    // and to one of this wire, without the session that is ours
    let mut out = Vec::new();
    encode_request(&request, "m", &Quirks::default(), &mut out);
    let sent: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(sent["metadata"], json!({"user_id": "u"}));
    assert_eq!(sent["tools"], body["tools"]);
}

#[test]
fn instructions_between_messages_stay_where_the_model_takes_them() {
    let body = with(json!({"messages": [
        {"role": "user", "content": "a"}, {"role": "system", "content": "b"}, {"role": "assistant", "content": "c"},
        {"role": "system", "content": "d"}, {"role": "user", "content": "e"},
    ]}));
    let request = decode(&body).unwrap();
    for (model, roles, folded) in [
        (
            "claude-opus-4-8",
            vec!["user", "system", "assistant", "user"],
            vec!["d"],
        ),
        (
            "claude-sonnet-4-5",
            vec!["user", "assistant", "user"],
            vec!["b", "d"],
        ),
    ] {
        let mut out = Vec::new();
        encode_request(&request, model, &Quirks::default(), &mut out);
        let sent: Value = serde_json::from_slice(&out).unwrap();
        let said: Vec<&Value> = sent["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| &m["role"])
            .collect();
        assert_eq!(said, roles, "{model}");
        let system: Vec<&Value> = sent["system"]
            .as_array()
            .unwrap()
            .iter()
            .map(|b| &b["text"])
            .collect();
        assert_eq!(system, folded, "{model}");
    }
}

fn answer(parts: Vec<Part>, reason: StopReason) -> Answer {
    Answer {
        choices: vec![Choice {
            message: Message {
                role: Role::Assistant,
                parts,
                extra: Extra::new(),
            },
            reason,
            logprobs: None,
        }],
        ..Answer::default()
    }
}

/// The answer as it is served whole, after a stream of it was found to say the same.
fn served(answer: &Answer, envelope: Envelope) -> Value {
    let mut out = Vec::new();
    encode_answer(answer, &envelope, &mut out);
    let whole: Value = serde_json::from_slice(&out).unwrap();
    strict::check_message(&whole);
    let stream = strict::read(&serve(&answer.clone().into_events(), &Ok(()), envelope));
    assert!(stream.done);
    assert_eq!(stream.message, whole);
    whole
}

#[test]
fn answers_of_other_wires_are_canonical() {
    let usage = Usage {
        input: 30,
        cached_input: 10,
        cache_write: 5,
        output: 7,
        reasoning: 0,
    };
    let call = |id: &str, arguments: &str| Part::ToolCall {
        id: id.into(),
        name: "f".into(),
        arguments: arguments.into(),
        extra: Extra::new(),
    };
    let mut all = answer(
        vec![
            Part::reasoning("hm"),
            Part::text("so"),
            call("a", "{\"x\":1}"),
            call("b", ""),
        ],
        StopReason::Stop,
    );
    all.usage = Some((usage, RawJson::new(r#"{"prompt_tokens":30}"#)));
    let whole = served(&all, envelope());
    assert_eq!(
        whole["content"],
        json!([
            {"type": "thinking", "thinking": "hm", "signature": ""},
            {"type": "text", "text": "so"},
            {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
            {"type": "tool_use", "id": "b", "name": "f", "input": {}},
        ])
    );
    assert_eq!(whole["stop_reason"], "tool_use");
    assert_eq!(
        whole["usage"],
        json!({"input_tokens": 15, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 10, "output_tokens": 7})
    );
    let signed = Envelope {
        signer: Some(Signer::new(|text| format!("ours:{}", text.len()))),
        ..envelope()
    };
    assert_eq!(served(&all, signed)["content"][0]["signature"], "ours:2");

    let refused = served(
        &answer(vec![Part::Refusal { text: "no".into() }], StopReason::Stop),
        envelope(),
    );
    assert_eq!(
        (&refused["content"][0]["text"], &refused["stop_reason"]),
        (&json!("no"), &json!("refusal"))
    );
    for (reason, word) in [
        (StopReason::Stop, "end_turn"),
        (StopReason::Length, "max_tokens"),
        (StopReason::ToolCalls, "end_turn"),
        (StopReason::ContentFilter, "refusal"),
    ] {
        assert_eq!(
            served(&answer(vec![Part::text("x")], reason), envelope())["stop_reason"],
            word
        );
    }
    let nothing = served(&answer(Vec::new(), StopReason::Stop), envelope());
    assert_eq!(nothing["content"], json!([]));
}

fn start_call(index: u32) -> Event {
    delta(Delta::ToolCallStart {
        index,
        id: format!("call_{index}"),
        name: "f".into(),
        extra: Extra::new(),
    })
}

fn arguments(index: u32, fragment: &str) -> Event {
    delta(Delta::ToolCallArguments {
        index,
        fragment: fragment.into(),
    })
}

fn delta(delta: Delta) -> Event {
    Event::Delta { choice: 0, delta }
}

#[test]
fn one_block_is_open_at_a_time_however_calls_interleave() {
    let text = |text: &str| {
        delta(Delta::Text {
            text: text.into(),
            logprobs: None,
        })
    };
    let events = [
        start_call(0),
        arguments(0, "{\"a\""),
        start_call(1),
        arguments(1, "{\"b\""),
        text("meanwhile"),
        delta(Delta::Reasoning { text: "hm".into() }),
        start_call(2),
        arguments(1, ":1}"),
        arguments(2, "{\"c\":"),
        arguments(0, ":0}"),
        arguments(2, "2}"),
        Event::Finished {
            choice: 0,
            reason: StopReason::ToolCalls,
        },
    ];
    let stream = serve(&events, &Ok(()), envelope());
    let read = strict::read(&stream);
    assert_eq!(
        read.message["content"],
        json!([
            {"type": "tool_use", "id": "call_0", "name": "f", "input": {"a": 0}},
            {"type": "tool_use", "id": "call_1", "name": "f", "input": {"b": 1}},
            {"type": "text", "text": "meanwhile"},
            {"type": "thinking", "thinking": "hm", "signature": ""},
            {"type": "tool_use", "id": "call_2", "name": "f", "input": {"c": 2}},
        ])
    );
    // arguments of the open call are not held back
    let early = serve(&events[..2], &Ok(()), envelope());
    assert!(early.contains("partial_json"), "{early}");
}

#[test]
fn an_answer_that_breaks_off_never_ends_well() {
    let events = [delta(Delta::Text {
        text: "half".into(),
        logprobs: None,
    })];
    for outcome in [Ok(()), Err(Failure::new(FailureKind::UpstreamOverloaded, "busy"))] {
        let read = strict::read(&serve(&events, &outcome, envelope()));
        assert!(!read.done && read.error.is_some());
    }
    let none = serve(
        &[],
        &Err(Failure::new(FailureKind::UpstreamFailed, "x")),
        envelope(),
    );
    assert!(strict::read(&none).error.is_some());
}

#[test]
fn every_kind_of_failure_has_a_body() {
    let mut text = String::new();
    for kind in FailureKind::ALL {
        let mut out = Vec::new();
        encode_error(&Failure::new(*kind, "A sentence."), Some("req_1"), &mut out);
        let body: Value = serde_json::from_slice(&out).unwrap();
        strict::check_error(&body);
        assert_eq!(body["request_id"], "req_1");
        text.push_str(&format!(
            "{:<26} {}\n",
            kind.as_str(),
            body["error"]["type"].as_str().unwrap()
        ));
    }
    crate::golden::snapshot("anthropic-errors-out".into(), text);
}

#[test]
fn our_models_are_listed_by_the_page() {
    let models: Vec<ListedModel> = ["a", "b", "c", "d"]
        .map(|id| ListedModel {
            id: id.into(),
            display_name: id.to_uppercase(),
            created_at: "2026-01-02T03:04:05Z".into(),
            max_input_tokens: Some(8192),
            max_tokens: None,
        })
        .into();
    let page = |limit, after: Option<&str>, before: Option<&str>| {
        let page = Page {
            limit,
            after_id: after.map(str::to_owned),
            before_id: before.map(str::to_owned),
        };
        let mut out = Vec::new();
        encode_models(&models, &page, &mut out).map(|()| serde_json::from_slice::<Value>(&out).unwrap())
    };
    for (query, ids, more) in [
        (page(None, None, None), "abcd", false),
        (page(Some(2), None, None), "ab", true),
        (page(Some(2), Some("b"), None), "cd", false),
        (page(Some(1), Some("b"), None), "c", true),
        (page(Some(2), None, Some("d")), "bc", true),
        (page(Some(5), None, Some("a")), "", false),
    ] {
        let query = query.unwrap();
        let said: String = query["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| m["id"].as_str().unwrap())
            .collect();
        assert_eq!((said.as_str(), &query["has_more"]), (ids, &json!(more)));
        assert_eq!(query["first_id"].as_str(), ids.get(..1));
        assert_eq!(
            query["last_id"].as_str(),
            ids.len().checked_sub(1).map(|at| &ids[at..])
        );
    }
    let first = &page(None, None, None).unwrap()["data"][0];
    let expected = json!({"type": "model", "id": "a", "display_name": "A", "created_at": "2026-01-02T03:04:05Z", "max_input_tokens": 8192});
    assert_eq!(first, &expected);
    assert_eq!(page(Some(0), None, None).unwrap_err().param(), Some("limit"));
    assert_eq!(page(None, Some("x"), None).unwrap_err().param(), Some("after_id"));
}

#[test]
fn a_providers_models_are_read_with_their_limits() {
    let body = br#"{"data":[{"type":"model","id":"claude-x","display_name":"X","created_at":"2026-01-01T00:00:00Z",
        "max_input_tokens":200000,"max_tokens":64000,"capabilities":{"image_input":{"supported":true},"thinking":{"supported":false}}},
        {"type":"model","id":"claude-y"}],"has_more":true,"first_id":"claude-x","last_id":"claude y"}"#;
    let models = decode_models(body).unwrap();
    assert_eq!(models.len(), 2);
    assert_eq!(
        (models[0].context, models[0].max_output),
        (Some(200_000), Some(64_000))
    );
    assert_eq!(
        (models[0].abilities.images, models[0].abilities.reasoning),
        (Some(true), Some(false))
    );
    assert_eq!((models[1].context, models[1].abilities.images), (None, None));
    assert_eq!(
        next_page(body).unwrap().as_deref(),
        Some("/models?limit=1000&after_id=claude%20y")
    );
    assert_eq!(
        next_page(br#"{"data":[],"has_more":false,"last_id":"a"}"#).unwrap(),
        None
    );
    assert!(decode_models(b"[]").is_err());
}
