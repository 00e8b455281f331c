//! How providers hand reasoning out and want it back: a row each. Another wire is another row.

use serde_json::{Value, json};

use crate::support::Reply;

/// What stands in every thought and seal of these tests, and nowhere else.
pub const THOUGHT: &str = "the user wants the weather";
pub const SEAL: &str = "EqUDCkYICxgCKkDNAndr2nJPVxOWwX0PlM1JjuprXAg";
pub const CALL: &str = "call_weather_1";

/// How a provider hands out reasoning and wants it back.
pub struct Shape {
    pub name: &'static str,
    pub wire: &'static str,
    /// An answer that thinks and calls `get_weather`, whole and in pieces.
    pub calls: [Reply; 2],
    /// An answer that thinks and says "Sunny.", whole and in pieces.
    pub says: [Reply; 2],
    /// An answer that only says "Hello.", whole and in pieces.
    pub plain: [Reply; 2],
    /// The earlier answers in a request.
    pub answers: fn(&Value) -> Vec<Value>,
    /// What must be back in the request, from how an earlier answer stands there.
    pub back: fn(&Value) -> Value,
    /// The id under which the call stands in an earlier answer.
    pub called: fn(&Value) -> Value,
    /// And what it must be: after a call, after a word.
    pub expected: [Value; 2],
    /// Whether it holds a seal.
    pub sealed: bool,
}

/// The earlier answers of a chat completion's request.
fn of_chat(body: &Value) -> Vec<Value> {
    let messages = body["messages"].as_array().unwrap().iter();
    messages
        .filter(|message| message["role"] == "assistant")
        .cloned()
        .collect()
}

fn chat_plain() -> [Reply; 2] {
    [Reply::text("Hello."), Reply::stream(&["Hello."])]
}

pub fn shapes() -> Vec<Shape> {
    let mut all = of_openai_chat();
    all.push(anthropic());
    all.push(gemini());
    all
}

/// A signature stands beside the thought, both before the call (W-164).
fn anthropic() -> Shape {
    let thinking = json!({"type": "thinking", "thinking": THOUGHT, "signature": SEAL});
    let input = json!({"city": "Köln", "days": [1, 2]});
    let call = json!({"type": "tool_use", "id": CALL, "name": "get_weather", "input": input});
    let text = |text: &str| json!({"type": "text", "text": text});
    let reply = |blocks: &[Value], stop: &str| {
        let message = |content: &Value, stop: Value| {
            json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "upstream-name",
                "content": content, "stop_reason": stop, "stop_sequence": null,
                "usage": {"input_tokens": 5, "output_tokens": 7}})
        };
        let whole = Reply::json(200, &message(&json!(blocks), json!(stop)));
        let begun = Reply::new(200, "text/event-stream")
            .event(&json!({"type": "message_start", "message": message(&json!([]), Value::Null)}));
        let stream = blocks.iter().enumerate().fold(begun, |reply, (index, block)| {
            let delta = |delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
            let start =
                |block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
            let reply = match block["type"].as_str().unwrap() {
                "thinking" => reply
                    .event(&start(
                        json!({"type": "thinking", "thinking": "", "signature": ""}),
                    ))
                    .event(&delta(
                        json!({"type": "thinking_delta", "thinking": block["thinking"]}),
                    ))
                    .event(&delta(
                        json!({"type": "signature_delta", "signature": block["signature"]}),
                    )),
                "tool_use" => reply
                    .event(&start(
                        json!({"type": "tool_use", "id": CALL, "name": block["name"], "input": {}}),
                    ))
                    .event(&delta(
                        json!({"type": "input_json_delta", "partial_json": block["input"].to_string()}),
                    )),
                _ => reply
                    .event(&start(json!({"type": "text", "text": ""})))
                    .event(&delta(json!({"type": "text_delta", "text": block["text"]}))),
            };
            reply.event(&json!({"type": "content_block_stop", "index": index}))
        });
        let stream = stream
            .event(
                &json!({"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": null},
                "usage": {"output_tokens": 7}}),
            )
            .event(&json!({"type": "message_stop"}));
        [whole, stream]
    };
    Shape {
        name: "anthropic",
        wire: "anthropic-messages",
        calls: reply(&[thinking.clone(), call], "tool_use"),
        says: reply(&[thinking.clone(), text("Sunny.")], "end_turn"),
        plain: reply(&[text("Hello.")], "end_turn"),
        answers: of_chat,
        back: |answer| {
            let blocks = answer["content"].as_array().into_iter().flatten();
            let mut thinking = blocks.filter(|block| block["type"] == "thinking");
            thinking.next().cloned().unwrap_or_default()
        },
        called: |answer| {
            let mut blocks = answer["content"].as_array().unwrap().iter();
            blocks.find(|block| block["type"] == "tool_use").unwrap()["id"].clone()
        },
        expected: [thinking.clone(), thinking],
        // a chat client never sees it
        sealed: false,
    }
}

