//! `POST /v1/chat/completions`: the answer, whole and streamed, and what went to the provider for it.

use serde_json::{Value, json};

use super::{hi, hi_streamed};
use crate::support::client::events;
use crate::support::{Provider, Reply, TestApp, app};

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_answer() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    provider.will(Reply::text("Hello."));

    let response = app.chat(&key, &hi("reviewer")).await;

    assert_eq!(response.status(), 200);
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(header("content-type").as_deref(), Some("application/json"));
    assert_eq!(header("x-upstream-model").as_deref(), Some("mock/m"));
    assert_eq!(
        header("x-inglenook-applied").as_deref(),
        Some("instructions=agent")
    );
    assert_eq!(header("cache-control").as_deref(), Some("no-store"));
    let (request_id, session) = (header("x-request-id").unwrap(), header("x-session-id").unwrap());
    let mut body: Value = response.json().await.unwrap();
    assert_eq!(body["id"], format!("chatcmpl-{request_id}"));
    assert!(
        body["created"].as_i64().unwrap() > 1_700_000_000,
        "seconds, not milliseconds or zero"
    );
    for changing in ["id", "created"] {
        body[changing] = Value::Null;
    }
    assert_eq!(
        body,
        json!({
            "id": null, "object": "chat.completion", "created": null, "model": "reviewer",
            "choices": [{
                "index": 0, "message": {"role": "assistant", "content": "Hello.", "refusal": null},
                "logprobs": null, "finish_reason": "stop",
            }],
            "usage": {
                "prompt_tokens": 12000, "completion_tokens": 3000, "total_tokens": 15000,
                "prompt_tokens_details": {"cached_tokens": 4000},
                "completion_tokens_details": {"reasoning_tokens": 0},
                // where some editors look (W-163)
                "cache_creation_input_tokens": 0, "cache_read_input_tokens": 4000,
            },
        })
    );

    let asked = provider.last();
    assert_eq!(
        String::from_utf8_lossy(&asked.body),
        r#"{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}]}"#,
        "the agent's instructions first, and nothing that nobody said"
    );
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("POST", "/v1/chat/completions")
    );
    assert_eq!(
        asked.header("authorization"),
        Some(format!("Bearer {}", app::CANARY).as_str())
    );
    assert_eq!(asked.header("content-type"), Some("application/json"));
    assert!(
        !format!("{:?}", asked.headers).contains("sk-ink-"),
        "the client's key stays here"
    );

    let call = app.newest_call().await;
    assert_eq!(call.row.call.id.as_str(), request_id);
    assert_eq!(call.row.call.session.as_ref().unwrap().as_str(), session);
    assert_eq!(call.row.call.route, "POST /v1/chat/completions");
    assert_eq!(call.row.client.as_deref(), Some("test"));
    assert_eq!(
        call.upstream_request.as_deref().map(str::as_bytes),
        Some(asked.body.as_ref())
    );
    assert_eq!(app.calls().await.len(), 1);
    app.finish().await;
}

