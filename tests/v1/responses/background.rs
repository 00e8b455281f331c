//! Responses that run without their client (W-135).

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Door, PATH, id, text};
use crate::support::canonical::responses;
use crate::support::{AT_ONCE, Reply, eventually};

impl Door {
    /// Starts a response in the background.
    pub(super) async fn ask_background(&self, mut body: Value) -> Value {
        body["model"] = json!("reviewer");
        body["background"] = json!(true);
        let response = self.app.post(PATH, &self.key, &body).await;
        assert_eq!(response.status(), 200);
        let begun: Value = response.json().await.unwrap();
        assert_eq!(
            (&begun["status"], &begun["background"]),
            (&json!("in_progress"), &json!(true))
        );
        begun
    }

    async fn ended(&self, id: &str) -> Value {
        eventually("the run to end", async || {
            let (status, response) = self.get(id).await;
            assert_eq!(status, 200);
            (response["status"] != "in_progress").then_some(response)
        })
        .await
    }

    async fn cancel(&self, id: &str) -> (u16, Value) {
        let response = self
            .app
            .post(&format!("{PATH}/{id}/cancel"), &self.key, &json!({}))
            .await;
        (response.status().as_u16(), response.json().await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn w_135_a_response_in_the_background_is_polled_and_can_be_continued() {
    let door = Door::open().await;
    door.provider.will(
        Reply::pieces(&["Hello"])
            .wait(Duration::from_millis(200))
            .finish(),
    );
    let begun = door.ask_background(json!({"input": "Hi"})).await;
    assert_eq!(begun["output"], json!([]));
    let path = id(&begun);
    assert_eq!(door.get(&path).await.1["status"], "in_progress");
    let (status, error) = door
        .refused(&door.key, json!({"input": "x", "previous_response_id": path}))
        .await;
    assert_eq!(
        (status, &error["param"]),
        (400, &json!("previous_response_id")),
        "not yet"
    );
    let ended = door.ended(&path).await;
    assert_eq!(ended["status"], "completed");
    assert_eq!((text(&ended), &ended["id"]), ("Hello", &begun["id"]));
    assert_eq!(ended["usage"]["total_tokens"], 15000);
    let _next = door
        .ask(json!({"input": "More", "previous_response_id": path}))
        .await;
    assert_eq!(door.app.sessions().await.len(), 1);
    assert_eq!(
        door.cancel(&path).await,
        (200, ended),
        "too late: it stays as it is"
    );
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_135_cancelling_stops_the_provider_at_once_and_is_kept() {
    let door = Door::open().await;
    door.provider.will(Reply::pieces(&["Once upon"]).stall());
    let path = id(&door.ask_background(json!({"input": "Hi"})).await);
    eventually("the provider to be asked", async || {
        (door.provider.sent() > 0).then_some(())
    })
    .await;
    let asked = Instant::now();
    let (status, cancelled) = door.cancel(&path).await;
    assert_eq!((status, &cancelled["status"]), (200, &json!("cancelled")));
    eventually("the provider to see the end", async || {
        (door.provider.aborted() == 1).then_some(())
    })
    .await;
    assert!(asked.elapsed() < AT_ONCE, "after {:?}", asked.elapsed());
    assert_eq!(door.get(&path).await, (200, cancelled.clone()));
    assert_eq!(door.cancel(&path).await, (200, cancelled), "twice is once");
    let call = door.app.ended_call().await;
    assert_eq!(call.row.outcome, Some(domain::Outcome::Cancelled));
    let (status, _) = door
        .refused(&door.key, json!({"input": "x", "previous_response_id": path}))
        .await;
    assert_eq!(status, 400);

    let foreground = id(&door.ask(json!({"input": "Hi"})).await);
    assert_eq!(door.cancel(&foreground).await.0, 400, "that has its client");
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_135_cancelling_works_before_the_first_byte_and_at_the_keys_limit() {
    let door = Door::open().await;
    let key = door
        .app
        .key_with(json!({"name": "narrow", "concurrency": 1}))
        .await;
    door.provider.will(Reply::silence());
    let body = json!({"model": "reviewer", "input": "Hi", "background": true});
    let begun: Value = door.app.post(PATH, &key, &body).await.json().await.unwrap();
    eventually("the provider to be asked", async || {
        (door.provider.open() == 1).then_some(())
    })
    .await;
    assert_eq!(
        door.app.post(PATH, &key, &body).await.status(),
        429,
        "it holds its place"
    );
    let path = format!("{PATH}/{}/cancel", id(&begun));
    let cancelled: Value = door.app.post(&path, &key, &json!({})).await.json().await.unwrap();
    assert_eq!(cancelled["status"], "cancelled");
    eventually("the provider to see the end", async || {
        (door.provider.open() == 0).then_some(())
    })
    .await;
    assert_eq!(
        door.app.post(PATH, &key, &body).await.status(),
        200,
        "and the place is free"
    );
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_in_the_background_is_taken_up_where_it_was_left() {
    let door = Door::open().await;
    let slow = Reply::pieces(&["One", " two"]).wait(Duration::from_millis(300));
    let slow = slow
        .event(&json!({"choices": [{"index": 0, "delta": {"content": " three"}, "finish_reason": null}]}));
    door.provider.will(slow.finish());
    let body = json!({"model": "reviewer", "input": "Hi", "background": true, "stream": true});
    let mut response = door.app.post(PATH, &door.key, &body).await;
    let mut read = String::new();
    while !read.contains("two") {
        read.push_str(&String::from_utf8_lossy(
            &response.chunk().await.unwrap().unwrap(),
        ));
    }
    drop(response);
    let seen = read.matches("sequence_number").count();
    let first: Value =
        serde_json::from_str(read.split_once("data: ").unwrap().1.split_once("\n\n").unwrap().0).unwrap();
    let path = id(&first["response"]);
    assert_eq!(door.provider.aborted(), 0, "it goes on without its client");

    let from = seen - 1;
    let url = format!("{PATH}/{path}?stream=true&starting_after={from}");
    let rest = door.app.get(&url, &door.key).await.text().await.unwrap();
    assert!(!rest.contains("\"sequence_number\":0,"), "nothing twice");
    let whole = format!("{}{rest}", &read[..read.rfind("\n\n").unwrap() + 2]);
    let ended = responses::response(whole.as_bytes());
    assert_eq!(text(&ended), "One two three");
    assert_eq!(door.ended(&path).await, ended);

    // and again when it is over
    let url = format!("{PATH}/{path}?stream=true");
    let again = door.app.get(&url, &door.key).await.text().await.unwrap();
    assert_eq!(again, whole);
    let tail = door
        .app
        .get(&format!("{url}&starting_after={from}"), &door.key)
        .await;
    assert_eq!(tail.text().await.unwrap(), rest);
    let polled = id(&door.ask(json!({"input": "Hi", "stream": true})).await);
    let (status, error) = door.get(&format!("{polled}?stream=true")).await;
    assert_eq!((status, &error["error"]["param"]), (400, &json!("stream")));
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_in_the_background_can_fail() {
    let door = Door::open().await;
    door.provider.will(Reply::refusal(400, "bad", "No."));
    let path = id(&door.ask_background(json!({"input": "Hi"})).await);
    let ended = door.ended(&path).await;
    assert_eq!(ended["status"], "failed");
    assert!(ended["error"]["message"].is_string());
    let body = json!({"model": "nobody", "input": "Hi", "background": true});
    assert_eq!(
        door.app.post(PATH, &door.key, &body).await.status(),
        404,
        "what is known is said at once"
    );
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_94_a_rate_limit_inside_a_response_says_when_to_try_again() {
    let door = Door::open().await;
    let refusal = Reply::refusal(429, "rate_limit_exceeded", "Slow down.");
    door.provider.always(refusal.header("retry-after", "90"));
    let path = id(&door.ask_background(json!({"input": "Hi"})).await);
    let error = &door.ended(&path).await["error"];
    assert_eq!(error["code"], "rate_limit_exceeded");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("Please try again in 90.000s."), "{message}");
    assert_eq!(door.provider.asked().len(), 1, "so long is not waited for");
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_16_a_revoked_key_ends_its_runs() {
    let door = Door::open().await;
    door.provider.will(Reply::pieces(&["Once"]).stall());
    let _begun = door.ask_background(json!({"input": "Hi"})).await;
    eventually("the provider to be asked", async || {
        (door.provider.sent() > 0).then_some(())
    })
    .await;
    let revoked = Instant::now();
    let _done: Value = door.app.ask("key.revoke", json!({"key": "test"})).await;
    eventually("the provider to see the end", async || {
        (door.provider.aborted() == 1).then_some(())
    })
    .await;
    assert!(revoked.elapsed() < AT_ONCE);
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_ends_what_runs_and_says_so_afterwards() {
    let mut door = Door::open().await;
    door.provider.will(Reply::pieces(&["Once"]).stall());
    let path = id(&door.ask_background(json!({"input": "Hi"})).await);
    eventually("the provider to be asked", async || {
        (door.provider.sent() > 0).then_some(())
    })
    .await;
    let stopping = Instant::now();
    door.app.restart().await;
    assert!(stopping.elapsed() < Duration::from_secs(10));
    let (status, ended) = door.get(&path).await;
    assert_eq!((status, &ended["status"]), (200, &json!("failed")));
    assert!(ended["error"]["message"].as_str().unwrap().contains("stopped"));
    door.app.finish().await;
}
