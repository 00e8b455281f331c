//! W-95: nobody is led into a storm. `tests/sdk/storm.test.mjs` counts what the official clients do; here is why.

use serde_json::Value;

use super::hi;
use crate::support::{Provider, Reply, TestApp};

/// Asks as a library of OpenAI's or Anthropic's that says how often it has asked before.
async fn ask(app: &TestApp, key: &str, before: &str) -> (u16, String, Value) {
    let asking = app.http().post(app.url("/v1/chat/completions")).bearer_auth(key);
    let asking = asking
        .header("x-stainless-retry-count", before)
        .json(&hi("reviewer"));
    let response = asking.send().await.unwrap();
    let retry = response.headers()["x-should-retry"].to_str().unwrap().to_owned();
    (response.status().as_u16(), retry, response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn w_95_who_has_asked_again_is_told_not_to_once_more() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    provider.always(Reply::refusal(429, "slow_down", "Slow down."));
    // the first is tried three times here, the second once, and there is no third
    for (before, retry, asked) in [
        ("0", "true", 3),
        ("1", "false", 1),
        ("2", "false", 1),
        ("nonsense", "true", 3),
    ] {
        let already = provider.asked().len();
        let (status, told, error) = ask(&app, &key, before).await;
        assert_eq!((status, told.as_str()), (429, retry), "{before}: {error}");
        assert_eq!(provider.asked().len() - already, asked, "{before}");
        // so that the target is not left alone for its failures
        provider.will(Reply::text("ok"));
        assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_95_a_limit_of_ours_is_not_run_against_either() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key_with(serde_json::json!({"name": "slow", "rpm": 1})).await;
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200);
    let (status, told, _) = ask(&app, &key, "0").await;
    assert_eq!((status, told.as_str()), (429, "true"));
    let (status, told, _) = ask(&app, &key, "1").await;
    assert_eq!((status, told.as_str()), (429, "false"));
    assert_eq!(provider.asked().len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_95_nobody_is_sent_to_sleep_for_an_hour() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    for (seconds, retry) in [("61", "false"), ("3600", "false")] {
        provider.will(Reply::refusal(429, "slow_down", "Slow down.").header("retry-after", seconds));
        let response = app.chat(&key, &hi("reviewer")).await;
        assert_eq!(response.status(), 429);
        assert_eq!(
            response.headers()["retry-after"],
            seconds,
            "whoever reads it knows when"
        );
        assert_eq!(response.headers()["x-should-retry"], retry, "{seconds}");
    }
    app.finish().await;
}