/// Chunks of a stream, and whether the end marker came last.
async fn stream(app: &TestApp, key: &str, body: &Value) -> (Vec<Value>, bool) {
    let response = app.chat(key, body).await;
    assert_eq!(response.status(), 200);
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(
        header("content-type").as_deref(),
        Some("text/event-stream; charset=utf-8")
    );
    assert_eq!(header("x-accel-buffering").as_deref(), Some("no"));
    assert!(header("x-session-id").is_some());
    assert_eq!(
        header("x-inglenook-applied").as_deref(),
        Some("instructions=agent")
    );
    let text = response.text().await.unwrap();
    assert!(text.ends_with("\n\n"), "whole events only");
    let mut events = events(&text);
    let done = events.pop_if(|last| last == "[DONE]").is_some();
    (
        events
            .iter()
            .map(|event| serde_json::from_str(event).unwrap())
            .collect(),
        done,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_canonical() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    provider.will(Reply::stream(&["Hel", "lo."]));

    let (chunks, done) = stream(&app, &key, &hi_streamed("reviewer")).await;

    assert!(done, "the marker comes last");
    let deltas: Vec<&Value> = chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]).collect();
    assert_eq!(deltas[0]["role"], "assistant", "the role comes first");
    assert_eq!(
        deltas.iter().filter(|delta| !delta["role"].is_null()).count(),
        1,
        "and once"
    );
    let text: String = deltas
        .iter()
        .filter_map(|delta| delta["content"].as_str())
        .collect();
    assert_eq!(text, "Hello.");
    let finishes: Vec<&Value> = chunks
        .iter()
        .map(|chunk| &chunk["choices"][0]["finish_reason"])
        .filter(|reason| !reason.is_null())
        .collect();
    assert_eq!(finishes, ["stop"], "one end, in the last chunk");
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "stop");
    assert!(
        chunks.iter().all(|chunk| chunk.get("usage").is_none()),
        "usage was not asked for"
    );
    assert!(
        chunks.iter().all(|chunk| chunk["model"] == "reviewer"),
        "the model is echoed"
    );
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk["object"] == "chat.completion.chunk")
    );
    assert!(
        chunks.iter().all(|chunk| chunk["id"] == chunks[0]["id"]),
        "one id"
    );

    let call = app.ended_call().await;
    assert!(call.row.call.stream);
    assert_eq!(call.row.outcome, Some(domain::Outcome::Succeeded));
    assert_eq!(
        call.row.usage.map(domain::Usage::total),
        Some(15_000),
        "usage is recorded all the same"
    );
    assert!(call.row.first_token_ms.is_some());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_comes_in_a_chunk_of_its_own_when_asked_for() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let mut body = hi_streamed("reviewer");
    body["stream_options"] = json!({"include_usage": true});

    let (chunks, done) = stream(&app, &key, &body).await;

    assert!(done);
    let (last, before) = chunks.split_last().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert_eq!(last["usage"]["total_tokens"], 15_000);
    assert!(
        before
            .iter()
            .all(|chunk| chunk["usage"].is_null() && chunk.get("usage").is_some())
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_stream_is_streamed_all_the_same() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    provider.will(Reply::text("Whole."));

    let (chunks, done) = stream(&app, &key, &hi_streamed("reviewer")).await;

    assert!(done);
    let text: String = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(text, "Whole.");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_and_agent_are_merged_and_it_is_told() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    let mut draft = app::draft("strict", "mock/m", "Agent.");
    draft["params"] = json!({"temperature": 0.2, "top_p": 0.5});
    draft["locked"] = json!(["temperature"]);
    let _agent: domain::Agent = app.ask("agent.create", draft).await;
    let key = app.key().await;
    let body = json!({
        "model": "strict", "temperature": 1.5, "seed": 7, "user": "me", "vendor_field": {"b": 1, "a": [1.0]},
        "messages": [{"role": "system", "content": "Caller."}, {"role": "user", "content": "Hi"}],
    });

    let response = app.chat(&key, &body).await;

    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["x-inglenook-applied"],
        "instructions=agent, then caller; temperature=locked by the agent; top_p=agent"
    );
    let sent = provider.last();
    let said = sent.said();
    let expected = [("system", "Agent."), ("system", "Caller."), ("user", "Hi")];
    assert_eq!(
        said,
        expected.map(|(role, text)| (role.to_owned(), text.to_owned()))
    );
    let sent = sent.json();
    assert_eq!(
        (&sent["temperature"], &sent["top_p"], &sent["seed"]),
        (&json!(0.2), &json!(0.5), &json!(7))
    );
    assert_eq!(
        sent["vendor_field"],
        json!({"b": 1, "a": [1.0]}),
        "unknown fields survive"
    );
    let applied = app.newest_call().await.row.call.applied;
    assert_eq!(applied.len(), 3, "and in the call's record: {applied:?}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_and_their_results_pass_both_ways() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let tool = json!({"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}});
    let call =
        json!({"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{\"at\": 1}"}});
    provider.will(Reply::json(
        200,
        &json!({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [{
            "index": 0, "finish_reason": "tool_calls",
            "message": {"role": "assistant", "content": null, "tool_calls": [call]},
        }]}),
    ));
    let mut body = hi("reviewer");
    body["tools"] = json!([tool]);

    let answer: Value = app.chat(&key, &body).await.json().await.unwrap();

    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(answer["choices"][0]["message"]["tool_calls"], json!([call]));
    assert_eq!(provider.last().json()["tools"], json!([tool]));

    body["messages"] = json!([
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "seen"},
    ]);
    let answer = app.chat(&key, &body).await;
    assert_eq!(answer.status(), 200);
    let sent = provider.last().json();
    assert_eq!(
        sent["messages"][2]["tool_calls"],
        json!([call]),
        "arguments byte for byte"
    );
    assert_eq!(sent["messages"][3]["tool_call_id"], "call_1");
    assert_eq!(
        app.sessions().await.len(),
        1,
        "the follow-up is the same conversation"
    );
    app.finish().await;
}
