//! The guard: what comes in, and everything that does not.

mod bodies;
mod carriers;
mod cross_origin;
mod host;
mod keys;
mod paths;
mod pressure;
mod routes;
mod serving;
mod upstream_origin;

use crate::support::{Answer, TestApp, raw};

/// A JSON body that the chat route would answer.
const CHAT: &str = r#"{"model":"reviewer","messages":[{"role":"user","content":"Hi"}]}"#;

/// A raw request line, headers and body, as a tool would send them, with `Host` as it should be.
fn request(app: &TestApp, line: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!(
        "{line} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n",
        app.port()
    );
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

async fn send(app: &TestApp, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    raw(app.port(), &request(app, line, headers, body)).await
}

/// What a refusal says. The form around it is that of the path's wire, whether there is such a route or not.
fn words(answer: &Answer) -> String {
    let error = &answer.json()["error"];
    let words = error["message"].as_str().or(error.as_str());
    words.unwrap_or_else(|| panic!("{}", answer.text())).to_owned()
}

/// Every route as a request line, with a fitting path for each pattern, and what no route answers:
/// a path that is not there, a preflight, an upgrade.
fn request_lines() -> Vec<String> {
    let mut lines = Vec::new();
    for route in gateway::http::routes() {
        let path = route
            .path
            .replace("{*model}", "reviewer")
            .replace("/responses/{id}", "/responses/resp_0")
            .replace("{id}", "reviewer");
        assert!(!path.contains('{'), "teach this test about {path}");
        lines.extend(route.methods.iter().map(|method| format!("{method} {path}")));
    }
    lines.extend(
        [
            "POST /unknown",
            "GET /unknown",
            "OPTIONS /v1/chat/completions",
            "OPTIONS *",
        ]
        .map(str::to_owned),
    );
    lines
}
