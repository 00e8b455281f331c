//! The merge contract: what an agent does with what a caller sends, and that it is told (design.md 7).

use domain::FailureKind;
use gateway::control::DoorsCompared;
use serde_json::{Value, json};

use super::hi;
use crate::support::app::draft;
use crate::support::{Provider, TestApp};

async fn world() -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    let key = app.key().await;
    (provider, app, key)
}

/// Makes an agent with these fields besides the usual ones.
async fn agent(app: &TestApp, slug: &str, fields: Value) {
    let mut draft = draft(slug, "mock/m", "Agent.");
    draft
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    let _made: Value = app.ask("agent.create", draft).await;
}

/// Sends, and gives what was told about it.
async fn applied(app: &TestApp, key: &str, body: &Value) -> String {
    let response = app.chat(key, body).await;
    assert_eq!(response.status(), 200);
    let told = response.headers().get("x-inglenook-applied");
    let told = told.map_or(String::new(), |value| value.to_str().unwrap().to_owned());
    let recorded = app.newest_call().await.row.call.applied;
    let recorded: Vec<String> = recorded
        .iter()
        .map(|one| format!("{}={}", one.what, one.how))
        .collect();
    assert_eq!(recorded.join("; "), told, "the record says the same");
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn instructions_are_appended_replaced_or_ignored() {
    let (provider, app, key) = world().await;
    for (how, with, without, told) in [
        (
            "append",
            &["Agent.", "Caller.", "Also.", "Hi"][..],
            &["Agent.", "Hi"][..],
            "instructions=agent, then caller",
        ),
        (
            "replace",
            &["Caller.", "Also.", "Hi"],
            &["Agent.", "Hi"],
            "instructions=replaced by the caller's",
        ),
        (
            "ignore",
            &["Agent.", "Hi"],
            &["Agent.", "Hi"],
            "instructions=ignored 2 of the caller; instructions=agent",
        ),
    ] {
        agent(&app, how, json!({"instructions_merge": how})).await;
        let mut body = hi(how);
        assert_eq!(applied(&app, &key, &body).await, "instructions=agent", "{how}");
        let texts = |provider: &Provider| -> Vec<String> {
            provider.last().said().into_iter().map(|(_, text)| text).collect()
        };
        assert_eq!(texts(&provider), without, "{how}");
        body["messages"] = json!([
            {"role": "system", "content": "Caller."},
            {"role": "developer", "content": "Also."},
            {"role": "user", "content": "Hi"},
        ]);
        assert_eq!(applied(&app, &key, &body).await, told, "{how}");
        assert_eq!(texts(&provider), with, "{how}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_42_every_parameter_is_the_callers_unless_it_is_locked() {
    let (provider, app, key) = world().await;
    let (own, theirs) = (
        json!({"temperature": 0.1, "top_p": 0.2, "max_output_tokens": 30, "stop": ["own"], "seed": 4,
            "presence_penalty": 0.5, "frequency_penalty": 0.6, "reasoning_effort": "low"}),
        json!({"temperature": 1.1, "top_p": 0.9, "max_completion_tokens": 99, "stop": ["theirs"], "seed": 5,
            "presence_penalty": -0.5, "frequency_penalty": -0.6, "reasoning_effort": "high"}),
    );
    let locked: Vec<&String> = own.as_object().unwrap().keys().collect();
    agent(&app, "open", json!({"params": own})).await;
    agent(&app, "shut", json!({"params": own, "locked": locked})).await;
    agent(&app, "bare-shut", json!({"locked": locked})).await;
    let sent = |provider: &Provider| {
        let body = provider.last().json();
        let fields = theirs.as_object().unwrap().keys();
        let found = fields.filter_map(|name| Some((name.clone(), body.get(name)?.clone())));
        Value::Object(found.collect())
    };
    let mut expected_own = own.clone();
    let most = expected_own
        .as_object_mut()
        .unwrap()
        .remove("max_output_tokens")
        .unwrap();
    expected_own["max_completion_tokens"] = most;

    let with = |model: &str| {
        let mut body = hi(model);
        body.as_object_mut()
            .unwrap()
            .extend(theirs.as_object().unwrap().clone());
        body
    };
    let told = applied(&app, &key, &hi("open")).await;
    assert_eq!(
        sent(&provider),
        expected_own,
        "the agent's where the caller says nothing"
    );
    assert!(told.contains("temperature=agent"), "{told}");
    let told = applied(&app, &key, &with("open")).await;
    assert_eq!(sent(&provider), theirs);
    assert!(told.contains("temperature=caller"), "{told}");
    let told = applied(&app, &key, &with("shut")).await;
    assert_eq!(sent(&provider), expected_own, "locked");
    for name in locked {
        assert!(
            told.contains(&format!("{name}=locked by the agent")),
            "{name}: {told}"
        );
    }
    applied(&app, &key, &with("bare-shut")).await;
    assert_eq!(sent(&provider), json!({}), "locked to the provider's own");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_are_the_callers_or_nobodys() {
    let (provider, app, key) = world().await;
    let tool = json!({"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}});
    for (how, passes) in [("merge", true), ("caller-only", true), ("agent-only", false)] {
        agent(&app, how, json!({"tools_merge": how})).await;
        let mut body = hi(how);
        body["tools"] = json!([tool]);
        body["tool_choice"] = json!({"type": "function", "function": {"name": "look"}});
        let told = applied(&app, &key, &body).await;
        let sent = provider.last().json();
        assert_eq!(sent.get("tools").is_some(), passes, "{how}");
        assert_eq!(sent.get("tool_choice").is_some(), passes, "{how}");
        assert_eq!(
            told.contains("tools=dropped 1 of the caller"),
            !passes,
            "{how}: {told}"
        );
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_tells_what_was_applied() {
    let (provider, app, key) = world().await;
    agent(&app, "reviewer", json!({"params": {"temperature": 0.1}})).await;
    let told = "instructions=agent; temperature=agent";
    let one = json!({"message": "Hi"});
    let mut named = hi("reviewer");
    named["agent_id"] = json!("reviewer");
    for (path, body) in [
        ("/v1/chat/completions", &hi("reviewer")),
        ("/api/v1/chat/completions", &hi("reviewer")),
        ("/api/agents/reviewer/openai/chat/completions", &hi("reviewer")),
        ("/v2/chats/openai", &named),
        ("/v1/agents/reviewer/chat", &one),
    ] {
        for stream in [false, true] {
            let mut body = body.clone();
            body["stream"] = json!(stream);
            let response = app.post(path, &key, &body).await;
            assert_eq!(response.status(), 200, "{path}");
            assert_eq!(response.headers()["x-inglenook-applied"], told, "{path} {stream}");
            let _read = response.bytes().await.unwrap();
        }
    }
    assert_eq!(provider.asked().len(), 10);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_name_was_understood_is_told() {
    let (_provider, app, key) = world().await;
    agent(&app, "reviewer", json!({})).await;
    agent(&app, "writer", json!({})).await;
    let made = json!({"name": "editor", "aliases": [["gpt-4o", "writer"]], "catch_all": "reviewer"});
    let editor = app.key_with(made).await;
    for (key, model, told) in [
        (&key, "Reviewer", "model=read as reviewer; instructions=agent"),
        (
            &key,
            "models/writer:latest",
            "model=read as writer; instructions=agent",
        ),
        (&editor, "gpt-4o", "model=alias of writer; instructions=agent"),
        (
            &editor,
            "openai/GPT-4o",
            "model=alias of writer; instructions=agent",
        ),
        (
            &editor,
            "claude-x",
            "model=catch-all reviewer; instructions=agent",
        ),
        (&editor, "reviewer", "instructions=agent"),
    ] {
        assert_eq!(applied(&app, key, &hi(model)).await, told, "{model}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_on_nothing_is_refused() {
    let (_provider, app, _key) = world().await;
    let mut wrong = draft("x", "mock/m", "");
    wrong["locked"] = json!(["temprature"]);
    let failure = app.run("agent.create", wrong).await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.param()),
        (FailureKind::InvalidRequest, Some("locked"))
    );
    app.finish().await;
}

async fn compared(app: &TestApp, args: Value) -> DoorsCompared {
    app.ask("agent.compare", args).await
}

#[tokio::test(flavor = "multi_thread")]
async fn both_doors_would_send_the_same() {
    let (provider, app, key) = world().await;
    agent(
        &app,
        "reviewer",
        json!({"params": {"temperature": 0.3, "stop": ["END"]}}),
    )
    .await;
    let text = "Look:\n\tlet a = \"b\"; \u{2028}";
    let both = compared(&app, json!({"agent": "reviewer", "text": text})).await;
    assert!(both.equal, "{:?}", both.differences);
    assert_eq!(both.window, both.endpoint);
    assert_eq!(both.window.path, "/chat/completions");
    assert_eq!(both.window.target.to_string(), "mock/m");

    assert!(provider.asked().is_empty(), "nothing was sent");
    assert!(app.calls().await.is_empty(), "nothing was recorded");
    assert!(app.sessions().await.is_empty());

    // and it is what really leaves
    let mut body = hi("reviewer");
    body["messages"][0]["content"] = json!(text);
    body["stream"] = json!(true);
    let _read = app.chat(&key, &body).await.bytes().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&provider.last().body), both.endpoint.body);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn they_differ_by_what_the_caller_adds_and_by_nothing_else() {
    let (provider, app, _key) = world().await;
    agent(
        &app,
        "reviewer",
        json!({"params": {"temperature": 0.3}, "locked": ["top_p"]}),
    )
    .await;
    let request = json!({
        "messages": [{"role": "system", "content": "Caller."}],
        "temperature": 1.5, "top_p": 0.5, "seed": 7,
    });
    let args = json!({"agent": "reviewer", "text": "Hi", "request": request.to_string()});
    let both = compared(&app, args).await;
    assert!(!both.equal);
    let found: Vec<(&str, Option<&str>, Option<&str>)> = both
        .differences
        .iter()
        .map(|one| (one.path.as_str(), one.window.as_deref(), one.endpoint.as_deref()))
        .collect();
    assert_eq!(
        found,
        [
            (
                "/body/messages/1",
                None,
                Some(r#"{"role":"system","content":"Caller."}"#)
            ),
            ("/body/temperature", Some("0.3"), Some("1.5")),
            ("/body/seed", None, Some("7")),
        ]
    );
    let told = |what: &str| both.endpoint.applied.iter().find(|one| one.what == what);
    assert_eq!(
        told("top_p").map(|one| one.how.as_str()),
        Some("locked by the agent")
    );

    for (args, kind) in [
        (
            json!({"agent": "nobody", "text": "Hi"}),
            FailureKind::ModelNotFound,
        ),
        (
            json!({"agent": "reviewer", "text": "Hi", "request": "[]"}),
            FailureKind::InvalidRequest,
        ),
        (
            json!({"agent": "reviewer", "text": "Hi", "request": "{\"temperature\": 9}"}),
            FailureKind::InvalidRequest,
        ),
        (
            json!({"agent": "reviewer", "text": "Hi", "key": "nobody"}),
            FailureKind::NotFound,
        ),
    ] {
        assert_eq!(app.refused("agent.compare", args.clone()).await, kind, "{args}");
    }
    assert!(provider.asked().is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_is_made_with_the_keys_own_rights() {
    let (_provider, app, _key) = world().await;
    agent(&app, "reviewer", json!({})).await;
    agent(&app, "writer", json!({})).await;
    let _editor = app
        .key_with(
            json!({"name": "editor", "agents": ["reviewer"], "aliases": [["gpt-4o", "reviewer"]], "rpm": 1}),
        )
        .await;
    let aliased = r#"{"model": "gpt-4o"}"#;
    for _ in 0..3 {
        let args = json!({"agent": "reviewer", "text": "Hi", "request": aliased, "key": "editor"});
        assert!(
            compared(&app, args).await.equal,
            "and it takes nothing of the key's leash"
        );
    }
    let args = json!({"agent": "writer", "text": "Hi", "key": "editor"});
    assert_eq!(app.refused("agent.compare", args).await, FailureKind::ScopeDenied);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_in_instructions_are_filled_in_and_nothing_else() {
    let (provider, app, _) = world().await;
    let written = r"I am {{agent}} for {{caller}} on {{ system }}, {{date}}. Greet {{name}}, keep \{{date}}.";
    agent(
        &app,
        "greeter",
        json!({"name": "Greeter", "instructions": written}),
    )
    .await;
    let key = app.key_with(json!({"name": "Zed"})).await;
    let mut told = Vec::new();
    for text in ["Hi {{date}}", "Hi again"] {
        let body = json!({"model": "greeter", "messages": [
            {"role": "system", "content": "{{agent}}"}, {"role": "user", "content": text}]});
        assert_eq!(app.chat(&key, &body).await.status(), 200);
        let said = provider.last().said();
        assert_eq!(said[2].1, text, "what a caller writes is the caller's");
        assert!(said.iter().any(|(_, text)| text == "{{agent}}"), "{said:?}");
        told.push(said[0].1.clone());
    }
    assert_eq!(told[0], told[1], "a provider's cache finds the beginning again");
    let told = &told[0];
    assert!(told.starts_with("I am Greeter for Zed on "), "{told}");
    assert!(
        told.contains(" 20") && told.ends_with("Greet {{name}}, keep {{date}}."),
        "{told}"
    );
    let _sent: gateway::control::ChatStarted = app
        .ask("chat.send", json!({"agent": "greeter", "text": "Hi"}))
        .await;
    crate::support::eventually("the window's question", async || {
        let said = provider.last().said();
        said[0]
            .1
            .starts_with("I am Greeter for the window of Inglenook on ")
            .then_some(())
    })
    .await;
    app.finish().await;
}
