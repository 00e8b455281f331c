//! What clients of this wire send, and what is told when it cannot be read.

use domain::{FailureKind, MediaSource, OutputFormat, Part, Role, ToolChoice, Wire};
use inglenook_wire::gemini::decode_request;
use serde_json::{Value, json};

use super::replay::recordings;
use super::round_trip::{read, round_trip, sent};

#[test]
fn recorded_requests_come_out_as_they_went_in() {
    let mut seen = 0;
    for recording in recordings() {
        if !recording.api.ends_with("enerateContent") || recording.request.is_null() {
            continue;
        }
        round_trip(&recording.request, &recording.model);
        seen += 1;
    }
    assert!(recordings().is_empty() || seen == 32, "{seen}");
}

fn source_of(part: &Part) -> Option<&MediaSource> {
    match part {
        Part::Image(media) | Part::File(media) | Part::Audio(media) => Some(&media.source),
        Part::Text { .. }
        | Part::Reasoning { .. }
        | Part::Refusal { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Opaque { .. } => None,
    }
}

/// What Gemini CLI sends (A.1), and everything else that the domain models, in both spellings.
#[test]
fn every_modelled_field_is_read() {
    let body = json!({
        "contents": [
            {"role": "user", "parts": [
                {"text": "look"},
                {"inline_data": {"mime_type": "image/png", "data": "iVBORw0-_w"}},
                {"fileData": {"mimeType": "application/pdf", "fileUri": "https://example.com/a.pdf"}},
                {"fileData": {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/abc"}},
                {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}}
            ]},
            {"role": "model", "parts": [
                {"text": "hm", "thought": true},
                {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"},
                {"function_call": {"name": "f", "id": "x1", "args": {"a": 2}}}
            ]},
            {"role": "function", "parts": [
                {"functionResponse": {"name": "f", "response": {"output": "one"}}},
                {"functionResponse": {"name": "f", "id": "x1", "response": {"error": "two"}}},
                {"text": "and?"}
            ]}
        ],
        "system_instruction": {"parts": [{"text": "be brief"}]},
        "tools": [{"functionDeclarations": [
            {"name": "f", "description": "d", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "INTEGER"}}}}
        ]}, {"googleSearch": {}}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
        "generationConfig": {
            "temperature": 1, "topP": 0.95, "topK": 64, "maxOutputTokens": 100, "candidateCount": 2, "seed": 7,
            "stopSequences": ["a", "b", "c", "d", "e"], "presencePenalty": 0.5, "frequency_penalty": -0.5,
            "responseLogprobs": true, "logprobs": 3, "responseMimeType": "application/json",
            "responseSchema": {"type": "OBJECT", "title": "City"},
            "thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": true}, "mediaResolution": "LOW"
        },
        "safetySettings": [{"category": "x"}]
    });
    let whole = read(&body);
    assert_eq!(whole.model, None);
    let request = whole.request;
    assert_eq!((request.wire, request.stream), (Wire::Gemini, false));
    let roles: Vec<Role> = request.messages.iter().map(|message| message.role).collect();
    assert_eq!(
        roles,
        [Role::System, Role::User, Role::Assistant, Role::Tool, Role::User]
    );
    let sources: Vec<&MediaSource> = request.messages[1].parts.iter().filter_map(source_of).collect();
    let base64 = |data: &str| MediaSource::Base64 { data: data.into() };
    assert_eq!(
        sources,
        [
            &base64("iVBORw0+/w=="),
            &MediaSource::Url {
                url: "https://example.com/a.pdf".into()
            },
            &MediaSource::FileId {
                id: "https://generativelanguage.googleapis.com/v1beta/files/abc".into()
            },
            &base64("UklGRg=="),
        ]
    );
    let Part::ToolCall {
        id: made,
        name,
        arguments,
        extra,
    } = &request.messages[2].parts[1]
    else {
        panic!("{:?}", request.messages[2])
    };
    assert_eq!((name.as_str(), arguments.as_str()), ("f", r#"{"a":1}"#));
    let content: Value = extra.get("extra_content").unwrap().parse().unwrap();
    assert_eq!(content, json!({"google": {"thought_signature": "c2ln"}}));
    let results: Vec<(&str, String, bool)> = request.messages[3]
        .parts
        .iter()
        .map(|part| {
            let Part::ToolResult {
                call_id,
                parts,
                is_error,
                ..
            } = part
            else {
                panic!("{part:?}")
            };
            (call_id.as_str(), Part::plain_text(parts), *is_error)
        })
        .collect();
    assert_eq!(
        results,
        [
            (made.as_str(), "one".to_owned(), false),
            ("x1", "two".to_owned(), true)
        ]
    );
    assert_eq!(
        request.tools[0].parameters.get(),
        r#"{"type":"object","properties":{"a":{"type":"integer"}}}"#
    );
    assert_eq!(request.tool_choice, Some(ToolChoice::Tool { name: "f".into() }));
    let params = &request.params;
    assert_eq!(
        (params.temperature, params.top_p, params.top_k),
        (Some(1.0), Some(0.95), Some(64))
    );
    assert_eq!(
        (params.max_output_tokens, params.n, params.seed),
        (Some(100), Some(2), Some(7))
    );
    assert_eq!(
        (params.presence_penalty, params.frequency_penalty),
        (Some(0.5), Some(-0.5))
    );
    assert_eq!(
        (params.logprobs, params.top_logprobs, params.stop.len()),
        (Some(true), Some(3), 5)
    );
    assert_eq!(params.reasoning_effort.as_deref(), Some("high"));
    let OutputFormat::JsonSchema { name, schema, .. } = &request.format else {
        panic!("{:?}", request.format)
    };
    assert_eq!(
        (name.as_str(), schema.get()),
        ("City", r#"{"type":"object","title":"City"}"#)
    );
    let names: Vec<&str> = request.extra.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["tools", "generationConfig", "safetySettings"]);
    // and what the domain does not model goes to the provider again
    let (out, notes) = sent(&request, "gemini-3-flash-preview");
    assert_eq!(notes, Vec::<String>::new());
    assert_eq!(out["tools"][1], json!({"googleSearch": {}}));
    assert_eq!(out["safetySettings"], body["safetySettings"]);
    assert_eq!(out["generationConfig"]["mediaResolution"], "LOW");
    assert_eq!(
        out["generationConfig"]["thinkingConfig"],
        json!({"thinkingLevel": "high", "includeThoughts": true})
    );
    assert_eq!(
        out["contents"][2]["parts"][0]["functionResponse"]["response"],
        json!({"output": "one"})
    );
    assert_eq!(out["contents"][2]["parts"].as_array().unwrap().len(), 3);
}

#[test]
fn fields_that_nobody_models_round_trip() {
    let signed = json!({"name": "f", "args": {"b": 1, "a": [1.5, null]}, "id": "i", "x_inner": 1});
    let body = json!({
        "contents": [
            {"role": "user", "x_content": [1], "parts": [
                {"text": "t", "x_part": {"a": "b"}},
                {"text": ""},
                {"inlineData": {"mimeType": "video/mp4", "data": "AAAA", "displayName": "v", "x": 1}, "videoMetadata": {"fps": 2}},
                {"fileData": {"fileUri": "gs://bucket/a.png", "mimeType": "image/png"}, "mediaResolution": {"level": "X"}},
                {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "YQ=="}
            ]},
            {"role": "model", "parts": [
                {"text": "thinking", "thought": true, "thoughtSignature": "dGg="},
                {"text": "said", "thoughtSignature": "dHh0"},
                {"inlineData": {"mimeType": "image/png", "data": "AAAA"}, "thoughtSignature": "aW1n"},
                {"functionCall": signed, "thoughtSignature": "Y2FsbA==", "x_beside": true}
            ]},
            {"role": "user", "parts": [{"functionResponse": {
                "id": "i", "name": "f", "response": {"result": {"deep": [1, 2]}}, "scheduling": "SILENT",
                "parts": [{"inlineData": {"mimeType": "image/png", "data": "AAAA", "displayName": "a.png"}}]
            }}]}
        ],
        "systemInstruction": {"parts": [{"text": "a"}, {"text": "b"}], "x_system": 1},
        "tools": [
            {"functionDeclarations": [{"name": "f.g:h", "description": "", "behavior": "BLOCKING",
                "parametersJsonSchema": {"$schema": "s", "const": 1, "z": 1, "a": 2}}]},
            {"codeExecution": {}}, {"googleSearch": {"x": 1}, "urlContext": {}}
        ],
        "toolConfig": {
            "functionCallingConfig": {"mode": "VALIDATED", "allowedFunctionNames": ["f.g:h"]},
            "retrievalConfig": {"latLng": {"latitude": 1.25}}
        },
        "generationConfig": {
            "temperature": 0.7, "responseModalities": ["TEXT", "IMAGE"], "speechConfig": {"x": 1},
            "responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["a"]},
            "thinkingConfig": {"thinkingBudget": -1, "includeThoughts": false}
        },
        "cachedContent": "cachedContents/1", "labels": {"a": "b"}, "modelArmorConfig": {"prompt_template_name": "n"}
    });
    round_trip(&body, "gemini-3-flash-preview");
    round_trip(&body, "gemini-2.5-flash");
}

#[test]
fn mistakes_are_told_with_their_path() {
    let body = |contents: Value| json!({ "contents": contents });
    let user = json!([{"parts": [{"text": "a"}]}]);
    for (body, param, code) in [
        (json!({}), "contents", "missing_required_parameter"),
        (json!({"contents": []}), "contents", "empty_array"),
        (json!({"contents": "hi"}), "contents", "invalid_type"),
        (body(json!([1])), "contents[0]", "invalid_type"),
        (
            body(json!([{"role": "boss", "parts": []}])),
            "contents[0].role",
            "invalid_value",
        ),
        (body(json!([{"parts": "a"}])), "contents[0].parts", "invalid_type"),
        (
            body(json!([{"parts": [{"text": 1}]}])),
            "contents[0].parts[0].text",
            "invalid_type",
        ),
        (
            body(json!([{"parts": [{"text": "a", "functionCall": {"name": "f"}}]}])),
            "contents[0].parts[0]",
            "invalid_type",
        ),
        (
            body(json!([{"parts": [{"inlineData": {"mimeType": "image/png"}}]}])),
            "contents[0].parts[0].inlineData.data",
            "missing_required_parameter",
        ),
        (
            body(json!([{"role": "model", "parts": [{"functionCall": {"name": "f", "args": "{}"}}]}])),
            "contents[0].parts[0].functionCall.args",
            "invalid_type",
        ),
        (
            body(json!([{"role": "user", "parts": [{"functionCall": {"name": "f"}}]}])),
            "contents[0].parts[0]",
            "invalid_value",
        ),
        (
            json!({"contents": user, "tools": [{"functionDeclarations": [{"name": "a b"}]}]}),
            "tools[0].functionDeclarations[0].name",
            "invalid_value",
        ),
        (
            json!({"contents": user, "generationConfig": {"temperature": 3}}),
            "generationConfig.temperature",
            "decimal_above_max_value",
        ),
        (
            json!({"contents": user, "generationConfig": {"maxOutputTokens": 0}}),
            "generationConfig.maxOutputTokens",
            "integer_below_min_value",
        ),
        (
            json!({"contents": user, "generationConfig": {"thinkingConfig": {"thinkingBudget": -2}}}),
            "generationConfig.thinkingConfig.thinkingBudget",
            "integer_below_min_value",
        ),
    ] {
        let failure = decode_request(body.to_string().as_bytes()).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::InvalidRequest, "{body}");
        assert_eq!(
            (failure.param(), failure.code()),
            (Some(param), Some(code)),
            "{body}"
        );
    }
}

#[test]
fn the_model_in_the_body_and_lone_parts_are_read() {
    let whole = read(&json!({
        "model": "models/agent-writer", "contents": [{"parts": {"text": "hi"}}], "session_id": "s",
        "systemInstruction": "be brief"
    }));
    assert_eq!(whole.model.as_deref(), Some("agent-writer"));
    assert_eq!(whole.session_id.as_deref(), Some("s"));
    let texts: Vec<String> = whole
        .request
        .messages
        .iter()
        .map(domain::Message::plain_text)
        .collect();
    assert_eq!(texts, ["be brief", "hi"]);
}
