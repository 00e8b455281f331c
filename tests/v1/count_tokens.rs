//! `POST /v1/messages/count_tokens` (W-154).

use std::time::Instant;

use serde_json::{Value, json};

use crate::support::canonical::messages::error;
use crate::support::{AT_ONCE, Provider, TestApp};

const ROUTE: &str = "/v1/messages/count_tokens";

async fn count(app: &TestApp, key: &str, body: &Value) -> u64 {
    let response = app.post(ROUTE, key, body).await;
    assert_eq!(response.status(), 200, "{body}");
    let told: Value = response.json().await.unwrap();
    assert_eq!(told.as_object().unwrap().len(), 1, "nothing else: {told}");
    told["input_tokens"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn w_154_everything_counts_and_nobody_is_asked() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("wordy", "mock/m", &"Be thorough. ".repeat(200))
        .await;
    app.add_agent("silent", "mock/m", "").await;
    let key = app.key().await;
    let plain = |model: &str| json!({"model": model, "messages": [{"role": "user", "content": "Hi"}]});
    let least = count(&app, &key, &plain("silent")).await;
    assert!((1..20).contains(&least), "{least}");
    assert!(
        count(&app, &key, &plain("wordy")).await > least + 400,
        "with the agent's instructions"
    );

    let text = "word ".repeat(400);
    for (what, more) in [
        ("system", json!({"system": text})),
        ("blocks", json!({"system": [{"type": "text", "text": text}]})),
        (
            "tools",
            json!({"tools": [{"name": "look", "description": text, "input_schema": {"type": "object"}}]}),
        ),
        (
            "messages",
            json!({"messages": [{"role": "user", "content": text}]}),
        ),
        (
            "calls",
            json!({"messages": [{"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "look", "input": {"at": text}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "x"}]}]}),
        ),
        (
            "results",
            json!({"messages": [{"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "look", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": text}]}]}),
        ),
        (
            "pictures",
            json!({"messages": [{"role": "user", "content": [{"type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}]}]}),
        ),
    ] {
        let mut body = plain("silent");
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let counted = count(&app, &key, &body).await;
        assert!((400..2000).contains(&counted), "{what}: {counted}");
    }
    assert!(provider.asked().is_empty());
    assert!(app.calls().await.is_empty(), "nothing was called");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_154_fifteen_at_once() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    // it is no call: it takes no place on the leash
    let key = app
        .key_with(json!({"name": "short", "concurrency": 1, "rpm": 1}))
        .await;
    // what Claude Code sends: a hundred kilobytes of tools
    let tool = |n: usize| json!({"name": format!("tool{n}"), "description": "x".repeat(4000), "input_schema": {"type": "object"}});
    let tools: Vec<Value> = (0..25).map(tool).collect();
    let body = json!({"model": "reviewer", "tools": tools, "messages": [{"role": "user", "content": "Hi"}]});
    let begun = Instant::now();
    let counts = futures_util::future::join_all((0..15).map(|_| count(&app, &key, &body))).await;
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert!(
        counts.iter().all(|count| *count == counts[0] && *count > 20_000),
        "{counts:?}"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_140_no_limit_is_needed_but_a_model_and_messages_are() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("other", "mock/m", "").await;
    let key = app.key().await;
    for (body, status) in [
        (json!({"messages": [{"role": "user", "content": "Hi"}]}), 400),
        (json!({"model": "reviewer"}), 400),
        (
            json!({"model": "nobody", "messages": [{"role": "user", "content": "Hi"}]}),
            404,
        ),
        (json!([]), 400),
    ] {
        let response = app.post(ROUTE, &key, &body).await;
        assert_eq!(response.status(), status, "{body}");
        error(&response.bytes().await.unwrap());
    }
    for path in [
        "/messages/count_tokens",
        "/v1/v1/messages/count_tokens",
        "/v1/messages/count_tokens/?beta=true",
    ] {
        let body = json!({"model": "reviewer", "messages": [{"role": "user", "content": "Hi"}]});
        assert_eq!(app.post(path, &key, &body).await.status(), 200, "{path}");
    }
    app.finish().await;
}
