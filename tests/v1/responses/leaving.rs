//! What is left of a response whose client leaves, or is thrown out (REL-06, SEC-16). That the provider is left
//! in every phase is a test of all routes.

use std::time::Instant;

use serde_json::{Value, json};

use super::{Door, PATH};
use crate::support::{AT_ONCE, Reply, eventually};

async fn upstream_closes(door: &Door, aborted: usize) {
    let left = Instant::now();
    eventually("the provider to see the end", async || {
        (door.provider.aborted() == aborted).then_some(())
    })
    .await;
    assert!(left.elapsed() < AT_ONCE, "after {:?}", left.elapsed());
    assert_eq!(door.provider.open(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_06_a_client_that_leaves_a_streamed_response() {
    let door = Door::open().await;
    door.provider.will(Reply::pieces(&["Once upon a time"]).stall());
    let body = json!({"model": "reviewer", "input": "Hi", "stream": true});
    let mut response = door.app.post(PATH, &door.key, &body).await;
    let mut read = String::new();
    while !read.contains("Once") {
        read.push_str(&String::from_utf8_lossy(
            &response.chunk().await.unwrap().unwrap(),
        ));
    }
    drop(response);
    upstream_closes(&door, 1).await;
    let call = door.app.ended_call().await;
    assert_eq!(call.row.outcome, Some(domain::Outcome::Cancelled));
    assert!(
        call.entries[0].usage.unwrap().output > 0,
        "what was written is counted"
    );
    let id = read.split_once("\"id\":\"").unwrap().1.split_once('"').unwrap().0;
    let (status, kept) = door.get(id).await;
    assert_eq!((status, &kept["status"]), (200, &json!("cancelled")));
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_16_a_revoked_key_ends_a_streamed_response() {
    let door = Door::open().await;
    door.provider.will(Reply::pieces(&["Once"]).stall());
    let body = json!({"model": "reviewer", "input": "Hi", "stream": true});
    let mut response = door.app.post(PATH, &door.key, &body).await;
    let mut read = String::new();
    while !read.contains("Once") {
        read.push_str(&String::from_utf8_lossy(
            &response.chunk().await.unwrap().unwrap(),
        ));
    }
    let revoked = Instant::now();
    let _done: Value = door.app.ask("key.revoke", json!({"key": "test"})).await;
    while let Some(bytes) = response.chunk().await.unwrap() {
        read.push_str(&String::from_utf8_lossy(&bytes));
    }
    assert!(revoked.elapsed() < AT_ONCE);
    let ended = crate::support::canonical::responses::response(read.as_bytes());
    assert_eq!(
        (&ended["status"], &ended["error"]["code"]),
        (&json!("failed"), &json!("invalid_api_key"))
    );
    upstream_closes(&door, 1).await;
    door.app.finish().await;
}
