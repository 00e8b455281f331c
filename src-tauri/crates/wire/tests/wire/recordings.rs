//! Real traffic of providers, replayed in awkward pieces.

use std::path::{Path, PathBuf};

use domain::{FailureKind, Part, StopReason};
use inglenook_wire::openai_chat::{decode_answer, decode_models, decode_request, encode_answer};
use serde_json::Value;

use crate::round_trip::round_trip;
use crate::strict;
use crate::support::{cuts, decode, encode, envelope, refused};

struct Recording {
    id: String,
    status: u16,
    retry_after: Option<String>,
    request: Value,
    trimmed: bool,
    body: String,
    api: String,
}

impl Recording {
    fn is_stream(&self) -> bool {
        self.status == 200 && (self.body.starts_with("data:") || self.body.starts_with(':'))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "where recordings lie is told to the test alone"
)]
pub fn folder() -> PathBuf {
    std::env::var_os("RECORDINGS_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/recordings"),
        PathBuf::from,
    )
}

/// A line for each recording; none when they are not on this machine.
pub fn index() -> Vec<Value> {
    let Ok(index) = std::fs::read(folder().join("INDEX.json")) else {
        crate::support::recordings_are_absent();
        return Vec::new();
    };
    serde_json::from_slice(&index).unwrap()
}

/// The recording of a line of the index.
pub fn read(line: &Value) -> Value {
    let text = std::fs::read(folder().join(line["file"].as_str().unwrap())).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// All recordings that speak this wire.
fn recordings() -> Vec<Recording> {
    let index = index();
    if index.is_empty() {
        return Vec::new();
    }
    let wanted = |api: &str| {
        (api.ends_with("chat") && !matches!(api, "ollama.chat" | "cohere.v2-chat")) || api.ends_with("models")
    };
    let list: Vec<Recording> = index
        .iter()
        .filter(|line| wanted(line["api"].as_str().unwrap()))
        .map(|line| {
            let whole = read(line);
            let response = &whole["response"];
            Recording {
                id: line["id"].as_str().unwrap().into(),
                api: line["api"].as_str().unwrap().into(),
                status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
                retry_after: response["headers"]["retry-after"].as_str().map(str::to_owned),
                request: whole["request"]["body"].clone(),
                trimmed: whole.get("trimmed").is_some(),
                body: response["body"].as_str().unwrap().into(),
            }
        })
        .collect();
    assert!(list.len() > 80, "the index is not what it was");
    list
}

#[test]
fn whole_answers() {
    for recording in recordings() {
        if recording.status != 200 || recording.is_stream() || recording.api.ends_with("models") {
            continue;
        }
        let id = &recording.id;
        let answer =
            decode_answer(recording.body.as_bytes()).unwrap_or_else(|failure| panic!("{id}: {failure}"));
        let theirs: Value = serde_json::from_str(&recording.body).unwrap();
        let mut out = Vec::new();
        encode_answer(&answer, &envelope(), &mut out);
        let ours: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(ours["object"], "chat.completion", "{id}");
        let choices = ours["choices"].as_array().unwrap();
        assert_eq!(choices.len(), theirs["choices"].as_array().unwrap().len(), "{id}");
        for (index, choice) in choices.iter().enumerate() {
            let their = &theirs["choices"][index];
            assert_eq!(choice["index"], index, "{id}");
            compare_messages(id, &choice["message"], &their["message"]);
            compare_finish(id, choice, their);
        }
        if theirs["usage"].is_object() {
            compare_usage(id, &ours["usage"], &theirs["usage"]);
            strict::check_usage(&ours["usage"]);
        }
    }
}

/// The text of a content that may be an array with thinking in it.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => String::new(),
    }
}

