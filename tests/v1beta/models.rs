//! `GET /v1beta/models`, `GET /v1beta/models/{id}` and `:countTokens`.

use serde_json::{Value, json};

use super::{hi, post, world};
use crate::support::{Reply, TestApp};

async fn get(app: &TestApp, path: &str, key: &str) -> (u16, Value) {
    let asking = app.http().get(app.url(path)).header("x-goog-api-key", key);
    let response = asking.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_what_the_key_may_name() {
    let (provider, app, key) = world().await;
    app.add_agent("writer", "mock/m", "").await;
    let narrow = app
        .key_with(json!({"name": "narrow", "agents": ["writer"]}))
        .await;
    let raw = app.key_with(json!({"name": "raw", "raw_models": true})).await;
    let page = json!({"data": [{"id": "m", "context_length": 4096, "top_provider": {"max_completion_tokens": 512}}]});
    provider.will(Reply::json(200, &page));
    let _list: Value = app.ask("provider.models", json!({"id": "mock"})).await;
    for (key, names) in [
        (&key, vec!["models/reviewer", "models/writer"]),
        (&narrow, vec!["models/writer"]),
        (&raw, vec!["models/reviewer", "models/writer", "models/mock/m"]),
    ] {
        let (status, told) = get(&app, "/v1beta/models?pageSize=50", key).await;
        assert_eq!(status, 200);
        let listed = told["models"].as_array().unwrap();
        let listed: Vec<_> = listed
            .iter()
            .map(|model| model["name"].as_str().unwrap())
            .collect();
        assert_eq!(listed, names);
        assert_eq!(told.get("nextPageToken"), None);
    }
    for (path, key) in [
        ("/v1beta/models/reviewer", &key),
        ("/v1/v1beta/models/reviewer/", &key),
        ("/v1beta/models/mock/m", &raw),
        ("/v1beta/models/mock%2Fm", &raw),
    ] {
        let (status, told) = get(&app, path, key).await;
        assert_eq!(status, 200, "{path}");
        assert_eq!(
            (&told["inputTokenLimit"], &told["outputTokenLimit"]),
            (&json!(4096), &json!(512)),
            "{path}"
        );
        let methods = told["supportedGenerationMethods"].as_array().unwrap();
        assert!(methods.contains(&json!("countTokens")), "{path}");
    }
    for (path, key) in [
        ("/v1beta/models/nobody", &key),
        ("/v1beta/models/reviewer", &narrow),
        ("/v1beta/models/mock/m", &key),
    ] {
        let (status, told) = get(&app, path, key).await;
        assert_eq!(
            (status, &told["error"]["status"]),
            (404, &json!("NOT_FOUND")),
            "{path}"
        );
    }
    assert_eq!(provider.asked().len(), 1, "the network is not touched");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn googles_libraries_read_everybodys_list_in_their_own_shape() {
    let (_provider, app, key) = world().await;
    for (path, status, pointer, value) in [
        ("/v1/models", 200, "/models/0/name", "models/reviewer"),
        ("/v1/models/reviewer", 200, "/name", "models/reviewer"),
        ("/v1/models/nobody", 404, "/error/status", "NOT_FOUND"),
    ] {
        let asking = app.http().get(app.url(path)).header("x-goog-api-key", &key);
        let asking = asking.header("x-goog-api-client", "google-genai-sdk/3.4.0 gl-python/3.11.7");
        let response = asking.send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        let told: Value = response.json().await.unwrap();
        assert_eq!(told.pointer(pointer), Some(&json!(value)), "{path}");
    }
    // the key's header alone does not make a client one of Google's (W-03)
    let (_, told) = get(&app, "/v1/models", &key).await;
    assert_eq!(told["data"][0]["id"], "reviewer");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_counted_here_and_nobody_is_paid() {
    let (provider, app, key) = world().await;
    let path = "/v1beta/models/reviewer:countTokens";
    let count = async |body: Value| {
        let response = post(&app, &key, path, &body).await;
        assert_eq!(response.status(), 200, "{body}");
        let told: Value = response.json().await.unwrap();
        told["totalTokens"].as_u64().unwrap()
    };
    let small = count(hi()).await;
    assert!(small > 0);
    let long = json!({"contents": [{"parts": [{"text": "word ".repeat(400)}]}]});
    let large = count(long.clone()).await;
    assert!((300..=700).contains(&(large - small)), "{large} - {small}");
    let wrapped = json!({"generateContentRequest": {"model": "models/reviewer", "contents": long["contents"],
        "systemInstruction": {"parts": [{"text": "More words."}]}}});
    assert!(count(wrapped).await > large, "with what else is sent");
    for (model, body, status) in [
        ("nobody", hi(), 404),
        ("reviewer", json!({}), 400),
        ("reviewer", json!({"generateContentRequest": 7}), 400),
    ] {
        let response = post(&app, &key, &format!("/v1beta/models/{model}:countTokens"), &body).await;
        assert_eq!(response.status(), status, "{model} {body}");
    }
    assert!(provider.asked().is_empty());
    assert!(app.calls().await.is_empty());
    app.finish().await;
}
