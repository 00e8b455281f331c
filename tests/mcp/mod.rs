//! Servers of tools that others wrote: what a person approves, what an agent may use of them, and what a hostile one
//! cannot do. They are real programs, started by the app; the model behind the agent follows a script.

mod consent;
mod contents;
mod hostile;
mod pictures;
mod processes;
mod questions;
mod remote;
mod secrets;
mod sign_in;
mod using;

use std::time::Duration;

use gateway::control::{McpHealth, McpServerView};
use serde_json::{Value, json};

use crate::support::app::draft;
use crate::support::{Provider, Reply, TestApp};

/// An app that has little patience with servers.
async fn impatient() -> TestApp {
    TestApp::with(|config| {
        config.mcp.start = Duration::from_secs(10);
        config.mcp.call = Duration::from_secs(2);
        config.mcp.longest = Duration::from_secs(6);
        config.mcp.first_wait = Duration::from_millis(50);
        config.mcp.longest_wait = Duration::from_millis(200);
    })
    .await
}

fn script() -> String {
    format!("{}/tests/support/mcp/server.py", env!("CARGO_MANIFEST_DIR"))
}

/// The test's own server, with a manner and a file for its notes.
fn program(manner: &str, notes: &str) -> Value {
    json!({"kind": "stdio", "command": "python3", "args": [script(), manner, notes], "env": []})
}

async fn add(app: &TestApp, id: &str, transport: Value) -> McpServerView {
    app.ask("mcp.add", json!({"id": id, "transport": transport}))
        .await
}

async fn get(app: &TestApp, id: &str) -> McpServerView {
    app.ask("mcp.get", json!({"id": id})).await
}

/// Approves a server as it stands.
async fn approve(app: &TestApp, id: &str) -> McpServerView {
    let shown = get(app, id).await;
    let args = json!({"id": id, "digest": shown.digest});
    let approved = app.allow("mcp.approve", args).await.unwrap();
    serde_json::from_value(approved).unwrap()
}

fn is_running(server: &McpServerView) -> bool {
    matches!(server.health, McpHealth::Running { .. })
}

/// An agent that may use these tools without being asked.
async fn agent(app: &TestApp, tools: &[&str]) {
    let mut agent = draft("worker", "mock/m", "Work.");
    let grants: Vec<Value> = tools
        .iter()
        .map(|tool| json!({"tool": tool, "rule": "always"}))
        .collect();
    agent["tools"] = json!(grants);
    let _made: Value = app.ask("agent.create", agent).await;
}

/// A provider whose model is that agent's.
async fn provider(app: &TestApp) -> Provider {
    let provider = Provider::start().await;
    app.add_provider("mock", &provider).await;
    provider
}

/// A model that asks for a tool.
fn asks_for(name: &str, arguments: &Value) -> Reply {
    let call = json!({"id": "call_1", "type": "function",
        "function": {"name": name, "arguments": arguments.to_string()}});
    Reply::json(
        200,
        &json!({"id": "up-1", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "finish_reason": "tool_calls",
                "message": {"role": "assistant", "content": null, "tool_calls": [call]}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}),
    )
}

/// What the model was given when it asked for a tool, by a call of the agent at the endpoint.
async fn given(app: &TestApp, provider: &Provider, key: &str, name: &str, arguments: Value) -> String {
    provider.will(asks_for(name, &arguments));
    provider.will(Reply::text("I see."));
    let body = json!({"model": "worker", "messages": [{"role": "user", "content": "Do it."}]});
    let response = app.chat(key, &body).await;
    let status = response.status();
    let answer = response.text().await.unwrap();
    assert_eq!(status, 200, "{answer}");
    let sent = provider.last().json();
    let last = sent["messages"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["role"], "tool", "{sent:#}");
    last["content"].as_str().unwrap().to_owned()
}

/// The lines that a server has written down so far.
fn notes(file: &std::path::Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// The number behind a word in a server's notes.
fn noted(file: &std::path::Path, word: &str) -> Option<u32> {
    let lines = notes(file);
    let line = lines.iter().rev().find(|line| line.starts_with(word))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// Whether a process is there and not merely a dead one that nobody has asked after.
fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}
