//! The strictest client of `/v1/completions` (W-108): what D.3 to D.5 say, as far as a bare text has it.

use serde_json::{Value, json};

use super::{Choice, Seen, blank, check_usage, error, has, object};

/// Reads a whole answer.
pub fn whole(body: &[u8], model: &str) -> Seen {
    let mut document: Value = serde_json::from_slice(body).expect("the body is JSON");
    check_envelope(&document, model);
    assert!(document.get("error").is_none(), "W-58");
    let mut seen = Seen {
        usage: document.get("usage").cloned(),
        ..Seen::default()
    };
    if let Some(usage) = &seen.usage {
        check_usage(usage);
    }
    let list = document["choices"].as_array().unwrap();
    assert!(!list.is_empty(), "W-56");
    for (index, value) in (0..).zip(list) {
        assert_eq!(value["index"], index, "W-51");
        let mut choice = Choice::default();
        read(value, &mut choice);
        assert!(choice.finish.is_some(), "W-54");
        seen.choices.insert(index, choice);
    }
    blank(&mut document);
    seen.said.push(document);
    seen
}

fn check_envelope(document: &Value, model: &str) {
    assert!(document["id"].as_str().unwrap().starts_with("cmpl-"), "W-108");
    assert_eq!(document["object"], "text_completion", "W-108");
    assert!(
        document["created"].as_i64().unwrap() > 1_700_000_000,
        "W-50: seconds"
    );
    assert_eq!(document["model"], model, "W-57");
}

fn read(value: &Value, choice: &mut Choice) {
    has(
        object(value),
        &["text", "index", "logprobs", "finish_reason"],
        "W-108",
    );
    assert!(choice.finish.is_none(), "W-65: nothing after the finish");
    choice.text.push_str(value["text"].as_str().expect("W-108"));
    if !value["finish_reason"].is_null() {
        let reason = value["finish_reason"].as_str().expect("W-54");
        assert!(["stop", "length", "content_filter"].contains(&reason), "{reason}");
        choice.finish = Some(reason.to_owned());
    }
}

/// Reads a stream to its end.
pub fn stream(body: &[u8], model: &str, include_usage: bool) -> Seen {
    let text = std::str::from_utf8(body).expect("W-61: UTF-8");
    assert!(text.ends_with("\n\n"), "W-61: the last event is complete");
    let mut seen = Seen::default();
    let mut envelope = None;
    let mut done = false;
    for event in text.trim_end_matches('\n').split("\n\n") {
        assert!(
            !done && seen.error.is_none(),
            "W-67, W-69: after the end: {event}"
        );
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
        check_envelope(&chunk, model);
        let same = json!([chunk["id"], chunk["created"]]);
        assert_eq!(envelope.get_or_insert(same.clone()), &same, "W-62");
        assert!(seen.usage.is_none(), "W-66: usage is the last chunk");
        let list = chunk["choices"].as_array().expect("W-64");
        if list.is_empty() {
            assert!(include_usage, "W-66: usage was not asked for");
            check_usage(&chunk["usage"]);
            seen.usage = Some(chunk["usage"].clone());
        } else {
            assert_eq!(chunk.get("usage"), include_usage.then_some(&Value::Null), "W-66");
        }
        for value in list {
            let index = value["index"].as_u64().expect("W-64");
            read(value, seen.choices.entry(index).or_default());
        }
        blank(&mut chunk);
        seen.said.push(chunk);
    }
    assert_eq!(done, seen.error.is_none(), "W-67, W-70");
    if done {
        let finished = |choice: &Choice| choice.finish.is_some();
        assert!(
            !seen.choices.is_empty() && seen.choices.values().all(finished),
            "W-65"
        );
    }
    seen
}
