//! The window's chat: notices in order, stop, regenerate, branches.

use domain::{FailureKind, MessageState, SessionId};
use gateway::control::{ChatStarted, Notice, PieceKind, Receipt, SessionView};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;

use crate::support::{Provider, Reply, SOON, TestApp, eventually};

/// What an answer looked like to a listener.
struct Heard {
    text: String,
    state: MessageState,
    receipt: Receipt,
}

async fn next(notices: &mut Receiver<Notice>) -> Notice {
    tokio::time::timeout(SOON, notices.recv())
        .await
        .expect("a notice comes")
        .unwrap()
}

/// Listens until the answer ends; pieces must be numbered from 1 without a gap.
async fn hear(notices: &mut Receiver<Notice>, started: &ChatStarted) -> Heard {
    let (mut text, mut last, mut begun) = (String::new(), 0, false);
    loop {
        match next(notices).await {
            Notice::AnswerStarted {
                session,
                message,
                call,
            } => {
                assert_eq!(
                    (&session, &message, &call),
                    (&started.session, &started.answer, &started.call)
                );
                begun = true;
            }
            Notice::AnswerPiece {
                message,
                seq,
                kind,
                text: piece,
                ..
            } => {
                assert!(begun && message == started.answer && kind == PieceKind::Text);
                assert_eq!(seq, last + 1);
                last = seq;
                text.push_str(&piece);
            }
            Notice::AnswerEnded {
                message,
                state,
                receipt,
                ..
            } => {
                assert!(begun && message == started.answer);
                return Heard { text, state, receipt };
            }
            Notice::Missed {} => panic!("notices were lost"),
            Notice::Changed { .. }
            | Notice::ApprovalWanted { .. }
            | Notice::Indexing { .. }
            | Notice::BudgetNear { .. }
            | Notice::Endpoint { .. }
            | Notice::Lan { .. }
            | Notice::VaultMoving { .. }
            | Notice::Vault { .. }
            | Notice::Starter { .. }
            | Notice::ProviderCheck { .. }
            | Notice::AnswerStep { .. } => {}
        }
    }
}

fn texts(view: &SessionView) -> Vec<String> {
    view.messages.iter().map(|one| one.message.plain_text()).collect()
}

