//! Tokens, cost, and how much is kept.

use domain::{Confidence, Money};
use serde_json::{Value, json};

use super::{hi, hi_streamed};
use crate::support::{Provider, Reply, TestApp};

async fn with_kind(kind: &str, model: &str) -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "p", "kind": kind, "wire": "openai-chat", "base_url": provider.base_url(),
            "key": crate::support::app::CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", &format!("p/{model}"), "").await;
    let key = app.key().await;
    (provider, app, key)
}

#[tokio::test(flavor = "multi_thread")]
async fn cost_is_what_a_hand_computes() {
    let (_provider, app, key) = with_kind("openai", "gpt-4o-mini").await;
    for body in [hi("reviewer"), hi_streamed("reviewer")] {
        let _read = app.chat(&key, &body).await.bytes().await.unwrap();
        let call = app.ended_call().await;
        let entry = &call.entries[0];
        let usage = domain::Usage {
            input: 12_000,
            cached_input: 4_000,
            output: 3_000,
            ..domain::Usage::default()
        };
        assert_eq!(entry.usage, Some(usage));
        // $0.15 a million in, $0.075 cached, $0.60 out: 8000 * 0.15 + 4000 * 0.075 + 3000 * 0.6 micro-dollars
        assert_eq!(entry.cost, Some(domain::Money(1200 + 300 + 1800)));
        assert_eq!(entry.confidence, domain::Confidence::Computed);
        assert_eq!(call.row.cost, entry.cost);
        let raw: Value = serde_json::from_str(entry.raw_usage.as_ref().unwrap().get()).unwrap();
        assert_eq!(raw["prompt_tokens"], 12_000, "the provider's own words are kept");
    }
    let summary: gateway::control::UsageSummary = app.ask("usage.summary", json!({"by": "agent"})).await;
    assert_eq!(summary.rows.len(), 1);
    assert_eq!(summary.rows[0].group, "reviewer");
    assert_eq!(
        (
            summary.total.calls,
            summary.total.failed,
            summary.total.unknown_cost
        ),
        (2, 0, 0)
    );
    assert_eq!(summary.total.cost, domain::Money(6600));
    assert_eq!(summary.total.usage.total(), 30_000);
    let key: gateway::control::ClientKeyView = app.ask("key.get", json!({"key": "test"})).await;
    assert_eq!(key.spent, domain::Money(6600));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_price_is_unknown_and_a_local_model_is_free() {
    let (_provider, app, key) = with_kind("custom", "gpt-4o-mini").await;
    let _read = app.chat(&key, &hi("reviewer")).await.bytes().await.unwrap();
    let entry = app.ended_call().await.entries.remove(0);
    assert_eq!(
        (entry.cost, entry.confidence),
        (None, domain::Confidence::Unknown),
        "never zero"
    );
    let summary: gateway::control::UsageSummary = app.ask("usage.summary", json!({"by": "model"})).await;
    assert_eq!(
        (summary.total.cost, summary.total.unknown_cost),
        (domain::Money(0), 1)
    );
    app.finish().await;

    let (_provider, app, key) = with_kind("ollama", "llama3").await;
    let _read = app.chat(&key, &hi("reviewer")).await.bytes().await.unwrap();
    let entry = app.ended_call().await.entries.remove(0);
    assert_eq!(
        (entry.cost, entry.confidence),
        (Some(domain::Money(0)), domain::Confidence::Computed)
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_keep_no_content() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let metadata = app
        .key_with(json!({"name": "metadata", "store": "metadata"}))
        .await;
    let none = app.key_with(json!({"name": "none", "store": "none"})).await;
    for (key, stream) in [
        (&metadata, false),
        (&metadata, true),
        (&none, false),
        (&none, true),
    ] {
        let answer = if stream {
            Reply::stream(&["QuestAnswered"])
        } else {
            Reply::text("QuestAnswered")
        };
        provider.will(answer);
        let body = json!({
            "model": "reviewer", "stream": stream, "messages": [{"role": "user", "content": "UnquotableQuestion"}],
        });
        let text = app.chat(key, &body).await.text().await.unwrap();
        assert!(
            text.contains("QuestAnswered"),
            "the caller gets it all the same: {text}"
        );
        assert!(String::from_utf8_lossy(&provider.last().body).contains("UnquotableQuestion"));
    }
    let calls = app.calls().await;
    assert_eq!(calls.len(), 4, "usage is counted");
    assert!(
        calls
            .iter()
            .all(|call| call.usage.map(domain::Usage::total) == Some(15_000))
    );
    for call in &calls {
        let kept: gateway::control::CallView = app.ask("call.get", json!({"call": call.call.id})).await;
        assert_eq!(kept.upstream_request, None, "no copy of the request either");
    }
    assert!(
        calls
            .iter()
            .filter(|call| call.client.as_deref() == Some("none"))
            .all(|call| call.call.session.is_none())
    );
    for session in app.sessions().await {
        assert!(app.session(&session.session.id).await.messages.is_empty());
        assert!(
            session.session.title.starts_with("api:"),
            "nor in the title: {}",
            session.session.title
        );
    }
    assert!(
        !app.disk_holds("UnquotableQuestion") && !app.disk_holds("QuestAnswered"),
        "not in any file"
    );
    app.finish().await;
}

/// A provider with one agent of its own that answers with this usage object.
async fn with_usage(app: &TestApp, id: &str, kind: &str, usage: Value) -> Provider {
    let provider = Provider::start().await;
    let mut args = json!({"id": id, "kind": kind, "base_url": provider.base_url(),
            "key": crate::support::app::CANARY});
    if kind != "anthropic" {
        args["wire"] = "openai-chat".into();
    }
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent(id, &format!("{id}/m"), "").await;
    provider.always(if kind == "anthropic" {
        Reply::json(
            200,
            &json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
                "content": [{"type": "text", "text": "ok"}], "stop_reason": "end_turn", "usage": usage}),
        )
    } else {
        Reply::json(
            200,
            &json!({"id": "up-1", "object": "chat.completion", "created": 1, "model": "m",
                "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}],
                "usage": usage}),
        )
    });
    provider
}

