//! Requests of clients: what is refused and with which words, and what reaches the provider.

use domain::{FailureKind, Message, Part, Quirks, Role, ToolChoice};
use inglenook_wire::openai_chat::{check_tool_results, decode_request};
use serde_json::{Value, json};

use crate::round_trip::{decode, encode, round_trip};

fn hi() -> Value {
    json!([{"role": "user", "content": "hi"}])
}

/// A request with one more field.
fn with(name: &str, value: &Value) -> Value {
    let mut body = json!({"model": "m", "messages": hi()});
    body[name] = value.clone();
    body
}

#[track_caller]
fn refused(body: &Value, param: &str, code: &str) {
    let failure = decode(body).expect_err(&body.to_string());
    assert_eq!(failure.kind(), FailureKind::InvalidRequest, "{body}");
    assert_eq!(
        (failure.param(), failure.code()),
        (Some(param), Some(code)),
        "{body}: {failure}"
    );
}

#[test]
fn values_out_of_range_are_refused_by_name() {
    for (name, value, code) in [
        ("temperature", json!(2.1), "decimal_above_max_value"),
        ("temperature", json!(-0.1), "decimal_below_min_value"),
        ("temperature", json!("hot"), "invalid_type"),
        ("temperature", json!("NaN"), "invalid_type"),
        ("temperature", json!([1]), "invalid_type"),
        ("top_p", json!(1.01), "decimal_above_max_value"),
        ("top_p", json!(-1), "decimal_below_min_value"),
        ("presence_penalty", json!(3), "decimal_above_max_value"),
        ("frequency_penalty", json!(-2.5), "decimal_below_min_value"),
        ("max_tokens", json!(0), "integer_below_min_value"),
        ("max_tokens", json!(-5), "integer_below_min_value"),
        ("max_tokens", json!(1.5), "invalid_type"),
        ("max_completion_tokens", json!(0), "integer_below_min_value"),
        ("max_completion_tokens", json!(1e25), "integer_above_max_value"),
        ("n", json!(0), "integer_below_min_value"),
        ("n", json!(129), "integer_above_max_value"),
        ("top_logprobs", json!(21), "integer_above_max_value"),
        ("top_logprobs", json!(5), "invalid_value"),
        ("seed", json!("x"), "invalid_type"),
        ("stop", json!(["a", "b", "c", "d", "e"]), "array_above_max_length"),
        ("stop", json!(7), "invalid_type"),
        ("stream", json!("yes"), "invalid_type"),
        ("stream_options", json!(true), "invalid_type"),
        ("logprobs", json!("yes"), "invalid_type"),
        ("model", json!(7), "invalid_type"),
        ("session_id", json!(7), "invalid_type"),
        ("reasoning_effort", json!(7), "invalid_type"),
        ("tools", json!({}), "invalid_type"),
        ("tool_choice", json!("maybe"), "invalid_value"),
        (
            "tool_choice",
            json!({"type": "function", "function": {"name": "f"}}),
            "invalid_value",
        ),
        ("response_format", json!("json"), "invalid_type"),
    ] {
        refused(&with(name, &value), name, code);
    }
    for (name, value, param, code) in [
        ("stop", json!(["a", 1]), "stop[1]", "invalid_type"),
        ("tools", json!([7]), "tools[0]", "invalid_type"),
        (
            "tools",
            json!([{"type": "function"}]),
            "tools[0].name",
            "missing_required_parameter",
        ),
        (
            "tools",
            json!([{"type": "function", "function": {}}]),
            "tools[0].function.name",
            "missing_required_parameter",
        ),
        (
            "tools",
            json!([{"type": "function", "function": {"name": "a b"}}]),
            "tools[0].function.name",
            "invalid_value",
        ),
        (
            "tools",
            json!([{"type": "function", "function": {"name": "f", "parameters": 1}}]),
            "tools[0].function.parameters",
            "invalid_type",
        ),
        (
            "response_format",
            json!({"type": "xml"}),
            "response_format.type",
            "invalid_value",
        ),
        (
            "response_format",
            json!({"type": "json_schema"}),
            "response_format.json_schema",
            "missing_required_parameter",
        ),
        (
            "stream_options",
            json!({"include_usage": 1}),
            "stream_options.include_usage",
            "invalid_type",
        ),
    ] {
        refused(&with(name, &value), param, code);
    }
}

