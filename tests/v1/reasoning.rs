//! Reasoning that a provider wants back, with clients that drop it (W-164 to W-177).

mod shapes;

use serde_json::{Value, json};

use shapes::{CALL, SEAL, Shape, THOUGHT, chat, shapes};

use crate::support::app::CANARY;
use crate::support::client::events;
use crate::support::{Provider, TestApp, eventually};

/// A conversation of a client that keeps of an answer nothing but its text and its calls.
struct Forgetful {
    key: String,
    model: &'static str,
    stream: bool,
    messages: Vec<Value>,
    /// `x-inglenook-applied` of the last answer.
    applied: String,
}

impl Forgetful {
    fn new(key: &str, stream: bool) -> Self {
        Self {
            key: key.to_owned(),
            model: "reviewer",
            stream,
            messages: vec![json!({"role": "user", "content": "Weather?"})],
            applied: String::new(),
        }
    }

    /// Sends, and gives the answer's message with everything that came.
    async fn send(&mut self, app: &TestApp) -> Value {
        let body = json!({"model": self.model, "messages": self.messages, "stream": self.stream,
            "tools": [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]});
        let response = app.chat(&self.key, &body).await;
        let status = response.status();
        let applied = response.headers().get("x-inglenook-applied");
        self.applied = applied.map_or_else(String::new, |value| value.to_str().unwrap().to_owned());
        let text = response.text().await.unwrap();
        assert_eq!(status, 200, "{text}");
        let message = if self.stream {
            put_together(&text)
        } else {
            serde_json::from_str::<Value>(&text).unwrap()["choices"][0]["message"].clone()
        };
        let call = &message["tool_calls"][0];
        let mut kept = json!({"role": "assistant", "content": message["content"]});
        if !call.is_null() {
            kept["tool_calls"] = json!([{"id": call["id"], "type": "function",
                "function": {"name": call["function"]["name"], "arguments": call["function"]["arguments"]}}]);
        }
        self.messages.push(kept);
        if !call.is_null() {
            let result = json!({"role": "tool", "tool_call_id": call["id"], "content": "21 degrees"});
            self.messages.push(result);
        }
        message
    }

    fn ask(&mut self, text: &str) {
        self.messages.push(json!({"role": "user", "content": text}));
    }
}

/// A client's view of a stream.
fn put_together(text: &str) -> Value {
    let mut message = json!({"content": null});
    let events = events(text);
    assert_eq!(events.last().map(String::as_str), Some("[DONE]"), "{text}");
    for event in events.iter().filter(|event| *event != "[DONE]") {
        let chunk: Value = serde_json::from_str(event).unwrap();
        let delta = &chunk["choices"][0]["delta"];
        for (name, value) in delta.as_object().into_iter().flatten() {
            match (name.as_str(), value) {
                ("content", Value::String(piece)) => {
                    let so_far = message["content"].as_str().unwrap_or_default();
                    message["content"] = json!(format!("{so_far}{piece}"));
                }
                ("tool_calls", Value::Array(calls)) if calls[0]["id"].is_string() => {
                    message["tool_calls"] = json!(calls);
                }
                ("tool_calls", Value::Array(calls)) => {
                    let so_far = message["tool_calls"][0]["function"]["arguments"]
                        .as_str()
                        .unwrap();
                    let more = calls[0]["function"]["arguments"].as_str().unwrap();
                    message["tool_calls"][0]["function"]["arguments"] = json!(format!("{so_far}{more}"));
                }
                _ => message[name] = value.clone(),
            }
        }
    }
    message
}

/// The provider's own view of the answers before, and what is back in each.
fn back(shape: &Shape, provider: &Provider) -> Vec<Value> {
    let answers = (shape.answers)(&provider.last().json());
    answers.iter().map(shape.back).collect()
}

/// An app with the agents `reviewer` on `mock/m`, `other-model` on `mock/m2`, `other-provider` on `other/m`.
async fn app(shape: &Shape, provider: &Provider) -> TestApp {
    let app = TestApp::start().await;
    let plain = shape.plain.clone();
    provider.answers_by(move |asked| {
        let stream = asked.target.contains("streamGenerate") || asked.json()["stream"] == true;
        plain[usize::from(stream)].clone()
    });
    for id in ["mock", "other"] {
        let args = json!({"id": id, "kind": "custom", "wire": shape.wire, "base_url": provider.base_url(),
            "key": CANARY});
        let _added: Value = app.ask("provider.add", args).await;
    }
    for (slug, target) in [
        ("reviewer", "mock/m"),
        ("other-model", "mock/m2"),
        ("other-provider", "other/m"),
    ] {
        app.add_agent(slug, target, "").await;
    }
    app
}

