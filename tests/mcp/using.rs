//! Tools of approved servers in an agent's hands.

use std::time::Duration;

use gateway::control::ToolView;
use serde_json::{Value, json};

use super::{add, agent, approve, asks_for, given, impatient, noted, notes, program, provider};
use crate::support::{Reply, TestApp, eventually};

async fn world() -> (TestApp, crate::support::Provider, String, std::path::PathBuf) {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let file = app.path("notes");
    add(&app, "demo", program("honest", file.to_str().unwrap())).await;
    approve(&app, "demo").await;
    (app, provider, key, file)
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_a_server_asks_first_whatever_it_says() {
    let (app, _provider, _key, _file) = world().await;
    let all: Vec<ToolView> = app.ask("tool.list", json!({})).await;
    let reach = |name: &str| all.iter().find(|tool| tool.name == name).unwrap().reach;
    assert_eq!(
        reach("demo/wait"),
        domain::Reach::Sends,
        "read-only by its own word"
    );
    assert_eq!(reach("demo/echo"), domain::Reach::Changes);
    for tool in all.iter().filter(|tool| tool.name.starts_with("demo/")) {
        assert_eq!(tool.reach.rule(), domain::Rule::Ask, "{}", tool.name);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tool_gives_reaches_the_model() {
    let (app, provider, key, _file) = world().await;
    agent(&app, &["demo/echo", "demo/media", "demo/refuse", "demo/progress"]).await;
    assert_eq!(
        given(&app, &provider, &key, "demo__echo", json!({"text": "hi"})).await,
        "echo: hi"
    );
    let tool = provider.last().json()["tools"][0]["function"].clone();
    assert_eq!(tool["name"], "demo__echo");
    assert_eq!(tool["description"], "Says what it is told.");
    assert_eq!(tool["parameters"]["properties"]["text"]["type"], "string");
    assert_eq!(
        given(&app, &provider, &key, "demo__refuse", json!({})).await,
        "no such thing"
    );
    let media = given(&app, &provider, &key, "demo__media", json!({})).await;
    for part in [
        "Here:",
        "image/png",
        "[demo://note]\na note",
        "demo://blob",
        "[demo://link: elsewhere]",
    ] {
        assert!(media.contains(part), "{part}: {media}");
    }
    // it goes on for 1.8 seconds in all and is heard of every 0.3
    assert_eq!(
        given(&app, &provider, &key, "demo__progress", json!({})).await,
        "done"
    );
    let long = given(&app, &provider, &key, "demo__echo", json!({"text": "long"})).await;
    assert!(
        long.len() < (64 << 10) + 100 && long.ends_with("bytes were left out]"),
        "{}",
        long.len()
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_caller_may_have_a_tool_of_the_same_name() {
    let (app, provider, key, _file) = world().await;
    agent(&app, &["demo/echo"]).await;
    provider.will(asks_for("agent_demo__echo", &json!({"text": "mine"})));
    provider.will(Reply::text("Done."));
    let body = json!({"model": "worker", "messages": [{"role": "user", "content": "Go."}],
        "tools": [{"type": "function", "function": {"name": "demo__echo", "parameters": {"type": "object"}}}]});
    let answer: Value = app.chat(&key, &body).await.json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "Done.");
    let sent = provider.last().json();
    assert_eq!(
        sent["messages"].as_array().unwrap().last().unwrap()["content"],
        "echo: mine"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_calls_the_tool_off() {
    let (app, provider, key, file) = world().await;
    agent(&app, &["demo/wait"]).await;
    provider.will(asks_for("demo__wait", &json!({})));
    let body = json!({"model": "worker", "messages": [{"role": "user", "content": "Go."}], "stream": true});
    let response = app.chat(&key, &body).await;
    eventually("the call", async || {
        notes(&file).contains(&"waiting".to_owned()).then_some(())
    })
    .await;
    drop(response);
    let cancelled = async || notes(&file).contains(&"cancelled".to_owned()).then_some(());
    tokio::time::timeout(
        Duration::from_millis(1500),
        eventually("the cancellation", cancelled),
    )
    .await
    .expect("before the tool's own time is over");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_start_a_server_once() {
    let (app, provider, key, file) = world().await;
    agent(&app, &["demo/echo"]).await;
    let _ended: Value = app
        .ask("mcp.update", json!({"id": "demo", "name": "The demonstration"}))
        .await;
    let first = noted(&file, "start").unwrap();
    let calls: Vec<Value> = (0..8)
        .map(|at| {
            json!({"id": format!("call_{at}"), "type": "function",
                "function": {"name": "demo__echo", "arguments": json!({"text": at.to_string()}).to_string()}})
        })
        .collect();
    provider.will(Reply::json(
        200,
        &json!({"id": "up-1", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "finish_reason": "tool_calls",
                "message": {"role": "assistant", "content": null, "tool_calls": calls}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}),
    ));
    provider.will(Reply::text("All done."));
    let body = json!({"model": "worker", "messages": [{"role": "user", "content": "Go."}]});
    assert_eq!(app.chat(&key, &body).await.status(), 200);
    let sent = provider.last().json();
    let results: Vec<&str> = sent["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["role"] == "tool")
        .map(|message| message["content"].as_str().unwrap())
        .collect();
    let wanted: Vec<String> = (0..8).map(|at| format!("echo: {at}")).collect();
    assert_eq!(results, wanted);
    let starts = notes(&file)
        .iter()
        .filter(|line| line.starts_with("start"))
        .count();
    assert_eq!(starts, 2, "once before, once for all of them");
    assert_ne!(noted(&file, "start").unwrap(), first);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_tools_that_are_there_can_be_granted() {
    let (app, _provider, _key, _file) = world().await;
    for tool in ["demo/teleport", "nobody/echo", "demo__echo", "demo/"] {
        let mut draft = crate::support::app::draft("odd", "mock/m", "");
        draft["tools"] = json!([{"tool": tool}]);
        let failure = app.run("agent.create", draft).await.unwrap_err();
        assert_eq!(failure.kind(), domain::FailureKind::InvalidRequest, "{tool}");
        assert!(failure.hint().unwrap().contains("demo/echo"), "{failure:?}");
    }
    app.finish().await;
}
