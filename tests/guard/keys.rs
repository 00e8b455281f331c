//! SEC-12, SEC-14: nothing but constants without a key, and a key is never more than bytes.

use super::{CHAT, request_lines, send, words};
use crate::support::{Provider, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn only_constants_answer_without_a_key() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let mut bodies = std::collections::BTreeSet::new();
    for line in request_lines() {
        let body = if line.starts_with("POST") { CHAT } else { "" };
        let answer = send(&app, &line, &[("Content-Type", "application/json")], body).await;
        let constant = match line.split_once(' ').unwrap() {
            ("GET", "/") => Some("Ollama is running"),
            ("GET", "/health" | "/health/") => Some(r#"{"status":"ok"}"#),
            ("GET", "/openapi.json" | "/openapi.json/") => Some(include_str!("../../docs/openapi.json")),
            ("HEAD", "/" | "/health" | "/health/" | "/openapi.json" | "/openapi.json/") => Some(""),
            _ => None,
        };
        match constant {
            Some(text) => assert_eq!((answer.status, answer.text().as_str()), (200, text), "{line}"),
            None => {
                assert_eq!(answer.status, 401, "{line}");
                if !line.starts_with("HEAD") {
                    bodies.insert(words(&answer));
                }
            }
        }
        assert!(
            !answer.text().contains(env!("CARGO_PKG_VERSION")),
            "no version: {line}"
        );
    }
    assert_eq!(
        bodies.len(),
        1,
        "nor does it tell which routes there are: {bodies:#?}"
    );
    assert!(provider.asked().is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_keys_are_wrong_keys() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let shortened = &key[..key.len() - 1];
    let lengthened = format!("{key}x");
    let upper = key.to_uppercase();
    let sql = [
        "' OR '1'='1",
        "' OR 1=1 --",
        "'; DROP TABLE client_keys; --",
        "\" OR \"\"=\"",
        "sk-ink-' UNION SELECT * FROM secrets --",
        "%",
        "_",
        "*",
        "null",
        "undefined",
        "true",
        "0",
        "{}",
        "[]",
        "../../etc/passwd",
        "${jndi:ldap://x}",
        "\u{e9}\u{1f525}",
        shortened,
        &lengthened,
        &upper,
    ];
    let mut answers = std::collections::BTreeSet::new();
    for text in sql {
        let bearer = format!("Bearer {text}");
        for (name, value) in [
            ("Authorization", bearer.as_str()),
            ("x-api-key", text),
            ("api-key", text),
            ("x-goog-api-key", text),
        ] {
            // the failed tries add a wait of up to a second each; a right key in between forgets them
            assert_eq!(
                send(&app, "GET /v1/models", &[("x-api-key", &key)], "")
                    .await
                    .status,
                200
            );
            let answer = send(&app, "GET /v1/models", &[(name, value)], "").await;
            assert_eq!(answer.status, 401, "{name}: {value}");
            assert!(
                !answer.text().contains("DROP") && !answer.text().contains(shortened),
                "never echoed"
            );
            answers.insert(answer.text());
        }
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
    for (name, value) in [
        ("Authorization", format!("Basic {key}")),
        ("Authorization", key.clone()),
        ("Cookie", format!("key={key}")),
    ] {
        assert_eq!(
            send(&app, "GET /v1/models", &[(name, &value)], "").await.status,
            401,
            "{name}: not a carrier"
        );
    }
    let in_url = format!("GET /v1/models?key={key}&api_key={key}");
    assert_eq!(
        send(&app, &in_url, &[], "").await.status,
        401,
        "a key in a URL ends up in logs; it is not read"
    );
    let keys: Vec<gateway::control::ClientKeyView> = app.ask("key.list", serde_json::json!({})).await;
    assert_eq!(keys.len(), 1, "the table is still there");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_becomes_slow_and_locks_nobody_out() {
    let app = TestApp::start().await;
    let key = app.key().await;
    let mut slowest = std::time::Duration::ZERO;
    for _ in 0..26 {
        let begun = std::time::Instant::now();
        assert_eq!(
            send(&app, "GET /v1/models", &[("x-api-key", "wrong")], "")
                .await
                .status,
            401
        );
        slowest = slowest.max(begun.elapsed());
    }
    assert!(slowest >= std::time::Duration::from_millis(900), "{slowest:?}");
    let begun = std::time::Instant::now();
    assert_eq!(
        send(&app, "GET /v1/models", &[("x-api-key", &key)], "")
            .await
            .status,
        200
    );
    assert!(
        begun.elapsed() < std::time::Duration::from_millis(900),
        "the right key does not wait"
    );
    app.finish().await;
}

/// SEC-14: no text is ever put into SQL. Statements are constants, so nothing that formats may stand where
/// they are made.
#[test]
fn no_sql_is_formatted() {
    let store = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/crates/store/src");
    let mut files = Vec::new();
    let mut folders = vec![store];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path)
            } else {
                files.push(path)
            }
        }
    }
    assert!(files.len() > 20);
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for (at, line) in text.lines().enumerate() {
            let lower = line.to_ascii_lowercase();
            let formats = ["format!", "write!(", "concat!("]
                .iter()
                .any(|word| lower.contains(word));
            let sql = [
                "select ",
                "insert ",
                "update ",
                "delete ",
                "pragma ",
                " where ",
                "attach ",
                "create table",
            ];
            if formats && sql.iter().any(|word| lower.contains(word)) {
                found.push(format!("{}:{}: {}", file.display(), at + 1, line.trim()));
            }
            let runs = [
                "prepare(",
                "prepare_cached(",
                "execute(",
                "execute_batch(",
                "query_row(",
            ];
            if runs.iter().any(|call| lower.contains(&format!("{call}&format!"))) {
                found.push(format!("{}:{}: {}", file.display(), at + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
