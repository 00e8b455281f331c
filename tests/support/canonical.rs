//! The strictest client of `/v1/chat/completions` (D.3 to D.5): it panics at the first thing over which some
//! real client stumbles, and gives what a client then has. It knows nothing of our encoders. The readers of the
//! other forms stand below it and give the same.

pub mod completions;
pub mod messages;

pub mod responses;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// A tool call as a client has it at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    pub id: String,
    pub name: String,
    pub arguments: String,
}

/// A choice as a client has it at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub text: String,
    pub reasoning: String,
    pub refusal: String,
    pub calls: Vec<Call>,
    pub finish: Option<String>,
}

/// What a client has at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub choices: BTreeMap<u64, Choice>,
    pub usage: Option<Value>,
    /// The error that ended a stream.
    pub error: Option<Value>,
    /// The chunks of a stream, or the one document, without what differs from call to call.
    pub said: Vec<Value>,
}

impl Seen {
    /// The one choice.
    pub fn only(&self) -> &Choice {
        assert_eq!(self.choices.len(), 1, "one choice was asked for");
        &self.choices[&0]
    }

    /// That another client, or the same one on another day, was told the same in the same pieces.
    pub fn must_equal(&self, other: &Self) {
        assert_eq!(self.error, other.error);
        for (one, two) in self.said.iter().zip(&other.said) {
            assert_eq!(one, two);
        }
        assert_eq!(self.said.len(), other.said.len(), "as many chunks");
    }
}

/// Reads a whole answer.
pub fn whole(body: &[u8], model: &str) -> Seen {
    let mut document: Value = serde_json::from_slice(body).expect("the body is JSON");
    let envelope = object(&document);
    assert!(envelope["id"].as_str().unwrap().starts_with("chatcmpl-"), "W-50");
    assert_eq!(document["object"], "chat.completion", "W-50");
    assert!(
        document["created"].as_i64().unwrap() > 1_700_000_000,
        "W-50: seconds"
    );
    assert_eq!(document["model"], model, "W-57");
    assert!(!envelope.contains_key("error"), "W-58");
    let mut seen = Seen {
        usage: envelope.get("usage").cloned(),
        ..Seen::default()
    };
    if let Some(usage) = &seen.usage {
        check_usage(usage);
    }
    let list = document["choices"].as_array().unwrap();
    assert!(!list.is_empty(), "W-56");
    for (index, value) in (0..).zip(list) {
        assert_eq!(value["index"], index, "W-51");
        has(
            object(value),
            &["index", "message", "finish_reason", "logprobs"],
            "W-51",
        );
        check_logprobs(&value["logprobs"]);
        let mut choice = message(&value["message"]);
        choice.finish = Some(check_finish(&value["finish_reason"], &choice));
        seen.choices.insert(index, choice);
    }
    blank(&mut document);
    seen.said.push(document);
    seen
}

fn message(value: &Value) -> Choice {
    let fields = object(value);
    assert_eq!(value["role"], "assistant", "W-52");
    has(fields, &["content", "refusal"], "W-52");
    let calls = fields
        .get("tool_calls")
        .map(|calls| calls.as_array().expect("W-53"));
    assert!(
        calls.is_none_or(|calls| !calls.is_empty()),
        "an empty list is none"
    );
    if value["content"].is_null() {
        assert!(
            calls.is_some() || value["refusal"].is_string(),
            "W-52: null says nothing"
        );
    }
    let text = |name: &str| {
        let field = &value[name];
        assert!(field.is_string() || field.is_null(), "{name} is text");
        field.as_str().unwrap_or_default().to_owned()
    };
    let mut choice = Choice {
        text: text("content"),
        reasoning: text("reasoning_content"),
        refusal: text("refusal"),
        ..Choice::default()
    };
    for call in calls.into_iter().flatten() {
        begin_call(call, &mut choice.calls);
    }
    choice
}

