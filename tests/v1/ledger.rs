//! Tokens, cost, and how much is kept.

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