async fn world() -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    (provider, app)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_arrives_in_numbered_pieces() {
    let (provider, app) = world().await;
    let mut notices = app.engine().notices();
    provider.will(Reply::stream(&["Hel", "lo", "."]));
    let started: ChatStarted = app
        .ask("chat.send", json!({"agent": "reviewer", "text": "Hi"}))
        .await;
    let heard = hear(&mut notices, &started).await;
    assert_eq!(
        (heard.text.as_str(), heard.state),
        ("Hello.", MessageState::Complete)
    );
    assert_eq!(heard.receipt.usage.map(domain::Usage::total), Some(15_000));
    assert_eq!(heard.receipt.failure, None);

    let view = app.session(&started.session).await;
    assert_eq!(texts(&view), ["Hi", "Hello."]);
    let answer = &view.messages[1];
    assert_eq!(
        (&answer.id, answer.parent.as_ref()),
        (&started.answer, Some(&started.message))
    );
    assert_eq!(
        answer.receipt.as_ref().map(|receipt| &receipt.call),
        Some(&started.call)
    );
    assert_eq!(
        (view.row.session.title.as_str(), view.row.client.as_deref()),
        ("Hi", None)
    );
    assert_eq!(view.row.agent_slug.as_deref(), Some("reviewer"));
    let call = app.newest_call().await;
    assert_eq!(
        (call.row.call.id, call.row.call.source),
        (started.call, domain::CallSource::Window)
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_reloads_in_the_middle_misses_nothing() {
    let (provider, app) = world().await;
    let mut notices = app.engine().notices();
    provider.will(
        Reply::pieces(&["One ", "two "])
            .wait(std::time::Duration::from_millis(300))
            .event(&json!({"choices": [{"index": 0, "delta": {"content": "three."}, "finish_reason": null}]}))
            .finish(),
    );
    let started: ChatStarted = app.ask("chat.send", json!({"text": "Count"})).await;
    let view = eventually("the middle of the answer", async || {
        let view = app.session(&started.session).await;
        view.messages
            .last()
            .is_some_and(|last| last.seq > 0)
            .then_some(view)
    })
    .await;
    let last = view.messages.last().unwrap();
    assert!(view.row.streaming);
    assert_eq!((&last.id, last.state), (&started.answer, MessageState::Streaming));
    // what the page has, and the pieces with higher numbers, are the whole answer
    let (mut text, have) = (last.message.plain_text(), last.seq);
    loop {
        let notice = next(&mut notices).await;
        if let Notice::AnswerPiece { seq, text: piece, .. } = notice {
            if seq > have {
                text.push_str(&piece);
            }
        } else if let Notice::AnswerEnded { .. } = notice {
            break;
        }
    }
    assert_eq!(text, "One two three.");
    app.finish().await;
}

/// A window that read its conversation and all lists again four times a second could not keep up with the typing.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_grows_makes_nothing_out_of_date() {
    let (provider, app) = world().await;
    let mut notices = app.engine().notices();
    // each is long enough to be written down at once
    let long = "word ".repeat(1000);
    let piece = json!({"choices": [{"index": 0, "delta": {"content": long}, "finish_reason": null}]});
    let reply = (0..5).fold(Reply::pieces(&["One"]), |reply, _| {
        reply.wait(std::time::Duration::from_millis(250)).event(&piece)
    });
    provider.will(reply.finish());
    let started: ChatStarted = app.ask("chat.send", json!({"text": "Count"})).await;
    let (mut heard, mut stale) = (0, Vec::new());
    while heard < 3 + 5 * long.len() {
        let notice = next(&mut notices).await;
        if let Notice::AnswerPiece { text, .. } = notice {
            heard += text.len();
        } else if let Notice::Changed { topic, .. } = notice
            // what tells of the beginning may come a little later
            && heard > 2 * long.len()
        {
            stale.push(topic);
        }
    }
    assert_eq!(stale, []);
    // and yet all of it is kept
    let kept = eventually("the end", async || {
        let view = app.session(&started.session).await;
        let last = view.messages.last()?;
        (last.state == MessageState::Complete).then_some(last.message.plain_text().len())
    })
    .await;
    assert_eq!(kept, heard);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_keeps_what_there_is() {
    let (provider, app) = world().await;
    let mut notices = app.engine().notices();
    provider.will(Reply::pieces(&["Half"]).stall());
    let started: ChatStarted = app
        .ask("chat.send", json!({"agent": "reviewer", "text": "Go"}))
        .await;
    while !matches!(next(&mut notices).await, Notice::AnswerPiece { .. }) {}
    let again = json!({"session": started.session, "text": "Impatient"});
    assert_eq!(
        app.refused("chat.send", again).await,
        FailureKind::Conflict,
        "one answer at a time"
    );

    let _stopped: Value = app.ask("chat.stop", json!({"session": started.session})).await;
    loop {
        if let Notice::AnswerEnded { state, .. } = next(&mut notices).await {
            assert_eq!(state, MessageState::Stopped);
            break;
        }
    }
    eventually("the provider to see the end", async || {
        (provider.aborted() == 1).then_some(())
    })
    .await;
    let view = app.session(&started.session).await;
    assert_eq!(texts(&view), ["Go", "Half"]);
    assert_eq!(view.messages[1].state, MessageState::Stopped);
    assert!(!view.row.streaming);
    assert_eq!(
        app.ended_call().await.row.outcome,
        Some(domain::Outcome::Cancelled)
    );

    // stopping nothing is no failure, and the chat goes on
    let _nothing: Value = app.ask("chat.stop", json!({"session": started.session})).await;
    let more: ChatStarted = app
        .ask("chat.send", json!({"session": started.session, "text": "On"}))
        .await;
    assert_eq!(hear(&mut notices, &more).await.state, MessageState::Complete);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_answer_has_a_place_and_its_reason() {
    let (provider, app) = world().await;
    for (reply, kept, kind) in [
        (
            Reply::refusal(401, "invalid_api_key", "No."),
            "",
            FailureKind::ProviderKeyRejected,
        ),
        (
            Reply::pieces(&["Be"]).cut(),
            "Be",
            FailureKind::UpstreamDisconnected,
        ),
    ] {
        let mut notices = app.engine().notices();
        provider.will(reply);
        let started: ChatStarted = app
            .ask("chat.send", json!({"agent": "reviewer", "text": "Hi"}))
            .await;
        let heard = hear(&mut notices, &started).await;
        assert_eq!((heard.text.as_str(), heard.state), (kept, MessageState::Failed));
        assert_eq!(heard.receipt.failure.map(|failure| failure.kind), Some(kind));
        let view = app.session(&started.session).await;
        assert_eq!(texts(&view), ["Hi", kept], "{kind:?}");
        assert_eq!(view.messages[1].state, MessageState::Failed);
        let failure = view.messages[1]
            .receipt
            .as_ref()
            .and_then(|receipt| receipt.failure.clone());
        assert_eq!(
            failure.map(|failure| failure.kind),
            Some(kind),
            "also after a reload"
        );
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn regenerating_and_following_an_older_message_make_branches() {
    let (provider, app) = world().await;
    let mut notices = app.engine().notices();
    provider.will(Reply::stream(&["first"]));
    let one: ChatStarted = app
        .ask("chat.send", json!({"agent": "reviewer", "text": "A"}))
        .await;
    hear(&mut notices, &one).await;
    let session: SessionId = one.session.clone();

    provider.will(Reply::stream(&["second"]));
    let two: ChatStarted = app.ask("chat.regenerate", json!({"session": session})).await;
    assert_eq!(two.message, one.message, "the same question");
    hear(&mut notices, &two).await;
    assert_eq!(
        provider.asked()[0].body,
        provider.asked()[1].body,
        "asked the same way"
    );
    let view = app.session(&session).await;
    assert_eq!(texts(&view), ["A", "second"]);
    assert_eq!(
        view.messages[1].branches,
        [one.answer.clone(), two.answer.clone()],
        "oldest first"
    );

    let back: SessionView = app
        .ask(
            "session.branch",
            json!({"session": session, "message": one.answer}),
        )
        .await;
    assert_eq!(texts(&back), ["A", "first"]);
    provider.will(Reply::stream(&["third"]));
    let three: ChatStarted = app
        .ask("chat.send", json!({"session": session, "text": "B"}))
        .await;
    hear(&mut notices, &three).await;
    assert_eq!(texts(&app.session(&session).await), ["A", "first", "B", "third"]);
    let said: Vec<String> = provider.last().said().into_iter().map(|(_, text)| text).collect();
    assert_eq!(
        said,
        ["Be brief.", "A", "first", "B"],
        "the model hears the branch that is shown"
    );

    provider.will(Reply::stream(&["fourth"]));
    let args = json!({"session": session, "text": "C", "parent": two.answer});
    let four: ChatStarted = app.ask("chat.send", args).await;
    hear(&mut notices, &four).await;
    assert_eq!(
        texts(&app.session(&session).await),
        ["A", "second", "C", "fourth"]
    );
    assert_eq!(app.sessions().await.len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_leaves_nothing() {
    let (provider, app) = world().await;
    for (args, kind) in [
        (
            json!({"agent": "reviewer", "text": " \n "}),
            FailureKind::InvalidRequest,
        ),
        (
            json!({"agent": "reviewer", "text": "x".repeat((8 << 20) + 1)}),
            FailureKind::InvalidRequest,
        ),
        (json!({"session": "se_0123", "text": "Hi"}), FailureKind::NotFound),
    ] {
        assert_eq!(app.refused("chat.send", args).await, kind);
    }
    assert_eq!(
        app.refused("chat.regenerate", json!({"session": "se_0123"}))
            .await,
        FailureKind::NotFound
    );
    assert!(app.sessions().await.is_empty());
    assert!(provider.asked().is_empty());
    app.finish().await;
}
