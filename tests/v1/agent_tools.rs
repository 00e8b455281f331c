//! `/mcp`: agents as tools of the Model Context Protocol.

mod calling;
pub mod client;
mod leaving;
mod refusals;
mod sessions;

use serde_json::{Value, json};

use crate::support::app::draft;
use crate::support::{Provider, TestApp, eventually};
use client::Client;

async fn world() -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    (provider, app, key)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_agent_of_the_key_is_a_tool() {
    let (provider, app, key) = world().await;
    let mut agent = draft("clerk", "mock/m", "Keep this to yourself.");
    agent["description"] = json!("Files what it is given.");
    agent["tools"] = json!([{"tool": "write_file"}]);
    let _agent: Value = app.ask("agent.create", agent).await;
    let mut client = Client::greet(&app, &key).await;
    let tools = client.tools().await;
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["clerk", "reviewer"]);
    let [clerk, reviewer] = tools.as_slice() else {
        panic!("{tools:?}");
    };
    assert_eq!(clerk["title"], "clerk");
    assert_eq!(clerk["description"], "Files what it is given.");
    assert_eq!(clerk["annotations"]["readOnlyHint"], false);
    assert_eq!(clerk["annotations"]["destructiveHint"], true);
    assert_eq!(reviewer["annotations"]["readOnlyHint"], true);
    assert_eq!(
        reviewer["annotations"]["openWorldHint"], true,
        "what it is asked goes to a provider"
    );
    assert!(reviewer["description"].as_str().unwrap().contains("reviewer"));
    for tool in &tools {
        assert_eq!(tool["inputSchema"]["required"], json!(["message"]));
        assert_eq!(tool["outputSchema"]["type"], "object");
        assert!(
            !tool.to_string().contains("Keep this"),
            "instructions are not told"
        );
    }
    assert!(provider.asked().is_empty() && app.calls().await.is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_keys_see_different_agents() {
    let (provider, app, key) = world().await;
    app.add_agent("writer", "mock/m", "Write.").await;
    let narrow = app
        .key_with(json!({"name": "narrow", "agents": ["writer"]}))
        .await;
    let mut all = Client::greet(&app, &key).await;
    let mut one = Client::greet(&app, &narrow).await;
    assert_eq!(all.tools().await.len(), 2);
    let tools = one.tools().await;
    assert_eq!((tools.len(), &tools[0]["name"]), (1, &json!("writer")));
    let told = one
        .ask(
            "tools/call",
            json!({"name": "reviewer", "arguments": {"message": "Hi"}}),
        )
        .await;
    assert_eq!(told["error"]["code"], -32_602, "{told}");
    assert!(provider.asked().is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_told_when_it_may_use_other_tools() {
    let (_provider, app, key) = world().await;
    let mut client = Client::greet(&app, &key).await;
    let listening = app.http().get(app.url("/mcp")).bearer_auth(&key);
    let listening = listening
        .header("accept", "text/event-stream")
        .header("mcp-session-id", &client.session);
    let mut stream = listening.send().await.unwrap();
    assert_eq!(stream.status(), 200);
    app.add_agent("writer", "mock/m", "Write.").await;
    let mut heard = String::new();
    while !heard.contains("notifications/tools/list_changed") {
        let piece = stream.chunk().await.unwrap().expect("the stream is open");
        heard.push_str(&String::from_utf8_lossy(&piece));
    }
    assert_eq!(client.tools().await.len(), 2);
    // and it ends with the key
    let _gone: Value = app.ask("key.revoke", json!({"key": "test"})).await;
    eventually("the end of the stream", async || {
        stream.chunk().await.unwrap().is_none().then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_uses_the_agents_of_another_as_tools() {
    let (provider, app, key) = world().await;
    let other = TestApp::start().await;
    let args = json!({"id": "near", "transport": {"kind": "http", "url": app.url("/mcp"), "headers": ["Authorization"]},
        "secrets": {"Authorization": format!("Bearer {key}")}});
    let _added: Value = other.ask("mcp.add", args).await;
    let shown: gateway::control::McpServerView = other.ask("mcp.get", json!({"id": "near"})).await;
    let approved: gateway::control::McpServerView = serde_json::from_value(
        other
            .allow("mcp.approve", json!({"id": "near", "digest": shown.digest}))
            .await
            .unwrap(),
    )
    .unwrap();
    assert_eq!(approved.tools.len(), 1, "{approved:?}");
    let model = Provider::start().await;
    other.add_provider("mock", &model).await;
    let mut agent = draft("asker", "mock/m", "Ask.");
    agent["tools"] = json!([{"tool": "near/reviewer", "rule": "always"}]);
    let _agent: Value = other.ask("agent.create", agent).await;
    let wanted = super::own_tools::call("call_1", "near__reviewer", r#"{"message":"Is it good?"}"#);
    model.will(super::own_tools::asks("", &[wanted]));
    provider.will(crate::support::Reply::text("It is."));
    let asker = other.key().await;
    let response = other.chat(&asker, &super::hi("asker")).await;
    assert_eq!(response.status(), 200);
    let given = model.last().json()["messages"].to_string();
    assert!(given.contains("It is."), "{given}");
    assert_eq!(
        provider.last().said().last().unwrap(),
        &("user".to_owned(), "Is it good?".to_owned())
    );
    let recorded = client::recorded(&app).await;
    assert_eq!(recorded.row.call.requested_model, "reviewer");
    other.finish().await;
    app.finish().await;
}
