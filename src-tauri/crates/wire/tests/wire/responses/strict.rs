//! An independent reader of streams of this wire, as strict as the strictest client: it knows nothing of
//! the encoder, and checks whole answers too.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What a strict client has at the end.
#[derive(Debug, Default, PartialEq)]
pub struct Read {
    /// The last event's response.
    pub response: Value,
    /// The types of all events, in order.
    pub kinds: Vec<String>,
}

/// Every field that a generated client wants (W-123).
const FIELDS: &[&str] = &[
    "id",
    "object",
    "created_at",
    "completed_at",
    "status",
    "incomplete_details",
    "model",
    "previous_response_id",
    "instructions",
    "output",
    "error",
    "tools",
    "tool_choice",
    "truncation",
    "parallel_tool_calls",
    "text",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "top_logprobs",
    "temperature",
    "reasoning",
    "usage",
    "max_output_tokens",
    "max_tool_calls",
    "store",
    "background",
    "service_tier",
    "metadata",
    "safety_identifier",
    "prompt_cache_key",
];

/// Checks a response object.
pub fn check_response(response: &Value) {
    let object = response.as_object().unwrap();
    for field in FIELDS {
        assert!(object.contains_key(*field), "W-123: {field}");
    }
    assert_eq!(response["object"], "response");
    assert!(response["id"].as_str().unwrap().starts_with("resp_"), "W-123");
    assert!(response["created_at"].is_i64());
    for number in [
        "top_p",
        "temperature",
        "presence_penalty",
        "frequency_penalty",
        "top_logprobs",
    ] {
        assert!(response[number].is_number(), "{number}");
    }
    assert!(response["text"]["format"].is_object());
    assert!(response["reasoning"].as_object().unwrap().contains_key("effort"));
    for tool in response["tools"].as_array().unwrap() {
        if tool["type"] == "function" {
            for key in ["name", "description", "parameters", "strict"] {
                assert!(tool.as_object().unwrap().contains_key(key), "{key}");
            }
        }
    }
    let status = response["status"].as_str().unwrap();
    assert_eq!(response["error"].is_object(), status == "failed");
    assert_eq!(
        response["incomplete_details"].is_object(),
        status == "incomplete",
        "W-131"
    );
    if !response["usage"].is_null() {
        let usage = &response["usage"];
        let count = |path: &str| usage.pointer(path).and_then(Value::as_u64).unwrap();
        assert_eq!(
            count("/total_tokens"),
            count("/input_tokens") + count("/output_tokens"),
            "W-124"
        );
        assert!(count("/input_tokens_details/cached_tokens") <= count("/input_tokens"));
        assert!(count("/output_tokens_details/reasoning_tokens") <= count("/output_tokens"));
    }
    let mut ids = Vec::new();
    for item in response["output"].as_array().unwrap() {
        check_item(item);
        ids.push(item["id"].clone());
    }
    let count = ids.len();
    ids.sort_by_key(ToString::to_string);
    ids.dedup();
    assert_eq!(ids.len(), count, "each item has an id of its own");
}

fn check_item(item: &Value) {
    assert!(item["id"].as_str().is_some_and(|id| !id.is_empty()), "{item}");
    match item["type"].as_str().unwrap() {
        "message" => {
            assert_eq!(item["role"], "assistant");
            assert!(["completed", "incomplete"].contains(&item["status"].as_str().unwrap()));
            for part in item["content"].as_array().unwrap() {
                if part["type"] == "refusal" {
                    assert!(part["refusal"].is_string());
                } else {
                    assert_eq!(part["type"], "output_text");
                    assert!(part["text"].is_string() && part["annotations"].is_array());
                    assert!(part["logprobs"].is_array());
                }
            }
        }
        "function_call" => {
            for key in ["call_id", "name", "arguments", "status"] {
                assert!(item[key].is_string(), "{key}");
            }
        }
        "custom_tool_call" => {
            for key in ["call_id", "name", "input", "status"] {
                assert!(item[key].is_string(), "{key}");
            }
        }
        "reasoning" => {
            for part in item["summary"].as_array().unwrap() {
                assert_eq!(part["type"], "summary_text");
                assert!(part["text"].is_string());
            }
        }
        _ => {}
    }
}

#[derive(Default)]
struct Open {
    item: Value,
    done: bool,
    parts: Vec<(Value, String, bool)>,
    arguments: String,
    arguments_done: bool,
}

