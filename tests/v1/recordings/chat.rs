//! OpenAI's chat completions, and Cohere's own second protocol.

use domain::Usage;
use serde_json::Value;

use super::said::{Said, count, events, list, text};

pub fn whole(body: &Value) -> Said {
    let choice = &body["choices"][0];
    let mut said = Said::default();
    message(&choice["message"], &mut said);
    said.finish = finish(&choice["finish_reason"]);
    said.usage = usage(&body["usage"]);
    said.complete()
}

pub fn stream(body: &str) -> Said {
    let mut said = Said::default();
    for chunk in events(body) {
        // Groq has a place of its own for it
        for place in [&chunk["x_groq"]["usage"], &chunk["usage"]] {
            if let Some(usage) = usage(place) {
                said.usage = Some(usage);
            }
        }
        let choice = &chunk["choices"][0];
        message(&choice["delta"], &mut said);
        if let Some(reason) = finish(&choice["finish_reason"]) {
            said.finish = Some(reason);
        }
    }
    said.complete()
}

/// A message, or a piece of one.
fn message(value: &Value, said: &mut Said) {
    said.text.push_str(text(&value["content"]));
    for part in list(&value["content"]) {
        said.text.push_str(text(&part["text"]));
        for thought in list(&part["thinking"]) {
            said.reasoning.push_str(text(&thought["text"]));
        }
    }
    let thought = ["reasoning_content", "reasoning"].map(|name| text(&value[name]));
    said.reasoning.push_str(
        thought
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_default(),
    );
    said.refusal.push_str(text(&value["refusal"]));
    for call in list(&value["tool_calls"]) {
        let function = &call["function"];
        if !text(&function["name"]).is_empty() {
            said.call(&call["id"], &function["name"], "");
        }
        said.arguments(&function["arguments"]);
    }
    let legacy = &value["function_call"];
    if legacy.is_object() {
        said.call(&Value::Null, &legacy["name"], text(&legacy["arguments"]));
    }
}

fn finish(reason: &Value) -> Option<&'static str> {
    Some(match reason.as_str()? {
        "length" => "length",
        "tool_calls" | "function_call" => "tool_calls",
        "content_filter" => "content_filter",
        "stop" | "eos" => "stop",
        other => panic!("an unknown reason: {other}"),
    })
}

fn usage(value: &Value) -> Option<Usage> {
    let (input, output) = (
        value["prompt_tokens"].as_u64()?,
        value["completion_tokens"].as_u64()?,
    );
    // xAI and Google count reasoning in the total alone
    let beyond = count(&value["total_tokens"]).saturating_sub(input + output);
    let cached = [
        &value["prompt_tokens_details"]["cached_tokens"],
        &value["cached_tokens"],
        &value["prompt_cache_hit_tokens"],
    ];
    let reasoning = count(&value["completion_tokens_details"]["reasoning_tokens"]);
    Some(Usage {
        input,
        cached_input: cached.into_iter().find_map(Value::as_u64).unwrap_or(0),
        cache_write: count(&value["prompt_tokens_details"]["cache_write_tokens"]),
        output: output + beyond,
        reasoning: reasoning.max(beyond),
    })
}

pub fn cohere_whole(body: &Value) -> Said {
    let mut said = Said::default();
    cohere_message(&body["message"], &mut said);
    cohere_end(body, &mut said);
    said.complete()
}

pub fn cohere_stream(body: &str) -> Said {
    let mut said = Said::default();
    for event in events(body) {
        cohere_message(&event["delta"]["message"], &mut said);
        if event["type"] == "message-end" {
            cohere_end(&event["delta"], &mut said);
        }
    }
    said.complete()
}

/// A message, or a piece of one, where an object stands in the place of each list.
fn cohere_message(value: &Value, said: &mut Said) {
    said.reasoning.push_str(text(&value["tool_plan"]));
    let one = |value: &'_ Value| {
        if value.is_object() {
            vec![value.clone()]
        } else {
            list(value).cloned().collect()
        }
    };
    for part in one(&value["content"]) {
        said.text.push_str(text(&part["text"]));
        said.reasoning.push_str(text(&part["thinking"]));
    }
    for call in one(&value["tool_calls"]) {
        let function = &call["function"];
        if call["id"].is_string() {
            said.call(&call["id"], &function["name"], "");
        }
        said.arguments(&function["arguments"]);
    }
}

fn cohere_end(value: &Value, said: &mut Said) {
    said.finish = Some(match text(&value["finish_reason"]) {
        "COMPLETE" => "stop",
        "TOOL_CALL" => "tool_calls",
        other => panic!("an unknown reason: {other}"),
    });
    let usage = &value["usage"];
    let tokens = &usage["tokens"];
    said.usage = Some(Usage {
        input: count(&tokens["input_tokens"]) + count(&tokens["image_tokens"]),
        cached_input: count(&usage["cached_tokens"]),
        cache_write: 0,
        output: count(&tokens["output_tokens"]),
        reasoning: count(&tokens["reasoning_tokens"]),
    });
}
