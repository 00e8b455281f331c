//! `POST /api/embed`, and `POST /api/embeddings` as it was before (W-196).

use serde_json::{Value, json};

use super::world;
use crate::support::Reply;

/// What a provider of OpenAI's wire answers, in the wrong order.
fn vectors() -> Reply {
    Reply::json(
        200,
        &json!({"object": "list", "model": "m", "usage": {"prompt_tokens": 4, "total_tokens": 4}, "data": [
            {"object": "embedding", "index": 1, "embedding": [0.25, -1.0]},
            {"object": "embedding", "index": 0, "embedding": [0.5, 0.1]},
        ]}),
    )
}

fn vector() -> Reply {
    Reply::json(
        200,
        &json!({"object": "list", "model": "m", "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.1]}],
            "usage": {"prompt_tokens": 4, "total_tokens": 4}}),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn w_196_texts_become_vectors_in_their_order() {
    let (provider, app, key) = world().await;
    provider.will(vectors());
    let body = json!({"model": "reviewer:latest", "input": ["a", "b"], "truncate": true, "dimensions": 2, "keep_alive": "5m"});
    let response = app.post("/api/embed", &key, &body).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    let told: Value = response.json().await.unwrap();
    assert_eq!(told["embeddings"], json!([[0.5, 0.1], [0.25, -1]]));
    assert_eq!(
        (&told["model"], &told["prompt_eval_count"]),
        (&json!("reviewer:latest"), &json!(4))
    );
    assert!(told["total_duration"].as_u64() > Some(1000), "nanoseconds");
    let asked = provider.last();
    assert!(asked.target.ends_with("/embeddings"), "{}", asked.target);
    let sent = asked.json();
    assert_eq!(
        (&sent["model"], &sent["input"], &sent["dimensions"]),
        (&json!("m"), &json!(["a", "b"]), &json!(2))
    );
    assert_eq!((sent.get("truncate"), sent.get("keep_alive")), (None, None));
    let call = app.ended_call().await;
    assert_eq!(call.row.call.route, "POST /api/embed");
    assert_eq!(call.row.call.wire, Some(domain::Wire::Ollama));
    assert_eq!(call.entries[0].usage.unwrap().input, 4, "and is in the ledger");

    for (path, body, pointer) in [
        (
            "/api/embed",
            json!({"model": "reviewer", "input": "a"}),
            "/embeddings/0",
        ),
        (
            "/api/embeddings",
            json!({"model": "reviewer", "prompt": "a"}),
            "/embedding",
        ),
    ] {
        provider.will(vector());
        let response = app.post(path, &key, &body).await;
        assert_eq!(response.status(), 200, "{path}");
        let told: Value = response.json().await.unwrap();
        assert_eq!(told.pointer(pointer), Some(&json!([0.5, 0.1])), "{path}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_196_nothing_to_embed_loads_and_what_is_wrong_is_told() {
    let (provider, app, key) = world().await;
    for (path, body, field) in [
        ("/api/embed", json!({"model": "reviewer"}), "embeddings"),
        (
            "/api/embed",
            json!({"model": "reviewer", "input": ""}),
            "embeddings",
        ),
        (
            "/api/embeddings",
            json!({"model": "reviewer", "prompt": ""}),
            "embedding",
        ),
    ] {
        let response = app.post(path, &key, &body).await;
        assert_eq!(response.status(), 200, "{body}");
        let told: Value = response.json().await.unwrap();
        assert_eq!(told[field], json!([]), "{body}");
    }
    for (path, body, status) in [
        ("/api/embed", json!({"model": "nobody", "input": "a"}), 404),
        ("/api/embed", json!({"model": "nobody"}), 404),
        ("/api/embed", json!({"model": "reviewer", "input": 7}), 400),
        ("/api/embeddings", json!({"model": "reviewer", "prompt": 7}), 400),
    ] {
        let response = app.post(path, &key, &body).await;
        assert_eq!(response.status(), status, "{body}");
        let error = crate::support::canonical::ollama::error(&response.bytes().await.unwrap());
        assert!(status == 400 || error == "model 'nobody' not found", "{error}");
    }
    assert!(provider.asked().is_empty());
    provider.always(Reply::refusal(400, "x", "This model does not embed."));
    let response = app
        .post("/api/embed", &key, &json!({"model": "reviewer", "input": "a"}))
        .await;
    assert_eq!(response.status(), 400);
    crate::support::canonical::ollama::error(&response.bytes().await.unwrap());
    app.finish().await;
}
