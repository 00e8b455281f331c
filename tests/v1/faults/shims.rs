//! The clients of Ollama's two routes and of Google's two framings.

use serde_json::{Value, json};

use super::Client;
use crate::support::canonical::ollama::Route;
use crate::support::canonical::{Choice, gemini, ollama};

pub fn clients() -> Vec<Client> {
    vec![chat(), generate(), events(), array()]
}

fn chat() -> Client {
    Client {
        route: |_| "/api/chat",
        question: |streamed| {
            json!({
                "model": "reviewer", "messages": [{"role": "user", "content": "Hi"}], "stream": streamed,
                "tools": [{"type": "function", "function": {"name": "look"}}],
            })
        },
        whole: |body| ollama::whole(body, Route::Chat, "reviewer"),
        stream: |body| ollama::stream(body, Route::Chat, "reviewer"),
        error: ollama::error,
        carried: |choice| choice,
    }
}

fn generate() -> Client {
    Client {
        route: |_| "/api/generate",
        question: |streamed| json!({"model": "reviewer", "prompt": "Hi", "stream": streamed}),
        whole: |body| ollama::whole(body, Route::Generate, "reviewer"),
        stream: |body| ollama::stream(body, Route::Generate, "reviewer"),
        error: ollama::error,
        // a bare text has no place for calls
        carried: |choice| Choice {
            calls: Vec::new(),
            finish: Some("stop".into()),
            ..choice
        },
    }
}

fn look(_: bool) -> Value {
    json!({
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
        "tools": [{"functionDeclarations": [{"name": "look"}]}],
    })
}

fn events() -> Client {
    Client {
        route: |streamed| {
            if streamed {
                "/v1beta/models/reviewer:streamGenerateContent?alt=sse"
            } else {
                "/v1beta/models/reviewer:generateContent"
            }
        },
        question: look,
        whole: |body| gemini::whole(body, "reviewer"),
        stream: |body| gemini::events(body, "reviewer"),
        error: gemini::error,
        carried: |choice| choice,
    }
}

fn array() -> Client {
    Client {
        route: |_| "/v1/models/reviewer:streamGenerateContent",
        whole: |body| gemini::array(body, "reviewer"),
        stream: |body| gemini::array(body, "reviewer"),
        ..events()
    }
}
