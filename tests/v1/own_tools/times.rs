//! How long each tool ran is told with what it gave, and stays with the answer.

use gateway::control::{ChatStarted, Notice, SessionView, ToolTime};
use serde_json::json;

use super::{WANTED, asks_streamed, call, world};
use crate::support::{Reply, SOON};

#[tokio::test(flavor = "multi_thread")]
async fn each_use_has_its_own_also_where_the_model_names_two_alike() {
    let (provider, app, _key) = world().await;
    let mut notices = app.engine().notices();
    provider.will(asks_streamed(
        "Let me see. ",
        &[call("call_1", "calculator", WANTED)],
    ));
    let again = call("call_1", "calculator", r#"{"expression":"391 + 1"}"#);
    provider.will(asks_streamed("And one more. ", &[again]));
    provider.will(Reply::stream(&["391."]));
    let started: ChatStarted = app
        .ask("chat.send", json!({"agent": "reckoner", "text": "How much?"}))
        .await;
    let mut told = Vec::new();
    loop {
        let next = tokio::time::timeout(SOON, notices.recv()).await;
        let notice = next.expect("a notice comes").unwrap();
        if matches!(notice, Notice::AnswerEnded { .. }) {
            break;
        }
        let Notice::AnswerStep { step, took_ms, .. } = notice else {
            continue;
        };
        if let domain::Part::ToolResult { call_id, .. } = *step {
            told.push(ToolTime {
                tool_call: call_id,
                took_ms,
            });
        } else {
            assert_eq!(took_ms, None, "nothing has run yet");
        }
    }
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|one| one.took_ms.is_some()), "{told:?}");

    let view: SessionView = app.ask("session.get", json!({"session": started.session})).await;
    let (question, answer) = (&view.messages[0], &view.messages[1]);
    assert_eq!(question.tool_times, []);
    assert_eq!(answer.tool_times, told, "what was told is what is kept");
    app.finish().await;
}
