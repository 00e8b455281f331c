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
async fn a_revision_is_told_as_it_was() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("secret-agent", "mock/m", "").await;
    let one: domain::Agent = app.ask("agent.get", json!({"agent": "reviewer"})).await;
    let mut draft = json!(one.draft);
    draft["name"] = json!("The second");
    draft["params"] = json!({"temperature": 0.5});
    let two: domain::Agent = app
        .ask("agent.update", json!({"agent": "reviewer", "draft": draft}))
        .await;
    assert_eq!(two.revision, 2);
    let key = app.key_with(json!({"name": "one", "agents": ["reviewer"]})).await;
    let told = async |path: String| {
        let response = app.get(&path, &key).await;
        let status = response.status().as_u16();
        (status, response.json::<Value>().await.unwrap())
    };
    for (name, said, revision) in [
        ("reviewer@1".to_owned(), "reviewer", 1),
        (format!("{}@1", one.id), "reviewer", 1),
        ("reviewer@2".to_owned(), "The second", 2),
    ] {
        let (status, body) = told(format!("/v1/models/{name}")).await;
        assert_eq!(status, 200, "{name}: {body}");
        assert_eq!(body["id"], format!("reviewer@{revision}"));
        assert_eq!(
            (&body["name"], &body["revision"]),
            (&json!(said), &json!(revision))
        );
        let (status, body) = told(format!("/api/agents/{name}")).await;
        assert_eq!(status, 200, "{name}: {body}");
        assert_eq!(
            (&body["name"], &body["revision"]),
            (&json!(said), &json!(revision))
        );
        let own = if revision == 1 { Value::Null } else { json!(0.5) };
        assert_eq!(body["parameters"]["temperature"]["default"], own);
    }
    // what never was, and what is somebody else's, are not there, and neither is told of
    for name in ["reviewer@3", "secret-agent@1", "nobody-agent@1"] {
        for path in ["/v1/models", "/api/agents"] {
            let (status, body) = told(format!("{path}/{name}")).await;
            assert!(
                status == 404 || (path == "/api/agents" && status == 403),
                "{path}/{name}: {body}"
            );
            assert!(!body.to_string().contains("\"name\""), "{body}");
        }
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

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_a_model_is_told_and_the_network_is_not_touched() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m1", "").await;
    let key = app.key().await;
    let raw = app.key_with(json!({"name": "raw", "raw_models": true})).await;
    let unknown = app.get("/v1/models/reviewer", &key).await;
    let unknown: Value = unknown.json().await.unwrap();
    assert_eq!(
        (&unknown["context_length"], &unknown["pricing"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(
        ids(&app, "/v1/models", &raw).await,
        ["reviewer"],
        "nothing is known of raw models"
    );
    assert!(provider.asked().is_empty());

    let m1 = json!({"id": "m1", "context_length": 4096, "top_provider": {"max_completion_tokens": 512},
        "supported_parameters": ["tools"], "architecture": {"input_modalities": ["text", "image"]},
        "pricing": {"prompt": "0.00000015", "completion": "0.0000006"}});
    let page = json!({"data": [m1, {"id": "maker/m2:free"}]});
    provider.will(crate::support::Reply::json(200, &page));
    let _list: Value = app.ask("provider.models", json!({"id": "mock"})).await;
    assert_eq!(provider.asked().len(), 1);
    for (path, key) in [
        ("/v1/models/reviewer", &key),
        ("/v1/models/mock/m1", &raw),
        ("/v1/models/mock%2Fm1", &raw),
    ] {
        let response = app.get(path, key).await;
        assert_eq!(response.status(), 200, "{path}");
        let told: Value = response.json().await.unwrap();
        assert_eq!(told["context_length"], 4096, "{path}");
        assert_eq!(told["max_output_tokens"], 512, "{path}");
        assert_eq!(
            told["capabilities"],
            json!({"tools": true, "images": true, "reasoning": false}),
            "{path}"
        );
        assert_eq!(told["pricing"]["prompt"], "0.00000015", "{path}");
        assert_eq!(told["pricing"]["completion"], "0.0000006", "{path}");
    }
    assert_eq!(
        ids(&app, "/v1/models", &raw).await,
        ["reviewer", "mock/m1", "mock/maker/m2:free"]
    );
    assert_eq!(
        ids(&app, "/v1/models", &key).await,
        ["reviewer"],
        "not for every key"
    );
    assert_eq!(app.get("/v1/models/mock/m1", &key).await.status(), 404);
    assert_eq!(provider.asked().len(), 1, "(W-104)");
    app.finish().await;
}

/// `GET` as Anthropic's clients ask.
async fn anthropics(app: &TestApp, path: &str, key: &str) -> reqwest::Response {
    let asking = app.http().get(app.url(path)).header("x-api-key", key);
    asking
        .header("anthropic-version", "2023-06-01")
        .send()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn w_101_the_list_as_anthropics_clients_read_it() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    let first = app.add_agent("a-one", "mock/m", "").await;
    for slug in ["b-two", "claude-three"] {
        app.add_agent(slug, "mock/m", "").await;
    }
    let key = app.key().await;
    let page = async |query: &str| -> (Vec<String>, Value) {
        let response = anthropics(&app, &format!("/v1/models{query}"), &key).await;
        assert_eq!(response.status(), 200, "{query}");
        assert!(response.headers().contains_key("request-id"));
        let body: Value = response.json().await.unwrap();
        let ids = body["data"].as_array().unwrap().iter();
        let ids: Vec<String> = ids
            .map(|model| model["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(body["first_id"].as_str(), ids.first().map(String::as_str));
        assert_eq!(body["last_id"].as_str(), ids.last().map(String::as_str));
        (ids, body)
    };
    let (ids, body) = page("?limit=1000").await;
    let all = ["a-one", "claude-a-one", "b-two", "claude-b-two", "claude-three"];
    assert_eq!(ids, all, "W-102: every agent has a name that Claude Code shows");
    assert_eq!(body["has_more"], false);
    let created = jiff_seconds(first.created_at);
    assert_eq!(
        body["data"][1],
        json!({"type": "model", "id": "claude-a-one", "display_name": "a-one", "created_at": created})
    );
    let (ids, body) = page("?limit=2").await;
    assert_eq!(
        (ids.as_slice(), &body["has_more"]),
        (&all.map(str::to_owned)[..2], &json!(true))
    );
    let (ids, body) = page("?limit=2&after_id=claude-a-one").await;
    assert_eq!(
        (ids.as_slice(), &body["has_more"]),
        (&all.map(str::to_owned)[2..4], &json!(true))
    );
    let (ids, body) = page("?after_id=claude%2Db-two").await;
    assert_eq!(
        (ids.as_slice(), &body["has_more"]),
        (&all.map(str::to_owned)[4..], &json!(false))
    );
    let (ids, _) = page("?before_id=b-two&limit=1").await;
    assert_eq!(ids, ["claude-a-one"]);
    for wrong in ["?limit=0", "?limit=1001", "?limit=x", "?after_id=nobody"] {
        let response = anthropics(&app, &format!("/v1/models{wrong}"), &key).await;
        assert_eq!(response.status(), 400, "{wrong}");
        crate::support::canonical::messages::error(&response.bytes().await.unwrap());
    }
    assert_eq!(
        ids_of_openai(&app, &key).await,
        ["a-one", "b-two", "claude-three"],
        "others see each agent once, whatever their query"
    );
    app.finish().await;
}

async fn ids_of_openai(app: &TestApp, key: &str) -> Vec<String> {
    ids(app, "/v1/models?limit=1", key).await
}

/// RFC 3339, in whole seconds.
fn jiff_seconds(at: domain::Timestamp) -> String {
    jiff::Timestamp::from_second(at.seconds()).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn w_102_the_second_names_are_names() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("secret-agent", "mock/m", "").await;
    let key = app.key_with(json!({"name": "one", "agents": ["reviewer"]})).await;
    for name in ["claude-reviewer", "anthropic/reviewer"] {
        let body = json!({"model": name, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]});
        for path in ["/v1/messages", "/v1/chat/completions"] {
            let response = app.post(path, &key, &body).await;
            assert_eq!(response.status(), 200, "{name} at {path}");
            let told: Value = response.json().await.unwrap();
            assert_eq!(told["model"], name, "W-57");
        }
        let one = anthropics(&app, &format!("/v1/models/{name}"), &key).await;
        assert_eq!(one.status(), 200, "{name}");
        let one: Value = one.json().await.unwrap();
        assert_eq!((&one["type"], &one["id"]), (&json!("model"), &json!(name)));
    }
    for name in ["claude-secret-agent", "claude-nobody", "anthropic/nobody"] {
        let one = anthropics(&app, &format!("/v1/models/{name}"), &key).await;
        assert_eq!(one.status(), 404, "{name}");
        crate::support::canonical::messages::error(&one.bytes().await.unwrap());
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_103_a_program_deletes_no_model() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    for (name, status) in [("reviewer", 403), ("nobody", 404)] {
        let url = app.url(&format!("/v1/models/{name}"));
        let response = app.http().delete(url).bearer_auth(&key).send().await.unwrap();
        assert_eq!(response.status(), status, "{name}");
    }
    assert_eq!(app.get("/v1/models/reviewer", &key).await.status(), 200);
    app.finish().await;
}
