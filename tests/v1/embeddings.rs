//! `POST /v1/embeddings` (W-105 to W-107).

use base64ct::{Base64, Encoding};
use domain::{Confidence, Outcome};
use serde_json::{Value, json};

use crate::support::app::CANARY;
use crate::support::{Provider, Reply, TestApp};

const ROUTE: &str = "/v1/embeddings";

async fn world(kind: &str) -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "p", "kind": kind, "base_url": provider.base_url(), "key": CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("finder", "p/text-embedding-3-small", "Be brief.")
        .await;
    let key = app.key_with(json!({"name": "test", "raw_models": true})).await;
    (provider, app, key)
}

/// A list of vectors in OpenAI's form, given in a wrong order.
fn listed(vectors: &[[f32; 2]]) -> Reply {
    let mut data: Vec<Value> = (0..)
        .zip(vectors)
        .map(|(index, vector): (u32, _)| json!({"object": "embedding", "index": index, "embedding": vector}))
        .collect();
    data.reverse();
    Reply::json(
        200,
        &json!({"object": "list", "data": data, "model": "up", "usage": {"prompt_tokens": 8, "total_tokens": 8}}),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn w_105_vectors_in_the_order_of_the_inputs_by_an_agent_and_by_a_raw_model() {
    let (provider, app, key) = world("openai").await;
    for model in ["finder", "p/text-embedding-3-small"] {
        provider.will(listed(&[[0.5, -1.0], [0.25, 2.0]]));
        let body = json!({"model": model, "input": ["one", "two"], "user": "u"});
        let response = app.post(ROUTE, &key, &body).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-upstream-model"], "p/text-embedding-3-small");
        assert!(
            !response.headers().contains_key("x-inglenook-applied"),
            "an agent adds nothing"
        );
        let told: Value = response.json().await.unwrap();
        assert_eq!(
            told,
            json!({"object": "list", "data": [
                {"object": "embedding", "index": 0, "embedding": [0.5, -1]},
                {"object": "embedding", "index": 1, "embedding": [0.25, 2]},
            ], "model": model, "usage": {"prompt_tokens": 8, "total_tokens": 8}})
        );
        let asked = provider.last();
        assert_eq!(asked.target, "/v1/embeddings");
        assert_eq!(
            asked.json(),
            json!({"model": "text-embedding-3-small", "input": ["one", "two"], "user": "u"})
        );
        assert_eq!(
            asked.header("authorization"),
            Some(format!("Bearer {CANARY}").as_str())
        );
    }
    let call = app.ended_call().await;
    assert_eq!(call.row.call.route, "POST /v1/embeddings");
    assert_eq!(call.row.call.session, None);
    assert_eq!(call.row.outcome, Some(Outcome::Succeeded));
    let entry = &call.entries[0];
    assert_eq!((entry.usage.unwrap().input, entry.usage.unwrap().output), (8, 0));
    assert_eq!(entry.confidence, Confidence::Computed);
    assert!(entry.cost.is_some(), "the price is a published one");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_106_base64_is_little_endian_floats() {
    let (provider, app, key) = world("openai").await;
    provider.will(listed(&[[0.1, -3.5]]));
    let body = json!({"model": "finder", "input": "one", "encoding_format": "base64"});
    let told: Value = app.post(ROUTE, &key, &body).await.json().await.unwrap();
    let text = told["data"][0]["embedding"].as_str().unwrap();
    let bytes = Base64::decode_vec(text).unwrap();
    let expected: Vec<u8> = [0.1_f32, -3.5].iter().flat_map(|n| n.to_le_bytes()).collect();
    assert_eq!(bytes, expected);
    assert!(
        provider.last().json().get("encoding_format").is_none(),
        "how the client wants them is between him and us"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_105_w_107_tokens_dimensions_and_what_is_refused() {
    let (provider, app, key) = world("openai").await;
    for (input, count) in [(json!([1, 2, 3]), 1), (json!([[1, 2], [3]]), 2)] {
        provider.will(listed(&[[0.0, 1.0], [1.0, 0.0]][..count]));
        let body = json!({"model": "finder", "input": input, "dimensions": 2});
        let response = app.post(ROUTE, &key, &body).await;
        assert_eq!(response.status(), 200);
        assert_eq!(provider.last().json()["input"], input);
        assert_eq!(provider.last().json()["dimensions"], 2);
    }
    let asked = provider.asked().len();
    for (body, status, param) in [
        (json!({"model": "finder"}), 400, "input"),
        (json!({"model": "finder", "input": ""}), 400, "input"),
        (json!({"model": "finder", "input": []}), 400, "input"),
        (json!({"model": "finder", "input": ["x", ""]}), 400, "input[1]"),
        (
            json!({"model": "finder", "input": "x", "dimensions": 0}),
            400,
            "dimensions",
        ),
        (
            json!({"model": "finder", "input": "x", "encoding_format": "hex"}),
            400,
            "encoding_format",
        ),
        (json!({"model": "nobody", "input": "x"}), 404, "model"),
    ] {
        let response = app.post(ROUTE, &key, &body).await;
        assert_eq!(response.status(), status, "{body}");
        let error: Value = response.json().await.unwrap();
        assert_eq!(error["error"]["param"], param, "{body}");
    }
    assert_eq!(provider.asked().len(), asked);
    for path in [
        "/embeddings",
        "/v1/v1/embeddings",
        "/v1/embeddings/?api-version=1",
    ] {
        provider.will(listed(&[[0.0, 1.0]]));
        let body = json!({"model": "finder", "input": "x"});
        assert_eq!(app.post(path, &key, &body).await.status(), 200, "{path}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_provider_in_its_own_form() {
    let two = [[0.5, 1.0], [2.0, 4.0]];
    let values = two.map(|values| json!({"values": values}));
    for (kind, path, sent, reply, counted) in [
        (
            "ollama",
            "/v1/api/embed",
            json!({"model": "e", "input": ["a", "b"]}),
            json!({"model": "e", "embeddings": two, "prompt_eval_count": 5}),
            Some(5),
        ),
        (
            "cohere",
            "/v1/v2/embed",
            json!({"model": "e", "texts": ["a", "b"], "input_type": "search_document", "embedding_types": ["float"]}),
            json!({"embeddings": {"float": two}, "meta": {"billed_units": {"input_tokens": 5}}}),
            Some(5),
        ),
        (
            "google",
            "/v1/models/e:batchEmbedContents",
            json!({"requests": [
                {"model": "models/e", "content": {"parts": [{"text": "a"}]}},
                {"model": "models/e", "content": {"parts": [{"text": "b"}]}}]}),
            json!({"embeddings": values}),
            None,
        ),
    ] {
        let (provider, app, key) = world(kind).await;
        provider.will(Reply::json(200, &reply));
        let body = json!({"model": "p/e", "input": ["a", "b"]});
        let response = app.post(ROUTE, &key, &body).await;
        assert_eq!(
            response.status(),
            200,
            "{kind}: {}",
            response.text().await.unwrap()
        );
        let told: Value = response.json().await.unwrap();
        assert_eq!(told["data"][1]["embedding"], json!([2, 4]), "{kind}");
        assert_eq!(provider.last().target, path, "{kind}");
        assert_eq!(provider.last().json(), sent, "{kind}");
        let usage = told["usage"]["prompt_tokens"].as_u64().unwrap();
        let entry = &app.ended_call().await.entries[0];
        assert_eq!(entry.usage.unwrap().input, usage, "{kind}");
        match counted {
            Some(counted) => assert_eq!(usage, counted, "{kind}"),
            None => assert!(usage > 0, "{kind}: estimated"),
        }
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_makes_none_is_not_asked() {
    for kind in ["anthropic", "groq"] {
        let (provider, app, key) = world(kind).await;
        let response = app
            .post(ROUTE, &key, &json!({"model": "p/e", "input": "x"}))
            .await;
        assert_eq!(response.status(), 400, "{kind}");
        let error: Value = response.json().await.unwrap();
        assert_eq!(error["error"]["param"], "model");
        assert!(provider.asked().is_empty());
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_told_and_recorded_as_of_every_call() {
    let (provider, app, key) = world("openai").await;
    let body = json!({"model": "finder", "input": ["a", "b"]});
    for (reply, status) in [
        (Reply::refusal(400, "x", "too long"), 400),
        (Reply::refusal(401, "x", "no"), 424),
        (listed(&[[0.0, 1.0]]), 502),
        (Reply::json(200, &json!({"object": "list", "data": []})), 502),
        (Reply::new(200, "application/json").send("{\"object\""), 502),
    ] {
        provider.will(reply);
        let response = app.post(ROUTE, &key, &body).await;
        assert_eq!(response.status(), status);
        let call = app.ended_call().await;
        assert!(
            matches!(call.row.outcome, Some(Outcome::Failed { .. })),
            "{call:?}"
        );
    }
    // once more where that helps
    provider.will(Reply::refusal(503, "x", "busy"));
    provider.will(listed(&[[0.0, 1.0], [1.0, 0.0]]));
    assert_eq!(app.post(ROUTE, &key, &body).await.status(), 200);
    assert_eq!(app.ended_call().await.entries.len(), 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_holds_here_too() {
    let (provider, app, _) = world("openai").await;
    let poor = app
        .key_with(json!({"name": "poor", "budgets": [{"cap": 1, "per": "day"}]}))
        .await;
    // 20000 tokens at 0.02 dollars a million are 400 micro-dollars
    let body = json!({"model": "finder", "input": "word ".repeat(20_000)});
    let response = app.post(ROUTE, &poor, &body).await;
    assert_eq!(response.status(), 402);
    assert!(provider.asked().is_empty());
    let slow = app.key_with(json!({"name": "slow", "rpm": 1})).await;
    provider.always(listed(&[[0.0, 1.0]]));
    let body = json!({"model": "finder", "input": "x"});
    assert_eq!(app.post(ROUTE, &slow, &body).await.status(), 200);
    assert_eq!(app.post(ROUTE, &slow, &body).await.status(), 429);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_107_vectors_of_another_length_than_was_asked_for_are_refused() {
    let (provider, app, key) = world("openai").await;
    let asked = [
        (ROUTE, json!({"model": "finder", "input": "x", "dimensions": 3})),
        (
            "/api/embed",
            json!({"model": "finder", "input": "x", "dimensions": 3}),
        ),
        (
            "/v1beta/models/finder:embedContent",
            json!({"content": {"parts": [{"text": "x"}]}, "outputDimensionality": 3}),
        ),
    ];
    for (path, body) in &asked {
        provider.will(listed(&[[0.5, 1.0]]));
        let response = app.post(path, &key, body).await;
        assert_eq!(response.status(), 400, "{path}");
        let text = response.text().await.unwrap();
        assert!(
            text.contains("gives vectors of 2 numbers, and not of 3"),
            "{path}: {text}"
        );
        assert!(!text.contains("0.5"), "{path}: nothing of the vectors");
        let call = app.ended_call().await;
        assert_eq!(
            call.row.outcome,
            Some(Outcome::Failed {
                kind: domain::FailureKind::InvalidRequest
            })
        );
        let entry = &call.entries[0];
        assert_eq!(
            entry.usage.unwrap().input,
            8,
            "{path}: it was paid for all the same"
        );
        assert!(entry.cost.is_some());
    }
    provider.will(listed(&[[0.5, 1.0]]));
    let body = json!({"model": "finder", "input": "x", "dimensions": 2});
    assert_eq!(app.post(ROUTE, &key, &body).await.status(), 200);
    assert_eq!(provider.asked().len(), 4, "none is asked twice");
    app.finish().await;
}
