//! Who is not let in, and what is not understood.

use domain::{FailureKind, Outcome};
use serde_json::{Value, json};

use super::client::{Client, greeting, posting, recorded};
use super::world;
use crate::support::{Reply, raw};

#[tokio::test(flavor = "multi_thread")]
async fn every_request_brings_its_key() {
    let (provider, app, key) = world().await;
    let client = Client::greet(&app, &key).await;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let bare = app
        .http()
        .post(app.url("/mcp"))
        .header("accept", "application/json, text/event-stream")
        .header("mcp-session-id", &client.session);
    assert_eq!(
        bare.json(&list).send().await.unwrap().status(),
        401,
        "a session is no key"
    );
    for (name, value) in [
        ("authorization", "Bearer sk-ink-wrong"),
        ("x-api-key", "sk-ink-wrong"),
    ] {
        let asking = app
            .http()
            .post(app.url("/mcp"))
            .header(name, value)
            .json(&greeting());
        assert_eq!(asking.send().await.unwrap().status(), 401, "{name}");
    }
    let other = app.http().post(app.url("/mcp")).header("x-api-key", &key);
    let other = other.header("accept", "application/json, text/event-stream");
    assert_eq!(other.json(&greeting()).send().await.unwrap().status(), 200);
    for method in ["GET", "DELETE"] {
        let asking = app.http().request(method.parse().unwrap(), app.url("/mcp"));
        let asking = asking.header("mcp-session-id", &client.session);
        assert_eq!(asking.send().await.unwrap().status(), 401, "{method}");
    }
    assert!(provider.asked().is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_stands_before_it() {
    let (_provider, app, key) = world().await;
    let body = greeting().to_string();
    let head = |host: &str, more: &str| {
        format!(
            "POST /mcp HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\n{more}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    };
    let own = format!("127.0.0.1:{}", app.port());
    let evil = format!("evil.example:{}", app.port());
    for (host, more, status) in [
        (&own, "", 200),
        (&evil, "", 421),
        (&own, "Origin: https://evil.example\r\n", 403),
        (&own, "Sec-Fetch-Site: cross-site\r\n", 403),
    ] {
        let answer = raw(app.port(), head(host, more).as_bytes()).await;
        assert_eq!(answer.status, status, "{host} {more}");
        assert!(answer.cors().is_empty());
    }
    let text = app.http().post(app.url("/mcp")).bearer_auth(&key).body(body);
    let text = text.header("content-type", "text/plain").send().await.unwrap();
    assert_eq!(text.status(), 415);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_the_key_lists_can_read_its_session() {
    let (_provider, app, _key) = world().await;
    let origin = "https://app.example.com";
    let key = app.key_with(json!({"name": "page", "origins": [origin]})).await;
    let asking = posting(&app, &key, &greeting()).header("origin", origin);
    let response = asking.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.headers().contains_key("mcp-session-id"));
    let exposed = response.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap();
    assert!(exposed.contains("mcp-session-id"), "{exposed}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_is_told_as_one() {
    let (provider, app, key) = world().await;
    let mut client = Client::greet(&app, &key).await;
    for (body, code) in [
        ("{", -32_700),
        ("", -32_700),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]"#, -32_600),
        (r#"{"id":1,"method":"tools/list"}"#, -32_600),
        (r#"{"model":"reviewer","messages":[]}"#, -32_600),
        ("7", -32_600),
    ] {
        let asking = client.posting(&Value::Null).body(body);
        let response = asking.send().await.unwrap();
        assert_eq!(response.status(), 400, "{body}");
        let told: Value = response.json().await.unwrap();
        assert_eq!(
            (&told["jsonrpc"], &told["error"]["code"]),
            (&json!("2.0"), &json!(code)),
            "{told}"
        );
    }
    for (method, params, code) in [
        (
            "tools/call",
            json!({"name": "nobody", "arguments": {"message": "Hi"}}),
            -32_602,
        ),
        ("tools/call", json!({}), -32_602),
        ("resources/list", json!({}), -32_601),
        ("agent/delete", json!({"agent": "reviewer"}), -32_601),
    ] {
        let told = client.ask(method, params).await;
        assert_eq!(told["error"]["code"], code, "{method}: {told}");
    }
    // what a model got wrong it can do better
    for arguments in [
        json!({}),
        json!({"message": " "}),
        json!({"message": 7}),
        json!({"message": "Hi", "temperature": 1}),
    ] {
        let given = client.call("reviewer", arguments).await;
        assert_eq!(given["isError"], true, "{given}");
    }
    assert!(provider.asked().is_empty() && app.calls().await.is_empty());
    // and none of it has ended the session
    assert_eq!(client.tools().await.len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_and_the_model_is_told_why() {
    let (provider, app, _key) = world().await;
    let slow = app.key_with(json!({"name": "slow", "rpm": 1})).await;
    let mut client = Client::greet(&app, &slow).await;
    assert_eq!(client.tools().await.len(), 1, "lists are free");
    provider.will(Reply::text("One."));
    assert!(client.says("reviewer", "Hi").await["isError"] != true);
    let given = client.says("reviewer", "Hi again").await;
    assert_eq!(given["isError"], true, "{given}");
    let call = app.newest_call().await;
    assert_eq!(call.row.call.requested_model, "reviewer");
    assert_eq!(
        call.row.outcome,
        Some(Outcome::Failed {
            kind: FailureKind::RateLimited
        }),
        "and so is the person"
    );

    let poor = app
        .key_with(json!({"name": "poor", "budgets": [{"cap": 0, "per": "total"}]}))
        .await;
    let mut client = Client::greet(&app, &poor).await;
    let given = client.says("reviewer", "Hi").await;
    assert_eq!(given["isError"], true);
    assert!(
        given["content"][0]["text"].as_str().unwrap().contains("budget"),
        "{given}"
    );
    assert!(given["structuredContent"].is_null());
    assert_eq!(provider.asked().len(), 1, "only what was allowed");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_provider_is_an_error_that_the_model_reads() {
    let (provider, app, key) = world().await;
    let mut client = Client::greet(&app, &key).await;
    provider.will(Reply::refusal(400, "x", "no such thing"));
    let given = client.says("reviewer", "Hi").await;
    assert_eq!(given["isError"], true, "{given}");
    let outcome = recorded(&app).await.row.outcome;
    assert!(matches!(outcome, Some(Outcome::Failed { .. })), "{outcome:?}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_changes_nothing() {
    let (provider, app, key) = world().await;
    let client = Client::greet(&app, &key).await;
    for (id, text) in [(1, "One."), (2, "Two.")] {
        provider.will(Reply::text(text));
        let body = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": {"name": "reviewer", "arguments": {"message": "Hi"}}});
        let asking = client.posting(&body).header("idempotency-key", "same");
        let told = asking.send().await.unwrap().text().await.unwrap();
        assert!(told.contains(text), "{told}");
    }
    let gone = posting(
        &app,
        &key,
        &json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),
    );
    assert_eq!(gone.send().await.unwrap().status(), 400, "without a session");
    app.finish().await;
}
