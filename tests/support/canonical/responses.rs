//! The strictest client of `/v1/responses` (W-120 to W-131). What it checks is what the wire's own tests
//! check, by the same reader; here it reads what came over the network, comments included, and gives what a
//! client of chat completions would have, so that one list of faults serves both.

use serde_json::Value;

use super::{Call, Choice, Seen};

#[path = "../../../src-tauri/crates/wire/tests/wire/responses/strict.rs"]
mod strict;

/// Reads a whole answer.
pub fn whole(body: &[u8], model: &str) -> Seen {
    let response: Value = serde_json::from_slice(body).expect("the body is JSON");
    read(response, model)
}

/// Reads a stream to its end.
pub fn stream(body: &[u8], model: &str) -> Seen {
    read(response(body), model)
}

/// The response that a stream ends with.
pub fn response(body: &[u8]) -> Value {
    strict::read(&without_comments(body)).response
}

/// The types of a stream's events, in their order.
pub fn kinds(body: &[u8]) -> Vec<String> {
    strict::read(&without_comments(body)).kinds
}

fn without_comments(body: &[u8]) -> String {
    let text = std::str::from_utf8(body).expect("W-61: UTF-8");
    let events = text.split_inclusive("\n\n");
    events.filter(|event| !event.starts_with(':')).collect()
}

fn read(response: Value, model: &str) -> Seen {
    strict::check_response(&response);
    assert_eq!(response["model"], model, "W-57");
    assert!(
        response["created_at"].as_i64().unwrap() > 1_600_000_000,
        "seconds"
    );
    let mut seen = Seen::default();
    if response["error"].is_object() {
        seen.error = Some(response["error"].clone());
    }
    let mut choice = Choice::default();
    for item in response["output"].as_array().unwrap() {
        let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
        match item["type"].as_str().unwrap() {
            "message" => {
                for part in item["content"].as_array().unwrap() {
                    choice.text.push_str(part["text"].as_str().unwrap_or_default());
                    choice
                        .refusal
                        .push_str(part["refusal"].as_str().unwrap_or_default());
                }
            }
            "reasoning" => {
                for part in item["summary"].as_array().unwrap() {
                    choice.reasoning.push_str(part["text"].as_str().unwrap());
                }
            }
            "function_call" => choice.calls.push(Call {
                id: text("call_id"),
                name: text("name"),
                arguments: text("arguments"),
            }),
            other => panic!("{other}"),
        }
    }
    for call in &choice.calls {
        assert!(super::is_call_id(&call.id), "W-74: {}", call.id);
    }
    let reason = match response["status"].as_str().unwrap() {
        "completed" if choice.calls.is_empty() => Some("stop"),
        "completed" => Some("tool_calls"),
        "incomplete" => match response["incomplete_details"]["reason"].as_str().unwrap() {
            "max_output_tokens" => Some("length"),
            "content_filter" => Some("content_filter"),
            other => panic!("W-131: {other}"),
        },
        "failed" => None,
        other => panic!("{other}"),
    };
    choice.finish = reason.map(str::to_owned);
    seen.usage = Some(response["usage"].clone()).filter(Value::is_object);
    seen.choices.insert(0, choice);
    seen
}
