//! Pictures that tools of servers give: seen by models that see, named to those that do not, kept with the answer, and
//! never something else under their name.

use domain::{MediaSource, Part};
use gateway::control::{ChatStarted, MediaData, Notice, SessionView};
use serde_json::{Value, json};

use super::{add, agent, approve, asks_for, impatient, program, provider};
use crate::support::{Provider, Reply, SOON, TestApp};

const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const TOLD: &str = "Here:\n[an image, image/png, about ";

async fn world() -> (TestApp, Provider, String) {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let file = app.path("notes");
    add(&app, "demo", program("honest", file.to_str().unwrap())).await;
    approve(&app, "demo").await;
    agent(&app, &["demo/media"]).await;
    (app, provider, key)
}

/// Asks the agent for a picture of a kind; gives the answer, and what the model was told after its own call.
async fn seen(app: &TestApp, provider: &Provider, key: &str, kind: &str) -> (String, Vec<Value>) {
    provider.will(asks_for("demo__media", &json!({"kind": kind})));
    provider.will(Reply::text("I see."));
    let body =
        json!({"model": "worker", "session_id": kind, "messages": [{"role": "user", "content": "Do it."}]});
    let response = app.chat(key, &body).await;
    let status = response.status();
    let answer = response.text().await.unwrap();
    assert_eq!(status, 200, "{kind}: {answer}");
    let sent = provider.last().json();
    let messages = sent["messages"].as_array().unwrap();
    let call = messages
        .iter()
        .position(|one| one["role"] == "assistant")
        .unwrap();
    (answer, messages[call + 1..].to_vec())
}

