//! `Idempotency-Key`: a request that is repeated is answered again, and paid for once.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::Timestamp;
use gateway::Clock;
use serde_json::{Value, json};

use super::{hi, hi_streamed};
use crate::support::{Provider, Reply, TestApp, eventually};

async fn world() -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    (provider, app, key)
}

/// What of an answer must be the same when it is given again.
#[derive(Debug, PartialEq, Eq)]
struct Given {
    status: u16,
    content_type: String,
    call: String,
    upstream_model: Option<String>,
    body: String,
}

async fn post(app: &TestApp, key: &str, name: &str, body: &Value) -> reqwest::Response {
    app.http()
        .post(app.url("/v1/chat/completions"))
        .bearer_auth(key)
        .header("idempotency-key", name)
        .json(body)
        .send()
        .await
        .unwrap()
}

fn is_replayed(response: &reqwest::Response) -> bool {
    response
        .headers()
        .get("x-inglenook-replayed")
        .is_some_and(|value| value == "true")
}

async fn read(response: reqwest::Response) -> Given {
    let text = |name: &str| {
        let value = response.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    Given {
        status: response.status().as_u16(),
        content_type: text("content-type").unwrap(),
        call: text("x-request-id").unwrap(),
        upstream_model: text("x-upstream-model"),
        body: response.text().await.unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_is_paid_for_once() {
    let (provider, mut app, key) = world().await;
    for (name, body) in [("whole", hi("reviewer")), ("streamed", hi_streamed("reviewer"))] {
        let before = provider.asked().len();
        let first = post(&app, &key, name, &body).await;
        assert!(!is_replayed(&first), "{name}");
        let first = read(first).await;
        assert_eq!(first.status, 200, "{first:?}");
        let again = post(&app, &key, name, &body).await;
        assert!(is_replayed(&again), "{name}");
        assert_eq!(read(again).await, first, "{name}: to the byte");
        assert_eq!(provider.asked().len(), before + 1, "{name}");
    }
    assert_eq!(
        app.calls().await.len(),
        2,
        "an answer that is given again is no call"
    );

    app.restart().await;
    let again = post(&app, &key, "whole", &hi("reviewer")).await;
    assert!(is_replayed(&again), "also after a restart");
    assert_eq!(provider.asked().len(), 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_header_everything_is_asked() {
    let (provider, app, key) = world().await;
    for _ in 0..2 {
        let response = app.chat(&key, &hi("reviewer")).await;
        assert!(!is_replayed(&response));
        let _read = response.bytes().await.unwrap();
    }
    assert_eq!(provider.asked().len(), 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_request_and_another_key_are_others() {
    let (provider, app, key) = world().await;
    let first = read(post(&app, &key, "once", &hi("reviewer")).await).await;
    let mut other = hi("reviewer");
    other["temperature"] = 0.5.into();
    let refused = post(&app, &key, "once", &other).await;
    assert_eq!(refused.status(), 409);
    assert_eq!(
        refused.headers()["x-should-retry"],
        "false",
        "it would be refused again"
    );
    let error: Value = refused.json().await.unwrap();
    assert!(
        error["error"]["message"]
            .as_str()
            .unwrap()
            .contains("Idempotency-Key"),
        "{error}"
    );
    assert_eq!(provider.asked().len(), 1, "and nothing was asked");

    let stranger = app.key_with(json!({"name": "stranger"})).await;
    let theirs = post(&app, &stranger, "once", &hi("reviewer")).await;
    assert!(!is_replayed(&theirs), "nobody is given another key's answer");
    assert_ne!(read(theirs).await.call, first.call);
    assert_eq!(provider.asked().len(), 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_first_runs_the_second_is_told_to_come_again() {
    let (provider, app, key) = world().await;
    let answer = json!({"id": "x", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "slow"}, "finish_reason": "stop"}]});
    let slow = Reply::new(200, "application/json").wait(Duration::from_millis(700));
    provider.will(slow.send(answer.to_string()));
    let body = hi("reviewer");
    let (first, second) = tokio::join!(post(&app, &key, "k", &body), async {
        eventually("the first to be on its way", async || {
            (provider.asked().len() == 1).then_some(())
        })
        .await;
        post(&app, &key, "k", &body).await
    });
    assert_eq!(second.status(), 409);
    assert_eq!(
        second.headers()["x-should-retry"],
        "true",
        "SDKs wait and come again"
    );
    assert_eq!(second.headers()["retry-after"], "1");
    let first = read(first).await;
    assert_eq!(first.status, 200);
    let again = post(&app, &key, "k", &body).await;
    assert!(is_replayed(&again));
    assert_eq!(read(again).await, first);
    assert_eq!(provider.asked().len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_tried_anew() {
    let (provider, app, key) = world().await;
    provider.will(Reply::refusal(400, "x", "No."));
    provider.will(Reply::pieces(&["half"]).cut());
    let refused = post(&app, &key, "k", &hi("reviewer")).await;
    assert!(refused.status().is_client_error());
    let broken = post(&app, &key, "k", &hi_streamed("reviewer")).await;
    assert_eq!(
        broken.status(),
        200,
        "it had begun, and the refusal before it was not kept"
    );
    let text = broken.text().await.unwrap();
    assert!(text.contains("half") && text.contains("error"), "{text}");
    let whole = post(&app, &key, "k", &hi_streamed("reviewer")).await;
    assert!(!is_replayed(&whole), "half an answer is not given again");
    assert!(whole.text().await.unwrap().ends_with("data: [DONE]\n\n"));
    let again = post(&app, &key, "k", &hi_streamed("reviewer")).await;
    assert!(is_replayed(&again));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_06_a_client_that_leaves_lets_the_key_go() {
    let (provider, app, key) = world().await;
    provider.will(Reply::pieces(&["Once upon a time"]).stall());
    let mut response = post(&app, &key, "k", &hi_streamed("reviewer")).await;
    while !String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()).contains("Once") {}
    assert_eq!(
        post(&app, &key, "k", &hi_streamed("reviewer")).await.status(),
        409,
        "it is held while the stream runs"
    );
    drop(response);
    eventually("the provider to see the end", async || {
        (provider.aborted() == 1).then_some(())
    })
    .await;
    let second = eventually("the key to be free", async || {
        let response = post(&app, &key, "k", &hi_streamed("reviewer")).await;
        (response.status() == 200).then_some(response)
    })
    .await;
    assert!(!is_replayed(&second));
    let _read = second.bytes().await.unwrap();
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_keeps_no_content_keeps_no_answer() {
    let (provider, app, _) = world().await;
    let key = app.key_with(json!({"name": "quiet", "store": "metadata"})).await;
    for _ in 0..2 {
        provider.will(Reply::text("UnrepeatableAnswer"));
        let response = post(&app, &key, "k", &hi("reviewer")).await;
        assert!(!is_replayed(&response));
        let _read = response.bytes().await.unwrap();
    }
    assert_eq!(provider.asked().len(), 2);
    assert!(!app.disk_holds("UnrepeatableAnswer"));
    app.finish().await;
}

struct Turned(AtomicI64);

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_given_again_for_a_day() {
    let clock = Arc::new(Turned(AtomicI64::new(1_795_305_600_000)));
    let provider = Provider::start().await;
    let handed = Arc::clone(&clock);
    let app = TestApp::with(move |config| config.clock = handed).await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let key = app.key().await;
    for (hours, replayed) in [(0, false), (23, true), (2, false), (23, true)] {
        clock.0.fetch_add(hours * 3_600_000, Ordering::SeqCst);
        let response = post(&app, &key, "k", &hi("reviewer")).await;
        assert_eq!(is_replayed(&response), replayed, "{hours} hours later");
        let _read = response.bytes().await.unwrap();
    }
    assert_eq!(provider.asked().len(), 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_one_is_refused() {
    let (provider, app, key) = world().await;
    for name in [String::new(), "x".repeat(256)] {
        let response = post(&app, &key, &name, &hi("reviewer")).await;
        assert_eq!(response.status(), 400, "{name}");
    }
    let twice = app
        .http()
        .post(app.url("/v1/chat/completions"))
        .bearer_auth(&key)
        .header("idempotency-key", "one")
        .header("idempotency-key", "two")
        .json(&hi("reviewer"))
        .send()
        .await
        .unwrap();
    assert_eq!(twice.status(), 400);
    assert_eq!(provider.asked().len(), 0);
    app.finish().await;
}

/// What is left of the requests a minute, where the answer tells.
fn left(response: &reqwest::Response) -> Option<String> {
    let value = response.headers().get("x-ratelimit-remaining-requests")?;
    Some(value.to_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_given_again_takes_nothing_from_the_limits() {
    let (provider, app, _) = world().await;
    let key = app.key_with(json!({"name": "slow", "rpm": 2})).await;
    let first = post(&app, &key, "one", &hi("reviewer")).await;
    assert_eq!(left(&first).as_deref(), Some("1"), "it is counted like others");
    let first = read(first).await;
    for _ in 0..5 {
        let again = post(&app, &key, "one", &hi("reviewer")).await;
        assert!(is_replayed(&again));
        assert_eq!(read(again).await, first);
    }
    assert_eq!(
        app.chat(&key, &hi("reviewer")).await.status(),
        200,
        "the second of two"
    );
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 429);
    let again = post(&app, &key, "one", &hi("reviewer")).await;
    assert!(is_replayed(&again), "nor is it refused for them");
    let another = post(&app, &key, "two", &hi("reviewer")).await;
    assert_eq!(another.status(), 429, "but what is asked anew is");
    assert_eq!(left(&another).as_deref(), Some("0"));
    assert_eq!(provider.asked().len(), 2);
    eventually("both refusals in the history", async || {
        let mut calls = app.calls().await;
        calls.retain(|call| call.failure.is_some());
        // the first was told of no model, because its body was not read
        (calls.len() == 1 && calls[0].repeats == 1).then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_given_again_when_the_budget_is_spent_but_not_when_the_agent_is_taken_away() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "p", "kind": "openai", "base_url": provider.base_url(), "key": crate::support::app::CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    for slug in ["reviewer", "other"] {
        app.add_agent(slug, "p/gpt-4o-mini", "").await;
    }
    // the reservation fits, and then the answer costs 3,300
    let budgets = json!([{"cap": 3_000, "per": "day"}]);
    let key = app.key_with(json!({"name": "k", "budgets": budgets})).await;
    let first = post(&app, &key, "k", &hi("reviewer")).await;
    assert_eq!(first.status(), 200);
    let first = read(first).await;
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 402, "it is spent");
    let again = post(&app, &key, "k", &hi("reviewer")).await;
    assert!(is_replayed(&again));
    assert_eq!(read(again).await, first);
    assert_eq!(post(&app, &key, "new", &hi("reviewer")).await.status(), 402);

    let _narrowed: Value = app
        .ask("key.update", json!({"key": "k", "agents": ["other"]}))
        .await;
    let refused = post(&app, &key, "k", &hi("reviewer")).await;
    assert_eq!(refused.status(), 403);
    assert!(
        !refused.text().await.unwrap().contains("ok"),
        "nothing of the answer"
    );
    let _widened: Value = app
        .ask("key.update", json!({"key": "k", "agents": ["other", "reviewer"]}))
        .await;
    assert!(is_replayed(&post(&app, &key, "k", &hi("reviewer")).await));
    let _revoked: Value = app.ask("key.revoke", json!({"key": "k"})).await;
    assert_eq!(post(&app, &key, "k", &hi("reviewer")).await.status(), 401);
    assert_eq!(provider.asked().len(), 1);
    app.finish().await;
}
