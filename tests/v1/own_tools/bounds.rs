//! What ends a run: turns, repetition, a budget (REL-33).

use domain::{MessageState, Outcome};
use serde_json::{Value, json};

use super::{WANTED, asks, asks_streamed, call, question, world};
use crate::support::app::draft;
use crate::support::{Provider, Reply, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn rel_33_a_model_that_always_asks_for_the_same_is_stopped() {
    for streams in [false, true] {
        let (provider, app, key) = world().await;
        let calls = [call("call_1", "calculator", WANTED)];
        provider.always(if streams {
            asks_streamed("", &calls)
        } else {
            asks("", &calls)
        });
        let response = app.chat(&key, &question(streams)).await;
        let (status, retry) = (
            response.status(),
            response.headers().get("x-should-retry").cloned(),
        );
        let body = response.text().await.unwrap();
        if streams {
            assert!(!body.contains("[DONE]"), "{body}");
        } else {
            assert_eq!(status, 422, "{body}");
            assert_eq!(retry.unwrap(), "false");
        }
        assert!(body.contains("run_stopped_repeated"), "{body}");
        assert_eq!(provider.asked().len(), 3);
        let call = app.ended_call().await;
        assert_eq!(
            call.row.outcome,
            Some(Outcome::Failed {
                kind: domain::FailureKind::RunStopped
            })
        );
        assert_eq!(call.entries.len(), 3, "what was asked is paid");
        let session = app.session(call.row.call.session.as_ref().unwrap()).await;
        let answer = session.messages.last().unwrap();
        assert_eq!(answer.state, MessageState::Failed);
        assert!(
            answer
                .receipt
                .as_ref()
                .unwrap()
                .failure
                .as_ref()
                .unwrap()
                .message
                .contains("3 times")
        );
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_33_turns_are_counted() {
    let (provider, app, key) = world().await;
    let mut agent = draft("hasty", "mock/m", "Be quick.");
    agent["tools"] = json!([{"tool": "calculator"}]);
    agent["run"] = json!({"turns": 4});
    let _agent: Value = app.ask("agent.create", agent).await;
    let turn = std::sync::atomic::AtomicUsize::new(0);
    provider.answers_by(move |_| {
        let turn = turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        asks(
            "",
            &[call(
                &format!("call_{turn}"),
                "calculator",
                &json!({"expression": format!("{turn} + 1")}).to_string(),
            )],
        )
    });
    let mut body = question(false);
    body["model"] = json!("hasty");
    let response = app.chat(&key, &body).await;
    assert_eq!(response.status(), 422);
    let told: Value = response.json().await.unwrap();
    assert_eq!(told["error"]["code"], "run_stopped_turns");
    assert_eq!(provider.asked().len(), 4);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_33_a_budget_ends_a_run_of_tools() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "p", "kind": "openai", "wire": "openai-chat", "base_url": provider.base_url(),
        "key": crate::support::app::CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    // $0.15 a million tokens in, $0.60 out: an answer below takes 600 micro-dollars
    let mut agent = draft("reckoner", "p/gpt-4o-mini", "");
    agent["tools"] = json!([{"tool": "calculator"}]);
    agent["params"] = json!({"max_output_tokens": 1000});
    let _agent: Value = app.ask("agent.create", agent).await;
    let (cap, each) = (2_000, 600);
    let key = app
        .key_with(json!({"name": "small", "budgets": [{"cap": cap, "per": "total"}]}))
        .await;
    let turn = std::sync::atomic::AtomicUsize::new(0);
    provider.answers_by(move |_| {
        let turn = turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let expression = json!({"expression": format!("{turn} + 1")}).to_string();
        let message = json!({"role": "assistant", "content": null,
            "tool_calls": [call(&format!("call_{turn}"), "calculator", &expression)]});
        Reply::json(
            200,
            &json!({"id": "up", "object": "chat.completion", "created": 1, "model": "m",
                "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
                "usage": {"prompt_tokens": 0, "completion_tokens": 1000, "total_tokens": 1000}}),
        )
    });
    let response = app.chat(&key, &question(false)).await;
    assert_eq!(response.status(), 402);
    let told: Value = response.json().await.unwrap();
    assert_eq!(told["error"]["code"], "budget_exceeded");
    assert_eq!(provider.asked().len(), 3, "the fourth question was not asked");
    let call = app.ended_call().await;
    let spent: i64 = call
        .entries
        .iter()
        .filter_map(|entry| entry.cost)
        .map(|cost| cost.micros())
        .sum();
    assert!(spent <= cap && spent == 3 * each, "{spent}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_33_a_tool_that_does_not_end_ends_with_the_runs_time() {
    for streams in [false, true] {
        let (provider, app, key) = world().await;
        let mut agent = draft("endless", "mock/m", "");
        agent["tools"] = json!([{"tool": "run_code"}, {"tool": "calculator"}]);
        agent["run"] = json!({"seconds": 1});
        let _agent: Value = app.ask("agent.create", agent).await;
        let code = json!({"code": "while (true) {}"}).to_string();
        let calls = [call("call_1", "run_code", &code)];
        provider.will(match streams {
            true => asks_streamed("", &calls),
            false => asks("", &calls),
        });
        let mut body = question(streams);
        body["model"] = json!("endless");
        let response = app.chat(&key, &body).await;
        let (status, told) = (response.status(), response.text().await.unwrap());
        assert!(told.contains("run_stopped_time"), "{told}");
        assert!(streams || status == 422, "{status}");
        assert_eq!(provider.asked().len(), 1, "the model is not asked again");
        let call = app.ended_call().await;
        let kind = domain::FailureKind::RunStopped;
        assert_eq!(call.row.outcome, Some(Outcome::Failed { kind }));
        let session = app.session(call.row.call.session.as_ref().unwrap()).await;
        let answer = session.messages.last().unwrap();
        let given = domain::Part::plain_text(&answer.message.parts);
        assert!(
            given.contains("was over before"),
            "what it came to is kept: {given}"
        );
        app.finish().await;
    }
}
