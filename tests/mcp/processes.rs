//! A server is started when it is needed, sees little of this machine's environment, and leaves nothing behind.

use std::time::Duration;

use gateway::control::McpHealth;
use serde_json::{Value, json};

use super::{add, agent, approve, get, given, impatient, is_running, lives, noted, program, provider};
use crate::support::{TestApp, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn sec_29_a_program_gets_its_words_and_no_shell() {
    let app = impatient().await;
    let file = app.path("notes");
    let mark = app.path("mark");
    let mut transport = program("honest", file.to_str().unwrap());
    let bait = format!("; touch {0} && $(touch {0}) `touch {0}`", mark.display());
    transport["args"].as_array_mut().unwrap().push(json!(bait));
    add(&app, "demo", transport).await;
    assert!(is_running(&approve(&app, "demo").await));
    let pid = noted(&file, "start").unwrap();
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap();
    assert!(line.ends_with(format!("{bait}\0").as_bytes()));
    assert!(!mark.exists());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_sees_only_the_environment_that_was_named_for_it() {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let mut transport = program("honest", "/dev/null");
    transport["command"] = json!("/usr/bin/python3");
    transport["env"] = json!([{"name": "NAMED", "value": "yes"}]);
    add(&app, "demo", transport).await;
    approve(&app, "demo").await;
    agent(&app, &["demo/environment"]).await;
    let told = given(&app, &provider, &key, "demo__environment", json!({})).await;
    let seen: serde_json::Map<String, Value> = serde_json::from_str(&told).unwrap();
    let ours = ["PATH", "HOME", "LANG", "NAMED", "LC_CTYPE"];
    assert!(
        seen.keys().all(|name| ours.contains(&name.as_str())),
        "{:?}",
        seen.keys()
    );
    assert_eq!(seen["NAMED"], "yes");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_32_what_a_server_started_ends_with_it() {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let file = app.path("notes");
    add(&app, "demo", program("honest", file.to_str().unwrap())).await;
    approve(&app, "demo").await;
    agent(&app, &["demo/leave"]).await;
    given(&app, &provider, &key, "demo__leave", json!({})).await;
    let (server, child) = (noted(&file, "start").unwrap(), noted(&file, "child").unwrap());
    assert!(lives(server) && lives(child));
    let _gone: Value = app.ask("mcp.remove", json!({"id": "demo"})).await;
    eventually("the end of both", async || {
        (!lives(server) && !lives(child)).then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_32_the_end_of_the_app_ends_those_that_do_not_listen() {
    let mut app = impatient().await;
    let file = app.path("notes");
    add(&app, "demo", program("deaf", file.to_str().unwrap())).await;
    assert!(is_running(&approve(&app, "demo").await));
    let (server, child) = (noted(&file, "start").unwrap(), noted(&file, "child").unwrap());
    assert!(lives(server) && lives(child));
    app.stop().await;
    assert!(!lives(server) && !lives(child), "they outlived the app");
    app.start_again().await;
    let again = get(&app, "demo").await;
    assert!(
        matches!(again.health, McpHealth::Stopped {}),
        "started on demand: {:?}",
        again.health
    );
    assert_eq!(again.consent, domain::McpConsent::Approved);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_nobody_needs_is_ended_and_started_again() {
    let app = TestApp::with(|config| config.mcp.idle = Duration::from_millis(400)).await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let file = app.path("notes");
    add(&app, "demo", program("honest", file.to_str().unwrap())).await;
    approve(&app, "demo").await;
    agent(&app, &["demo/echo"]).await;
    let first = noted(&file, "start").unwrap();
    eventually("its end", async || (!lives(first)).then_some(())).await;
    assert!(matches!(get(&app, "demo").await.health, McpHealth::Stopped {}));
    assert_eq!(
        given(&app, &provider, &key, "demo__echo", json!({"text": "hi"})).await,
        "echo: hi"
    );
    assert_ne!(noted(&file, "start").unwrap(), first);
    app.finish().await;
}