#[test]
fn messages_at_fault_are_named() {
    refused(&json!({"model": "m"}), "messages", "missing_required_parameter");
    refused(
        &json!({"messages": null}),
        "messages",
        "missing_required_parameter",
    );
    refused(&json!({"messages": []}), "messages", "empty_array");
    refused(&json!({"messages": "hi"}), "messages", "invalid_type");
    for (message, field, code) in [
        (json!("hi"), "", "invalid_type"),
        (json!({"content": "x"}), ".role", "missing_required_parameter"),
        (json!({"role": "robot", "content": "x"}), ".role", "invalid_value"),
        (json!({"role": 7, "content": "x"}), ".role", "invalid_type"),
        (json!({"role": "user"}), ".content", "missing_required_parameter"),
        (
            json!({"role": "user", "content": null}),
            ".content",
            "missing_required_parameter",
        ),
        (json!({"role": "user", "content": 7}), ".content", "invalid_type"),
        (
            json!({"role": "user", "content": {"text": "x"}}),
            ".content",
            "invalid_type",
        ),
        (
            json!({"role": "user", "content": ["x"]}),
            ".content[0]",
            "invalid_type",
        ),
        (
            json!({"role": "user", "content": [{"text": "x"}]}),
            ".content[0].type",
            "missing_required_parameter",
        ),
        (
            json!({"role": "user", "content": [{"type": "text", "text": "x"}, {"type": "hologram"}]}),
            ".content[1].type",
            "invalid_value",
        ),
        (
            json!({"role": "user", "content": [{"type": "text", "text": 7}]}),
            ".content[0].text",
            "invalid_type",
        ),
        (
            json!({"role": "user", "content": [{"type": "image_url"}]}),
            ".content[0].image_url",
            "missing_required_parameter",
        ),
        (
            json!({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]}),
            ".content[0].image_url.url",
            "invalid_image_url",
        ),
        (
            json!({"role": "tool", "content": "x"}),
            ".tool_call_id",
            "missing_required_parameter",
        ),
        (
            json!({"role": "function", "content": "x"}),
            ".name",
            "missing_required_parameter",
        ),
        (
            json!({"role": "assistant", "tool_calls": {}}),
            ".tool_calls",
            "invalid_type",
        ),
        (
            json!({"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]}),
            ".tool_calls[0].id",
            "missing_required_parameter",
        ),
        (
            json!({"role": "assistant", "tool_calls": [{"id": "1"}]}),
            ".tool_calls[0].function",
            "missing_required_parameter",
        ),
        (
            json!({"role": "assistant", "tool_calls": [{"id": "1", "function": {}}]}),
            ".tool_calls[0].function.name",
            "missing_required_parameter",
        ),
        (
            json!({"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": 7}}]}),
            ".tool_calls[0].function.arguments",
            "invalid_type",
        ),
    ] {
        let body = json!({"messages": [{"role": "user", "content": "hi"}, message]});
        refused(&body, &format!("messages[1]{field}"), code);
    }
}

#[test]
fn what_is_no_json_object_is_refused() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for body in [
        "",
        "null",
        "[]",
        "7",
        "\"x\"",
        "{",
        "{\"messages\":",
        "{}}",
        "{\"a\":1,}",
        "nan",
        &deep(200),
        &deep(1_000_000),
        &format!(
            "{{\"messages\":[{{\"role\":\"user\",\"content\":\"hi\",\"x\":{}}}]}}",
            deep(130)
        ),
        &"[".repeat(100_000),
        &"{\"a\":".repeat(100_000),
        r#"{"messages":[{"role":"user","content":"\ud800"}]}"#,
    ] {
        let failure = decode_request(body.as_bytes()).expect_err(&body[..body.len().min(40)]);
        assert_eq!(failure.kind(), FailureKind::InvalidRequest);
        assert!(
            failure.message().starts_with("We could not parse the JSON body"),
            "{failure}"
        );
    }
    assert!(decode_request(b"{\"messages\":[{\"role\":\"user\",\"content\":\"\xFF\"}]}").is_err());
    let nested = format!(
        r#"{{"messages":[{{"role":"user","content":"hi"}}],"x":{}}}"#,
        deep(120)
    );
    assert!(decode_request(nested.as_bytes()).is_ok());
}

#[test]
fn ten_megabytes_in_one_text_are_read() {
    let text = "0123456789\\\"\n".repeat(800_000);
    let request = decode(&json!({"messages": [{"role": "user", "content": text}]})).unwrap();
    assert_eq!(request.request.messages, [Message::text(Role::User, text)]);
}

