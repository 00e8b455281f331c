//! Whoever leaves is asked for no more, and whatever a session held goes with it.

use serde_json::{Value, json};

use super::client::{Client, recorded};
use super::world;
use crate::support::{Reply, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_call_ends_at_its_provider() {
    let (provider, app, key) = world().await;
    let mut client = Client::greet(&app, &key).await;
    provider.will(Reply::silence());
    let (id, body) = client.request(
        "tools/call",
        json!({"name": "reviewer", "arguments": {"message": "Hi"}}),
    );
    let asking = tokio::spawn(client.posting(&body).send());
    eventually("the question", async || (provider.open() == 1).then_some(())).await;
    let told = client.notify(
        "notifications/cancelled",
        json!({"requestId": id, "reason": "enough"}),
    );
    assert_eq!(told.await, 202);
    eventually("the provider to be left", async || {
        (provider.aborted() == 1).then_some(())
    })
    .await;
    assert_eq!(recorded(&app).await.row.outcome, Some(domain::Outcome::Cancelled));
    asking.abort();
    // the session is still good
    provider.will(Reply::text("Good."));
    assert_eq!(
        client.says("reviewer", "Hi").await["structuredContent"]["content"],
        "Good."
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_has_left() {
    let (provider, app, key) = world().await;
    let mut client = Client::greet(&app, &key).await;
    for token in [Value::Null, json!("p1")] {
        let before = provider.aborted();
        provider.will(Reply::silence());
        let params =
            json!({"name": "reviewer", "arguments": {"message": "Hi"}, "_meta": {"progressToken": token}});
        let (_, body) = client.request("tools/call", params);
        let mut begun = client.posting(&body).send().await.unwrap();
        eventually("the question", async || (provider.open() == 1).then_some(())).await;
        if !token.is_null() {
            assert!(begun.chunk().await.unwrap().is_some(), "it has begun to answer");
        }
        drop(begun);
        eventually("the provider to be left", async || {
            (provider.aborted() > before && provider.open() == 0).then_some(())
        })
        .await;
        assert_eq!(recorded(&app).await.row.outcome, Some(domain::Outcome::Cancelled));
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_deleted_ends_what_runs_in_it() {
    let (provider, app, key) = world().await;
    let mut client = Client::greet(&app, &key).await;
    provider.will(Reply::silence());
    let (_, body) = client.request(
        "tools/call",
        json!({"name": "reviewer", "arguments": {"message": "Hi"}}),
    );
    let asking = tokio::spawn(client.posting(&body).send());
    eventually("the question", async || (provider.open() == 1).then_some(())).await;
    let deleting = app.http().delete(app.url("/mcp")).bearer_auth(&key);
    let deleted = deleting
        .header("mcp-session-id", &client.session)
        .send()
        .await
        .unwrap();
    assert!(deleted.status().is_success());
    eventually("the provider to be left", async || {
        (provider.aborted() == 1).then_some(())
    })
    .await;
    assert_eq!(recorded(&app).await.row.outcome, Some(domain::Outcome::Cancelled));
    let (_, body) = client.request("tools/list", json!({}));
    assert_eq!(client.posting(&body).send().await.unwrap().status(), 404);
    asking.abort();
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_revoked_ends_its_calls() {
    let (provider, app, key) = world().await;
    let mut client = Client::greet(&app, &key).await;
    provider.will(Reply::silence());
    let (_, body) = client.request(
        "tools/call",
        json!({"name": "reviewer", "arguments": {"message": "Hi"}}),
    );
    let asking = tokio::spawn(client.posting(&body).send());
    eventually("the question", async || (provider.open() == 1).then_some(())).await;
    let _gone: Value = app.ask("key.revoke", json!({"key": "test"})).await;
    let told = asking.await.unwrap().unwrap().text().await.unwrap();
    assert!(told.contains("revoked") && told.contains("isError"), "{told}");
    eventually("the provider to be left", async || {
        (provider.aborted() == 1).then_some(())
    })
    .await;
    app.finish().await;
}
