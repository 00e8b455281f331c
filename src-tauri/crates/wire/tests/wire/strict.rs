//! An independent reader of streams, as strict as the strictest client: it knows nothing of the encoder.

use std::collections::BTreeMap;

use serde_json::Value;

/// A call put together from its deltas.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Call {
    pub id: String,
    pub name: String,
    pub arguments: String,
}

/// A choice put together from its deltas.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub text: String,
    pub reasoning: String,
    pub refusal: String,
    pub calls: Vec<Call>,
    pub finish: Option<String>,
}

/// What a strict client has at the end.
#[derive(Debug, Default)]
pub struct Read {
    pub choices: BTreeMap<u64, Choice>,
    pub usage: Option<Value>,
    pub error: Option<Value>,
    pub done: bool,
}

/// Reads a stream and panics at the first thing that some client would trip over.
pub fn read(stream: &str, include_usage: bool) -> Read {
    let mut out = Read::default();
    assert!(stream.ends_with("\n\n"), "the last event is complete (W-61)");
    assert!(!stream.contains('\r'));
    for event in stream.trim_end_matches('\n').split("\n\n") {
        assert!(!out.done, "nothing after the marker (W-67): {event}");
        assert!(out.error.is_none(), "nothing after an error: {event}");
        assert!(!event.contains('\n'), "one line an event (W-61): {event}");
        let data = event.strip_prefix("data: ").unwrap_or_else(|| panic!("{event}"));
        if data == "[DONE]" {
            out.done = true;
            continue;
        }
        let chunk: Value = serde_json::from_str(data).unwrap();
        let object = chunk.as_object().unwrap();
        if let Some(error) = object.get("error") {
            assert!(!object.contains_key("choices"), "W-69");
            for key in ["message", "type", "param", "code"] {
                assert!(error.as_object().unwrap().contains_key(key), "W-90: {key}");
            }
            assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()));
            assert!(error["code"].is_string() || error["code"].is_null(), "W-90");
            out.error = Some(error.clone());
            continue;
        }
        assert_eq!(chunk["id"], "chatcmpl-test", "W-62");
        assert_eq!(chunk["object"], "chat.completion.chunk", "W-62");
        assert_eq!(chunk["created"], 1_700_000_000, "W-62");
        assert_eq!(chunk["model"], "reviewer", "W-62");
        assert!(out.usage.is_none(), "usage is the last chunk (W-66)");
        let choices = chunk["choices"].as_array().unwrap();
        let usage = object.get("usage");
        if choices.is_empty() {
            assert!(include_usage, "an empty chunk only for usage (W-66)");
            out.usage = Some(usage.filter(|usage| usage.is_object()).unwrap().clone());
            continue;
        }
        assert_eq!(usage, include_usage.then_some(&Value::Null), "W-66");
        for choice in choices {
            read_choice(choice, &mut out.choices);
        }
    }
    if out.done {
        assert!(!out.choices.is_empty(), "W-56");
        for choice in out.choices.values() {
            assert!(choice.finish.is_some(), "each choice finishes (W-65)");
        }
        if let Some(usage) = &out.usage {
            check_usage(usage);
        }
    } else {
        assert!(
            out.error.is_some(),
            "a stream ends with its marker or with an error (W-70)"
        );
    }
    out
}

/// W-55.
pub fn check_usage(usage: &Value) {
    let count = |path: &str| usage.pointer(path).and_then(Value::as_u64).unwrap();
    assert_eq!(
        count("/total_tokens"),
        count("/prompt_tokens") + count("/completion_tokens")
    );
    assert!(count("/prompt_tokens_details/cached_tokens") <= count("/prompt_tokens"));
    assert!(count("/completion_tokens_details/reasoning_tokens") <= count("/completion_tokens"));
}

fn read_choice(value: &Value, choices: &mut BTreeMap<u64, Choice>) {
    let object = value.as_object().unwrap();
    for key in ["index", "delta", "finish_reason"] {
        assert!(object.contains_key(key), "W-64: {key}");
    }
    if !value["logprobs"].is_null() {
        assert!(value["logprobs"].get("content").is_some(), "W-77");
        assert!(value["logprobs"].get("refusal").is_some(), "W-77");
    }
    let delta = value["delta"].as_object().unwrap();
    let index = value["index"].as_u64().unwrap();
    let first = !choices.contains_key(&index);
    let choice = choices.entry(index).or_default();
    assert!(choice.finish.is_none(), "nothing after the finish (W-65)");
    if first {
        let expected = serde_json::json!({"role": "assistant", "content": ""});
        assert_eq!(value["delta"], expected, "W-63");
        assert!(value["finish_reason"].is_null());
        return;
    }
    assert!(!delta.contains_key("role"), "the role comes once (W-63)");
    if let Some(reason) = value["finish_reason"].as_str() {
        assert!(delta.is_empty(), "W-65");
        assert!(
            ["stop", "length", "tool_calls", "content_filter"].contains(&reason),
            "W-54"
        );
        if reason == "stop" {
            assert!(choice.calls.is_empty(), "W-54");
        }
        for call in &choice.calls {
            assert!(!call.arguments.is_empty(), "W-53");
        }
        choice.finish = Some(reason.into());
        return;
    }
    assert!(value["finish_reason"].is_null());
    assert!(!delta.is_empty(), "W-76");
    for (key, target) in [
        ("content", &mut choice.text),
        ("reasoning_content", &mut choice.reasoning),
        ("refusal", &mut choice.refusal),
    ] {
        if let Some(text) = delta.get(key) {
            let text = text.as_str().unwrap();
            assert!(!text.is_empty() || !value["logprobs"].is_null(), "W-76");
            target.push_str(text);
        }
    }
    for call in delta
        .get("tool_calls")
        .map(|list| list.as_array().unwrap())
        .into_iter()
        .flatten()
    {
        read_call(call, &mut choice.calls);
    }
}

fn read_call(value: &Value, calls: &mut Vec<Call>) {
    let object = value.as_object().unwrap();
    let index = usize::try_from(value["index"].as_u64().unwrap()).unwrap();
    assert!(index <= calls.len(), "indexes are dense (W-71)");
    if index == calls.len() {
        assert_eq!(value["type"], "function", "W-71");
        let id = value["id"].as_str().unwrap();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        assert!(
            (1..=64).contains(&id.len()) && id.bytes().all(plain),
            "W-74: {id}"
        );
        assert!(calls.iter().all(|call| call.id != id), "W-74");
        calls.push(Call {
            id: id.into(),
            name: value["function"]["name"].as_str().unwrap().into(),
            arguments: String::new(),
        });
        assert!(!calls[index].name.is_empty());
    } else {
        for key in ["id", "type"] {
            assert!(
                !object.contains_key(key),
                "never repeated, never null (W-71): {key}"
            );
        }
        assert!(value["function"].get("name").is_none(), "W-71");
    }
    calls[index]
        .arguments
        .push_str(value["function"]["arguments"].as_str().unwrap());
}
