//! What holds of every real model behind the endpoint, whoever runs it. Nothing about what it says or how fast:
//! the models are small and the machines are busy.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::support::{Home, Reply, Serve, until};

/// Even the smallest model on the busiest machine.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// An agent `small` on a real model, and how to reach it.
pub struct Local {
    pub home: Home,
    pub serve: Serve,
    pub key: String,
}

impl Local {
    /// Makes the agent on a provider that is there already.
    pub fn new(home: Home, serve: Serve, model: &str) -> Self {
        home.json(&["agent", "create", "small", "--model", model]);
        let key = home.json(&["key", "create", "test"])["secret"]
            .as_str()
            .unwrap()
            .to_owned();
        Self { home, serve, key }
    }

    fn ask(&self, more: &Value) -> Value {
        let mut body = json!({
            "model": "small", "max_tokens": 16, "temperature": 0,
            "messages": [{ "role": "user", "content": "Say hello in one short sentence." }],
        });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    #[track_caller]
    fn answered(&self, more: &Value) -> Value {
        let reply = self.serve.post(&self.key, &self.ask(more));
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }
}

fn assert_usage(usage: &Value) {
    let count = |name: &str| {
        usage[name]
            .as_u64()
            .unwrap_or_else(|| panic!("{name} in {usage}"))
    };
    assert!(count("prompt_tokens") > 0, "{usage}");
    assert!((1..=16).contains(&count("completion_tokens")), "{usage}");
    assert_eq!(
        count("total_tokens"),
        count("prompt_tokens") + count("completion_tokens"),
        "{usage}"
    );
}

fn assert_finish(reason: &Value) {
    assert!(reason == "stop" || reason == "length", "{reason}");
}

pub fn answers_whole_with_usage(local: &Local) {
    let answer = local.answered(&json!({}));
    assert_eq!(answer["object"], "chat.completion", "{answer}");
    assert_eq!(answer["model"], "small", "the agent's name comes back: {answer}");
    let choice = &answer["choices"][0];
    assert_eq!(choice["message"]["role"], "assistant", "{answer}");
    assert!(choice["message"]["content"].is_string(), "{answer}");
    assert_finish(&choice["finish_reason"]);
    assert_usage(&answer["usage"]);
}

pub fn answers_in_pieces_with_usage(local: &Local) {
    let body = local.ask(&json!({ "stream": true, "stream_options": { "include_usage": true } }));
    let reply = local.serve.post(&local.key, &body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(
        reply
            .header("content-type")
            .unwrap()
            .starts_with("text/event-stream"),
        "{reply:?}"
    );
    let (events, done) = reply.events();
    assert!(done, "{}", reply.text());
    assert!(
        events
            .iter()
            .all(|event| event["object"] == "chat.completion.chunk"),
        "{}",
        reply.text()
    );
    let pieces = events
        .iter()
        .filter(|event| event["choices"][0]["delta"]["content"].is_string());
    assert!(pieces.count() > 0, "{}", reply.text());
    let last = events.last().unwrap();
    assert_eq!(last["choices"], json!([]), "{last}");
    assert_usage(&last["usage"]);
    let reasons: Vec<_> = events
        .iter()
        .filter_map(|event| event["choices"][0].get("finish_reason"))
        .collect();
    assert_eq!(
        reasons.iter().filter(|reason| !reason.is_null()).count(),
        1,
        "one end: {}",
        reply.text()
    );
    assert_finish(reasons.last().unwrap());
}

pub fn stops_at_a_stop_sequence(local: &Local) {
    // every answer of any length has a vowel or a space in it
    let answer = local.answered(&json!({ "stop": [" ", "e", "o", "a"] }));
    let text = answer["choices"][0]["message"]["content"]
        .as_str()
        .unwrap_or_default();
    assert!(
        !text.contains([' ', 'e', 'o', 'a']),
        "the sequence is not in the answer: {answer}"
    );
    assert_finish(&answer["choices"][0]["finish_reason"]);
}

/// A client that leaves stops the generation: the next call does not wait for its end.
pub fn a_client_that_leaves_stops_it(local: &Local) {
    let authorization = format!("Bearer {}", local.key);
    let headers = [("authorization", authorization.as_str())];
    // as long as the context allows: minutes
    let messages =
        json!([{ "role": "user", "content": "Write a very long story about every animal you know." }]);
    let body = local.ask(&json!({ "stream": true, "max_tokens": 3000, "messages": messages }));
    let mut answer = local
        .serve
        .send("POST", "/v1/chat/completions", &headers, Some(&body));
    assert_eq!(answer.status, 200);
    let call = answer.header("x-request-id").unwrap().to_owned();
    for _ in 0..4 {
        answer.event().unwrap().expect("it goes on");
    }
    drop(answer);
    let ended = until(PATIENCE, || {
        let view = local.home.json(&["call", "show", &call]);
        (!view["outcome"].is_null()).then_some(view)
    });
    let view = ended.expect("the call ends with its client");
    assert_eq!(view["outcome"], json!({ "outcome": "cancelled" }), "{view}");
    let output = view["usage"]["output"].as_u64().unwrap_or_default();
    assert!(output < 1500, "it was not generated to its end: {view}");
    let began = Instant::now();
    local.answered(&json!({ "max_tokens": 1 }));
    assert!(
        began.elapsed() < PATIENCE,
        "the next call is answered: {:?}",
        began.elapsed()
    );
}

pub fn is_listed_and_passes_its_test(local: &Local, provider: &str) {
    let models = local.serve.get(&local.key, "/v1/models");
    assert_eq!(models.status, 200, "{models:?}");
    assert_eq!(models.json()["data"][0]["id"], "small", "{}", models.text());
    let listed = local.home.json(&["provider", "models", provider, "--refresh"]);
    assert_eq!(listed["models"][0]["id"], "smollm2-135m-instruct", "{listed}");
    let report = local.home.json(&["provider", "test", provider]);
    assert_eq!(report["ok"], true, "{report}");
    let chat = local.home.json(&["chat", "small", "Hello"]);
    assert!(chat["receipt"]["usage"]["output"].as_u64().unwrap() > 0, "{chat}");
}

/// An answer in a given shape.
pub fn asked_for_a_schema(local: &Local) -> Reply {
    let schema = json!({
        "type": "object", "properties": { "ok": { "type": "boolean" } }, "required": ["ok"], "additionalProperties": false,
    });
    let format = json!({ "type": "json_schema", "json_schema": { "name": "answer", "strict": true, "schema": schema } });
    local
        .serve
        .post(&local.key, &local.ask(&json!({ "response_format": format })))
}
