//! *thinnestAI*: `POST /v2/chats/openai` as its page shows it, the OpenAI SDK with an agent's id for `model`,
//! and one message to one agent at `POST /v1/agents/{id}/chat`.

use serde_json::{Value, json};

use super::{fields, is_error, priced, read, streamed};
use crate::support::{Provider, Reply, TestApp};

const ROUTE: &str = "/v2/chats/openai";

async fn world() -> (Provider, TestApp, String, String) {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let agent: domain::Agent = app.ask("agent.get", json!({"agent": "reviewer"})).await;
    (provider, app, key, agent.id.to_string())
}

/// The request of the page, for this agent.
fn hello(agent: &str) -> Value {
    json!({
        "agent_id": agent,
        "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": "Hello!"},
        ],
        "stream": false,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_as_the_page_shows_it() {
    let (provider, app, key, agent) = world().await;
    provider.will(Reply::text("Hello! \"How\" can I help you today?\n"));

    let response = app.post(ROUTE, &key, &hello(&agent)).await;

    let headers = response.headers().clone();
    let (status, mut body) = read(response).await;
    assert_eq!(status, 200);
    assert_eq!(headers["x-inglenook-applied"], "instructions=agent, then caller");
    let session = headers["x-session-id"].to_str().unwrap();
    assert_eq!(body["session_id"], session);
    assert!(body["id"].as_str().unwrap().starts_with("chatcmpl-"));
    body["id"] = Value::Null;
    assert_eq!(
        body,
        json!({
            "id": null, "agent_id": agent, "session_id": session,
            "content": "Hello! \"How\" can I help you today?\n",
            "usage": {"prompt_tokens": 12000, "completion_tokens": 3000, "total_tokens": 15000},
        })
    );
    let said = provider.last().said();
    let texts: Vec<&str> = said.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["Be brief.", "You are a helpful assistant.", "Hello!"]);
    let sent = String::from_utf8_lossy(&provider.last().body).into_owned();
    assert!(!sent.contains("agent_id") && !sent.contains(&agent), "{sent}");
    let call = app.newest_call().await;
    assert_eq!(call.row.call.route, "POST /v2/chats/openai");
    assert_eq!(call.row.agent_slug.as_deref(), Some("reviewer"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_as_the_page_shows_it() {
    let (provider, app, key, agent) = world().await;
    provider.will(Reply::stream(&["Hello", "! How can", " I help you?"]));
    let mut body = hello(&agent);
    body["stream"] = json!(true);

    let response = app.post(ROUTE, &key, &body).await;
    let session = response.headers()["x-session-id"].to_str().unwrap().to_owned();
    let mut events = streamed(response).await;

    let done = events.pop().unwrap();
    let content = |text: &str| json!({"type": "content", "data": text});
    assert_eq!(
        events,
        [content("Hello"), content("! How can"), content(" I help you?")]
    );
    assert_eq!(fields(&done), ["metrics", "session_id", "type"]);
    assert_eq!(
        (&done["type"], &done["session_id"]),
        (&json!("done"), &json!(session))
    );
    let metrics = &done["metrics"];
    assert_eq!(metrics["prompt_tokens"], 12000);
    assert_eq!(metrics["completion_tokens"], 3000);
    assert_eq!(metrics["total_tokens"], 15000);
    assert_eq!(metrics["finish_reason"], "stop");
    assert!(metrics["total_ms"].as_u64() >= metrics["first_token_ms"].as_u64());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_is_not_done() {
    let (provider, app, key, agent) = world().await;
    provider.will(Reply::pieces(&["Hel"]).cut());
    let mut body = hello(&agent);
    body["stream"] = json!(true);
    let events = streamed(app.post(ROUTE, &key, &body).await).await;
    assert_eq!(events[0], json!({"type": "content", "data": "Hel"}));
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(events[1]["type"], "error");
    assert_eq!(events[1]["error"]["code"], "upstream_disconnected");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_under_both_of_its_names() {
    let (provider, app, key, agent) = world().await;
    let say = |session: Option<&str>, text: &str| json!({"agent_id": agent, "session_id": session, "messages": [{"role": "user", "content": text}]});
    let (_, first) = read(app.post(ROUTE, &key, &say(None, "One")).await).await;
    let ours = first["session_id"].as_str().unwrap();
    let (_, second) = read(app.post(ROUTE, &key, &say(Some(ours), "Two")).await).await;
    assert_eq!(second["session_id"], ours);
    let texts = |said: Vec<(String, String)>| said.into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    assert_eq!(texts(provider.last().said()), ["Be brief.", "One", "ok", "Two"]);

    let theirs = "sess_xyz789";
    for text in ["Three", "Four"] {
        let (_, named) = read(app.post(ROUTE, &key, &say(Some(theirs), text)).await).await;
        assert_eq!(named["session_id"], theirs, "as the client calls it");
    }
    assert_eq!(
        texts(provider.last().said()),
        ["Be brief.", "Three", "ok", "Four"]
    );
    assert_eq!(app.sessions().await.len(), 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_errors_of_the_page() {
    let provider = Provider::start().await;
    let app = priced(&provider).await;
    let key = app.key().await;

    let no_key = app.http().post(app.url(ROUTE)).json(&hello("reviewer"));
    let (status, body) = read(no_key.send().await.unwrap()).await;
    is_error(&body);
    assert_eq!(status, 401);
    let (status, body) = read(app.post(ROUTE, "ak_your_agent_api_key", &hello("reviewer")).await).await;
    is_error(&body);
    assert_eq!((status, &body["error"]["code"]), (401, &json!("invalid_api_key")));

    let poor = app
        .key_with(json!({"name": "poor", "budgets": [{"cap": 1, "per": "day"}]}))
        .await;
    let mut long = hello("reviewer");
    long["max_tokens"] = json!(4096);
    let (status, body) = read(app.post(ROUTE, &poor, &long).await).await;
    is_error(&body);
    assert_eq!((status, &body["error"]["code"]), (402, &json!("budget_exceeded")));

    for (nobody, expected) in [
        ("ag_5d2678fd_e556", 404),
        ("nobody", 404),
        ("../x", 404),
        ("", 400),
        ("p/gpt-4o-mini", 403),
    ] {
        let (status, body) = read(app.post(ROUTE, &key, &hello(nobody)).await).await;
        is_error(&body);
        assert_eq!(status, expected, "{nobody}: {body}");
    }
    // neither stands in for an agent that is not there
    let wide = json!({"name": "wide", "raw_models": true, "catch_all": "reviewer"});
    let wide = app.key_with(wide).await;
    for nobody in ["nobody", "p/gpt-4o-mini"] {
        let (status, body) = read(app.post(ROUTE, &wide, &hello(nobody)).await).await;
        assert_eq!(
            (status, &body["error"]["param"]),
            (404, &json!("agent_id")),
            "{nobody}"
        );
    }

    let slow = app.key_with(json!({"name": "slow", "rpm": 1})).await;
    assert_eq!(app.post(ROUTE, &slow, &hello("reviewer")).await.status(), 200);
    let response = app.post(ROUTE, &slow, &hello("reviewer")).await;
    assert!(response.headers().contains_key("retry-after"));
    let (status, body) = read(response).await;
    is_error(&body);
    assert_eq!(
        (status, &body["error"]["code"]),
        (429, &json!("rate_limit_exceeded"))
    );
    assert_eq!(provider.asked().len(), 1, "no refused call reached the provider");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_requires_is_required() {
    let (provider, app, key, agent) = world().await;
    for (change, param) in [
        (json!({"agent_id": null}), "agent_id"),
        (json!({"agent_id": 7}), "agent_id"),
        (json!({"messages": null}), "messages"),
        (json!({"messages": []}), "messages"),
        (json!({"session_id": 7}), "session_id"),
        (json!({"stream": "yes"}), "stream"),
        (json!({"temperature": 3}), "temperature"),
    ] {
        let mut body = hello(&agent);
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let (status, error) = read(app.post(ROUTE, &key, &body).await).await;
        is_error(&error);
        assert_eq!(
            (status, &error["error"]["param"]),
            (400, &json!(param)),
            "{change}"
        );
    }
    assert!(provider.asked().is_empty());
    assert!(app.sessions().await.is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_place_in_the_answer_is_told() {
    let (provider, app, key, agent) = world().await;
    let mut body = hello(&agent);
    body["tools"] = json!([{"type": "function", "function": {"name": "f"}}]);
    body["model"] = json!("gpt-4o");
    let response = app.post(ROUTE, &key, &body).await;
    let applied = response.headers()["x-inglenook-applied"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(applied.contains("model=dropped gpt-4o"), "{applied}");
    assert!(applied.contains("tools=dropped"), "{applied}");
    assert_eq!(response.status(), 200);
    assert!(provider.last().json().get("tools").is_none());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_is_estimated_where_the_provider_gives_none() {
    let (provider, app, key, agent) = world().await;
    let silent = json!({"id": "x", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "four words of text"},
            "finish_reason": "stop"}]});
    provider.will(Reply::json(200, &silent));
    let (status, body) = read(app.post(ROUTE, &key, &hello(&agent)).await).await;
    assert_eq!(status, 200);
    let usage = &body["usage"];
    assert!(usage["prompt_tokens"].as_u64() > Some(0), "{usage}");
    assert!(usage["completion_tokens"].as_u64() > Some(0), "{usage}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openai_sdk_names_the_agent_by_its_id() {
    let (provider, app, key, agent) = world().await;
    provider.will(Reply::text("Hello."));
    let body = json!({"model": agent, "messages": [{"role": "user", "content": "Hello!"}]});
    let (status, body) = read(app.chat(&key, &body).await).await;
    assert_eq!(status, 200);
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["model"], agent);
    assert_eq!(body["choices"][0]["message"]["content"], "Hello.");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_to_one_agent() {
    let (provider, app, key, agent) = world().await;
    let body = |text: &str| json!({"message": text, "session_id": "s-1", "temperature": 0.5});
    for (path, text) in [
        (format!("/v1/agents/{agent}/chat"), "One"),
        ("/v1/agents/reviewer/chat".to_owned(), "Two"),
        ("/agents/reviewer@1/chat/".to_owned(), "Three"),
    ] {
        let (status, answer) = read(app.post(&path, &key, &body(text)).await).await;
        assert_eq!(status, 200, "{path}: {answer}");
        assert_eq!(
            fields(&answer),
            ["agent_id", "content", "id", "session_id", "usage"]
        );
        assert_eq!(answer["content"], "ok");
        assert_eq!(answer["agent_id"], agent);
        assert_eq!(answer["session_id"], "s-1");
    }
    let said = provider.last().said();
    let texts: Vec<&str> = said.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["Be brief.", "One", "ok", "Two", "ok", "Three"]);
    assert_eq!(provider.last().json()["temperature"], 0.5);
    assert_eq!(app.sessions().await.len(), 1);

    let mut stream = body("Four");
    stream["stream"] = json!(true);
    let events = streamed(app.post("/v1/agents/reviewer/chat", &key, &stream).await).await;
    assert_eq!(events[0], json!({"type": "content", "data": "ok"}));
    assert_eq!(events[1]["type"], "done");
    assert_eq!(events[1]["session_id"], "s-1");

    for (path, body, status, param) in [
        (
            "/v1/agents/nobody/chat",
            json!({"message": "Hi"}),
            404,
            Value::Null,
        ),
        ("/v1/agents/%ff/chat", json!({"message": "Hi"}), 404, Value::Null),
        ("/v1/agents/reviewer/chat", json!({}), 400, json!("message")),
        (
            "/v1/agents/reviewer/chat",
            json!({"message": " "}),
            400,
            json!("message"),
        ),
        (
            "/v1/agents/reviewer/chat",
            json!({"message": ["Hi"]}),
            400,
            json!("message"),
        ),
    ] {
        let (found, error) = read(app.post(path, &key, &body).await).await;
        is_error(&error);
        assert_eq!(
            (found, &error["error"]["param"]),
            (status, &param),
            "{path} {body}"
        );
    }
    app.finish().await;
}
