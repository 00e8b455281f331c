//! Refused before a provider was asked: the history says so, in few rows, and no sum counts it.

use std::time::Duration;

use domain::{FailureKind, Outcome, Wire};
use gateway::control::{CallRow, UsageSummary};
use serde_json::{Value, json};

use super::hi;
use crate::support::app::TestClock;
use crate::support::{Provider, TestApp, eventually};

/// Calls that were refused, once their counts are written: the first is the newest.
async fn refused(app: &TestApp, repeats: &[u32]) -> Vec<CallRow> {
    eventually("the refusals' counts", async || {
        let mut calls = app.calls().await;
        calls.retain(|call| call.failure.is_some());
        let counts: Vec<u32> = calls.iter().map(|call| call.repeats).collect();
        (counts == repeats).then_some(calls)
    })
    .await
}

fn kind(call: &CallRow) -> FailureKind {
    match call.outcome {
        Some(Outcome::Failed { kind }) => kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_over_the_rate_limit_is_in_the_history_once_a_minute() {
    let provider = Provider::start().await;
    let clock = TestClock::at(1_795_326_720_000);
    let app = TestApp::with(|config| config.clock = clock.clone()).await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let key = app.key_with(json!({"name": "editor", "rpd": 1})).await;
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200);
    for _ in 0..200 {
        assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 429);
    }
    let calls = refused(&app, &[199]).await;
    let call = &calls[0];
    assert_eq!(kind(call), FailureKind::RateLimited);
    assert_eq!(call.client.as_deref(), Some("editor"));
    assert_eq!(call.call.route, "POST /v1/chat/completions");
    assert_eq!(call.call.wire, Some(Wire::OpenAiChat));
    assert!(
        call.failure
            .as_deref()
            .is_some_and(|text| text.contains("requests a day")),
        "{call:?}"
    );
    assert_eq!((call.usage, call.cost, &call.target), (None, None, &None));

    clock.advance(Duration::from_secs(61));
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 429);
    let _two = refused(&app, &[0, 199]).await;
    let usage: UsageSummary = app.ask("usage.summary", json!({"by": "key"})).await;
    assert_eq!((usage.total.calls, usage.total.failed), (1, 0));
    assert_eq!(provider.asked().len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_over_the_budget_is_in_the_history() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "p", "kind": "openai", "base_url": provider.base_url(), "key": crate::support::app::CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "p/gpt-4o-mini", "").await;
    let budgets = json!([{"cap": 100, "per": "day"}]);
    let key = app.key_with(json!({"name": "poor", "budgets": budgets})).await;
    let mut body = hi("reviewer");
    body["session_id"] = json!("s");
    for _ in 0..5 {
        assert_eq!(
            app.chat(&key, &body).await.status(),
            402,
            "too little for the call"
        );
    }
    let calls = refused(&app, &[4]).await;
    assert_eq!(kind(&calls[0]), FailureKind::BudgetExceeded);
    assert_eq!(calls[0].call.requested_model, "reviewer");
    assert_eq!(calls[0].agent_slug.as_deref(), Some("reviewer"));
    let sessions = app.sessions().await;
    assert_eq!(sessions.len(), 1);
    assert_eq!(
        app.session(&sessions[0].session.id).await.messages.len(),
        1,
        "said once"
    );
    assert!(provider.asked().is_empty());

    let _spent: Value = app
        .ask(
            "key.update",
            json!({"key": "poor", "budgets": [{"cap": 3_000, "per": "day"}]}),
        )
        .await;
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200);
    for _ in 0..3 {
        assert_eq!(
            app.chat(&key, &body).await.status(),
            402,
            "nothing left, known at the door"
        );
    }
    let calls = refused(&app, &[2, 4]).await;
    assert_eq!(kind(&calls[0]), FailureKind::BudgetExceeded);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_model_or_agent_is_in_the_history_on_every_wire() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("other", "mock/m", "").await;
    let key = app
        .key_with(json!({"name": "editor", "agents": ["reviewer"]}))
        .await;
    let said = json!([{"role": "user", "content": "Hi"}]);
    let asked = [
        ("/v1/chat/completions", hi("gpt-9"), 404, "gpt-9"),
        (
            "/v1/messages",
            json!({"model": "claude-9", "max_tokens": 5, "messages": said}),
            404,
            "claude-9",
        ),
        (
            "/v1/responses",
            json!({"model": "gpt-8", "input": "Hi"}),
            404,
            "gpt-8",
        ),
        (
            "/v1/embeddings",
            json!({"model": "vectors", "input": "Hi"}),
            404,
            "vectors",
        ),
        (
            "/api/chat",
            json!({"model": "llama", "messages": said}),
            404,
            "llama",
        ),
        (
            "/v1beta/models/gemini-9:generateContent",
            json!({"contents": [{"parts": [{"text": "Hi"}]}]}),
            404,
            "gemini-9",
        ),
        ("/v1/agents/nobody/chat", json!({"message": "Hi"}), 404, ""),
        ("/v1/chat/completions", hi("other"), 403, ""),
        (
            "/v1/chat/completions",
            json!({"model": "reviewer", "messages": []}),
            400,
            "",
        ),
    ];
    for (path, body, status, _) in &asked {
        let response = app.post(path, &key, body).await;
        assert_eq!(response.status(), *status, "{path}");
    }
    let calls = refused(&app, &[0; 9]).await;
    for ((path, _, status, model), call) in asked.iter().zip(calls.iter().rev()) {
        let wanted = match status {
            403 => FailureKind::ScopeDenied,
            404 => FailureKind::ModelNotFound,
            _ => FailureKind::InvalidRequest,
        };
        assert_eq!(
            (kind(call), call.call.requested_model.as_str()),
            (wanted, *model),
            "{path}: {call:?}"
        );
        assert!(
            call.call.route.starts_with("POST /"),
            "{path}: {}",
            call.call.route
        );
    }
    assert!(provider.asked().is_empty());
    // questions and wrong keys are nobody's calls
    let count = json!({"model": "gpt-9", "messages": said});
    let _asked = app.post("/v1/messages/count_tokens", &key, &count).await;
    assert_eq!(app.get("/v1/models/gpt-9", &key).await.status(), 404);
    assert_eq!(app.chat("sk-ink-wrong", &hi("gpt-9")).await.status(), 401);
    assert_eq!(app.calls().await.len(), 9);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_own_limit_is_in_the_history_and_refusals_of_any_kind_are_bounded() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let mut seldom = crate::support::app::draft("seldom", "mock/m", "");
    seldom["limits"] = json!({"rpd": 1});
    let _made: Value = app.ask("agent.create", seldom).await;
    let key = app.key().await;
    assert_eq!(app.chat(&key, &hi("seldom")).await.status(), 200);
    assert_eq!(app.chat(&key, &hi("seldom")).await.status(), 429);
    let calls = refused(&app, &[0]).await;
    assert_eq!(calls[0].agent_slug.as_deref(), Some("seldom"));
    for number in 0..100 {
        let model = format!("unknown-{number}");
        assert_eq!(app.chat(&key, &hi(&model)).await.status(), 404);
    }
    let calls = app.calls().await;
    let failed = calls.iter().filter(|call| call.failure.is_some()).count();
    assert_eq!(failed, 20, "a client that asks for anything fills no history");
    app.finish().await;
}
