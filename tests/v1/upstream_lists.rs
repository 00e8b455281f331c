//! Lists of models in pages, addresses with a query, and tokens that a failed attempt took.

use domain::{Confidence, FailureKind, Outcome};
use gateway::control::ModelList;
use serde_json::{Value, json};

use super::hi;
use crate::support::{Provider, Reply, TestApp};

async fn listed(app: &TestApp, id: &str) -> Vec<String> {
    let list: ModelList = app
        .ask("provider.models", json!({"id": id, "refresh": true}))
        .await;
    list.models.into_iter().map(|model| model.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_in_pages_is_read_to_its_end() {
    let provider = Provider::start().await;
    provider.answers_by(|asked| {
        let page = |id: &str, more: bool| {
            Reply::json(
                200,
                &json!({"data": [{"type": "model", "id": id}], "has_more": more, "last_id": id}),
            )
        };
        let gemini = |id: &str, next: Option<&str>| {
            let name = format!("models/{id}");
            Reply::json(200, &json!({"models": [{"name": name}], "nextPageToken": next}))
        };
        match asked.target.as_str() {
            "/v1/models?limit=1000" => page("one", true),
            "/v1/models?limit=1000&after_id=one" => page("two", true),
            "/v1/models?limit=1000&after_id=two" => page("three", false),
            "/v1/models?pageSize=1000" => gemini("one", Some("a/b")),
            "/v1/models?pageSize=1000&pageToken=a%2Fb" => gemini("two", None),
            other => panic!("{other}"),
        }
    });
    let app = TestApp::start().await;
    for (id, wire, models) in [
        ("claude", "anthropic-messages", vec!["one", "two", "three"]),
        ("gem", "gemini", vec!["one", "two"]),
    ] {
        let args = json!({"id": id, "kind": "custom", "wire": wire, "base_url": provider.base_url(), "no_key": true});
        let _added: Value = app.ask("provider.add", args).await;
        assert_eq!(listed(&app, id).await, models);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_never_ends_is_not_followed() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "claude", "kind": "custom", "wire": "anthropic-messages",
        "base_url": provider.base_url(), "no_key": true});
    let _added: Value = app.ask("provider.add", args).await;
    // one that does not know pages gives the first again
    provider.always(Reply::json(
        200,
        &json!({"data": [{"type": "model", "id": "one"}], "has_more": true, "last_id": "one"}),
    ));
    assert_eq!(listed(&app, "claude").await, ["one"]);
    assert_eq!(provider.asked().len(), 2);
    // and one that always has another
    let count = std::sync::atomic::AtomicUsize::new(0);
    provider.answers_by(move |_| {
        let id = count
            .fetch_add(1, std::sync::atomic::Ordering::SeqCst)
            .to_string();
        Reply::json(
            200,
            &json!({"data": [{"type": "model", "id": id}], "has_more": true, "last_id": id}),
        )
    });
    assert_eq!(listed(&app, "claude").await.len(), 20);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_query_of_an_address_goes_along() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let base_url = format!(
        "{}/openai/deployments/y?api-version=2024-10-21",
        provider.origin()
    );
    let args = json!({"id": "azure", "kind": "azure", "wire": "openai-chat", "base_url": base_url,
        "key": crate::support::app::CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "azure/gpt-4o-mini", "").await;
    let key = app.key().await;
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200);
    let asked = provider.last();
    assert_eq!(
        asked.target,
        "/openai/deployments/y/chat/completions?api-version=2024-10-21"
    );
    assert_eq!(asked.header("api-key"), Some(crate::support::app::CANARY));
    let secret = format!("{}/v1?api-key=abc", provider.origin());
    let args = json!({"id": "bad", "kind": "custom", "base_url": secret, "no_key": true});
    assert_eq!(
        app.refused("provider.add", args).await,
        FailureKind::InvalidRequest
    );
    app.finish().await;
}

async fn priced() -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "p", "kind": "openai", "wire": "openai-chat", "base_url": provider.base_url(),
        "key": crate::support::app::CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "p/gpt-4o-mini", "").await;
    let key = app.key().await;
    (provider, app, key)
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_29_what_a_failed_attempt_took_is_counted() {
    let (provider, app, key) = priced().await;
    provider.will(Reply::json(
        200,
        &json!({"id": "u", "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}}),
    ));
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 502);
    let call = app.ended_call().await;
    let entry = &call.entries[0];
    let kind = FailureKind::UpstreamFailed;
    assert_eq!(entry.outcome, Outcome::Failed { kind });
    let usage = entry.usage.unwrap();
    assert_eq!((usage.input, usage.output), (7, 2));
    assert_eq!(entry.confidence, Confidence::Computed);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_50_a_whole_answer_has_its_usage_also_when_the_provider_counted_none() {
    let (provider, app, key) = priced().await;
    provider.will(Reply::json(
        200,
        &json!({"id": "u", "object": "chat.completion", "created": 1, "model": "n", "choices":
            [{"index": 0, "message": {"role": "assistant", "content": "Twelve letters."}, "finish_reason": "stop"}]}),
    ));
    let answer: Value = app.chat(&key, &hi("reviewer")).await.json().await.unwrap();
    let call = app.ended_call().await;
    let usage = call.entries[0].usage.unwrap();
    assert_eq!(
        call.entries[0].confidence,
        Confidence::Estimated,
        "and the ledger says so"
    );
    assert!(usage.input > 0 && usage.output > 0);
    assert_eq!(answer["usage"]["prompt_tokens"], usage.input);
    assert_eq!(answer["usage"]["completion_tokens"], usage.output);
    assert_eq!(answer["usage"]["total_tokens"], usage.input + usage.output);
    app.finish().await;
}
