//! The same agent with its tools at every door, and at providers of another wire.

use domain::{MessageState, Role};
use serde_json::{Value, json};

use super::{WANTED, asks, asks_streamed, call, goes_on, is_recorded, question, world};
use crate::support::app::draft;
use crate::support::{Provider, Reply, TestApp, eventually};

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
