//! Whoever leaves, leaves the provider too (REL-06, W-79), and whoever is thrown out goes at once (SEC-16).

mod matrix;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{hi, hi_streamed};
use crate::support::{AT_ONCE, Provider, Reply, TestApp, eventually};

async fn world() -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    (provider, app, key)
}

async fn upstream_closes(provider: &Provider, aborted: usize) {
    let left = Instant::now();
    eventually("the provider to see the end", async || {
        (provider.aborted() == aborted).then_some(())
    })
    .await;
    assert!(left.elapsed() < AT_ONCE, "after {:?}", left.elapsed());
    assert_eq!(provider.open(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_a_stream() {
    let (provider, app, key) = world().await;
    provider.will(Reply::pieces(&["Once upon a time"]).stall());
    let mut response = app.chat(&key, &hi_streamed("reviewer")).await;
    while !String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()).contains("Once") {}
    assert_eq!(provider.open(), 1);
    drop(response);
    upstream_closes(&provider, 1).await;

    let call = app.ended_call().await;
    assert_eq!(call.row.outcome, Some(domain::Outcome::Cancelled));
    let usage = call.entries[0].usage.unwrap();
    assert!(
        usage.output > 0,
        "what was written is counted by our own estimate"
    );
    let view = app.session(&call.row.call.session.clone().unwrap()).await;
    let answer = view.messages.last().unwrap();
    assert_eq!(answer.state, domain::MessageState::Stopped);
    assert_eq!(answer.message.plain_text(), "Once upon a time", "and kept");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_before_the_answer() {
    let (provider, app, key) = world().await;
    for (times, body) in [hi("reviewer"), hi_streamed("reviewer")].iter().enumerate() {
        provider.will(Reply::silence());
        let sending = app
            .http()
            .post(app.url("/v1/chat/completions"))
            .bearer_auth(&key)
            .json(body)
            .send();
        let waiting = tokio::spawn(sending);
        eventually("the provider to be asked", async || {
            (provider.open() == 1).then_some(())
        })
        .await;
        waiting.abort();
        upstream_closes(&provider, times + 1).await;
        let call = app.ended_call().await;
        assert_eq!(call.row.outcome, Some(domain::Outcome::Cancelled));
        assert_eq!(call.entries.len(), 1, "no other target is tried for nobody");
    }
    assert_eq!(app.calls().await.len(), 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_ends_what_runs_on_it() {
    let (provider, app, key) = world().await;
    let other = app.key_with(json!({"name": "other"})).await;
    provider.will(Reply::pieces(&["Once"]).stall());
    let mut streaming = app.chat(&key, &hi_streamed("reviewer")).await;
    while !String::from_utf8_lossy(&streaming.chunk().await.unwrap().unwrap()).contains("Once") {}
    provider.will(Reply::silence());
    let sending = app
        .http()
        .post(app.url("/v1/chat/completions"))
        .bearer_auth(&key)
        .json(&hi("reviewer"))
        .send();
    let waiting = tokio::spawn(sending);
    eventually("the provider to be asked", async || {
        (provider.open() == 2).then_some(())
    })
    .await;

    let _done: Value = app.ask("key.revoke", json!({"key": "test"})).await;

    let revoked = Instant::now();
    let mut rest = String::new();
    while let Some(bytes) = streaming.chunk().await.unwrap() {
        rest.push_str(&String::from_utf8_lossy(&bytes));
    }
    let refused = waiting.await.unwrap().unwrap();
    assert!(revoked.elapsed() < AT_ONCE, "after {:?}", revoked.elapsed());
    assert!(
        rest.contains("invalid_api_key") && !rest.contains("[DONE]"),
        "{rest}"
    );
    assert_eq!(refused.status(), 401);
    upstream_closes(&provider, 2).await;
    assert_eq!(
        app.chat(&key, &hi("reviewer")).await.status(),
        401,
        "and nothing new begins"
    );
    assert_eq!(
        app.chat(&other, &hi("reviewer")).await.status(),
        200,
        "other keys go on"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_does_not_wait_for_a_stalled_provider() {
    let (provider, app, key) = world().await;
    provider.will(Reply::pieces(&["Once"]).stall());
    let mut response = app.chat(&key, &hi_streamed("reviewer")).await;
    while !String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()).contains("Once") {}
    let begun = Instant::now();
    // finish() also checks that the attempt was closed in the ledger
    app.finish().await;
    assert!(begun.elapsed() < Duration::from_secs(10));
}
