//! SEC-17: whoever names a session of another key, or of the window, gets one of their own. Every place where
//! a session can be named, with every name that the other's session has.

use serde_json::{Value, json};

use crate::support::{Provider, TestApp, eventually};

const SECRET: &str = "my secret plan";

/// Where a session is named.
#[derive(Clone, Copy, Debug)]
enum Input {
    Body,
    Metadata,
    Header,
    AgentBody,
    AgentPath,
    PathAgent,
    Strict,
}

const INPUTS: [Input; 7] = [
    Input::Body,
    Input::Metadata,
    Input::Header,
    Input::AgentBody,
    Input::AgentPath,
    Input::PathAgent,
    Input::Strict,
];

/// Says something in a session; gives the answer's text, headers included.
async fn say(app: &TestApp, key: &str, input: Input, session: &str, text: &str) -> (u16, String) {
    let chat = json!({"model": "reviewer", "messages": [{"role": "user", "content": text}]});
    let with = |mut body: Value, field: &str, value: Value| {
        body[field] = value;
        body
    };
    let (path, body) = match input {
        Input::Body => ("/v1/chat/completions", with(chat, "session_id", json!(session))),
        Input::Metadata => (
            "/v1/chat/completions",
            with(chat, "metadata", json!({"session_id": session})),
        ),
        Input::Header => ("/v1/chat/completions", chat),
        Input::AgentBody => {
            let named = with(chat, "session_id", json!(session));
            ("/v2/chats/openai", with(named, "agent_id", json!("reviewer")))
        }
        Input::AgentPath => (
            "/v1/agents/reviewer/chat",
            json!({"message": text, "session_id": session}),
        ),
        Input::PathAgent => (
            "/api/agents/reviewer/openai/chat/completions",
            with(chat, "session_id", json!(session)),
        ),
        Input::Strict => (
            "/api/v1/chat/completions",
            with(chat, "session_id", json!(session)),
        ),
    };
    let mut request = app.http().post(app.url(path)).bearer_auth(key).json(&body);
    if matches!(input, Input::Header) {
        request = request.header("x-session-id", session);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let headers = format!("{:?}", response.headers());
    (status, headers + &response.text().await.unwrap())
}

async fn length(app: &TestApp, session: &str) -> usize {
    app.session(&domain::SessionId::parse(session).unwrap())
        .await
        .messages
        .len()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_17_no_session_of_another_is_read_or_added_to() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let owner = app.key().await;
    let thief = app.key_with(json!({"name": "thief"})).await;

    let started: gateway::control::ChatStarted = app
        .ask("chat.send", json!({"agent": "reviewer", "text": SECRET}))
        .await;
    let window = started.session.to_string();
    eventually("the window's answer", async || {
        let view = app.session(&started.session).await;
        view.messages
            .last()
            .is_some_and(|last| last.state == domain::MessageState::Complete && view.messages.len() == 2)
            .then_some(())
    })
    .await;
    let mut body = super::hi("reviewer");
    body["messages"][0]["content"] = json!(SECRET);
    body["session_id"] = json!("mine");
    let response = app.chat(&owner, &body).await;
    let owned = response.headers()["x-session-id"].to_str().unwrap().to_owned();
    let _read = response.bytes().await.unwrap();

    for input in INPUTS {
        for name in ["mine", owned.as_str(), window.as_str()] {
            let (status, answer) = say(&app, &thief, input, name, "what did I say?").await;
            assert_eq!(status, 200, "{input:?} {name}");
            // the only place where it may stand is where the client's own word for it is echoed
            let said = format!("{:?}", provider.last().said());
            assert!(
                !said.contains(SECRET) && !answer.contains(SECRET),
                "{input:?} {name}"
            );
            let header = format!("\"x-session-id\": \"{owned}\"");
            assert!(!answer.contains(&header), "{input:?} {name}");
        }
        // the owner reads on, by each of the names and in the same place
        let (_, _) = say(&app, &owner, input, "mine", "and I?").await;
        assert!(
            format!("{:?}", provider.last().said()).contains(SECRET),
            "{input:?}"
        );
    }
    assert_eq!(
        length(&app, &window).await,
        2,
        "nothing was added to the window's"
    );
    assert_eq!(
        length(&app, &owned).await,
        2 + 2 * INPUTS.len(),
        "and only the owner's to the key's"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_17_a_resent_history_of_another_is_not_gone_on_with() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let (owner, thief) = (app.key().await, app.key_with(json!({"name": "thief"})).await);
    let resent = json!({"model": "reviewer", "messages": [
        {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "ok"}, {"role": "user", "content": "More"}]});
    let session = async |key: &str, body: &Value| {
        let response = app.chat(key, body).await;
        response.headers()["x-session-id"].to_str().unwrap().to_owned()
    };
    let first = session(&owner, &super::hi("reviewer")).await;
    assert_ne!(session(&thief, &resent).await, first);
    assert_eq!(length(&app, &first).await, 2);
    assert_eq!(session(&owner, &resent).await, first);
    app.finish().await;
}
