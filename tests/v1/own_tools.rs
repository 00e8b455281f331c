//! The agent's own tools: run between the model's answers, seen by no caller (W-44), the same through every door.

mod agents;
mod approvals;
mod bounds;
mod code;
mod commands;
mod doors;
mod files;
mod images;
mod injections;
mod pages;
mod searches;
mod strays;
mod times;
mod world;

use domain::{MessageState, Outcome, Part};
use serde_json::{Value, json};

use crate::support::app::draft;
use crate::support::client;
use crate::support::provider::Asked;
use crate::support::{Provider, Reply, TestApp};

const WANTED: &str = r#"{"expression":"17 * 23"}"#;

async fn world() -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    let mut agent = draft("reckoner", "mock/m", "Be exact.");
    agent["tools"] = json!([{"tool": "calculator"}, {"tool": "current_time", "rule": "never"}]);
    let _agent: Value = app.ask("agent.create", agent).await;
    let key = app.key().await;
    (provider, app, key)
}

pub fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

/// A model that says something and asks for tools.
pub fn asks(text: &str, calls: &[Value]) -> Reply {
    let message = json!({"role": "assistant", "content": text, "tool_calls": calls});
    Reply::json(
        200,
        &json!({"id": "up-1", "object": "chat.completion", "created": 1, "model": "upstream-name",
            "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}}),
    )
}

fn chunk(delta: &Value, finish: Option<&str>) -> Value {
    json!({"id": "up-1", "object": "chat.completion.chunk", "created": 1, "model": "upstream-name",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
}

/// The same, streamed, arguments in pieces.
fn asks_streamed(text: &str, calls: &[Value]) -> Reply {
    let mut reply = Reply::pieces(&[text]);
    for (index, call) in calls.iter().enumerate() {
        let mut first = call.clone();
        first["index"] = json!(index);
        first["function"]["arguments"] = json!("");
        reply = reply.event(&chunk(&json!({"tool_calls": [first]}), None));
        let arguments = call["function"]["arguments"].as_str().unwrap();
        let (one, two) = arguments.split_at(arguments.len() / 2);
        for piece in [one, two] {
            let more = json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]});
            reply = reply.event(&chunk(&more, None));
        }
    }
    reply
        .event(&chunk(&json!({}), Some("tool_calls")))
        .event(
            &json!({"id": "up-1", "object": "chat.completion.chunk", "created": 1, "model": "upstream-name",
            "choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}}),
        )
        .send("data: [DONE]\n\n")
}

fn question(stream: bool) -> Value {
    json!({"model": "reckoner", "messages": [{"role": "user", "content": "How much is 17 * 23?"}],
        "stream": stream, "stream_options": if stream { json!({"include_usage": true}) } else { Value::Null }})
}

/// The events of a stream, but for its last word.
fn events(body: &str) -> Vec<Value> {
    let told = client::events(body).into_iter().filter(|event| event != "[DONE]");
    told.map(|event| serde_json::from_str(&event).unwrap()).collect()
}

/// What the model was asked the second time: its own words, then what the tool gave.
fn goes_on(asked: &[Asked]) {
    let [first, second] = [0, 1].map(|at| asked[at].json());
    let tools = first["tools"].as_array().unwrap();
    assert_eq!(tools.len(), 1, "what is never used is not told of");
    assert_eq!(tools[0]["function"]["name"], "calculator");
    assert_eq!(
        first["tools"], second["tools"],
        "a cache finds the beginning again"
    );
    let (before, after) = (
        first["messages"].as_array().unwrap(),
        second["messages"].as_array().unwrap(),
    );
    assert_eq!(after[..before.len()], before[..]);
    let [said, given] = &after[before.len()..] else {
        panic!("{after:#?}");
    };
    assert_eq!(said["role"], "assistant");
    assert_eq!(said["content"], "Let me see. ");
    assert_eq!(said["tool_calls"][0]["id"], "call_1");
    assert_eq!(said["tool_calls"][0]["function"]["arguments"], WANTED);
    assert_eq!(
        *given,
        json!({"role": "tool", "tool_call_id": "call_1", "content": "391"})
    );
}

/// What stands in the record: an answer with what was called and given, and an entry a question to the model.
async fn is_recorded(app: &TestApp) {
    let call = app.ended_call().await;
    assert_eq!(call.row.outcome, Some(Outcome::Succeeded));
    assert_eq!(call.entries.len(), 2, "one for each answer of the model");
    let read: Vec<u64> = call
        .entries
        .iter()
        .map(|entry| entry.usage.unwrap().input)
        .collect();
    assert_eq!(read, [100, 12000]);
    let applied = &call.row.call.applied;
    assert!(
        applied
            .iter()
            .any(|one| one.what == "tools" && one.how == "agent"),
        "{applied:?}"
    );
    let session = app.session(call.row.call.session.as_ref().unwrap()).await;
    let answer = session.messages.last().unwrap();
    assert_eq!(answer.state, MessageState::Complete);
    let told: Vec<String> = answer
        .message
        .parts
        .iter()
        .map(|part| {
            if let Part::ToolCall { name, arguments, .. } = part {
                format!("{name} {arguments}")
            } else if let Part::ToolResult { parts, is_error, .. } = part {
                format!("{} {is_error}", Part::plain_text(parts))
            } else {
                Part::plain_text(std::slice::from_ref(part))
            }
        })
        .collect();
    let wanted = format!("calculator {WANTED}");
    assert_eq!(told, ["Let me see. ", wanted.as_str(), "391 false", "It is 391."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_answer_holds_nothing_of_the_tools() {
    let (provider, app, key) = world().await;
    provider.will(asks("Let me see. ", &[call("call_1", "calculator", WANTED)]));
    provider.will(Reply::text("It is 391."));
    let response = app.chat(&key, &question(false)).await;
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    let choice = &answer["choices"][0];
    assert_eq!(
        choice["message"],
        json!({"role": "assistant", "content": "Let me see. It is 391.", "refusal": null})
    );
    assert_eq!(choice["finish_reason"], "stop");
    assert_eq!(answer["usage"]["prompt_tokens"], 12100, "of both questions");
    assert_eq!(answer["usage"]["completion_tokens"], 3020);
    goes_on(&provider.asked());
    is_recorded(&app).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_44_a_stream_holds_nothing_of_the_tools() {
    let (provider, app, key) = world().await;
    provider.will(asks_streamed(
        "Let me see. ",
        &[call("call_1", "calculator", WANTED)],
    ));
    provider.will(Reply::stream(&["It is ", "391."]));
    let body = app.chat(&key, &question(true)).await.text().await.unwrap();
    assert!(
        !body.contains("calculator") && !body.contains("tool_call"),
        "{body}"
    );
    let told = events(&body);
    let text: String = told
        .iter()
        .filter_map(|event| event["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(text, "Let me see. It is 391.");
    let ends: Vec<&Value> = told
        .iter()
        .map(|event| &event["choices"][0]["finish_reason"])
        .filter(|reason| reason.is_string())
        .collect();
    assert_eq!(ends, ["stop"], "one end");
    let usages: Vec<&Value> = told
        .iter()
        .map(|event| &event["usage"])
        .filter(|usage| usage.is_object())
        .collect();
    assert_eq!(usages.len(), 1);
    assert_eq!(usages[0]["prompt_tokens"], 12100);
    goes_on(&provider.asked());
    is_recorded(&app).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_turn_knows_what_the_tools_gave() {
    let (provider, mut app, key) = world().await;
    provider.will(asks("Let me see. ", &[call("call_1", "calculator", WANTED)]));
    provider.will(Reply::text("It is 391."));
    provider.always(Reply::text("Yes."));
    let _answer = app.chat(&key, &question(false)).await.bytes().await.unwrap();
    app.ended_call().await;
    let mut resent = question(false);
    resent["messages"] = json!([
        {"role": "user", "content": "How much is 17 * 23?"},
        {"role": "assistant", "content": "Let me see. It is 391."},
        {"role": "user", "content": "Sure?"},
    ]);
    let inside = |asked: &Asked| {
        let messages = asked.json()["messages"].clone();
        let roles: Vec<String> = messages
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["role"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            roles,
            ["system", "user", "assistant", "tool", "assistant", "user"],
            "{messages:#}"
        );
        assert_eq!(messages[3]["content"], "391");
        assert_eq!(messages[4]["content"], "It is 391.");
    };
    let again = app.chat(&key, &resent).await;
    assert_eq!(again.status(), 200);
    inside(&provider.last());
    assert_eq!(app.sessions().await.len(), 1, "it is one conversation");
    // also when nothing is in memory any more
    app.restart().await;
    let key_again = json!({"id": "mock", "key": crate::support::app::CANARY});
    let _forgotten_with_the_process: Value = app.ask("provider.set_key", key_again).await;
    let again = app.chat(&key, &resent).await;
    assert_eq!(again.status(), 200);
    inside(&provider.last());
    // nobody else gets it by saying the same
    let other = app.key().await;
    let again = app.chat(&other, &resent).await;
    assert_eq!(again.status(), 200);
    assert_eq!(provider.last().json()["messages"].as_array().unwrap().len(), 4);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agents_and_the_callers_tools_are_used_in_one_answer() {
    for streams in [false, true] {
        let (provider, app, key) = world().await;
        let calls = [
            call("call_1", "calculator", WANTED),
            call("call_2", "look_up", r#"{"word":"kumquat"}"#),
        ];
        provider.will(if streams {
            asks_streamed("Let me see. ", &calls)
        } else {
            asks("Let me see. ", &calls)
        });
        let mut first = question(streams);
        first["tools"] =
            json!([{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}]);
        let response = app.chat(&key, &first).await;
        assert_eq!(response.status(), 200);
        let seen = if streams {
            let body = response.text().await.unwrap();
            assert!(!body.contains("calculator") && !body.contains("call_1"), "{body}");
            let mut seen = json!({"arguments": ""});
            for event in events(&body) {
                let part = event["choices"][0]["delta"]["tool_calls"][0].clone();
                if part.is_null() {
                    continue;
                }
                assert_eq!(part["index"], 0, "the caller's own are counted");
                if part["id"].is_string() {
                    seen["id"] = part["id"].clone();
                }
                let so_far = seen["arguments"].as_str().unwrap().to_owned();
                seen["arguments"] = json!(so_far + part["function"]["arguments"].as_str().unwrap());
            }
            seen
        } else {
            let answer: Value = response.json().await.unwrap();
            assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
            let calls = answer["choices"][0]["message"]["tool_calls"]
                .as_array()
                .unwrap()
                .clone();
            assert_eq!(calls.len(), 1, "the agent's own are not the caller's to answer");
            json!({"id": calls[0]["id"], "arguments": calls[0]["function"]["arguments"]})
        };
        assert_eq!(
            seen,
            json!({"id": "call_2", "arguments": r#"{"word":"kumquat"}"#})
        );
        assert_eq!(provider.asked().len(), 1, "the caller is next");

        provider.will(if streams {
            Reply::stream(&["391 kumquats."])
        } else {
            Reply::text("391 kumquats.")
        });
        let mut second = first.clone();
        second["messages"] = json!([
            {"role": "user", "content": "How much is 17 * 23?"},
            {"role": "assistant", "content": "Let me see. ", "tool_calls": [call("call_2", "look_up", r#"{"word":"kumquat"}"#)]},
            {"role": "tool", "tool_call_id": "call_2", "content": "a small fruit"},
        ]);
        let response = app.chat(&key, &second).await;
        assert_eq!(response.status(), 200);
        let body = response.text().await.unwrap();
        assert!(body.contains("391 kumquats."), "{body}");
        let sent = provider.last().json();
        let messages = sent["messages"].as_array().unwrap();
        assert_eq!(messages[2]["tool_calls"].as_array().unwrap().len(), 2, "{sent:#}");
        assert_eq!(
            messages[3],
            json!({"role": "tool", "tool_call_id": "call_1", "content": "391"})
        );
        assert_eq!(
            messages[4],
            json!({"role": "tool", "tool_call_id": "call_2", "content": "a small fruit"})
        );
        assert_eq!(app.sessions().await.len(), 1);
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_gets_wrong_is_told_to_it() {
    let (provider, app, key) = world().await;
    provider.will(asks(
        "",
        &[
            call("call_1", "calculator", "{\"expr"),
            call("call_2", "calculator", "{}"),
        ],
    ));
    provider.will(Reply::text("I give up."));
    let response = app.chat(&key, &question(false)).await;
    assert_eq!(response.status(), 200);
    let sent = provider.last().json();
    for at in [3, 4] {
        let given = &sent["messages"][at];
        assert_eq!(given["role"], "tool");
        assert!(
            given["content"].as_str().unwrap().contains("do not fit"),
            "{given}"
        );
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_nobody_knows_cannot_be_granted() {
    let app = TestApp::start().await;
    let provider = Provider::start().await;
    app.add_provider("mock", &provider).await;
    for (tools, word) in [
        (json!([{"tool": "teleport"}]), "teleport"),
        (json!([{"tool": "calculator"}, {"tool": "calculator"}]), "twice"),
    ] {
        let mut agent = draft("odd", "mock/m", "");
        agent["tools"] = tools;
        let failure = app.run("agent.create", agent).await.unwrap_err();
        assert_eq!(failure.kind(), domain::FailureKind::InvalidRequest);
        assert!(failure.message().contains(word), "{failure}");
    }
    app.finish().await;
}
