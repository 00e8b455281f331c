//! What clients of the chat wire ask, as a provider of this wire is asked (W-160 to W-166).

use domain::{Applied, Extra, Message, Part, Quirks, RawJson, Request, Role, Wire};
use inglenook_wire::anthropic_messages::{encode_request, headers};
use inglenook_wire::openai_chat;
use serde_json::{Value, json};

fn chat(body: &Value) -> Request {
    let mut body = body.clone();
    body["model"] = "agent".into();
    openai_chat::decode_request(body.to_string().as_bytes())
        .unwrap()
        .request
}

fn encode(request: &Request, model: &str, quirks: &Quirks) -> (Value, Vec<Applied>) {
    let mut out = Vec::new();
    let notes = encode_request(request, model, quirks, &mut out);
    (serde_json::from_slice(&out).unwrap(), notes)
}

fn sent(body: &Value, model: &str) -> (Value, Vec<String>) {
    let (sent, notes) = encode(&chat(body), model, &Quirks::default());
    (
        sent,
        notes
            .into_iter()
            .map(|note| format!("{}: {}", note.what, note.how))
            .collect(),
    )
}

fn hello() -> Value {
    json!([{"role": "user", "content": "hi"}])
}

#[test]
fn a_conversation_is_arranged_in_turns() {
    let (sent, notes) = sent(
        &json!({
            "messages": [
                {"role": "system", "content": "be brief"},
                {"role": "assistant", "content": "Hello!"},
                {"role": "user", "content": "weather"},
                {"role": "developer", "content": "be kind"},
                {"role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [
                    {"id": "functions.weather:0", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Rome\"}"}},
                    {"id": "b", "type": "function", "function": {"name": "weather", "arguments": ""}},
                ]},
                {"role": "user", "content": "quick"},
                {"role": "tool", "tool_call_id": "functions.weather:0", "content": "sun"},
                {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "rain"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},
                {"role": "user", "content": ""},
            ],
            "max_tokens": 100,
            "tools": [{"type": "function", "function": {"name": "weather"}}],
        }),
        "claude-sonnet-4-5",
    );
    let calls = sent["messages"][3]["content"].as_array().unwrap();
    let id = calls[0]["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("functions_weather_0_"));
    assert_eq!(sent["max_tokens"], 100);
    assert_eq!(
        sent["system"],
        json!([{"type": "text", "text": "be brief"}, {"type": "text", "text": "be kind"}])
    );
    assert_eq!(
        sent["messages"],
        json!([
            {"role": "user", "content": [{"type": "text", "text": "."}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Hello!"}]},
            {"role": "user", "content": [{"type": "text", "text": "weather"}]},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": id, "name": "weather", "input": {"city": "Rome"}},
                {"type": "tool_use", "id": "b", "name": "weather", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": id, "content": [{"type": "text", "text": "sun"}]},
                {"type": "tool_result", "tool_use_id": "b", "content": [
                    {"type": "text", "text": "rain"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                ]},
                {"type": "text", "text": "quick"},
            ]},
        ])
    );
    assert_eq!(
        sent["tools"],
        json!([{"name": "weather", "input_schema": {"type": "object", "properties": {}}}])
    );
    assert_eq!(
        notes,
        [
            "system messages in the middle: moved to the top",
            "messages: begun with a word of the user, as the wire wants",
            "reasoning without a signature of this wire: left out",
        ]
    );
}

#[test]
fn what_the_wire_lacks_is_told() {
    let (sent, notes) = sent(
        &json!({
            "messages": hello(), "temperature": 1.5, "stop": [" ", "END"], "n": 2, "seed": 4, "logprobs": true,
            "presence_penalty": 1, "logit_bias": {"5": 1}, "user": "ada", "service_tier": "default",
            "stream": true, "stream_options": {"include_usage": true}, "store": true,
        }),
        "claude-3-5-haiku-latest",
    );
    assert_eq!(
        sent,
        json!({
            "model": "claude-3-5-haiku-latest", "max_tokens": 8192, "temperature": 1, "stop_sequences": ["END"],
            "stream": true, "metadata": {"user_id": "ada"}, "service_tier": "standard_only",
            "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        })
    );
    assert_eq!(
        notes,
        [
            "max_tokens: set, the wire wants a number",
            "temperature: sent as 1, the most there is",
            "stop: sequences of white space left out, they are refused",
            "n: left out, this wire has no field for it",
            "seed: left out, this wire has no field for it",
            "presence_penalty: left out, this wire has no field for it",
            "logprobs: left out, this wire has no field for it",
            "logit_bias: left out, this wire has no field for it",
            "store: left out, this wire has no field for it",
        ]
    );
}

#[test]
fn tool_choice_is_mapped() {
    let tools = json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": true}}]);
    for (choice, parallel, expected) in [
        (json!("auto"), Value::Null, json!({"type": "auto"})),
        (json!("none"), json!(false), json!({"type": "none"})),
        (
            json!("required"),
            json!(false),
            json!({"type": "any", "disable_parallel_tool_use": true}),
        ),
        (
            json!({"type": "function", "function": {"name": "f"}}),
            Value::Null,
            json!({"type": "tool", "name": "f"}),
        ),
        (
            Value::Null,
            json!(false),
            json!({"type": "auto", "disable_parallel_tool_use": true}),
        ),
        (Value::Null, json!(true), Value::Null),
    ] {
        let body = json!({"messages": hello(), "tools": tools, "tool_choice": choice, "parallel_tool_calls": parallel});
        let (sent, _) = sent(&body, "m");
        assert_eq!(sent["tool_choice"], expected, "{choice} {parallel}");
        assert_eq!(
            sent["tools"],
            json!([{"name": "f", "input_schema": {"type": "object"}, "strict": true}])
        );
    }
    let (without, notes) = sent(&json!({"messages": hello(), "tool_choice": "required"}), "m");
    assert!(without.get("tool_choice").is_none() && without.get("tools").is_none());
    assert!(
        notes.contains(&"tool_choice: left out, there are no tools".to_owned()),
        "{notes:?}"
    );
}

#[test]
fn thinking_is_asked_for_in_the_models_way() {
    let budget = |tokens: u64| json!({"type": "enabled", "budget_tokens": tokens});
    let adaptive = json!({"type": "adaptive"});
    for (model, fields, thinking, effort, most) in [
        (
            "claude-sonnet-4-0",
            json!({"reasoning_effort": "medium"}),
            budget(8192),
            Value::Null,
            32_000,
        ),
        (
            "claude-sonnet-4-0",
            json!({"reasoning_effort": "none"}),
            json!({"type": "disabled"}),
            Value::Null,
            32_000,
        ),
        (
            "claude-sonnet-4-0",
            json!({"reasoning": {"max_tokens": 3000}}),
            budget(3000),
            Value::Null,
            32_000,
        ),
        (
            "claude-sonnet-4-0",
            json!({"reasoning": {"max_tokens": 50}}),
            budget(1024),
            Value::Null,
            32_000,
        ),
        (
            "claude-sonnet-4-0",
            json!({"thinking": budget(40_000)}),
            budget(40_000),
            Value::Null,
            44_096,
        ),
        (
            "claude-sonnet-4-0",
            json!({"reasoning_effort": "high", "max_tokens": 6000}),
            budget(3000),
            Value::Null,
            6000,
        ),
        (
            "claude-sonnet-4-0",
            json!({"reasoning_effort": "high", "max_tokens": 900}),
            Value::Null,
            Value::Null,
            900,
        ),
        (
            "claude-opus-4-6",
            json!({"reasoning_effort": "xhigh"}),
            adaptive.clone(),
            json!("high"),
            32_000,
        ),
        (
            "claude-opus-4-6",
            json!({"thinking": budget(2000)}),
            budget(2000),
            Value::Null,
            32_000,
        ),
        (
            "claude-opus-4-7",
            json!({"reasoning_effort": "xhigh"}),
            adaptive.clone(),
            json!("xhigh"),
            32_000,
        ),
        (
            "claude-opus-4-7",
            json!({"thinking": budget(20_000)}),
            adaptive.clone(),
            json!("high"),
            32_000,
        ),
        (
            "claude-sonnet-5",
            json!({"reasoning_effort": "minimal"}),
            adaptive.clone(),
            json!("low"),
            32_000,
        ),
        (
            "claude-sonnet-4-0",
            json!({"thinking": adaptive}),
            budget(16_384),
            Value::Null,
            32_000,
        ),
        (
            "claude-sonnet-4-0",
            json!({"thinking": {"type": "enabled"}}),
            budget(8_192),
            Value::Null,
            32_000,
        ),
        (
            "MiniMax-M2",
            json!({"reasoning_effort": "low"}),
            budget(2048),
            Value::Null,
            8192,
        ),
        ("claude-opus-4-7", json!({}), Value::Null, Value::Null, 32_000),
    ] {
        let mut body = json!({"messages": hello()});
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        let (sent, _) = sent(&body, model);
        assert_eq!(sent["thinking"], thinking, "{model} {fields}");
        assert_eq!(sent["output_config"]["effort"], effort, "{model} {fields}");
        assert_eq!(sent["max_tokens"], most, "{model} {fields}");
    }
}

#[test]
fn thinking_and_a_forced_tool_do_not_meet() {
    let body = json!({
        "messages": hello(), "reasoning_effort": "high", "tool_choice": "required",
        "tools": [{"type": "function", "function": {"name": "f"}}],
    });
    let (old, notes) = sent(&body, "claude-sonnet-4-0");
    assert!(old.get("thinking").is_none());
    assert_eq!(old["tool_choice"]["type"], "any");
    assert!(notes.contains(&"reasoning: left out, it is refused where a tool must be called".to_owned()));
    let (new, _) = sent(&body, "claude-opus-4-6");
    assert_eq!(
        (&new["thinking"]["type"], &new["tool_choice"]["type"]),
        (&json!("adaptive"), &json!("any"))
    );
}

fn reasoned(signature: Option<&str>, extra: &[(&str, &str)]) -> Request {
    let mut fields = Extra::new();
    for (name, value) in extra {
        fields.set(*name, RawJson::new(*value));
    }
    let mut request = chat(&json!({
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "let me see", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "a", "content": "ok"},
        ],
        "tools": [{"type": "function", "function": {"name": "f"}}],
        "reasoning_effort": "low",
    }));
    request.messages[1].parts.insert(
        0,
        Part::Reasoning {
            text: "hm".into(),
            signature: signature.map(str::to_owned),
            extra: fields,
        },
    );
    request
}

#[test]
fn signed_blocks_come_back_and_lost_ones_turn_thinking_off() {
    let (kept, notes) = encode(
        &reasoned(Some("SIG"), &[]),
        "claude-sonnet-4-0",
        &Quirks::default(),
    );
    assert_eq!(kept["thinking"]["type"], "enabled");
    assert_eq!(
        kept["messages"][1]["content"],
        json!([
            {"type": "thinking", "thinking": "hm", "signature": "SIG"},
            {"type": "text", "text": "let me see"},
            {"type": "tool_use", "id": "a", "name": "f", "input": {}},
        ])
    );
    assert!(notes.iter().all(|note| note.what != "reasoning"), "{notes:?}");
    let sealed = reasoned(Some("DATA"), &[("redacted", "true")]);
    let (sealed, _) = encode(&sealed, "claude-sonnet-4-0", &Quirks::default());
    assert_eq!(
        sealed["messages"][1]["content"][0],
        json!({"type": "redacted_thinking", "data": "DATA"})
    );
    // unsigned, and signed for another wire
    for lost in [reasoned(None, &[]), reasoned(Some("X"), &[("id", "\"rs_1\"")])] {
        let (sent, notes) = encode(&lost, "claude-sonnet-4-0", &Quirks::default());
        assert!(sent.get("thinking").is_none());
        assert_eq!(sent["messages"][1]["content"][0]["type"], "text");
        assert!(notes.iter().any(|note| note.what == "reasoning"), "{notes:?}");
        let (new, _) = encode(&lost, "claude-opus-4-6", &Quirks::default());
        assert_eq!(new["thinking"]["type"], "adaptive", "it does without");
    }
}

#[test]
fn an_answer_by_schema_is_native_or_a_forced_tool() {
    let schema =
        json!({"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": false});
    let body = json!({
        "messages": hello(),
        "response_format": {"type": "json_schema", "json_schema": {"name": "place", "schema": schema, "strict": true}},
    });
    let (native, _) = sent(&body, "claude-sonnet-4-5");
    assert_eq!(
        native["output_config"],
        json!({"format": {"type": "json_schema", "schema": schema}})
    );
    assert!(native.get("tools").is_none());
    let quirks = Quirks {
        no_json_schema: true,
        ..Quirks::default()
    };
    for (model, quirks) in [
        ("claude-3-5-haiku-latest", Quirks::default()),
        ("claude-sonnet-4-5", quirks),
    ] {
        let (forced, notes) = encode(&chat(&body), model, &quirks);
        assert!(forced.get("output_config").is_none());
        assert_eq!(forced["tools"][0]["name"], "answer_in_json");
        assert_eq!(forced["tools"][0]["input_schema"], schema);
        assert_eq!(
            forced["tool_choice"],
            json!({"type": "tool", "name": "answer_in_json"})
        );
        assert!(notes.iter().any(|note| note.what == "response_format"));
        let mut tools = body.clone();
        tools["tools"] = json!([{"type": "function", "function": {"name": "f"}}]);
        let (both, _) = encode(&chat(&tools), model, &quirks);
        assert_eq!(both["tool_choice"], json!({"type": "any"}));
        assert_eq!(both["tools"].as_array().unwrap().len(), 2);
    }
    let (free, _) = sent(
        &json!({"messages": hello(), "response_format": {"type": "json_object"}}),
        "m",
    );
    assert!(free["system"][0]["text"].as_str().unwrap().contains("JSON"));
}

#[test]
fn documents_travel_in_their_own_form() {
    let file =
        |data: &str, name: &str| json!({"type": "file", "file": {"file_data": data, "filename": name}});
    let (sent, _) = sent(
        &json!({"messages": [{"role": "user", "content": [
            file("data:application/pdf;base64,JVBE", "a.pdf"),
            file("data:text/plain;base64,aMOp", "b.txt"),
            {"type": "file", "file": {"file_id": "file_1"}},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
            {"type": "text", "text": "read", "cache_control": {"type": "ephemeral"}},
        ]}]}),
        "m",
    );
    assert_eq!(
        sent["messages"][0]["content"],
        json!([
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}, "title": "a.pdf"},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hé"}, "title": "b.txt"},
            {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
            {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
            {"type": "text", "text": "read", "cache_control": {"type": "ephemeral"}},
        ])
    );
}

#[test]
fn four_cache_marks_are_the_most() {
    let text = |text: &str| json!({"type": "text", "text": text, "cache_control": {"type": "ephemeral"}});
    let body = json!({
        "messages": [
            {"role": "system", "content": [text("s")]},
            {"role": "user", "content": [text("1"), text("2"), text("3"), text("4")]},
        ],
        "tools": [{"type": "function", "function": {"name": "f"}, "cache_control": {"type": "ephemeral"}}],
    });
    let (sent, notes) = sent(&body, "m");
    let marked = |value: &Value| value.get("cache_control").is_some();
    assert!(marked(&sent["system"][0]) && marked(&sent["tools"][0]));
    let said: Vec<bool> = sent["messages"][0]["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(marked)
        .collect();
    assert_eq!(said, [false, false, true, true]);
    assert!(notes.contains(&"cache marks: the first ones left out, four are the most".to_owned()));
}

#[test]
fn another_wires_own_parts_stay_behind() {
    let mut request = chat(&json!({"messages": hello()}));
    request.messages.push(Message {
        role: Role::Assistant,
        parts: vec![
            Part::Opaque {
                wire: Wire::OpenAiResponses,
                value: RawJson::new(r#"{"type":"web_search_call"}"#),
            },
            Part::Opaque {
                wire: Wire::AnthropicMessages,
                value: RawJson::new(r#"{"type":"server_tool_use","id":"s","name":"x","input":{}}"#),
            },
            Part::text("done  "),
        ],
        extra: Extra::new(),
    });
    let (sent, notes) = encode(&request, "m", &Quirks::default());
    assert_eq!(
        sent["messages"][1]["content"],
        json!([
            {"type": "server_tool_use", "id": "s", "name": "x", "input": {}},
            {"type": "text", "text": "done"},
        ])
    );
    let told: Vec<&str> = notes.iter().map(|note| note.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "max_tokens",
            "a part that this wire has no form for",
            "white space at the end of the last message"
        ]
    );
}

#[test]
fn text_behind_a_call_goes_before_it() {
    let mut request = reasoned(Some("SIG"), &[]);
    request.messages[1].parts.push(Part::text("and?"));
    let (sent, _) = encode(&request, "m", &Quirks::default());
    let kinds: Vec<&Value> = sent["messages"][1]["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|block| &block["type"])
        .collect();
    assert_eq!(kinds, ["thinking", "text", "text", "tool_use"]);
}

#[test]
fn betas_are_a_header() {
    let mut request = Request {
        wire: Wire::AnthropicMessages,
        ..Request::default()
    };
    request.extra.set("betas", RawJson::new(r#"["a-1","b-2"]"#));
    assert_eq!(
        headers(&request),
        [
            ("anthropic-version", "2023-06-01".into()),
            ("anthropic-beta", "a-1,b-2".into())
        ]
    );
    request.wire = Wire::OpenAiChat;
    assert_eq!(headers(&request).len(), 1);
    let file =
        json!({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]});
    assert_eq!(headers(&chat(&file))[1].1, "files-api-2025-04-14");
}
