//! What one turn sends is, byte for byte, the beginning of what the next one sends: providers cache a prompt from its
//! beginning, and ask a tenth of the price for it. Whatever the agent has: instructions, tools, memory.

use serde_json::{Value, json};

use crate::support::app::{CANARY, draft};
use crate::support::provider::Asked;
use crate::support::{Provider, Reply, TestApp};

/// A wire, the field that holds its conversation, and an answer on it.
const WIRES: [(&str, &str); 6] = [
    ("openai-chat", "messages"),
    ("openai-responses", "input"),
    ("anthropic-messages", "messages"),
    ("gemini", "contents"),
    ("ollama", "messages"),
    ("bedrock-converse", "messages"),
];

fn says(wire: &str, text: &str) -> Reply {
    let body = match wire {
        "openai-chat" => json!({"id": "u", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}]}),
        "openai-responses" => {
            json!({"id": "resp_1", "object": "response", "created_at": 1, "status": "completed",
            "model": "m", "output": [{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}]}]})
        }
        "anthropic-messages" => json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": null,
            "usage": {"input_tokens": 6, "output_tokens": 1}}),
        "gemini" => json!({"candidates": [{"index": 0, "finishReason": "STOP",
            "content": {"role": "model", "parts": [{"text": text}]}}]}),
        "ollama" => json!({"model": "m", "message": {"role": "assistant", "content": text}, "done": true,
            "done_reason": "stop"}),
        _ => json!({"output": {"message": {"role": "assistant", "content": [{"text": text}]}},
            "stopReason": "end_turn", "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}}),
    };
    Reply::json(200, &body)
}

/// The items of a list in a body, as they were sent, without its brackets.
fn items(asked: &Asked, field: &str) -> String {
    let body = String::from_utf8(asked.body.to_vec()).unwrap();
    let open = body.find(&format!("\"{field}\":[")).unwrap() + field.len() + 4;
    let (mut depth, mut text, mut escaped) = (1, false, false);
    for (at, c) in body[open..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if text => escaped = true,
            '"' => text = !text,
            '[' | '{' if !text => depth += 1,
            ']' | '}' if !text => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return body[open..open + at].to_owned();
        }
    }
    panic!("{field} has no end: {body}");
}

/// All but the conversation.
fn rest(asked: &Asked, field: &str) -> Value {
    let mut body = asked.json();
    body.as_object_mut().unwrap().remove(field);
    body
}

async fn remembers(app: &TestApp, text: &str) {
    let args = json!({"agent": "host", "text": text, "scope": {"of": "everybody"}});
    let _kept: Value = app.ask("memory.add", args).await;
}

async fn world(wire: &str) -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args =
        json!({"id": "mock", "kind": "custom", "wire": wire, "base_url": provider.origin(), "key": CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    let mut agent = draft("host", "mock/m", "Be kind.");
    agent["memory"] = json!({"mode": "everywhere"});
    agent["tools"] = json!([{"tool": "calculator"}, {"tool": "current_time"}]);
    let _agent: Value = app.ask("agent.create", agent).await;
    remembers(&app, "The user drinks green tea.").await;
    remembers(&app, "The moon is a rock.").await;
    let key = app.key().await;
    (provider, app, key)
}

/// What is remembered fits some of them, and not always the same.
const QUESTIONS: [&str; 5] = [
    "What tea shall I bring?",
    "How far is the moon?",
    "Thank you.",
    "Is the moon green like tea?",
    "And now?",
];

fn assert_a_beginning(provider: &Provider, field: &str, wire: &str) {
    for pair in provider.asked().windows(2) {
        let (earlier, later) = (items(&pair[0], field), items(&pair[1], field));
        assert!(later.starts_with(&earlier), "{wire}\n{earlier}\n{later}");
        assert!(later.len() > earlier.len());
        assert_eq!(rest(&pair[0], field), rest(&pair[1], field), "{wire}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_turn_sends_is_the_beginning_of_what_the_next_one_sends() {
    for (wire, field) in WIRES {
        for session in [Some("s"), None] {
            let (provider, app, key) = world(wire).await;
            let mut resent = Vec::new();
            for question in QUESTIONS {
                provider.will(says(wire, "Gladly."));
                let asked = json!({"role": "user", "content": question});
                resent.push(asked.clone());
                let messages = match session {
                    Some(_) => vec![asked],
                    None => resent.clone(),
                };
                let mut body = json!({"model": "host", "max_tokens": 50, "messages": messages});
                if let Some(session) = session {
                    body["session_id"] = json!(session);
                }
                let response = app.chat(&key, &body).await;
                let status = response.status();
                let answer: Value = response.json().await.unwrap();
                assert_eq!(status, 200, "{wire}: {answer}");
                resent.push(answer["choices"][0]["message"].clone());
            }
            assert_eq!(provider.asked().len(), QUESTIONS.len(), "{wire}");
            let last = items(&provider.last(), field);
            assert!(
                last.contains("green tea.") && last.contains("a rock."),
                "{wire}: {last}"
            );
            assert_a_beginning(&provider, field, wire);
            app.finish().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_with_tools_is_the_beginning_of_the_next_one_too() {
    let (provider, app, key) = world("openai-chat").await;
    for question in QUESTIONS {
        let call = json!({"id": "c1", "type": "function",
            "function": {"name": "calculator", "arguments": "{\"expression\":\"17 * 23\"}"}});
        provider.will(Reply::json(
            200,
            &json!({"id": "u", "object": "chat.completion", "created": 1, "model": "m", "choices": [
                {"index": 0, "finish_reason": "tool_calls",
                    "message": {"role": "assistant", "content": "Let me see.", "tool_calls": [call]}}]}),
        ));
        provider.will(says("openai-chat", "It is 391."));
        let body =
            json!({"model": "host", "session_id": "s", "messages": [{"role": "user", "content": question}]});
        assert_eq!(app.chat(&key, &body).await.status(), 200);
    }
    assert_eq!(provider.asked().len(), 2 * QUESTIONS.len());
    assert_a_beginning(&provider, "messages", "openai-chat");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forgotten_is_not_told_again() {
    let (provider, app, key) = world("openai-chat").await;
    let ask = async |question: &str| {
        provider.will(says("openai-chat", "Gladly."));
        let body =
            json!({"model": "host", "session_id": "s", "messages": [{"role": "user", "content": question}]});
        assert_eq!(app.chat(&key, &body).await.status(), 200);
        items(&provider.last(), "messages")
    };
    assert!(ask("What tea shall I bring?").await.contains("green tea."));
    assert!(
        ask("Thank you.").await.contains("green tea."),
        "where it was told"
    );
    let _gone: Value = app.ask("memory.forget", json!({"agent": "host"})).await;
    assert!(!ask("And now?").await.contains("green tea."));
    app.finish().await;
}
