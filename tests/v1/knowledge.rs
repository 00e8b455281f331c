//! An agent looks things up in the collections that it was given, and in no others.

use gateway::control::{CollectionView, DocumentView, KnowledgeStatus};
use serde_json::{Value, json};

use crate::support::app::draft;
use crate::support::{Provider, Reply, TestApp, eventually};

async fn collection(app: &TestApp, name: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(format!("{name}.md")), text).unwrap();
    let args = json!({"name": name, "paths": [folder.path()]});
    let _added: CollectionView = app.ask("knowledge.add", args).await;
    eventually("the collection to be read", async || {
        let status: KnowledgeStatus = app.ask("knowledge.status", json!({"name": name})).await;
        (status.view.files == 1).then_some(())
    })
    .await;
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_cites_its_own_collections_and_no_others() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let _mine = collection(&app, "handbook", "# House\n\nThe alarm code changes in April.\n").await;
    let _others = collection(&app, "diary", "# Diary\n\nThe alarm code is 4711.\n").await;
    let mut agent = draft("clerk", "mock/m", "Cite.");
    agent["knowledge"] = json!(["handbook"]);
    let _agent: Value = app.ask("agent.create", agent).await;
    let key = app.key().await;
    let message = json!({"role": "assistant", "content": "", "tool_calls": [
        {"id": "call_1", "type": "function",
            "function": {"name": "search_knowledge", "arguments": r#"{"query":"alarm code"}"#}}]});
    provider.will(Reply::json(
        200,
        &json!({"id": "up-1", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}),
    ));
    provider.always(Reply::text("It changes in April [handbook.md:1-3]."));
    let asked = json!({"model": "clerk", "messages": [{"role": "user", "content": "When does the alarm code change?"}]});
    let answer = app.chat(&key, &asked).await;
    assert_eq!(answer.status(), 200);
    let sent = provider.last().json();
    let given = sent["messages"].as_array().unwrap().last().unwrap();
    assert_eq!(given["role"], "tool");
    let given = given["content"].as_str().unwrap();
    assert_eq!(
        given,
        "[handbook.md:1-3] House\n# House\n\nThe alarm code changes in April."
    );
    let names: Vec<&str> = sent["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["function"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["search_knowledge"]);

    // an agent without collections is told of no such tool, and one whose collection is gone neither
    let mut plain = asked.clone();
    plain["model"] = json!("reviewer");
    app.chat(&key, &plain).await;
    assert!(provider.last().json().get("tools").is_none());
    let _gone: Value = app.ask("knowledge.remove", json!({"name": "handbook"})).await;
    let answer = app.chat(&key, &asked).await;
    assert_eq!(answer.status(), 200);
    assert!(provider.last().json().get("tools").is_none());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_is_given_to_cite_opens_the_file_that_it_read() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let mut folders = Vec::new();
    for (name, word) in [("handbook", "April"), ("diary", "4711")] {
        let folder = tempfile::Builder::new().prefix(name).tempdir().unwrap();
        let text = format!("The alarm code: {word}.\n");
        std::fs::write(folder.path().join("README.md"), text).unwrap();
        let args = json!({"name": name, "paths": [folder.path()]});
        let _added: CollectionView = app.ask("knowledge.add", args).await;
        eventually("the collection to be read", async || {
            let status: KnowledgeStatus = app.ask("knowledge.status", json!({"name": name})).await;
            (status.view.files == 1).then_some(())
        })
        .await;
        folders.push(folder);
    }
    let mut agent = draft("clerk", "mock/m", "Cite.");
    agent["knowledge"] = json!(["handbook", "diary"]);
    let _agent: Value = app.ask("agent.create", agent).await;
    let key = app.key().await;
    let message = json!({"role": "assistant", "content": "", "tool_calls": [
        {"id": "call_1", "type": "function",
            "function": {"name": "search_knowledge", "arguments": r#"{"query":"alarm code"}"#}}]});
    provider.will(Reply::json(
        200,
        &json!({"id": "up-1", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}),
    ));
    provider.always(Reply::text("It changes."));
    let asked = json!({"model": "clerk", "messages": [{"role": "user", "content": "The alarm code?"}]});
    assert_eq!(app.chat(&key, &asked).await.status(), 200);
    let sent = provider.last().json();
    let given = sent["messages"].as_array().unwrap().last().unwrap()["content"].clone();
    let mut opened = Vec::new();
    for cited in given
        .as_str()
        .unwrap()
        .lines()
        .filter(|line| line.starts_with('['))
    {
        let citation = cited.trim_matches(['[', ']']);
        assert!(citation.ends_with("/README.md:1"), "{cited}");
        let args = json!({"names": ["handbook", "diary"], "citation": citation});
        let view: DocumentView = app.ask("knowledge.document", args).await;
        assert!(given.as_str().unwrap().contains(&view.passages[0].text));
        opened.push(view.path);
    }
    opened.sort();
    opened.dedup();
    assert_eq!(opened.len(), 2, "each its own file: {given}");
    app.finish().await;
}
