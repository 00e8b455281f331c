//! Budgets that hold: reserved before a call, settled after it, on every door, across restarts and at once.

mod corrections;
mod nearing;

use std::time::Duration;

use domain::{BudgetPeriod, Confidence, FailureKind, Money, Outcome};
use futures_util::StreamExt;
use gateway::control::{BudgetStanding, CallView, ClientKeyView};
use serde_json::{Value, json};

use super::{hi, hi_streamed};
use crate::support::app::{CANARY, draft};
use crate::support::client::events;
use crate::support::{Provider, Reply, TestApp, eventually};

/// gpt-4o-mini: $0.15 a million tokens in, $0.60 out. `known` is a kind with published prices.
async fn world(kind: &str) -> (Provider, TestApp) {
    world_with(kind, |_config| {}).await
}

async fn world_with(kind: &str, change: impl FnOnce(&mut gateway::Config)) -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let app = TestApp::with(change).await;
    let args = json!({"id": "p", "kind": kind, "wire": "openai-chat", "base_url": provider.base_url(), "key": CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "p/gpt-4o-mini", "").await;
    (provider, app)
}

/// An answer that took so many tokens.
fn took(input: u64, output: u64) -> Reply {
    Reply::json(
        200,
        &json!({"id": "up", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output}}),
    )
}

fn asking(most: u64) -> Value {
    let mut body = hi("reviewer");
    body["max_tokens"] = most.into();
    body
}

async fn standing(app: &TestApp, key: &str) -> Vec<BudgetStanding> {
    let view: ClientKeyView = app.ask("key.get", json!({"key": key})).await;
    view.standing
}