async fn usage(app: &TestApp, by: &str) -> gateway::control::UsageSummary {
    app.ask("usage.summary", json!({"by": by})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_are_what_a_hand_computes_over_providers_caches_and_reasoning() {
    let app = TestApp::start().await;
    let _chat = with_usage(
        &app,
        "chatty",
        "openai",
        json!({"prompt_tokens": 1001, "completion_tokens": 333, "total_tokens": 1334,
            "prompt_tokens_details": {"cached_tokens": 401},
            "completion_tokens_details": {"reasoning_tokens": 222}}),
    )
    .await;
    let _claude = with_usage(
        &app,
        "claude",
        "anthropic",
        json!({"input_tokens": 77, "cache_read_input_tokens": 900, "cache_creation_input_tokens": 123,
            "output_tokens": 55}),
    )
    .await;
    let _nobody = with_usage(
        &app,
        "nobody",
        "custom",
        json!({"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}),
    )
    .await;
    for price in [
        json!({"target": "chatty/m", "input": 2_500_000, "cached_input": 1_250_000, "output": 10_000_000}),
        json!({"target": "claude/m", "input": 3_000_000, "cached_input": 300_000, "cache_write": 3_750_000,
            "output": 15_000_000}),
    ] {
        let _set: Value = app.ask("price.set", price).await;
    }
    let key = app.key().await;
    for agent in ["chatty", "chatty", "chatty", "claude", "claude", "nobody"] {
        let response = app.chat(&key, &hi(agent)).await;
        assert_eq!(response.status(), 200, "{agent}");
        let _read = response.bytes().await.unwrap();
    }
    // (1001 - 401) * 2.5 + 401 * 1.25 + 333 * 10 = 1500 + 501.25 + 3330 micro-dollars, rounded once a call
    let chatty = 1500 + 501 + 3330;
    // 77 * 3 + 900 * 0.3 + 123 * 3.75 + 55 * 15 = 231 + 270 + 461.25 + 825
    let claude = 1787;
    let total = domain::Money(3 * chatty + 2 * claude);
    for by in ["day", "agent", "model", "key", "provider"] {
        let summary = usage(&app, by).await;
        assert_eq!(summary.total.cost, total, "{by}");
        assert_eq!(summary.total.unknown_cost, 1, "{by}: unknown is not zero");
        assert_eq!(summary.total.calls, 6, "{by}");
        let sum: i64 = summary.rows.iter().map(|row| row.cost.micros()).sum();
        assert_eq!(domain::Money(sum), total, "{by}: the rows add up");
        assert_eq!(
            summary.total.usage,
            domain::Usage {
                input: 3 * 1001 + 2 * (77 + 900 + 123) + 10,
                cached_input: 3 * 401 + 2 * 900,
                cache_write: 2 * 123,
                output: 3 * 333 + 2 * 55 + 20,
                reasoning: 3 * 222,
            },
            "{by}"
        );
    }
    let by_provider = usage(&app, "provider").await;
    let rows: Vec<_> = by_provider
        .rows
        .iter()
        .map(|row| (row.group.as_str(), row.cost.micros(), row.unknown_cost))
        .collect();
    assert_eq!(
        rows,
        [
            ("chatty", 3 * chatty, 0),
            ("claude", 2 * claude, 0),
            ("nobody", 0, 1)
        ]
    );
    let key: gateway::control::ClientKeyView = app.ask("key.get", json!({"key": "test"})).await;
    assert_eq!(key.spent, total, "the key agrees");
    let none: gateway::control::UsageSummary = app
        .ask("usage.summary", json!({"by": "day", "until": 1000}))
        .await;
    assert_eq!((none.rows.len(), none.total.calls), (0, 0));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_corrects_what_was() {
    let (_provider, app, key) = with_kind("custom", "m").await;
    for body in [hi("reviewer"), hi_streamed("reviewer")] {
        let _read = app.chat(&key, &body).await.bytes().await.unwrap();
    }
    let _ended = app.ended_call().await;
    assert_eq!(usage(&app, "model").await.total.unknown_cost, 2);

    let price = |input: i64| json!({"target": "p/m", "input": input, "output": 2_000_000});
    let changed: gateway::control::PriceChanged = app.ask("price.set", price(1_000_000)).await;
    assert_eq!(changed.repriced, 2);
    let summary = usage(&app, "model").await;
    // 12000 in, cached at the price of input, and 3000 out
    assert_eq!(
        (summary.total.cost, summary.total.unknown_cost),
        (domain::Money(2 * 18_000), 0)
    );
    for call in app.calls().await {
        let call: gateway::control::CallView = app.ask("call.get", json!({"call": call.call.id})).await;
        let entry = &call.entries[0];
        assert_eq!(entry.confidence, domain::Confidence::Computed);
        let price = entry.price.as_ref().unwrap();
        assert_eq!((price.origin.as_str(), price.input), ("user", 1_000_000));
        assert!(price.as_of.millis() > 0, "with its date");
    }
    let again: gateway::control::PriceChanged = app.ask("price.set", price(1_000_000)).await;
    assert_eq!(again.repriced, 0, "nothing costs anything else");
    let _read = app.chat(&key, &hi("reviewer")).await.bytes().await.unwrap();
    let _corrected: Value = app.ask("price.set", price(2_000_000)).await;
    assert_eq!(usage(&app, "model").await.total.cost, domain::Money(3 * 30_000));
    let own: Vec<gateway::control::OwnPrice> = app.ask("price.list", json!({})).await;
    assert_eq!(own.len(), 1);

    let removed: gateway::control::PriceChanged = app.ask("price.remove", json!({"target": "p/m"})).await;
    assert_eq!((removed.price, removed.repriced), (None, 3));
    let summary = usage(&app, "model").await;
    assert_eq!(
        (summary.total.cost, summary.total.unknown_cost),
        (domain::Money(0), 3),
        "unknown again, not free"
    );
    assert_eq!(
        app.refused("price.remove", json!({"target": "p/m"})).await,
        domain::FailureKind::NotFound
    );
    assert_eq!(
        app.refused("price.set", json!({"target": "p/m", "input": -1, "output": 0}))
            .await,
        domain::FailureKind::InvalidRequest
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_broke_off_and_calls_that_failed_are_counted() {
    let (provider, app, key) = with_kind("custom", "m").await;
    let price = json!({"target": "p/m", "input": 1_000_000, "output": 1_000_000});
    let _set: Value = app.ask("price.set", price).await;
    provider.will(Reply::pieces(&["four words of it"]).stall());
    let mut left = app.chat(&key, &hi_streamed("reviewer")).await;
    while !String::from_utf8_lossy(&left.chunk().await.unwrap().unwrap()).contains("four") {}
    drop(left);
    let cancelled = app.ended_call().await.entries.remove(0);
    assert_eq!(cancelled.outcome, domain::Outcome::Cancelled);
    assert_eq!(cancelled.confidence, domain::Confidence::Estimated);
    assert!(cancelled.cost.is_some_and(|cost| cost > domain::Money::ZERO));

    provider.will(Reply::pieces(&["four words of it"]).cut());
    let _read = app
        .chat(&key, &hi_streamed("reviewer"))
        .await
        .bytes()
        .await
        .unwrap();
    let failed = app.ended_call().await.entries.remove(0);
    assert!(matches!(failed.outcome, domain::Outcome::Failed { .. }));
    assert_eq!(failed.cost, cancelled.cost, "the same was read and said");
    let summary = usage(&app, "model").await;
    assert_eq!(
        (summary.total.calls, summary.total.failed),
        (2, 1),
        "who left made nothing fail"
    );
    assert_eq!(summary.total.cost.micros(), 2 * cancelled.cost.unwrap().micros());
    app.finish().await;
}

/// An answer that says what it cost.
fn charged(cost: &Value) -> Reply {
    let mut usage = json!({"prompt_tokens": 1_000, "completion_tokens": 1_000, "total_tokens": 2_000});
    let told = cost.as_object().unwrap().clone();
    usage.as_object_mut().unwrap().extend(told);
    Reply::json(
        200,
        &json!({"id": "up", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}],
            "usage": usage}),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn w_173_what_a_provider_says_it_cost_goes_before_the_price_table() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app
        .key_with(json!({"name": "k", "budgets": [{"cap": 100_000, "per": "total"}]}))
        .await;
    let price = |micros: i64| json!({"target": "mock/m", "input": micros, "output": micros});
    let _set: Value = app.ask("price.set", price(1_000_000)).await;
    let mut sum = 0;
    for (told, cost, confidence) in [
        (
            json!({"cost": 0.0001346, "is_byok": false}),
            135,
            Confidence::Reported,
        ),
        (
            json!({"cost": {"input_tokens_cost": 0, "total_cost": 0.00501}}),
            5_010,
            Confidence::Reported,
        ),
        (json!({"cost_in_usd_ticks": 4_074_000}), 407, Confidence::Reported),
        // a key of the user's own: what the provider behind it takes, which is not nothing
        (
            json!({"cost": 0, "is_byok": true, "cost_details": {"upstream_inference_cost": 0.00417}}),
            4_170,
            Confidence::Reported,
        ),
        (json!({"cost": 0, "is_byok": true}), 2_000, Confidence::Computed),
        // nothing for what has a price is a field that nobody filled in
        (json!({"cost": 0}), 2_000, Confidence::Computed),
        (json!({"cost": "free"}), 2_000, Confidence::Computed),
        (json!({}), 2_000, Confidence::Computed),
    ] {
        provider.will(charged(&told));
        assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200);
        let entry = app.ended_call().await.entries.remove(0);
        assert_eq!(
            (entry.cost, entry.confidence),
            (Some(Money(cost)), confidence),
            "{told}"
        );
        assert_eq!(
            entry.price.is_some(),
            confidence == Confidence::Computed,
            "{told}"
        );
        sum += cost;
        let view: gateway::control::ClientKeyView = app.ask("key.get", json!({"key": "k"})).await;
        assert_eq!(view.standing[0].spent, Money(sum), "budgets count it");
    }
    let usage: gateway::control::UsageSummary = app.ask("usage.summary", json!({"by": "key"})).await;
    let reported = 135 + 5_010 + 407 + 4_170;
    assert_eq!(
        (usage.total.cost, usage.total.reported_cost),
        (Money(sum), Money(reported))
    );
    // a correction of the price leaves what the provider said
    let changed: gateway::control::PriceChanged = app.ask("price.set", price(2_000_000)).await;
    assert_eq!(changed.repriced, 4);
    let usage: gateway::control::UsageSummary = app.ask("usage.summary", json!({"by": "key"})).await;
    assert_eq!(
        (usage.total.cost, usage.total.reported_cost),
        (Money(reported + 4 * 4_000), Money(reported))
    );
    app.finish().await;
}
