//! Callers who asked for no stream, and providers that stream nevertheless (W-59).

use domain::{FailureKind, Outcome};
use serde_json::{Value, json};

use super::{hi, hi_streamed};
use crate::support::{Provider, Reply, TestApp};

async fn world() -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    (provider, app, key)
}

async fn whole(app: &TestApp, key: &str) -> Value {
    let response = app.chat(key, &hi("reviewer")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    response.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn w_59_a_stream_that_nobody_asked_for_becomes_a_whole_answer() {
    let (provider, app, key) = world().await;
    let body = Reply::stream_body(&["Hel", "lo"]);
    for (number, reply) in [
        Reply::stream(&["Hel", "lo"]),
        // streams that do not say so, and one whose connection stays open
        Reply::new(200, "application/json").send(body.clone()),
        Reply::new(200, "text/plain").send(": keep-alive\n\n").send(body),
        Reply::stream(&["Hel", "lo"]).stall(),
    ]
    .into_iter()
    .enumerate()
    {
        provider.will(reply);
        let answer = whole(&app, &key).await;
        assert_eq!(answer["object"], "chat.completion", "{number}");
        assert_eq!(answer["choices"][0]["message"]["content"], "Hello", "{number}");
        assert_eq!(answer["choices"][0]["finish_reason"], "stop", "{number}");
        assert_eq!(answer["usage"]["prompt_tokens"], 12_000, "{number}");
        let call = app.ended_call().await;
        assert_eq!(call.entries.len(), 1, "{number}");
        assert_eq!(call.entries[0].usage.unwrap().output, 3000, "{number}");
        assert_ne!(
            provider.last().json()["stream"],
            true,
            "{number}: it was not asked for one"
        );
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_59_tool_calls_of_such_a_stream_are_whole_too() {
    let (provider, app, key) = world().await;
    let call = |index: u32, id: Option<&str>, arguments: &str| {
        let name = id.map(|_| "add");
        json!({"id": "u", "choices": [{"index": 0, "finish_reason": null, "delta": {"tool_calls": [
            {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}]}}]})
    };
    let end = json!({"id": "u", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]});
    provider.will(
        Reply::new(200, "text/event-stream")
            .event(&call(0, Some("c1"), ""))
            .event(&call(0, None, "{\"a\":"))
            .event(&call(1, Some("c2"), "{}"))
            .event(&call(0, None, "1}"))
            .event(&end)
            .send("data: [DONE]\n\n"),
    );
    let answer = whole(&app, &key).await;
    let calls = &answer["choices"][0]["message"]["tool_calls"];
    assert_eq!(calls[0]["function"]["arguments"], "{\"a\":1}");
    assert_eq!(calls[1]["id"], "c2");
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_59_a_provider_that_only_streams_is_always_asked_for_a_stream() {
    let provider = Provider::start().await;
    provider.answers_by(|asked| match asked.json()["stream"] == true {
        true => Reply::stream(&["ok"]),
        false => Reply::refusal(400, "invalid_request", "Only streaming is supported."),
    });
    let app = TestApp::start().await;
    for (id, streams_only) in [("plain", false), ("marked", true)] {
        let args = json!({"id": id, "kind": "custom", "base_url": provider.base_url(), "no_key": true,
            "streams_only": streams_only});
        let _added: Value = app.ask("provider.add", args).await;
        app.add_agent(id, &format!("{id}/m"), "").await;
    }
    let key = app.key().await;
    assert_eq!(app.chat(&key, &hi("plain")).await.status(), 400);
    let answer: Value = app.chat(&key, &hi("marked")).await.json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "ok");
    assert_eq!(provider.last().json()["stream_options"]["include_usage"], true);
    let streamed = app.chat(&key, &hi_streamed("marked")).await.text().await.unwrap();
    assert!(streamed.contains("[DONE]"), "{streamed}");
    let call = app.newest_call().await.row.call;
    assert!(call.stream);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_59_nothing_of_a_stream_that_breaks_off_is_given_for_the_whole() {
    let (provider, app, key) = world().await;
    // before anything was handed on it can be asked for again
    provider.will(Reply::pieces(&["Hel"]).cut());
    assert_eq!(whole(&app, &key).await["choices"][0]["message"]["content"], "ok");
    assert_eq!(provider.asked().len(), 2);
    for _ in 0..2 {
        provider.will(Reply::pieces(&["Hel"]).cut());
    }
    let response = app.chat(&key, &hi("reviewer")).await;
    assert_eq!(response.status(), 502);
    let call = app.ended_call().await;
    let kind = FailureKind::UpstreamDisconnected;
    assert_eq!(call.row.outcome, Some(Outcome::Failed { kind }));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_59_what_keeps_a_connection_alive_does_not_reach_the_document() {
    let (provider, app, key) = world().await;
    let answer = json!({"id": "u", "object": "chat.completion", "created": 1, "model": "n", "choices":
        [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}]});
    for keep_alive in ["\n\n\n", ": PROCESSING\n\n: PROCESSING\r\n\r\n", " \r\n:\n"] {
        let reply = Reply::new(200, "application/json").send(keep_alive);
        let reply = reply.send(answer.to_string());
        provider.will(reply.clone());
        assert_eq!(whole(&app, &key).await["choices"][0]["message"]["content"], "ok");
        // and where a stream was asked for
        provider.will(
            Reply::new(200, "text/event-stream")
                .send(keep_alive)
                .send(answer.to_string()),
        );
        let streamed = app
            .chat(&key, &hi_streamed("reviewer"))
            .await
            .text()
            .await
            .unwrap();
        assert!(
            streamed.contains("\"ok\"") && streamed.contains("[DONE]"),
            "{streamed}"
        );
    }
    app.finish().await;
}
