//! The other wires: OpenAI's responses, Anthropic's messages, Gemini's, Ollama's and Bedrock's own.

use domain::Usage;
use serde_json::{Value, json};

use super::said::{Said, count, events, list, text};

pub fn responses_whole(body: &Value) -> Said {
    let mut said = Said::default();
    for item in list(&body["output"]) {
        for part in list(&item["content"]) {
            match text(&part["type"]) {
                "output_text" => said.text.push_str(text(&part["text"])),
                "refusal" => said.refusal.push_str(text(&part["refusal"])),
                "reasoning_text" => said.reasoning.push_str(text(&part["text"])),
                other => panic!("an unknown part: {other}"),
            }
        }
        for part in list(&item["summary"]) {
            said.reasoning.push_str(text(&part["text"]));
        }
        responses_call(item, &mut said);
    }
    responses_end(body, &mut said);
    said.complete()
}

fn responses_call(item: &Value, said: &mut Said) {
    match text(&item["type"]) {
        "function_call" => said.call(&item["call_id"], &item["name"], text(&item["arguments"])),
        // a tool that takes text takes it as its one argument
        "custom_tool_call" => {
            let input = json!({"input": item["input"]}).to_string();
            said.call(&item["call_id"], &item["name"], &input);
        }
        _ => {}
    }
}

fn responses_end(body: &Value, said: &mut Said) {
    said.finish = Some(match text(&body["status"]) {
        "completed" => "stop",
        "incomplete" => "length",
        other => panic!("an unknown status: {other}"),
    });
    let usage = &body["usage"];
    said.usage = usage["input_tokens"].as_u64().map(|input| Usage {
        input,
        cached_input: count(&usage["input_tokens_details"]["cached_tokens"]),
        cache_write: count(&usage["input_tokens_details"]["cache_write_tokens"]),
        output: count(&usage["output_tokens"]),
        reasoning: count(&usage["output_tokens_details"]["reasoning_tokens"]),
    });
}

pub fn responses_stream(body: &str) -> Said {
    let mut said = Said::default();
    for event in events(body) {
        match text(&event["type"]) {
            "response.output_text.delta" => said.text.push_str(text(&event["delta"])),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                said.reasoning.push_str(text(&event["delta"]));
            }
            "response.output_item.done" => responses_call(&event["item"], &mut said),
            "response.completed" | "response.incomplete" => responses_end(&event["response"], &mut said),
            _ => {}
        }
    }
    said.complete()
}

pub fn messages_whole(body: &Value) -> Said {
    let mut said = Said::default();
    for block in list(&body["content"]) {
        match text(&block["type"]) {
            "text" => said.text.push_str(text(&block["text"])),
            "thinking" => said.reasoning.push_str(text(&block["thinking"])),
            "tool_use" => said.call(&block["id"], &block["name"], &block["input"].to_string()),
            _ => {}
        }
    }
    messages_end(&body["stop_reason"], &body["usage"], &mut said);
    said.complete()
}

pub fn messages_stream(body: &str) -> Said {
    let mut said = Said::default();
    // counts of the end replace those of the beginning, one by one
    let mut usage = serde_json::Map::new();
    let mut report = |value: &Value| {
        for (name, value) in value.as_object().into_iter().flatten() {
            usage.insert(name.clone(), value.clone());
        }
        Value::Object(usage.clone())
    };
    for event in events(body) {
        match text(&event["type"]) {
            "message_start" => {
                report(&event["message"]["usage"]);
            }
            "content_block_start" => {
                let block = &event["content_block"];
                if block["type"] == "tool_use" {
                    said.call(&block["id"], &block["name"], "");
                }
            }
            "content_block_delta" => {
                let delta = &event["delta"];
                said.text.push_str(text(&delta["text"]));
                said.reasoning.push_str(text(&delta["thinking"]));
                if delta["partial_json"].is_string() {
                    said.arguments(&delta["partial_json"]);
                }
            }
            "message_delta" => {
                let usage = report(&event["usage"]);
                messages_end(&event["delta"]["stop_reason"], &usage, &mut said);
            }
            _ => {}
        }
    }
    said.complete()
}

fn messages_end(reason: &Value, usage: &Value, said: &mut Said) {
    said.finish = Some(match text(reason) {
        "end_turn" | "stop_sequence" => "stop",
        "max_tokens" => "length",
        "tool_use" => "tool_calls",
        "refusal" => "content_filter",
        other => panic!("an unknown reason: {other}"),
    });
    let (read, written) = (
        count(&usage["cache_read_input_tokens"]),
        count(&usage["cache_creation_input_tokens"]),
    );
    said.usage = Some(Usage {
        input: count(&usage["input_tokens"]) + read + written,
        cached_input: read,
        cache_write: written,
        output: count(&usage["output_tokens"]),
        reasoning: count(&usage["output_tokens_details"]["thinking_tokens"]),
    });
}

pub fn gemini_whole(body: &Value) -> Said {
    gemini(std::slice::from_ref(body))
}

pub fn gemini_stream(body: &str) -> Said {
    gemini(&events(body))
}

