//! An independent reader of this wire's streams, as strict as the strictest client: it knows nothing of the
//! encoder.

use serde_json::{Value, json};

/// What a strict client has at the end.
#[derive(Debug, Default)]
pub struct Read {
    /// The message, put together as the SDKs do.
    pub message: Value,
    pub error: Option<Value>,
    pub done: bool,
}

/// Reads a stream and panics at the first thing that some client would trip over.
pub fn read(stream: &str) -> Read {
    let mut out = Read::default();
    let mut open: Option<(String, String)> = None;
    let mut stopped = false;
    assert!(stream.ends_with("\n\n"), "the last event is complete");
    assert!(!stream.contains('\r'));
    for event in stream.trim_end_matches('\n').split("\n\n") {
        assert!(!out.done && out.error.is_none(), "nothing follows: {event}");
        let (name, data) = event
            .strip_prefix("event: ")
            .and_then(|event| event.split_once("\ndata: "))
            .unwrap_or_else(|| panic!("{event}"));
        assert!(!data.contains('\n'), "one line of data");
        let data: Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["type"], name, "W-149");
        match name {
            "error" => {
                check_error(&data);
                out.error = Some(data);
                continue;
            }
            "message_start" => {
                assert!(out.message.is_null(), "one beginning");
                check_message(&data["message"]);
                assert_eq!(data["message"]["content"], json!([]), "W-149");
                assert!(data["message"]["stop_reason"].is_null());
                out.message = data["message"].clone();
                continue;
            }
            _ => assert!(out.message.is_object(), "it begins with message_start: {name}"),
        }
        assert!(
            !stopped || name == "message_stop",
            "the reason is the last but one: {name}"
        );
        let count = out.message["content"].as_array().unwrap().len();
        match name {
            "content_block_start" => {
                assert!(open.is_none(), "one block open at a time (W-149)");
                assert_eq!(data["index"], count, "dense indexes (W-149)");
                let block = data["content_block"].clone();
                let kind = block["type"].as_str().unwrap().to_owned();
                match kind.as_str() {
                    "text" => assert_eq!(block["text"], ""),
                    "thinking" => assert!(block["thinking"] == "" && block["signature"].is_string()),
                    "tool_use" => {
                        assert_eq!(block["input"], json!({}), "W-150");
                        assert!(!block["id"].as_str().unwrap().is_empty());
                        assert!(!block["name"].as_str().unwrap().is_empty());
                    }
                    _ => {}
                }
                out.message["content"].as_array_mut().unwrap().push(block);
                open = Some((kind, String::new()));
            }
            "content_block_delta" => {
                let (kind, input) = open.as_mut().unwrap();
                assert_eq!(data["index"], count - 1);
                apply(
                    kind,
                    input,
                    &data["delta"],
                    &mut out.message["content"][count - 1],
                );
            }
            "content_block_stop" => {
                assert_eq!(data["index"], count - 1);
                let (_, input) = open.take().unwrap();
                if !input.is_empty() {
                    let value = serde_json::from_str(&input).unwrap_or_else(|_| json!({"broken": input}));
                    out.message["content"][count - 1]["input"] = value;
                }
            }
            "message_delta" => {
                assert!(open.is_none(), "all blocks are closed");
                stopped = true;
                for (name, value) in data["delta"].as_object().unwrap() {
                    out.message[name] = value.clone();
                }
                assert!(data["delta"]["stop_reason"].is_string());
                assert!(data["delta"].get("stop_sequence").is_some());
                check_usage(&data["usage"]);
                out.message["usage"] = data["usage"].clone();
                for (name, value) in data.as_object().unwrap() {
                    if !matches!(name.as_str(), "type" | "delta" | "usage") {
                        out.message[name] = value.clone();
                    }
                }
            }
            "message_stop" => {
                assert!(stopped, "a reason before the end");
                out.done = true;
                check_message(&out.message);
            }
            "ping" => {}
            other => panic!("{other}"),
        }
    }
    assert!(
        out.done || out.error.is_some(),
        "a stream ends with its last event or an error"
    );
    out
}

fn apply(kind: &str, input: &mut String, delta: &Value, block: &mut Value) {
    let text = |name: &str| delta[name].as_str().unwrap_or_else(|| panic!("{delta}"));
    let mut append = |name: &str| {
        let more = block[name].as_str().unwrap().to_owned() + text(name);
        block[name] = more.into();
    };
    match (kind, delta["type"].as_str().unwrap()) {
        ("text", "text_delta") => append("text"),
        ("thinking", "thinking_delta") => append("thinking"),
        ("thinking", "signature_delta") => block["signature"] = text("signature").into(),
        ("text", "citations_delta") => {
            if !block["citations"].is_array() {
                block["citations"] = json!([]);
            }
            block["citations"]
                .as_array_mut()
                .unwrap()
                .push(delta["citation"].clone());
        }
        (kind, "input_json_delta") if kind.ends_with("tool_use") => input.push_str(text("partial_json")),
        (kind, delta) => panic!("{delta} in {kind}"),
    }
}

/// W-147.
pub fn check_message(message: &Value) {
    assert_eq!(message["id"], "msg_test");
    assert_eq!(message["type"], "message");
    assert_eq!(message["role"], "assistant");
    assert_eq!(message["model"], "reviewer");
    for key in ["content", "stop_reason", "stop_sequence", "usage"] {
        assert!(message.get(key).is_some(), "{key} (W-147)");
    }
    if let Some(reason) = message["stop_reason"].as_str() {
        assert!(
            [
                "end_turn",
                "max_tokens",
                "stop_sequence",
                "tool_use",
                "pause_turn",
                "refusal",
                "model_context_window_exceeded"
            ]
            .contains(&reason),
            "W-147: {reason}"
        );
        let content = message["content"].as_array().unwrap();
        if content.iter().any(|block| block["type"] == "tool_use") {
            assert!(matches!(
                reason,
                "tool_use" | "max_tokens" | "refusal" | "model_context_window_exceeded"
            ));
        } else {
            assert_ne!(reason, "tool_use");
        }
    }
    check_usage(&message["usage"]);
}

/// W-148.
pub fn check_usage(usage: &Value) {
    for key in [
        "input_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "output_tokens",
    ] {
        assert!(usage[key].is_u64(), "{key} (W-148)");
    }
}

/// W-08.
pub fn check_error(error: &Value) {
    assert_eq!(error["type"], "error");
    assert!(
        error["error"]["message"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
    assert!(
        [
            "invalid_request_error",
            "authentication_error",
            "billing_error",
            "permission_error",
            "not_found_error",
            "request_too_large",
            "rate_limit_error",
            "timeout_error",
            "api_error",
            "overloaded_error"
        ]
        .contains(&error["error"]["type"].as_str().unwrap())
    );
    assert!(error.get("request_id").is_some());
}