/// A signature stands on the part that followed the thought (W-168).
fn gemini() -> Shape {
    let thought = json!({"text": THOUGHT, "thought": true});
    let call = json!({"functionCall": {"id": CALL, "name": "get_weather",
        "args": {"city": "Köln", "days": [1, 2]}}, "thoughtSignature": SEAL});
    let reply = |parts: &[Value]| {
        let chunk = |parts: &[Value], finish: Option<&str>| {
            let mut candidate = json!({"index": 0, "content": {"role": "model", "parts": parts}});
            if let Some(finish) = finish {
                candidate["finishReason"] = json!(finish);
            }
            json!({"candidates": [candidate], "modelVersion": "upstream-name", "responseId": "r",
                "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 7, "totalTokenCount": 12}})
        };
        let begun = Reply::new(200, "text/event-stream");
        let last = parts.len() - 1;
        let stream = parts.iter().enumerate().fold(begun, |reply, (at, part)| {
            reply.event(&chunk(std::slice::from_ref(part), (at == last).then_some("STOP")))
        });
        [Reply::json(200, &chunk(parts, Some("STOP"))), stream]
    };
    Shape {
        name: "gemini",
        wire: "gemini",
        calls: reply(&[thought.clone(), call]),
        says: reply(&[thought, json!({"text": "Sunny.", "thoughtSignature": SEAL})]),
        plain: reply(&[json!({"text": "Hello."})]),
        answers: |body| {
            let contents = body["contents"].as_array().unwrap().iter();
            contents
                .filter(|content| content["role"] == "model")
                .cloned()
                .collect()
        },
        back: |answer| {
            let mut parts = answer["parts"].as_array().unwrap().iter();
            let signed = parts.find(|part| part["thoughtSignature"].is_string());
            signed.map_or(Value::Null, |part| part["thoughtSignature"].clone())
        },
        called: |answer| {
            let mut parts = answer["parts"].as_array().unwrap().iter();
            parts.find(|part| part["functionCall"].is_object()).unwrap()["functionCall"]["id"].clone()
        },
        expected: [json!(SEAL), json!(SEAL)],
        sealed: true,
    }
}

fn of_openai_chat() -> Vec<Shape> {
    let details = json!([
        {"type": "reasoning.text", "text": THOUGHT, "signature": SEAL, "format": "anthropic-claude-v1", "index": 0},
        {"type": "reasoning.encrypted", "data": "b64==", "id": "rs_1", "index": 1},
    ]);
    let detail = |text: &str, signature: &str| {
        json!({"reasoning": text, "reasoning_details": [{"type": "reasoning.text", "text": text,
            "signature": signature, "format": "anthropic-claude-v1", "index": 0}]})
    };
    let sealed = json!({"google": {"thought_signature": SEAL}});
    let called = json!([{"index": 0, "id": CALL, "type": "function",
        "function": {"name": "get_weather", "arguments": r#"{"city":"Köln","days":[1,2]}"#}}]);
    let mut called_and_sealed = called.clone();
    called_and_sealed[0]["extra_content"] = sealed.clone();
    let split = THOUGHT.split_at(9);
    vec![
        Shape {
            name: "deepseek",
            wire: "openai-chat",
            calls: chat(
                &json!({"content": "", "reasoning_content": THOUGHT, "tool_calls": called}),
                &[
                    json!({"reasoning_content": split.0}),
                    json!({"reasoning_content": split.1}),
                    json!({"tool_calls": called}),
                ],
            ),
            says: chat(
                &json!({"content": "Sunny.", "reasoning_content": THOUGHT}),
                &[
                    json!({"reasoning_content": THOUGHT}),
                    json!({"content": "Sunny."}),
                ],
            ),
            plain: chat_plain(),
            answers: of_chat,
            back: |message| message["reasoning_content"].clone(),
            called: |message| message["tool_calls"][0]["id"].clone(),
            expected: [json!(THOUGHT), json!(THOUGHT)],
            sealed: false,
        },
        Shape {
            name: "openrouter",
            wire: "openai-chat",
            calls: chat(
                &json!({"content": null, "reasoning": THOUGHT, "reasoning_details": details,
                    "tool_calls": called}),
                &[
                    detail(split.0, ""),
                    detail(split.1, ""),
                    detail("", SEAL),
                    json!({"reasoning_details": [details[1]]}),
                    json!({"tool_calls": called}),
                ],
            ),
            says: chat(
                &json!({"content": "Sunny.", "reasoning": THOUGHT, "reasoning_details": details}),
                &[
                    detail(THOUGHT, SEAL),
                    json!({"reasoning_details": [details[1]]}),
                    json!({"content": "Sunny."}),
                ],
            ),
            plain: chat_plain(),
            answers: of_chat,
            back: |message| message["reasoning_details"].clone(),
            called: |message| message["tool_calls"][0]["id"].clone(),
            expected: [details.clone(), details.clone()],
            sealed: true,
        },
        Shape {
            name: "google",
            wire: "openai-chat",
            calls: chat(
                &json!({"content": null, "tool_calls": called_and_sealed}),
                &[json!({"tool_calls": called_and_sealed})],
            ),
            says: chat(
                &json!({"content": "Sunny.", "extra_content": sealed}),
                &[json!({"content": "Sunny."}), json!({"extra_content": sealed})],
            ),
            plain: chat_plain(),
            answers: of_chat,
            back: |message| {
                let of_call = &message["tool_calls"][0]["extra_content"];
                let holder = if of_call.is_null() {
                    &message["extra_content"]
                } else {
                    of_call
                };
                holder.clone()
            },
            called: |message| message["tool_calls"][0]["id"].clone(),
            expected: [sealed.clone(), sealed],
            sealed: true,
        },
    ]
}

/// An answer on the wire `openai-chat`, whole and as these deltas.
pub fn chat(message: &Value, deltas: &[Value]) -> [Reply; 2] {
    let called = !message["tool_calls"].is_null();
    let finish = if called { "tool_calls" } else { "stop" };
    let mut message = message.clone();
    message["role"] = json!("assistant");
    let whole = json!({"id": "up-1", "object": "chat.completion", "created": 1, "model": "upstream-name",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}]});
    let chunk = |delta: &Value, finish: Option<&str>| {
        json!({"id": "up-1", "object": "chat.completion.chunk", "created": 1, "model": "upstream-name",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    };
    let begun = Reply::new(200, "text/event-stream").event(&chunk(&json!({"role": "assistant"}), None));
    let stream = deltas
        .iter()
        .fold(begun, |reply, delta| reply.event(&chunk(delta, None)))
        .event(&chunk(&json!({}), Some(finish)))
        .send("data: [DONE]\n\n");
    [Reply::json(200, &whole), stream]
}
