//! Requests of clients: what is refused and with which words, and what reaches providers.

use domain::{FailureKind, MediaSource, Message, OutputFormat, Part, Quirks, Role, ToolChoice, Wire};
use inglenook_wire::openai_chat;
use inglenook_wire::openai_responses::{PATH, decode_request, encode_request};
use serde_json::{Value, json};

use super::client::{codex, parsed};
use super::replay::recordings;

fn sent(request: &domain::Request, model: &str) -> (Value, Vec<String>) {
    let mut out = Vec::new();
    let notes = encode_request(request, model, &Quirks::default(), &mut out);
    let notes = notes
        .into_iter()
        .map(|note| format!("{}: {}", note.what, note.how));
    (serde_json::from_slice(&out).unwrap(), notes.collect())
}

#[track_caller]
fn refused(body: &Value, param: &str, code: &str) {
    let failure = decode_request(body.to_string().as_bytes()).expect_err(&body.to_string());
    assert_eq!(failure.kind(), FailureKind::InvalidRequest, "{body}");
    assert_eq!(
        (failure.param(), failure.code()),
        (Some(param), Some(code)),
        "{body}: {failure}"
    );
}

#[test]
fn wrong_values_are_refused_by_name() {
    for (name, value, param, code) in [
        (
            "temperature",
            json!(2.1),
            "temperature",
            "decimal_above_max_value",
        ),
        (
            "max_output_tokens",
            json!(0),
            "max_output_tokens",
            "integer_below_min_value",
        ),
        (
            "top_logprobs",
            json!(21),
            "top_logprobs",
            "integer_above_max_value",
        ),
        ("stream", json!("yes"), "stream", "invalid_type"),
        ("include", json!("x"), "include", "invalid_type"),
        ("include", json!([1]), "include[0]", "invalid_type"),
        ("reasoning", json!("high"), "reasoning", "invalid_type"),
        ("text", json!(1), "text", "invalid_type"),
        (
            "text",
            json!({"format": {}}),
            "text.format.type",
            "missing_required_parameter",
        ),
        (
            "text",
            json!({"format": {"type": "json_schema", "name": "x"}}),
            "text.format.schema",
            "missing_required_parameter",
        ),
        ("tools", json!([1]), "tools[0]", "invalid_type"),
        (
            "tools",
            json!([{"type": "function"}]),
            "tools[0].name",
            "missing_required_parameter",
        ),
        (
            "tools",
            json!([{"type": "function", "name": "a b"}]),
            "tools[0].name",
            "invalid_value",
        ),
        (
            "tools",
            json!([{"type": "namespace", "name": "n", "tools": 1}]),
            "tools[0].tools",
            "invalid_type",
        ),
        ("tool_choice", json!("maybe"), "tool_choice", "invalid_value"),
        (
            "tool_choice",
            json!({"type": "function", "name": "f"}),
            "tool_choice",
            "invalid_value",
        ),
        ("input", json!(7), "input", "invalid_type"),
        ("input", json!([]), "input", "missing_required_parameter"),
        ("input", json!([7]), "input[0]", "invalid_type"),
        (
            "input",
            json!([{}]),
            "input[0].type",
            "missing_required_parameter",
        ),
        (
            "input",
            json!([{"role": "tool", "content": "x"}]),
            "input[0].role",
            "invalid_value",
        ),
        (
            "input",
            json!([{"role": "user"}]),
            "input[0].content",
            "missing_required_parameter",
        ),
        (
            "input",
            json!([{"role": "user", "content": [{"type": "input_text"}]}]),
            "input[0].content[0].text",
            "missing_required_parameter",
        ),
        (
            "input",
            json!([{"role": "user", "content": [{"type": "input_image"}]}]),
            "input[0].content[0].image_url",
            "missing_required_parameter",
        ),
        (
            "input",
            json!([{"type": "function_call", "name": "f"}]),
            "input[0].call_id",
            "missing_required_parameter",
        ),
        (
            "input",
            json!([{"type": "function_call_output", "output": "x"}]),
            "input[0].call_id",
            "missing_required_parameter",
        ),
        ("instructions", json!(1), "instructions", "invalid_type"),
        ("model", json!(1), "model", "invalid_type"),
    ] {
        let mut body = json!({"model": "m", "input": "hi"});
        body[name] = value;
        refused(&body, param, code);
    }
    refused(&json!({"model": "m"}), "input", "missing_required_parameter");
}