async fn assert_spent(response: reqwest::Response, whose: &str) {
    assert_eq!(response.status(), 402);
    assert_eq!(response.headers()["x-should-retry"], "false");
    let error: Value = response.json().await.unwrap();
    assert_eq!(error["error"]["code"], "budget_exceeded");
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.starts_with(whose), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_concurrent_calls_spend_half_their_cost_and_not_one_reservation_more() {
    let (provider, mut app) = world("openai").await;
    // 10 in and 1000 out are 601.5 micro-dollars
    provider.always(took(10, 1_000));
    let (each, cap) = (602, 602 * 500);
    let key = app
        .key_with(json!({"name": "half", "budgets": [{"cap": cap, "per": "month"}]}))
        .await;
    let body = asking(1_000);
    let calls = (0..1_000).map(|_| async { app.chat(&key, &body).await.status().as_u16() });
    let statuses: Vec<u16> = futures_util::stream::iter(calls)
        .buffer_unordered(1_000)
        .collect()
        .await;
    let answered = statuses.iter().filter(|status| **status == 200).count();
    let refused = statuses.iter().filter(|status| **status == 402).count();
    assert_eq!(answered + refused, 1_000, "nothing else became of any");
    assert_eq!(provider.asked().len(), answered, "a refused call is not asked");
    assert!(answered > 300, "what there is can be spent: {answered}");

    let spent = each * i64::try_from(answered).unwrap();
    assert!(spent <= cap, "{spent} of {cap}");
    let now = standing(&app, "half").await.remove(0);
    assert_eq!(
        (now.spent, now.held),
        (Money(spent), Money(0)),
        "to the micro-dollar"
    );
    assert_eq!(now.left, Money(cap - spent));
    let summary: gateway::control::UsageSummary = app.ask("usage.summary", json!({"by": "key"})).await;
    assert_eq!(
        (summary.total.cost, summary.total.calls),
        (Money(spent), answered as u64)
    );

    app.restart().await;
    assert_eq!(standing(&app, "half").await.remove(0).spent, Money(spent));
    let mut more = 0;
    while app.chat(&key, &body).await.status() == 200 {
        more += 1;
    }
    let last = standing(&app, "half").await.remove(0);
    assert_eq!(
        last.spent,
        Money(spent + more * each),
        "the ledger goes on where it was"
    );
    assert!(
        last.spent <= Money(cap) && last.left < Money(each + 5),
        "and is spent to its end: {last:?}"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_and_a_month_hold_at_once() {
    let (provider, app) = world("openai").await;
    provider.always(took(10, 1_000));
    let budgets = json!([{"cap": 5_000, "per": "month"}, {"cap": 1_500, "per": "day"}]);
    let key = app.key_with(json!({"name": "both", "budgets": budgets})).await;
    for _ in 0..2 {
        assert_eq!(app.chat(&key, &asking(1_000)).await.status(), 200);
    }
    assert_spent(
        app.chat(&key, &asking(1_000)).await,
        "This client key's budget of $0.0015 a day",
    )
    .await;
    let both = standing(&app, "both").await;
    assert_eq!(
        both.iter()
            .map(|one| (one.per, one.spent, one.left))
            .collect::<Vec<_>>(),
        [
            (BudgetPeriod::Month, Money(1_204), Money(3_796)),
            (BudgetPeriod::Day, Money(1_204), Money(296)),
        ]
    );
    assert!(
        both.iter()
            .all(|one| one.until.is_some_and(|until| until > one.since))
    );
    // raised, it goes on at once
    let _raised: ClientKeyView = app
        .ask(
            "key.update",
            json!({"key": "both", "budgets": [{"cap": 5_000, "per": "month"}]}),
        )
        .await;
    assert_eq!(app.chat(&key, &asking(1_000)).await.status(), 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_call_asks_for_must_fit() {
    let (provider, app) = world("openai").await;
    provider.always(took(10, 10));
    let key = app
        .key_with(json!({"name": "small", "budgets": [{"cap": 1_000, "per": "total"}]}))
        .await;
    // 100,000 tokens out would be 60,000 micro-dollars
    assert_spent(
        app.chat(&key, &asking(100_000)).await,
        "This client key's budget of $0.001 in total has $0.001 left",
    )
    .await;
    assert!(provider.asked().is_empty());
    assert_eq!(
        app.chat(&key, &asking(1_000)).await.status(),
        200,
        "and what fits is answered"
    );
    assert_eq!(
        app.chat(&key, &hi("reviewer")).await.status(),
        200,
        "one that does not say how long may use the rest, alone"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_run_hold_their_reservation() {
    let (provider, app) = world("openai").await;
    provider.will(Reply::silence());
    let key = app
        .key_with(json!({"name": "one", "budgets": [{"cap": 1_000, "per": "total"}]}))
        .await;
    let body = asking(1_000);
    let sending = app
        .http()
        .post(app.url("/v1/chat/completions"))
        .bearer_auth(&key)
        .json(&body)
        .send();
    let waiting = tokio::spawn(sending);
    eventually("the first call", async || (provider.open() == 1).then_some(())).await;
    let now = standing(&app, "one").await.remove(0);
    assert!(
        now.spent == Money(0) && now.held > Money(600),
        "it is in the ledger before it is asked: {now:?}"
    );
    assert_spent(app.chat(&key, &body).await, "This client key's budget").await;
    waiting.abort();
    provider.always(took(10, 10));
    eventually("its money back", async || {
        (app.chat(&key, &body).await.status() == 200).then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_an_agent_and_a_session_have_budgets_too() {
    let (provider, app) = world("openai").await;
    provider.always(took(10, 1_000));
    let free = app.key().await;

    let mut thrifty = draft("thrifty", "p/gpt-4o-mini", "");
    thrifty["budget"] = json!({"cap": 700, "per": "day"});
    let _made: Value = app.ask("agent.create", thrifty).await;
    let mut body = asking(1_000);
    body["model"] = "thrifty".into();
    assert_eq!(app.chat(&free, &body).await.status(), 200);
    assert_spent(
        app.chat(&free, &body).await,
        "This agent's budget of $0.0007 a day",
    )
    .await;
    // and for the window
    let _sent: Value = app
        .ask("chat.send", json!({"agent": "thrifty", "text": "Hi"}))
        .await;
    let session = eventually("the window's answer", async || {
        let sessions = app.sessions().await;
        let session = app.session(&sessions.first()?.session.id).await;
        session
            .messages
            .iter()
            .any(|message| message.state == domain::MessageState::Failed)
            .then_some(session)
    })
    .await;
    assert_eq!(session.messages.len(), 2);
    assert_eq!(provider.asked().len(), 1, "the window has no way around it");

    let _set: Value = app.ask("settings.set", json!({"session_budget": 700})).await;
    let mut named = asking(1_000);
    named["session_id"] = "long".into();
    assert_eq!(app.chat(&free, &named).await.status(), 200);
    assert_spent(
        app.chat(&free, &named).await,
        "The budget of a session of $0.0007 in total",
    )
    .await;
    named["session_id"] = "another".into();
    assert_eq!(app.chat(&free, &named).await.status(), 200, "each has its own");
    let _set: Value = app.ask("settings.set", json!({"session_budget": 0})).await;

    let all = json!({"budgets": [{"cap": 2_000, "per": "month"}]});
    let _set: Value = app.ask("settings.set", all).await;
    assert_spent(
        app.chat(&free, &asking(1_000)).await,
        "The budget for everything of $0.002 a month",
    )
    .await;
    let twice = json!({"budgets": [{"cap": 1, "per": "day"}, {"cap": 2, "per": "day"}]});
    assert_eq!(
        app.refused("settings.set", twice).await,
        FailureKind::InvalidRequest
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_33_a_stream_is_cut_at_the_cap_with_a_clear_error() {
    let (provider, app) = world("openai").await;
    // it was asked for 100 tokens and writes on: 4,000 bytes are some 1,000 tokens or 600 micro-dollars
    let flood = vec!["word ".repeat(160); 40];
    let flood: Vec<&str> = flood.iter().map(String::as_str).collect();
    let pieces = Reply::pieces(&flood[..5]).wait(Duration::from_millis(300));
    let more = flood[5..].iter().fold(pieces, |reply, piece| {
        reply
            .event(
                &json!({"id": "up", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": null}]}),
            )
            .wait(Duration::from_millis(20))
    });
    provider.will(more.stall());
    let key = app
        .key_with(json!({"name": "cut", "budgets": [{"cap": 1_000, "per": "day"}]}))
        .await;
    let mut body = hi_streamed("reviewer");
    body["max_tokens"] = 100.into();
    let response = app.chat(&key, &body).await;
    assert_eq!(response.status(), 200);
    let text = tokio::time::timeout(Duration::from_secs(10), response.text())
        .await
        .unwrap()
        .unwrap();
    assert!(!text.contains("[DONE]"), "it is not complete");
    let last: Value = serde_json::from_str(events(&text).last().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "budget_exceeded", "{last}");
    assert!(events(&text).len() > 5, "what was written until then was given");
    eventually("the provider to be left", async || {
        (provider.aborted() == 1).then_some(())
    })
    .await;

    let call: CallView = app.ended_call().await;
    let entry = &call.entries[0];
    assert_eq!(
        entry.outcome,
        Outcome::Failed {
            kind: FailureKind::BudgetExceeded
        }
    );
    assert_eq!(entry.confidence, Confidence::Estimated);
    let cost = entry.cost.unwrap();
    assert!(
        (900..1_250).contains(&cost.micros()),
        "cut where the money ended: {cost}"
    );
    assert_eq!(
        standing(&app, "cut").await[0].spent,
        cost,
        "and what it wrote counts"
    );
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 402);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_nobody_knows_counts_at_the_fallback() {
    let (provider, app) = world("custom").await;
    provider.always(took(1_000, 1_000));
    let fallback = json!({"fallback_price": {"input": 1_000_000, "output": 2_000_000}});
    let _set: Value = app.ask("settings.set", fallback).await;
    let key = app
        .key_with(json!({"name": "blind", "budgets": [{"cap": 6_500, "per": "total"}]}))
        .await;
    assert_eq!(app.chat(&key, &asking(1_000)).await.status(), 200);
    assert_eq!(app.chat(&key, &asking(1_000)).await.status(), 200);
    let call = app.ended_call().await;
    let entry = &call.entries[0];
    assert_eq!(
        (entry.cost, entry.confidence),
        (None, Confidence::Unknown),
        "its cost stays unknown"
    );
    assert_eq!(entry.reserved, Some(Money(3_000)), "and its budget counts it");
    assert_eq!(standing(&app, "blind").await[0].spent, Money(6_000));
    assert_eq!(app.chat(&key, &asking(1_000)).await.status(), 402);
    let view: ClientKeyView = app.ask("key.get", json!({"key": "blind"})).await;
    assert_eq!(view.spent, Money(0), "what is known to be spent");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_arrived_costs_nothing_and_what_may_have_been_worked_on_counts() {
    let (provider, app) = world("openai").await;
    let key = app
        .key_with(json!({"name": "k", "budgets": [{"cap": 100_000, "per": "total"}]}))
        .await;
    let mut body = asking(1_000);
    body["messages"][0]["content"] = "x".repeat(30_000).into();
    provider.will(Reply::refusal(400, "bad", "No."));
    assert_eq!(app.chat(&key, &body).await.status(), 400);
    assert_eq!(standing(&app, "k").await[0].spent, Money(0), "refused");
    provider.will(Reply::new(200, "application/json").send("{\"id\":").cut());
    provider.will(Reply::refusal(400, "bad", "No."));
    assert_ne!(app.chat(&key, &body).await.status(), 200);
    let now = standing(&app, "k").await.remove(0);
    // 30,000 bytes are some 7,500 tokens: 1,125 micro-dollars
    assert!(
        (1_000..1_300).contains(&now.spent.micros()),
        "it had read the prompt: {now:?}"
    );
    assert_eq!(now.held, Money(0));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn embeddings_are_under_the_same_budgets() {
    let (provider, app) = world("openai").await;
    // $0.02 a million tokens
    provider.always(Reply::json(
        200,
        &json!({"object": "list", "model": "m", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
            "usage": {"prompt_tokens": 500_000, "total_tokens": 500_000}}),
    ));
    let args = json!({"name": "vectors", "raw_models": true, "budgets": [{"cap": 15_000, "per": "day"}]});
    let key = app.key_with(args).await;
    let body = |input: &str| json!({"model": "p/text-embedding-3-small", "input": input});
    let long = "word ".repeat(600_000);
    assert_spent(
        app.post("/v1/embeddings", &key, &body(&long)).await,
        "This client key's budget of $0.015 a day has $0.015 left",
    )
    .await;
    assert!(
        provider.asked().is_empty(),
        "a million tokens are more than there is"
    );
    for spent in [10_000, 20_000] {
        assert_eq!(app.post("/v1/embeddings", &key, &body("Hi")).await.status(), 200);
        assert_eq!(standing(&app, "vectors").await[0].spent, Money(spent));
    }
    assert_spent(
        app.post("/v1/embeddings", &key, &body("Hi")).await,
        "This client key's budget of $0.015 a day is spent",
    )
    .await;
    let told: Value = app.get("/v1/key", &key).await.json().await.unwrap();
    assert_eq!(
        (
            &told["budgets"][0]["spent"],
            &told["budgets"][0]["held"],
            &told["left"]
        ),
        (&json!(20_000), &json!(0), &json!(0))
    );
    app.finish().await;
}
