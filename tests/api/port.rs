//! The second port, for clients of Ollama that look nowhere else (W-197).

use gateway::control::{AppStatus, Check, CheckState, OllamaPortStatus};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::world;
use crate::support::{Provider, Reply, TestApp, eventually, raw};

/// A port that nobody has, on either loopback address.
async fn free_port() -> u16 {
    loop {
        let one = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = one.local_addr().unwrap().port();
        if TcpListener::bind(("::1", port)).await.is_ok() {
            return port;
        }
    }
}

async fn set(app: &TestApp, port: u16) {
    let _settings: Value = app.ask("settings.set", json!({"ollama_port": port})).await;
}

async fn status(app: &TestApp) -> OllamaPortStatus {
    let status: AppStatus = app.ask("app.status", json!({})).await;
    status.ollama_port
}

async fn becomes(app: &TestApp, wanted: OllamaPortStatus) {
    eventually("the second port", async || {
        (status(app).await == wanted).then_some(())
    })
    .await;
}

/// Why it could not be had.
async fn refusal(app: &TestApp) -> (domain::FailureKind, String) {
    let failure = eventually("a refusal", async || match status(app).await {
        OllamaPortStatus::Failed { failure, .. } => Some(failure),
        OllamaPortStatus::Off | OllamaPortStatus::Listening { .. } => None,
    })
    .await;
    let checks: Vec<Check> = app.ask("app.doctor", json!({})).await;
    let check = checks.iter().find(|check| check.name == "ollama port").unwrap();
    assert_eq!(
        (check.state, &check.detail),
        (CheckState::Warning, &failure.message)
    );
    assert!(
        check
            .hint
            .as_deref()
            .is_some_and(|hint| hint.contains(&app.port().to_string()))
    );
    assert_eq!(
        app.http().get(app.url("/health")).send().await.unwrap().status(),
        200
    );
    (failure.kind, failure.message)
}