fn compare_messages(id: &str, ours: &Value, theirs: &Value) {
    assert_eq!(text_of(&ours["content"]), text_of(&theirs["content"]), "{id}");
    assert_eq!(ours["refusal"], theirs["refusal"], "{id}");
    let thought = [&theirs["reasoning_content"], &theirs["reasoning"]];
    if let Some(thought) = thought
        .iter()
        .find_map(|text| text.as_str())
        .filter(|text| !text.is_empty())
    {
        assert_eq!(ours["reasoning_content"], thought, "{id}");
    }
    let their_calls: Vec<&Value> = theirs["tool_calls"].as_array().into_iter().flatten().collect();
    let our_calls: Vec<&Value> = ours["tool_calls"].as_array().into_iter().flatten().collect();
    if theirs["function_call"].is_object() {
        assert_eq!(our_calls[0]["function"], theirs["function_call"], "{id}");
        return;
    }
    assert_eq!(our_calls.len(), their_calls.len(), "{id}");
    for (our, their) in our_calls.iter().zip(their_calls) {
        assert_eq!(our["id"], their["id"], "{id}");
        assert_eq!(our["function"], their["function"], "{id}");
        assert_eq!(our["extra_content"], their["extra_content"], "{id}");
    }
    for carried in ["annotations", "reasoning_details", "extra_content", "audio"] {
        let empty = matches!(&theirs[carried], Value::Null) || theirs[carried] == serde_json::json!([]);
        if !empty {
            assert_eq!(ours[carried], theirs[carried], "{id}");
        }
    }
}

fn compare_finish(id: &str, ours: &Value, theirs: &Value) {
    let calls = ours["message"]["tool_calls"].is_array();
    let expected = match theirs["finish_reason"].as_str() {
        _ if calls => "tool_calls",
        Some("eos") | None => "stop",
        Some(reason) => reason,
    };
    assert_eq!(ours["finish_reason"], expected, "{id}");
}

fn compare_usage(id: &str, ours: &Value, theirs: &Value) {
    assert_eq!(ours["prompt_tokens"], theirs["prompt_tokens"], "{id}");
    let total = theirs["total_tokens"].as_u64().unwrap();
    assert_eq!(ours["total_tokens"], total, "{id}: {theirs}");
    let reasoning = &theirs["completion_tokens_details"]["reasoning_tokens"];
    // one recording counts more reasoning than output
    if let Some(reasoning) = reasoning.as_u64() {
        let output = ours["completion_tokens"].as_u64().unwrap();
        assert_eq!(
            ours["completion_tokens_details"]["reasoning_tokens"],
            reasoning.min(output),
            "{id}"
        );
    }
    let cached = &theirs["prompt_tokens_details"]["cached_tokens"];
    if cached.is_u64() {
        assert_eq!(&ours["prompt_tokens_details"]["cached_tokens"], cached, "{id}");
    }
}

/// What the chunks of a recording say, added up by simpler means.
fn added_up(body: &str) -> (String, String, Vec<(String, String)>, Option<Value>) {
    let (mut text, mut thought, mut calls, mut usage) = (String::new(), String::new(), Vec::new(), None);
    for line in body.lines().filter_map(|line| line.strip_prefix("data:")) {
        let Ok(chunk) = serde_json::from_str::<Value>(line.trim()) else {
            continue;
        };
        if chunk["usage"].is_object() {
            usage = Some(chunk["usage"].clone());
        }
        for choice in chunk["choices"].as_array().into_iter().flatten() {
            let delta = &choice["delta"];
            text.push_str(&text_of(&delta["content"]));
            for part in delta["content"].as_array().into_iter().flatten() {
                thought.push_str(&text_of(&part["thinking"]));
            }
            let words = [&delta["reasoning_content"], &delta["reasoning"]];
            thought.push_str(words.iter().find_map(|text| text.as_str()).unwrap_or_default());
            for call in delta["tool_calls"].as_array().into_iter().flatten() {
                let function = &call["function"];
                if let Some(name) = function["name"].as_str().filter(|name| !name.is_empty()) {
                    calls.push((name.to_owned(), String::new()));
                }
                let arguments = function["arguments"].as_str().unwrap_or_default();
                calls.last_mut().unwrap().1.push_str(arguments);
            }
        }
    }
    for call in &mut calls {
        if call.1.is_empty() {
            call.1.push_str("{}");
        }
    }
    (text, thought, calls, usage)
}

