//! A client key's leash.

use std::time::Duration;

use serde_json::{Value, json};

use super::hi;
use crate::support::app::TestClock;
use crate::support::{Provider, Reply, TestApp, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_is_too_small_sends_nothing() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "p", "kind": "openai", "base_url": provider.base_url(), "key": crate::support::app::CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "p/gpt-4o-mini", "").await;
    let key = app
        .key_with(json!({"name": "poor", "budgets": [{"cap": 100, "per": "day"}]}))
        .await;
    let response = app.chat(&key, &hi("reviewer")).await;
    assert_eq!(response.status(), 402);
    assert_eq!(response.headers()["x-should-retry"], "false");
    let error: Value = response.json().await.unwrap();
    assert_eq!(
        (&error["error"]["type"], &error["error"]["code"]),
        (&json!("insufficient_quota"), &json!("budget_exceeded"))
    );
    assert!(provider.asked().is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_is_spent_and_comes_back_with_its_span() {
    let provider = Provider::start().await;
    // 2026-11-22T05:52:00Z
    let clock = TestClock::at(1_795_326_720_000);
    let app = TestApp::with(|config| config.clock = clock.clone()).await;
    let args = json!({"id": "p", "kind": "openai", "base_url": provider.base_url(), "key": crate::support::app::CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "p/gpt-4o-mini", "").await;
    let key = app
        .key_with(json!({"name": "daily", "budgets": [{"cap": 3000, "per": "day"}]}))
        .await;
    // the reservation of 4096 tokens of output, 2458 micro-dollars, fits; the answer then costs 3300
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200);
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 402, "spent");
    assert_eq!(provider.asked().len(), 1);
    clock.advance(Duration::from_secs(86_400));
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200, "another day");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_a_minute_and_calls_at_once() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let slow = app.key_with(json!({"name": "slow", "rpm": 1})).await;
    assert_eq!(app.chat(&slow, &hi("reviewer")).await.status(), 200);
    let refused = app.chat(&slow, &hi("reviewer")).await;
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let error: Value = refused.json().await.unwrap();
    assert_eq!(error["error"]["code"], "rate_limit_exceeded");

    let single = app.key_with(json!({"name": "single", "concurrency": 1})).await;
    provider.will(Reply::silence());
    let sending = app
        .http()
        .post(app.url("/v1/chat/completions"))
        .bearer_auth(&single)
        .json(&hi("reviewer"))
        .send();
    let waiting = tokio::spawn(sending);
    eventually("the first call", async || (provider.open() == 1).then_some(())).await;
    assert_eq!(app.chat(&single, &hi("reviewer")).await.status(), 429);
    waiting.abort();
    eventually("its place to be free again", async || {
        (app.chat(&single, &hi("reviewer")).await.status() == 200).then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_key_is_no_key() {
    let provider = Provider::start().await;
    let clock = TestClock::at(1_795_326_720_000);
    let app = TestApp::with(|config| config.clock = clock.clone()).await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let key = app.key_with(json!({"name": "short", "expires_in": 60})).await;
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200);
    clock.advance(Duration::from_secs(61));
    let refused = app.chat(&key, &hi("reviewer")).await;
    assert_eq!(refused.status(), 401);
    assert_eq!(provider.asked().len(), 1);
    app.finish().await;
}
