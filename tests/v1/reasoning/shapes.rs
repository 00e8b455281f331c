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
    /// What must be back in the request, from how an earlier answer stands there.
    pub back: fn(&Value) -> Value,
    /// And what it must be: after a call, after a word.
    pub expected: [Value; 2],
    /// Whether it holds a seal.
    pub sealed: bool,
}

pub fn shapes() -> Vec<Shape> {
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
            back: |message| message["reasoning_content"].clone(),
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
            back: |message| message["reasoning_details"].clone(),
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
            back: |message| {
                let of_call = &message["tool_calls"][0]["extra_content"];
                let holder = if of_call.is_null() {
                    &message["extra_content"]
                } else {
                    of_call
                };
                holder.clone()
            },
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
