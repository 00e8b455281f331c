//! The routes under `/api`, as clients of Ollama use them (D.10).

mod chat;
mod embed;
mod generate;
mod models;
mod port;
mod routes;

use serde_json::{Value, json};

use crate::support::{Provider, TestApp};

/// A provider, an app with the agent `reviewer` on it, and a key.
async fn world() -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    (provider, app, key)
}

/// A chat of one message, whole.
fn hi(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hi"}], "stream": false})
}

/// The same, streamed because nothing else is said.
fn hi_streamed(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hi"}], "tools": []})
}
