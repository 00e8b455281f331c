//! A client key may have agents do less than they may, and never more.

use serde_json::{Value, json};

use super::agent_tools::client::Client;
use super::own_tools::{asks, call};
use crate::support::app::draft;
use crate::support::{Provider, Reply, TestApp};

/// An agent with one tool that is used, one that asks and one that is never used.
async fn world() -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    let mut agent = draft("clerk", "mock/m", "Work.");
    agent["tools"] =
        json!([{"tool": "calculator"}, {"tool": "web_fetch"}, {"tool": "write_file", "rule": "never"}]);
    agent["memory"] = json!({"mode": "everywhere"});
    let _agent: Value = app.ask("agent.create", agent).await;
    (provider, app)
}

async fn key(app: &TestApp, name: &str, more: Value) -> String {
    let mut args = json!({"name": name});
    args.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    app.key_with(args).await
}

/// The names of the tools that the model was told of in a call of this key.
async fn told(app: &TestApp, provider: &Provider, key: &str) -> Vec<String> {
    provider.will(Reply::text("Good."));
    let response = app.chat(key, &super::hi("clerk")).await;
    assert_eq!(response.status(), 200);
    let sent = provider.last().json();
    let tools = sent["tools"].as_array().into_iter().flatten();
    tools
        .map(|tool| tool["function"]["name"].as_str().unwrap().to_owned())
        .collect()
}

fn less(app: &gateway::control::CallView) -> Vec<String> {
    let applied = app.row.call.applied.iter();
    let less = applied.filter(|one| one.what == "tools" && one.how.starts_with("less for this key"));
    less.map(|one| one.how.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_agent_is_told_of_fewer_tools_for_a_narrow_key() {
    let (provider, app) = world().await;
    let free = app.key().await;
    let all = told(&app, &provider, &free).await;
    assert_eq!(all, ["calculator", "web_fetch", "remember", "recall"]);
    assert!(less(&app.newest_call().await).is_empty());

    let caps =
        json!({"tool_caps": [{"tool": "web_fetch", "rule": "never"}, {"tool": "remember", "rule": "never"}]});
    let narrow = key(&app, "narrow", caps).await;
    assert_eq!(told(&app, &provider, &narrow).await, ["calculator", "recall"]);
    assert_eq!(
        less(&app.newest_call().await),
        ["less for this key: web_fetch never, remember never"]
    );

    let none = key(&app, "none", json!({"no_tools": true})).await;
    assert!(told(&app, &provider, &none).await.is_empty());
    assert_eq!(told(&app, &provider, &free).await, all, "others keep theirs");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_never_widens() {
    let (provider, app) = world().await;
    let caps = json!([{"tool": "write_file", "rule": "always"}, {"tool": "web_fetch", "rule": "always"},
        {"tool": "run_command", "rule": "always"}]);
    let wide = key(&app, "wide", json!({"tool_caps": caps})).await;
    assert_eq!(
        told(&app, &provider, &wide).await,
        ["calculator", "web_fetch", "remember", "recall"]
    );
    assert!(less(&app.newest_call().await).is_empty());
    // what asks for others asks for it too
    provider.will(asks(
        "",
        &[call("c1", "web_fetch", r#"{"url":"https://example.com/"}"#)],
    ));
    provider.will(Reply::text("Well."));
    let asking = tokio::spawn(
        app.http()
            .post(app.url("/v1/chat/completions"))
            .bearer_auth(&wide)
            .json(&json!({"model": "clerk", "messages": [{"role": "user", "content": "Fetch it."}]}))
            .send(),
    );
    let wanted = app.wanted_at_all().await;
    assert_eq!(wanted.tool, "web_fetch");
    app.answer(&wanted, "deny").await;
    assert_eq!(asking.await.unwrap().unwrap().status(), 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_used_for_others_asks_for_a_key_that_says_so() {
    let (provider, app) = world().await;
    let careful = key(
        &app,
        "careful",
        json!({"tool_caps": [{"tool": "calculator", "rule": "ask"}]}),
    )
    .await;
    provider.will(asks("", &[call("c1", "calculator", r#"{"expression":"1+1"}"#)]));
    provider.will(Reply::text("Two."));
    let body = super::hi("clerk");
    let asking = app
        .http()
        .post(app.url("/v1/chat/completions"))
        .bearer_auth(&careful)
        .json(&body);
    let asking = tokio::spawn(asking.send());
    let wanted = app.wanted_at_all().await;
    assert_eq!(wanted.tool, "calculator");
    assert_eq!(provider.asked().len(), 1, "it waits");
    app.answer(&wanted, "once").await;
    assert_eq!(asking.await.unwrap().unwrap().status(), 200);
    assert_eq!(
        less(&app.ended_call().await),
        ["less for this key: calculator ask"]
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_holds_at_every_door_and_for_agents_that_are_asked() {
    let (provider, app) = world().await;
    let mut asker = draft("asker", "mock/m", "Ask.");
    asker["tools"] = json!([{"tool": "ask_agent", "rule": "always"}]);
    let _agent: Value = app.ask("agent.create", asker).await;
    let narrow = key(
        &app,
        "narrow",
        json!({"tool_caps": [{"tool": "calculator", "rule": "never"}]}),
    )
    .await;
    provider.will(asks(
        "",
        &[call("c1", "ask_agent", r#"{"agent":"clerk","message":"Count."}"#)],
    ));
    provider.will(Reply::text("I cannot."));
    provider.will(Reply::text("It cannot."));
    let mut client = Client::greet(&app, &narrow).await;
    let given = client.says("asker", "Have it counted.").await;
    assert_eq!(given["structuredContent"]["content"], "It cannot.", "{given}");
    let inner = provider.asked()[1].json();
    let names = inner["tools"].to_string();
    assert!(
        names.contains("web_fetch") && !names.contains("calculator"),
        "{names}"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn caps_are_checked_changed_and_shown() {
    let (_provider, app) = world().await;
    for caps in [
        json!([{"tool": "nothing", "rule": "never"}]),
        json!([{"tool": "calculator", "rule": "ask"}, {"tool": "calculator", "rule": "never"}]),
    ] {
        let args = json!({"name": "x", "tool_caps": caps});
        assert_eq!(
            app.refused("key.create", args).await,
            domain::FailureKind::InvalidRequest
        );
    }
    let _secret = key(&app, "editor", json!({"no_tools": true})).await;
    let args =
        json!({"key": "editor", "no_tools": false, "tool_caps": [{"tool": "web_fetch", "rule": "ask"}]});
    let changed: gateway::control::ClientKeyView = app.ask("key.update", args).await;
    assert!(!changed.key.no_tools);
    assert_eq!(changed.key.tool_caps.len(), 1);
    let renamed: gateway::control::ClientKeyView = app
        .ask("key.update", json!({"key": "editor", "name": "zed"}))
        .await;
    assert_eq!(
        renamed.key.tool_caps, changed.key.tool_caps,
        "what is not named stays"
    );
    app.finish().await;
}
