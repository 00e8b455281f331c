//! Agents and their revisions.

use domain::{Agent, AgentRevision, FailureKind};
use serde_json::{Value, json};

use crate::support::app::draft;
use crate::support::{Provider, TestApp};

async fn world() -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    (provider, app)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_lives_through_its_revisions() {
    let (_provider, app) = world().await;
    let one = app.add_agent("reviewer", "mock/a", "First.").await;
    assert_eq!((one.revision, one.draft.instructions.as_str()), (1, "First."));
    assert!(one.id.as_str().starts_with("ag_"));

    let change = json!({"agent": "reviewer", "revision": 1, "draft": draft("critic", "mock/b", "Second.")});
    let two: Agent = app.ask("agent.update", change.clone()).await;
    assert_eq!(
        (two.id.clone(), two.revision, two.draft.slug.as_str()),
        (one.id.clone(), 2, "critic")
    );
    assert_eq!(two.created_at, one.created_at);

    assert_eq!(
        app.refused("agent.update", change).await,
        FailureKind::ModelNotFound,
        "the old name is gone"
    );
    let late = json!({"agent": one.id, "revision": 1, "draft": draft("critic", "mock/c", "Third.")});
    assert_eq!(
        app.refused("agent.update", late).await,
        FailureKind::Conflict,
        "edited from an old state"
    );
    let kept: Agent = app.ask("agent.get", json!({"agent": "critic"})).await;
    assert_eq!(kept, two, "and nothing changed");

    let history: Vec<AgentRevision> = app.ask("agent.history", json!({"agent": "critic"})).await;
    let told: Vec<(u32, &str)> = history
        .iter()
        .map(|old| (old.revision, old.draft.instructions.as_str()))
        .collect();
    assert_eq!(told, [(2, "Second."), (1, "First.")]);

    let back: Agent = app
        .ask("agent.rollback", json!({"agent": "critic", "revision": 1}))
        .await;
    assert_eq!(
        (
            back.revision,
            back.draft.slug.as_str(),
            back.draft.instructions.as_str()
        ),
        (3, "reviewer", "First.")
    );
    let none = json!({"agent": "reviewer", "revision": 9});
    assert_eq!(app.refused("agent.rollback", none).await, FailureKind::NotFound);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_unique_and_a_removed_agent_can_come_back() {
    let (provider, app) = world().await;
    let agent = app.add_agent("reviewer", "mock/a", "").await;
    assert_eq!(
        app.refused("agent.create", draft("reviewer", "mock/b", "")).await,
        FailureKind::Conflict
    );
    app.add_agent("writer", "mock/a", "").await;
    let take = json!({"agent": "writer", "draft": draft("reviewer", "mock/a", "")});
    assert_eq!(app.refused("agent.update", take).await, FailureKind::Conflict);

    let key = app.key().await;
    let _gone: Value = app.ask("agent.delete", json!({"agent": "reviewer"})).await;
    let left: Vec<Agent> = app.ask("agent.list", json!({})).await;
    assert_eq!(
        left.iter()
            .map(|agent| agent.draft.slug.as_str())
            .collect::<Vec<_>>(),
        ["writer"]
    );
    assert_eq!(
        app.refused("agent.get", json!({"agent": "reviewer"})).await,
        FailureKind::ModelNotFound
    );
    assert_eq!(
        app.chat(&key, &crate::v1::hi("reviewer")).await.status(),
        404,
        "it answers nobody"
    );
    assert!(provider.asked().is_empty());

    let back: Agent = app.ask("agent.restore", json!({"agent": "reviewer"})).await;
    assert_eq!(back.id, agent.id);
    assert_eq!(app.chat(&key, &crate::v1::hi("reviewer")).await.status(), 200);
    assert_eq!(
        app.refused("agent.restore", json!({"agent": "reviewer"})).await,
        FailureKind::ModelNotFound
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_breaks_a_rule_makes_nothing() {
    let (_provider, app) = world().await;
    let with = |field: &str, value: Value| {
        let mut draft = draft("x", "mock/a", "");
        draft[field] = value;
        draft
    };
    for (draft, param) in [
        (with("name", json!("  ")), "name"),
        (with("name", json!("n".repeat(201))), "name"),
        (
            with("instructions", json!("i".repeat((1 << 20) + 1))),
            "instructions",
        ),
        (with("target", json!("nobody/a")), "model"),
        (with("fallbacks", json!(["nobody/a"])), "model"),
        (with("params", json!({"temperature": 2.5})), "temperature"),
        (with("params", json!({"top_p": -0.5})), "top_p"),
        (
            with("params", json!({"max_output_tokens": 0})),
            "max_output_tokens",
        ),
        (with("params", json!({"stop": ["1", "2", "3", "4", "5"]})), "stop"),
    ] {
        let failure = app.run("agent.create", draft).await.unwrap_err();
        assert_eq!(
            (failure.kind(), failure.param()),
            (FailureKind::InvalidRequest, Some(param))
        );
    }
    let none: Vec<Agent> = app.ask("agent.list", json!({})).await;
    assert!(none.is_empty());
    app.finish().await;
}
