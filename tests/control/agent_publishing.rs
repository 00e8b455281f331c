//! Drafts that are saved beside their agents, and what it takes to publish one.

use std::slice::from_ref;

use domain::{Agent, AgentDraft, AgentRevision, FailureKind, SavedDraft};
use gateway::control::AgentFile;
use serde_json::{Value, json};

use crate::support::app::draft;
use crate::support::{Provider, TestApp};

async fn world() -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    (provider, app)
}

fn says(instructions: &str) -> Value {
    draft("reviewer", "mock/m", instructions)
}

async fn save(app: &TestApp, instructions: &str) -> SavedDraft {
    let args = json!({"agent": "reviewer", "draft": says(instructions)});
    app.ask("agent.draft_save", args).await
}

async fn drafts(app: &TestApp) -> Vec<SavedDraft> {
    app.ask("agent.draft_list", json!({})).await
}

async fn agent(app: &TestApp) -> (u32, String) {
    let agent: Agent = app.ask("agent.get", json!({"agent": "reviewer"})).await;
    (agent.revision, agent.draft.instructions)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_outlives_the_app_and_becomes_the_next_revision() {
    let (_provider, mut app) = world().await;
    app.add_agent("reviewer", "mock/m", "One.").await;
    assert!(drafts(&app).await.is_empty());
    let none = json!({"agent": "reviewer"});
    for command in ["agent.draft_get", "agent.draft_discard", "agent.publish"] {
        assert_eq!(
            app.refused(command, none.clone()).await,
            FailureKind::NotFound,
            "{command}"
        );
    }
    let _first = save(&app, "Two, begun.").await;
    let saved = save(&app, "Two.").await;
    app.restart().await;
    assert_eq!(drafts(&app).await, from_ref(&saved), "one, the last");
    let got: SavedDraft = app.ask("agent.draft_get", json!({"agent": saved.agent})).await;
    assert_eq!(got, saved);
    assert_eq!(agent(&app).await, (1, "One.".to_owned()));
    let history: Vec<AgentRevision> = app.ask("agent.history", json!({"agent": "reviewer"})).await;
    assert_eq!(history.len(), 1, "a draft is no revision");

    let published: Agent = app.ask("agent.publish", json!({"agent": "reviewer"})).await;
    assert_eq!((published.revision, &published.draft), (2, &saved.draft));
    assert!(drafts(&app).await.is_empty());

    let _saved = save(&app, "Three.").await;
    let args = json!({"agent": "reviewer", "draft": says("Three, and typed on.")});
    let published: Agent = app.ask("agent.publish", args).await;
    assert_eq!(published.draft.instructions, "Three, and typed on.");
    assert!(drafts(&app).await.is_empty());

    let saved = save(&app, "Four.").await;
    let gone: SavedDraft = app.ask("agent.draft_discard", json!({"agent": "reviewer"})).await;
    assert_eq!(gone, saved, "so that it can be saved again");
    assert!(drafts(&app).await.is_empty());
    assert_eq!(agent(&app).await.0, 3);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_meanwhile_is_not_published_over_unasked() {
    let (_provider, app) = world().await;
    app.add_agent("reviewer", "mock/m", "One.").await;
    let saved = save(&app, "Mine.").await;
    let theirs = json!({"agent": "reviewer", "draft": says("Theirs."), "revision": 1});
    let _two: Agent = app.ask("agent.update", theirs).await;
    let failure = app
        .run("agent.publish", json!({"agent": "reviewer"}))
        .await
        .unwrap_err();
    assert_eq!((failure.kind(), failure.param()), (FailureKind::Conflict, None));
    assert!(failure.message().contains("revision 1") && failure.message().contains("revision 2"));
    assert_eq!(agent(&app).await, (2, "Theirs.".to_owned()));
    assert_eq!(drafts(&app).await, from_ref(&saved), "nothing is lost");

    // saved again it is still what was begun from the first, unless somebody looked
    let saved = save(&app, "Mine still.").await;
    assert_eq!(saved.based_on, Some(1));
    assert_eq!(
        app.refused("agent.publish", json!({"agent": "reviewer"})).await,
        FailureKind::Conflict
    );
    let args = json!({"agent": "reviewer", "overwrite": true});
    let three: Agent = app.ask("agent.publish", args).await;
    assert_eq!(
        (three.revision, three.draft.instructions.as_str()),
        (3, "Mine still.")
    );

    let _saved = save(&app, "Mine, once more.").await;
    let args = json!({"agent": "reviewer", "based_on": 2});
    assert_eq!(app.refused("agent.publish", args).await, FailureKind::Conflict);
    let looked = json!({"agent": "reviewer", "draft": says("Both."), "based_on": 3});
    let saved: SavedDraft = app.ask("agent.draft_save", looked).await;
    assert_eq!(saved.based_on, Some(3));
    for never in [0, 9] {
        let args = json!({"agent": "reviewer", "draft": says("No."), "based_on": never});
        assert_eq!(app.refused("agent.draft_save", args).await, FailureKind::NotFound);
    }
    let edited = saved.saved_at.millis() - 1;
    let late = json!({"agent": "reviewer", "draft": says("Late."), "edited": edited});
    assert_eq!(app.refused("agent.draft_save", late).await, FailureKind::Conflict);
    assert_eq!(drafts(&app).await, from_ref(&saved));
    let next = json!({"agent": "reviewer", "draft": says("In time."), "edited": saved.saved_at});
    let _saved: SavedDraft = app.ask("agent.draft_save", next).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_saved_may_be_unfinished_and_what_is_published_may_not() {
    let (_provider, app) = world().await;
    app.add_agent("reviewer", "mock/m", "One.").await;
    app.add_agent("writer", "mock/m", "").await;
    let nowhere = json!({"agent": "reviewer", "draft": draft("reviewer", "nowhere/m", "Two.")});
    let saved: SavedDraft = app.ask("agent.draft_save", nowhere).await;
    let failure = app
        .run("agent.publish", json!({"agent": "reviewer"}))
        .await
        .unwrap_err();
    assert_eq!(
        (failure.kind(), failure.param()),
        (FailureKind::InvalidRequest, Some("model"))
    );
    assert_eq!(drafts(&app).await, [saved]);

    let taken = json!({"agent": "reviewer", "draft": draft("writer", "mock/m", "Two.")});
    let _saved: SavedDraft = app.ask("agent.draft_save", taken).await;
    let failure = app
        .run("agent.publish", json!({"agent": "reviewer"}))
        .await
        .unwrap_err();
    assert_eq!(
        (failure.kind(), failure.param()),
        (FailureKind::Conflict, Some("slug"))
    );
    assert_eq!(drafts(&app).await.len(), 1);
    assert_eq!(agent(&app).await, (1, "One.".to_owned()));

    let with = |field: &str, value: String| {
        let mut wrong = says("");
        wrong[field] = json!(value);
        json!({"agent": "reviewer", "draft": wrong})
    };
    for wrong in [
        with("instructions", "i".repeat((1 << 20) + 1)),
        with("name", " ".to_owned()),
    ] {
        assert_eq!(
            app.refused("agent.draft_save", wrong).await,
            FailureKind::InvalidRequest
        );
    }
    let unknown = json!({"agent": "nobody", "draft": says("")});
    assert_eq!(
        app.refused("agent.draft_save", unknown).await,
        FailureKind::ModelNotFound
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_agents_draft_goes_and_comes_back_with_it() {
    let (_provider, app) = world().await;
    app.add_agent("reviewer", "mock/m", "One.").await;
    let saved = save(&app, "Two.").await;
    let _gone: Value = app.ask("agent.delete", json!({"agent": "reviewer"})).await;
    assert!(drafts(&app).await.is_empty());
    for name in ["reviewer", saved.agent.as_str()] {
        assert_eq!(
            app.refused("agent.publish", json!({"agent": name})).await,
            FailureKind::ModelNotFound
        );
    }
    let _back: Agent = app.ask("agent.restore", json!({"agent": "reviewer"})).await;
    assert_eq!(drafts(&app).await, [saved]);
    let _two: Agent = app.ask("agent.publish", json!({"agent": "reviewer"})).await;
    assert_eq!(agent(&app).await, (2, "Two.".to_owned()));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_begun_as_a_draft_under_a_name_that_is_free() {
    let (_provider, app) = world().await;
    app.add_agent("writer", "mock/m", "").await;
    let begun: SavedDraft = app
        .ask("agent.draft_save", json!({"draft": says("Begun.")}))
        .await;
    assert_eq!(begun.based_on, None);
    for slug in ["writer", "reviewer"] {
        let args = json!({"draft": draft(slug, "mock/m", "")});
        let failure = app.run("agent.draft_save", args).await.unwrap_err();
        assert_eq!(
            (failure.kind(), failure.param()),
            (FailureKind::Conflict, Some("slug")),
            "{slug}"
        );
    }
    let more = save(&app, "Begun, and more.").await;
    assert_eq!((&more.agent, more.based_on), (&begun.agent, None), "by its name");
    assert_eq!(
        app.refused("agent.get", json!({"agent": "reviewer"})).await,
        FailureKind::ModelNotFound
    );

    // the name is taken by whoever is published first
    app.add_agent("reviewer", "mock/m", "First.").await;
    let by_id = json!({"agent": begun.agent});
    assert_eq!(
        app.refused("agent.publish", by_id.clone()).await,
        FailureKind::Conflict
    );
    let renamed = json!({"agent": begun.agent, "draft": draft("critic", "mock/m", "Begun.")});
    let _saved: SavedDraft = app.ask("agent.draft_save", renamed).await;
    let made: Agent = app.ask("agent.publish", by_id).await;
    assert_eq!((made.revision, made.draft.slug.as_str()), (1, "critic"));
    assert_eq!(made.id, begun.agent);

    let begun: SavedDraft = app
        .ask("agent.draft_save", json!({"draft": draft("other", "mock/m", "")}))
        .await;
    let _gone: SavedDraft = app.ask("agent.draft_discard", json!({"agent": "other"})).await;
    assert_eq!(
        app.refused("agent.publish", json!({"agent": begun.agent})).await,
        FailureKind::ModelNotFound
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_leaves_as_a_file() {
    let (_provider, app) = world().await;
    app.add_agent("reviewer", "mock/m", "One.").await;
    let as_draft = json!({"agent": "reviewer", "draft": true});
    assert_eq!(
        app.refused("agent.export", as_draft.clone()).await,
        FailureKind::NotFound
    );
    let saved = save(&app, "Two.").await;
    let file: AgentFile = app.ask("agent.export", as_draft).await;
    let read: AgentDraft = app.ask("agent.read", json!({"text": file.text})).await;
    assert_eq!(read, saved.draft);
    let file: AgentFile = app.ask("agent.export", json!({"agent": "reviewer"})).await;
    assert!(file.text.contains("One.") && !file.text.contains("Two."));
    app.finish().await;
}
