//! The writer: one transaction for whatever waits, nothing lost, nobody sunk by another.
#![expect(
    clippy::disallowed_methods,
    reason = "each test waits for the tasks it spawns"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use domain::{Failure, FailureKind, Timestamp};
use store::{Record, StoreOptions, table};

use crate::support::{TestStore, message, message_id, say, session, session_id};

/// Keeps the writer busy until the returned sender is dropped.
async fn hold_the_writer(store: &TestStore) -> mpsc::Sender<()> {
    let (let_go, held) = mpsc::channel::<()>();
    let (started, began) = tokio::sync::oneshot::channel();
    let store = (**store).clone();
    tokio::spawn(async move {
        store
            .write(move |_| {
                started.send(()).unwrap();
                let _ended = held.recv();
                Ok(())
            })
            .await
    });
    began.await.unwrap();
    let_go
}

fn count(store: &TestStore) -> i64 {
    store
        .outside()
        .query_row("SELECT count(*) FROM messages", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_shares_a_transaction() {
    let store = TestStore::new();
    say(&store, &["first"]).await;
    let let_go = hold_the_writer(&store).await;
    let before = store.stats().transactions;
    for n in 2..1_002 {
        store
            .record(vec![Record::MessageAdded(message(n, 1, Some(n - 1), "again"))])
            .await
            .unwrap();
    }
    drop(let_go);
    store.flush().await.unwrap();
    let transactions = store.stats().transactions - before;
    assert_eq!(count(&store), 1_001);
    assert!(
        transactions <= 3,
        "1,000 records took {transactions} transactions"
    );
}

#[tokio::test]
async fn a_lone_record_is_there_at_once() {
    let store = TestStore::new();
    let began = Instant::now();
    store
        .record(vec![Record::SessionOpened(session(1))])
        .await
        .unwrap();
    let outside = store.outside();
    let there = || -> i64 {
        outside
            .query_row("SELECT count(*) FROM sessions", [], |row| row.get(0))
            .unwrap()
    };
    while there() == 0 {
        assert!(began.elapsed() < Duration::from_millis(100));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_commit_is_visible_to_others_when_it_returns() {
    let store = TestStore::new();
    let outside = store.outside();
    for n in 1..50 {
        store
            .commit(vec![Record::SessionOpened(session(n))])
            .await
            .unwrap();
        let there: i64 = outside
            .query_row("SELECT count(*) FROM sessions", [], |row| row.get(0))
            .unwrap();
        assert_eq!(there, i64::try_from(n).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_makes_its_senders_wait_and_loses_nothing() {
    let store = TestStore::with(StoreOptions {
        queue_bytes: 64 * 1024,
        ..StoreOptions::default()
    });
    say(&store, &["first"]).await;
    let let_go = hold_the_writer(&store).await;
    let queued = Arc::new(AtomicUsize::new(0));
    let sender = {
        let (store, queued) = ((*store).clone(), Arc::clone(&queued));
        let text = "x".repeat(8 * 1024);
        tokio::spawn(async move {
            for n in 2..102 {
                let record = Record::MessageAdded(message(n, 1, None, &text));
                store.record(vec![record]).await.unwrap();
                queued.fetch_add(1, Ordering::SeqCst);
            }
        })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    let stuck = queued.load(Ordering::SeqCst);
    assert!(
        (1..=8).contains(&stuck),
        "64 KiB hold seven records of 8 KiB, not {stuck}"
    );
    assert!(store.stats().queued_bytes <= 64 * 1024);
    drop(let_go);
    sender.await.unwrap();
    store.flush().await.unwrap();
    assert_eq!(count(&store), 101);
    assert_eq!(store.stats().queued_bytes, 0, "all room was given back");
}

#[tokio::test]
async fn a_record_larger_than_the_queue_passes() {
    let store = TestStore::with(StoreOptions {
        queue_bytes: 1_024,
        ..StoreOptions::default()
    });
    let text = "x".repeat(1024 * 1024);
    say(&store, &["small", &text, "small again"]).await;
    let large = message(10, 1, None, &text);
    store.record(vec![Record::MessageAdded(large)]).await.unwrap();
    store.flush().await.unwrap();
    assert_eq!(count(&store), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_record_sinks_neither_its_batch_nor_its_neighbours() {
    let store = TestStore::new();
    say(&store, &["first"]).await;
    let let_go = hold_the_writer(&store).await;
    let no_session = Record::MessageAdded(message(90, 77, None, "nowhere"));
    let twice = Record::MessageAdded(message(1, 1, None, "the same id"));
    let good = |n| Record::MessageAdded(message(n, 1, None, "good"));
    store.record(vec![good(2)]).await.unwrap();
    store
        .record(vec![good(3), no_session.clone(), good(4)])
        .await
        .unwrap();
    store.record(vec![twice, good(5)]).await.unwrap();
    let committed = {
        let store = (*store).clone();
        let bad = no_session.clone();
        tokio::spawn(async move { store.commit(vec![good(6), bad]).await })
    };
    let fine = {
        let store = (*store).clone();
        tokio::spawn(async move { store.commit(vec![good(7)]).await })
    };
    drop(let_go);
    assert_eq!(
        committed.await.unwrap().unwrap_err().kind(),
        FailureKind::Conflict
    );
    fine.await.unwrap().unwrap();
    store.flush().await.unwrap();
    let outside = store.outside();
    let there: Vec<i64> = outside
        .prepare("SELECT created_at FROM messages ORDER BY created_at")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        there,
        [1, 2, 3, 4, 5, 7],
        "6 went with its bad neighbour: all or none"
    );
    assert_eq!(store.stats().failed_records, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_write_takes_back_only_itself() {
    let store = TestStore::new();
    let let_go = hold_the_writer(&store).await;
    let write = |key: &'static str, fails: bool| {
        let store = (*store).clone();
        tokio::spawn(async move {
            store
                .write(move |tx| {
                    table::settings::set(tx, key, key)?;
                    if fails {
                        return Err(Failure::new(FailureKind::Conflict, "No."));
                    }
                    Ok(key.len())
                })
                .await
        })
    };
    let (a, b, c) = (write("a", false), write("bb", true), write("ccc", false));
    let panics = {
        let store = (*store).clone();
        tokio::spawn(async move {
            store
                .write(|tx| -> Result<(), Failure> {
                    table::settings::set(tx, "dddd", "dddd")?;
                    std::panic::resume_unwind(Box::new("on purpose"))
                })
                .await
        })
    };
    drop(let_go);
    assert_eq!(a.await.unwrap(), Ok(1));
    assert_eq!(b.await.unwrap().unwrap_err().kind(), FailureKind::Conflict);
    assert_eq!(c.await.unwrap(), Ok(3));
    assert_eq!(panics.await.unwrap().unwrap_err().kind(), FailureKind::Internal);
    let settings = store.read(table::settings::list).await.unwrap();
    let keys: Vec<_> = settings.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["a", "ccc"]);
}

#[tokio::test]
async fn a_full_disk_stops_nobody_for_good() {
    let store = TestStore::new();
    say(&store, &["first"]).await;
    store
        .write(|tx| {
            table::settings::set(tx, "ballast", &"x".repeat(1_000_000))?;
            // fewer than there are: the file may not grow any more
            tx.pragma_update_and_check(None, "max_page_count", 1, |_| Ok(()))
                .map_err(store::failed)
        })
        .await
        .unwrap();
    let text = "x".repeat(100_000);
    let large = |n| vec![Record::MessageAdded(message(n, 1, None, &text))];
    store.record(large(2)).await.unwrap();
    let refused = store.commit(large(3)).await.unwrap_err();
    assert_eq!(refused.kind(), FailureKind::StorageFailed);
    assert!(store.stats().stalled);
    assert_eq!(count(&store), 1);
    let read = store
        .read(|conn| table::messages::get(conn, &message_id(1)))
        .await;
    assert!(read.unwrap().is_some(), "reading goes on");

    store.outside().execute("DELETE FROM settings", []).unwrap();
    let began = Instant::now();
    while store.flush().await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(20));
    }
    assert_eq!(
        count(&store),
        2,
        "the record was kept, the refused commit was not"
    );
    assert!(!store.stats().stalled);
    assert_eq!(store.stats().failed_records, 0);
}

#[tokio::test]
async fn what_was_queued_is_written_when_the_store_goes() {
    let store = TestStore::new();
    for n in 1..500 {
        store
            .record(vec![Record::SessionOpened(session(n))])
            .await
            .unwrap();
    }
    let store = store.reopened().await;
    let sessions: i64 = store
        .outside()
        .query_row("SELECT count(*) FROM sessions", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sessions, 499);
    let handle = (*store).clone();
    handle.clone().close().await;
    let refused = handle.record(vec![Record::SessionOpened(session(900))]).await;
    assert_eq!(refused.unwrap_err().kind(), FailureKind::StorageFailed);
    assert!(
        handle
            .record_now(vec![Record::SessionOpened(session(901))])
            .is_err()
    );
}

#[tokio::test]
async fn a_session_never_goes_back_in_time() {
    let store = TestStore::new();
    say(&store, &["first"]).await;
    let touch = |at, leaf: Option<u128>| Record::SessionTouched {
        id: session_id(1),
        leaf: leaf.map(message_id),
        updated_at: Timestamp(at),
    };
    store
        .commit(vec![touch(100, Some(1)), touch(50, None)])
        .await
        .unwrap();
    let session = store
        .read(|conn| table::sessions::get(conn, &session_id(1)))
        .await
        .unwrap();
    assert_eq!(session.updated_at, Timestamp(100));
    assert_eq!(session.leaf, Some(message_id(1)));
}
