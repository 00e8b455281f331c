//! What the window sends beside text, and two agents that answer one message.

use base64ct::{Base64, Encoding};
use domain::{FailureKind, MediaSource, Part};
use gateway::control::{ChatStarted, MediaData, MessageView, SessionView};
use serde_json::{Value, json};

use crate::support::{Provider, Reply, TestApp, eventually};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";

fn file(name: &str, bytes: &[u8]) -> Value {
    json!({"name": name, "data": Base64::encode_string(bytes)})
}

/// The session once nothing is being written in it.
async fn settled(app: &TestApp, started: &ChatStarted) -> SessionView {
    eventually("the answer", async || {
        let args = json!({"session": started.session, "without_media": true});
        let view: SessionView = app.ask("session.get", args).await;
        (!view.row.streaming).then_some(view)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn files_reach_the_model_and_stay_in_the_session() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let sent: ChatStarted = app
        .ask(
            "chat.send",
            json!({
                "agent": "reviewer",
                "text": "What is this?",
                "attachments": [
                    file("a/b\\cat.exe", PNG),
                    file("notes.md", b"# Notes\nquince"),
                    file("paper.pdf", b"%PDF-1.7 paper"),
                ],
            }),
        )
        .await;
    let view = settled(&app, &sent).await;
    let asked = provider.last().json();
    let content = &asked["messages"][1]["content"];
    assert_eq!(content[0]["type"], "image_url", "{asked}");
    let image = format!("data:image/png;base64,{}", Base64::encode_string(PNG));
    assert_eq!(
        content[0]["image_url"]["url"], image,
        "told by its bytes, not by its name"
    );
    assert_eq!(
        content[1]["text"],
        "<file name=\"notes.md\">\n# Notes\nquince\n</file>"
    );
    assert_eq!(content[2]["file"]["filename"], "paper.pdf");
    assert_eq!(content[3]["text"], "What is this?");

    let own = &view.messages[0];
    let Part::Image(media) = &own.message.parts[0] else {
        panic!("{:?}", own.message.parts)
    };
    assert_eq!(media.name.as_deref(), Some("cat.exe"), "no path");
    assert_eq!(
        media.source,
        MediaSource::Base64 { data: String::new() },
        "the bytes are asked for one by one"
    );
    let data: MediaData = app
        .ask("session.media", json!({"message": own.id, "part": 0}))
        .await;
    assert_eq!(
        (data.media_type.as_deref(), data.data),
        (Some("image/png"), Base64::encode_string(PNG))
    );
    for part in [3, 9] {
        let args = json!({"message": own.id, "part": part});
        assert_eq!(app.refused("session.media", args).await, FailureKind::NotFound);
    }

    // an edited message keeps what it is told to keep
    let edited: ChatStarted = app
        .ask(
            "chat.send",
            json!({"session": sent.session, "text": "And now?", "instead_of": own.id, "keep": [1]}),
        )
        .await;
    let view = settled(&app, &edited).await;
    assert_eq!(view.messages[0].message.parts.len(), 2);
    assert!(provider.last().body.windows(6).any(|bytes| bytes == b"quince"));
    assert!(!String::from_utf8_lossy(&provider.last().body).contains("image_url"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_to_send_is_refused_before_anything_is_kept() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let big = vec![b'a'; (10 << 20) + 1];
    for (attachments, kind) in [
        (
            json!([file("tool.exe", b"MZ\x00\x01")]),
            FailureKind::InvalidRequest,
        ),
        (
            json!([{"name": "x.png", "data": "not base64"}]),
            FailureKind::InvalidRequest,
        ),
        (json!([file("big.txt", &big)]), FailureKind::BodyTooLarge),
        (
            Value::Array((0..11).map(|_| file("x.txt", b"x")).collect()),
            FailureKind::InvalidRequest,
        ),
    ] {
        let args = json!({"agent": "reviewer", "text": "Look", "attachments": attachments});
        assert_eq!(app.refused("chat.send", args).await, kind);
    }
    assert!(app.sessions().await.is_empty());
    assert!(provider.asked().is_empty());
    // a file alone is something to say, and names the chat
    let args = json!({"agent": "reviewer", "text": "", "attachments": [file("plan.txt", b"x")]});
    let started: ChatStarted = app.ask("chat.send", args).await;
    assert_eq!(settled(&app, &started).await.row.session.title, "plan.txt");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_answer_one_message_on_branches() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("poet", "mock/m", "In verse.").await;
    provider.answers_by(|asked| {
        let verse = asked.said().iter().any(|(_, text)| text == "In verse.");
        Reply::stream(if verse { &["A", " rhyme"] } else { &["A", " fact"] })
    });
    let started: ChatStarted = app
        .ask(
            "chat.send",
            json!({"agent": "reviewer", "also": "poet", "text": "Fire?"}),
        )
        .await;
    let beside = started.beside.clone().expect("two answers");
    let view = settled(&app, &started).await;
    let shown = &view.messages[1];
    assert_eq!(shown.branches, [started.answer.clone(), beside.clone()]);
    for of in [&started.answer, &beside] {
        let args = json!({"session": started.session, "message": of});
        let both: Vec<MessageView> = app.ask("session.beside", args).await;
        let told: Vec<(Option<&str>, String)> = both
            .iter()
            .map(|one| (one.answered_by.as_deref(), one.message.plain_text()))
            .collect();
        assert_eq!(
            told,
            [
                (Some("reviewer"), "A fact".to_owned()),
                (Some("poet"), "A rhyme".to_owned())
            ]
        );
    }
    assert_eq!(app.calls().await.len(), 2, "each is a call of its own");

    // one is chosen, and another agent is asked beside it
    let chosen: SessionView = app
        .ask(
            "session.branch",
            json!({"session": started.session, "message": beside}),
        )
        .await;
    assert_eq!(chosen.messages[1].message.plain_text(), "A rhyme");
    let third: ChatStarted = app
        .ask(
            "chat.regenerate",
            json!({"session": started.session, "message": started.answer, "agent": "mock/m"}),
        )
        .await;
    let view = settled(&app, &third).await;
    assert_eq!(view.messages[1].branches.len(), 3);
    assert_eq!(view.messages[1].answered_by.as_deref(), Some("mock/m"));
    let receipt = view.messages[1].receipt.as_ref().expect("a receipt");
    assert_eq!(receipt.finish, Some(domain::StopReason::Stop));
    app.finish().await;
}
