//! Attempts without a known key are counted, so that a person sees them; nothing of a key is remembered.

use domain::FailureKind;
use gateway::control::RefusedAttempts;
use serde_json::{Value, json};

use super::{CHAT, send};
use crate::support::{Provider, TestApp, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_counted_and_named_without_its_key() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let none: RefusedAttempts = app.ask("endpoint.refused", json!({})).await;
    assert_eq!(none, RefusedAttempts::default());

    let json_body = ("Content-Type", "application/json");
    let wrong = "Bearer sk-ink-not-a-key-of-anybody";
    let line = "POST /v1/chat/completions";
    send(&app, line, &[json_body, ("Authorization", wrong)], CHAT).await;
    let counted = async |count: u64| {
        eventually("refused attempts", async || {
            let told: RefusedAttempts = app.ask("endpoint.refused", json!({})).await;
            (told.count == count).then_some(told)
        })
        .await
    };
    counted(1).await;
    send(&app, line, &[json_body], CHAT).await;
    let long = format!("GET /{}", "x".repeat(4000));
    send(&app, &long, &[("Origin", "https://page.example")], "").await;
    assert_eq!(
        app.chat(&key, &crate::v1::hi("reviewer")).await.status(),
        200,
        "not refused, not counted"
    );
    send(&app, "GET /health", &[], "").await;

    let told = counted(3).await;
    let mut kinds: Vec<_> = told.recent.iter().map(|one| one.kind.as_str()).collect();
    kinds.sort_unstable();
    let mut expected = [
        FailureKind::ClientKeyInvalid,
        FailureKind::ClientKeyMissing,
        FailureKind::OriginDenied,
    ]
    .map(FailureKind::as_str);
    expected.sort_unstable();
    assert_eq!(kinds, expected);
    assert!(told.recent.iter().all(|one| one.route.len() <= 124), "{told:?}");
    let text = app.run("endpoint.refused", json!({})).await.unwrap().to_string();
    assert!(
        text.contains(line) && !text.contains("not-a-key") && !text.contains("page.example"),
        "{text}"
    );
    let calls: Value = app.ask("call.list", json!({})).await;
    assert_eq!(calls["calls"].as_array().unwrap().len(), 1, "none became a call");
    app.finish().await;
}