/// Reads a stream and panics at the first thing that some client would trip over.
pub fn read(stream: &str) -> Read {
    let mut out = Read::default();
    let mut open: BTreeMap<u64, Open> = BTreeMap::new();
    let mut ended = false;
    assert!(stream.ends_with("\n\n") && !stream.contains('\r'), "W-61");
    for (number, event) in stream.trim_end_matches('\n').split("\n\n").enumerate() {
        assert!(!ended, "nothing after the end (W-130): {event}");
        let (name, data) = event.split_once('\n').unwrap_or_else(|| panic!("{event}"));
        let name = name.strip_prefix("event: ").unwrap_or_else(|| panic!("{event}"));
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(data["type"], name, "W-125");
        assert_eq!(data["sequence_number"], number, "W-125");
        out.kinds.push(name.to_owned());
        match number {
            0 => assert_eq!(name, "response.created", "W-126"),
            1 => assert_eq!(name, "response.in_progress", "W-126"),
            _ => assert!(!matches!(name, "response.created" | "response.in_progress")),
        }
        match name {
            "response.created" | "response.in_progress" => {
                check_response(&data["response"]);
                assert_eq!(data["response"]["status"], "in_progress");
                assert_eq!(data["response"]["output"], json!([]));
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                ended = true;
                check_response(&data["response"]);
                assert_eq!(
                    format!("response.{}", data["response"]["status"].as_str().unwrap()),
                    name
                );
                out.response = data["response"].clone();
            }
            _ => piece(name, &data, &mut open),
        }
    }
    assert!(ended, "a stream ends with one of its last events");
    let done: Vec<&Value> = open
        .values()
        .filter(|item| item.done)
        .map(|item| &item.item)
        .collect();
    if out.response["status"] != "failed" {
        assert_eq!(done.len(), open.len(), "each item is done");
    }
    let told: Vec<&Value> = out.response["output"].as_array().unwrap().iter().collect();
    assert_eq!(told, done, "the last event tells what the items told (W-128)");
    out
}

fn piece(name: &str, data: &Value, open: &mut BTreeMap<u64, Open>) {
    let index = data["output_index"].as_u64().unwrap();
    if name == "response.output_item.added" {
        assert_eq!(index, u64::try_from(open.len()).unwrap(), "places are dense");
        let fresh = Open {
            item: data["item"].clone(),
            ..Open::default()
        };
        for field in ["arguments", "input"] {
            assert!(
                data["item"][field].is_null() || data["item"][field] == "",
                "W-127"
            );
        }
        open.insert(index, fresh);
        return;
    }
    let item = open
        .get_mut(&index)
        .unwrap_or_else(|| panic!("{name} before it began"));
    assert!(!item.done, "nothing after an item is done: {name}");
    if name == "response.output_item.done" {
        finish(item, &data["item"]);
        return;
    }
    assert_eq!(data["item_id"], item.item["id"], "{name}");
    let text = |field: &str| {
        data[field]
            .as_str()
            .unwrap_or_else(|| panic!("{name}: {field}"))
            .to_owned()
    };
    let place = data["content_index"]
        .as_u64()
        .or_else(|| data["summary_index"].as_u64());
    let place = place.map(|place| usize::try_from(place).unwrap());
    match name {
        "response.content_part.added" | "response.reasoning_summary_part.added" => {
            assert_eq!(place.unwrap(), item.parts.len(), "parts are dense");
            assert!(item.parts.iter().all(|part| part.2), "one part at a time");
            item.parts.push((data["part"].clone(), String::new(), false));
        }
        "response.output_text.delta" | "response.refusal.delta" | "response.reasoning_summary_text.delta" => {
            let part = &mut item.parts[place.unwrap()];
            assert!(!part.2);
            assert!(!text("delta").is_empty() || data["logprobs"] != json!([]), "W-76");
            part.1.push_str(&text("delta"));
        }
        "response.output_text.done" | "response.reasoning_summary_text.done" => {
            assert_eq!(item.parts[place.unwrap()].1, text("text"), "{name}");
        }
        "response.refusal.done" => assert_eq!(item.parts[place.unwrap()].1, text("refusal")),
        "response.content_part.done" | "response.reasoning_summary_part.done" => {
            let part = &mut item.parts[place.unwrap()];
            let told = data["part"]["text"]
                .as_str()
                .or_else(|| data["part"]["refusal"].as_str());
            assert_eq!(told, Some(part.1.as_str()));
            part.0 = data["part"].clone();
            part.2 = true;
        }
        "response.output_text.annotation.added" => assert!(data["annotation"].is_object()),
        "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
            assert!(!item.arguments_done && !text("delta").is_empty());
            item.arguments.push_str(&text("delta"));
        }
        "response.function_call_arguments.done" => {
            assert_eq!(item.arguments, text("arguments"), "W-127");
            item.arguments_done = true;
        }
        "response.custom_tool_call_input.done" => {
            assert_eq!(item.arguments, text("input"));
            item.arguments_done = true;
        }
        other => panic!("{other}"),
    }
}

fn finish(item: &mut Open, told: &Value) {
    check_item(told);
    assert_eq!(told["id"], item.item["id"]);
    assert_eq!(told["type"], item.item["type"]);
    let parts: Vec<Value> = item.parts.iter().map(|part| part.0.clone()).collect();
    assert!(item.parts.iter().all(|part| part.2), "each part is done");
    match told["type"].as_str().unwrap() {
        "message" => assert_eq!(told["content"], json!(parts), "W-128"),
        "reasoning" => assert_eq!(told["summary"], json!(parts), "W-128"),
        "function_call" => {
            assert!(item.arguments_done, "W-127");
            assert_eq!(told["arguments"], item.arguments, "W-128");
        }
        "custom_tool_call" => {
            assert!(item.arguments_done);
            assert_eq!(told["input"], item.arguments, "W-128");
        }
        _ => {}
    }
    item.item = told.clone();
    item.done = true;
}