#[test]
fn what_stands_around_the_conversation_is_read() {
    let request = decode(&with("model", &json!("reviewer@3"))).unwrap();
    assert_eq!(
        (request.model.as_deref(), request.session_id),
        (Some("reviewer@3"), None)
    );
    assert_eq!(decode(&json!({"messages": hi()})).unwrap().model, None);
    assert_eq!(
        decode(&with("session_id", &json!("s1")))
            .unwrap()
            .session_id
            .as_deref(),
        Some("s1")
    );
    let both = json!({"messages": hi(), "metadata": {"session_id": "s2", "k": "v"}, "session_id": null});
    let request = decode(&both).unwrap();
    assert_eq!(request.session_id.as_deref(), Some("s2"));
    let (sent, _) = encode(&request, &Quirks::default());
    assert_eq!(sent["metadata"], json!({"session_id": "s2", "k": "v"}));
    assert!(sent.get("session_id").is_none());
    for (stream, wanted) in [(json!(true), true), (json!(false), false), (json!(null), false)] {
        let body = json!({"messages": hi(), "stream": stream, "stream_options": {"include_usage": true}});
        assert_eq!(decode(&body).unwrap().include_usage, wanted);
    }
    let both = json!({"messages": hi(), "max_tokens": 5, "max_completion_tokens": 7});
    assert_eq!(decode(&both).unwrap().request.params.max_output_tokens, Some(7));
    // words of systems that we stand in for
    assert_eq!(
        decode(&with("temperature", &json!("0.5")))
            .unwrap()
            .request
            .params
            .temperature,
        Some(0.5)
    );
    assert!(
        decode(&with("tools", &json!("no-tools")))
            .unwrap()
            .request
            .tools
            .is_empty()
    );
    assert_eq!(
        decode(&with("tool_choice", &json!("none")))
            .unwrap()
            .request
            .tool_choice,
        Some(ToolChoice::None)
    );
}

#[test]
fn legacy_functions_become_tools() {
    let body = json!({
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "1"},
            {"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "2"},
        ],
        "functions": [{"name": "f"}],
        "function_call": {"name": "f"},
    });
    let request = decode(&body).unwrap();
    assert_eq!(check_tool_results(&request.request.messages), Ok(()));
    let (sent, _) = encode(&request, &Quirks::default());
    let ids: Vec<&Value> = [1, 3]
        .iter()
        .map(|at| &sent["messages"][at]["tool_calls"][0]["id"])
        .collect();
    assert_ne!(ids[0], ids[1]);
    assert_eq!(&sent["messages"][2]["tool_call_id"], ids[0]);
    assert_eq!(&sent["messages"][4]["tool_call_id"], ids[1]);
    assert_eq!(
        sent["tools"][0]["function"]["parameters"],
        json!({"type": "object", "properties": {}})
    );
    assert_eq!(
        sent["tool_choice"],
        json!({"type": "function", "function": {"name": "f"}})
    );
    let both = json!({"messages": hi(), "functions": [{"name": "f"}], "tools": [{"type": "function", "function": {"name": "g"}}]});
    let tools = decode(&both).unwrap().request.tools;
    assert_eq!((tools.len(), tools[0].name.as_str()), (1, "g"));
}

#[test]
fn tool_results_answer_calls() {
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let check = |messages: Value| {
        let request = decode(&json!({"messages": messages})).unwrap();
        check_tool_results(&request.request.messages).map_err(|failure| failure.param().unwrap().to_owned())
    };
    let asks = json!({"role": "assistant", "tool_calls": [call("1"), call("2")]});
    let answer = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "x"});
    let user = json!({"role": "user", "content": "hi"});
    assert_eq!(check(json!([user, asks, answer("2"), answer("1"), user])), Ok(()));
    assert_eq!(
        check(json!([user, answer("1")])),
        Err("messages[1].tool_call_id".into())
    );
    assert_eq!(
        check(json!([user, asks, answer("1"), answer("1")])),
        Err("messages[3].tool_call_id".into())
    );
    assert_eq!(
        check(json!([user, asks, answer("1"), user])),
        Err("messages[1].tool_calls".into())
    );
    assert_eq!(check(json!([user, asks])), Err("messages[1].tool_calls".into()));
}

