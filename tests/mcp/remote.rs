//! Servers elsewhere, by streamable HTTP: what they are given goes to their one address.

use std::io::BufRead;
use std::process::{Child, Command, Stdio};

use gateway::control::{McpHealth, McpServerView};
use serde_json::{Value, json};

use super::{agent, approve, given, impatient, is_running, notes, provider};
use crate::support::TestApp;
use crate::support::app::CANARY;

/// A server that ends with the test.
struct Far {
    child: Child,
    port: u16,
}

impl Far {
    fn start(notes: &std::path::Path, more: &[&str]) -> Self {
        let script = format!("{}/tests/support/mcp/http_server.py", env!("CARGO_MANIFEST_DIR"));
        let mut child = Command::new("python3")
            .arg(script)
            .arg(notes)
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap();
        Self { child, port }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.port)
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

async fn add(app: &TestApp, url: &str) {
    let args = json!({"id": "far", "transport": {"kind": "http", "url": url, "headers": ["Authorization"]},
        "secrets": {"Authorization": format!("Bearer {CANARY}")}});
    let added: Value = app.ask("mcp.add", args).await;
    assert!(!added.to_string().contains(CANARY), "{added}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_elsewhere_is_used_with_its_header() {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let file = app.path("asked");
    let far = Far::start(&file, &[]);
    add(&app, &far.url()).await;
    assert!(notes(&file).is_empty(), "nothing is asked before it is approved");
    let approved = approve(&app, "far").await;
    assert!(is_running(&approved), "{:?}", approved.health);
    agent(&app, &["far/echo", "far/giant"]).await;
    assert_eq!(
        given(&app, &provider, &key, "far__echo", json!({"text": "hi"})).await,
        "far: hi"
    );
    let asked = notes(&file);
    let posts: Vec<&String> = asked.iter().filter(|line| line.starts_with("POST")).collect();
    assert!(
        posts.len() >= 3 && posts.iter().all(|line| line.contains(CANARY)),
        "{asked:?}"
    );
    let told = given(&app, &provider, &key, "far__giant", json!({})).await;
    assert!(
        told.contains("does not work") && told.len() < 1000,
        "{}",
        told.len()
    );
    // what it has written down is not for the app's disk, which is searched for the secret now
    drop(far);
    std::fs::remove_file(&file).unwrap();
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_19_a_server_elsewhere_cannot_lead_its_header_away() {
    for status in ["301", "302", "303", "307", "308", "401", "403"] {
        let app = impatient().await;
        let (file, sink_file) = (app.path("asked"), app.path("sink"));
        let sink = Far::start(&sink_file, &[]);
        let far = Far::start(&file, &[status, &sink.url()]);
        add(&app, &far.url()).await;
        let server = approve(&app, "far").await;
        let McpHealth::Failed { failure } = &server.health else {
            panic!("{status}: {:?}", server.health);
        };
        assert!(!failure.message.contains(CANARY), "{failure:?}");
        assert!(!notes(&file).is_empty());
        assert!(notes(&sink_file).is_empty(), "{status}: {:?}", notes(&sink_file));
        drop(far);
        std::fs::remove_file(&file).unwrap();
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_19_another_address_does_not_get_the_header() {
    let app = impatient().await;
    let file = app.path("asked");
    let far = Far::start(&file, &[]);
    add(&app, "http://127.0.0.1:9/mcp").await;
    let transport = json!({"kind": "http", "url": far.url(), "headers": ["Authorization"]});
    let moved: McpServerView = app
        .ask("mcp.update", json!({"id": "far", "transport": transport}))
        .await;
    assert_eq!(moved.missing, ["Authorization"]);
    let digest = moved.digest;
    let refused = app
        .allow("mcp.approve", json!({"id": "far", "digest": digest}))
        .await
        .unwrap_err()
        .kind();
    assert_eq!(refused, domain::FailureKind::ProviderKeyMissing);
    assert!(notes(&file).is_empty(), "it was asked without");
    app.finish().await;
}