/// The status of `GET /api/version` at a port, with a key and this `Host`.
async fn version(port: u16, host: u16, key: &str) -> u16 {
    let request = format!(
        "GET /api/version HTTP/1.1\r\nHost: localhost:{host}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
    );
    raw(port, request.as_bytes()).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn w_197_it_is_off_until_it_is_wanted_and_off_again_when_it_is_not() {
    let (_provider, mut app, key) = world().await;
    assert_eq!(status(&app).await, OllamaPortStatus::Off);
    let checks: Vec<Check> = app.ask("app.doctor", json!({})).await;
    assert!(checks.iter().all(|check| check.name != "ollama port"));

    let port = free_port().await;
    for _ in 0..2 {
        set(&app, port).await;
        becomes(&app, OllamaPortStatus::Listening { port }).await;
        assert_eq!(version(port, port, &key).await, 200);
        set(&app, 0).await;
        becomes(&app, OllamaPortStatus::Off).await;
        TcpListener::bind(("127.0.0.1", port))
            .await
            .expect("it is free again at once");
    }

    set(&app, port).await;
    becomes(&app, OllamaPortStatus::Listening { port }).await;
    app.restart().await;
    assert_eq!(
        status(&app).await,
        OllamaPortStatus::Listening { port },
        "as soon as the app is ready"
    );
    let other = free_port().await;
    set(&app, other).await;
    becomes(&app, OllamaPortStatus::Listening { port: other }).await;
    assert_eq!(version(other, other, &key).await, 200);
    assert!(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_01_its_guard_knows_its_own_port_and_no_other() {
    let (provider, app, key) = world().await;
    let port = free_port().await;
    set(&app, port).await;
    becomes(&app, OllamaPortStatus::Listening { port }).await;
    assert_eq!(version(port, app.port(), &key).await, 421);
    assert_eq!(version(app.port(), port, &key).await, 421);
    assert_eq!(
        version(port, port, "sk-ink-wrong").await,
        401,
        "and a key is asked for here too"
    );
    let foreign =
        format!("GET /api/version HTTP/1.1\r\nHost: attacker.example:{port}\r\nConnection: close\r\n\r\n");
    assert_eq!(raw(port, foreign.as_bytes()).await.status, 421);
    let page = format!(
        "GET /api/version HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://a.example\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(raw(port, page.as_bytes()).await.status, 403);
    let asking = app
        .http()
        .post(format!("http://127.0.0.1:{port}/v1/chat/completions"));
    let asked = asking
        .bearer_auth(&key)
        .json(&crate::v1::hi("reviewer"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        asked.status(),
        200,
        "everything is served there, as on the other port"
    );
    assert_eq!(provider.asked().len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_197_a_real_ollama_keeps_its_port() {
    let (_provider, mut app, key) = world().await;
    let ollama = Provider::start().await;
    ollama.always(Reply::json(200, &json!({"version": "0.13.5"})));
    let port = ollama
        .base_url()
        .rsplit(':')
        .next()
        .unwrap()
        .trim_end_matches("/v1")
        .parse()
        .unwrap();
    set(&app, port).await;
    let (kind, message) = refusal(&app).await;
    assert_eq!(kind, domain::FailureKind::PortTaken);
    assert_eq!(
        message,
        format!("Port {port} belongs to Ollama, which is running.")
    );
    assert!(
        ollama
            .asked()
            .iter()
            .all(|asked| asked.header("authorization").is_none()),
        "a stranger"
    );

    app.restart().await;
    assert_eq!(
        refusal(&app).await.1,
        message,
        "at a start too, and the endpoint starts nevertheless"
    );
    assert_eq!(version(app.port(), app.port(), &key).await, 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_197_anybody_else_keeps_it_too() {
    let (provider, app, _key) = world().await;
    let somebody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = somebody.local_addr().unwrap().port();
    set(&app, port).await;
    let expected = format!("Port {port} is taken by another program.");
    assert_eq!(refusal(&app).await, (domain::FailureKind::PortTaken, expected));
    drop(somebody);
    set(&app, port).await;
    becomes(&app, OllamaPortStatus::Listening { port }).await;

    // where a provider is expected we would call ourselves
    let theirs: u16 = provider.origin().rsplit(':').next().unwrap().parse().unwrap();
    set(&app, theirs).await;
    let expected = format!("Port {theirs} is where the provider mock is expected.");
    assert_eq!(refusal(&app).await, (domain::FailureKind::Conflict, expected));
    set(&app, port).await;
    becomes(&app, OllamaPortStatus::Listening { port }).await;
    let add = json!({"id": "late", "kind": "custom", "base_url": format!("http://localhost:{port}/v1")});
    let _added: Value = app.ask("provider.add", add).await;
    let expected = format!("Port {port} is where the provider late is expected.");
    assert_eq!(refusal(&app).await.1, expected, "also when it comes later");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_endpoints_own_port_is_served_already() {
    let (_provider, app, key) = world().await;
    let port = app.port();
    set(&app, port).await;
    becomes(&app, OllamaPortStatus::Listening { port }).await;
    set(&app, 0).await;
    becomes(&app, OllamaPortStatus::Off).await;
    assert_eq!(version(port, port, &key).await, 200, "and goes on");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_197_without_a_key_only_where_the_setting_says_so_and_for_no_page() {
    let (_provider, app, _) = world().await;
    let port = free_port().await;
    set(&app, port).await;
    becomes(&app, OllamaPortStatus::Listening { port }).await;
    let body = super::hi("reviewer").to_string();
    let ask = async |header: &str| {
        let request = format!(
            "POST /api/chat HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n{header}\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        raw(port, request.as_bytes()).await.status
    };
    for (keyless, wanted) in [(false, 401), (true, 200), (false, 401)] {
        let _set: Value = app
            .ask("settings.set", json!({"no_key_on_loopback": keyless}))
            .await;
        becomes(&app, OllamaPortStatus::Listening { port }).await;
        assert_eq!(ask("").await, wanted, "keyless: {keyless}");
        assert_eq!(ask("Origin: https://attacker.example\r\n").await, 403);
        assert_eq!(ask("Sec-Fetch-Site: cross-site\r\n").await, 403);
        assert_eq!(ask("Authorization: Bearer sk-ink-wrong\r\n").await, 401);
    }
    app.finish().await;
}
