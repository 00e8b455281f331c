//! The strictest client of `/api/chat` and `/api/generate` (W-193 to W-195). It knows nothing of our encoders.

use serde_json::{Map, Value};

use super::{Call, Choice, Seen};

/// Which route's lines are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Chat,
    Generate,
}

/// Reads a whole answer.
pub fn whole(body: &[u8], route: Route, model: &str) -> Seen {
    let line: Value = serde_json::from_slice(body).expect("the body is JSON");
    let mut seen = Seen::default();
    read(&line, route, model, &mut seen);
    assert!(seen.only().finish.is_some(), "W-193: a whole answer is done");
    seen
}

/// Reads a stream to its end.
pub fn stream(body: &[u8], route: Route, model: &str) -> Seen {
    let text = std::str::from_utf8(body).expect("UTF-8");
    assert!(text.ends_with('\n'), "W-193: the last line is complete");
    let mut seen = Seen::default();
    let mut created = None;
    for line in text.trim_end_matches('\n').split('\n') {
        assert!(seen.error.is_none(), "W-195: after an error: {line}");
        let ended = seen.choices.values().any(|choice| choice.finish.is_some());
        assert!(!ended, "W-193: after the last line: {line}");
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("W-193: {line}"));
        if line.get("error").is_some() {
            seen.error = Some(error(line.to_string().as_bytes()));
            continue;
        }
        let at = line["created_at"].clone();
        assert_eq!(created.get_or_insert(at.clone()), &at, "one answer, one time");
        read(&line, route, model, &mut seen);
    }
    let done = seen.choices.values().any(|choice| choice.finish.is_some());
    assert_eq!(
        done,
        seen.error.is_none(),
        "a stream is done, or failed, and says so"
    );
    seen
}

/// An error body or line: one text and nothing else (W-09).
pub fn error(body: &[u8]) -> Value {
    let document: Value = serde_json::from_slice(body).expect("W-09");
    assert_eq!(object(&document).len(), 1, "W-09: {document}");
    let text = document["error"].as_str().expect("W-09: a text");
    assert!(!text.is_empty(), "W-09");
    document["error"].clone()
}

fn read(line: &Value, route: Route, model: &str, seen: &mut Seen) {
    assert_eq!(line["model"], model, "W-57");
    let at = line["created_at"].as_str().expect("W-193");
    assert!(at.len() >= 20 && at.ends_with('Z'), "W-191: RFC 3339: {at}");
    let choice = seen.choices.entry(0).or_default();
    match route {
        Route::Chat => message(&line["message"], choice),
        Route::Generate => {
            assert!(line.get("message").is_none());
            choice.text.push_str(line["response"].as_str().expect("a text"));
            choice
                .reasoning
                .push_str(line["thinking"].as_str().unwrap_or_default());
        }
    }
    if line["done"].as_bool().expect("W-193: done on every line") {
        let reason = line["done_reason"].as_str().expect("W-193");
        assert!(["stop", "length", "content_filter"].contains(&reason), "{reason}");
        // this wire has no word of its own for calls
        let calls = reason == "stop" && !choice.calls.is_empty();
        choice.finish = Some(if calls { "tool_calls" } else { reason }.to_owned());
        for nanoseconds in [
            "total_duration",
            "load_duration",
            "prompt_eval_duration",
            "eval_duration",
        ] {
            assert!(line[nanoseconds].is_u64(), "W-193: {nanoseconds}");
        }
        for count in ["prompt_eval_count", "eval_count"] {
            assert!(line.get(count).is_none_or(Value::is_u64), "W-193: {count}");
        }
        if line.get("eval_count").is_some() {
            let count = |name: &str| line[name].clone();
            seen.usage = Some(
                [count("prompt_eval_count"), count("eval_count")]
                    .into_iter()
                    .collect(),
            );
        }
    } else {
        assert!(line.get("done_reason").is_none(), "only the last line has one");
    }
}

fn message(message: &Value, choice: &mut Choice) {
    assert_eq!(message["role"], "assistant");
    choice
        .text
        .push_str(message["content"].as_str().expect("a text on every line"));
    if let Some(thinking) = message.get("thinking") {
        choice.reasoning.push_str(thinking.as_str().expect("a text"));
    }
    for call in message
        .get("tool_calls")
        .map_or(&[][..], |calls| calls.as_array().unwrap())
    {
        let function = object(&call["function"]);
        assert!(function["arguments"].is_object(), "W-193: {call}");
        choice.calls.push(Call {
            id: call["id"].as_str().unwrap_or_default().to_owned(),
            name: function["name"].as_str().expect("a name").to_owned(),
            arguments: function["arguments"].to_string(),
        });
    }
}

fn object(value: &Value) -> &Map<String, Value> {
    value
        .as_object()
        .unwrap_or_else(|| panic!("not an object: {value}"))
}
