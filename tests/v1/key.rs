//! `GET /v1/key`: what a key may do, what it has spent, what is left.

use serde_json::{Value, json};

use super::hi;
use crate::support::app::{CANARY, TestClock};
use crate::support::{Provider, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_learns_about_itself_and_about_no_other() {
    let provider = Provider::start().await;
    // 2026-11-22T05:52:00Z, a Sunday
    let clock = TestClock::at(1_795_326_720_000);
    let app = TestApp::with(|config| config.clock = clock.clone()).await;
    let args = json!({"id": "p", "kind": "openai", "base_url": provider.base_url(), "key": CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "p/gpt-4o-mini", "").await;
    app.add_agent("writer", "p/gpt-4o-mini", "").await;
    let rich = app
        .key_with(
            json!({"name": "rich", "agents": ["reviewer"], "catch_all": "reviewer",
            "aliases": [["gpt-4", "reviewer"]], "budget": 1_000_000, "per": "day", "rpm": 60, "tpm": 99_999,
            "concurrency": 4, "expires_in": 3600}),
        )
        .await;
    let plain = app
        .key_with(json!({"name": "plain", "raw_models": true, "store": "none"}))
        .await;
    assert_eq!(app.chat(&rich, &hi("reviewer")).await.status(), 200);

    let response = app.get("/v1/key", &rich).await;
    assert_eq!(response.status(), 200);
    let text = response.text().await.unwrap();
    assert!(
        !text.contains(&rich) && !text.contains(CANARY),
        "never the secret"
    );
    let mut told: Value = serde_json::from_str(&text).unwrap();
    assert!(told["id"].as_str().unwrap().starts_with("ck_"));
    assert_eq!(told["hint"], rich[rich.len() - 4..]);
    for changing in ["id", "hint"] {
        told[changing] = Value::Null;
    }
    // 8000 tokens in at 0.15 dollars a million, 4000 cached at 0.075, 3000 out at 0.60: 3300 micro-dollars
    assert_eq!(
        told,
        json!({
            "object": "key", "id": null, "hint": null, "name": "rich", "agents": ["reviewer"], "all_agents": false,
            "raw_models": false, "default_agent": "reviewer", "catch_all": "reviewer", "aliases": {"gpt-4": "reviewer"},
            "limits": {"rpm": 60, "tpm": 99_999, "concurrency": 4}, "store": "all", "unit": "micro-dollar",
            "spent": 3300, "left": 996_700,
            "budgets": [{"per": "day", "cap": 1_000_000, "spent": 3300, "left": 996_700,
                "since": 1_795_305_600, "resets_at": 1_795_392_000}],
            "created_at": 1_795_326_720, "expires_at": 1_795_330_320,
        })
    );

    let told: Value = app.get("/key", &plain).await.json().await.unwrap();
    assert_eq!(told["agents"], json!(["reviewer", "writer"]));
    assert_eq!(
        (&told["raw_models"], &told["default_agent"], &told["store"]),
        (&json!(true), &Value::Null, &json!("none"))
    );
    assert_eq!(
        (&told["spent"], &told["left"], &told["budgets"]),
        (&json!(0), &Value::Null, &json!([])),
        "another's calls are not its own"
    );
    clock.advance(std::time::Duration::from_secs(86_400));
    assert_eq!(app.get("/v1/key", &rich).await.status(), 401, "it has expired");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_comes_back_with_the_span_and_what_was_spent_stays() {
    let provider = Provider::start().await;
    let clock = TestClock::at(1_795_326_720_000);
    let app = TestApp::with(|config| config.clock = clock.clone()).await;
    let args = json!({"id": "p", "kind": "openai", "base_url": provider.base_url(), "key": CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "p/gpt-4o-mini", "").await;
    let key = app
        .key_with(json!({"name": "daily", "budget": 3000, "per": "day"}))
        .await;
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200);
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 402);
    for (spent_today, left) in [(3300, 0), (0, 3000)] {
        let told: Value = app.get("/v1/key/", &key).await.json().await.unwrap();
        assert_eq!(told["spent"], 3300);
        assert_eq!(told["left"], left, "never less than nothing");
        assert_eq!(told["budgets"][0]["spent"], spent_today);
        clock.advance(std::time::Duration::from_secs(86_400));
    }
    app.finish().await;
}
