//! A session in parts: its end first, what came before, and only what is new (U1, U5).

use domain::MessageId;
use gateway::control::{ChatStarted, MessageView, SessionView};
use serde_json::{Value, json};

use crate::support::{Provider, Reply, TestApp, eventually};

/// A conversation of the window with `rounds` questions and answers.
async fn conversation(app: &TestApp, provider: &Provider, rounds: usize) -> SessionView {
    let mut session = Value::Null;
    for round in 0..rounds {
        provider.will(Reply::text(&format!("answer {round}")));
        let args = json!({"session": session, "agent": "reviewer", "text": format!("question {round}")});
        let started: ChatStarted = app.ask("chat.send", args).await;
        session = json!(started.session);
        settled(app, &session).await;
    }
    whole(app, &session).await
}

async fn whole(app: &TestApp, session: &Value) -> SessionView {
    app.ask("session.get", json!({"session": session})).await
}

async fn settled(app: &TestApp, session: &Value) -> SessionView {
    eventually("the answer's end", async || {
        let view = whole(app, session).await;
        (!view.row.streaming).then_some(view)
    })
    .await
}

fn ids(messages: &[MessageView]) -> Vec<&MessageId> {
    messages.iter().map(|message| &message.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_comes_first_and_what_came_before_fits_to_it() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let all = conversation(&app, &provider, 4).await;
    assert_eq!(all.messages.len(), 8);
    assert_eq!(all.after, None);
    let id = &all.row.session.id;
    for last in [0_usize, 1, 3, 7, 8, 100] {
        let end: SessionView = app.ask("session.get", json!({"session": id, "last": last})).await;
        let cut = 8 - last.min(8);
        assert_eq!(end.messages, all.messages[cut..], "the last {last}");
        assert_eq!(end.row, all.row);
        let Some(until) = end.after else {
            assert_eq!(cut, 0);
            continue;
        };
        let before: SessionView = app
            .ask("session.get", json!({"session": id, "until": until}))
            .await;
        assert_eq!(before.messages, all.messages[..cut], "before the last {last}");
        assert_eq!(before.after, None);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_caller_holds_is_left_out() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let all = conversation(&app, &provider, 3).await;
    let id = json!(all.row.session.id);
    let held = ids(&all.messages);
    let after = async |known: Vec<&MessageId>| -> SessionView {
        app.ask("session.get", json!({"session": id, "known": known}))
            .await
    };
    // the deepest of them counts, in whatever order they are named, and strangers do not
    let stranger = MessageId::parse(&format!("ms_{:032x}", 7)).unwrap();
    let part = after(vec![held[3], &stranger, held[1]]).await;
    assert_eq!(part.messages, all.messages[4..]);
    assert_eq!(part.after.as_ref(), Some(held[3]));
    let part = after(vec![held[5]]).await;
    assert!(part.messages.is_empty());
    assert_eq!(part.after.as_ref(), Some(held[5]));
    let part = after(vec![&stranger]).await;
    assert_eq!(part.messages, all.messages);
    assert_eq!(part.after, None);

    // an answer that is being written beside the one that is held follows what both answer
    provider.will(Reply::pieces(&["another"]).stall());
    let args = json!({"session": id, "message": held[5], "agent": "reviewer"});
    let started: ChatStarted = app.ask("chat.regenerate", args).await;
    let part = after(held.clone()).await;
    assert_eq!(part.after.as_ref(), Some(held[4]));
    assert_eq!(ids(&part.messages), [&started.answer]);
    assert_eq!(
        part.messages[0].branches,
        [held[5].clone(), started.answer.clone()]
    );
    // stopped before it was asked, the provider would keep its silence for the next question
    eventually("the question", async || {
        (provider.asked().len() == 4).then_some(())
    })
    .await;
    let _: Value = app.ask("chat.stop", json!({"session": id})).await;
    let now = settled(&app, &id).await;
    let part = after(held.clone()).await;
    assert_eq!(part.after.as_ref(), Some(held[4]));
    assert_eq!(part.messages, now.messages[5..]);

    // the branch that is shown turns off above everything that is held but the first
    provider.will(Reply::text("answer to something else"));
    let args = json!({"session": id, "agent": "reviewer", "text": "something else", "instead_of": held[2]});
    let _: ChatStarted = app.ask("chat.send", args).await;
    let now = settled(&app, &id).await;
    assert_eq!(now.messages.len(), 4);
    let part = after(held.clone()).await;
    assert_eq!(part.after.as_ref(), Some(held[1]));
    assert_eq!(part.messages, now.messages[2..]);
    assert_eq!(part.messages[0].branches.len(), 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_another_session_is_not_found() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let one = conversation(&app, &provider, 1).await;
    let other = conversation(&app, &provider, 1).await;
    let args = json!({"session": one.row.session.id, "until": other.messages[0].id});
    assert_eq!(
        app.refused("session.get", args).await,
        domain::FailureKind::NotFound
    );
    let args = json!({"session": one.row.session.id, "known": [other.messages[0].id]});
    let part: SessionView = app.ask("session.get", args).await;
    assert_eq!(part.messages, one.messages);
    app.finish().await;
}
