//! What agents remember, in the hands of the person.

use gateway::control::{Exported, MemoryView};
use serde_json::{Value, json};

use crate::support::{Provider, TestApp};

async fn world() -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    (provider, app)
}

async fn add(app: &TestApp, text: &str) -> MemoryView {
    app.ask("memory.add", json!({"agent": "reviewer", "text": text}))
        .await
}

async fn texts(app: &TestApp, forgotten: bool) -> Vec<String> {
    let args = json!({"agent": "reviewer", "forgotten": forgotten});
    let views: Vec<MemoryView> = app.ask("memory.list", args).await;
    views.into_iter().map(|view| view.memory.text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_is_written_changed_forgotten_and_brought_back() {
    let (_provider, mut app) = world().await;
    let first = add(&app, "Tabs,\n not spaces.").await;
    assert_eq!(first.memory.text, "Tabs, not spaces.", "one line");
    assert!(first.memory.call.is_none() && first.client.is_none());
    add(&app, "Reviews end with a joke.").await;
    assert_eq!(
        texts(&app, false).await,
        ["Reviews end with a joke.", "Tabs, not spaces."]
    );

    let edit = json!({"memory": first.memory.id, "text": "Spaces, not tabs."});
    let edited: MemoryView = app.ask("memory.edit", edit).await;
    assert_eq!(edited.memory.text, "Spaces, not tabs.");
    let gone: Vec<MemoryView> = app.ask("memory.forget", json!({"memory": first.memory.id})).await;
    assert!(gone[0].memory.forgotten_at.is_some());
    assert_eq!(texts(&app, false).await, ["Reviews end with a joke."]);
    assert_eq!(texts(&app, true).await, ["Spaces, not tabs."]);
    let refused = app
        .refused("memory.edit", json!({"memory": first.memory.id, "text": "x"}))
        .await;
    assert_eq!(refused, domain::FailureKind::NotFound);
    let _back: MemoryView = app
        .ask("memory.restore", json!({"memory": first.memory.id}))
        .await;
    app.restart().await;
    assert_eq!(texts(&app, false).await.len(), 2);

    let exported: Exported = app.ask("memory.export", json!({"agent": "reviewer"})).await;
    let parsed: Value = serde_json::from_str(&exported.text).unwrap();
    assert_eq!(parsed["memories"].as_array().unwrap().len(), 2);
    assert_eq!(exported.file_name, "reviewer-memory.json");

    let gone: Vec<MemoryView> = app.ask("memory.forget", json!({"agent": "reviewer"})).await;
    assert_eq!(gone.len(), 2);
    assert!(texts(&app, false).await.is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_memory_is_refused() {
    let (_provider, app) = world().await;
    for args in [
        json!({"agent": "reviewer", "text": "  "}),
        json!({"agent": "reviewer", "text": "x".repeat(1_001)}),
    ] {
        let kind = app.refused("memory.add", args).await;
        assert_eq!(kind, domain::FailureKind::InvalidRequest);
    }
    let elses = json!({"agent": "reviewer", "text": "x", "scope": {"of": "client", "key": "ck_0"}});
    assert_eq!(
        app.refused("memory.add", elses).await,
        domain::FailureKind::NotFound
    );
    assert_eq!(
        app.refused("memory.add", json!({"agent": "nobody", "text": "x"}))
            .await,
        domain::FailureKind::ModelNotFound
    );
    assert_eq!(
        app.refused("memory.forget", json!({})).await,
        domain::FailureKind::InvalidRequest
    );
    let mut agent = crate::support::app::draft("greedy", "mock/m", "");
    agent["memory"] = json!({"mode": "window", "recall": 51});
    assert_eq!(
        app.refused("agent.create", agent).await,
        domain::FailureKind::InvalidRequest
    );
    let settings = json!({"embedding_model": "nowhere/e"});
    assert_eq!(
        app.refused("settings.set", settings).await,
        domain::FailureKind::InvalidRequest
    );
    app.finish().await;
}
