//! The strictest client of `:generateContent` and `:streamGenerateContent`. It knows nothing of our encoders.

use serde_json::Value;

use super::{Call, Choice, Seen};

/// Reads a whole answer.
pub fn whole(body: &[u8], model: &str) -> Seen {
    let document: Value = serde_json::from_slice(body).expect("the body is JSON");
    let mut seen = Seen::default();
    read(&document, model, &mut seen);
    assert!(seen.choices.values().all(|choice| choice.finish.is_some()));
    seen
}

/// Reads a stream of events to its end: `alt=sse`.
pub fn events(body: &[u8], model: &str) -> Seen {
    let text = std::str::from_utf8(body).expect("UTF-8");
    assert!(text.ends_with("\n\n"), "the last event is complete");
    assert!(!text.contains('\r'));
    let chunks = text
        .split("\n\n")
        .map(str::trim)
        .filter(|event| !event.is_empty());
    let chunks = chunks.map(|event| {
        assert!(!event.contains('\n'), "one line an event: {event}");
        let data = event.strip_prefix("data: ").unwrap_or_else(|| panic!("{event}"));
        assert_ne!(data, "[DONE]", "this wire has no such mark");
        serde_json::from_str(data).unwrap_or_else(|_| panic!("{data}"))
    });
    all(chunks.collect(), model)
}

/// Reads a stream in the form of one array to its end.
pub fn array(body: &[u8], model: &str) -> Seen {
    let chunks: Vec<Value> = serde_json::from_slice(body).expect("one array, complete also after a failure");
    all(chunks, model)
}

fn all(chunks: Vec<Value>, model: &str) -> Seen {
    let mut seen = Seen::default();
    let mut id = None;
    for chunk in chunks {
        assert!(seen.error.is_none(), "after an error: {chunk}");
        assert!(seen.usage.is_none(), "after the tokens: {chunk}");
        if chunk.get("error").is_some() {
            seen.error = Some(error(chunk.to_string().as_bytes()));
            continue;
        }
        let same = chunk["responseId"].clone();
        assert!(same.is_string());
        assert_eq!(id.get_or_insert(same.clone()), &same, "the same on every chunk");
        read(&chunk, model, &mut seen);
    }
    let finished = !seen.choices.is_empty() && seen.choices.values().all(|choice| choice.finish.is_some());
    assert_eq!(
        finished,
        seen.error.is_none(),
        "a stream finishes, or fails and says so"
    );
    seen
}

fn read(chunk: &Value, model: &str, seen: &mut Seen) {
    assert_eq!(chunk["modelVersion"], model, "W-57");
    let candidates = chunk["candidates"].as_array().expect("candidates");
    assert!(!candidates.is_empty(), "clients read candidates[0] unasked");
    for candidate in candidates {
        let choice = seen
            .choices
            .entry(candidate["index"].as_u64().expect("an index"))
            .or_default();
        assert!(choice.finish.is_none(), "after the reason to finish: {candidate}");
        assert_eq!(candidate["content"]["role"], "model");
        let parts = candidate["content"]["parts"].as_array().expect("parts");
        assert!(!parts.is_empty(), "clients read parts[0] unasked");
        for part in parts {
            read_part(part, choice);
        }
        if let Some(reason) = candidate.get("finishReason") {
            choice.finish = Some(reason_of(reason, choice));
        }
    }
    if let Some(usage) = chunk.get("usageMetadata") {
        let count = |name: &str| {
            usage[name]
                .as_u64()
                .unwrap_or_else(|| panic!("{name} in {usage}"))
        };
        assert!(count("totalTokenCount") >= count("promptTokenCount") + count("candidatesTokenCount"));
        seen.usage = Some(usage.clone());
    }
}

fn read_part(part: &Value, choice: &mut Choice) {
    if let Some(call) = part.get("functionCall") {
        assert!(call["args"].is_object(), "W-167: {part}");
        choice.calls.push(Call {
            id: call["id"].as_str().unwrap_or_default().to_owned(),
            name: call["name"].as_str().expect("a name").to_owned(),
            arguments: call["args"].to_string(),
        });
    } else {
        let text = part["text"]
            .as_str()
            .unwrap_or_else(|| panic!("text or a call: {part}"));
        if part["thought"] == true {
            choice.reasoning.push_str(text);
        } else {
            choice.text.push_str(text);
        }
    }
}

/// In OpenAI's words, in which the tests speak; this wire has none of its own for calls.
fn reason_of(reason: &Value, choice: &Choice) -> String {
    let word = match reason.as_str().expect("a word") {
        "STOP" if choice.calls.is_empty() => "stop",
        "STOP" => "tool_calls",
        "MAX_TOKENS" => "length",
        "SAFETY" => "content_filter",
        other => panic!("{other}"),
    };
    word.to_owned()
}

/// An error body, or the error chunk of a stream; gives what is below `error`.
pub fn error(body: &[u8]) -> Value {
    let document: Value = serde_json::from_slice(body).expect("the body is JSON");
    let error = &document["error"];
    assert!(
        error["code"]
            .as_u64()
            .is_some_and(|code| (400..600).contains(&code)),
        "{document}"
    );
    assert!(
        error["message"].as_str().is_some_and(|text| !text.is_empty()),
        "{document}"
    );
    let status = error["status"].as_str().expect("a status");
    assert!(
        status
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_'),
        "{status}"
    );
    error.clone()
}
