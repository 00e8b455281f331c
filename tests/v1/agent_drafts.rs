//! A saved draft changes nothing for clients until it is published.

use domain::{Agent, SavedDraft};
use serde_json::{Value, json};

use super::agent_tools::client::Client;
use super::hi;
use crate::support::app::draft;
use crate::support::{Provider, TestApp};

/// Status and instructions that the model was given; the error's code where nobody was asked.
async fn asked(app: &TestApp, provider: &Provider, key: &str, model: &str) -> (u16, String) {
    let before = provider.asked().len();
    let response = app.chat(key, &hi(model)).await;
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    if status == 200 {
        return (200, provider.last().said()[0].1.clone());
    }
    assert_eq!(provider.asked().len(), before, "{model}");
    (
        status,
        body["error"]["code"].as_str().unwrap_or_default().to_owned(),
    )
}

/// The names that `/v1/models` and `/mcp` tell.
async fn told(app: &TestApp, key: &str) -> (Vec<String>, Vec<String>) {
    let body: Value = app.get("/v1/models", key).await.json().await.unwrap();
    let names = |list: &Value, field: &str| -> Vec<String> {
        let all = list.as_array().unwrap();
        all.iter()
            .map(|one| one[field].as_str().unwrap().to_owned())
            .collect()
    };
    let tools = Client::greet(app, key).await.tools().await;
    (names(&body["data"], "id"), names(&json!(tools), "name"))
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_have_the_revision_until_the_draft_is_published() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let before = told(&app, &key).await;
    let changed = draft("critic", "mock/m", "Be long.");
    let saved: SavedDraft = app
        .ask("agent.draft_save", json!({"agent": "reviewer", "draft": changed}))
        .await;
    assert_eq!(saved.based_on, Some(1));

    let old = (200, "Be brief.".to_owned());
    for model in ["reviewer", "reviewer@1", saved.agent.as_str()] {
        assert_eq!(asked(&app, &provider, &key, model).await, old, "{model}");
    }
    let none = (404, "model_not_found".to_owned());
    let by_id = format!("{}@draft", saved.agent);
    for model in ["reviewer@2", "reviewer@draft", "reviewer@0", &by_id, "critic"] {
        assert_eq!(asked(&app, &provider, &key, model).await, none, "{model}");
    }
    assert_eq!(told(&app, &key).await, before);

    let published: Agent = app.ask("agent.publish", json!({"agent": "reviewer"})).await;
    assert_eq!((published.revision, published.id), (2, saved.agent));
    let new = (200, "Be long.".to_owned());
    assert_eq!(asked(&app, &provider, &key, "critic").await, new);
    assert_eq!(asked(&app, &provider, &key, "critic@1").await, old);
    assert_eq!(asked(&app, &provider, &key, "reviewer").await, none, "renamed");
    let after = told(&app, &key).await;
    assert!(after.1.contains(&"critic".to_owned()) && !after.1.contains(&"reviewer".to_owned()));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_was_never_published_answers_nobody() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let before = told(&app, &key).await;
    let new = draft("scribe", "mock/m", "Write.");
    let saved: SavedDraft = app.ask("agent.draft_save", json!({"draft": new})).await;
    assert_eq!(saved.based_on, None);

    let none = (404, "model_not_found".to_owned());
    for model in ["scribe", "scribe@1", "scribe@draft", saved.agent.as_str()] {
        assert_eq!(asked(&app, &provider, &key, model).await, none, "{model}");
    }
    assert_eq!(told(&app, &key).await, before);
    let one = app.get("/v1/models/scribe", &key).await;
    assert_eq!(one.status(), 404);
    let all: Vec<Agent> = app.ask("agent.list", json!({})).await;
    assert_eq!(all.len(), 1);

    let published: Agent = app.ask("agent.publish", json!({"agent": "scribe"})).await;
    assert_eq!((published.revision, &published.id), (1, &saved.agent));
    let answer = (200, "Write.".to_owned());
    assert_eq!(asked(&app, &provider, &key, "scribe").await, answer);
    assert_eq!(asked(&app, &provider, &key, saved.agent.as_str()).await, answer);
    app.finish().await;
}
