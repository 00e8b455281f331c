//! Answers that their provider pauses and that are asked to go on (W-166).

use domain::Outcome;
use serde_json::{Value, json};

use super::{hi, hi_streamed};
use crate::support::client::events;
use crate::support::{Provider, Reply, TestApp};

async fn world() -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "claude", "kind": "custom", "wire": "anthropic-messages",
        "base_url": provider.origin(), "key": crate::support::app::CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "claude/claude-sonnet-4-5", "Be brief.")
        .await;
    let key = app.key().await;
    (provider, app, key)
}

fn search() -> Value {
    json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}})
}

fn found() -> Value {
    json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []})
}

fn tool(id: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": "add", "input": {}})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

/// A whole part of an answer: 100 tokens in, of which 40 from the cache, and 10 out.
fn part(content: &[Value], stop: &str) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
        "content": content, "stop_reason": stop, "stop_sequence": null,
        "usage": {"input_tokens": 60, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 0,
            "output_tokens": 10}})
}

fn whole(content: &[Value], stop: &str) -> Reply {
    Reply::json(200, &part(content, stop))
}

/// The same, streamed.
fn streamed(content: &[Value], stop: &str) -> Reply {
    let mut message = part(&[], stop);
    message["stop_reason"] = Value::Null;
    let mut reply =
        Reply::new(200, "text/event-stream").event(&json!({"type": "message_start", "message": message}));
    for (index, block) in content.iter().enumerate() {
        let mut start = block.clone();
        let delta = match block["type"].as_str().unwrap() {
            "text" => {
                start["text"] = json!("");
                Some(json!({"type": "text_delta", "text": block["text"]}))
            }
            "tool_use" | "server_tool_use" => {
                start["input"] = json!({});
                Some(json!({"type": "input_json_delta", "partial_json": block["input"].to_string()}))
            }
            _ => None,
        };
        reply = reply.event(&json!({"type": "content_block_start", "index": index, "content_block": start}));
        if let Some(delta) = delta {
            reply = reply.event(&json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        reply = reply.event(&json!({"type": "content_block_stop", "index": index}));
    }
    reply
        .event(
            &json!({"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": null},
            "usage": {"output_tokens": 10}}),
        )
        .event(&json!({"type": "message_stop"}))
}

/// What three parts were asked for: the second and third go on with all that was said before.
fn goes_on(provider: &Provider) {
    let asked = provider.asked();
    assert_eq!(asked.len(), 3);
    let said: Vec<Value> = asked
        .iter()
        .map(|asked| asked.json()["messages"].clone())
        .collect();
    assert_eq!(said[0].as_array().unwrap().len(), 1);
    for (at, types) in [
        (1, vec!["text", "server_tool_use"]),
        (
            2,
            vec!["text", "server_tool_use", "web_search_tool_result", "text"],
        ),
    ] {
        let messages = said[at].as_array().unwrap();
        assert_eq!(messages.len(), 2, "one answer so far");
        assert_eq!(messages[0], said[0][0]);
        assert_eq!(messages[1]["role"], "assistant");
        let blocks = messages[1]["content"].as_array().unwrap();
        let found: Vec<_> = blocks
            .iter()
            .map(|block| block["type"].as_str().unwrap())
            .collect();
        assert_eq!(found, types, "{at}");
    }
}

async fn is_three_entries(app: &TestApp) {
    let call = app.ended_call().await;
    assert_eq!(call.row.outcome, Some(Outcome::Succeeded));
    assert_eq!(call.entries.len(), 3, "one for each part");
    for (number, entry) in (1..).zip(&call.entries) {
        assert_eq!(entry.attempt.number, number);
        assert_eq!(entry.outcome, Outcome::Succeeded);
        let usage = entry.usage.unwrap();
        assert_eq!(
            (usage.input, usage.cached_input, usage.output),
            (100, 40, 10),
            "{number}"
        );
    }
    let view = app.session(&call.row.call.session.clone().unwrap()).await;
    assert_eq!(view.messages.len(), 2, "one question, one answer");
    assert_eq!(
        view.messages[1].message.plain_text(),
        "Let me see.\nFound.\nDone."
    );
    assert_eq!(view.messages[1].state, domain::MessageState::Complete);
}

#[tokio::test(flavor = "multi_thread")]
async fn w_166_a_paused_answer_goes_on_and_is_one() {
    let (provider, app, key) = world().await;
    for (form, reply) in [whole as fn(&[Value], &str) -> Reply, streamed]
        .into_iter()
        .enumerate()
    {
        provider.will(reply(&[text("Let me see."), search()], "pause_turn"));
        provider.will(reply(&[found(), text("Found.")], "pause_turn"));
        provider.will(reply(&[text("Done.")], "end_turn"));
        if form == 0 {
            let answer: Value = app.chat(&key, &hi("reviewer")).await.json().await.unwrap();
            let choice = &answer["choices"][0];
            let said = choice["message"]["content"].as_str().unwrap();
            assert!(said.contains("Let me see.") && said.ends_with("Done."), "{said}");
            assert_eq!(choice["finish_reason"], "stop");
            assert_eq!(answer["usage"]["prompt_tokens"], 300);
            assert_eq!(answer["usage"]["completion_tokens"], 30);
            assert_eq!(answer["usage"]["prompt_tokens_details"]["cached_tokens"], 120);
            goes_on(&provider);
            is_three_entries(&app).await;
            continue;
        }
        let mut body = hi_streamed("reviewer");
        body["stream_options"] = json!({"include_usage": true});
        body["messages"][0]["content"] = json!("Hi again");
        let text = app.chat(&key, &body).await.text().await.unwrap();
        let mut chunks = events(&text);
        assert_eq!(chunks.pop().as_deref(), Some("[DONE]"), "{text}");
        let chunks: Vec<Value> = chunks
            .iter()
            .map(|chunk| serde_json::from_str(chunk).unwrap())
            .collect();
        let count = |pointer: &str| {
            chunks
                .iter()
                .filter(|chunk| chunk.pointer(pointer).is_some_and(|value| !value.is_null()))
                .count()
        };
        assert_eq!(count("/choices/0/delta/role"), 1, "{text}");
        assert_eq!(count("/choices/0/finish_reason"), 1, "{text}");
        assert_eq!(chunks.last().unwrap()["usage"]["prompt_tokens"], 300, "{text}");
        assert_eq!(chunks.last().unwrap()["usage"]["completion_tokens"], 30, "{text}");
        assert_eq!(provider.asked().len(), 6);
        is_three_entries(&app).await;
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_166_tool_calls_are_counted_on() {
    let (provider, app, key) = world().await;
    provider.will(streamed(&[tool("toolu_1")], "pause_turn"));
    provider.will(streamed(&[tool("toolu_2")], "tool_use"));
    let text = app
        .chat(&key, &hi_streamed("reviewer"))
        .await
        .text()
        .await
        .unwrap();
    let mut calls = Vec::new();
    for chunk in events(&text) {
        let chunk: Value = serde_json::from_str(&chunk).unwrap_or_default();
        let call = &chunk["choices"][0]["delta"]["tool_calls"][0];
        if call["id"].is_string() {
            calls.push((
                call["index"].as_u64().unwrap(),
                call["id"].as_str().unwrap().to_owned(),
            ));
        }
    }
    assert_eq!(
        calls,
        [(0, "toolu_1".to_owned()), (1, "toolu_2".to_owned())],
        "{text}"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_166_an_answer_that_always_pauses_ends() {
    let (provider, app, key) = world().await;
    for body in [hi("reviewer"), hi_streamed("reviewer")] {
        let before = provider.asked().len();
        let reply = match body["stream"] == true {
            true => streamed(&[text("On.")], "pause_turn"),
            false => whole(&[text("On.")], "pause_turn"),
        };
        provider.always(reply);
        let response = app.chat(&key, &body).await;
        assert_eq!(response.status(), 200);
        let said = response.text().await.unwrap();
        assert!(said.contains("\"stop\""), "{said}");
        assert_eq!(provider.asked().len() - before, 9, "the first and eight more");
        assert_eq!(app.ended_call().await.entries.len(), 9);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_166_a_part_that_is_refused_is_asked_for_again_and_one_that_breaks_off_is_told() {
    let (provider, app, key) = world().await;
    provider.will(streamed(&[text("Let me see.")], "pause_turn"));
    provider.will(Reply::json(
        529,
        &json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
    ));
    provider.will(streamed(&[text("Done.")], "end_turn"));
    let said = app
        .chat(&key, &hi_streamed("reviewer"))
        .await
        .text()
        .await
        .unwrap();
    assert!(said.contains("Done.") && said.contains("[DONE]"), "{said}");
    let call = app.ended_call().await;
    let outcomes: Vec<bool> = call
        .entries
        .iter()
        .map(|entry| entry.outcome == Outcome::Succeeded)
        .collect();
    assert_eq!(outcomes, [true, false, true]);
    let view = app.session(&call.row.call.session.clone().unwrap()).await;
    assert_eq!(view.messages.len(), 2);

    provider.will(streamed(&[text("Let me see.")], "pause_turn"));
    provider.will(Reply::json(
        400,
        &json!({"type": "error", "error": {"type": "invalid_request_error", "message": "No."}}),
    ));
    let said = app
        .chat(&key, &hi_streamed("reviewer"))
        .await
        .text()
        .await
        .unwrap();
    assert!(
        said.contains("Let me see.") && said.contains("\"error\""),
        "{said}"
    );
    assert!(!said.contains("[DONE]"), "never a false end: {said}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_06_whoever_leaves_between_two_parts_has_cancelled() {
    let (provider, app, key) = world().await;
    provider.will(streamed(&[text("Let me see.")], "pause_turn"));
    provider.will(Reply::silence());
    let mut response = app.chat(&key, &hi_streamed("reviewer")).await;
    while !String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()).contains("Let me") {}
    crate::support::eventually("the second part to be asked for", async || {
        (provider.open() == 1 && provider.asked().len() == 2).then_some(())
    })
    .await;
    drop(response);
    let call = crate::support::eventually("the end", async || {
        let call = app.newest_call().await;
        (call.entries.len() == 2).then_some(call)
    })
    .await;
    assert_eq!(call.entries[0].outcome, Outcome::Succeeded);
    assert_eq!(call.entries[1].outcome, Outcome::Cancelled);
    let view = app.session(&call.row.call.session.clone().unwrap()).await;
    assert_eq!(view.messages[1].state, domain::MessageState::Stopped);
    assert_eq!(view.messages[1].message.plain_text(), "Let me see.");
    app.finish().await;
}