#[test]
fn streams() {
    let mut seen = 0;
    for recording in recordings().into_iter().filter(Recording::is_stream) {
        let id = &recording.id;
        let (events, outcome) = decode([recording.body.as_bytes()]);
        for pieces in cuts(recording.body.as_bytes()) {
            let again = decode(pieces.iter().copied());
            assert_eq!(
                again,
                (events.clone(), outcome.clone()),
                "{id} cut into {}",
                pieces.len()
            );
        }
        let stream = encode(&events, &outcome, true);
        let read = strict::read(&stream, true);
        if id.contains("stream-error") {
            assert!(outcome.is_err() && !read.done, "{id}");
            continue;
        }
        assert_eq!(outcome, Ok(()), "{id}");
        seen += 1;
        let (text, thought, calls, usage) = added_up(&recording.body);
        let choice = &read.choices[&0];
        assert_eq!(choice.text, text, "{id}");
        assert_eq!(choice.reasoning, thought, "{id}");
        let ours: Vec<(String, String)> = choice
            .calls
            .iter()
            .map(|call| (call.name.clone(), call.arguments.clone()))
            .collect();
        assert_eq!(ours, calls, "{id}");
        let reason = choice.finish.as_deref().unwrap();
        assert!(
            recording.body.contains(&format!("\"{reason}\"")),
            "{id}: {reason}"
        );
        if let Some(usage) = usage {
            compare_usage(id, &read.usage.unwrap_or_else(|| panic!("{id}")), &usage);
        }
    }
    assert!(recordings().is_empty() || seen > 30);
}

/// A connection that closes between two events, before the last finish, is never a clean end.
#[test]
fn cut_streams() {
    for recording in recordings().into_iter().filter(Recording::is_stream) {
        let id = &recording.id;
        let body = recording.body.replace("\r\n", "\n");
        let mut at = 0;
        let mut finished = false;
        for event in body.split_inclusive("\n\n") {
            let (events, outcome) = decode([&body.as_bytes()[..at]]);
            let read = strict::read(&encode(&events, &outcome, false), false);
            if finished {
                break;
            }
            let kind = outcome.as_ref().err().map(domain::Failure::kind);
            assert_eq!(kind, Some(FailureKind::UpstreamDisconnected), "{id} at {at}");
            assert!(!read.done && read.error.is_some(), "{id} at {at}");
            finished = serde_json::from_str::<Value>(event.trim_start_matches("data:").trim())
                .is_ok_and(|chunk| chunk["choices"][0]["finish_reason"].is_string());
            at += event.len();
        }
        assert!(finished, "{id}");
    }
}

#[test]
fn errors() {
    let mut seen = 0;
    for recording in recordings()
        .into_iter()
        .filter(|recording| recording.status >= 400)
    {
        let id = &recording.id;
        let failure = refused(
            recording.status,
            recording.retry_after.as_deref(),
            recording.body.as_bytes(),
        );
        let expected = match id.as_str() {
            _ if id.contains("auth") => FailureKind::ProviderKeyRejected,
            _ if id.contains("context-length") => FailureKind::ContextTooLong,
            _ if id.contains("404") => FailureKind::ModelNotFound,
            _ if id.contains("429") => FailureKind::ProviderRateLimited,
            _ if id.contains("500") => FailureKind::UpstreamFailed,
            _ => FailureKind::InvalidRequest,
        };
        assert_eq!(failure.kind(), expected, "{id}: {failure}");
        assert!(failure.upstream().unwrap().message.is_some(), "{id}");
        if recording.retry_after.is_some() {
            assert!(failure.retry_after_ms().is_some(), "{id}");
        }
        seen += 1;
    }
    assert!(recordings().is_empty() || seen > 12);
}

#[test]
fn requests() {
    let mut seen = 0;
    for recording in recordings() {
        // Cohere's old form has no messages; cut base64 is no longer what it was
        if !recording.request["messages"].is_array() || recording.trimmed {
            continue;
        }
        let body = &recording.request;
        let decoded = decode_request(body.to_string().as_bytes());
        let decoded = decoded.unwrap_or_else(|failure| panic!("{}: {failure}", recording.id));
        assert_eq!(
            decoded.request.messages.len(),
            body["messages"].as_array().unwrap().len()
        );
        round_trip(body);
        seen += 1;
    }
    assert!(recordings().is_empty() || seen > 60);
}

