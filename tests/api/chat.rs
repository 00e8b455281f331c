//! `POST /api/chat` (W-193 to W-195).

use serde_json::{Value, json};

use super::{hi, hi_streamed, world};
use crate::support::canonical::ollama::{self, Route};
use crate::support::{Reply, TestApp};

/// Asks for a stream and reads it.
async fn streamed(app: &TestApp, key: &str, body: &Value) -> crate::support::canonical::Seen {
    let response = app.post("/api/chat", key, body).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let model = body["model"].as_str().unwrap();
    ollama::stream(&response.bytes().await.unwrap(), Route::Chat, model)
}

#[tokio::test(flavor = "multi_thread")]
async fn w_193_a_stream_is_what_comes_unless_it_is_declined() {
    let (provider, app, key) = world().await;
    for model in ["reviewer", "reviewer:latest"] {
        provider.will(Reply::stream(&["Once ", "upon."]));
        let seen = streamed(&app, &key, &hi_streamed(model)).await;
        assert_eq!(seen.only().text, "Once upon.");
        assert_eq!(seen.only().finish.as_deref(), Some("stop"));
        assert_eq!(seen.usage, Some(json!([12000, 3000])), "tokens in and out");
    }
    let response = app.post("/api/chat", &key, &hi("reviewer")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    let body = response.bytes().await.unwrap();
    let seen = ollama::whole(&body, Route::Chat, "reviewer");
    assert_eq!(seen.only().text, "ok");
    let took = serde_json::from_slice::<Value>(&body).unwrap()["total_duration"].as_u64();
    assert!(took > Some(1000), "nanoseconds: {took:?}");

    let said = provider.last().said();
    let expected = [("system", "Be brief."), ("user", "Hi")].map(|(role, text)| (role.into(), text.into()));
    assert_eq!(said, expected, "the agent that the window talks to");
    let call = app.ended_call().await;
    assert_eq!(call.row.call.route, "POST /api/chat");
    assert_eq!(call.row.call.wire, Some(domain::Wire::Ollama));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_193_options_format_and_think_reach_the_provider_in_its_own_words() {
    let (provider, app, key) = world().await;
    let body = json!({
        "model": "reviewer", "messages": [{"role": "user", "content": "Hi"}], "stream": false,
        "keep_alive": "5m", "think": "high", "format": {"type": "object", "properties": {"a": {"type": "string"}}},
        "options": {"num_predict": 9, "temperature": 0.25, "top_p": 0.5, "seed": 7, "stop": ["END"], "num_ctx": 8192},
    });
    assert_eq!(app.post("/api/chat", &key, &body).await.status(), 200);
    let sent = provider.last().json();
    assert_eq!(
        (&sent["temperature"], &sent["top_p"]),
        (&json!(0.25), &json!(0.5))
    );
    assert_eq!((&sent["seed"], &sent["stop"]), (&json!(7), &json!(["END"])));
    assert!(
        [&sent["max_tokens"], &sent["max_completion_tokens"]].contains(&&json!(9)),
        "{sent}"
    );
    assert_eq!(sent["response_format"]["type"], "json_schema");
    assert_eq!(sent["reasoning_effort"], "high");
    assert_eq!(
        sent.get("keep_alive"),
        None,
        "W-194: that is no provider's business"
    );
    assert_eq!(sent.get("options"), None);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_193_pictures_are_bare_base64() {
    let (provider, app, key) = world().await;
    let picture =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let body = json!({"model": "reviewer", "stream": false,
        "messages": [{"role": "user", "content": "What is it?", "images": [picture]}]});
    assert_eq!(app.post("/api/chat", &key, &body).await.status(), 200);
    let sent = provider.last().json();
    let url = sent["messages"][1]["content"][1]["image_url"]["url"]
        .as_str()
        .unwrap();
    assert_eq!(url, format!("data:image/png;base64,{picture}"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_193_a_tool_loop_without_ids() {
    let (provider, app, key) = world().await;
    let look = json!({"type": "function", "function": {"name": "look", "parameters": {"type": "object",
        "properties": {"at": {"type": "integer"}}}}});
    let call = json!({"id": "call_1", "type": "function",
        "function": {"name": "look", "arguments": "{\"at\": 1}"}});
    let reply = json!({"id": "up-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [{
        "index": 0, "finish_reason": "tool_calls",
        "message": {"role": "assistant", "content": null, "tool_calls": [call]}}]});
    provider.will(Reply::json(200, &reply));
    let mut body = hi_streamed("reviewer");
    body["tools"] = json!([look]);
    let seen = streamed(&app, &key, &body).await;
    let calls = &seen.only().calls;
    assert_eq!(
        (calls.len(), calls[0].name.as_str(), calls[0].arguments.as_str()),
        (1, "look", r#"{"at":1}"#)
    );

    // as Ollama's own libraries go on: no id, the tool's name beside its result
    body["messages"] = json!([
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "look", "arguments": {"at": 1}}}]},
        {"role": "tool", "content": "a door", "tool_name": "look"},
    ]);
    provider.will(Reply::stream(&["A door."]));
    assert_eq!(streamed(&app, &key, &body).await.only().text, "A door.");
    let sent = provider.last().json();
    let asked = &sent["messages"][2]["tool_calls"][0]["id"];
    assert!(asked.is_string());
    assert_eq!(
        &sent["messages"][3]["tool_call_id"], asked,
        "the result finds its call"
    );
    assert_eq!(sent["messages"][3]["content"], "a door");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_193_what_a_model_thinks_stands_beside_what_it_says() {
    let (provider, app, key) = world().await;
    let delta = |delta: Value| {
        json!({"id": "up-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
    };
    let reply = Reply::new(200, "text/event-stream")
        .event(&delta(json!({"reasoning_content": "Hm."})))
        .event(&delta(json!({"content": "Hello."})))
        .finish();
    provider.will(reply);
    let mut body = hi_streamed("reviewer");
    body["think"] = json!(true);
    let seen = streamed(&app, &key, &body).await;
    assert_eq!(
        (seen.only().reasoning.as_str(), seen.only().text.as_str()),
        ("Hm.", "Hello.")
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_194_a_client_that_only_loads_a_model_is_told_that_it_is_there() {
    let (provider, app, key) = world().await;
    let narrow = app
        .key_with(json!({"name": "narrow", "agents": ["reviewer"]}))
        .await;
    app.add_agent("secret", "mock/m", "").await;
    for (path, body) in [
        ("/api/chat", json!({"model": "reviewer:latest"})),
        (
            "/api/chat",
            json!({"model": "reviewer:latest", "messages": [], "keep_alive": -1, "stream": true}),
        ),
        ("/api/generate", json!({"model": "reviewer:latest"})),
        ("/api/generate", json!({"model": "reviewer:latest", "prompt": ""})),
    ] {
        let response = app.post(path, &key, &body).await;
        assert_eq!(response.status(), 200, "{body}");
        let told: Value = response.json().await.unwrap();
        assert_eq!(
            (&told["model"], &told["done"], &told["done_reason"]),
            (&json!("reviewer:latest"), &json!(true), &json!("load")),
            "{path} {body}"
        );
    }
    let unknown = app.post("/api/chat", &key, &json!({"model": "nobody"})).await;
    assert_eq!(unknown.status(), 404);
    let foreign = app.post("/api/chat", &narrow, &json!({"model": "secret"})).await;
    assert_eq!(foreign.status(), 403);
    assert!(provider.asked().is_empty(), "nobody is paid for that");
    let calls = app.calls().await;
    assert_eq!(
        calls.len(),
        2,
        "it is no call, but that it was refused can be found"
    );
    assert!(calls.iter().all(|call| call.failure.is_some()), "{calls:?}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_195_a_failure_after_the_first_line_is_a_line_too() {
    let (provider, app, key) = world().await;
    provider.will(Reply::pieces(&["Once"]).cut());
    let seen = streamed(&app, &key, &hi_streamed("reviewer")).await;
    assert_eq!(seen.only().text, "Once");
    assert!(seen.error.is_some());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_192_an_unknown_model_is_told_in_the_words_clients_look_for() {
    let (provider, app, key) = world().await;
    for path in ["/api/chat", "/api/generate"] {
        for stream in [true, false] {
            let body = json!({"model": "nobody:7b", "prompt": "x", "stream": stream,
                "messages": [{"role": "user", "content": "x"}]});
            let response = app.post(path, &key, &body).await;
            assert_eq!(response.status(), 404);
            let body: Value = response.json().await.unwrap();
            assert_eq!(body, json!({"error": "model 'nobody:7b' not found"}));
        }
    }
    assert!(provider.asked().is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_is_sent_again_is_one_session() {
    let (provider, app, key) = world().await;
    provider.will(Reply::stream(&["Hello."]));
    streamed(&app, &key, &hi_streamed("reviewer")).await;
    let body = json!({"model": "reviewer", "messages": [
        {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}, {"role": "user", "content": "More"},
    ]});
    streamed(&app, &key, &body).await;
    assert_eq!(app.sessions().await.len(), 1);
    assert_eq!(provider.last().said().len(), 4, "and nothing is doubled");
    app.finish().await;
}
