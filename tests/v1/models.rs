//! `GET /v1/models` and `GET /v1/models/{id}`.

use serde_json::{Value, json};

use crate::support::{Provider, TestApp};

async fn ids(app: &TestApp, path: &str, key: &str) -> Vec<String> {
    let response = app.get(path, key).await;
    assert_eq!(response.status(), 200, "{path}");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["object"], "list");
    body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_what_the_key_may_name() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let key = app.key().await;
    assert!(
        ids(&app, "/v1/models", &key).await.is_empty(),
        "an empty list is a list"
    );

    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    app.add_agent("writer", "mock/m", "").await;
    let one = app.key_with(json!({"name": "one", "agents": ["writer"]})).await;
    for path in [
        "/v1/models",
        "/models",
        "/v1/v1/models",
        "/v1/models/",
        "/models/",
    ] {
        assert_eq!(ids(&app, path, &key).await, ["reviewer", "writer"], "{path}");
        assert_eq!(ids(&app, path, &one).await, ["writer"], "{path}");
    }
    assert!(provider.asked().is_empty(), "the network is not touched (W-104)");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_model() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let agent: domain::Agent = app.ask("agent.get", json!({"agent": "reviewer"})).await;
    let key = app.key().await;
    for name in ["reviewer", agent.id.as_str()] {
        let response = app.get(&format!("/v1/models/{name}"), &key).await;
        assert_eq!(response.status(), 200);
        let body: Value = response.json().await.unwrap();
        assert_eq!(
            body,
            json!({
                "id": "reviewer", "object": "model", "created": agent.created_at.seconds(), "owned_by": "inglenook",
                "name": "reviewer", "agent_id": agent.id, "revision": 1, "context_length": null,
                "max_output_tokens": null, "capabilities": {"tools": null, "images": null, "reasoning": null},
                "pricing": null,
            })
        );
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_not_there_and_one_that_is_not_yours_look_alike() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("secret-agent", "mock/m", "").await;
    let key = app.key_with(json!({"name": "one", "agents": ["reviewer"]})).await;
    let mut bodies = Vec::new();
    for name in ["secret-agent", "nobody-agent", "a/b/c"] {
        let response = app.get(&format!("/v1/models/{name}"), &key).await;
        assert_eq!(response.status(), 404, "{name}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "model_not_found");
        bodies.push(body.to_string().replace(name, "NAME"));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
    app.finish().await;
}