#[test]
fn quirks_are_obeyed_and_told() {
    let body = json!({
        "messages": [
            {"role": "developer", "content": [{"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral"}}]},
            {"role": "assistant", "content": "hm", "reasoning_content": "think", "reasoning_details": [{}]},
            {"role": "user", "content": "hi", "name": "Ada", "x_extra": 1},
        ],
        "max_tokens": 5, "stream": true, "stream_options": {"include_obfuscation": false}, "user": "u",
        "reasoning": {"effort": "low"},
        "tools": [{"type": "function", "function": {"name": "f", "x": 1}, "cache_control": {}}],
    });
    let request = decode(&body).unwrap();
    let all = Quirks {
        max_tokens: true,
        no_stream_options: true,
        no_developer_role: true,
        no_extra_fields: true,
        no_nested_extra_fields: true,
        no_reasoning_history: true,
        no_json_schema: true,
    };
    let (sent, mut notes) = encode(&request, &all);
    let expected = json!({
        "model": "upstream-model",
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "assistant", "content": "hm"},
            {"role": "user", "content": "hi", "name": "Ada"},
        ],
        "max_tokens": 5, "stream": true, "reasoning_effort": "low",
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
    });
    assert_eq!(sent, expected);
    notes.sort();
    crate::golden::snapshot("quirks".into(), notes.join("\n"));
    let (sent, notes) = encode(&request, &Quirks::default());
    assert_eq!(notes, Vec::<String>::new());
    assert_eq!(
        sent["stream_options"],
        json!({"include_usage": true, "include_obfuscation": false})
    );
}

#[test]
fn results_inside_other_messages_become_tool_messages() {
    let result = Part::ToolResult {
        call_id: "1".into(),
        parts: vec![Part::text("a"), Part::text("b")],
        is_error: false,
        extra: domain::Extra::new(),
    };
    let mut request = decode(&json!({"messages": hi()})).unwrap();
    request.request.messages = vec![Message {
        role: Role::User,
        parts: vec![result, Part::text("and?")],
        extra: domain::Extra::new(),
    }];
    let (sent, _) = encode(&request, &Quirks::default());
    let text = |text: &str| json!({"type": "text", "text": text});
    let expected = json!([
        {"role": "tool", "tool_call_id": "1", "content": [text("a"), text("b")]},
        {"role": "user", "content": "and?"},
    ]);
    assert_eq!(sent["messages"], expected);
}

#[test]
fn requests_of_every_kind_reach_the_provider_unchanged() {
    round_trip(&json!({
        "model": "m",
        "messages": [
            {"role": "system", "content": "a", "cache_control": {"type": "ephemeral"}},
            {"role": "developer", "content": [{"type": "text", "text": "b"}, {"type": "text", "text": "c", "cache_control": {"ttl": "1h"}}]},
            {"role": "user", "name": "Ada", "content": [
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low", "x": 1}, "cache_control": {}},
                {"type": "image_url", "image_url": "https://example.com/a.png"},
                {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3", "x": [1.50]}},
                {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf", "x": {}}},
                {"type": "file", "file": {"file_id": "file-1"}},
                {"type": "video_url", "video_url": {"url": "https://example.com/v"}},
            ]},
            {"role": "user", "content": "again"},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "t"}]}, {"type": "text", "text": "u"}]},
            {"role": "assistant", "content": null, "refusal": "no"},
            {"role": "assistant", "content": "", "reasoning_content": "r", "reasoning_details": [{"type": "x", "signature": "s"}], "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{broken", "y": 2}, "extra_content": {"google": {"thought_signature": "s"}}},
                {"id": "2", "type": "custom", "custom": {"name": "g", "input": "free text"}},
            ]},
            {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": "https://example.com/b"}}]},
            {"role": "tool", "tool_call_id": "2", "content": "", "name": "g"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object", "b": 1, "a": 2}, "strict": true, "z": 1}, "cache_control": {"type": "ephemeral"}},
            {"type": "custom", "custom": {"name": "g", "format": {"type": "text"}}},
        ],
        "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}},
        "parallel_tool_calls": false,
        "temperature": 0.1, "top_p": 1, "presence_penalty": -0.5, "frequency_penalty": 2, "max_completion_tokens": 9,
        "stop": ["a", "b"], "seed": -4, "n": 2, "logprobs": true, "top_logprobs": 3, "reasoning_effort": "high",
        "response_format": {"type": "json_schema", "json_schema": {"name": "s", "description": "d", "schema": {"type": "object"}, "strict": true}},
        "stream": true, "stream_options": {"include_usage": true},
        "user": "u", "logit_bias": {"50256": -100}, "metadata": {"k": "v"}, "x_unknown": [1, 2.5e-3, null, {"deep": "é"}],
    }));
    round_trip(
        &json!({"messages": hi(), "stop": "x", "max_tokens": 3, "logprobs": 1, "response_format": {"type": "json_object"}}),
    );
    round_trip(
        &json!({"messages": hi(), "response_format": {"type": "json_schema", "json_schema": {"name": "s", "x": 1}}}),
    );
}
