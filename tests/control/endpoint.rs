//! Pausing the endpoint, and who can reach it.

use gateway::control::{EndpointStatus, Exposure};
use reqwest::header::{HOST, ORIGIN};
use serde_json::{Value, json};

use crate::support::{Provider, TestApp};

fn hello() -> Value {
    json!({"model": "reviewer", "messages": [{"role": "user", "content": "Hello"}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_endpoint_tells_programs_so_and_the_window_chats_on() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let paused: EndpointStatus = app.ask("endpoint.pause", json!({})).await;
    assert!(
        matches!(paused, EndpointStatus::Listening { paused: true, .. }),
        "{paused:?}"
    );

    let refused = app.chat(&key, &hello()).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["x-should-retry"], "false");
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], "endpoint_paused");
    assert_eq!(provider.asked().len(), 0, "nobody was asked");
    // a stranger learns nothing that a key holder would
    assert_eq!(app.chat("sk-ink-wrong", &hello()).await.status(), 401);
    let health = app.http().get(app.url("/health")).send().await.unwrap();
    assert_eq!(health.status(), 200, "it is alive all the same");

    let said: Value = app
        .ask("chat.send", json!({"agent": "reviewer", "text": "Hello"}))
        .await;
    assert!(said["session"].is_string(), "{said}");

    let resumed: EndpointStatus = app.ask("endpoint.resume", json!({})).await;
    assert!(
        matches!(resumed, EndpointStatus::Listening { paused: false, .. }),
        "{resumed:?}"
    );
    assert_eq!(app.chat(&key, &hello()).await.status(), 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_turned_away_is_counted_by_kind_alone() {
    let app = TestApp::start().await;
    let _any = app
        .key_with(json!({"name": "wide", "raw_models": true, "origins": ["https://app.example.com"]}))
        .await;
    let url = app.url("/v1/models");
    for _ in 0..2 {
        let _wrong_key = app.get("/v1/models", "sk-ink-wrong").await;
    }
    let _wrong_host = app
        .http()
        .get(&url)
        .header(HOST, "evil.example")
        .send()
        .await
        .unwrap();
    let _wrong_page = app
        .http()
        .get(&url)
        .header(ORIGIN, "https://evil.example")
        .send()
        .await
        .unwrap();

    let exposure: Exposure = app.ask("endpoint.exposure", json!({})).await;
    let counted: Vec<_> = exposure
        .refused
        .iter()
        .map(|refused| (refused.kind.as_str(), refused.count))
        .collect();
    assert_eq!(
        counted,
        [
            ("client_key_invalid", 2),
            ("host_denied", 1),
            ("origin_denied", 1)
        ]
    );
    assert_eq!((exposure.keys, exposure.keys_any_model), (1, 1));
    assert_eq!(exposure.origins, ["https://app.example.com"]);
    assert!(!exposure.no_key_on_loopback);
    let port = app.port();
    assert_eq!(
        exposure.addresses,
        [format!("127.0.0.1:{port}"), format!("[::1]:{port}")]
    );
    let told = serde_json::to_string(&exposure).unwrap();
    assert!(!told.contains("evil"), "{told}");
    app.finish().await;
}