/// Codex warms a server up with an empty input, and begins with tools of every kind (W-120, W-122).
#[test]
fn codex_is_accepted() {
    let warm = parsed(&json!({"model": "m", "input": "", "max_output_tokens": 1}));
    assert_eq!(warm.request.messages, [Message::text(Role::User, "")]);
    assert_eq!(warm.request.params.max_output_tokens, Some(1));
    let read = parsed(&codex());
    assert_eq!(read.request.wire, Wire::OpenAiResponses);
    assert!(read.request.stream && !read.store && read.previous_response_id.is_none());
    let roles: Vec<Role> = read.request.messages.iter().map(|message| message.role).collect();
    let expected = [
        Role::Developer,
        Role::User,
        Role::User,
        Role::Assistant,
        Role::Tool,
        Role::Tool,
        Role::Assistant,
    ];
    assert_eq!(roles, expected);
    let turn = &read.request.messages[3].parts;
    assert!(
        matches!(&turn[0], Part::Reasoning { signature: Some(seal), text, .. } if seal == "sealed-1" && text == "thinking")
    );
    assert!(matches!(&turn[1], Part::ToolCall { name, id, .. } if name == "multi__spawn" && id == "c1"));
    assert!(
        matches!(&turn[2], Part::ToolCall { name, arguments, .. } if name == "apply_patch" && arguments == r#"{"input":"*** \"Begin\"\n"}"#)
    );
    // a provider that knows no free text is told the grammar in words
    let patch = &read.request.tools[1];
    let schema: Value = patch.parameters.parse().unwrap();
    assert_eq!(schema["required"], json!(["input"]));
    assert!(
        schema["properties"]["input"]["description"]
            .as_str()
            .unwrap()
            .contains("start: x")
    );
    // a provider of this wire gets its own kinds back
    let (body, notes) = sent(&read.request, "gpt-5");
    assert_eq!(body["tools"][0], codex()["tools"][0]);
    assert_eq!(body["tools"][1], codex()["tools"][1]);
    assert_eq!(body["tools"][2], codex()["tools"][3]);
    assert_eq!(body["tools"][3]["name"], "multi__spawn");
    let input = &body["input"];
    assert_eq!(
        input[0],
        json!({"type": "message", "role": "developer", "content": "You are a coding agent."})
    );
    assert_eq!(input[3]["encrypted_content"], "sealed-1");
    assert_eq!(
        input[4],
        json!({"type": "function_call", "call_id": "c1", "name": "multi__spawn", "arguments": "{}"})
    );
    assert_eq!(
        input[5],
        json!({"type": "custom_tool_call", "call_id": "c2", "name": "apply_patch", "input": "*** \"Begin\"\n"})
    );
    assert_eq!(
        input[7],
        json!({"type": "custom_tool_call_output", "call_id": "c2", "output": "ok"})
    );
    assert_eq!(input[8], codex()["input"][8]);
    assert_eq!(body["store"], false);
    assert_eq!(body["reasoning"], json!({"summary": "auto"}));
    assert_eq!(body["client_metadata"], json!({"k": "v"}));
    assert_eq!(notes, Vec::<String>::new());
    // a provider of chat completions gets functions alone, and is told what is missing
    let mut out = Vec::new();
    let notes = openai_chat::encode_request(&read.request, "m", &Quirks::default(), &mut out);
    let chat: Value = serde_json::from_slice(&out).unwrap();
    let names: Vec<&Value> = chat["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| &tool["function"]["name"])
        .collect();
    assert_eq!(names.len(), 4);
    assert!(
        chat["tools"]
            .as_array()
            .unwrap()
            .iter()
            .all(|tool| tool["type"] == "function")
    );
    assert_eq!(chat["prompt_cache_key"], "thread-1");
    assert!(!chat.to_string().contains("openai_responses") && chat.get("client_metadata").is_none());
    let whats: Vec<&str> = notes.iter().map(|note| note.what.as_str()).collect();
    assert!(
        whats.contains(&"tool web_search") && whats.contains(&"client_metadata"),
        "{whats:?}"
    );
}

#[test]
fn items_of_every_kind_are_read() {
    let read = parsed(
        &json!({"model": "m", "instructions": "Be brief.", "conversation": {"id": "conv_1"},
        "previous_response_id": "resp_1", "background": true, "metadata": {"session_id": "s1"},
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": true}, "verbosity": "low"},
        "reasoning": {"effort": "low"}, "top_logprobs": 2,
        "input": [
            {"role": "user", "content": [
                {"type": "input_text", "text": "look"},
                {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "low"},
                {"type": "input_image", "file_id": "file-1"},
                {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,BBBB"},
                {"type": "input_file", "file_url": "https://a.b/c.pdf"},
                {"type": "input_audio", "input_audio": {"data": "CCCC", "format": "mp3"}},
                {"type": "input_hologram", "x": 1}]},
            {"type": "message", "id": "msg_1", "role": "assistant", "phase": "commentary", "status": "completed",
             "content": [{"type": "output_text", "text": "a", "annotations": []}, {"type": "refusal", "refusal": "b"}]},
            {"type": "message", "role": "assistant", "content": "second"},
            {"type": "item_reference", "id": "msg_0"},
            {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}},
            {"type": "image_generation_call", "id": "ig_1", "result": "DDDD"}
        ]}),
    );
    assert_eq!(read.previous_response_id.as_deref(), Some("resp_1"));
    assert_eq!(read.conversation.as_deref(), Some("conv_1"));
    assert_eq!(read.session_id.as_deref(), Some("s1"));
    assert!(read.background && read.store);
    let request = &read.request;
    assert_eq!(request.messages[0], Message::text(Role::System, "Be brief."));
    assert!(matches!(
        &request.format,
        OutputFormat::JsonSchema {
            strict: Some(true),
            ..
        }
    ));
    assert_eq!(request.params.reasoning_effort.as_deref(), Some("low"));
    assert_eq!(request.params.logprobs, Some(true));
    let user = &request.messages[1].parts;
    assert!(matches!(&user[1], Part::Image(media) if media.media_type.as_deref() == Some("image/png")));
    assert!(
        matches!(&user[2], Part::Image(media) if media.source == MediaSource::FileId { id: "file-1".into() })
    );
    assert!(matches!(&user[3], Part::File(media) if media.name.as_deref() == Some("a.pdf")));
    assert!(matches!(&user[5], Part::Audio(media) if media.media_type.as_deref() == Some("audio/mpeg")));
    assert!(matches!(&user[6], Part::Opaque { .. }));
    let said = &request.messages[2].parts;
    assert_eq!(said.len(), 6);
    assert!(matches!(said[5], Part::Image(_)));
    // on the way to a provider of this wire all of it is there again
    let (body, notes) = sent(request, "gpt-5");
    let input = body["input"].as_array().unwrap();
    assert_eq!(input[0]["role"], "system");
    let content = &input[1]["content"];
    assert_eq!(
        content[1],
        json!({"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "low"})
    );
    assert_eq!(content[2], json!({"type": "input_image", "file_id": "file-1"}));
    assert_eq!(
        content[3],
        json!({"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,BBBB"})
    );
    assert_eq!(
        content[4],
        json!({"type": "input_file", "file_url": "https://a.b/c.pdf"})
    );
    assert_eq!(
        content[5],
        json!({"type": "input_audio", "input_audio": {"data": "CCCC", "format": "mp3"}})
    );
    assert_eq!(content[6], json!({"type": "input_hologram", "x": 1}));
    assert_eq!(input[2]["phase"], "commentary");
    assert_eq!(input[2]["id"], "msg_1");
    assert_eq!(input[3]["content"], "second");
    assert_eq!(input[4]["type"], "web_search_call");
    assert_eq!(
        input[5],
        json!({"type": "image_generation_call", "id": "ig_1", "result": "DDDD"})
    );
    assert_eq!(body["text"]["verbosity"], "low");
    assert_eq!(body["text"]["format"]["name"], "n");
    assert_eq!(
        body["include"],
        json!(["reasoning.encrypted_content", "message.output_text.logprobs"])
    );
    for ours in ["previous_response_id", "background", "conversation"] {
        assert!(body.get(ours).is_none(), "{ours}");
    }
    assert_eq!(
        notes,
        ["item_reference: left out, the provider keeps nothing of ours"]
    );
}

/// Every recorded request is understood, and says the same on its way to a provider.
#[test]
fn recorded_requests_reach_the_provider() {
    let mut seen = 0;
    for recording in recordings() {
        if recording.request.is_null() || recording.trimmed {
            continue;
        }
        let id = &recording.id;
        let read = parsed(&recording.request);
        let (body, _) = sent(&read.request, "gpt-5");
        let theirs = &recording.request;
        for same in [
            "temperature",
            "max_output_tokens",
            "tool_choice",
            "user",
            "prompt",
        ] {
            assert_eq!(body[same], theirs[same], "{id}: {same}");
        }
        if let Some(tools) = theirs["tools"].as_array() {
            let nulls_gone: Vec<Value> = tools.iter().cloned().map(without_nulls).collect();
            assert_eq!(body["tools"], json!(nulls_gone), "{id}");
        }
        if let Some(input) = theirs["input"].as_array() {
            let instructed = usize::from(theirs["instructions"].is_string());
            let ours = &body["input"].as_array().unwrap()[instructed..];
            assert_eq!(ours.len(), input.len(), "{id}");
            for (at, (our, their)) in ours.iter().zip(input).enumerate() {
                assert_eq!(our, &normalised(their.clone(), input.get(at + 1)), "{id}");
            }
        }
        seen += 1;
    }
    assert!(recordings().is_empty() || seen >= 33, "{seen}");
}

fn without_nulls(mut value: Value) -> Value {
    value.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    value
}

/// What an item becomes on its way without a change of meaning; each line is a documented normalisation.
fn normalised(item: Value, next: Option<&Value>) -> Value {
    let mut item = without_nulls(item);
    if item["role"].is_string() {
        item["type"] = "message".into();
        let lone = |parts: &&Vec<Value>| parts.len() == 1 && parts[0]["text"].is_string();
        let lone = item["content"].as_array().filter(lone).cloned();
        if let Some(parts) = lone {
            item["content"] = parts[0]["text"].clone();
        }
    }
    let id = item["id"].as_str().unwrap_or_default();
    // an id of reasoning goes back only before an item with one, and only in a provider's own form
    let named = |item: &Value| {
        let id = item["id"].as_str().unwrap_or_default();
        let said = item["role"] == "assistant" && id.starts_with("msg_");
        said || (item["type"] == "function_call" && id.starts_with("fc_"))
    };
    let known = named(&item) || (id.starts_with("rs_") && next.is_some_and(named));
    if !known {
        item.as_object_mut().unwrap().remove("id");
    }
    if item.get("status") == Some(&json!("completed")) {
        item.as_object_mut().unwrap().remove("status");
    }
    item
}

/// Settings of other wires on their way to a provider of this one, each loss told.
#[test]
fn what_the_wire_lacks_is_told() {
    let chat = json!({"model": "m", "messages": [
            {"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "x", "reasoning_content": "thinking"}, {"role": "user", "content": "go"}],
        "n": 2, "stop": ["a"], "seed": 1, "presence_penalty": 1, "logit_bias": {"1": 1}, "max_tokens": 3,
        "reasoning_effort": "high", "verbosity": "low", "logprobs": true, "top_logprobs": 3, "user": "u",
        "stream": true, "stream_options": {"include_usage": true}, "store": true,
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]}},
        "response_format": {"type": "json_object"}});
    let read = openai_chat::decode_request(chat.to_string().as_bytes()).unwrap();
    let (body, notes) = sent(&read.request, "gpt-5");
    assert_eq!(
        body,
        json!({"model": "gpt-5",
            "input": [
                {"type": "message", "role": "system", "content": "Be brief."},
                {"type": "message", "role": "user", "content": "hi"},
                {"type": "message", "role": "assistant", "content": "x"},
                {"type": "message", "role": "user", "content": "go"}],
            "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": false}],
            "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
            "max_output_tokens": 16, "top_logprobs": 3, "reasoning": {"effort": "high", "summary": "auto"},
            "text": {"format": {"type": "json_object"}, "verbosity": "low"}, "store": false,
            "include": ["reasoning.encrypted_content", "message.output_text.logprobs"], "stream": true, "user": "u"})
    );
    let none = "left out, this wire has no field for it";
    let expected = [
        "reasoning without a seal: left out, this wire does not take it back".to_owned(),
        "max_output_tokens: raised to 16, the least that this wire takes".into(),
        format!("stop: {none}"),
        format!("seed: {none}"),
        format!("n: {none}"),
        format!("presence_penalty: {none}"),
        format!("logit_bias: {none}"),
    ];
    assert_eq!(notes, expected);
    // a tool of an agent is no stricter beside tools of a client that lets the provider decide
    let mut read =
        parsed(&json!({"input": "x", "tools": [{"type": "function", "name": "theirs", "parameters": {}}]}));
    let mut ours = read.request.tools[0].clone();
    ours.extra = domain::Extra::new();
    read.request.tools.push(ours);
    let (body, _) = sent(&read.request, "gpt-5");
    assert_eq!(body["tools"][0].get("strict"), None);
    assert_eq!(body["tools"][1]["strict"], false);
}

/// Some models do not reason, and refuse what has to do with it.
#[test]
fn a_model_that_does_not_reason_is_not_asked_to() {
    let chat = json!({"messages": [{"role": "user", "content": "hi"}], "reasoning_effort": "high", "logprobs": true});
    let read = openai_chat::decode_request(chat.to_string().as_bytes()).unwrap();
    // a model that does not reason refuses to be asked for it
    let (body, _) = sent(&read.request, "openai/gpt-4o-mini");
    assert_eq!(body["include"], json!(["message.output_text.logprobs"]));
    assert_eq!(body["reasoning"], json!({"effort": "high"}));
    let (body, _) = sent(&read.request, "gpt-5-chat-latest");
    assert_eq!(body["reasoning"], json!({"effort": "high"}));
    assert_eq!(PATH, "/responses");
}

/// The body of a response posted where chat completions are asked for (W-21).
#[test]
fn a_response_shaped_body_is_understood_as_chat() {
    let body = json!({"model": "m", "stream": true, "stream_options": {"include_usage": true}, "input": [
            {"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}},
                  {"type": "custom", "name": "ApplyPatch", "format": {"type": "grammar"}}],
        "tool_choice": {"type": "function", "name": "f"}, "include": ["reasoning.encrypted_content"]});
    let read = openai_chat::decode_request(body.to_string().as_bytes()).unwrap();
    assert!(read.include_usage && read.request.stream);
    assert_eq!(read.request.messages.len(), 2);
    assert_eq!(read.request.tools.len(), 2);
    assert_eq!(
        read.request.tool_choice,
        Some(ToolChoice::Tool { name: "f".into() })
    );
    let failure = openai_chat::decode_request(br#"{"model":"m"}"#).unwrap_err();
    assert_eq!(failure.param(), Some("messages"));
}

/// An id that we made means nothing to a provider, and an id of reasoning means something only together
/// with that of the item behind it: a provider refused it otherwise.
#[test]
fn ids_go_back_only_where_they_are_known() {
    let item = |id: &str| json!({"type": "reasoning", "id": id, "summary": [], "encrypted_content": "s"});
    let input = json!({"model": "m", "input": [
        item("rs_1"), {"type": "function_call", "id": "fc_1", "call_id": "a", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": "x"},
        item("rs_2"), {"type": "message", "role": "assistant", "content": "no id"},
        {"role": "user", "content": "u"},
        item("rs_local_x_0"), {"type": "message", "id": "msg_local_x_1", "role": "assistant", "content": "ours"}]});
    let (body, _) = sent(&parsed(&input).request, "gpt-5");
    let ids: Vec<&Value> = body["input"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["id"])
        .collect();
    let none = &Value::Null;
    assert_eq!(
        ids,
        [&json!("rs_1"), &json!("fc_1"), none, none, none, none, none, none]
    );
}
