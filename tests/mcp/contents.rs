//! Resources and prompts of servers, which a person asks for.

use domain::FailureKind;
use gateway::control::{McpPrompt, McpPromptText, McpResource, McpResourceText};
use serde_json::json;

use super::{add, approve, impatient, notes, program};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_has_besides_tools_is_read_when_a_person_asks() {
    let app = impatient().await;
    let file = app.path("notes");
    add(&app, "demo", program("honest", file.to_str().unwrap())).await;
    for command in ["mcp.resources", "mcp.prompts"] {
        assert_eq!(
            app.refused(command, json!({"id": "demo"})).await,
            FailureKind::Conflict
        );
    }
    assert!(notes(&file).is_empty(), "it was started");
    approve(&app, "demo").await;
    let resources: Vec<McpResource> = app.ask("mcp.resources", json!({"id": "demo"})).await;
    assert_eq!(resources.len(), 1);
    assert_eq!(
        (resources[0].uri.as_str(), resources[0].name.as_str()),
        ("demo://note", "note")
    );
    let read: McpResourceText = app
        .ask("mcp.resource", json!({"id": "demo", "uri": "demo://note"}))
        .await;
    assert!(read.text.starts_with("[demo://note]\na note a note"));
    assert_eq!(read.text.len(), 64 << 10, "no more of it");
    let prompts: Vec<McpPrompt> = app.ask("mcp.prompts", json!({"id": "demo"})).await;
    assert_eq!(prompts[0].name, "greet");
    assert!(prompts[0].arguments[0].required);
    let args = json!({"id": "demo", "name": "greet", "arguments": r#"{"whom": "the world"}"#});
    let prompt: McpPromptText = app.ask("mcp.prompt", args).await;
    assert_eq!(prompt.messages[0].text, "Greet the world.");
    let args = json!({"id": "demo", "name": "greet", "arguments": "[]"});
    assert_eq!(app.refused("mcp.prompt", args).await, FailureKind::InvalidRequest);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_32_a_list_without_an_end_is_given_up() {
    let app = impatient().await;
    add(&app, "demo", program("endless", "/dev/null")).await;
    approve(&app, "demo").await;
    let failure = app.run("mcp.resources", json!({"id": "demo"})).await.unwrap_err();
    assert!(failure.message().contains("no end"), "{failure}");
    app.finish().await;
}
