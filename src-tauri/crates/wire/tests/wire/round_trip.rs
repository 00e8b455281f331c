//! A request through both codecs, compared as JSON values after the documented normalisations.

use domain::{Failure, Quirks};
use inglenook_wire::openai_chat::{ClientRequest, decode_request, encode_request};
use serde_json::{Value, json};

pub fn decode(body: &Value) -> Result<ClientRequest, Failure> {
    decode_request(body.to_string().as_bytes())
}

pub fn encode(request: &ClientRequest, quirks: &Quirks) -> (Value, Vec<String>) {
    let mut out = Vec::new();
    let applied = encode_request(&request.request, "upstream-model", quirks, &mut out);
    let notes = applied
        .into_iter()
        .map(|note| format!("{}: {}", note.what, note.how))
        .collect();
    (serde_json::from_slice(&out).unwrap(), notes)
}

/// What a request becomes on its way without a change of meaning; each line is a documented normalisation.
pub fn normalised(mut body: Value) -> Value {
    let object = body.as_object_mut().unwrap();
    object.insert("model".into(), "upstream-model".into());
    object.remove("session_id");
    // null is the same as absent where the field is known
    for known in [
        "temperature",
        "top_p",
        "max_tokens",
        "max_completion_tokens",
        "n",
        "stop",
        "seed",
        "presence_penalty",
        "frequency_penalty",
        "logprobs",
        "top_logprobs",
        "parallel_tool_calls",
        "reasoning_effort",
        "reasoning",
        "thinking",
        "top_k",
        "tools",
        "tool_choice",
        "functions",
        "function_call",
        "response_format",
        "stream",
        "stream_options",
    ] {
        if object.get(known) == Some(&Value::Null) {
            object.remove(known);
        }
    }
    // one name for the limit
    if let Some(most) = object.remove("max_tokens") {
        object.entry("max_completion_tokens").or_insert(most);
    }
    if let Some(Value::String(stop)) = object.get("stop").cloned() {
        object.insert("stop".into(), json!([stop]));
    }
    // legacy names
    if let Some(Value::Array(functions)) = object.remove("functions") {
        let tools = functions
            .into_iter()
            .map(|function| json!({"type": "function", "function": function}));
        object.entry("tools").or_insert(tools.collect());
    }
    if let Some(choice) = object.remove("function_call") {
        let choice = if choice.is_string() {
            choice
        } else {
            json!({"type": "function", "function": choice})
        };
        object.entry("tool_choice").or_insert(choice);
    }
    if object.get("tools").is_none_or(|tools| tools == &json!([])) {
        for unused in ["tools", "tool_choice", "parallel_tool_calls"] {
            object.remove(unused);
        }
    }
    if object.get("response_format") == Some(&json!({"type": "text"})) {
        object.remove("response_format");
    }
    // usage is always asked for
    if object.get("stream") == Some(&Value::Bool(true)) {
        let options = object.entry("stream_options").or_insert_with(|| json!({}));
        options["include_usage"] = true.into();
    } else {
        object.remove("stream");
        object.remove("stream_options");
    }
    for message in object.get_mut("messages").unwrap().as_array_mut().unwrap() {
        message_normalised(message);
    }
    numbers(&mut body);
    body
}

fn message_normalised(message: &mut Value) {
    let object = message.as_object_mut().unwrap();
    object.retain(|name, value| name == "content" || !value.is_null());
    // two names for one text
    if object.contains_key("reasoning_content") && object.get("reasoning").is_some_and(Value::is_string) {
        object.remove("reasoning");
    }
    if object.get("tool_calls") == Some(&json!([])) {
        object.remove("tool_calls");
    }
    let content = object.entry("content").or_insert(Value::Null);
    if let Some([part]) = content.as_array().map(Vec::as_slice)
        && part["type"] == "text"
        && part.as_object().unwrap().len() == 2
    {
        *content = part["text"].clone();
    }
    for part in content.as_array_mut().into_iter().flatten() {
        if let Some(Value::String(url)) = part.get("image_url").cloned() {
            part["image_url"] = json!({ "url": url });
        }
    }
    for call in object
        .get_mut("tool_calls")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if call["function"]["arguments"] == "" {
            call["function"]["arguments"] = "{}".into();
        }
        call.as_object_mut().unwrap().remove("index");
    }
}

/// 1 and 1.0 are the same number.
fn numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(float) = number
                .as_f64()
                .filter(|float| float.fract() == 0.0 && float.abs() < 1e15)
            {
                *value = json!(float as i64);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(numbers),
        Value::Object(object) => object.values_mut().for_each(numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Sends a request through both codecs and compares.
pub fn round_trip(body: &Value) {
    let request = decode(body).unwrap_or_else(|failure| panic!("{failure} {:?}", failure.param()));
    let (sent, _) = encode(&request, &Quirks::default());
    let mut sent = sent;
    numbers(&mut sent);
    // as text and back, for the tree's floats may differ from their text by the last bit
    let body = serde_json::from_str(&body.to_string()).unwrap();
    assert_eq!(sent, normalised(body));
}
