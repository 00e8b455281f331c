//! REL-32: servers that are silent, flood, crash, print banners, shadow names or do not let go harm nothing.

use std::time::{Duration, Instant};

use domain::{FailureKind, McpConsent};
use gateway::control::{McpHealth, McpLogLine, McpLogSource, McpServerView, ToolView};
use serde_json::json;

use super::{add, agent, approve, get, given, impatient, is_running, noted, notes, program, provider};
use crate::support::eventually;

/// The most memory that this process has had, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    let kilobytes = line.split_whitespace().nth(1).unwrap();
    kilobytes.parse::<usize>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_32_a_gibibyte_without_a_line_is_cut_at_8_mebibytes() {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let file = app.path("notes");
    add(&app, "demo", program("honest", file.to_str().unwrap())).await;
    approve(&app, "demo").await;
    agent(&app, &["demo/echo", "demo/flood"]).await;
    assert_eq!(
        given(&app, &provider, &key, "demo__echo", json!({"text": "hi"})).await,
        "echo: hi"
    );
    let (before, begun) = (peak(), Instant::now());
    let told = given(&app, &provider, &key, "demo__flood", json!({})).await;
    assert!(told.contains("more than 8 MiB"), "{told}");
    assert!(begun.elapsed() < Duration::from_secs(2), "it was not waited for");
    let grown = peak() - before;
    assert!(grown <= 16 << 20, "{grown} bytes more");
    let pid = noted(&file, "start").unwrap();
    eventually("its end", async || (!super::lives(pid)).then_some(())).await;
    // it is started again, and works
    eventually("its next start", async || {
        let told = given(&app, &provider, &key, "demo__echo", json!({"text": "ho"})).await;
        (told == "echo: ho").then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_32_endless_chatter_is_cut() {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let file = app.path("notes");
    add(&app, "demo", program("honest", file.to_str().unwrap())).await;
    approve(&app, "demo").await;
    agent(&app, &["demo/chatter"]).await;
    let before = peak();
    let told = given(&app, &provider, &key, "demo__chatter", json!({})).await;
    // a slow machine reaches the end of its patience first
    assert!(
        told.contains("more than 256 MiB") || told.contains("did not answer"),
        "{told}"
    );
    let grown = peak() - before;
    assert!(grown <= 16 << 20, "{grown} bytes more");
    let pid = noted(&file, "start").unwrap();
    if told.contains("256 MiB") {
        eventually("its end", async || (!super::lives(pid)).then_some(())).await;
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_32_a_hundred_megabytes_of_errors_leave_a_short_log() {
    let app = impatient().await;
    add(&app, "demo", program("errors", "/dev/null")).await;
    let before = peak();
    assert!(is_running(&approve(&app, "demo").await));
    let lines: Vec<McpLogLine> = app.ask("mcp.log", json!({"id": "demo"})).await;
    assert!(lines.len() <= 500 && lines.iter().all(|line| line.text.len() <= 2048));
    assert!(lines.iter().any(|line| line.source == McpLogSource::Stderr));
    let grown = peak() - before;
    assert!(grown <= 16 << 20, "{grown} bytes more");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_32_banners_on_stdout_are_read_past() {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    add(&app, "demo", program("banner", "/dev/null")).await;
    let server = approve(&app, "demo").await;
    assert!(is_running(&server), "{:?}", server.health);
    agent(&app, &["demo/echo"]).await;
    assert_eq!(
        given(&app, &provider, &key, "demo__echo", json!({"text": "hi"})).await,
        "echo: hi"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_32_a_silent_server_is_given_up_and_ended() {
    let app = crate::support::TestApp::with(|config| config.mcp.start = Duration::from_secs(2)).await;
    let file = app.path("notes");
    add(&app, "demo", program("silent", file.to_str().unwrap())).await;
    let begun = Instant::now();
    let server = approve(&app, "demo").await;
    assert!(begun.elapsed() < Duration::from_secs(8));
    let McpHealth::Failed { failure } = server.health else {
        panic!("{:?}", server.health);
    };
    assert!(failure.message.contains("2 seconds"), "{failure:?}");
    if let Some(pid) = noted(&file, "start") {
        eventually("its end", async || (!super::lives(pid)).then_some(())).await;
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_32_a_server_that_does_not_come_up_is_off_after_five_starts() {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let file = app.path("notes");
    let starts = || {
        notes(&file)
            .iter()
            .filter(|line| line.starts_with("start"))
            .count()
    };
    add(&app, "demo", program("late", file.to_str().unwrap())).await;
    assert!(is_running(&approve(&app, "demo").await));
    agent(&app, &["demo/echo"]).await;
    let mut failed = Vec::new();
    for _ in 0..20 {
        failed.push(given(&app, &provider, &key, "demo__echo", json!({"text": "hi"})).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(failed[0].contains("it ended"), "{failed:?}");
    assert!(failed.last().unwrap().contains("off now"), "{failed:?}");
    assert_eq!(
        starts(),
        5,
        "the one that came up and died, and four that did not"
    );
    let lines: Vec<McpLogLine> = app.ask("mcp.log", json!({"id": "demo"})).await;
    assert!(
        lines.iter().any(|line| line.text == "cannot find my settings"),
        "{lines:?}"
    );
    // a person may try again
    let view: McpServerView = app.ask("mcp.restart", json!({"id": "demo"})).await;
    assert!(
        matches!(view.health, McpHealth::Failed { .. }),
        "{:?}",
        view.health
    );
    assert_eq!(view.consent, McpConsent::Approved);
    assert_eq!(starts(), 6);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_32_a_server_that_dies_in_every_call_is_off_after_five() {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let file = app.path("notes");
    let starts = || {
        notes(&file)
            .iter()
            .filter(|line| line.starts_with("start"))
            .count()
    };
    add(&app, "demo", program("honest", file.to_str().unwrap())).await;
    approve(&app, "demo").await;
    agent(&app, &["demo/echo", "demo/die"]).await;
    for _ in 0..5 {
        let told = given(&app, &provider, &key, "demo__die", json!({})).await;
        assert!(told.contains("it ended"), "{told}");
        tokio::time::sleep(Duration::from_millis(800)).await;
    }
    let told = given(&app, &provider, &key, "demo__echo", json!({"text": "hi"})).await;
    assert!(told.contains("off now"), "{told}");
    assert_eq!(starts(), 5);
    assert!(matches!(get(&app, "demo").await.health, McpHealth::Off { .. }));
    let _on: McpServerView = app.ask("mcp.restart", json!({"id": "demo"})).await;
    assert_eq!(
        given(&app, &provider, &key, "demo__echo", json!({"text": "hi"})).await,
        "echo: hi"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_32_after_a_failure_it_is_waited_before_the_next_start() {
    let app = crate::support::TestApp::with(|config| {
        config.mcp.first_wait = Duration::from_secs(600);
        config.mcp.longest_wait = Duration::from_secs(600);
    })
    .await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let file = app.path("notes");
    add(&app, "demo", program("honest", file.to_str().unwrap())).await;
    approve(&app, "demo").await;
    agent(&app, &["demo/echo", "demo/die"]).await;
    given(&app, &provider, &key, "demo__die", json!({})).await;
    let told = given(&app, &provider, &key, "demo__echo", json!({"text": "hi"})).await;
    assert!(told.contains("started again in"), "{told}");
    assert_eq!(
        notes(&file)
            .iter()
            .filter(|line| line.starts_with("start"))
            .count(),
        1
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_32_no_tool_takes_the_name_of_another() {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    for id in ["demo", "other"] {
        add(&app, id, program("shadowing", "/dev/null")).await;
        assert!(is_running(&approve(&app, id).await));
    }
    let all: Vec<ToolView> = app.ask("tool.list", json!({})).await;
    let mut names: Vec<&str> = all.iter().map(|tool| tool.name.as_str()).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "each name once");
    let own = all.iter().find(|tool| tool.name == "calculator").unwrap();
    assert!(own.description.starts_with("Computes"), "{}", own.description);
    let server = get(&app, "demo").await;
    let long = server
        .tools
        .iter()
        .find(|tool| tool.tool.name.len() == 100)
        .unwrap();
    assert!(long.told.len() <= 64);
    agent(
        &app,
        &[
            "calculator",
            "demo/calculator",
            "other/calculator",
            "demo/other/echo",
            "demo/ä ö",
        ],
    )
    .await;
    let sum = json!({"expression": "2 + 2"});
    assert_eq!(given(&app, &provider, &key, "calculator", sum).await, "4");
    let told: Vec<String> = provider.last().json()["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["function"]["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(told.len(), 5, "{told:?}");
    assert_eq!(told[..3], ["calculator", "demo__calculator", "other__calculator"]);
    assert_eq!(
        given(&app, &provider, &key, "demo__calculator", json!({})).await,
        "calculator: "
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_32_one_that_does_not_answer_is_told_to_stop_and_left() {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let file = app.path("notes");
    add(&app, "demo", program("honest", file.to_str().unwrap())).await;
    approve(&app, "demo").await;
    agent(&app, &["demo/wait", "demo/echo"]).await;
    let begun = Instant::now();
    let told = given(&app, &provider, &key, "demo__wait", json!({})).await;
    assert!(told.contains("did not answer within 2 seconds"), "{told}");
    assert!(begun.elapsed() < Duration::from_secs(6));
    eventually("the cancellation", async || {
        notes(&file).contains(&"cancelled".to_owned()).then_some(())
    })
    .await;
    // it goes on for others
    assert_eq!(
        given(&app, &provider, &key, "demo__echo", json!({"text": "hi"})).await,
        "echo: hi"
    );
    assert_eq!(
        notes(&file)
            .iter()
            .filter(|line| line.starts_with("start"))
            .count(),
        1
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_none_is_refused() {
    let app = impatient().await;
    for (id, transport) in [
        ("demo", json!({"kind": "stdio", "command": " "})),
        ("demo", json!({"kind": "stdio", "command": "a\u{0}b"})),
        ("demo", json!({"kind": "stdio", "command": "a", "cwd": "here"})),
        (
            "demo",
            json!({"kind": "stdio", "command": "a", "env": [{"name": "A=B", "value": ""}]}),
        ),
        (
            "demo",
            json!({"kind": "stdio", "command": "a", "env": [{"name": "A"}, {"name": "a"}]}),
        ),
        ("demo", json!({"kind": "http", "url": "http://example.org/mcp"})),
        (
            "demo",
            json!({"kind": "http", "url": "https://example.org/mcp", "headers": ["a b"]}),
        ),
    ] {
        let args = json!({"id": id, "transport": transport});
        assert_eq!(
            app.refused("mcp.add", args).await,
            FailureKind::InvalidRequest,
            "{transport}"
        );
    }
    app.finish().await;
}
