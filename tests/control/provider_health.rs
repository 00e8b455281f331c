//! How providers stand, their keys, and their tests as somebody watches them.

use domain::FailureKind;
use gateway::control::{
    CheckState, ModelList, Notice, ProviderHealth, ProviderReport, ProviderState, ProviderView,
};
use serde_json::{Value, json};

use crate::support::app::CANARY;
use crate::support::{Provider, Reply, TestApp};

async fn health(app: &TestApp) -> ProviderHealth {
    let mut all: Vec<ProviderHealth> = app.ask("provider.health", json!({})).await;
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_stands_as_its_last_calls_went() {
    let upstream = Provider::start().await;
    let app = TestApp::with_agent(&upstream).await;
    let key = app.key().await;
    assert_eq!(health(&app).await.state, ProviderState::Untried);

    let mut streamed = crate::v1::hi("reviewer");
    streamed["stream"] = true.into();
    upstream.will(Reply::stream(&["Hello."]));
    assert!(
        app.chat(&key, &streamed)
            .await
            .text()
            .await
            .unwrap()
            .contains("Hello.")
    );
    app.ended_call().await;
    let well = health(&app).await;
    assert_eq!((well.state, well.failure), (ProviderState::Works, None));
    assert_eq!(well.attempts.len(), 1);
    assert!(well.attempts[0].first_token_ms.is_some());

    upstream.will(Reply::refusal(400, "bad", "Bad request."));
    assert_eq!(app.chat(&key, &crate::v1::hi("reviewer")).await.status(), 400);
    app.ended_call().await;
    assert_eq!(
        health(&app).await.state,
        ProviderState::Works,
        "it did not like the request"
    );

    upstream.will(Reply::refusal(401, "invalid_api_key", "No."));
    assert_eq!(app.chat(&key, &crate::v1::hi("reviewer")).await.status(), 424);
    app.ended_call().await;
    let failing = health(&app).await;
    assert_eq!(failing.state, ProviderState::Failing);
    assert_eq!(
        failing.failure.map(|failure| failure.kind),
        Some(FailureKind::ProviderKeyRejected)
    );
    assert_eq!(failing.attempts.len(), 3, "the oldest first");
    assert!(failing.attempts[0].first_token_ms.is_some());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_taken_away_and_its_provider_stays() {
    let upstream = Provider::start().await;
    let app = TestApp::with_agent(&upstream).await;
    let bare: ProviderView = app.ask("provider.remove_key", json!({"id": "mock"})).await;
    assert_eq!((bare.key_missing, bare.provider.key_hint), (true, None));
    assert_eq!(health(&app).await.state, ProviderState::KeyMissing);
    let key = app.key().await;
    assert_eq!(app.chat(&key, &crate::v1::hi("reviewer")).await.status(), 424);
    assert!(upstream.asked().is_empty(), "nobody is asked without a key");
    let back: ProviderView = app
        .ask("provider.set_key", json!({"id": "mock", "key": CANARY}))
        .await;
    assert!(!back.key_missing);
    assert_eq!(app.chat(&key, &crate::v1::hi("reviewer")).await.status(), 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_tells_each_step_when_it_is_done() {
    let upstream = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &upstream).await;
    upstream.answers_by(|asked| match asked.method.as_str() {
        "GET" => Reply::json(200, &json!({"data": [{"id": "m1"}]})),
        _ if asked.json()["stream"] == Value::Bool(true) => Reply::stream(&["Hi"]),
        _ => Reply::text("Hi"),
    });
    let mut notices = app.engine().notices();
    let report: ProviderReport = app.ask("provider.test", json!({"id": "mock"})).await;
    let mut told: Vec<(String, CheckState)> = Vec::new();
    while let Ok(notice) = notices.try_recv() {
        if let Notice::ProviderCheck { provider, check } = notice {
            assert_eq!(provider.as_str(), "mock");
            told.retain(|(name, _)| *name != check.name);
            told.push((check.name, check.state));
        }
    }
    let mut reported: Vec<(String, CheckState)> = report
        .checks
        .into_iter()
        .map(|check| (check.name, check.state))
        .collect();
    told.sort_by(|one, other| one.0.cmp(&other.0));
    reported.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(told, reported);
    assert_eq!(reported.len(), 6);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_of_the_users_is_in_the_list_at_once_and_leaves_it_again() {
    let upstream = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "openai", "kind": "openai", "base_url": upstream.base_url(), "key": CANARY});
    let _added: ProviderView = app.ask("provider.add", args).await;
    upstream.will(Reply::json(
        200,
        &json!({"data": [{"id": "gpt-4o-mini"}, {"id": "own"}]}),
    ));
    let prices = async || {
        let list: ModelList = app.ask("provider.models", json!({"id": "openai"})).await;
        let input = |at: usize| list.models[at].price.as_ref().map(|price| price.input);
        (input(0), input(1))
    };
    assert_eq!(prices().await, (Some(150_000), None));
    for model in ["gpt-4o-mini", "own"] {
        let price = json!({"target": format!("openai/{model}"), "input": 7, "output": 9});
        let _set: Value = app.ask("price.set", price).await;
    }
    assert_eq!(prices().await, (Some(7), Some(7)));
    for model in ["gpt-4o-mini", "own"] {
        let price = json!({"target": format!("openai/{model}")});
        let _gone: Value = app.ask("price.remove", price).await;
    }
    assert_eq!(
        prices().await,
        (Some(150_000), None),
        "the published one, and nobody's"
    );
    assert_eq!(upstream.asked().len(), 1);
    app.finish().await;
}
