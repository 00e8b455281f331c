//! What a client of this wire asks, and what a provider of this wire is asked: the same, but for the spelling.

use domain::Quirks;
use inglenook_wire::anthropic_messages::{decode_request, encode_request};
use serde_json::{Value, json};

/// Sends a request through both codecs and compares. A name without a generation takes every field.
pub fn round_trip(body: &Value) {
    let mut body = body.clone();
    body["model"] = "m".into();
    let request =
        decode_request(body.to_string().as_bytes()).unwrap_or_else(|failure| panic!("{failure}: {body}"));
    let mut out = Vec::new();
    let notes = encode_request(&request.request, "m", &Quirks::default(), &mut out);
    let sent: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(sent, normalised(&body), "{notes:?}");
    assert_eq!(notes, [], "nothing is lost");
}

/// The one spelling of each thing that has several.
fn normalised(body: &Value) -> Value {
    let mut body: Value = serde_json::from_str(&body.to_string()).unwrap();
    let object = body.as_object_mut().unwrap();
    if object.get("stream") == Some(&json!(false)) {
        object.remove("stream");
    }
    if object.get("tools") == Some(&json!([])) {
        object.remove("tools");
    }
    for list in ["stop_sequences", "tools"] {
        if object.get(list) == Some(&json!([])) {
            object.remove(list);
        }
    }
    if let Some(system) = object.get_mut("system") {
        content(system);
    }
    for tool in object
        .get_mut("tools")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if tool["type"] == "custom" {
            tool.as_object_mut().unwrap().remove("type");
        }
    }
    let mut turns: Vec<Value> = Vec::new();
    for mut message in object["messages"].as_array().unwrap().clone() {
        content(&mut message["content"]);
        match turns.last_mut() {
            Some(last) if last["role"] == message["role"] => {
                let more = message["content"].as_array().unwrap().clone();
                last["content"].as_array_mut().unwrap().extend(more);
                for (name, value) in message.as_object().unwrap() {
                    last.as_object_mut().unwrap().entry(name).or_insert(value.clone());
                }
            }
            _ => turns.push(message),
        }
    }
    for turn in &mut turns {
        let blocks = turn["content"].as_array_mut().unwrap();
        blocks.sort_by_key(|block| block["type"] != "tool_result");
    }
    object["messages"] = turns.into();
    body
}

fn content(content: &mut Value) {
    if let Some(text) = content.as_str() {
        *content = json!([{"type": "text", "text": text}]);
    }
    for block in content.as_array_mut().unwrap() {
        if block["type"] == "tool_result" {
            let fields = block.as_object_mut().unwrap();
            if fields.get("is_error") == Some(&json!(false)) {
                fields.remove("is_error");
            }
            if let Some(inner) = fields.get_mut("content") {
                self::content(inner);
            }
        }
    }
}
