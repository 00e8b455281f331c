//! *OpenAI-Compatible Chat*: the list of models, one model, and chat completions with a table of values that
//! are refused and usage at the end of every stream.

use serde_json::{Value, json};

use super::{is_error, read, streamed};
use crate::support::{Provider, Reply, TestApp, app::draft};

const ROUTE: &str = "/api/v1/chat/completions";

fn hello() -> Value {
    json!({"model": "reviewer", "messages": [{"role": "user", "content": "Hello"}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_models_and_one_of_them() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let (status, list) = read(app.get("/v1/models", &key).await).await;
    assert_eq!((status, &list["object"]), (200, &json!("list")));
    assert_eq!(list["data"][0]["id"], "reviewer");
    let (status, same) = read(app.get("/api/v1/chat/models", &key).await).await;
    assert_eq!(
        (status, &same),
        (200, &list),
        "the related endpoint tells the same"
    );
    let (status, one) = read(app.get("/v1/models/reviewer", &key).await).await;
    assert_eq!((status, &one), (200, &list["data"][0]));
    let (status, nobody) = read(app.get("/v1/models/nobody", &key).await).await;
    is_error(&nobody);
    assert_eq!(status, 404);
    let without = app
        .http()
        .get(app.url("/api/v1/chat/models"))
        .send()
        .await
        .unwrap();
    assert_eq!(without.status(), 401);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_tools_and_pictures() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let call = json!({"id": "x", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": null,
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}});
    provider.will(Reply::json(200, &call));
    let mut body = hello();
    body["messages"][0]["content"] = json!([
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]);
    body["tools"] =
        json!([{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]);
    body["tool_choice"] = json!("auto");
    let (status, answer) = read(app.post(ROUTE, &key, &body).await).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(
        answer["choices"][0]["message"]["tool_calls"][0]["function"]["name"],
        "look"
    );
    let sent = provider.last().json();
    assert_eq!(sent["messages"][1]["content"][1]["type"], "image_url");
    assert_eq!(sent["tools"][0]["function"]["name"], "look");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stream_ends_with_usage_and_the_marker() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    for options in [
        Value::Null,
        json!({}),
        json!({"include_usage": false}),
        json!({"include_usage": true}),
    ] {
        let mut body = hello();
        body["stream"] = json!(true);
        body["stream_options"] = options.clone();
        let mut events = streamed(app.post(ROUTE, &key, &body).await).await;
        assert_eq!(events.pop(), Some(json!("[DONE]")));
        let last = events.pop().unwrap();
        assert_eq!(last["choices"], json!([]), "{options}");
        assert_eq!(last["usage"]["total_tokens"], 15000, "{options}");
        assert!(
            events.iter().all(|chunk| chunk["usage"].is_null()),
            "and only there"
        );
    }
    // elsewhere only where it is asked for
    let mut body = hello();
    body["stream"] = json!(true);
    let events = streamed(app.chat(&key, &body).await).await;
    assert!(events.iter().all(|chunk| chunk.get("usage").is_none()));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_is_estimated_where_the_provider_gives_none() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let chunk = |delta: Value, finish: Value| {
        json!({"id": "u", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    };
    let silent = Reply::new(200, "text/event-stream")
        .event(&chunk(
            json!({"role": "assistant", "content": "Some words."}),
            Value::Null,
        ))
        .event(&chunk(json!({}), json!("stop")))
        .send("data: [DONE]\n\n");
    provider.will(silent);
    let mut body = hello();
    body["stream"] = json!(true);
    let mut events = streamed(app.post(ROUTE, &key, &body).await).await;
    assert_eq!(events.pop(), Some(json!("[DONE]")));
    let usage = events.pop().unwrap()["usage"].clone();
    assert!(usage["prompt_tokens"].as_u64() > Some(0), "{usage}");
    assert!(usage["completion_tokens"].as_u64() > Some(0), "{usage}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_what_is_refused() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let _set: Value = app
        .ask("settings.set", json!({"default_agent": "reviewer"}))
        .await;
    for (field, value) in [
        ("model", Value::Null),
        ("model", json!("")),
        ("messages", Value::Null),
        ("messages", json!("Hello")),
        ("messages", json!({})),
        ("messages", json!([])),
        ("temperature", json!(-0.1)),
        ("temperature", json!(2.1)),
        ("temperature", json!("1")),
        ("top_p", json!(-0.1)),
        ("top_p", json!(1.1)),
        ("max_tokens", json!(0)),
        ("max_tokens", json!(-1)),
        ("max_tokens", json!(1.5)),
        ("max_tokens", json!("100")),
        ("stop", json!(["1", "2", "3", "4", "5"])),
    ] {
        let mut body = hello();
        body[field] = value.clone();
        let (status, error) = read(app.post(ROUTE, &key, &body).await).await;
        is_error(&error);
        assert_eq!(status, 400, "{field} = {value}: {error}");
        assert_eq!(error["error"]["param"], field, "{field} = {value}");
        assert_eq!(error["error"]["type"], "invalid_request_error");
    }
    for field in ["model", "messages"] {
        let mut body = hello();
        body.as_object_mut().unwrap().remove(field);
        // what another route would take for messages is none here
        body["input"] = json!("Hello");
        let (status, error) = read(app.post(ROUTE, &key, &body).await).await;
        let error = &error["error"];
        assert_eq!(
            (status, &error["param"], &error["code"]),
            (400, &json!(field), &json!("missing_required_parameter"))
        );
    }
    assert!(provider.asked().is_empty());
    assert!(app.sessions().await.is_empty());
    for (field, value) in [
        ("temperature", json!(0)),
        ("temperature", json!(2)),
        ("top_p", json!(0)),
        ("top_p", json!(1)),
        ("max_tokens", json!(1)),
        ("stop", json!(["1", "2", "3", "4"])),
        ("stop", json!("x")),
        ("tool_choice", json!("none")),
        ("frequency_penalty", json!(-2)),
    ] {
        let mut body = hello();
        body[field] = value.clone();
        assert_eq!(
            app.post(ROUTE, &key, &body).await.status(),
            200,
            "{field} = {value}"
        );
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_the_keys_own() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let slow = app.key_with(json!({"name": "slow", "rpm": 1})).await;
    let other = app.key_with(json!({"name": "other", "rpm": 1})).await;
    assert_eq!(app.post(ROUTE, &slow, &hello()).await.status(), 200);
    let (status, error) = read(app.post(ROUTE, &slow, &hello()).await).await;
    is_error(&error);
    assert_eq!(status, 429);
    assert_eq!(
        app.post(ROUTE, &other, &hello()).await.status(),
        200,
        "another key's is untouched"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_does_wrong_is_502_or_504() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    let mut hasty = draft("reviewer", "mock/m", "");
    hasty["timeouts"] = json!({"overall_s": 1});
    let _made: Value = app.ask("agent.create", hasty).await;
    let key = app.key().await;
    let once = |body: &Value| {
        let request = app.http().post(app.url(ROUTE)).bearer_auth(&key).json(body);
        request.header("x-inglenook-retry", "false").send()
    };

    provider.will(Reply::refusal(500, "server_error", "broken"));
    let (status, error) = read(once(&hello()).await.unwrap()).await;
    is_error(&error);
    assert_eq!(status, 502);
    provider.will(Reply::new(200, "application/json").send("this is no answer"));
    let (status, error) = read(once(&hello()).await.unwrap()).await;
    is_error(&error);
    assert_eq!(status, 502, "an invalid response");
    provider.will(Reply::silence());
    let (status, error) = read(once(&hello()).await.unwrap()).await;
    is_error(&error);
    assert_eq!((status, &error["error"]["type"]), (504, &json!("server_error")));
    app.finish().await;
}
