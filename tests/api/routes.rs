//! What is there, what is not, and what is said about it.

use super::world;
use crate::support::canonical::ollama::error;
use crate::support::raw;

#[tokio::test(flavor = "multi_thread")]
async fn w_06_the_root_says_what_clients_of_ollama_look_for() {
    let (_provider, app, _key) = world().await;
    for (method, text) in [("GET", "Ollama is running"), ("HEAD", "")] {
        let request = format!(
            "{method} / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n",
            app.port()
        );
        let answer = raw(app.port(), request.as_bytes()).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, text), "{method}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_196_nothing_is_pulled_made_or_removed() {
    let (provider, app, key) = world().await;
    for (method, path) in [
        ("POST", "pull"),
        ("POST", "push"),
        ("POST", "create"),
        ("POST", "copy"),
        ("DELETE", "delete"),
    ] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let asking = app.http().request(method, app.url(&format!("/api/{path}")));
        let asking = asking
            .bearer_auth(&key)
            .json(&serde_json::json!({"model": "reviewer"}));
        let response = asking.send().await.unwrap();
        assert_eq!(response.status(), 403, "{path}");
        assert_eq!(
            response.text().await.unwrap(),
            r#"{"error":"not supported"}"#,
            "{path}"
        );
    }
    let agents: Vec<domain::Agent> = app.ask("agent.list", serde_json::json!({})).await;
    assert_eq!(agents.len(), 1);
    assert!(provider.asked().is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_09_every_error_is_one_text() {
    let (provider, app, key) = world().await;
    let post = |path: &'static str, key: Option<String>, body: &'static str, kind: &'static str| {
        let mut asking = app
            .http()
            .post(app.url(path))
            .body(body)
            .header("content-type", kind);
        if let Some(key) = key {
            asking = asking.bearer_auth(key);
        }
        asking.send()
    };
    let key = || Some(key.clone());
    let json = "application/json";
    for (path, key, body, kind, status) in [
        ("/api/chat", None, "{}", json, 401),
        ("/api/chat", Some("sk-ink-no".to_owned()), "{}", json, 401),
        ("/api/chat", key(), "{", json, 400),
        ("/api/chat", key(), "{}", "text/plain", 415),
        (
            "/api/chat",
            key(),
            r#"{"model":"reviewer","messages":[{"role":"user","content":7}]}"#,
            json,
            400,
        ),
        (
            "/api/chat",
            key(),
            r#"{"model":"reviewer","messages":[{"role":"user","content":"x"}],"options":{"temperature":9}}"#,
            json,
            400,
        ),
        (
            "/api/generate",
            key(),
            r#"{"model":"reviewer","prompt":7}"#,
            json,
            400,
        ),
        ("/api/show", key(), "{}", json, 400),
        ("/api/nothing", key(), "{}", json, 404),
        ("/api/tags", key(), "{}", json, 405),
    ] {
        let response = post(path, key, body, kind).await.unwrap();
        assert_eq!(response.status(), status, "{path} {body}");
        assert_eq!(response.headers()["content-type"], json, "{path}");
        error(&response.bytes().await.unwrap());
    }
    assert!(provider.asked().is_empty());
    app.finish().await;
}