fn shown() -> Value {
    json!([
        {"type": "text", "text": "The image that demo__media returned:"},
        {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{PNG}")}},
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_sees_is_shown_it_in_this_turn_and_the_next() {
    let (app, provider, key) = world().await;
    for kind in ["png", "blob"] {
        let (answer, told) = seen(&app, &provider, &key, kind).await;
        let [result, picture] = told.as_slice() else {
            panic!("{told:#?}");
        };
        assert_eq!(result["role"], "tool");
        let sentence = result["content"].as_str().unwrap();
        assert!(sentence.contains("image/png, about "), "{sentence}");
        assert_eq!(
            (&picture["role"], &picture["content"]),
            (&json!("user"), &shown())
        );
        assert!(
            !answer.contains(PNG) && !answer.contains("demo__media"),
            "{answer}"
        );
    }
    provider.will(Reply::text("Yes."));
    let body =
        json!({"model": "worker", "session_id": "png", "messages": [{"role": "user", "content": "Sure?"}]});
    assert_eq!(app.chat(&key, &body).await.status(), 200);
    let sent = provider.last().json();
    let roles: Vec<&str> = sent["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["role"].as_str().unwrap())
        .skip_while(|role| *role == "system")
        .collect();
    assert_eq!(roles, ["user", "assistant", "tool", "user", "assistant", "user"]);
    assert!(sent.to_string().contains(PNG));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_kept_with_the_answer_and_fetched_by_itself() {
    let (app, provider, key) = world().await;
    let _seen = seen(&app, &provider, &key, "png").await;
    let call = app.ended_call().await;
    assert!(
        app.disk_rows("tainted_sessions", "source = 'demo/media'"),
        "it came from outside"
    );
    let session = call.row.call.session.unwrap();
    let args = json!({"session": session, "without_media": true});
    let view: SessionView = app.ask("session.get", args).await;
    let answer = view.messages.last().unwrap();
    let Some(Part::ToolResult { call_id, parts, .. }) = answer
        .message
        .parts
        .iter()
        .find(|part| matches!(part, Part::ToolResult { .. }))
    else {
        panic!("{:#?}", answer.message);
    };
    let [Part::Text { text, .. }, Part::Image(image)] = parts.as_slice() else {
        panic!("{parts:#?}");
    };
    assert!(text.starts_with(TOLD), "{text}");
    assert_eq!(image.media_type.as_deref(), Some("image/png"));
    let empty = MediaSource::Base64 { data: String::new() };
    assert_eq!(image.source, empty, "a thread is opened without its bytes");
    let name = json!({"message": answer.id, "call": call_id, "part": 1});
    let media: MediaData = app.ask("session.media", name).await;
    assert_eq!(
        (media.data.as_str(), media.media_type.as_deref()),
        (PNG, Some("image/png"))
    );
    for (call, part) in [("call_1", 0), ("call_1", 2), ("call_2", 1)] {
        let name = json!({"message": answer.id, "call": call, "part": part});
        let kind = app.refused("session.media", name).await;
        assert_eq!(kind, domain::FailureKind::NotFound, "{call} {part}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_is_told_without_its_bytes() {
    let (app, provider, _key) = world().await;
    let mut notices = app.engine().notices();
    provider.will(asks_for("demo__media", &json!({"kind": "png"})));
    provider.will(Reply::stream(&["I see."]));
    let asked = json!({"agent": "worker", "text": "Do it."});
    let started: ChatStarted = app.ask("chat.send", asked).await;
    let mut given = None;
    loop {
        let next = tokio::time::timeout(SOON, notices.recv()).await;
        let notice = next.expect("a notice comes").unwrap();
        if matches!(notice, Notice::AnswerEnded { .. }) {
            break;
        }
        let Notice::AnswerStep { step, .. } = notice else {
            continue;
        };
        if matches!(*step, Part::ToolResult { .. }) {
            // as the window does while the answer is being written
            let name = json!({"message": started.answer, "call": "call_1", "part": 1});
            let media: MediaData = app.ask("session.media", name).await;
            assert_eq!(media.data, PNG);
            given = Some(serde_json::to_string(&step).unwrap());
        }
    }
    let given = given.expect("what the tool gave");
    assert!(given.contains("image/png") && !given.contains(PNG), "{given}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_known_to_see_nothing_is_told_in_words() {
    let (app, provider, key) = world().await;
    let listed = json!({"data": [{"id": "m", "architecture": {"input_modalities": ["text"]}}]});
    provider.will(Reply::json(200, &listed));
    let _list: Value = app.ask("provider.models", json!({"id": "mock"})).await;
    let (_, told) = seen(&app, &provider, &key, "png").await;
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(
        told[0]["content"].as_str().unwrap().starts_with(TOLD),
        "{told:#?}"
    );
    provider.will(Reply::text("Yes."));
    let body =
        json!({"model": "worker", "session_id": "png", "messages": [{"role": "user", "content": "Sure?"}]});
    let response = app.chat(&key, &body).await;
    let applied = response.headers()["x-inglenook-applied"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(applied.contains("images of tools"), "{applied}");
    assert!(!provider.last().json().to_string().contains(PNG));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_or_too_large_is_a_sentence_and_the_run_goes_on() {
    let (app, provider, key) = world().await;
    for (kind, said) in [
        ("svg", "[an image, image/svg+xml, about "),
        ("page", "[an image, text/html, about "),
        ("lie", "not shown: its bytes are no picture of a known kind]"),
        ("broken", "not shown: it is not base64]"),
        ("large", "not shown: it is larger than 3.75 MiB]"),
        ("failed", TOLD),
    ] {
        let (answer, told) = seen(&app, &provider, &key, kind).await;
        assert!(answer.contains("I see."), "{kind}: {answer}");
        assert_eq!(told.len(), 1, "{kind}: {told:#?}");
        let sentence = told[0]["content"].as_str().unwrap();
        assert!(sentence.contains(said), "{kind}: {sentence}");
    }
    let (_, told) = seen(&app, &provider, &key, "twelve").await;
    let shown = told[1]["content"].as_array().unwrap();
    assert_eq!(shown.len(), 20, "ten, each with its words");
    assert_eq!(
        told[0]["content"].as_str().unwrap().matches("too many").count(),
        2
    );
    assert!(!app.disk_holds("svg+xml;base64"));
    app.finish().await;
}
