//! Sessions of the protocol: each key's own, and not for ever many.

use serde_json::json;

use super::client::{Client, VERSION, posting};
use super::world;

#[tokio::test(flavor = "multi_thread")]
async fn the_session_of_another_key_is_nobodys() {
    let (_provider, app, key) = world().await;
    let mut owner = Client::greet(&app, &key).await;
    let thief = app.key_with(json!({"name": "thief"})).await;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let stolen = posting(&app, &thief, &list).header("mcp-session-id", &owner.session);
    assert_eq!(stolen.send().await.unwrap().status(), 404);
    for method in ["GET", "DELETE"] {
        let asking = app
            .http()
            .request(method.parse().unwrap(), app.url("/mcp"))
            .bearer_auth(&thief);
        let asking = asking
            .header("accept", "text/event-stream")
            .header("mcp-session-id", &owner.session)
            .header("mcp-protocol-version", VERSION);
        let status = asking.send().await.unwrap().status();
        assert!(
            status == 404 || method == "DELETE" && status == 202,
            "{method}: {status}"
        );
    }
    assert_eq!(owner.tools().await.len(), 1, "it is still there");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_so_many_sessions_and_the_longest_unused_goes() {
    let (_provider, app, key) = world().await;
    let other = app.key_with(json!({"name": "other"})).await;
    let mut others = Client::greet(&app, &other).await;
    let mut kept = Client::greet(&app, &key).await;
    let mut first = Client::greet(&app, &key).await;
    for _ in 0..62 {
        let _more = Client::greet(&app, &key).await;
    }
    assert_eq!(kept.tools().await.len(), 1);
    let mut last = Client::greet(&app, &key).await;
    let (_, body) = first.request("tools/list", json!({}));
    assert_eq!(first.posting(&body).send().await.unwrap().status(), 404);
    for client in [&mut kept, &mut last, &mut others] {
        assert_eq!(client.tools().await.len(), 1);
    }
    app.finish().await;
}
