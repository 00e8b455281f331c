//! *AgentOS*: the default agent behind `/v1/chat/completions`, routing by model over several providers, a
//! session for each call, limits, and a command line that lists models.
//!
//! Left out here, because they come with the agents' own tools: capability checks before tools, memory recall
//! and storage, tool execution and the loop guard.

use std::time::Duration;

use serde_json::{Value, json};

use super::{fields, is_error, read};
use crate::support::{Provider, Reply, TestApp};

/// The page's example.
fn question(model: Option<&str>) -> Value {
    let mut body = json!({"messages": [{"role": "user", "content": "What can you help me with?"}]});
    if let Some(model) = model {
        body["model"] = json!(model);
    }
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_of_the_page() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("writer", "mock/w", "Write.").await;
    let _set: Value = app
        .ask("settings.set", json!({"default_agent": "reviewer"}))
        .await;
    let key = app
        .key_with(json!({"name": "os", "aliases": [["claude-sonnet-4-6", "reviewer"]]}))
        .await;
    provider.always(Reply::text("I can help you with a wide range of tasks"));

    let (status, body) = read(app.chat(&key, &question(Some("claude-sonnet-4-6"))).await).await;
    assert_eq!(status, 200);
    assert_eq!(
        fields(&body),
        ["choices", "created", "id", "model", "object", "usage"]
    );
    assert!(body["id"].as_str().unwrap().starts_with("chatcmpl-"));
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["model"], "claude-sonnet-4-6", "what was asked for");
    assert_eq!(body["choices"][0]["index"], 0);
    assert_eq!(body["choices"][0]["message"]["role"], "assistant");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    for count in ["prompt_tokens", "completion_tokens", "total_tokens"] {
        assert!(body["usage"][count].is_u64(), "{count}");
    }

    let response = app.chat(&key, &question(None)).await;
    let applied = response.headers()["x-inglenook-applied"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(applied, "model=default reviewer; instructions=agent");
    let (_, body) = read(response).await;
    assert_eq!(body["model"], "reviewer", "the default agent");
    assert_eq!(provider.last().said()[0].1, "Be brief.");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_decides_where_a_call_goes() {
    let (anthropic, deepseek) = (Provider::start().await, Provider::start().await);
    let app = TestApp::start().await;
    app.add_provider("first", &anthropic).await;
    app.add_provider("second", &deepseek).await;
    app.add_agent("opus", "first/claude-opus-4", "").await;
    app.add_agent("deep", "second/deepseek-v3", "").await;
    let key = app.key_with(json!({"name": "os", "raw_models": true})).await;
    for (model, provider, upstream) in [
        ("opus", &anthropic, "claude-opus-4"),
        ("deep", &deepseek, "deepseek-v3"),
        ("first/claude-haiku-4", &anthropic, "claude-haiku-4"),
        ("second/deepseek-r1", &deepseek, "deepseek-r1"),
    ] {
        let before = provider.asked().len();
        assert_eq!(app.chat(&key, &question(Some(model))).await.status(), 200);
        assert_eq!(provider.asked().len(), before + 1, "{model}");
        assert_eq!(provider.last().json()["model"], upstream);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_for_each_call_named_by_its_time() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let response = app.chat(&key, &question(Some("reviewer"))).await;
        seen.push(response.headers()["x-session-id"].to_str().unwrap().to_owned());
        let _read = response.bytes().await.unwrap();
    }
    assert_ne!(seen[0], seen[1], "a session of its own for each");
    for session in app.sessions().await {
        let millis = session
            .session
            .title
            .strip_prefix("api:")
            .and_then(|at| at.parse().ok());
        assert_eq!(
            millis,
            Some(session.session.created_at.millis()),
            "{}",
            session.session.title
        );
        assert!(seen.contains(&session.session.id.to_string()));
        // and it can be read again
        let view = app.session(&session.session.id).await;
        assert_eq!(view.messages.len(), 2);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_limit_is_429() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key_with(json!({"name": "os", "rpm": 2})).await;
    for _ in 0..2 {
        assert_eq!(app.chat(&key, &question(Some("reviewer"))).await.status(), 200);
    }
    let response = app.chat(&key, &question(Some("reviewer"))).await;
    let wait: u64 = response.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(Duration::from_secs(wait) <= Duration::from_secs(60));
    let (status, body) = read(response).await;
    is_error(&body);
    assert_eq!(
        (status, &body["error"]["type"]),
        (429, &json!("rate_limit_error"))
    );
    assert_eq!(provider.asked().len(), 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_gives_ranges_for_is_held_to_them() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    for (field, value, status) in [
        ("temperature", json!(0), 200),
        ("temperature", json!(2), 200),
        ("temperature", json!(2.01), 400),
        ("max_tokens", json!(1), 200),
        ("max_tokens", json!(0), 400),
        ("stream", json!(false), 200),
        ("messages", json!("What?"), 400),
    ] {
        let mut body = question(Some("reviewer"));
        body[field] = value.clone();
        assert_eq!(app.chat(&key, &body).await.status(), status, "{field} = {value}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_behind_the_list_of_models() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("writer", "mock/w", "Write.").await;
    let models: Vec<gateway::control::ModelChoice> = app.ask("model.list", json!({})).await;
    let mut ids: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["reviewer", "writer"], "what `inglenook models` prints");
    app.finish().await;
}
