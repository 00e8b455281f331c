//! The four systems that the endpoint stands in for, each as its document shows it.

mod agent_os;
mod openai_compatible_chat;
mod tess;
mod thinnest_ai;

use serde_json::Value;

use crate::support::client::events;
use crate::support::{Provider, TestApp};

/// A response's status and JSON body.
async fn read(response: reqwest::Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

/// The events of a streamed answer, `[DONE]` as a string.
async fn streamed(response: reqwest::Response) -> Vec<Value> {
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    let text = response.text().await.unwrap();
    assert!(text.ends_with("\n\n"), "whole events only: {text}");
    let read = |event: &String| serde_json::from_str(event).unwrap_or_else(|_| Value::from(event.as_str()));
    events(&text).iter().map(read).collect()
}

/// The names of an object's fields, sorted.
fn fields(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// An app whose agent `reviewer` runs on a model with a known price.
async fn priced(provider: &Provider) -> TestApp {
    let app = TestApp::start().await;
    let args = serde_json::json!({"id": "p", "kind": "openai", "base_url": provider.base_url(),
        "key": crate::support::app::CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "p/gpt-4o-mini", "Be brief.").await;
    app
}

/// That an error is told in OpenAI's shape, with all four fields.
fn is_error(body: &Value) {
    assert_eq!(fields(body), ["error"]);
    assert_eq!(
        fields(&body["error"]),
        ["code", "message", "param", "type"],
        "{body}"
    );
    assert!(
        body["error"]["message"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
}
