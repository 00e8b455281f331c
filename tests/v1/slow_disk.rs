//! A disk that lets everybody wait: nothing of an answer is lost to the client meanwhile, and nothing to the ledger.

use std::time::Duration;

use domain::Outcome;
use serde_json::json;

use super::{hi, hi_streamed};
use crate::support::{Provider, Reply, TestApp, canonical, eventually};

/// More than waits to be written without holding up whoever comes next.
const LARGE: usize = 20 << 20;

/// A disk that nobody else can write to until this is dropped.
async fn hold(app: &TestApp) -> rusqlite::Connection {
    let disk = app.database();
    eventually("the disk to be free", async || {
        disk.execute_batch("BEGIN IMMEDIATE").ok()
    })
    .await;
    disk
}

async fn app(provider: &Provider) -> TestApp {
    let app = TestApp::with(|config| config.upstream.meanwhile.heartbeat = Duration::from_millis(50)).await;
    app.add_provider("mock", provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_answer_is_not_lost_while_it_waits_to_be_written_down() {
    let provider = Provider::start().await;
    let app = app(&provider).await;
    let key = app.key().await;
    let slow = Reply::pieces(&["one "]).wait(Duration::from_millis(500));
    provider.will(slow.send(Reply::stream_body(&["two"])));
    let mut response = app.chat(&key, &hi_streamed("reviewer")).await;
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains("one ") {
        read.extend(response.chunk().await.unwrap().unwrap());
    }
    let disk = hold(&app).await;
    let large = json!({"model": "reviewer", "messages": [{"role": "user", "content": "x".repeat(LARGE)}]});
    let waiting = tokio::join!(app.chat(&key, &large), async {
        tokio::time::sleep(Duration::from_millis(2000)).await;
        assert_eq!(provider.open(), 0, "the provider has said all");
        drop(disk);
    });
    assert_eq!(waiting.0.status(), 200);
    read.extend(response.bytes().await.unwrap());
    assert!(String::from_utf8_lossy(&read).contains(": keep-alive"));
    let seen = canonical::stream(&read, "reviewer", false);
    assert_eq!(seen.error, None);
    assert_eq!(
        (seen.only().text.as_str(), seen.only().finish.as_deref()),
        ("one two", Some("stop"))
    );
    eventually("both calls to have ended", async || {
        let calls = app.calls().await;
        let ended = calls
            .iter()
            .filter(|call| call.outcome == Some(Outcome::Succeeded));
        (ended.count() == 2).then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_client_leaves_while_the_disk_waits_is_in_the_history() {
    let provider = Provider::start().await;
    let app = app(&provider).await;
    let key = app.key().await;
    let disk = hold(&app).await;
    let large = json!({"model": "reviewer", "messages": [{"role": "user", "content": "x".repeat(LARGE)}]});
    let small = hi("reviewer");
    let mut before = 0;
    let (first, ()) = tokio::join!(app.chat(&key, &large), async {
        // whoever comes before the large one waits to be written down is answered; the next one waits, and leaves
        let patience = Duration::from_millis(300);
        while let Ok(answered) = tokio::time::timeout(patience, app.chat(&key, &small)).await {
            assert_eq!(answered.status(), 200);
            before += 1;
            assert!(before < 40, "nobody ever waits");
            tokio::time::sleep(patience).await;
        }
        // a disk that is free before the server saw it leave lets the call succeed
        tokio::time::sleep(Duration::from_secs(2)).await;
        drop(disk);
    });
    assert_eq!(first.status(), 200);
    let calls = eventually("all calls to be in the history", async || {
        let calls = app.calls().await;
        let ended = calls.iter().all(|call| call.outcome.is_some());
        (calls.len() == before + 2 && ended).then_some(calls)
    })
    .await;
    let cancelled = calls
        .iter()
        .filter(|call| call.outcome == Some(Outcome::Cancelled));
    assert_eq!(cancelled.count(), 1);
    app.finish().await;
}
