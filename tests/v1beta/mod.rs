//! The routes under `/v1beta`, as Google's clients use them.

mod embed;
mod generate;
mod models;

use serde_json::{Value, json};

use crate::support::{Provider, TestApp};

/// A provider, an app with the agent `reviewer` on it, and a key.
async fn world() -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    (provider, app, key)
}

fn hi() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]})
}

/// Asks as Google's clients do, with the key in their own header.
async fn post(app: &TestApp, key: &str, path: &str, body: &Value) -> reqwest::Response {
    let asking = app.http().post(app.url(path)).header("x-goog-api-key", key);
    asking.json(body).send().await.unwrap()
}
