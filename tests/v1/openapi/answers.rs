//! Every answer that is described is asked for, whole and streamed, and is as the document says.

use serde_json::{Value, json};

use super::contract::{Asked, Contract};
use crate::support::app::CANARY;
use crate::support::{Provider, Reply, TestApp};

const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk";

/// A provider that thinks, speaks and calls a tool when it is offered one; and that makes vectors.
async fn provider() -> Provider {
    let provider = Provider::start().await;
    provider.answers_by(|asked| {
        if asked.target.ends_with("/embeddings") {
            let data = json!([{"object": "embedding", "index": 0, "embedding": [0.5, -1.0]}]);
            return Reply::json(
                200,
                &json!({"object": "list", "data": data, "model": "m",
                "usage": {"prompt_tokens": 2, "total_tokens": 2}}),
            );
        }
        let body = asked.json();
        let calls = body["tools"].is_array() && body["messages"].as_array().unwrap().len() < 4;
        let reason = if calls { "tool_calls" } else { "stop" };
        let call = json!([{"index": 0, "id": "call_1", "type": "function",
            "function": {"name": "weather", "arguments": "{\"city\":\"Malmö\"}"}}]);
        let mut said = json!({"role": "assistant", "content": "It rains.", "reasoning_content": "Hm."});
        if calls {
            said["tool_calls"] = call;
        }
        let head = json!({"id": "up", "created": 1, "model": "m"});
        let usage = json!({"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12});
        let with = |mut body: Value, choices: Value| {
            body["choices"] = choices;
            body
        };
        if body["stream"] == true {
            let chunk = |delta: Value, reason: Value| {
                with(
                    head.clone(),
                    json!([{"index": 0, "delta": delta, "finish_reason": reason}]),
                )
            };
            let mut last = with(head.clone(), json!([]));
            last["usage"] = usage;
            return Reply::new(200, "text/event-stream")
                .event(&chunk(said, Value::Null))
                .event(&chunk(json!({}), json!(reason)))
                .event(&last)
                .send("data: [DONE]\n\n");
        }
        let choices = json!([{"index": 0, "message": said, "finish_reason": reason}]);
        let mut whole = with(head.clone(), choices);
        whole["usage"] = usage;
        Reply::json(200, &whole)
    });
    provider
}

/// A route that runs a call, bodies for it, and how each is asked to stream.
fn calls() -> Vec<(&'static str, &'static str, Vec<Value>)> {
    let tool = json!({"type": "function", "function": {"name": "weather", "description": "It.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}});
    let image = format!("data:image/png;base64,{PIXEL}");
    let chat = json!({"model": "reviewer", "temperature": 0.5, "stop": ["x"], "tools": [tool], "user": null,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"},
            {"type": "image_url", "image_url": {"url": image}}]}]});
    let looped = json!({"model": "reviewer", "tools": [tool], "tool_choice": "auto", "messages": [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"}]});
    let plain =
        json!({"messages": [{"role": "user", "content": "Hi"}], "temperature": "0.7", "tools": "no-tools"});
    let named = |body: &Value| {
        let mut body = body.clone();
        body["agent_id"] = json!("reviewer");
        body
    };
    let block = json!({"name": "weather", "input_schema": {"type": "object"}});
    let messages = json!({"model": "reviewer", "max_tokens": 50, "tools": [block], "system": "Be kind.",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]});
    let answered = json!({"model": "reviewer", "max_tokens": 50, "tools": [block], "messages": [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": [
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Malmö"}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": "rain"}]}]});
    let items = json!({"model": "reviewer", "instructions": "Be kind.", "tools": [
        {"type": "function", "name": "weather", "parameters": {"type": "object"}},
        {"type": "custom", "name": "patch"}], "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
        {"type": "function_call", "call_id": "c", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "rain"}]});
    let ollama = json!({"model": "reviewer:latest", "options": {"temperature": 0.5, "num_predict": -1}, "tools": [tool],
        "messages": [{"role": "user", "content": "Hi", "images": [PIXEL]}]});
    vec![
        (
            "/v1/chat/completions",
            "/v1/chat/completions",
            vec![chat.clone(), looped.clone(), plain.clone()],
        ),
        (
            "/api/v1/chat/completions",
            "/api/v1/chat/completions",
            vec![chat.clone()],
        ),
        (
            "/api/agents/{id}/openai/chat/completions",
            "/api/agents/reviewer/openai/chat/completions",
            vec![plain.clone(), looped],
        ),
        (
            "/v1/completions",
            "/v1/completions",
            vec![json!({"model": "reviewer", "prompt": ["one", "two"], "echo": true, "max_tokens": 3})],
        ),
        (
            "/v1/responses",
            "/v1/responses",
            vec![
                items,
                json!({"input": "Hi", "include": ["reasoning.encrypted_content"]}),
            ],
        ),
        ("/v1/messages", "/v1/messages", vec![messages, answered]),
        (
            "/v2/chats/openai",
            "/v2/chats/openai",
            vec![named(&chat), named(&plain)],
        ),
        (
            "/v1/agents/{id}/chat",
            "/v1/agents/reviewer/chat",
            vec![json!({"message": "Hi", "session_id": null})],
        ),
        (
            "/api/chat",
            "/api/chat",
            vec![ollama, json!({"model": "reviewer"})],
        ),
        (
            "/api/generate",
            "/api/generate",
            vec![json!({"model": "reviewer", "prompt": "Hi", "system": "Be kind."})],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_as_the_document_says() {
    let provider = provider().await;
    let app = TestApp::start().await;
    let args = json!({"id": "mock", "kind": "openai", "base_url": provider.base_url(), "key": CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "mock/m", "Be brief.").await;
    app.add_agent("finder", "mock/text-embedding-3-small", "").await;
    let key = app
        .key_with(
            json!({"name": "test", "raw_models": true, "rpm": 1000, "tpm": 1_000_000,
            "budgets": [{"per": "day", "cap": 90_000_000}], "default_agent": "reviewer"}),
        )
        .await;
    let contract = Contract::of_the_code();
    for (of, path, bodies) in calls() {
        for mut body in bodies {
            for stream in [true, false] {
                body["stream"] = json!(stream);
                let told = contract.ask(&app, &key, &Asked::post(of, path, &body)).await;
                assert_eq!(told.status, 200, "{path}: {told:?}");
            }
        }
    }
    gemini(&contract, &app, &key).await;
    vectors(&contract, &app, &key).await;
    kept_responses(&contract, &app, &key).await;
    counts(&contract, &app, &key).await;
    lists(&contract, &app, &key).await;
    assert_eq!(
        contract.unseen(),
        Vec::<String>::new(),
        "nobody has asked for these"
    );
    app.finish().await;
}

async fn good(contract: &Contract, app: &TestApp, key: &str, asked: &Asked<'_>) -> Value {
    let told = contract.ask(app, key, asked).await;
    assert_eq!(told.status, 200, "{}: {told:?}", asked.path);
    told.values.into_iter().next_back().unwrap()
}

async fn gemini(contract: &Contract, app: &TestApp, key: &str) {
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
        "systemInstruction": {"parts": [{"text": "Be kind."}]},
        "tools": [{"functionDeclarations": [{"name": "weather"}]}],
        "generationConfig": {"temperature": 0.5, "thinkingConfig": {"thinkingBudget": -1}}});
    let content = json!({"content": {"parts": [{"text": "a"}]}});
    for prefix in ["/v1beta", "/v1"] {
        for (method, query, model, body) in [
            ("generateContent", "", "reviewer", &body),
            ("streamGenerateContent", "", "reviewer", &body),
            ("streamGenerateContent", "?alt=sse", "reviewer", &body),
            ("countTokens", "", "reviewer", &body),
            (
                "countTokens",
                "",
                "reviewer",
                &json!({"generateContentRequest": body}),
            ),
            ("embedContent", "", "finder", &content),
            (
                "batchEmbedContents",
                "",
                "finder",
                &json!({"requests": [content]}),
            ),
        ] {
            let of = format!("{prefix}/models/{{model}}:{method}");
            let path = format!("{prefix}/models/{model}:{method}{query}");
            good(contract, app, key, &Asked::post(&of, &path, body)).await;
        }
    }
    for (of, path) in [
        ("/v1beta/models", "/v1beta/models"),
        ("/v1beta/models/{model}", "/v1beta/models/reviewer"),
    ] {
        good(contract, app, key, &Asked::get(of, path)).await;
    }
}

async fn vectors(contract: &Contract, app: &TestApp, key: &str) {
    for (path, body) in [
        ("/v1/embeddings", json!({"model": "finder", "input": "a"})),
        (
            "/v1/embeddings",
            json!({"model": "finder", "input": [[1, 2]], "encoding_format": "base64"}),
        ),
        ("/api/embed", json!({"model": "finder", "input": ["a"]})),
        ("/api/embed", json!({"model": "finder"})),
        ("/api/embeddings", json!({"model": "finder", "prompt": "a"})),
    ] {
        good(contract, app, key, &Asked::post(path, path, &body)).await;
    }
}

async fn kept_responses(contract: &Contract, app: &TestApp, key: &str) {
    let body = json!({"model": "reviewer", "input": "Hi", "background": true, "stream": true});
    let created = Asked::post("/v1/responses", "/v1/responses", &body);
    let last = good(contract, app, key, &created).await;
    let id = last["response"]["id"].as_str().unwrap().to_owned();
    let of = "/v1/responses/{id}";
    let path = format!("/v1/responses/{id}");
    good(contract, app, key, &Asked::get(of, &path)).await;
    let resumed = format!("{path}?stream=true&starting_after=1");
    good(contract, app, key, &Asked::get(of, &resumed)).await;
    let items = format!("{path}/input_items?limit=1&order=asc");
    good(
        contract,
        app,
        key,
        &Asked::get("/v1/responses/{id}/input_items", &items),
    )
    .await;
    let cancel = format!("{path}/cancel");
    good(
        contract,
        app,
        key,
        &Asked::post("/v1/responses/{id}/cancel", &cancel, &json!({})),
    )
    .await;
    let delete = Asked {
        method: "delete",
        ..Asked::get(of, &path)
    };
    good(contract, app, key, &delete).await;
}

async fn counts(contract: &Contract, app: &TestApp, key: &str) {
    let said = json!({"model": "reviewer", "messages": [{"role": "user", "content": "Hi"}]});
    let input = json!({"model": "reviewer", "input": "Hi"});
    for (path, body) in [
        ("/v1/messages/count_tokens", &said),
        ("/v1/responses/input_tokens", &input),
    ] {
        good(contract, app, key, &Asked::post(path, path, body)).await;
    }
}

async fn lists(contract: &Contract, app: &TestApp, key: &str) {
    let shapes: [&[(&str, &str)]; 3] = [
        &[],
        &[("anthropic-version", "2023-06-01")],
        &[("x-goog-api-client", "x")],
    ];
    for headers in shapes {
        for (of, path) in [
            ("/v1/models", "/v1/models?limit=1"),
            ("/api/v1/chat/models", "/api/v1/chat/models"),
            ("/v1/models/{model}", "/v1/models/reviewer"),
        ] {
            let asked = Asked {
                headers,
                ..Asked::get(of, path)
            };
            good(contract, app, key, &asked).await;
        }
    }
    for path in [
        "/v1/key",
        "/api/version",
        "/api/tags",
        "/api/ps",
        "/",
        "/health",
        "/openapi.json",
    ] {
        good(contract, app, key, &Asked::get(path, path)).await;
    }
    good(
        contract,
        app,
        key,
        &Asked::get("/api/agents/{id}", "/api/agents/reviewer"),
    )
    .await;
    let show = json!({"model": "reviewer"});
    good(contract, app, key, &Asked::post("/api/show", "/api/show", &show)).await;
}
