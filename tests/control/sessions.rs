//! Sessions: found, named, removed, brought back, written out.

use domain::{FailureKind, Session, SessionId};
use gateway::control::{ChatStarted, Exported, SearchHit, SessionPage, SessionView};
use serde_json::{Value, json};

use crate::support::{Provider, Reply, TestApp, eventually};

async fn talked(app: &TestApp, key: &str, provider: &Provider, question: &str, answer: &str) -> SessionId {
    provider.will(Reply::text(answer));
    // one that is named is a conversation from its first call on
    let body = json!({"model": "reviewer", "session_id": answer, "messages": [{"role": "user", "content": question}]});
    let response = app.chat(key, &body).await;
    assert_eq!(response.status(), 200);
    SessionId::parse(response.headers()["x-session-id"].to_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_found_by_what_was_said() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let kumquat = talked(
        &app,
        &key,
        &provider,
        "How do I peel a kumquat?",
        "You eat it whole, with its rind.",
    )
    .await;
    let other = talked(&app, &key, &provider, "What is a quince?", "A hard fruit.").await;
    let search =
        async |query: &str| -> Vec<SearchHit> { app.ask("session.search", json!({"query": query})).await };
    for query in ["kumquat", "kumq", "KUMQUAT", "rind", "eat whole"] {
        let hits = eventually(query, async || {
            Some(search(query).await).filter(|hits| !hits.is_empty())
        })
        .await;
        assert!(
            hits.iter().all(|hit| hit.session.session.id == kumquat),
            "{query}"
        );
    }
    let hits = search("kumquat").await;
    let marked = |hit: &SearchHit| {
        hit.snippet
            .iter()
            .any(|piece| piece.hit && piece.text.to_lowercase().contains("kumquat"))
    };
    assert!(hits.iter().any(marked), "{hits:#?}");
    for odd in [
        "zeppelin",
        "",
        "\"",
        "' OR 1=1 --",
        "kumquat*\"",
        "NEAR(",
        "-",
        "\u{1f525}",
    ] {
        let found = app.run("session.search", json!({"query": odd})).await;
        let hits: Vec<SearchHit> = found
            .map(|hits| serde_json::from_value(hits).unwrap())
            .unwrap_or_default();
        assert!(hits.iter().all(|hit| hit.session.session.id != other), "{odd}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_named_pinned_removed_and_brought_back() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let one = talked(&app, &key, &provider, "First question\nwith more", "1").await;
    let two = talked(&app, &key, &provider, "Second question", "2").await;
    let order = async || {
        app.sessions()
            .await
            .into_iter()
            .map(|row| row.session.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(order().await, [two.clone(), one.clone()], "newest first");
    assert_eq!(app.session(&one).await.row.session.title, "First question");

    let pinned: Session = app
        .ask("session.pin", json!({"session": one, "pinned": true}))
        .await;
    assert!(pinned.pinned);
    assert_eq!(order().await, [one.clone(), two.clone()]);
    let renamed: Session = app
        .ask("session.rename", json!({"session": one, "title": " Taxes "}))
        .await;
    assert_eq!(renamed.title, "Taxes");
    assert_eq!(
        app.refused("session.rename", json!({"session": one, "title": " "}))
            .await,
        FailureKind::InvalidRequest
    );

    let _gone: Value = app.ask("session.delete", json!({"session": one})).await;
    assert_eq!(order().await, std::slice::from_ref(&two));
    let _back: Session = app.ask("session.restore", json!({"session": one})).await;
    assert_eq!(order().await, [one.clone(), two.clone()]);
    assert_eq!(app.session(&one).await.messages.len(), 2, "with all its messages");

    let page: SessionPage = app.ask("session.list", json!({"limit": 1})).await;
    assert_eq!(page.sessions[0].session.id, one);
    let next: SessionPage = app
        .ask("session.list", json!({"limit": 1, "cursor": page.next.unwrap()}))
        .await;
    assert_eq!(next.sessions[0].session.id, two);
    let nobody = json!({"session": "se_0123"});
    for command in ["session.get", "session.delete", "session.restore"] {
        assert_eq!(
            app.refused(command, nobody.clone()).await,
            FailureKind::NotFound,
            "{command}"
        );
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_lie_in_folders_and_are_listed_by_who_holds_them() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key_with(json!({"name": "Zed", "icon": "zed"})).await;
    let one = talked(&app, &key, &provider, "First", "1").await;
    let two = talked(&app, &key, &provider, "Second", "2").await;
    let started: ChatStarted = app
        .ask("chat.send", json!({"agent": "reviewer", "text": "Mine"}))
        .await;
    let moved: Session = app
        .ask("session.move", json!({"session": one, "folder": " Work "}))
        .await;
    assert_eq!(moved.folder.as_deref(), Some("Work"));
    let ids = async |args: Value| -> Vec<SessionId> {
        let page: SessionPage = app.ask("session.list", args).await;
        page.sessions.into_iter().map(|row| row.session.id).collect()
    };
    assert_eq!(ids(json!({"folder": "Work"})).await, std::slice::from_ref(&one));
    assert_eq!(
        ids(json!({"of": "people"})).await,
        std::slice::from_ref(&started.session)
    );
    assert_eq!(ids(json!({"of": "programs"})).await, [two, one.clone()]);
    let page: SessionPage = app.ask("session.list", json!({"folder": "Work"})).await;
    assert_eq!(page.sessions[0].client_icon.as_deref(), Some("zed"));
    let folders: Value = app.ask("session.folders", json!({})).await;
    assert_eq!(folders, json!([{"name": "Work", "sessions": 1}]));
    for name in [" ", "a\nb", &"x".repeat(61)] {
        assert_eq!(
            app.refused("session.move", json!({"session": one, "folder": name}))
                .await,
            FailureKind::InvalidRequest
        );
    }
    let out: Session = app.ask("session.move", json!({"session": one})).await;
    assert_eq!(out.folder, None);
    let folders: Value = app.ask("session.folders", json!({})).await;
    assert_eq!(folders, json!([]), "a folder is there while something lies in it");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_written_out() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let id = talked(&app, &key, &provider, "What/is: a ../quince?", "A *hard* fruit.").await;
    let text: Exported = app
        .ask("session.export", json!({"session": id, "format": "markdown"}))
        .await;
    assert_eq!(
        text.file_name, "what-is-a-quince.md",
        "no path can come of a title"
    );
    assert_eq!(
        text.text,
        "# What/is: a ../quince?\n\n## You\n\nWhat/is: a ../quince?\n\n## Agent\n\nA *hard* fruit.\n"
    );
    let json: Exported = app
        .ask("session.export", json!({"session": id, "format": "json"}))
        .await;
    assert_eq!(json.file_name, "what-is-a-quince.json");
    let view: SessionView = serde_json::from_str(&json.text).unwrap();
    assert_eq!(view, app.session(&id).await);
    app.finish().await;
}
