//! Sessions and their trees of messages.

use std::collections::HashMap;

use domain::{
    Extra, Media, MediaSource, MessageId, MessageState, Part, RawJson, Role, SessionSource, StoredMessage,
    Timestamp, Wire,
};
use proptest::prelude::*;
use store::table::sessions::{SessionFilter, SourceFilter};
use store::{Record, table};

use crate::support::{TestStore, agent_id, key_id, message, message_id, say, session, session_id};

#[tokio::test]
async fn a_message_comes_back_as_it_was() {
    let store = TestStore::new();
    say(&store, &[]).await;
    let mut extra = Extra::new();
    extra.set("cache_control", RawJson::new(r#"{"type":"ephemeral"}"#));
    let image = Media {
        source: MediaSource::Base64 { data: "AAAA".into() },
        media_type: Some("image/png".into()),
        name: None,
        extra: Extra::new(),
    };
    let contents = [
        vec![Part::text("plain, ümläut and \u{0} nul")],
        vec![],
        vec![Part::text("")],
        vec![Part::text("two"), Part::text("parts")],
        vec![Part::Text {
            text: "marked".into(),
            extra: extra.clone(),
        }],
        vec![Part::Image(image), Part::text("what is this?")],
        vec![
            Part::Reasoning {
                text: "hm".into(),
                signature: Some("sealed".into()),
                extra: extra.clone(),
            },
            Part::ToolCall {
                id: "1".into(),
                name: "f".into(),
                arguments: "{broken".into(),
                extra: Extra::new(),
            },
            Part::Opaque {
                wire: Wire::Gemini,
                value: RawJson::new(r#"{"b":1,"a":2.50}"#),
            },
        ],
    ];
    let mut messages = Vec::new();
    for (n, parts) in (1..).zip(contents) {
        let mut stored = message(n, 1, None, "");
        stored.message.parts = parts;
        stored.message.role = Role::Developer;
        stored.message.extra = if n % 2 == 0 { extra.clone() } else { Extra::new() };
        messages.push(stored);
    }
    let records = messages.iter().cloned().map(Record::MessageAdded).collect();
    store.commit(records).await.unwrap();
    let read = store
        .read(|conn| table::messages::of_session(conn, &session_id(1)))
        .await
        .unwrap();
    assert_eq!(read, messages);
    let stored_twice: i64 = store
        .outside()
        .query_row(
            "SELECT count(*) FROM messages WHERE parts IS NOT NULL AND text = 'plain, ümläut and ' || char(0) || ' nul'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(stored_twice, 0, "a plain text is stored once");
}

#[tokio::test]
async fn a_stream_is_checkpointed_and_a_crash_marks_it() {
    let store = TestStore::new();
    say(&store, &["question"]).await;
    let mut answer = message(2, 1, Some(1), "");
    answer.state = MessageState::Streaming;
    let mut cut_off = message(3, 1, Some(1), "");
    cut_off.state = MessageState::Streaming;
    let mut details = Extra::new();
    details.set("reasoning_details", RawJson::new(r#"[{"b":1.0,"a":2}]"#));
    let progress = |id, text: &str, state| Record::MessageProgress {
        id: message_id(id),
        parts: vec![Part::text(text)],
        extra: match state {
            MessageState::Complete => details.clone(),
            MessageState::Streaming | MessageState::Stopped | MessageState::Failed => Extra::new(),
        },
        state,
    };
    store
        .commit(vec![
            Record::MessageAdded(answer),
            Record::MessageAdded(cut_off),
            progress(2, "half", MessageState::Streaming),
            progress(3, "what was there", MessageState::Streaming),
            progress(2, "whole", MessageState::Complete),
        ])
        .await
        .unwrap();
    // indexed up to here, so that the second has to be added to the index later
    assert_eq!(store.search("whole", None, 9).await.unwrap().items.len(), 1);
    let store = store.reopened().await;
    let read = store
        .read(|conn| table::messages::of_session(conn, &session_id(1)))
        .await
        .unwrap();
    let states: Vec<_> = read.iter().map(|m| (m.message.plain_text(), m.state)).collect();
    assert_eq!(
        states,
        [
            ("question".to_owned(), MessageState::Complete),
            ("whole".to_owned(), MessageState::Complete),
            ("what was there".to_owned(), MessageState::Failed),
        ]
    );
    assert_eq!(read[1].message.extra, details);
    assert_eq!(read[2].message.extra, Extra::new());
    let found = store.search("what was there", None, 9).await.unwrap();
    assert_eq!(found.items.len(), 1, "what is kept of it is searched");
}

#[tokio::test]
async fn the_list_is_paged_in_order_and_filtered() {
    let store = TestStore::new();
    let mut records = Vec::new();
    for n in 1..=25 {
        let mut session = session(n);
        // pairs share their moment, so that the id has to decide
        session.updated_at = Timestamp(i64::try_from(n / 2).unwrap());
        session.pinned = n == 3;
        session.agent = (n % 5 == 0).then(|| agent_id(1));
        if n > 20 {
            session.source = SessionSource::Client { key: key_id(n % 2) };
            session.external_id = Some(format!("chat {}", n % 2));
        }
        records.push(Record::SessionOpened(session));
    }
    store.commit(records).await.unwrap();
    store
        .write(|tx| table::sessions::delete(tx, &session_id(10), Timestamp(99)))
        .await
        .unwrap();

    let all = async |filter: SessionFilter| {
        let mut ids = Vec::new();
        let mut cursor = None;
        loop {
            let (filter, at) = (filter.clone(), cursor.take());
            let page = store
                .read(move |conn| table::sessions::list(conn, &filter, at.as_deref(), 7))
                .await
                .unwrap();
            ids.extend(page.items.iter().map(|s| s.created_at.millis()));
            match page.next {
                None => return ids,
                next => cursor = next,
            }
        }
    };
    let mut expected: Vec<i64> = (1..=25).rev().filter(|n| ![3, 10].contains(n)).collect();
    expected.insert(0, 3);
    assert_eq!(all(SessionFilter::default()).await, expected);
    let of_agent = SessionFilter {
        agent: Some(agent_id(1)),
        ..SessionFilter::default()
    };
    assert_eq!(all(of_agent).await, [25, 20, 15, 5]);
    let from = |source| SessionFilter {
        source: Some(source),
        ..SessionFilter::default()
    };
    assert_eq!(all(from(SourceFilter::App)).await.len(), 19);
    assert_eq!(all(from(SourceFilter::Clients)).await, [25, 24, 23, 22, 21]);
    assert_eq!(all(from(SourceFilter::Client(key_id(0)))).await, [24, 22]);
    let deleted = SessionFilter {
        deleted: true,
        ..SessionFilter::default()
    };
    assert_eq!(all(deleted).await, [10]);

    let bad = store
        .read(|conn| table::sessions::list(conn, &SessionFilter::default(), Some("1.x"), 7))
        .await;
    assert_eq!(bad.unwrap_err().param(), Some("cursor"));
    store
        .write(|tx| {
            let of = |key, name| {
                let source = SessionSource::Client { key: key_id(key) };
                table::sessions::by_external_id(tx, &source, name).map(|s| s.map(|s| s.created_at.millis()))
            };
            assert_eq!(of(1, "chat 1")?, Some(21), "the oldest is continued");
            assert_eq!(of(1, "chat 0")?, None, "another program's name");
            table::sessions::delete(tx, &session_id(21), Timestamp(99))?;
            assert_eq!(of(1, "chat 1")?, Some(23), "a deleted one is not continued");
            table::sessions::restore(tx, &session_id(21))?;
            table::sessions::rename(tx, &session_id(21), "New name")?;
            table::sessions::pin(tx, &session_id(21), true)?;
            let session = table::sessions::get(tx, &session_id(21))?;
            assert_eq!((session.title.as_str(), session.pinned), ("New name", true));
            assert!(table::sessions::rename(tx, &session_id(999), "x").is_err());
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_fingerprint_leads_to_the_newest_conversation() {
    let store = TestStore::new();
    let print = |n| Record::Fingerprint {
        digest: [7; 16],
        session: session_id(n),
        leaf: message_id(n),
    };
    let opened = |n| Record::SessionOpened(session(n));
    store
        .commit(vec![opened(1), opened(2), print(1), print(2)])
        .await
        .unwrap();
    let find = async || {
        store
            .read(|conn| table::fingerprints::find(conn, &[7; 16]))
            .await
            .unwrap()
    };
    assert_eq!(find().await, Some((session_id(2), message_id(2))));
    store
        .write(|tx| table::sessions::delete(tx, &session_id(2), Timestamp(9)))
        .await
        .unwrap();
    assert_eq!(find().await, None);
}

/// What a branch is, by the definition.
fn branch_by_hand(messages: &[StoredMessage], leaf: &MessageId) -> Vec<MessageId> {
    let parents: HashMap<_, _> = messages.iter().map(|m| (&m.id, m.parent.as_ref())).collect();
    let mut branch: Vec<MessageId> = std::iter::successors(Some(leaf), |id| parents[id])
        .cloned()
        .collect();
    branch.reverse();
    branch
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Trees of any shape in two sessions, told apart by the message's number.
    #[test]
    fn branches_and_forks_are_read_as_the_tree_says(
        picks in prop::collection::vec((0usize..1000, 0u8..2, 0u8..10), 1..60),
    ) {
        let mut messages: Vec<StoredMessage> = Vec::new();
        for (n, (pick, of, root)) in (1u128..).zip(picks) {
            let of = u128::from(of) + 1;
            let before: Vec<_> = messages.iter().filter(|m| m.session == session_id(of)).collect();
            let mut new = message(n, of, None, "text");
            if !before.is_empty() && root > 0 {
                new.parent = Some(before[pick % before.len()].id.clone());
            }
            messages.push(new);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = TestStore::new();
            let mut records = vec![Record::SessionOpened(session(1)), Record::SessionOpened(session(2))];
            records.extend(messages.iter().cloned().map(Record::MessageAdded));
            store.commit(records).await.unwrap();
            let expected = messages.clone();
            store.read(move |conn| {
                for message in &expected {
                    let branch = table::messages::branch(conn, &message.session, &message.id)?;
                    let ids: Vec<_> = branch.into_iter().map(|m| m.id).collect();
                    assert_eq!(ids, branch_by_hand(&expected, &message.id));
                    let other = if message.session == session_id(1) { session_id(2) } else { session_id(1) };
                    assert_eq!(table::messages::branch(conn, &other, &message.id)?, []);
                    let children = table::messages::children(conn, &message.session, Some(&message.id))?;
                    let by_hand: Vec<_> =
                        expected.iter().filter(|m| m.parent.as_ref() == Some(&message.id)).cloned().collect();
                    assert_eq!(children, by_hand);
                }
                for of in [1, 2] {
                    let roots = table::messages::children(conn, &session_id(of), None)?;
                    let by_hand: Vec<_> = expected
                        .iter()
                        .filter(|m| m.session == session_id(of) && m.parent.is_none())
                        .cloned()
                        .collect();
                    assert_eq!(roots, by_hand);
                }
                Ok(())
            }).await.unwrap();
        });
    }
}