fn gemini(documents: &[Value]) -> Said {
    let mut said = Said::default();
    for document in documents {
        let candidate = &document["candidates"][0];
        for part in list(&candidate["content"]["parts"]) {
            let words = text(&part["text"]);
            if part["thought"] == true {
                said.reasoning.push_str(words);
            } else {
                said.text.push_str(words);
            }
            let call = &part["functionCall"];
            if call.is_object() {
                said.call(&call["id"], &call["name"], &call["args"].to_string());
            }
        }
        let blocked = document["promptFeedback"]["blockReason"].is_string();
        match candidate["finishReason"].as_str() {
            Some("STOP") => said.finish = Some("stop"),
            Some("MAX_TOKENS") => said.finish = Some("length"),
            Some("SAFETY") => said.finish = Some("content_filter"),
            Some("UNEXPECTED_TOOL_CALL") => said.finish = Some("tool_calls"),
            None if blocked => said.finish = Some("content_filter"),
            None => {}
            Some(other) => panic!("an unknown reason: {other}"),
        }
        if let Some(usage) = gemini_usage(&document["usageMetadata"]) {
            said.usage = Some(usage);
        }
    }
    said.complete()
}

/// `None` for an object without counts.
fn gemini_usage(value: &Value) -> Option<Usage> {
    let prompt = value["promptTokenCount"].as_u64()?;
    let thoughts = count(&value["thoughtsTokenCount"]);
    Some(Usage {
        input: prompt + count(&value["toolUsePromptTokenCount"]),
        cached_input: count(&value["cachedContentTokenCount"]),
        cache_write: 0,
        output: count(&value["candidatesTokenCount"]) + thoughts,
        reasoning: thoughts,
    })
}

pub fn ollama_whole(body: &Value) -> Said {
    ollama(std::slice::from_ref(body))
}

pub fn ollama_stream(body: &str) -> Said {
    let lines = body.lines().map(|line| serde_json::from_str(line).unwrap());
    ollama(&lines.collect::<Vec<Value>>())
}

fn ollama(documents: &[Value]) -> Said {
    let mut said = Said::default();
    for document in documents {
        let message = &document["message"];
        said.text.push_str(text(&message["content"]));
        said.reasoning.push_str(text(&message["thinking"]));
        for call in list(&message["tool_calls"]) {
            let function = &call["function"];
            said.call(
                &Value::Null,
                &function["name"],
                &function["arguments"].to_string(),
            );
        }
        if document["done"] == true {
            assert_eq!(document["done_reason"], "stop");
            said.finish = Some("stop");
            said.usage = Some(Usage {
                input: count(&document["prompt_eval_count"]),
                output: count(&document["eval_count"]),
                ..Usage::default()
            });
        }
    }
    said.complete()
}

pub fn converse_whole(body: &Value) -> Said {
    let mut said = Said::default();
    for block in list(&body["output"]["message"]["content"]) {
        said.text.push_str(text(&block["text"]));
        said.reasoning
            .push_str(text(&block["reasoningContent"]["reasoningText"]["text"]));
        let call = &block["toolUse"];
        if call.is_object() {
            said.call(&call["toolUseId"], &call["name"], &call["input"].to_string());
        }
    }
    said.finish = Some(converse_finish(&body["stopReason"]));
    said.usage = converse_usage(&body["usage"]);
    said.complete()
}

pub fn converse_stream(body: &[u8]) -> Said {
    let mut said = Said::default();
    for event in payloads(body) {
        let call = &event["start"]["toolUse"];
        if call.is_object() {
            said.call(&call["toolUseId"], &call["name"], "");
        }
        let delta = &event["delta"];
        said.text.push_str(text(&delta["text"]));
        said.reasoning.push_str(text(&delta["reasoningContent"]["text"]));
        if delta["toolUse"].is_object() {
            said.arguments(&delta["toolUse"]["input"]);
        }
        if event["stopReason"].is_string() {
            said.finish = Some(converse_finish(&event["stopReason"]));
        }
        if let Some(usage) = converse_usage(&event["usage"]) {
            said.usage = Some(usage);
        }
    }
    said.complete()
}

fn converse_finish(reason: &Value) -> &'static str {
    match text(reason) {
        "end_turn" | "stop_sequence" => "stop",
        "max_tokens" => "length",
        "tool_use" => "tool_calls",
        other => panic!("an unknown reason: {other}"),
    }
}

fn converse_usage(value: &Value) -> Option<Usage> {
    let fresh = value["inputTokens"].as_u64()?;
    let (read, written) = (
        count(&value["cacheReadInputTokens"]),
        count(&value["cacheWriteInputTokens"]),
    );
    Some(Usage {
        input: fresh + read + written,
        cached_input: read,
        cache_write: written,
        output: count(&value["outputTokens"]),
        reasoning: 0,
    })
}

/// The JSON in each frame of an AWS event stream: two lengths and a checksum, headers, payload, a checksum.
fn payloads(mut body: &[u8]) -> Vec<Value> {
    let length = |bytes: &[u8]| usize::try_from(u32::from_be_bytes(bytes.try_into().unwrap())).unwrap();
    let mut payloads = Vec::new();
    while !body.is_empty() {
        let (frame, rest) = body.split_at(length(&body[..4]));
        let payload = &frame[12 + length(&frame[4..8])..frame.len() - 4];
        payloads.push(serde_json::from_slice(payload).unwrap());
        body = rest;
    }
    payloads
}
