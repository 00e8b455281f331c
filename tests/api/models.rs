//! What clients ask about models before they chat (W-190 to W-192, W-196).

use serde_json::{Value, json};

use super::world;
use crate::support::{Reply, TestApp};

async fn get(app: &TestApp, path: &str, key: &str) -> Value {
    let response = app.get(path, key).await;
    assert_eq!(response.status(), 200, "{path}");
    assert_eq!(response.headers()["content-type"], "application/json", "{path}");
    response.json().await.unwrap()
}

async fn show(app: &TestApp, key: &str, body: Value) -> Value {
    let response = app.post("/api/show", key, &body).await;
    assert_eq!(response.status(), 200, "{body}");
    response.json().await.unwrap()
}

/// Lets the provider tell of its models.
async fn listed(app: &TestApp, provider: &crate::support::Provider, models: Value) {
    provider.will(Reply::json(200, &json!({"data": models})));
    let _list: Value = app
        .ask("provider.models", json!({"id": "mock", "refresh": true}))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_190_the_version_is_new_enough_for_everybody() {
    let (_provider, app, key) = world().await;
    let told = get(&app, "/api/version", &key).await;
    let version = told["version"].as_str().unwrap();
    let numbers: Vec<u32> = version.split('.').map(|number| number.parse().unwrap()).collect();
    assert_eq!(numbers.len(), 3, "{version}");
    assert!(
        numbers.as_slice() >= &[0, 13, 4][..],
        "{version}: Codex turns away from older ones"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_191_agents_are_listed_as_ollamas_models() {
    let (provider, app, key) = world().await;
    app.add_agent("writer", "mock/m", "").await;
    let narrow = app
        .key_with(json!({"name": "narrow", "agents": ["writer"]}))
        .await;
    let told = get(&app, "/api/tags", &key).await;
    let models = told["models"].as_array().unwrap();
    let names: Vec<_> = models
        .iter()
        .map(|model| model["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["reviewer:latest", "writer:latest"]);
    for model in models {
        assert_eq!(model["model"], model["name"]);
        let at = model["modified_at"].as_str().unwrap();
        assert!(
            at.starts_with("20") && at.ends_with('Z') && at.contains('T'),
            "{at}"
        );
        assert!(model["size"].is_u64());
        let digest = model["digest"].as_str().unwrap();
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        assert!(digest.len() == 64 && digest.bytes().all(hex), "{digest}");
        let details = &model["details"];
        for text in ["format", "family", "parameter_size", "quantization_level"] {
            assert!(details[text].is_string(), "{text}");
        }
        assert_eq!(details["families"], json!([details["family"]]));
    }
    let digest = |told: &Value, index: usize| told["models"][index]["digest"].clone();
    assert_ne!(digest(&told, 0), digest(&told, 1));
    let again = get(&app, "/api/tags", &key).await;
    assert_eq!(again, told, "the same until something changes");
    let changed =
        json!({"agent": "reviewer", "draft": crate::support::app::draft("reviewer", "mock/m", "Be kind.")});
    let _agent: Value = app.ask("agent.update", changed).await;
    let after = get(&app, "/api/tags", &key).await;
    assert_ne!(digest(&after, 0), digest(&told, 0), "another revision");
    assert_eq!(digest(&after, 1), digest(&told, 1));

    let narrow = get(&app, "/api/tags", &narrow).await;
    assert_eq!(
        narrow["models"].as_array().unwrap().len(),
        1,
        "only what the key may use"
    );
    assert_eq!(narrow["models"][0]["name"], "writer:latest");
    assert!(provider.asked().is_empty(), "the network is not touched");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_191_raw_models_only_where_the_key_allows_them() {
    let (provider, app, key) = world().await;
    let raw = app.key_with(json!({"name": "raw", "raw_models": true})).await;
    listed(&app, &provider, json!([{"id": "maker/m2:free"}])).await;
    let names = async |key: &str| {
        let told = get(&app, "/api/tags", key).await;
        let names = told["models"]
            .as_array()
            .unwrap()
            .iter()
            .map(|model| model["model"].clone());
        Value::Array(names.collect())
    };
    assert_eq!(names(&key).await, json!(["reviewer:latest"]));
    assert_eq!(
        names(&raw).await,
        json!(["reviewer:latest", "mock/maker/m2:free"])
    );
    let told = show(&app, &raw, json!({"model": "mock/maker/m2:free"})).await;
    assert_eq!(told["model_info"]["general.basename"], "maker/m2:free");
    let refused = app
        .post("/api/show", &key, &json!({"model": "mock/maker/m2:free"}))
        .await;
    assert_eq!(refused.status(), 404);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_192_a_model_shows_its_true_window_and_abilities() {
    let (provider, app, key) = world().await;
    let told = show(&app, &key, json!({"model": "reviewer"})).await;
    let family = told["model_info"]["general.architecture"]
        .as_str()
        .unwrap()
        .to_owned();
    let window = format!("{family}.context_length");
    assert_eq!(told["model_info"].get(&window), None, "nobody knows it");
    assert_eq!(
        told["model_info"]["general.basename"], "reviewer",
        "the name people read"
    );
    assert_eq!(
        told["capabilities"],
        json!(["completion", "tools"]),
        "nobody says that it cannot"
    );
    assert_eq!(told["details"]["family"], family.as_str());

    let able = json!({"id": "m", "context_length": 200_000, "supported_parameters": ["tools", "reasoning"],
        "architecture": {"input_modalities": ["text", "image"]}});
    listed(&app, &provider, json!([able])).await;
    for named in [
        json!({"model": "reviewer"}),
        json!({"model": "reviewer:latest"}),
        json!({"name": "reviewer:latest"}),
        json!({"name": "Reviewer", "verbose": true}),
    ] {
        let told = show(&app, &key, named).await;
        assert_eq!(told["model_info"][&window], 200_000);
        assert_eq!(
            told["capabilities"],
            json!(["completion", "tools", "vision", "thinking"])
        );
    }

    let unable = json!({"id": "m", "context_length": 2048, "supported_parameters": ["temperature"]});
    listed(&app, &provider, json!([unable])).await;
    let told = show(&app, &key, json!({"model": "reviewer"})).await;
    assert_eq!(told["model_info"][&window], 2048);
    assert_eq!(told["capabilities"], json!(["completion"]));
    assert!(
        provider.asked().iter().all(|asked| asked.method == "GET"),
        "no model was called"
    );
    assert!(app.calls().await.is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_192_what_may_be_called_may_be_shown_and_nothing_else() {
    let (_provider, app, _key) = world().await;
    app.add_agent("secret", "mock/m", "").await;
    let key = app
        .key_with(json!({"name": "narrow", "agents": ["reviewer"], "aliases": [["gpt-4o", "reviewer"]]}))
        .await;
    for alias in ["gpt-4o", "gpt-4o:latest"] {
        let told = show(&app, &key, json!({"model": alias})).await;
        assert_eq!(told["model_info"]["general.basename"], "reviewer", "{alias}");
    }
    for name in ["secret", "nobody", "mock/m"] {
        let response = app.post("/api/show", &key, &json!({"model": name})).await;
        assert_eq!(response.status(), 404);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body, json!({"error": format!("model '{name}' not found")}));
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_196_nothing_is_loaded() {
    let (_provider, app, key) = world().await;
    assert_eq!(get(&app, "/api/ps", &key).await, json!({"models": []}));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_192_looking_at_models_uses_up_nothing() {
    let (_provider, app, _key) = world().await;
    let key = app.key_with(json!({"name": "one", "rpm": 1})).await;
    for _ in 0..3 {
        show(&app, &key, json!({"model": "reviewer"})).await;
        get(&app, "/api/tags", &key).await;
        let body = json!({"contents": [{"parts": [{"text": "a"}]}]});
        let counting = app.post("/v1beta/models/reviewer:countTokens", &key, &body);
        assert_eq!(counting.await.status(), 200);
    }
    assert_eq!(
        app.post("/api/chat", &key, &super::hi("reviewer")).await.status(),
        200
    );
    let second = app.post("/api/chat", &key, &super::hi("reviewer")).await;
    assert_eq!(second.status(), 429);
    crate::support::canonical::ollama::error(&second.bytes().await.unwrap());
    app.finish().await;
}
