//! `POST /v1beta/models/{id}:generateContent` and `:streamGenerateContent`.

use serde_json::{Value, json};

use super::{hi, post, world};
use crate::support::Reply;
use crate::support::canonical::gemini;

const SSE: &str = "text/event-stream; charset=utf-8";

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whole_and_in_both_framings() {
    let (provider, app, key) = world().await;
    let response = post(&app, &key, "/v1beta/models/reviewer:generateContent", &hi()).await;
    assert_eq!(response.status(), 200);
    let call = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let seen = gemini::whole(&response.bytes().await.unwrap(), "reviewer");
    assert_eq!(seen.only().text, "ok");
    let usage = seen.usage.unwrap();
    assert_eq!(
        (&usage["promptTokenCount"], &usage["cachedContentTokenCount"]),
        (&json!(12000), &json!(4000))
    );
    let recorded = app.ended_call().await.row.call;
    assert_eq!(recorded.route, "POST /v1beta/models/{id}:generateContent");
    assert_eq!(
        (recorded.id.as_str(), recorded.wire),
        (call.as_str(), Some(domain::Wire::Gemini))
    );
    assert_eq!(provider.last().said()[0], ("system".into(), "Be brief.".into()));

    for (query, content_type) in [
        ("?alt=sse", SSE),
        ("?key=x&alt=sse", SSE),
        ("", "application/json"),
        ("?alt=json", "application/json"),
    ] {
        provider.will(Reply::stream(&["Once ", "upon."]));
        let path = format!("/v1beta/models/reviewer:streamGenerateContent{query}");
        let response = post(&app, &key, &path, &hi()).await;
        assert_eq!(response.status(), 200, "{query}");
        assert_eq!(response.headers()["content-type"], content_type, "{query}");
        let body = response.bytes().await.unwrap();
        let seen = if content_type == SSE {
            gemini::events(&body, "reviewer")
        } else {
            gemini::array(&body, "reviewer")
        };
        assert_eq!(seen.only().text, "Once upon.", "{query}");
        assert_eq!(seen.only().finish.as_deref(), Some("stop"));
        assert_eq!(seen.usage.unwrap()["candidatesTokenCount"], 3000);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_gemini_cli_sends() {
    let (provider, app, key) = world().await;
    let body = json!({
        "contents": [{"role": "user", "parts": [{"text": "This is the context."}, {"text": "say hi"}]}],
        "systemInstruction": {"role": "user", "parts": [{"text": "You are an agent."}]},
        "tools": [{"functionDeclarations": [{"name": "look", "description": "Looks.",
            "parametersJsonSchema": {"type": "object", "properties": {"at": {"type": "integer"}}}}]}],
        "generationConfig": {"temperature": 1, "topP": 0.95, "topK": 64, "thinkingConfig": {"includeThoughts": true}},
    });
    let call =
        json!({"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{\"at\": 1}"}});
    let reply = json!({"id": "up-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [{
        "index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": null, "tool_calls": [call]}}]});
    provider.will(Reply::json(200, &reply));
    let path = "/v1beta/models/reviewer:streamGenerateContent?alt=sse";
    let response = post(&app, &key, path, &body).await;
    let seen = gemini::events(&response.bytes().await.unwrap(), "reviewer");
    let called = &seen.only().calls[0];
    assert_eq!(
        (called.name.as_str(), called.arguments.as_str()),
        ("look", r#"{"at":1}"#)
    );
    let sent = provider.last().json();
    assert_eq!(
        (sent["temperature"].as_f64(), sent["top_p"].as_f64()),
        (Some(1.0), Some(0.95))
    );
    assert_eq!(sent["tools"][0]["function"]["name"], "look");
    assert_eq!(
        sent["tools"][0]["function"]["parameters"]["properties"]["at"]["type"],
        "integer"
    );

    // the result without an id, as older libraries send it
    let mut next = body.clone();
    next["contents"] = json!([
        body["contents"][0],
        {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {"at": 1}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"output": "a door"}}}]},
    ]);
    provider.will(Reply::stream(&["A door."]));
    let response = post(&app, &key, path, &next).await;
    assert_eq!(
        gemini::events(&response.bytes().await.unwrap(), "reviewer")
            .only()
            .text,
        "A door."
    );
    let sent = provider.last().json();
    let messages = sent["messages"].as_array().unwrap();
    let result = messages.last().unwrap();
    assert_eq!(result["role"], "tool");
    assert_eq!(
        result["tool_call_id"],
        messages[messages.len() - 2]["tool_calls"][0]["id"]
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_with_slashes_and_colons_and_paths_as_clients_make_them() {
    let (provider, app, key) = world().await;
    let raw = app.key_with(json!({"name": "raw", "raw_models": true})).await;
    for (path, key, model) in [
        (
            "/v1beta/models/reviewer:latest:generateContent",
            &key,
            "reviewer:latest",
        ),
        ("/v1/v1beta/models/reviewer:generateContent", &key, "reviewer"),
        ("/v1beta/v1beta/models/reviewer:generateContent", &key, "reviewer"),
        // below /v1, where Google's newer libraries ask
        ("/v1/models/reviewer:generateContent", &key, "reviewer"),
        ("/v1beta/v1/models/reviewer:generateContent", &key, "reviewer"),
        (
            "/v1beta/models/models/reviewer:generateContent",
            &key,
            "models/reviewer",
        ),
        ("/v1beta/models/reviewer%3AgenerateContent", &key, "reviewer"),
        (
            "/v1beta/models/mock/maker/m2:free:generateContent",
            &raw,
            "mock/maker/m2:free",
        ),
        (
            "/v1beta/models/mock%2Fmaker%2Fm2:free:generateContent",
            &raw,
            "mock/maker/m2:free",
        ),
    ] {
        let response = post(&app, key, path, &hi()).await;
        assert_eq!(response.status(), 200, "{path}");
        gemini::whole(&response.bytes().await.unwrap(), model);
    }
    assert_eq!(provider.last().json()["model"], "maker/m2:free");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_03_every_failure_is_told_in_googles_shape() {
    let (provider, app, key) = world().await;
    for (path, key, body, status, word) in [
        (
            "/v1beta/models/reviewer:generateContent",
            "",
            hi(),
            401,
            "UNAUTHENTICATED",
        ),
        (
            "/v1beta/models/reviewer:generateContent",
            "sk-ink-no",
            hi(),
            401,
            "UNAUTHENTICATED",
        ),
        (
            "/v1beta/models/%ff:generateContent",
            &key,
            hi(),
            400,
            "INVALID_ARGUMENT",
        ),
        (
            "/v1/models/reviewer:generateContent",
            "sk-ink-no",
            hi(),
            401,
            "UNAUTHENTICATED",
        ),
        ("/v1/models/nobody:generateContent", &key, hi(), 404, "NOT_FOUND"),
        (
            "/v1/v1beta/models/reviewer:generateContent",
            "sk-ink-no",
            hi(),
            401,
            "UNAUTHENTICATED",
        ),
        (
            "/v1beta/models/nobody:generateContent",
            &key,
            hi(),
            404,
            "NOT_FOUND",
        ),
        (
            "/v1beta/models/nobody:streamGenerateContent?alt=sse",
            &key,
            hi(),
            404,
            "NOT_FOUND",
        ),
        ("/v1beta/models/reviewer:predict", &key, hi(), 404, "NOT_FOUND"),
        ("/v1beta/models/reviewer", &key, hi(), 404, "NOT_FOUND"),
        ("/v1beta/files", &key, hi(), 404, "NOT_FOUND"),
        ("/v1beta/models", &key, hi(), 405, "UNIMPLEMENTED"),
        (
            "/v1beta/models/reviewer:generateContent",
            &key,
            json!({}),
            400,
            "INVALID_ARGUMENT",
        ),
        (
            "/v1beta/models/reviewer:generateContent",
            &key,
            json!({"contents": [{"role": "x", "parts": []}]}),
            400,
            "INVALID_ARGUMENT",
        ),
    ] {
        let response = post(&app, key, path, &body).await;
        assert_eq!(response.status(), status, "{path}");
        let error = gemini::error(&response.bytes().await.unwrap());
        assert_eq!(
            (error["code"].as_u64(), &error["status"]),
            (Some(status.into()), &json!(word)),
            "{path}"
        );
    }
    assert!(provider.asked().is_empty());

    provider.always(Reply::refusal(429, "rate_limit_exceeded", "Slow down.").header("retry-after", "90"));
    let response = post(&app, &key, "/v1beta/models/reviewer:generateContent", &hi()).await;
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "90");
    let body: Value = response.json().await.unwrap();
    let delay = body
        .pointer("/error/details")
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .find_map(|one| one.get("retryDelay"));
    assert_eq!(delay, Some(&json!("90.000s")));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_69_a_failure_in_mid_stream_is_a_chunk_that_says_so() {
    let (provider, app, key) = world().await;
    for query in ["?alt=sse", ""] {
        provider.will(Reply::pieces(&["Once"]).cut());
        let path = format!("/v1beta/models/reviewer:streamGenerateContent{query}");
        let response = post(&app, &key, &path, &hi()).await;
        assert_eq!(response.status(), 200);
        let body = response.bytes().await.unwrap();
        let seen = if query.is_empty() {
            gemini::array(&body, "reviewer")
        } else {
            gemini::events(&body, "reviewer")
        };
        assert_eq!(seen.only().text, "Once");
        assert_eq!(seen.error.unwrap()["code"], 502);
        assert_eq!(seen.usage, None);
    }
    app.finish().await;
}
