//! The strictest client of `/v1/messages` (W-147 to W-152). What it has at the end is told in the words of chat
//! completions, so that the same answer can be held against both doors.

use serde_json::{Map, Value, json};

use super::{Call, Choice, Seen, blank, has, is_call_id, object};

/// Reads a whole answer.
pub fn whole(body: &[u8], model: &str) -> Seen {
    let mut document: Value = serde_json::from_slice(body).expect("the body is JSON");
    check_envelope(&document, model);
    let mut choice = Choice::default();
    for block in document["content"].as_array().expect("W-147") {
        let mut open = Block::begin(block, false);
        open.end(&mut choice);
    }
    choice.finish = Some(check_stop(&document, &choice));
    let seen = Seen {
        usage: Some(check_usage(&document["usage"])),
        choices: [(0, choice)].into(),
        ..Seen::default()
    };
    blank(&mut document);
    Seen {
        said: vec![document],
        ..seen
    }
}

fn check_envelope(message: &Value, model: &str) {
    let fields = object(message);
    assert!(message["id"].as_str().unwrap().starts_with("msg_"), "W-147");
    assert_eq!(message["type"], "message", "W-147");
    assert_eq!(message["role"], "assistant", "W-147");
    assert_eq!(message["model"], model, "W-57");
    has(
        fields,
        &["content", "stop_reason", "stop_sequence", "usage"],
        "W-147",
    );
    assert!(!fields.contains_key("error"), "W-58");
}

/// W-148: all four are integers.
fn check_usage(usage: &Value) -> Value {
    for name in [
        "input_tokens",
        "output_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
    ] {
        assert!(usage[name].is_u64(), "W-148: {name} in {usage}");
    }
    usage.clone()
}

fn check_stop(holder: &Value, choice: &Choice) -> String {
    has(object(holder), &["stop_reason", "stop_sequence"], "W-147");
    let reason = holder["stop_reason"].as_str().expect("W-147");
    assert_eq!(
        reason == "stop_sequence",
        holder["stop_sequence"].is_string(),
        "W-147"
    );
    assert_eq!(reason == "tool_use", !choice.calls.is_empty(), "W-54");
    let same = match reason {
        "end_turn" | "stop_sequence" => "stop",
        "tool_use" => "tool_calls",
        "max_tokens" | "model_context_window_exceeded" => "length",
        "refusal" => "content_filter",
        other => panic!("W-147: {other}"),
    };
    same.to_owned()
}

/// A block that is being read.
struct Block {
    kind: String,
    start: Map<String, Value>,
    text: String,
    signed: bool,
}

impl Block {
    fn begin(value: &Value, streamed: bool) -> Self {
        let mut block = Self {
            kind: value["type"].as_str().expect("W-149").to_owned(),
            start: object(value).clone(),
            text: String::new(),
            signed: false,
        };
        let text = |name: &str| value[name].as_str().expect("W-147").to_owned();
        match block.kind.as_str() {
            "text" => block.text = text("text"),
            "thinking" => {
                block.text = text("thinking");
                block.signed = !text("signature").is_empty();
            }
            "tool_use" => {
                assert!(is_call_id(&text("id")) && !text("name").is_empty(), "W-74");
                assert!(value["input"].is_object(), "W-147");
                if !streamed {
                    block.text = value["input"].to_string();
                }
            }
            other => panic!("a block that nobody asked for: {other}"),
        }
        if streamed {
            assert!(
                block.text.is_empty() && !block.signed,
                "W-150: blocks begin empty"
            );
            if block.kind == "tool_use" {
                assert_eq!(value["input"], json!({}), "W-150");
            }
        }
        block
    }

    fn delta(&mut self, delta: &Value) {
        let kind = delta["type"].as_str().expect("W-150");
        let field = match (self.kind.as_str(), kind) {
            ("text", "text_delta") => "text",
            ("thinking", "thinking_delta") => "thinking",
            ("tool_use", "input_json_delta") => "partial_json",
            ("thinking", "signature_delta") => {
                assert!(!self.signed, "one signature");
                assert!(
                    delta["signature"].as_str().is_some_and(|text| !text.is_empty()),
                    "W-150"
                );
                self.signed = true;
                return;
            }
            (block, other) => panic!("W-150: {other} in a block {block}"),
        };
        assert!(!self.signed, "W-150: the signature comes last");
        let piece = delta[field].as_str().expect("W-150");
        assert!(!piece.is_empty(), "W-76");
        self.text.push_str(piece);
    }