async fn restarted(app: &mut TestApp) {
    app.restart().await;
    for id in ["mock", "other"] {
        let _forgotten_with_the_process: Value = app
            .ask("provider.set_key", json!({"id": id, "key": CANARY}))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_loop_goes_on_with_a_client_that_echoes_only_the_call() {
    for shape in shapes() {
        let provider = Provider::start().await;
        let app = app(&shape, &provider).await;
        let key = app.key().await;
        for stream in [false, true] {
            let what = format!("{}, streamed: {stream}", shape.name);
            let mut client = Forgetful::new(&key, stream);
            provider.will(shape.calls[usize::from(stream)].clone());
            let message = client.send(&app).await;
            assert_eq!(message["tool_calls"][0]["id"], CALL, "{what}");
            assert!(
                !client.applied.contains("reasoning"),
                "{what}: {}",
                client.applied
            );

            provider.will(shape.says[usize::from(stream)].clone());
            let message = client.send(&app).await;
            assert_eq!(message["content"], "Sunny.", "{what}");
            assert_eq!(back(&shape, &provider), shape.expected[..1], "{what}");
            let answers = (shape.answers)(&provider.last().json());
            assert_eq!((shape.called)(answers.last().unwrap()), CALL, "{what}");
            assert!(
                client.applied.contains("reasoning=put back (1)"),
                "{what}: {}",
                client.applied
            );

            // a turn without calls is found by the conversation before it
            client.ask("And tomorrow?");
            client.send(&app).await;
            assert_eq!(back(&shape, &provider), shape.expected, "{what}");
            assert!(
                !String::from_utf8_lossy(&provider.last().body).contains("inglenook"),
                "{what}"
            );
        }
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_survives_a_restart() {
    for shape in shapes() {
        let provider = Provider::start().await;
        let mut app = app(&shape, &provider).await;
        let key = app.key().await;
        let mut client = Forgetful::new(&key, true);
        provider.will(shape.calls[1].clone());
        client.send(&app).await;
        provider.will(shape.says[1].clone());
        client.send(&app).await;
        client.ask("And tomorrow?");
        restarted(&mut app).await;
        client.send(&app).await;
        assert_eq!(back(&shape, &provider), shape.expected, "{}", shape.name);
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_gets_it() {
    for shape in shapes() {
        let provider = Provider::start().await;
        let mut app = app(&shape, &provider).await;
        let key = app.key().await;
        let other_key = app.key_with(json!({"name": "other"})).await;
        let others = [
            ("other-model", &key),
            ("other-provider", &key),
            ("reviewer", &other_key),
        ];
        // each has reasoning of its own, elsewhere
        for (model, key) in others {
            let mut client = Forgetful::new(key, false);
            client.model = model;
            client.messages[0]["content"] = json!("Rain?");
            provider.will(shape.says[0].clone());
            client.send(&app).await;
        }
        let mut client = Forgetful::new(&key, false);
        provider.will(shape.calls[0].clone());
        client.send(&app).await;
        provider.will(shape.says[0].clone());
        client.send(&app).await;
        client.ask("And tomorrow?");
        let messages = client.messages.clone();
        for after_a_restart in [false, true] {
            for (model, key) in others {
                let mut client = Forgetful::new(key, false);
                client.model = model;
                client.messages.clone_from(&messages);
                client.send(&app).await;
                let what = format!("{}, {model}, restarted: {after_a_restart}", shape.name);
                assert_eq!(back(&shape, &provider), [Value::Null, Value::Null], "{what}");
                let body = String::from_utf8_lossy(&provider.last().body).into_owned();
                assert!(!body.contains(THOUGHT) && !body.contains(SEAL), "{what}: {body}");
            }
            if !after_a_restart {
                restarted(&mut app).await;
            }
        }
        app.finish().await;
    }
}

/// What a careful client keeps: all of the answer.
async fn careful(app: &TestApp, shape: &Shape, provider: &Provider, key: &str) -> Forgetful {
    let mut client = Forgetful::new(key, false);
    for reply in [&shape.calls[0], &shape.says[0]] {
        provider.will(reply.clone());
        let mut whole = client.send(app).await;
        whole["role"] = json!("assistant");
        let at = client
            .messages
            .iter()
            .rposition(|message| message["role"] == "assistant")
            .unwrap();
        client.messages[at] = whole;
    }
    client.ask("And tomorrow?");
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn a_careful_client_is_left_alone_until_it_changes_the_model() {
    for shape in shapes() {
        let provider = Provider::start().await;
        let mut app = app(&shape, &provider).await;
        let key = app.key().await;
        let other_key = app.key_with(json!({"name": "other"})).await;
        let client = careful(&app, &shape, &provider, &key).await;
        for after_a_restart in [false, true] {
            for (model, key) in [
                ("reviewer", &key),
                ("other-model", &key),
                ("other-provider", &key),
                ("other-model", &other_key),
            ] {
                let mut again = Forgetful::new(key, false);
                again.model = model;
                again.messages.clone_from(&client.messages);
                again.send(&app).await;
                let what = format!("{}, {model}, restarted: {after_a_restart}", shape.name);
                let body = String::from_utf8_lossy(&provider.last().body).into_owned();
                if model == "reviewer" {
                    assert_eq!(back(&shape, &provider), shape.expected, "{what}");
                    assert!(!again.applied.contains("seals"), "{what}: {}", again.applied);
                } else {
                    assert!(!body.contains(SEAL), "{what}: {body}");
                    let told = again
                        .applied
                        .contains("reasoning=another model's seals left out (2)");
                    assert_eq!(told, shape.sealed, "{what}: {}", again.applied);
                }
            }
            if !after_a_restart {
                restarted(&mut app).await;
            }
        }
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seal_that_nobody_here_made_is_the_clients_business() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let details = json!([{"type": "reasoning.encrypted", "data": "from before Inglenook"}]);
    let body = json!({"model": "reviewer", "messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello.", "reasoning_details": details},
        {"role": "user", "content": "Go on."},
    ]});
    assert_eq!(app.chat(&key, &body).await.status(), 200);
    assert_eq!(
        provider.last().json()["messages"][2]["reasoning_details"],
        details
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rewritten_arguments_and_a_shortened_conversation_still_find_it() {
    for shape in shapes() {
        let provider = Provider::start().await;
        let app = app(&shape, &provider).await;
        let key = app.key().await;
        let mut client = Forgetful::new(&key, false);
        provider.will(shape.calls[0].clone());
        client.send(&app).await;
        // as Python writes it
        client.messages[1]["tool_calls"][0]["function"]["arguments"] =
            json!(r#"{"city": "K\u00f6ln", "days": [1, 2]}"#);
        provider.will(shape.says[0].clone());
        client.send(&app).await;
        client.ask("And tomorrow?");
        client.send(&app).await;
        assert_eq!(back(&shape, &provider), shape.expected, "{}", shape.name);
        assert_eq!(app.sessions().await.len(), 1, "{}: one conversation", shape.name);

        client.messages.remove(0);
        client
            .messages
            .insert(0, json!({"role": "user", "content": "In short: weather?"}));
        client.send(&app).await;
        let back = back(&shape, &provider);
        assert_eq!(back[0], shape.expected[0], "{}: by its call", shape.name);
        assert_eq!(
            back[1],
            Value::Null,
            "{}: there is nothing to know it by",
            shape.name
        );
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn call_ids_that_every_conversation_counts_anew_are_told_apart() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let answer = |thought: &str, name: &str| {
        let call = json!({"id": "call_0", "type": "function", "function": {"name": name, "arguments": "{}"}});
        let [whole, _] = chat(
            &json!({"content": null, "reasoning_content": thought, "tool_calls": [call]}),
            &[],
        );
        whole
    };
    let mut clients = Vec::new();
    for (question, thought, name) in [
        ("A?", "first", "get_weather"),
        ("B?", "second", "get_weather"),
        ("C?", "third", "get_time"),
    ] {
        provider.will(answer(thought, name));
        let mut client = Forgetful::new(&key, false);
        client.messages[0]["content"] = json!(question);
        client.send(&app).await;
        clients.push((client, thought));
    }
    for (mut client, thought) in clients {
        client.send(&app).await;
        let asked = provider.last().json();
        assert_eq!(asked["messages"][2]["reasoning_content"], thought);
        if thought == "first" {
            // shortened, it could only be found by its id, which leads to another tool by now
            client.messages[0]["content"] = json!("Else?");
            client.send(&app).await;
            let asked = provider.last().json();
            assert_eq!(asked["messages"][2].get("reasoning_content"), None);
        }
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_stores_nothing_has_it_in_memory_alone() {
    for policy in ["metadata", "none"] {
        for shape in shapes() {
            let provider = Provider::start().await;
            let mut app = app(&shape, &provider).await;
            let key = app.key_with(json!({"name": "private", "store": policy})).await;
            let mut client = Forgetful::new(&key, true);
            provider.will(shape.calls[1].clone());
            client.send(&app).await;
            provider.will(shape.says[1].clone());
            client.send(&app).await;
            client.ask("And tomorrow?");
            client.send(&app).await;
            assert_eq!(back(&shape, &provider), shape.expected, "{} {policy}", shape.name);
            restarted(&mut app).await;
            for secret in [THOUGHT, SEAL] {
                assert!(!app.disk_holds(secret), "{} {policy}: {secret}", shape.name);
            }
            client.send(&app).await;
            let back = back(&shape, &provider);
            assert_eq!(back[..2], [Value::Null, Value::Null], "{} {policy}", shape.name);
            app.finish().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_session_keeps_it_for_its_maker_alone() {
    for shape in shapes() {
        for stream in [false, true] {
            let what = format!("{}, streamed: {stream}", shape.name);
            let provider = Provider::start().await;
            let mut app = app(&shape, &provider).await;
            let key = app.key().await;
            let send = async |app: &TestApp, model: &str, message: &Value| {
                let body =
                    json!({"model": model, "session_id": "s", "stream": stream, "messages": [message]});
                let response = app.chat(&key, &body).await;
                assert_eq!(response.status(), 200);
                let _read = response.bytes().await.unwrap();
            };
            provider.will(shape.calls[usize::from(stream)].clone());
            send(&app, "reviewer", &json!({"role": "user", "content": "Weather?"})).await;
            provider.will(shape.says[usize::from(stream)].clone());
            let result = json!({"role": "tool", "tool_call_id": CALL, "content": "21 degrees"});
            send(&app, "reviewer", &result).await;
            assert_eq!(back(&shape, &provider), shape.expected[..1], "{what}");
            let question = json!({"role": "user", "content": "And tomorrow?"});
            for after_a_restart in [false, true] {
                send(&app, "other-model", &question).await;
                let body = String::from_utf8_lossy(&provider.last().body).into_owned();
                assert!(body.contains("Sunny.") && !body.contains(SEAL), "{what}: {body}");
                assert!(!body.contains("inglenook"), "{what}: {body}");
                send(&app, "reviewer", &question).await;
                assert_eq!(back(&shape, &provider)[..2], shape.expected, "{what}");
                let body = String::from_utf8_lossy(&provider.last().body).into_owned();
                assert!(!body.contains("inglenook"), "{what}: {body}");
                if !after_a_restart {
                    restarted(&mut app).await;
                }
            }
            app.finish().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_sends_what_the_endpoint_sends() {
    for shape in shapes() {
        let provider = Provider::start().await;
        let app = app(&shape, &provider).await;
        let key = app.key().await;
        let say = async |args: Value| {
            let started: gateway::control::ChatStarted = app.ask("chat.send", args).await;
            eventually("the answer", async || {
                let view = app.session(&started.session).await;
                let last = view.messages.last()?;
                (last.id == started.answer && last.state == domain::MessageState::Complete).then_some(())
            })
            .await;
            started.session
        };
        provider.will(shape.says[1].clone());
        let session = say(json!({"agent": "reviewer", "text": "Weather?"})).await;
        say(json!({"session": session, "text": "And tomorrow?"})).await;
        assert_eq!(back(&shape, &provider), shape.expected[1..], "{}", shape.name);
        let from_the_window = provider.last().json();

        say(json!({"session": session, "agent": "other-model", "text": "And then?"})).await;
        let body = String::from_utf8_lossy(&provider.last().body).into_owned();
        assert!(
            body.contains("Sunny.") && !body.contains(SEAL),
            "{}: {body}",
            shape.name
        );
        assert!(!body.contains("inglenook"), "{}: {body}", shape.name);

        let mut client = Forgetful::new(&key, true);
        provider.will(shape.says[1].clone());
        client.send(&app).await;
        client.ask("And tomorrow?");
        client.send(&app).await;
        let conversation = |body: &Value| (body["messages"].clone(), body["contents"].clone());
        assert_eq!(
            conversation(&provider.last().json()),
            conversation(&from_the_window),
            "{}",
            shape.name
        );
        app.finish().await;
    }
}