/// Reads a stream to its end.
pub fn stream(body: &[u8], model: &str, include_usage: bool) -> Seen {
    let text = std::str::from_utf8(body).expect("W-61: UTF-8");
    assert!(text.ends_with("\n\n"), "W-61: the last event is complete");
    assert!(!text.contains('\r'), "W-61");
    let mut seen = Seen::default();
    let mut envelope = None;
    let mut done = false;
    for event in text.trim_end_matches('\n').split("\n\n") {
        assert!(!done, "W-67: after the marker: {event}");
        assert!(seen.error.is_none(), "W-69: after an error: {event}");
        assert!(!event.contains('\n'), "W-61: one line an event: {event}");
        if event.starts_with(':') {
            continue;
        }
        let data = event
            .strip_prefix("data: ")
            .unwrap_or_else(|| panic!("W-61: {event}"));
        if data == "[DONE]" {
            done = true;
            continue;
        }
        let mut chunk: Value = serde_json::from_str(data).unwrap_or_else(|_| panic!("W-61: {data}"));
        if chunk.get("error").is_some() {
            assert!(chunk.get("choices").is_none(), "W-69");
            seen.error = Some(error(data.as_bytes()));
            continue;
        }
        assert!(chunk["id"].as_str().unwrap().starts_with("chatcmpl-"), "W-62");
        assert_eq!(chunk["object"], "chat.completion.chunk", "W-62");
        assert_eq!(chunk["model"], model, "W-62");
        let same = json!([chunk["id"], chunk["created"].as_i64().expect("W-62")]);
        assert_eq!(
            envelope.get_or_insert(same.clone()),
            &same,
            "W-62: the same on every chunk"
        );
        read_chunk(&chunk, include_usage, &mut seen);
        blank(&mut chunk);
        seen.said.push(chunk);
    }
    assert_eq!(
        done,
        seen.error.is_none(),
        "W-67, W-70: a stream ends with its marker or with an error"
    );
    if done {
        assert!(!seen.choices.is_empty(), "W-56");
        let finished = |choice: &Choice| choice.finish.is_some();
        assert!(seen.choices.values().all(finished), "W-65: each choice finishes");
    }
    seen
}

fn read_chunk(chunk: &Value, include_usage: bool, seen: &mut Seen) {
    assert!(seen.usage.is_none(), "W-66: usage is the last chunk");
    let list = chunk["choices"].as_array().expect("W-64");
    let usage = chunk.get("usage");
    if list.is_empty() {
        assert!(include_usage, "W-66: usage was not asked for");
        let usage = usage.filter(|usage| usage.is_object()).expect("W-66");
        check_usage(usage);
        seen.usage = Some(usage.clone());
        return;
    }
    assert_eq!(usage, include_usage.then_some(&Value::Null), "W-66");
    for value in list {
        has(object(value), &["index", "delta", "finish_reason"], "W-64");
        check_logprobs(&value["logprobs"]);
        let index = value["index"].as_u64().expect("W-64");
        match seen.choices.get_mut(&index) {
            Some(choice) => read_delta(value, choice),
            None => {
                assert_eq!(
                    value["delta"],
                    json!({"role": "assistant", "content": ""}),
                    "W-63"
                );
                assert!(value["finish_reason"].is_null());
                seen.choices.insert(index, Choice::default());
            }
        }
    }
}

fn read_delta(value: &Value, choice: &mut Choice) {
    let delta = object(&value["delta"]);
    assert!(choice.finish.is_none(), "W-65: nothing after the finish");
    assert!(!delta.contains_key("role"), "W-63: the role comes once");
    if !value["finish_reason"].is_null() {
        assert!(delta.is_empty(), "W-65");
        choice.finish = Some(check_finish(&value["finish_reason"], choice));
        return;
    }
    assert!(!delta.is_empty(), "W-76");
    let texts = [
        ("content", &mut choice.text),
        ("reasoning_content", &mut choice.reasoning),
        ("refusal", &mut choice.refusal),
    ];
    for (key, target) in texts {
        if let Some(piece) = delta.get(key) {
            let piece = piece.as_str().unwrap_or_else(|| panic!("{key} is text"));
            assert!(!piece.is_empty() || !value["logprobs"].is_null(), "W-76: {key}");
            target.push_str(piece);
        }
    }
    if let Some(calls) = delta.get("tool_calls") {
        for call in calls.as_array().expect("W-71") {
            read_call(call, &mut choice.calls);
        }
    }
}

