//! Sessions that a program names, and what it may do with the name: use it at once from two threads, try
//! again, edit what it said, or put it on calls that have nothing to do with each other.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Provider, Reply, TestApp};

/// A provider that takes a moment and answers "re: " and what was said last.
async fn echo() -> Provider {
    let provider = Provider::start().await;
    provider.answers_by(|asked| {
        let said = asked.said().pop().map_or(String::new(), |(_, text)| text);
        let answer = json!({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": format!("re: {said}")}}]});
        Reply::new(200, "application/json")
            .wait(Duration::from_millis(40))
            .send(answer.to_string())
    });
    provider
}

fn body(session: Option<&str>, messages: &[(&str, &str)]) -> Value {
    let messages: Vec<Value> = messages
        .iter()
        .map(|(role, content)| json!({"role": role, "content": content}))
        .collect();
    json!({"model": "reviewer", "messages": messages, "session_id": session})
}

async fn sent(app: &TestApp, key: &str, body: &Value) -> (u16, String) {
    labelled(app, key, None, body).await
}

/// Sends with a label in the header; gives the status and the session.
async fn labelled(app: &TestApp, key: &str, label: Option<&str>, body: &Value) -> (u16, String) {
    let request = app.http().post(app.url("/v1/chat/completions")).bearer_auth(key);
    let request = match label {
        Some(label) => request.header("x-session-id", label),
        None => request,
    };
    let response = request.json(body).send().await.unwrap();
    let session = response.headers().get("x-session-id");
    let session = session.map_or(String::new(), |id| id.to_str().unwrap().to_owned());
    (response.status().as_u16(), session)
}

/// What the provider was told last, without the agent's instructions.
fn told(provider: &Provider) -> Vec<String> {
    let said = provider.last().said().into_iter().skip(1);
    said.map(|(_, text)| text).collect()
}

async fn shown(app: &TestApp, session: &str) -> Vec<String> {
    let view = app.session(&domain::SessionId::parse(session).unwrap()).await;
    view.messages.iter().map(|one| one.message.plain_text()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn first_calls_at_once_open_one_session() {
    let provider = echo().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    for round in 0..5 {
        let name = format!("chat-{round}");
        let calls = (0..8).map(|n| {
            let (app, key, name) = (&app, &key, &name);
            async move { sent(app, key, &body(Some(name), &[("user", &format!("q{n}"))])).await }
        });
        let sessions: BTreeSet<(u16, String)> =
            futures_util::future::join_all(calls).await.into_iter().collect();
        assert_eq!(sessions.len(), 1, "one session: {sessions:?}");
        // each question stands for itself, and the next call goes on after one of them
        let (_, session) = sessions.into_iter().next().unwrap();
        assert_eq!(
            sent(&app, &key, &body(Some(&name), &[("user", "and now?")]))
                .await
                .1,
            session
        );
        let mut told = told(&provider);
        assert_eq!(told.pop().as_deref(), Some("and now?"));
        assert!(!told.is_empty());
        for exchange in told.chunks(2) {
            assert_eq!(
                exchange[1],
                format!("re: {}", exchange[0]),
                "an answer follows its own question"
            );
        }
        assert_eq!(shown(&app, &session).await[..told.len()], told[..]);
    }
    assert_eq!(app.sessions().await.len(), 5);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_calls_at_once_fork_a_session() {
    let provider = echo().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let (_, session) = sent(&app, &key, &body(Some("s"), &[("user", "a")])).await;
    let (one, two) = (
        body(Some("s"), &[("user", "b")]),
        body(Some("s"), &[("user", "c")]),
    );
    let both = futures_util::future::join(sent(&app, &key, &one), sent(&app, &key, &two)).await;
    assert_eq!(both, ((200, session.clone()), (200, session.clone())));
    let said: Vec<Vec<(String, String)>> = provider.asked()[1..].iter().map(|asked| asked.said()).collect();
    for last in ["b", "c"] {
        assert!(
            said.iter().any(|said| said[1..]
                .iter()
                .map(|(_, text)| text.as_str())
                .eq(["a", "re: a", last])),
            "neither sees the other half done: {said:?}"
        );
    }
    let shown = shown(&app, &session).await;
    assert_eq!(shown.len(), 4, "{shown:?}");
    assert_eq!(shown[3], format!("re: {}", shown[2]));
    assert_eq!(app.sessions().await.len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_and_is_sent_again_is_not_doubled() {
    let provider = echo().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    for messages in [&[("user", "a")][..], &[("user", "b")]] {
        let body = body(Some("s"), messages);
        provider.will(Reply::refusal(400, "invalid_value", "not today"));
        assert_eq!(sent(&app, &key, &body).await.0, 400);
        assert_eq!(sent(&app, &key, &body).await.0, 200);
    }
    assert_eq!(told(&provider), ["a", "re: a", "b"]);
    let (_, session) = sent(&app, &key, &body(Some("s"), &[("user", "c")])).await;
    assert_eq!(
        shown(&app, &session).await,
        ["a", "re: a", "b", "re: b", "c", "re: c"]
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_history_is_a_branch() {
    let provider = echo().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let original = [
        ("user", "a"),
        ("assistant", "re: a"),
        ("user", "b"),
        ("assistant", "re: b"),
        ("user", "c"),
    ];
    for upto in [1, 3, 5] {
        sent(&app, &key, &body(Some("s"), &original[..upto])).await;
    }
    let edited = [("user", "a"), ("assistant", "re: a"), ("user", "B")];
    let (_, session) = sent(&app, &key, &body(Some("s"), &edited)).await;
    assert_eq!(
        told(&provider),
        ["a", "re: a", "B"],
        "what the client says now, and nothing of before"
    );
    assert_eq!(shown(&app, &session).await, ["a", "re: a", "B", "re: B"]);
    // and back to what it was: beside the edit, not below it
    let (_, again) = sent(&app, &key, &body(Some("s"), &original[..3])).await;
    assert_eq!(again, session);
    assert_eq!(told(&provider), ["a", "re: a", "b"]);
    // a first message that is another one is another beginning
    let elsewhere = [("user", "A"), ("assistant", "re: A"), ("user", "more")];
    assert_eq!(sent(&app, &key, &body(Some("s"), &elsewhere)).await.1, session);
    assert_eq!(told(&provider), ["A", "re: A", "more"]);
    assert_eq!(shown(&app, &session).await, ["A", "re: A", "more", "re: more"]);
    assert_eq!(app.sessions().await.len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tools_results_alone_go_on_where_the_call_was_made() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let call = json!({"role": "assistant", "content": null,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]});
    let wants = json!({"id": "x", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": call}]});
    let result = json!({"role": "tool", "tool_call_id": "c1", "content": "seen"});
    // with the call it answers or without it
    for (name, messages) in [("alone", json!([result])), ("with", json!([call, result]))] {
        provider.will(Reply::json(200, &wants));
        let mut asked = body(Some(name), &[("user", "look")]);
        asked["tools"] = json!([{"type": "function", "function": {"name": "f"}}]);
        let (_, session) = sent(&app, &key, &asked).await;
        asked["messages"] = messages;
        assert_eq!(sent(&app, &key, &asked).await, (200, session.clone()), "{name}");
        let said = provider.last().said();
        let roles: Vec<&str> = said.iter().map(|(role, _)| role.as_str()).collect();
        assert_eq!(roles, ["system", "user", "assistant", "tool"], "{name}");
        assert_eq!(shown(&app, &session).await, ["look", "", "seen", "ok"], "{name}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn side_calls_under_the_same_label_stay_apart() {
    // as opencode does: a title and the answer at once, under one header
    let provider = echo().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let title = body(
        None,
        &[
            ("system", "You make titles."),
            ("user", "Generate a title for this conversation:"),
            ("user", "say hi"),
        ],
    );
    let main = |messages: &[(&str, &str)]| {
        body(
            None,
            &[&[("system", "You are a coding agent.")], messages].concat(),
        )
    };
    for order in 0..6 {
        let label = format!("ses_{order}");
        let first = main(&[("user", "say hi")]);
        let (title_call, main_call) = (
            labelled(&app, &key, Some(&label), &title),
            labelled(&app, &key, Some(&label), &first),
        );
        let (of_title, of_main) = match order % 3 {
            0 => futures_util::future::join(title_call, main_call).await,
            1 => (title_call.await, main_call.await),
            _ => {
                let of_main = main_call.await;
                (title_call.await, of_main)
            }
        };
        assert_eq!((of_title.0, of_main.0), (200, 200));
        assert_ne!(of_title.1, of_main.1, "order {order}");
        assert_eq!(
            shown(&app, &of_main.1).await,
            ["You are a coding agent.", "say hi", "re: say hi"]
        );

        // the editor's instructions change with every turn; the conversation is recognised all the same
        let mut second = main(&[("user", "say hi"), ("assistant", "re: say hi"), ("user", "more")]);
        second["messages"][0]["content"] = json!("You are a coding agent. It is noon.");
        let (_, session) = labelled(&app, &key, Some(&label), &second).await;
        assert_eq!(session, of_main.1, "order {order}");
        assert_eq!(told(&provider)[1..], ["say hi", "re: say hi", "more"]);
    }
    for asked in provider.asked() {
        let said = format!("{:?}", asked.said());
        assert!(
            !(said.contains("make titles") && said.contains("coding agent")),
            "no call hears of the other: {said}"
        );
    }
    // our own word for a session, sent back as we gave it, is no label
    let (_, session) = labelled(&app, &key, None, &main(&[("user", "a")])).await;
    let other = body(None, &[("system", "It is noon."), ("user", "b")]);
    assert_eq!(labelled(&app, &key, Some(&session), &other).await.1, session);
    // a program that keeps no history, and says so by sending none, is given the server's
    for (text, expected) in [("a", &["a"][..]), ("b", &["a", "re: a", "b"])] {
        labelled(&app, &key, Some("thin"), &body(None, &[("user", text)])).await;
        assert_eq!(told(&provider), expected);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_called_by_its_first_words() {
    let provider = echo().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let title = async |session: &str| {
        let view = app.session(&domain::SessionId::parse(session).unwrap()).await;
        view.row.session.title
    };
    let (_, session) = sent(&app, &key, &body(None, &[("user", "Why is\nthe sky blue?")])).await;
    assert!(title(&session).await.starts_with("api:"), "one call");
    let longer = [
        ("user", "Why is\nthe sky blue?"),
        ("assistant", "re: Why is\nthe sky blue?"),
        ("user", "And at night?"),
    ];
    assert_eq!(sent(&app, &key, &body(None, &longer)).await.1, session);
    assert_eq!(title(&session).await, "Why is", "a conversation");

    // a name that a person gave stays
    let (_, session) = sent(&app, &key, &body(None, &[("user", "Other")])).await;
    let _named: Value = app
        .ask("session.rename", json!({"session": session, "title": "Mine"}))
        .await;
    let longer = [("user", "Other"), ("assistant", "re: Other"), ("user", "More")];
    assert_eq!(sent(&app, &key, &body(None, &longer)).await.1, session);
    assert_eq!(title(&session).await, "Mine");
    // and one that is named or resent from the beginning is a conversation already
    let (_, named) = sent(&app, &key, &body(Some("s"), &[("user", "Named")])).await;
    assert_eq!(title(&named).await, "Named");
    let unseen = [
        ("user", "Resent"),
        ("assistant", "before our time"),
        ("user", "More"),
    ];
    let (_, resent) = sent(&app, &key, &body(None, &unseen)).await;
    assert_eq!(title(&resent).await, "Resent");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_session_is_not_gone_on_with() {
    let provider = echo().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let (_, first) = sent(&app, &key, &body(Some("s"), &[("user", "forget me")])).await;
    let _gone: Value = app.ask("session.delete", json!({"session": first})).await;
    for name in ["s", first.as_str()] {
        let (_, session) = sent(&app, &key, &body(Some(name), &[("user", "new")])).await;
        assert_ne!(session, first, "{name}");
        assert_eq!(told(&provider), ["new"], "{name}");
    }
    // nor is one that is recognised by what was said, unless it comes back
    let (_, second) = sent(&app, &key, &body(None, &[("user", "me too")])).await;
    let resent = body(
        None,
        &[("user", "me too"), ("assistant", "re: me too"), ("user", "more")],
    );
    let _gone: Value = app.ask("session.delete", json!({"session": second})).await;
    assert_ne!(sent(&app, &key, &resent).await.1, second);
    let _back: Value = app.ask("session.restore", json!({"session": second})).await;
    let third = body(
        None,
        &[("user", "me too"), ("assistant", "re: me too"), ("user", "other")],
    );
    assert_eq!(sent(&app, &key, &third).await.1, second);
    app.finish().await;
}
