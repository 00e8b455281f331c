//! SEC-15: a key is the same key wherever it is carried, on every route, under every rule.

use serde_json::{Value, json};

use super::{request_lines, send};
use crate::support::{Answer, Provider, TestApp};

/// A request line and the header that carries a key, and what became of it.
fn decision(answer: &Answer) -> (u16, Value) {
    let code = serde_json::from_slice::<Value>(&answer.body).map_or(Value::Null, |body| {
        [
            &body["error"]["code"],
            &body["error"]["type"],
            &body["error"]["status"],
            &body["error"],
        ]
        .into_iter()
        .find(|code| code.is_string())
        .cloned()
        .unwrap_or_default()
    });
    (answer.status, code)
}

/// A body that routes of every family take for a call of this model, or refuse for its shape.
fn body(line: &str, model: &str) -> String {
    if !line.starts_with("POST") {
        return String::new();
    }
    json!({
        "model": model, "max_tokens": 8, "prompt": "Hi", "input": "Hi",
        "messages": [{"role": "user", "content": "Hi"}],
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_15_every_carrier_every_rule_every_route_one_decision() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("other", "mock/m", "").await;
    let mut rules: Vec<(&str, String, bool)> = vec![("nonsense", "sk-nonsense".to_owned(), true)];
    for (name, args) in [
        ("free", json!({})),
        ("other agent", json!({"agents": ["other"]})),
        ("raw", json!({"raw_models": true})),
        ("spent", json!({"budgets": [{"cap": 0, "per": "total"}]})),
        ("listed origin", json!({"origins": ["https://app.example.com"]})),
        ("revoked", json!({})),
    ] {
        let mut args = args;
        args["name"] = name.into();
        rules.push((name, app.key_with(args).await, name == "revoked"));
    }
    let _gone: Value = app.ask("key.revoke", json!({"key": "revoked"})).await;
    let good = app.key_with(json!({"name": "good"})).await;

    let mut decisions = 0;
    for line in request_lines() {
        for model in ["reviewer", "mock/m"] {
            let body = body(&line, model);
            for (rule, key, no_key) in &rules {
                let bearer = format!("Bearer {key}");
                let lower = format!("bearer {key}");
                let carriers = [
                    ("Authorization", bearer.as_str()),
                    ("authorization", lower.as_str()),
                    ("x-api-key", key),
                    ("api-key", key),
                    ("x-goog-api-key", key),
                ];
                let mut all = Vec::new();
                for carrier in carriers {
                    if *no_key {
                        // wrong keys are answered ever more slowly until a right one comes
                        let ask = send(&app, "GET /v1/models", &[("x-api-key", &good)], "").await;
                        assert_eq!(ask.status, 200);
                    }
                    let headers = [carrier, ("Content-Type", "application/json")];
                    let answer = send(&app, &line, &headers, &body).await;
                    all.push((carrier.0, decision(&answer)));
                    decisions += 1;
                }
                let (_, first) = &all[0];
                assert!(
                    all.iter().all(|(_, one)| one == first),
                    "{line} for {model} with the key {rule}: {all:?}"
                );
                let public = [
                    "GET /",
                    "HEAD /",
                    "GET /health",
                    "HEAD /health",
                    "GET /health/",
                    "HEAD /health/",
                    "GET /openapi.json",
                    "HEAD /openapi.json",
                    "GET /openapi.json/",
                    "HEAD /openapi.json/",
                ];
                if *no_key && !public.contains(&line.as_str()) {
                    assert_eq!(first.0, 401, "{line} with the key {rule}");
                }
            }
        }
    }
    assert!(decisions > 500, "{decisions}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_10_no_header_about_where_a_request_comes_from_gives_more() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key_with(json!({"name": "k", "agents": ["reviewer"]})).await;
    let loopback = ["127.0.0.1", "::1", "localhost", "127.0.0.1:4645"];
    let names = [
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Server",
        "X-Forwarded-Port",
        "X-Real-IP",
        "X-Client-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Original-Host",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Host",
        "X-Forwarded-User",
        "X-Remote-User",
        "X-HTTP-Method-Override",
        "X-Internal",
        "X-Localhost",
        "Via",
        "Cookie",
        "Referer",
        "Sec-Fetch-Mode",
    ];
    let forwarded = ["for=127.0.0.1;host=localhost;proto=http", "host=127.0.0.1"];
    let mut tries: Vec<(&str, &str)> = Vec::new();
    for name in names {
        tries.extend(loopback.iter().map(|value| (name, *value)));
    }
    tries.extend(forwarded.iter().map(|value| ("Forwarded", *value)));
    let lines = ["POST /v1/chat/completions", "GET /v1/models", "GET /admin"];
    for (name, value) in tries {
        for line in lines {
            let json = ("Content-Type", "application/json");
            let body = body(line, "mock/m");
            let bare = send(&app, line, &[json, (name, value)], &body).await;
            assert_eq!(bare.status, 401, "{line} without a key and {name}: {value}");
            let page = send(
                &app,
                line,
                &[json, ("Origin", "https://attacker.example"), (name, value)],
                &body,
            )
            .await;
            assert_eq!(page.status, 403, "{line} from a page and {name}: {value}");
            let bearer = format!("Bearer {key}");
            let plain = send(&app, line, &[json, ("Authorization", &bearer)], &body).await;
            let with = send(
                &app,
                line,
                &[json, ("Authorization", &bearer), (name, value)],
                &body,
            )
            .await;
            assert_eq!(plain.status, with.status, "{line} with {name}: {value}");
        }
    }
    assert!(provider.asked().is_empty(), "the raw model was never allowed");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_07_an_upgrade_wants_what_every_request_wants_and_gets_no_socket() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let bearer = format!("Bearer {key}");
    let socket = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    for path in [
        "/v1/responses",
        "/v1/realtime",
        "/v1/chat/completions",
        "/v1/models",
        "/mcp",
        "/unknown",
    ] {
        let line = format!("GET {path}");
        let with = |more: &[(&'static str, &str)]| -> Vec<(String, String)> {
            let all = socket.iter().chain(more);
            all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let ask = async |headers: Vec<(String, String)>, line: &str| {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            send(&app, line, &headers, "").await
        };
        assert_eq!(ask(with(&[]), &line).await.status, 401, "{path} without a key");
        let in_url = format!("{line}?key={key}&api_key={key}&token={key}");
        assert_eq!(ask(with(&[]), &in_url).await.status, 401, "{path}: never a query");
        let protocol = format!("openai-insecure-api-key.{key}");
        assert_eq!(
            ask(with(&[("Sec-WebSocket-Protocol", &protocol)]), &line)
                .await
                .status,
            401,
            "{path}"
        );
        for origin in [
            "https://attacker.example",
            "null",
            "http://localhost:1",
            "vscode-webview://x",
        ] {
            let page = with(&[("Origin", origin), ("Authorization", &bearer)]);
            assert_eq!(ask(page, &line).await.status, 403, "{path} from {origin}");
        }
        let answer = ask(with(&[("Authorization", &bearer)]), &line).await;
        if path == "/v1/responses" {
            assert_eq!(answer.status, 426, "Codex is told what is spoken (W-135)");
            assert_eq!(answer.header("upgrade"), Some("HTTP/1.1"));
            continue;
        }
        assert_eq!(answer.status, 404, "{path} has no socket");
        assert_eq!(answer.json()["error"]["code"], "unknown_url", "{path}");
        assert_eq!(answer.header("upgrade"), None);
    }
    let offered = [
        ("Authorization", bearer.as_str()),
        ("Upgrade", "h2c"),
        ("HTTP2-Settings", "AAMAAABkAAQCAAAAAAIAAAAA"),
    ];
    assert_eq!(
        send(&app, "GET /v1/models", &offered, "").await.status,
        200,
        "an offer may be left unanswered"
    );
    app.finish().await;
}