    fn end(&mut self, choice: &mut Choice) {
        match self.kind.as_str() {
            "text" => choice.text.push_str(&self.text),
            "thinking" => {
                assert!(self.signed, "W-155: thinking is signed");
                choice.reasoning.push_str(&self.text);
            }
            _ => {
                let text = |name: &str| self.start[name].as_str().unwrap().to_owned();
                let input: Value = serde_json::from_str(&self.text).expect("W-150: whole JSON");
                assert!(input.is_object(), "W-147");
                let id = text("id");
                assert!(choice.calls.iter().all(|call| call.id != id), "W-74: {id} twice");
                choice.calls.push(Call {
                    id,
                    name: text("name"),
                    arguments: self.text.clone(),
                });
            }
        }
    }
}

/// Reads a stream to its end.
pub fn stream(body: &[u8], model: &str) -> Seen {
    let text = std::str::from_utf8(body).expect("UTF-8");
    assert!(text.ends_with("\n\n"), "the last event is complete");
    let mut seen = Seen::default();
    let mut choice = Choice::default();
    let mut open: Option<Block> = None;
    let (mut begun, mut index, mut stopped) = (false, 0, false);
    for event in text.trim_end_matches('\n').split("\n\n") {
        assert!(!stopped && seen.error.is_none(), "W-149: after the end: {event}");
        if event.starts_with(':') {
            continue;
        }
        let (name, data) = event.split_once('\n').expect("W-149: two lines an event");
        let name = name.strip_prefix("event: ").expect("W-149");
        let data = data.strip_prefix("data: ").expect("W-149");
        let mut data: Value = serde_json::from_str(data).unwrap_or_else(|_| panic!("W-149: {data}"));
        assert_eq!(data["type"], name, "W-149: the event's name is its type");
        match name {
            "ping" => continue,
            "error" => seen.error = Some(check_error(&data)),
            "message_start" => {
                assert!(!std::mem::replace(&mut begun, true), "W-149: it begins once");
                check_envelope(&data["message"], model);
                assert_eq!(data["message"]["content"], json!([]), "W-149");
                assert!(data["message"]["stop_reason"].is_null());
                check_usage(&data["message"]["usage"]);
                blank(&mut data["message"]);
            }
            "content_block_start" => {
                assert!(
                    begun && open.is_none() && choice.finish.is_none(),
                    "W-149: one at a time"
                );
                assert_eq!(data["index"], index, "W-149: dense");
                open = Some(Block::begin(&data["content_block"], true));
            }
            "content_block_delta" => {
                assert_eq!(data["index"], index, "W-149");
                open.as_mut().expect("W-149").delta(&data["delta"]);
            }
            "content_block_stop" => {
                assert_eq!(data["index"], index, "W-149");
                open.take().expect("W-149").end(&mut choice);
                index += 1;
            }
            "message_delta" => {
                assert!(begun && open.is_none() && choice.finish.is_none(), "W-149");
                choice.finish = Some(check_stop(&data["delta"], &choice));
                assert!(data["usage"]["output_tokens"].is_u64(), "W-149");
                seen.usage = Some(check_usage(&data["usage"]));
            }
            "message_stop" => {
                assert!(choice.finish.is_some(), "W-149");
                stopped = true;
            }
            other => panic!("W-149: {other}"),
        }
        seen.said.push(data);
    }
    assert_ne!(
        stopped,
        seen.error.is_some(),
        "a stream ends as it should or with an error"
    );
    if begun {
        seen.choices.insert(0, choice);
    }
    seen
}

/// An error body (W-08, W-152); gives what is below `error`.
pub fn error(body: &[u8]) -> Value {
    check_error(&serde_json::from_slice(body).expect("W-08"))
}

fn check_error(document: &Value) -> Value {
    assert_eq!(document["type"], "error", "W-08");
    assert!(
        document["request_id"].as_str().is_some_and(|id| !id.is_empty()),
        "W-08"
    );
    let error = &document["error"];
    assert!(
        error["message"].as_str().is_some_and(|text| !text.is_empty()),
        "W-08"
    );
    let known = [
        "invalid_request_error",
        "authentication_error",
        "billing_error",
        "permission_error",
        "not_found_error",
        "request_too_large",
        "rate_limit_error",
        "api_error",
        "timeout_error",
        "overloaded_error",
    ];
    assert!(known.contains(&error["type"].as_str().expect("W-08")), "{error}");
    error.clone()
}
