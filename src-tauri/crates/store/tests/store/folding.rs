//! Records of one batch are folded: what the database holds afterwards is what it holds when each of them is
//! committed alone.
#![expect(
    clippy::disallowed_methods,
    reason = "each test waits for the tasks it spawns"
)]

use std::sync::mpsc;

use domain::{CallSource, Extra, MessageState, Outcome, Part, RawJson, Timestamp, Usage};
use rusqlite::types::Value;
use store::table::details::Kept;
use store::{Record, StoreOptions};

use crate::support::{TestStore, attempt, call, call_id, entry, message, message_id, session, session_id};

/// Everything that records write, as text.
fn rows(store: &TestStore) -> Vec<String> {
    let db = store.outside();
    let mut all = Vec::new();
    for table in [
        "sessions",
        "messages",
        "calls",
        "entries",
        "fingerprints",
        "call_details",
        "later_requests",
        "timelines",
    ] {
        let mut read = db
            .prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2"))
            .unwrap();
        let columns = read.column_count();
        let mut found = read.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<Value> = (0..columns).map(|at| row.get(at).unwrap()).collect();
            all.push(format!("{table} {values:?}"));
        }
    }
    all
}

async fn one_by_one(records: &[Record]) -> Vec<String> {
    let store = TestStore::with(StoreOptions::default());
    for record in records {
        store.record(vec![record.clone()]).await.unwrap();
        store.flush().await.unwrap();
    }
    rows(&store)
}

/// In as few batches as the writer makes of them when it was busy before.
async fn together(records: &[Record], in_jobs_of: usize) -> Vec<String> {
    let store = TestStore::with(StoreOptions::default());
    let (let_go, held) = mpsc::channel::<()>();
    let (started, began) = tokio::sync::oneshot::channel();
    let busy = (*store).clone();
    let holding = tokio::spawn(async move {
        busy.write(move |_| {
            started.send(()).unwrap();
            let _ended = held.recv();
            Ok(())
        })
        .await
    });
    began.await.unwrap();
    for job in records.chunks(in_jobs_of) {
        store.record(job.to_vec()).await.unwrap();
    }
    drop(let_go);
    holding.await.unwrap().unwrap();
    store.flush().await.unwrap();
    rows(&store)
}

fn touched(leaf: Option<u128>, at: i64) -> Record {
    Record::SessionTouched {
        id: session_id(1),
        leaf: leaf.map(message_id),
        updated_at: Timestamp(at),
    }
}

fn progress(id: u128, text: &str, state: MessageState) -> Record {
    Record::MessageProgress {
        id: message_id(id),
        parts: vec![Part::text(text)],
        extra: match state {
            MessageState::Streaming => Extra::new(),
            MessageState::Complete | MessageState::Stopped | MessageState::Failed => {
                let mut extra = Extra::new();
                extra.set("reasoning_details", RawJson::new("[]"));
                extra
            }
        },
        state,
    }
}

/// A streamed call from its beginning to its end.
fn streamed() -> Vec<Record> {
    let usage = Usage {
        input: 5,
        output: 7,
        ..Usage::default()
    };
    let mut answer = message(2, 1, Some(1), "");
    answer.state = MessageState::Streaming;
    let mut failed = entry(attempt(1, 1, "p/m"), None, None, 2_500);
    failed.outcome = Outcome::Cancelled;
    failed.upstream_status = Some(503);
    vec![
        Record::SessionOpened(session(1)),
        Record::MessageAdded(message(1, 1, None, "question")),
        Record::CallStarted(call(1, CallSource::Window, None, 2_000)),
        Record::AttemptStarted {
            attempt: attempt(1, 1, "p/m"),
            started_at: Timestamp(2_000),
            reserved: None,
        },
        Record::EntryEnded(failed),
        Record::AttemptStarted {
            attempt: attempt(1, 2, "q/m"),
            started_at: Timestamp(2_600),
            reserved: None,
        },
        Record::MessageAdded(answer),
        touched(Some(2), 2_700),
        progress(2, "half", MessageState::Streaming),
        touched(None, 2_600),
        progress(2, "half and whole", MessageState::Complete),
        progress(2, "half and all", MessageState::Streaming),
        Record::EntryEnded(entry(attempt(1, 2, "q/m"), Some(usage), Some(42), 3_000)),
        Record::CallDetail {
            id: call_id(1),
            client: None,
            upstream: Some(Kept::of("{}".into(), 16)),
        },
        Record::LaterRequest {
            id: call_id(1),
            number: 2,
            upstream: Kept::of("[]".into(), 16),
        },
        Record::Timeline {
            id: call_id(1),
            number: 2,
            steps: Vec::new(),
        },
        touched(Some(2), 3_000),
        Record::SessionOpened(session(1)),
        touched(Some(1), 2_900),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_leaves_what_its_records_leave_one_by_one() {
    let all = streamed();
    let expected = one_by_one(&all).await;
    assert_eq!(expected.len(), 9, "{expected:#?}");
    for size in [1, 2, 3, 5, all.len()] {
        assert_eq!(together(&all, size).await, expected, "in jobs of {size}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_part_of_a_call_comes_to_the_same() {
    let all = streamed();
    // cut anywhere: what is missing at the beginning was committed before, or is refused in both
    for cut in 0..=all.len() {
        for part in [&all[..cut], &all[cut..]] {
            assert_eq!(together(part, 4).await, one_by_one(part).await, "cut at {cut}");
        }
    }
}
