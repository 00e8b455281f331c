//! What `model` may say, and who may say it.

use serde_json::{Value, json};

use super::hi;
use crate::support::{Provider, TestApp};

async fn world() -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("writer", "mock/w", "Write.").await;
    (provider, app)
}

/// Status, `error.code` and `error.param` of an answer; the model it echoes when it is one.
async fn tried(app: &TestApp, key: &str, model: &str) -> (u16, Value, Value) {
    let response = app.chat(key, &hi(model)).await;
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    match status {
        200 => (200, body["model"].clone(), Value::Null),
        status => {
            assert!(
                body["error"]["message"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty())
            );
            (
                status,
                body["error"]["code"].clone(),
                body["error"]["param"].clone(),
            )
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_by_every_name_it_has() {
    let (provider, app) = world().await;
    let key = app.key().await;
    let agent: domain::Agent = app.ask("agent.get", json!({"agent": "reviewer"})).await;
    let id = agent.id.to_string();

    for name in [
        "reviewer",
        "reviewer@1",
        &id,
        &format!("{id}@1"),
        "Reviewer",
        "reviewer:latest",
        "openai/reviewer",
    ] {
        assert_eq!(
            tried(&app, &key, name).await,
            (200, json!(name), Value::Null),
            "{name}"
        );
        assert_eq!(provider.last().json()["model"], "m", "{name}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_revision_answers_as_it_was() {
    let (provider, app) = world().await;
    let key = app.key().await;
    let mut draft = crate::support::app::draft("reviewer", "mock/newer", "Be long.");
    draft["name"] = json!("Reviewer");
    let _two: domain::Agent = app
        .ask("agent.update", json!({"agent": "reviewer", "draft": draft}))
        .await;

    assert_eq!(tried(&app, &key, "reviewer@1").await.0, 200);
    assert_eq!(provider.last().said()[0].1, "Be brief.");
    assert_eq!(provider.last().json()["model"], "m");
    assert_eq!(tried(&app, &key, "reviewer").await.0, 200);
    assert_eq!(provider.last().said()[0].1, "Be long.");
    assert_eq!(
        tried(&app, &key, "reviewer@9").await,
        (404, json!("model_not_found"), json!("model"))
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_of_that_name() {
    let (provider, app) = world().await;
    let key = app.key().await;
    for name in [
        "gpt-4o",
        "nobody/m",
        "ag_0",
        "reviewer/",
        "@1",
        "../../etc/passwd",
        "r\u{0}",
        &"x".repeat(5000),
    ] {
        let (status, code, param) = tried(&app, &key, name).await;
        assert_eq!(
            (status, code, param),
            (404, json!("model_not_found"), json!("model")),
            "{name:?}"
        );
    }
    assert!(provider.asked().is_empty(), "no provider hears of it");
    let calls = app.calls().await;
    assert!(
        calls
            .iter()
            .all(|call| call.failure.is_some() && call.target.is_none()),
        "{calls:?}"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_model_means_the_default_agent() {
    let (provider, app) = world().await;
    let key = app.key().await;
    let no_model = json!({"messages": [{"role": "user", "content": "Hi"}]});

    let response = app.chat(&key, &no_model).await;
    assert_eq!(response.status(), 400);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["param"], "model");
    assert_eq!(body["error"]["type"], "invalid_request_error");
    assert!(provider.asked().is_empty());

    let _set: Value = app.ask("settings.set", json!({"default_agent": "writer"})).await;
    let response = app.chat(&key, &no_model).await;
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["model"], "writer", "and its name is told");
    assert_eq!(provider.last().said()[0].1, "Write.");

    let own = app.key_with(json!({"name": "one", "agents": ["reviewer"]})).await;
    assert_eq!(app.chat(&own, &no_model).await.status(), 200);
    assert_eq!(
        provider.last().said()[0].1,
        "Be brief.",
        "a key for one agent means that one"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_some_agents_reaches_no_others() {
    let (provider, app) = world().await;
    let key = app.key_with(json!({"name": "one", "agents": ["writer"]})).await;
    let refused = (403, json!("scope_denied"), json!("model"));
    assert_eq!(tried(&app, &key, "reviewer").await, refused);
    assert_eq!(tried(&app, &key, "mock/m").await, refused, "nor raw models");
    assert!(provider.asked().is_empty());
    for row in app.calls().await {
        let kind = domain::FailureKind::ScopeDenied;
        assert_eq!(
            row.outcome,
            Some(domain::Outcome::Failed { kind }),
            "as a refusal alone"
        );
    }
    assert_eq!(tried(&app, &key, "writer").await.0, 200);

    // SEC-15: every carrier of the key gives the same decision
    for header in ["authorization", "x-api-key", "api-key", "x-goog-api-key"] {
        let value = if header == "authorization" {
            format!("Bearer {key}")
        } else {
            key.clone()
        };
        for (model, status) in [("reviewer", 403), ("writer", 200)] {
            let url = app.url("/v1/chat/completions");
            let response = app
                .http()
                .post(url)
                .header(header, &value)
                .json(&hi(model))
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), status, "{header} {model}");
        }
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_models_need_a_key_that_may() {
    let (provider, app) = world().await;
    let key = app.key_with(json!({"name": "raw", "raw_models": true})).await;
    assert_eq!(tried(&app, &key, "mock/some/model:free").await.0, 200);
    let sent = provider.last();
    assert_eq!(sent.json()["model"], "some/model:free");
    assert_eq!(
        sent.said(),
        [("user".to_owned(), "Hi".to_owned())],
        "nobody's instructions"
    );
    let call = app.newest_call().await;
    assert_eq!(call.row.call.agent, None);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn aliases_and_the_catch_all_are_the_keys_own() {
    let (provider, app) = world().await;
    let made = json!({"name": "editor", "aliases": [["gpt-4o", "writer"]], "catch_all": "reviewer"});
    let key = app.key_with(made).await;
    assert_eq!(
        tried(&app, &key, "gpt-4o").await,
        (200, json!("gpt-4o"), Value::Null)
    );
    assert_eq!(provider.last().said()[0].1, "Write.");
    assert_eq!(tried(&app, &key, "claude-whatever").await.0, 200);
    assert_eq!(provider.last().said()[0].1, "Be brief.");
    let other = app.key().await;
    assert_eq!(tried(&app, &other, "gpt-4o").await.0, 404, "not of other keys");
    app.finish().await;
}