#[test]
fn lists_of_models() {
    for recording in recordings()
        .into_iter()
        .filter(|recording| recording.api.ends_with("models"))
    {
        // one is the deletion of a model
        if recording.body.contains("\"deleted\"") {
            continue;
        }
        let models = decode_models(recording.body.as_bytes()).unwrap();
        assert!(
            models.iter().all(|model| !model.id.is_empty()) && !models.is_empty(),
            "{}",
            recording.id
        );
    }
}

/// The notes on this traffic name what is easily got wrong; each is held here by name.
#[test]
fn known_oddities() {
    let all = recordings();
    let find = |id: &str| all.iter().find(|recording| recording.id == id);
    if let Some(mistral) = find("mistral-chat-reasoning-1d2978") {
        let answer = decode_answer(mistral.body.as_bytes()).unwrap();
        assert!(matches!(
            answer.choices[0].message.parts[0],
            Part::Reasoning { .. }
        ));
    }
    if let Some(filtered) = find("azure-chat-content-filter-empty-content-2ab77f") {
        let answer = decode_answer(filtered.body.as_bytes()).unwrap();
        assert_eq!(answer.choices[0].reason, StopReason::ContentFilter);
    }
    if let Some(padded) = find("openai-chat-parallel-tools-stream-0b390f") {
        let (events, outcome) = decode([padded.body.as_bytes()]);
        assert!(!encode(&events, &outcome, true).contains("obfuscation"));
    }
    let usage = |id: &str| {
        let recording = find(id)?;
        let (events, outcome) = decode([recording.body.as_bytes()]);
        let told: Vec<domain::Usage> = events
            .iter()
            .filter_map(|event| {
                if let domain::Event::Usage { usage, .. } = event {
                    Some(*usage)
                } else {
                    None
                }
            })
            .collect();
        assert_eq!(told.len(), 1, "{id}: once");
        Some((
            told[0].input,
            told[0].output,
            outcome.err().map(|failure| failure.kind()),
        ))
    };
    // usage with every chunk, and twice in the last two: neither is added up
    if let Some(running) = usage("perplexity-chat-simple-stream-ebdb07") {
        assert_eq!(running, (8, 5, None));
    }
    if let Some(twice) = usage("groq-chat-tool-call-stream-4751a8") {
        assert_eq!(twice, (93, 32, None));
    }
    // two reasons to finish, an error, and a marker as if all were well
    if let Some(failed) = usage("openrouter-chat-stream-error-length-stream-6bef9c") {
        assert_eq!(failed, (43, 10, Some(FailureKind::InvalidRequest)));
    }
    // its total counts thoughts that its output does not
    if let Some(thought) = find("google-openai-chat-tool-result-reasoning-488bdc") {
        let (usage, _) = decode_answer(thought.body.as_bytes()).unwrap().usage.unwrap();
        assert_eq!((usage.input, usage.output, usage.reasoning), (66, 34, 28));
    }
    if let Some(legacy) = find("openai-chat-tool-call-02ea30") {
        let answer = decode_answer(legacy.body.as_bytes()).unwrap();
        assert_eq!(answer.choices[0].reason, StopReason::ToolCalls);
        let Part::ToolCall { id, name, .. } = &answer.choices[0].message.parts[0] else {
            panic!("{answer:?}");
        };
        assert_eq!((id.len(), name.as_str()), (9, "get_current_weather"));
    }
    for id in [
        "openrouter-chat-tool-call-reasoning-stream-d80081",
        "vercel-gateway-chat-tool-call-reasoning-stream-530885",
    ] {
        if let Some(signed) = find(id) {
            let (events, _) = decode([signed.body.as_bytes()]);
            let ends = events.iter().filter(|event| {
                matches!(event, domain::Event::Delta { delta: domain::Delta::ReasoningEnd { signature: Some(sealed), .. }, .. }
                    if sealed.len() > 100)
            });
            assert_eq!(ends.count(), 1, "{id}");
        }
    }
}
