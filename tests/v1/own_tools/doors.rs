//! The same agent with its tools at every door, and at providers of another wire.

use domain::{MessageState, Role};
use serde_json::{Value, json};

use super::{WANTED, asks, asks_streamed, call, goes_on, is_recorded, question, world};
use crate::support::app::draft;
use crate::support::{Provider, Reply, TestApp, eventually};
use crate::v1::agent_tools::client::Client;

#[tokio::test(flavor = "multi_thread")]
async fn a_callers_tool_of_the_same_name_stays_the_callers() {
    let (provider, app, key) = world().await;
    provider.will(asks("", &[call("call_1", "calculator", WANTED)]));
    let mut body = question(false);
    body["tools"] =
        json!([{"type": "function", "function": {"name": "calculator", "parameters": {"type": "object"}}}]);
    let answer: Value = app.chat(&key, &body).await.json().await.unwrap();
    assert_eq!(
        answer["choices"][0]["message"]["tool_calls"][0]["function"]["name"],
        "calculator"
    );
    assert_eq!(provider.asked().len(), 1, "nothing was run here");
    let names: Vec<Value> = provider.last().json()["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["function"]["name"].clone())
        .collect();
    assert_eq!(names, ["agent_calculator", "calculator"]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_has_the_same_answer() {
    let (provider, app, _key) = world().await;
    provider.will(asks_streamed(
        "Let me see. ",
        &[call("call_1", "calculator", WANTED)],
    ));
    provider.will(Reply::stream(&["It is ", "391."]));
    let args = json!({"agent": "reckoner", "text": "How much is 17 * 23?"});
    let started: gateway::control::ChatStarted = app.ask("chat.send", args).await;
    eventually("the answer", async || {
        let view = app.session(&started.session).await;
        let last = view.messages.last()?;
        (last.id == started.answer && last.state == MessageState::Complete && last.role == Role::Assistant)
            .then_some(())
    })
    .await;
    goes_on(&provider.asked());
    is_recorded(&app).await;
    provider.will(Reply::stream(&["Yes."]));
    let args = json!({"session": started.session, "text": "Sure?"});
    let _again: gateway::control::ChatStarted = app.ask("chat.send", args).await;
    eventually("the second answer", async || {
        (provider.asked().len() == 3).then_some(())
    })
    .await;
    let sent = provider.last().json();
    let roles: Vec<&str> = sent["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["role"].as_str().unwrap())
        .collect();
    assert_eq!(
        roles,
        ["system", "user", "assistant", "tool", "assistant", "user"]
    );
    eventually("its end", async || {
        (!app.session(&started.session).await.row.streaming).then_some(())
    })
    .await;
    app.finish().await;
}

/// The same agent at another door: nothing of its tools shows, and the model is asked the same.
#[tokio::test(flavor = "multi_thread")]
async fn every_door_gives_the_answer_alone() {
    let text = "How much is 17 * 23?";
    let user = json!([{"role": "user", "content": text}]);
    let doors = [
        ("/v1/chat/completions", json!({"messages": user})),
        ("/v1/responses", json!({"input": text})),
        ("/v1/messages", json!({"messages": user, "max_tokens": 100})),
        ("/api/chat", json!({"messages": user})),
    ];
    for streams in [false, true] {
        let mut sent = Vec::new();
        for (route, body) in &doors {
            let (provider, app, key) = world().await;
            let calls = [call("call_1", "calculator", WANTED)];
            provider.will(if streams {
                asks_streamed("Let me see. ", &calls)
            } else {
                asks("Let me see. ", &calls)
            });
            provider.will(if streams {
                Reply::stream(&["It is 391."])
            } else {
                Reply::text("It is 391.")
            });
            let mut body = body.clone();
            body["model"] = json!("reckoner");
            body["stream"] = json!(streams);
            let response = app.post(route, &key, &body).await;
            assert_eq!(response.status(), 200, "{route}");
            let told = response.text().await.unwrap();
            assert!(
                told.contains("Let me see. ") && told.contains("It is 391."),
                "{route}: {told}"
            );
            for word in ["calculator", "call_1", "tool_use", "function_call\"", WANTED] {
                assert!(!told.contains(word), "{route} tells {word}: {told}");
            }
            goes_on(&provider.asked());
            is_recorded(&app).await;
            sent.push(provider.last().json()["messages"].clone());
            app.finish().await;
        }
        assert!(sent.windows(2).all(|two| two[0] == two[1]), "{sent:#?}");
    }
}

/// All that a provider is sent, but for what the caller itself chose: to stream, and how long an answer may be, which
/// the route of messages makes its callers say.
fn compiled(mut sent: Value) -> Value {
    let fields = sent.as_object_mut().unwrap();
    for own in ["stream", "stream_options", "max_tokens", "max_completion_tokens"] {
        fields.remove(own);
    }
    for field in ["model", "messages", "tools"] {
        assert!(fields.contains_key(field), "{fields:?}");
    }
    sent
}

/// What was asked of the model, and what is kept of it, but for ids and times.
async fn kept(provider: &Provider, app: &TestApp) -> Value {
    let call = app.ended_call().await;
    let session = app.session(call.row.call.session.as_ref().unwrap()).await;
    let entries = call.entries.iter().map(|entry| {
        json!({"outcome": entry.outcome, "target": entry.attempt.target, "usage": entry.usage, "cost": entry.cost})
    });
    let uses = call.tool_uses.iter().map(|one| {
        json!({"number": one.number, "tool": one.tool, "arguments": one.arguments, "permit": one.permit, "state": one.state})
    });
    let messages = session
        .messages
        .iter()
        .map(|one| json!({"message": one.message, "state": one.state}));
    json!({
        "asked": provider.asked().iter().map(|asked| compiled(asked.json())).collect::<Vec<_>>(),
        "outcome": call.row.outcome,
        "agent": call.row.call.revision,
        "applied": call.row.call.applied.iter().filter(|one| one.what == "tools").collect::<Vec<_>>(),
        "entries": entries.collect::<Vec<_>>(),
        "uses": uses.collect::<Vec<_>>(),
        "session": messages.collect::<Vec<_>>(),
    })
}

/// The five doors: four of programs and the window, which streams whatever it does.
#[tokio::test(flavor = "multi_thread")]
async fn the_five_doors_ask_and_keep_the_same() {
    let text = "How much is 17 * 23?";
    let calls = [call("call_1", "calculator", WANTED)];
    let user = json!([{"role": "user", "content": text}]);
    let posted = [
        ("/v1/chat/completions", json!({"messages": user})),
        ("/v1/responses", json!({"input": text})),
        ("/v1/messages", json!({"messages": user, "max_tokens": 100})),
        ("/api/chat", json!({"messages": user, "stream": false})),
    ];
    let mut all = Vec::new();
    for (route, mut body) in posted {
        let (provider, app, key) = world().await;
        provider.will(asks("Let me see. ", &calls));
        provider.will(Reply::text("It is 391."));
        body["model"] = json!("reckoner");
        assert_eq!(app.post(route, &key, &body).await.status(), 200, "{route}");
        all.push((route, kept(&provider, &app).await));
        app.finish().await;
    }
    {
        let (provider, app, key) = world().await;
        provider.will(asks("Let me see. ", &calls));
        provider.will(Reply::text("It is 391."));
        let mut client = Client::greet(&app, &key).await;
        let told = client.says("reckoner", text).await;
        for word in ["calculator", "call_1", WANTED] {
            assert!(!told.to_string().contains(word), "{told}");
        }
        assert_eq!(told["structuredContent"]["content"], "Let me see. It is 391.");
        goes_on(&provider.asked());
        is_recorded(&app).await;
        all.push(("/mcp", kept(&provider, &app).await));
        app.finish().await;
    }
    {
        let (provider, app, _key) = world().await;
        provider.will(asks_streamed("Let me see. ", &calls));
        provider.will(Reply::stream(&["It is 391."]));
        let args = json!({"agent": "reckoner", "text": text});
        let started: gateway::control::ChatStarted = app.ask("chat.send", args).await;
        eventually("the answer", async || {
            let view = app.session(&started.session).await;
            (view.messages.last()?.state == MessageState::Complete && !view.row.streaming).then_some(())
        })
        .await;
        all.push(("window", kept(&provider, &app).await));
        app.finish().await;
    }
    let (_, first) = &all[0];
    for (door, kept) in &all {
        for (what, own) in kept.as_object().unwrap() {
            assert_eq!(own, &first[what], "{door}: {what}");
        }
    }
}

/// W-164: thoughts go back with their signature, or the provider refuses what follows a tool.
#[tokio::test(flavor = "multi_thread")]
async fn w_164_thoughts_before_a_tool_go_back_as_they_came() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "claude", "kind": "custom", "wire": "anthropic-messages",
        "base_url": provider.origin(), "key": crate::support::app::CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    let mut agent = draft("reckoner", "claude/claude-sonnet-4-5", "Be exact.");
    agent["tools"] = json!([{"tool": "calculator"}]);
    let _agent: Value = app.ask("agent.create", agent).await;
    let key = app.key().await;
    let part = |content: Value, stop: &str| {
        Reply::json(
            200,
            &json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
                "content": content, "stop_reason": stop, "stop_sequence": null,
                "usage": {"input_tokens": 60, "output_tokens": 10}}),
        )
    };
    let thought = json!({"type": "thinking", "thinking": "A product.", "signature": "c2lnbmVk"});
    let wanted = json!({"type": "tool_use", "id": "toolu_1", "name": "calculator", "input": {"expression": "17 * 23"}});
    provider.will(part(json!([thought, wanted]), "tool_use"));
    provider.will(part(json!([{"type": "text", "text": "It is 391."}]), "end_turn"));
    let answer: Value = app.chat(&key, &question(false)).await.json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "It is 391.");
    let sent = provider.last().json();
    let messages = sent["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 3, "{sent:#}");
    assert_eq!(messages[1]["content"][0], thought);
    assert_eq!(messages[1]["content"][1], wanted);
    assert_eq!(messages[2]["role"], "user");
    assert_eq!(messages[2]["content"][0]["type"], "tool_result");
    assert_eq!(messages[2]["content"][0]["tool_use_id"], "toolu_1");
    assert!(
        messages[2]["content"][0]["content"].to_string().contains("391"),
        "{sent:#}"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_after_a_tool_begins_a_new_paragraph() {
    for streams in [false, true] {
        let (provider, app, key) = world().await;
        let calls = [call("call_1", "calculator", WANTED)];
        provider.will(if streams {
            asks_streamed("Let me see.", &calls)
        } else {
            asks("Let me see.", &calls)
        });
        provider.will(if streams {
            Reply::stream(&["It ", "is 391."])
        } else {
            Reply::text("It is 391.")
        });
        let told = app.chat(&key, &question(streams)).await.text().await.unwrap();
        let said = match streams {
            false => told,
            true => super::events(&told)
                .iter()
                .filter_map(|event| event["choices"][0]["delta"]["content"].as_str())
                .collect::<String>()
                .replace('\n', "\\n"),
        };
        assert!(said.contains(r"Let me see.\n\nIt is 391."), "{said}");
        // and the conversation is known again by that
        provider.will(Reply::text("Yes."));
        let mut resent = question(false);
        resent["messages"] = json!([
            {"role": "user", "content": "How much is 17 * 23?"},
            {"role": "assistant", "content": "Let me see.\n\nIt is 391."},
            {"role": "user", "content": "Sure?"},
        ]);
        app.ended_call().await;
        assert_eq!(app.chat(&key, &resent).await.status(), 200);
        let messages = provider.last().json()["messages"].clone();
        assert_eq!(messages.as_array().unwrap().len(), 6, "{messages:#}");
        assert_eq!(app.sessions().await.len(), 1);
        app.finish().await;
    }
}

/// A caller who leaves while the model goes on after a tool, or stops it in the window, loses nothing of the record.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_stopped_after_a_tool_keeps_what_it_gave() {
    let (provider, app, _key) = world().await;
    provider.will(asks_streamed(
        "Let me see. ",
        &[call("call_1", "calculator", WANTED)],
    ));
    provider.will(Reply::silence());
    let args = json!({"agent": "reckoner", "text": "How much is 17 * 23?"});
    let started: gateway::control::ChatStarted = app.ask("chat.send", args).await;
    eventually("the second question", async || {
        (provider.asked().len() == 2).then_some(())
    })
    .await;
    let _stopped: Value = app.ask("chat.stop", json!({"session": started.session})).await;
    let answer = eventually("the end", async || {
        let view = app.session(&started.session).await;
        let last = view.messages.last()?.clone();
        (last.state == MessageState::Stopped).then_some(last)
    })
    .await;
    assert_eq!(answer.message.own_calls(), ["call_1"]);
    assert_eq!(answer.message.parts.len(), 3, "{answer:#?}");
    let call = app.ended_call().await;
    let outcomes: Vec<_> = call.entries.iter().map(|entry| entry.outcome).collect();
    assert_eq!(outcomes, [domain::Outcome::Succeeded, domain::Outcome::Cancelled]);
    app.finish().await;
}