fn read_call(value: &Value, calls: &mut Vec<Call>) {
    let index = value["index"].as_u64().expect("W-71: an index on every delta");
    let index = usize::try_from(index).unwrap();
    assert!(index <= calls.len(), "W-71: indexes are dense");
    if index == calls.len() {
        begin_call(value, calls);
        return;
    }
    for key in ["id", "type"] {
        assert!(value.get(key).is_none(), "W-71: {key} is never repeated");
    }
    assert!(value["function"].get("name").is_none(), "W-71: nor is the name");
    let piece = value["function"]["arguments"].as_str().expect("W-71");
    assert!(!piece.is_empty(), "W-76");
    calls[index].arguments.push_str(piece);
}

fn begin_call(value: &Value, calls: &mut Vec<Call>) {
    let kind = value["type"].as_str().expect("W-53, W-71");
    assert!(["function", "custom"].contains(&kind), "W-53: {kind}");
    let id = value["id"].as_str().expect("W-74");
    assert!(is_call_id(id), "W-74: {id}");
    assert!(calls.iter().all(|call| call.id != id), "W-74: {id} twice");
    let name = value[kind]["name"].as_str().expect("W-53");
    assert!(!name.is_empty(), "W-53");
    let argument = if kind == "custom" { "input" } else { "arguments" };
    calls.push(Call {
        id: id.into(),
        name: name.into(),
        arguments: value[kind][argument].as_str().expect("W-53: text").into(),
    });
}

fn check_finish(value: &Value, choice: &Choice) -> String {
    let reason = value.as_str().expect("W-54");
    assert!(
        ["stop", "length", "tool_calls", "content_filter"].contains(&reason),
        "W-54: {reason}"
    );
    if reason == "stop" {
        assert!(choice.calls.is_empty(), "W-54");
    }
    if reason == "tool_calls" {
        assert!(!choice.calls.is_empty(), "W-54");
    }
    for call in &choice.calls {
        assert!(!call.arguments.is_empty(), "W-53: {}", call.name);
    }
    reason.to_owned()
}

/// An error body (W-90); gives what is below `error`.
pub fn error(body: &[u8]) -> Value {
    let document: Value = serde_json::from_slice(body).expect("W-90");
    let error = object(&document["error"]);
    has(error, &["message", "type", "param", "code"], "W-90");
    assert!(
        error["message"].as_str().is_some_and(|text| !text.is_empty()),
        "W-90"
    );
    assert!(error["type"].is_string(), "W-90");
    assert!(error["code"].is_string() || error["code"].is_null(), "W-90");
    document["error"].clone()
}

/// Whether an id of a tool call is of the form that every client and provider takes (W-74).
pub fn is_call_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=64).contains(&id.len()) && id.bytes().all(plain)
}

/// W-55.
fn check_usage(usage: &Value) {
    let count = |path: &str| {
        let found = usage.pointer(path).and_then(Value::as_u64);
        found.unwrap_or_else(|| panic!("W-55: {path} in {usage}"))
    };
    let (input, output) = (count("/prompt_tokens"), count("/completion_tokens"));
    assert_eq!(count("/total_tokens"), input + output, "W-55");
    assert!(count("/prompt_tokens_details/cached_tokens") <= input, "W-55");
    assert!(
        count("/completion_tokens_details/reasoning_tokens") <= output,
        "W-55"
    );
}

/// W-77.
fn check_logprobs(value: &Value) {
    if !value.is_null() {
        has(object(value), &["content", "refusal"], "W-77");
    }
}

fn object(value: &Value) -> &Map<String, Value> {
    value
        .as_object()
        .unwrap_or_else(|| panic!("not an object: {value}"))
}

fn has(object: &Map<String, Value>, keys: &[&str], rule: &str) {
    for key in keys {
        assert!(object.contains_key(*key), "{rule}: no {key}");
    }
}

/// Takes out what differs from call to call.
fn blank(document: &mut Value) {
    for changing in ["id", "created", "model"] {
        document[changing] = Value::Null;
    }
}
