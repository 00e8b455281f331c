//! Which conversation a call belongs to (design.md 7).

use serde_json::{Value, json};

use super::hi;
use crate::support::{Provider, Reply, TestApp};

fn says(app_model: &str, messages: &[(&str, &str)]) -> Value {
    let messages: Vec<Value> = messages
        .iter()
        .map(|(role, content)| json!({"role": role, "content": content}))
        .collect();
    json!({"model": app_model, "messages": messages})
}

/// Sends, and gives the session that it landed in.
async fn session_of(app: &TestApp, key: &str, body: &Value) -> String {
    let response = app.chat(key, body).await;
    assert_eq!(response.status(), 200);
    let session = response.headers()["x-session-id"].to_str().unwrap().to_owned();
    let _read = response.bytes().await.unwrap();
    session
}

/// Role and text of what the session shows.
async fn shown(app: &TestApp, session: &str) -> Vec<(String, String)> {
    let view = app.session(&domain::SessionId::parse(session).unwrap()).await;
    view.messages
        .iter()
        .map(|one| (one.role.as_str().to_owned(), one.message.plain_text()))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(role, text)| ((*role).to_owned(), (*text).to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resent_history_is_one_session_and_not_doubled() {
    let provider = Provider::start().await;
    let mut app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    for text in ["one", "two", "three", "four"] {
        provider.will(Reply::text(text));
    }
    let first = session_of(&app, &key, &says("reviewer", &[("system", "v1"), ("user", "A")])).await;
    // editors change their instructions from call to call, and trim what they resend
    let again = says(
        "reviewer",
        &[
            ("system", "v2"),
            ("user", "A"),
            ("assistant", "one\n"),
            ("user", "B"),
        ],
    );
    assert_eq!(session_of(&app, &key, &again).await, first);
    let third = [
        ("user", "A"),
        ("assistant", "one"),
        ("user", "B"),
        ("assistant", "two"),
        ("user", "C"),
    ];
    assert_eq!(session_of(&app, &key, &says("reviewer", &third)).await, first);
    let all = [
        ("system", "v1"),
        ("user", "A"),
        ("assistant", "one"),
        ("user", "B"),
        ("assistant", "two"),
        ("user", "C"),
        ("assistant", "three"),
    ];
    assert_eq!(shown(&app, &first).await, pairs(&all), "each thing once");
    assert_eq!(app.sessions().await.len(), 1);
    assert_eq!(app.calls().await.len(), 3);
    let sent = provider.last().said();
    assert_eq!(
        sent[1..],
        pairs(&third),
        "the caller's own words go out, not the stored ones twice"
    );

    // also after a restart, when nothing is in memory any more
    app.restart().await;
    let fourth = [&third[..], &[("assistant", "three"), ("user", "D")]].concat();
    let back = json!({"id": "mock", "key": crate::support::app::CANARY});
    let _forgotten_with_the_process: Value = app.ask("provider.set_key", back).await;
    assert_eq!(session_of(&app, &key, &says("reviewer", &fourth)).await, first);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unrelated_calls_are_sessions_of_their_own() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let one = session_of(&app, &key, &hi("reviewer")).await;
    let two = session_of(&app, &key, &hi("reviewer")).await;
    assert_ne!(one, two, "the same first words are no resent history");
    let other_key = app.key_with(json!({"name": "other"})).await;
    let resent = says(
        "reviewer",
        &[("user", "Hi"), ("assistant", "ok"), ("user", "More")],
    );
    let three = session_of(&app, &other_key, &resent).await;
    assert!(
        three != one && three != two,
        "another key's history is not continued (SEC-17)"
    );
    assert_eq!(app.sessions().await.len(), 3);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_can_be_named_in_three_places() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let mut in_body = hi("reviewer");
    in_body["session_id"] = json!("chat-7");
    let mut in_metadata = hi("reviewer");
    in_metadata["metadata"] = json!({"session_id": "chat-7"});

    let first = session_of(&app, &key, &in_body).await;
    in_metadata["messages"][0]["content"] = json!("And then?");
    assert_eq!(session_of(&app, &key, &in_metadata).await, first);
    let expected = [
        ("system", "Be brief."),
        ("user", "Hi"),
        ("assistant", "ok"),
        ("user", "And then?"),
    ];
    assert_eq!(
        provider.last().said(),
        pairs(&expected),
        "the server's own history goes before what is new"
    );

    let url = app.url("/v1/chat/completions");
    let sending = app
        .http()
        .post(url)
        .bearer_auth(&key)
        .header("x-session-id", "chat-7");
    let body = says("reviewer", &[("user", "Third")]);
    let response = sending.json(&body).send().await.unwrap();
    assert_eq!(response.headers()["x-session-id"].to_str().unwrap(), first);
    // the session's own id is a name of it too
    let mut by_id = says("reviewer", &[("user", "Fourth")]);
    by_id["session_id"] = json!(first);
    assert_eq!(session_of(&app, &key, &by_id).await, first);

    let said: Vec<String> = shown(&app, &first)
        .await
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert_eq!(
        said,
        ["Hi", "ok", "And then?", "ok", "Third", "ok", "Fourth", "ok"]
    );
    assert_eq!(app.sessions().await.len(), 1);
    assert!(
        !String::from_utf8_lossy(&provider.last().body).contains("session_id"),
        "the name is ours, not the provider's"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_session_whose_history_is_resent_is_not_doubled() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let mut body = says("reviewer", &[("user", "A")]);
    body["session_id"] = json!("s");
    let first = session_of(&app, &key, &body).await;
    let mut body = says("reviewer", &[("user", "A"), ("assistant", "ok"), ("user", "B")]);
    body["session_id"] = json!("s");
    assert_eq!(session_of(&app, &key, &body).await, first);
    let expected = [
        ("user", "A"),
        ("assistant", "ok"),
        ("user", "B"),
        ("assistant", "ok"),
    ];
    assert_eq!(shown(&app, &first).await, pairs(&expected));
    assert_eq!(provider.last().said()[1..], pairs(&expected[..3]));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_keys_session_cannot_be_read_or_continued() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let other = app.key_with(json!({"name": "other"})).await;
    let mut body = says("reviewer", &[("user", "my secret plan")]);
    body["session_id"] = json!("mine");
    let mine = session_of(&app, &key, &body).await;
    for name in ["mine", mine.as_str()] {
        let mut body = says("reviewer", &[("user", "what did I say?")]);
        body["session_id"] = json!(name);
        assert_ne!(session_of(&app, &other, &body).await, mine);
        assert!(
            !format!("{:?}", provider.last().said()).contains("secret plan"),
            "{name}"
        );
    }
    assert_eq!(shown(&app, &mine).await.len(), 2, "and nothing was added to it");
    app.finish().await;
}
