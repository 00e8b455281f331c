//! *Tess*: an agent named in the path, so that an SDK whose base URL ends in `/api/agents/{id}/openai` works;
//! a temperature as text, tools as a word, a workspace in a header, and a route that tells what an agent takes.

use serde_json::{Value, json};

use super::{fields, is_error, read, streamed};
use crate::support::{Provider, Reply, TestApp, app::draft};

const ROUTE: &str = "/api/agents/reviewer/openai/chat/completions";

/// The body of the page's first example.
fn hello() -> Value {
    json!({
        "temperature": "1",
        "model": "tess-5",
        "messages": [{"role": "user", "content": "hello there!"}],
        "tools": "no-tools",
        "stream": true,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_example_of_the_page() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    provider.will(Reply::stream(&["Hel", "lo."]));

    let response = app.post(ROUTE, &key, &hello()).await;

    let applied = response.headers()["x-inglenook-applied"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        applied,
        "model=dropped tess-5: the path decides; instructions=agent"
    );
    let mut events = streamed(response).await;
    assert_eq!(events.pop(), Some(json!("[DONE]")));
    let text: String = events
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(text, "Hello.");
    assert!(
        events
            .iter()
            .all(|chunk| chunk["object"] == "chat.completion.chunk")
    );
    assert!(
        events.iter().all(|chunk| chunk["model"] == "reviewer"),
        "who answered"
    );
    let sent = provider.last().json();
    assert_eq!(sent["temperature"], 1.0, "a number");
    assert_eq!(sent["model"], "m");
    assert!(sent.get("tools").is_none());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sdk_with_this_base_url_works() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let agent = app.add_agent("writer", "mock/w", "Write.").await;
    let key = app.key().await;
    let body = json!({"messages": [{"role": "user", "content": "Say this is a test"}], "model": "gpt-4o"});
    for base in [
        format!("/api/agents/{}/openai", agent.id),
        "/api/agents/writer/openai".to_owned(),
    ] {
        provider.will(Reply::text("This is a test"));
        let path = format!("{base}/chat/completions");
        let (status, answer) = read(app.post(&path, &key, &body).await).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["object"], "chat.completion");
        assert_eq!(answer["choices"][0]["message"]["content"], "This is a test");
        assert_eq!(provider.last().said()[0].1, "Write.", "the agent of the path");
    }
    let call = app.newest_call().await;
    assert_eq!(
        call.row.call.route,
        "POST /api/agents/{id}/openai/chat/completions"
    );
    assert_eq!(call.row.agent_slug.as_deref(), Some("writer"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workspace_is_an_integer_or_refused() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    for (value, status) in [("42", 200), ("0", 200), ("mine", 400), ("1.5", 400), ("", 400)] {
        for (method, path) in [("POST", ROUTE), ("GET", "/api/agents/reviewer")] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let mut request = app
                .http()
                .request(method.clone(), app.url(path))
                .bearer_auth(&key);
            if method == reqwest::Method::POST {
                request = request.json(&crate::v1::hi("any"));
            }
            let response = request.header("x-workspace-id", value).send().await.unwrap();
            let (found, body) = read(response).await;
            assert_eq!(found, status, "{method} {value:?}: {body}");
            if status == 400 {
                is_error(&body);
                assert_eq!(body["error"]["param"], "x-workspace-id");
            }
        }
    }
    assert_eq!(provider.asked().len(), 2);
    assert!(
        provider.last().header("x-workspace-id").is_none(),
        "it is nobody else's"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_tells_what_it_takes() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    let mut sent = draft("reviewer", "mock/m", "My secret instructions.");
    sent["params"] = json!({"temperature": 0.3});
    sent["locked"] = json!(["temperature"]);
    sent["tools_merge"] = json!("agent-only");
    let agent: domain::Agent = app.ask("agent.create", sent).await;
    let key = app.key().await;

    let response = app.get("/api/agents/reviewer", &key).await;
    let (status, body) = read(response).await;
    assert_eq!(status, 200);
    assert_eq!(body["id"], agent.id.as_str());
    assert_eq!(body["slug"], "reviewer");
    let parameters = &body["parameters"];
    assert_eq!(
        parameters["temperature"],
        json!({"type": "number", "minimum": 0, "maximum": 2, "default": 0.3, "locked": true})
    );
    assert_eq!(parameters["top_p"]["locked"], false);
    assert_eq!(
        parameters["tools"],
        json!({"type": "string", "enum": ["no-tools"]})
    );
    for name in ["messages", "max_tokens", "stop", "stream"] {
        assert!(fields(parameters).contains(&name), "{name}: {parameters}");
    }
    assert!(!body.to_string().contains("secret"), "what it is told is its own");
    let (_, by_id) = read(app.get(&format!("/api/agents/{}/", agent.id), &key).await).await;
    assert_eq!(by_id, body);

    // and what it says of a lock is true
    let response = app
        .post(
            ROUTE,
            &key,
            &json!({"temperature": "1", "messages": [{"role": "user", "content": "Hi"}]}),
        )
        .await;
    let applied = response.headers()["x-inglenook-applied"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(applied.contains("temperature=locked by the agent"), "{applied}");
    assert_eq!(provider.last().json()["temperature"], 0.3);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("writer", "mock/w", "Write.").await;
    let key = app.key_with(json!({"name": "one", "agents": ["writer"]})).await;
    let no_key = app
        .http()
        .post(app.url(ROUTE))
        .json(&hello())
        .send()
        .await
        .unwrap();
    assert_eq!(no_key.status(), 401);
    for (path, status) in [
        ("/api/agents/nobody", 404),
        ("/api/agents/%ff", 404),
        ("/api/agents/reviewer", 403),
        ("/api/agents/writer", 200),
    ] {
        let (found, body) = read(app.get(path, &key).await).await;
        assert_eq!(found, status, "{path}");
        let path = format!("{path}/openai/chat/completions");
        let (found, answer) = read(app.post(&path, &key, &crate::v1::hi("writer")).await).await;
        assert_eq!(found, status, "{path}: {answer}");
        if status != 200 {
            is_error(&body);
            is_error(&answer);
        }
    }
    let any = app.key().await;
    for (field, value) in [
        ("temperature", json!("warm")),
        ("temperature", json!("3")),
        ("tools", json!("all-tools")),
        ("messages", json!([])),
    ] {
        let mut body = hello();
        body[field] = value.clone();
        let (status, error) = read(app.post(ROUTE, &any, &body).await).await;
        is_error(&error);
        assert_eq!(
            (status, &error["error"]["param"]),
            (400, &json!(field)),
            "{value}"
        );
    }
    assert_eq!(provider.asked().len(), 1);
    app.finish().await;
}
