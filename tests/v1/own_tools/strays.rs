//! What models get wrong about tools: names that nobody has, ids that were there before, and more at once than anybody
//! reads. None of it may reach a caller, who has no answer to it.

use serde_json::{Value, json};

use super::{WANTED, asks, asks_streamed, call, events, question, world};
use crate::support::app::draft;
use crate::support::{Provider, Reply, TestApp};

fn asking(streams: bool, calls: &[Value]) -> Reply {
    match streams {
        true => asks_streamed("", calls),
        false => asks("", calls),
    }
}

fn saying(streams: bool, text: &str) -> Reply {
    match streams {
        true => Reply::stream(&[text]),
        false => Reply::text(text),
    }
}

/// What the model was told last, by the id of its call.
fn results(provider: &Provider) -> Vec<(String, String)> {
    let sent = provider.last().json();
    let messages = sent["messages"].as_array().unwrap();
    let given = messages.iter().filter(|one| one["role"] == "tool");
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    given
        .map(|one| (word(&one["tool_call_id"]), word(&one["content"])))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn w_44_a_name_that_nobody_has_is_no_call_of_the_callers() {
    let text = "How much is 17 * 23?";
    let user = json!([{"role": "user", "content": text}]);
    let doors = [
        ("/v1/chat/completions", json!({"messages": user})),
        ("/v1/responses", json!({"input": text})),
        ("/v1/messages", json!({"messages": user, "max_tokens": 100})),
        ("/api/chat", json!({"messages": user})),
    ];
    for streams in [false, true] {
        for (route, body) in &doors {
            let (provider, app, key) = world().await;
            // one that was never there, and one that this agent may never use
            let calls = [
                call("call_1", "teleport", "{}"),
                call("call_2", "current_time", "{}"),
            ];
            provider.will(asking(streams, &calls));
            provider.will(saying(streams, "I stay here."));
            let mut body = body.clone();
            body["model"] = json!("reckoner");
            body["stream"] = json!(streams);
            let response = app.post(route, &key, &body).await;
            assert_eq!(response.status(), 200, "{route}");
            let told = response.text().await.unwrap();
            assert!(told.contains("I stay here."), "{route}: {told}");
            for word in [
                "teleport",
                "current_time",
                "tool_calls\":[{",
                "tool_use\"",
                "call_1",
            ] {
                assert!(!told.contains(word), "{route} tells {word}: {told}");
            }
            let results = results(&provider);
            assert_eq!(results.len(), 2, "{results:?}");
            for (_, given) in results {
                assert_eq!(given, "There is no such tool. There are: calculator.");
            }
            app.finish().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_has_keeps_no_session_from_going_on() {
    let (provider, app, key) = world().await;
    provider.will(asks("", &[call("call_1", "teleport", "{}")]));
    provider.will(Reply::text("I stay here."));
    provider.always(Reply::text("Yes."));
    let mut body = question(false);
    body["session_id"] = json!("trip");
    assert_eq!(app.chat(&key, &body).await.status(), 200);
    body["messages"] = json!([{"role": "user", "content": "Sure?"}]);
    let again = app.chat(&key, &body).await;
    assert_eq!(again.status(), 200, "{}", again.text().await.unwrap());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_has_beside_the_callers_is_answered_here() {
    let (provider, app, key) = world().await;
    provider.will(asks(
        "",
        &[call("call_1", "teleport", "{}"), call("call_2", "look_up", "{}")],
    ));
    let mut body = question(false);
    body["tools"] =
        json!([{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}]);
    let answer: Value = app.chat(&key, &body).await.json().await.unwrap();
    let calls = &answer["choices"][0]["message"]["tool_calls"];
    assert_eq!(calls.as_array().unwrap().len(), 1, "{calls}");
    assert_eq!(calls[0]["function"]["name"], "look_up");
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_74_an_id_that_was_there_before_is_told_apart() {
    for streams in [false, true] {
        let (provider, app, key) = world().await;
        // this model counts its calls anew in each answer
        let other = r#"{"expression":"2 + 2"}"#;
        let lookup = r#"{"word":"kumquat"}"#;
        provider.will(asking(streams, &[call("call_1", "calculator", WANTED)]));
        provider.will(asking(streams, &[call("call_1", "calculator", other)]));
        provider.will(asking(streams, &[call("call_1", "look_up", lookup)]));
        provider.will(saying(streams, "391 kumquats."));
        let mut body = question(streams);
        body["tools"] =
            json!([{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}]);
        let response = app.chat(&key, &body).await;
        assert_eq!(response.status(), 200);
        let seen = if streams {
            let told = events(&response.text().await.unwrap());
            let id = |event: &Value| {
                event["choices"][0]["delta"]["tool_calls"][0]["id"]
                    .as_str()
                    .map(str::to_owned)
            };
            let ids: Vec<String> = told.iter().filter_map(id).collect();
            assert_eq!(ids.len(), 1, "{ids:?}");
            ids[0].clone()
        } else {
            let answer: Value = response.json().await.unwrap();
            let calls = answer["choices"][0]["message"]["tool_calls"].clone();
            assert_eq!(calls.as_array().unwrap().len(), 1, "{calls}");
            calls[0]["id"].as_str().unwrap().to_owned()
        };
        assert!(!["call_1", "call_1-2"].contains(&seen.as_str()), "{seen}");

        body["messages"] = json!([
            {"role": "user", "content": "How much is 17 * 23?"},
            {"role": "assistant", "content": null, "tool_calls": [call(&seen, "look_up", lookup)]},
            {"role": "tool", "tool_call_id": seen, "content": "a small fruit"},
        ]);
        let response = app.chat(&key, &body).await;
        let (status, told) = (response.status(), response.text().await.unwrap());
        assert_eq!(status, 200, "{told}");
        assert!(told.contains("391 kumquats."), "{told}");
        let ids = ["call_1", "call_1-2", &seen].map(str::to_owned);
        let given = ["391", "4", "a small fruit"].map(str::to_owned);
        assert_eq!(results(&provider), Vec::from_iter(ids.into_iter().zip(given)));
        assert_eq!(app.sessions().await.len(), 1, "it is one conversation");
        app.finish().await;
    }
}

/// What a caller of this door sends with the result of its tool, and the tool as it tells of it.
fn follow_up(route: &str, id: &str) -> (Value, Value) {
    let text = "How much is 17 * 23?";
    let (name, arguments, schema) = ("look_up", r#"{"word":"kumquat"}"#, json!({"type": "object"}));
    match route {
        "/v1/responses" => (
            json!([{"type": "function", "name": name, "parameters": schema, "strict": false}]),
            json!({"input": [
                {"role": "user", "content": text},
                {"type": "function_call", "call_id": id, "name": name, "arguments": arguments},
                {"type": "function_call_output", "call_id": id, "output": "a small fruit"},
            ]}),
        ),
        _ => (
            json!([{"name": name, "input_schema": schema}]),
            json!({"max_tokens": 100, "messages": [
                {"role": "user", "content": text},
                {"role": "assistant", "content": [
                    {"type": "tool_use", "id": id, "name": name, "input": {"word": "kumquat"}}]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": id, "content": "a small fruit"}]},
            ]}),
        ),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agents_and_the_callers_tools_are_used_in_one_answer_at_every_door() {
    for route in ["/v1/responses", "/v1/messages"] {
        for streams in [false, true] {
            let (provider, app, key) = world().await;
            let lookup = r#"{"word":"kumquat"}"#;
            // a round of the agent's own, then both at once
            provider.will(asking(
                streams,
                &[call("call_0", "calculator", r#"{"expression":"1+1"}"#)],
            ));
            provider.will(asking(
                streams,
                &[
                    call("call_1", "calculator", WANTED),
                    call("call_2", "look_up", lookup),
                ],
            ));
            provider.will(saying(streams, "391 kumquats."));
            let (tools, next) = follow_up(route, "call_2");
            let said = |mut body: Value| {
                body["model"] = json!("reckoner");
                body["stream"] = json!(streams);
                body["tools"] = tools.clone();
                body
            };
            let first = match route {
                "/v1/responses" => json!({"input": "How much is 17 * 23?"}),
                _ => {
                    json!({"max_tokens": 100, "messages": [{"role": "user", "content": "How much is 17 * 23?"}]})
                }
            };
            let response = app.post(route, &key, &said(first)).await;
            assert_eq!(response.status(), 200, "{route}");
            let told = response.text().await.unwrap();
            assert!(
                told.contains("call_2") && told.contains("look_up"),
                "{route}: {told}"
            );
            for word in ["calculator", "call_0", "call_1"] {
                assert!(!told.contains(word), "{route} tells {word}: {told}");
            }
            let response = app.post(route, &key, &said(next)).await;
            let (status, told) = (response.status(), response.text().await.unwrap());
            assert_eq!(status, 200, "{route}: {told}");
            assert!(told.contains("391 kumquats."), "{route}: {told}");
            let given = [("call_0", "2"), ("call_1", "391"), ("call_2", "a small fruit")];
            let given = given.map(|(id, text)| (id.to_owned(), text.to_owned()));
            assert_eq!(results(&provider), given, "{route}");
            let roles: Vec<Value> = provider.last().json()["messages"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["role"].clone())
                .collect();
            assert_eq!(
                roles,
                ["system", "user", "assistant", "tool", "assistant", "tool", "tool"],
                "{route}"
            );
            assert_eq!(app.sessions().await.len(), 1, "{route}");
            app.finish().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_33_no_more_are_used_at_once_than_anybody_reads() {
    let (provider, app, key) = world().await;
    let calls: Vec<Value> = (0..150)
        .map(|n| {
            call(
                &format!("call_{n}"),
                "calculator",
                &json!({"expression": format!("{n}+0")}).to_string(),
            )
        })
        .collect();
    provider.will(asks("", &calls));
    provider.will(Reply::text("Enough."));
    assert_eq!(app.chat(&key, &question(false)).await.status(), 200);
    let results = results(&provider);
    assert_eq!(results.len(), 150, "each call has a result");
    let refused = |(_, given): &&(String, String)| given.starts_with("This was not done");
    assert_eq!(results.iter().filter(refused).count(), 22);
    assert_eq!(results[127].1, "127");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_33_agents_ask_so_many_others_and_no_more() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    for slug in ["one", "two"] {
        let mut agent = draft(slug, &format!("mock/{slug}"), "");
        agent["tools"] = json!([{"tool": "ask_agent"}]);
        let _agent: Value = app.ask("agent.create", agent).await;
    }
    let key = app.key().await;
    // each asks ten others at once, and those ask ten each
    provider.answers_by(|asked| {
        let body = asked.json();
        let last = body["messages"].as_array().unwrap().last().unwrap().clone();
        if last["role"] == "tool" {
            return Reply::text("Enough.");
        }
        let arguments = |n: u32| json!({"agent": "two", "message": format!("Tell me, {n}.")}).to_string();
        let calls: Vec<Value> = (0..10)
            .map(|n| call(&format!("call_{n}"), "ask_agent", &arguments(n)))
            .collect();
        asks("", &calls)
    });
    let body = json!({"model": "one", "messages": [{"role": "user", "content": "Find out."}]});
    let answer: Value = app.chat(&key, &body).await.json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "Enough.");
    let first =
        |asked: &&crate::support::provider::Asked| asked.json()["messages"].as_array().unwrap().len() == 1;
    let begun = provider.asked().iter().filter(first).count();
    assert_eq!(begun, 51, "the one at the top, and fifty");
    app.finish().await;
}
