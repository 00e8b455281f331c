//! Answers on their way: what they say is known at every moment, and what they grew by does not stay.

use std::time::Duration;

use domain::{Extra, Growth, MessageState, Part};
use store::Record;
use store::table::messages;

use crate::support::{TestStore, message, message_id, say, session_id};

/// An answer to message 1 of session 1 that has begun to say something.
async fn begun() -> TestStore {
    let store = TestStore::new();
    say(&store, &["question"]).await;
    let mut answer = message(2, 1, Some(1), "one ");
    answer.state = MessageState::Streaming;
    store.record(vec![Record::MessageAdded(answer)]).await.unwrap();
    store.flush().await.unwrap();
    store
}

fn grew(part: usize, from: usize, grown: Part) -> Record {
    Record::MessageGrew {
        id: message_id(2),
        growth: vec![Growth { part, from, grown }],
    }
}

fn call(arguments: &str) -> Part {
    Part::ToolCall {
        id: "c".into(),
        name: "look".into(),
        arguments: arguments.into(),
        extra: Extra::new(),
    }
}

async fn parts(store: &TestStore) -> (Vec<Part>, MessageState) {
    store.flush().await.unwrap();
    let read = |conn: &_| {
        let all = messages::of_session(conn, &session_id(1))?;
        let one = messages::get(conn, &message_id(2))?;
        let branch = messages::branch(conn, &session_id(1), &message_id(2))?;
        let children = messages::children(conn, &session_id(1), Some(&message_id(1)))?;
        assert_eq!(all.last(), one.as_ref());
        assert_eq!(branch, all);
        assert_eq!(children.first(), one.as_ref());
        Ok(one.unwrap())
    };
    let one = store.read(read).await.unwrap();
    (one.message.parts, one.state)
}

fn rows(store: &TestStore) -> i64 {
    let db = store.outside();
    db.query_row("SELECT count(*) FROM growth", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn an_answer_on_its_way_is_known_whole_and_stays_when_the_process_ends() {
    let store = begun().await;
    for record in [
        grew(0, 4, Part::text("two ")),
        grew(0, 8, Part::text("three")),
        grew(1, 0, call("{\"a\"")),
        grew(1, 4, call(":1}")),
    ] {
        store.record(vec![record]).await.unwrap();
    }
    let whole = vec![Part::text("one two three"), call("{\"a\":1}")];
    assert_eq!(parts(&store).await, (whole.clone(), MessageState::Streaming));

    let store = store.reopened().await;
    assert_eq!(parts(&store).await, (whole, MessageState::Failed));
    assert_eq!(rows(&store), 0);
    let found = store.search("three", None, 10).await.unwrap();
    assert_eq!(found.items.len(), 1, "it can be found");
}

#[tokio::test]
async fn growth_goes_when_its_answer_has_ended_and_stays_while_another_needs_it() {
    let store = begun().await;
    let mut other = message(3, 1, Some(1), "slow ");
    other.state = MessageState::Streaming;
    store
        .record(vec![
            grew(0, 4, Part::text("two")),
            Record::MessageAdded(other),
            Record::MessageGrew {
                id: message_id(3),
                growth: vec![Growth {
                    part: 0,
                    from: 5,
                    grown: Part::text("and steady"),
                }],
            },
            Record::MessageProgress {
                id: message_id(2),
                parts: vec![Part::text("one two.")],
                extra: Extra::new(),
                state: MessageState::Complete,
            },
            // the last words of a stream that was already ended
            grew(0, 7, Part::text(" more")),
        ])
        .await
        .unwrap();
    store.flush().await.unwrap();
    assert_eq!(rows(&store), 2);
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(rows(&store), 1);
    let read = |conn: &_| messages::of_session(conn, &session_id(1));
    let said: Vec<String> = store
        .read(read)
        .await
        .unwrap()
        .iter()
        .map(|stored| stored.message.plain_text())
        .collect();
    assert_eq!(said, ["question", "one two.", "slow and steady"]);
    store
        .record(vec![Record::MessageProgress {
            id: message_id(3),
            parts: vec![Part::text("slow")],
            extra: Extra::new(),
            state: MessageState::Stopped,
        }])
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(rows(&store), 0);
}
