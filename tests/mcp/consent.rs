//! Nothing runs that nobody has approved, and an approval is of what was shown and of nothing else.

use domain::{FailureKind, McpChangeKind, McpConsent};
use gateway::control::McpServerView;
use serde_json::{Value, json};

use super::{add, agent, approve, get, given, impatient, is_running, notes, program, provider, script};
use crate::support::TestApp;

fn kinds(server: &McpServerView) -> Vec<McpChangeKind> {
    server.changes.iter().map(|change| change.kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_30_what_is_new_is_shown_whole_and_not_started() {
    let app = impatient().await;
    let file = app.path("notes");
    let long = format!("{}\u{202e}\n end", "a".repeat(10_000));
    let transport = json!({"kind": "stdio", "command": "python3", "cwd": "/tmp",
        "args": [script(), "honest", file, long], "env": [{"name": "A", "value": "1"}]});
    let added = add(&app, "demo", transport.clone()).await;
    assert_eq!(added.consent, McpConsent::New);
    assert_eq!(
        serde_json::to_value(&added.transport).unwrap(),
        transport,
        "nothing is shortened"
    );
    assert!(added.program.unwrap().ends_with("python3"));
    assert!(added.tools.is_empty() && added.approved_at.is_none());
    assert_eq!(
        app.refused("mcp.restart", json!({"id": "demo"})).await,
        FailureKind::Conflict
    );
    let _all: Value = app.ask("mcp.list", json!({})).await;
    assert!(notes(&file).is_empty(), "it was started");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_30_an_approval_is_of_what_was_shown() {
    let app = impatient().await;
    let file = app.path("notes");
    let shown = add(&app, "demo", program("honest", file.to_str().unwrap())).await;
    let other = json!({"id": "demo", "transport": program("second", file.to_str().unwrap())});
    let _changed: Value = app.ask("mcp.update", other).await;
    let old = json!({"id": "demo", "digest": shown.digest});
    let refused = app.allow("mcp.approve", old).await.unwrap_err();
    assert_eq!(refused.kind(), FailureKind::Conflict);
    // the page of the window cannot approve, whatever it names (SEC-24)
    let digest = get(&app, "demo").await.digest;
    let by_page = app
        .refused("mcp.approve", json!({"id": "demo", "digest": digest}))
        .await;
    assert_eq!(by_page, FailureKind::ScopeDenied);
    assert!(notes(&file).is_empty(), "it was started");
    let approved = approve(&app, "demo").await;
    assert_eq!(approved.consent, McpConsent::Approved);
    assert!(is_running(&approved), "{:?}", approved.health);
    let tools: Vec<&str> = approved.tools.iter().map(|tool| tool.grant.as_str()).collect();
    assert!(
        tools.contains(&"demo/echo") && tools.contains(&"demo/late"),
        "{tools:?}"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_30_whatever_is_configured_differently_ends_the_approval() {
    let app = impatient().await;
    let file = app.path("notes");
    let notes_file = file.to_str().unwrap();
    let base = json!({"kind": "stdio", "command": "python3", "cwd": "/tmp",
        "args": [script(), "honest", notes_file], "env": [{"name": "A", "value": "1"}]});
    let changed = |field: &str, value: Value| {
        let mut other = base.clone();
        other[field] = value;
        other
    };
    add(&app, "demo", base.clone()).await;
    agent_with_provider(&app).await;
    use McpChangeKind as K;
    for (transport, kind) in [
        (changed("command", json!("/usr/bin/env")), K::Command),
        (
            changed("args", json!([script(), "honest", notes_file, "more"])),
            K::Arguments,
        ),
        (
            changed("env", json!([{"name": "A", "value": "2"}])),
            K::Environment,
        ),
        (
            changed("env", json!([{"name": "LD_PRELOAD", "value": "1"}])),
            K::Environment,
        ),
        (changed("cwd", json!("/")), K::Directory),
        (
            json!({"kind": "http", "url": "http://127.0.0.1:9/mcp"}),
            K::Transport,
        ),
    ] {
        let _base: Value = app
            .ask("mcp.update", json!({"id": "demo", "transport": base}))
            .await;
        let approved = approve(&app, "demo").await;
        assert_eq!(approved.consent, McpConsent::Approved, "{:?}", approved.changes);
        let starts = notes(&file).len();
        let server: McpServerView = app
            .ask("mcp.update", json!({"id": "demo", "transport": transport}))
            .await;
        assert_eq!(server.consent, McpConsent::Changed, "{kind:?}");
        assert!(kinds(&server).contains(&kind), "{kind:?}: {:?}", server.changes);
        assert!(!is_running(&server));
        assert_eq!(
            app.refused("mcp.restart", json!({"id": "demo"})).await,
            FailureKind::Conflict
        );
        let tools: Vec<Value> = app.ask("tool.list", json!({})).await;
        assert!(
            !tools.iter().any(|tool| tool["name"] == "demo/echo"),
            "it is not offered"
        );
        assert_eq!(notes(&file).len(), starts, "{kind:?}: it was started");
    }
    app.finish().await;
}

async fn agent_with_provider(app: &TestApp) {
    provider(app).await;
    agent(app, &["demo/echo"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_30_other_bytes_behind_the_command_end_the_approval() {
    use std::os::unix::fs::PermissionsExt;
    let app = impatient().await;
    let file = app.path("notes");
    let wrapper = app.path("wrapper");
    let write = |extra: &str| {
        let text = format!(
            "#!/bin/sh\n{extra}\nexec python3 {} honest {}\n",
            script(),
            file.display()
        );
        std::fs::write(&wrapper, text).unwrap();
        std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    write("# one");
    add(
        &app,
        "demo",
        json!({"kind": "stdio", "command": wrapper, "args": []}),
    )
    .await;
    assert_eq!(approve(&app, "demo").await.consent, McpConsent::Approved);
    write("# another one");
    assert_eq!(
        app.refused("mcp.restart", json!({"id": "demo"})).await,
        FailureKind::Conflict
    );
    let server = get(&app, "demo").await;
    assert_eq!(server.consent, McpConsent::Changed);
    assert_eq!(kinds(&server), [McpChangeKind::Program]);
    assert_eq!(notes(&file).len(), 1, "it was started");
    assert_eq!(approve(&app, "demo").await.consent, McpConsent::Approved);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_30_a_tool_that_is_told_of_differently_ends_the_approval() {
    use McpChangeKind as K;
    for (manner, kind) in [
        ("description", K::ToolDescription),
        ("schema", K::ToolSchema),
        ("annotations", K::ToolHints),
        ("removed", K::ToolRemoved),
    ] {
        let app = impatient().await;
        let file = app.path("notes");
        add(&app, "demo", program(manner, file.to_str().unwrap())).await;
        let approved = approve(&app, "demo").await;
        assert_eq!(approved.consent, McpConsent::Approved);
        let failure = app.run("mcp.restart", json!({"id": "demo"})).await.unwrap_err();
        assert_eq!(failure.kind(), FailureKind::Conflict);
        assert!(failure.message().contains("echo"), "{failure}");
        let server = get(&app, "demo").await;
        assert_eq!(server.consent, McpConsent::Changed);
        assert_eq!(kinds(&server), [kind]);
        assert_eq!(server.changes[0].tool.as_deref(), Some("echo"));
        assert!(!is_running(&server));
        assert!(server.digest != approved.digest);
        let again = approve(&app, "demo").await;
        assert_eq!(again.consent, McpConsent::Approved, "{:?}", again.changes);
        assert!(is_running(&again));
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_30_a_tool_that_turns_while_it_is_used_ends_the_approval() {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let file = app.path("notes");
    add(&app, "demo", program("honest", file.to_str().unwrap())).await;
    approve(&app, "demo").await;
    agent(&app, &["demo/echo", "demo/turn"]).await;
    assert_eq!(
        given(&app, &provider, &key, "demo__turn", json!({})).await,
        "turned"
    );
    let server = crate::support::eventually("the change to be noticed", async || {
        let server = get(&app, "demo").await;
        (server.consent == McpConsent::Changed && !is_running(&server)).then_some(server)
    })
    .await;
    assert_eq!(kinds(&server), [McpChangeKind::ToolDescription]);
    assert_eq!(server.changes[0].tool.as_deref(), Some("echo"));
    // the model does not hear of it any more, and asking for it all the same is of no use
    let _answer = {
        provider.will(super::asks_for("demo__echo", &json!({"text": "x"})));
        provider.will(crate::support::Reply::text("Oh."));
        let body = json!({"model": "worker", "messages": [{"role": "user", "content": "Again."}]});
        app.chat(&key, &body).await.text().await.unwrap()
    };
    let asked = provider.last().json();
    assert!(asked["tools"].is_null(), "{asked:#}");
    assert_eq!(
        notes(&file)
            .iter()
            .filter(|line| line.starts_with("start"))
            .count(),
        1
    );
    app.finish().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn sec_30_bytes_in_the_place_of_others_are_seen_whatever_their_date_says() {
    use std::os::unix::fs::PermissionsExt;
    let app = impatient().await;
    let path = app.path("tool");
    let text = |mark: char| {
        format!(
            "#!/bin/sh\nexec python3 '{}' honest /dev/null # {mark}\n",
            script()
        )
    };
    std::fs::write(&path, text('a')).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    add(&app, "demo", json!({"kind": "stdio", "command": path})).await;
    let approved = approve(&app, "demo").await;
    assert!(is_running(&approved), "{:?}", approved.health);
    let written = std::fs::metadata(&path).unwrap().modified().unwrap();

    std::fs::write(&path, text('b')).unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(written).unwrap();
    drop(file);
    let about = std::fs::metadata(&path).unwrap();
    assert_eq!(about.modified().unwrap(), written);
    let changed = get(&app, "demo").await;
    assert_eq!(changed.consent, McpConsent::Changed);
    assert_eq!(kinds(&changed), [McpChangeKind::Program]);
    app.finish().await;
}
