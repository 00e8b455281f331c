//! SEC-03, SEC-04: pages are refused, all in the same words, and no response invites them.

use serde_json::json;

use super::{CHAT, request_lines, send, words};
use crate::support::{Provider, TestApp};

fn body_of(line: &str) -> &'static str {
    if line.starts_with("POST") { CHAT } else { "" }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_foreign_page_is_refused_in_the_same_words() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = format!("Bearer {}", app.key().await);
    let own = format!("http://127.0.0.1:{}", app.port());
    let localhost = format!("http://localhost:{}", app.port());
    let origins = [
        "https://attacker.example",
        "null",
        "",
        "http://localhost:1",
        "http://localhost",
        "http://127.0.0.1",
        &own,
        &localhost,
        "tauri://localhost",
        "http://tauri.localhost",
        "chrome-extension://abcdefghijklmnop",
        "moz-extension://0f0f",
        "file://",
        "https://localhost.attacker.example",
        "HTTPS://ATTACKER.EXAMPLE",
        "https://attacker.example, http://localhost",
        "vscode-webview://x",
        "app://obsidian.md",
        "\u{e9}",
    ];
    let mut bodies = std::collections::BTreeSet::new();
    for line in request_lines() {
        for authorization in [key.as_str(), "Bearer wrong", ""] {
            for origin in origins {
                let headers = [
                    ("Origin", origin),
                    ("Authorization", authorization),
                    ("Content-Type", "application/json"),
                ];
                let answer = send(&app, &line, &headers, body_of(&line)).await;
                assert_eq!(answer.status, 403, "{line} from {origin:?}");
                assert!(answer.cors().is_empty(), "{line} from {origin:?}");
                assert_eq!(answer.header("vary"), None);
                if !line.starts_with("HEAD") {
                    bodies.insert(words(&answer));
                }
            }
        }
        for site in ["cross-site", "same-site", "whatever", ""] {
            let headers = [
                ("Sec-Fetch-Site", site),
                ("Authorization", &key),
                ("Content-Type", "application/json"),
            ];
            let answer = send(&app, &line, &headers, body_of(&line)).await;
            assert_eq!(answer.status, 403, "{line} {site}");
            if !line.starts_with("HEAD") {
                bodies.insert(words(&answer));
            }
        }
        let two = [
            ("Origin", "http://a.example"),
            ("Origin", "http://a.example"),
            ("Authorization", &key),
        ];
        assert_eq!(
            send(&app, &line, &two, "").await.status,
            403,
            "{line} with two origins"
        );
    }
    assert_eq!(bodies.len(), 1, "no answer tells more than another: {bodies:#?}");
    assert!(provider.asked().is_empty());
    // a person who types the address is no page
    for site in ["none", "same-origin"] {
        let headers = [("Sec-Fetch-Site", site), ("Authorization", &key)];
        assert_eq!(send(&app, "GET /v1/models", &headers, "").await.status, 200);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_response_carries_cors_headers() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = format!("Bearer {}", app.key().await);
    for line in request_lines() {
        let requests: [&[(&str, &str)]; 5] = [
            &[],
            &[("Authorization", &key), ("Content-Type", "application/json")],
            &[
                ("Authorization", "Bearer wrong"),
                ("Content-Type", "application/json"),
            ],
            &[("Authorization", &key), ("Content-Type", "text/plain")],
            &[
                ("Origin", "https://attacker.example"),
                ("Access-Control-Request-Method", "POST"),
                ("Access-Control-Request-Headers", "authorization"),
                ("Access-Control-Request-Private-Network", "true"),
                ("Access-Control-Request-Local-Network", "true"),
            ],
        ];
        for headers in requests {
            let answer = send(&app, &line, headers, body_of(&line)).await;
            assert!(
                answer.cors().is_empty(),
                "{line} {headers:?}: {:?}",
                answer.cors()
            );
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("content-security-policy", "default-src 'none'"),
                ("cross-origin-resource-policy", "same-origin"),
                ("cache-control", "no-store"),
            ] {
                assert_eq!(answer.header(name), Some(value), "{name} of {line}");
            }
            assert_eq!(answer.header("server"), None, "no banner");
        }
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_page_is_let_in_with_the_key_that_lists_it_and_no_other() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let page = "http://localhost:3000";
    let listed = format!(
        "Bearer {}",
        app.key_with(json!({"name": "page", "origins": [page]})).await
    );
    let other = format!("Bearer {}", app.key_with(json!({"name": "other"})).await);
    let line = "POST /v1/chat/completions";
    let json = ("Content-Type", "application/json");

    let answer = send(
        &app,
        line,
        &[("Origin", page), ("Authorization", &listed), json],
        CHAT,
    )
    .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(page));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert_eq!(answer.header("vary"), Some("Origin"));

    let answer = send(
        &app,
        line,
        &[("Origin", page), ("Authorization", &other), json],
        CHAT,
    )
    .await;
    assert_eq!(answer.status, 403);
    assert!(answer.cors().is_empty());
    for near in [
        "http://localhost:3001",
        "http://localhost",
        "https://localhost:3000",
        "http://localhost:3000/",
        "HTTP://localhost:3000",
    ] {
        let answer = send(
            &app,
            line,
            &[("Origin", near), ("Authorization", &listed), json],
            CHAT,
        )
        .await;
        assert_eq!(answer.status, 403, "{near}");
    }
    let ask = [
        ("Origin", page),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Private-Network", "true"),
    ];
    let answer = send(&app, "OPTIONS /v1/chat/completions", &ask, "").await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-private-network"), None);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some(page),
        "never a wildcard"
    );

    // SEC-08: an entry is exactly one origin
    for wrong in [
        "*",
        "http://*",
        "https://*.example.com",
        "http://",
        "chrome-extension://",
        "localhost:3000",
        "http://a/b",
        "null",
        "HTTP://A.example",
    ] {
        let kind = app
            .refused("key.create", json!({"name": "x", "origins": [wrong]}))
            .await;
        assert_eq!(kind, domain::FailureKind::InvalidRequest, "{wrong}");
    }
    app.finish().await;
}
