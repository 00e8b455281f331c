//! What a server is given in confidence stays between the vault and the server.

use domain::FailureKind;
use gateway::control::{McpHealth, McpLogLine, McpServerView};
use serde_json::{Value, json};

use super::{add, agent, approve, get, given, impatient, is_running, program, provider};
use crate::support::app::CANARY;

fn with_token() -> Value {
    let mut transport = program("honest", "/dev/null");
    transport["env"] = json!([{"name": "TOKEN"}]);
    transport
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_18_a_servers_secret_is_in_no_view_no_log_and_on_no_disk() {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let args = json!({"id": "demo", "transport": with_token(), "secrets": {"TOKEN": CANARY}});
    let added: Value = app.ask("mcp.add", args).await;
    let approved = approve(&app, "demo").await;
    assert!(is_running(&approved), "{:?}", approved.health);
    agent(&app, &["demo/reveal"]).await;
    given(&app, &provider, &key, "demo__reveal", json!({})).await;
    let lines = crate::support::eventually("the line", async || {
        let lines: Vec<McpLogLine> = app.ask("mcp.log", json!({"id": "demo"})).await;
        lines
            .iter()
            .any(|line| line.text == "the secret is ••••")
            .then_some(lines)
    })
    .await;
    let all = format!("{added} {approved:?} {lines:?}");
    assert!(!all.contains(CANARY), "{all}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_missing_is_named() {
    let app = impatient().await;
    let added = add(&app, "demo", with_token()).await;
    assert_eq!(added.missing, ["TOKEN"]);
    let shown = get(&app, "demo").await;
    let args = json!({"id": "demo", "digest": shown.digest});
    let failure = app.allow("mcp.approve", args).await.unwrap_err();
    assert_eq!(failure.kind(), FailureKind::ProviderKeyMissing);
    assert!(failure.message().contains("TOKEN"), "{failure}");
    let _given: McpServerView = app
        .ask(
            "mcp.update",
            json!({"id": "demo", "secrets": {"TOKEN": "t-123456"}}),
        )
        .await;
    let running: McpServerView = app.ask("mcp.restart", json!({"id": "demo"})).await;
    assert!(is_running(&running), "{:?}", running.health);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_19_another_command_does_not_get_the_secrets() {
    let app = impatient().await;
    let args = json!({"id": "demo", "transport": with_token(), "secrets": {"TOKEN": "t-123456"}});
    let _added: Value = app.ask("mcp.add", args).await;
    let mut other = with_token();
    other["command"] = json!("/usr/bin/python3");
    let changed: McpServerView = app
        .ask("mcp.update", json!({"id": "demo", "transport": other}))
        .await;
    assert_eq!(changed.missing, ["TOKEN"]);
    let mut same = other;
    same["args"].as_array_mut().unwrap().push(json!("more"));
    let args = json!({"id": "demo", "transport": same, "secrets": {"TOKEN": "t-123456"}});
    let changed: McpServerView = app.ask("mcp.update", args).await;
    assert!(changed.missing.is_empty());
    assert!(matches!(changed.health, McpHealth::Stopped {}));
    let args = json!({"id": "demo", "secrets": {"OTHER": "x"}});
    assert_eq!(app.refused("mcp.update", args).await, FailureKind::InvalidRequest);
    app.finish().await;
}
