//! Every route refuses as the document says: what the guard sees, what a body has, what a provider does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::contract::{Asked, Contract};
use crate::support::{Provider, Reply, TestApp};

/// A path of the document with an agent, or a response of nobody's, in it.
fn filled(path: &str) -> String {
    let id = if path.contains("responses") {
        "resp_0"
    } else {
        "reviewer"
    };
    path.replace("{id}", id).replace("{model}", "reviewer")
}

fn asked<'a>(method: &'a str, of: &'a str, path: &'a str, body: &'a Value) -> Asked<'a> {
    Asked {
        method,
        of,
        path,
        headers: &[],
        body: (method == "post").then_some(body),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_refuses_every_route_as_the_document_says() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let contract = Contract::of_the_code();
    let operations: Vec<(String, String, bool)> = contract
        .operations()
        .map(|(method, path, operation)| {
            (
                method.to_owned(),
                path.to_owned(),
                operation["security"].is_array(),
            )
        })
        .collect();
    let empty = json!({});
    for (method, of, open) in &operations {
        let path = filled(of);
        let asked = asked(method, of, &path, &empty);
        let keyless = contract.ask_wrongly(&app, "", &asked).await;
        let wrong = contract.ask_wrongly(&app, "sk-ink-nobody", &asked).await;
        if *open {
            assert_eq!((keyless.status, wrong.status), (200, 200), "{method} {of}");
        } else {
            assert_eq!((keyless.status, wrong.status), (401, 401), "{method} {of}");
        }
        for (headers, status) in [
            (("origin", "https://example.com"), 403),
            (("content-encoding", "gzip"), 415),
            (("host", "example.com"), 421),
        ] {
            let asked = Asked {
                headers: &[headers],
                ..asked_again(&asked)
            };
            let told = contract.ask_wrongly(&app, &key, &asked).await;
            assert_eq!(told.status, status, "{method} {of}");
        }
    }
    assert!(provider.asked().is_empty());
    app.finish().await;
}

fn asked_again<'a>(asked: &Asked<'a>) -> Asked<'a> {
    Asked {
        method: asked.method,
        of: asked.of,
        path: asked.path,
        headers: asked.headers,
        body: asked.body,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_cannot_be_read_and_names_of_nobody_are_refused_as_the_document_says() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let contract = Contract::of_the_code();
    let operations: Vec<(String, String)> = contract
        .operations()
        .map(|(method, path, _)| (method.to_owned(), path.to_owned()))
        .collect();
    for (method, of) in &operations {
        for name in ["nobody", "%ff", "a%2Fb", "%00", "%20", "a%3Ab"] {
            let path = of.replace("{id}", name).replace("{model}", name);
            if path == *of && name != "nobody" {
                continue;
            }
            for body in [
                json!([]),
                json!({}),
                json!({"model": "nobody", "messages": 1, "input": 1}),
            ] {
                let told = contract
                    .ask_wrongly(&app, &key, &asked(method, of, &path, &body))
                    .await;
                assert!(told.status < 500, "{method} {path}: {told:?}");
            }
        }
    }
    assert!(provider.asked().is_empty());
    app.finish().await;
}

/// Requests that reach a provider, one for each wire's errors and each form of stream.
fn reaching() -> Vec<(&'static str, &'static str, Value)> {
    let hi = json!([{"role": "user", "content": "Hi"}]);
    let contents = json!({"contents": [{"parts": [{"text": "Hi"}]}]});
    vec![
        (
            "/v1/chat/completions",
            "/v1/chat/completions",
            json!({"model": "reviewer", "messages": hi}),
        ),
        (
            "/v1/completions",
            "/v1/completions",
            json!({"model": "reviewer", "prompt": "Hi"}),
        ),
        (
            "/v1/responses",
            "/v1/responses",
            json!({"model": "reviewer", "input": "Hi"}),
        ),
        (
            "/v1/messages",
            "/v1/messages",
            json!({"model": "reviewer", "messages": hi, "max_tokens": 9}),
        ),
        (
            "/v2/chats/openai",
            "/v2/chats/openai",
            json!({"agent_id": "reviewer", "messages": hi}),
        ),
        (
            "/v1beta/models/{model}:streamGenerateContent",
            "/v1beta/models/reviewer:streamGenerateContent",
            contents.clone(),
        ),
        (
            "/v1beta/models/{model}:streamGenerateContent",
            "/v1beta/models/reviewer:streamGenerateContent?alt=sse",
            contents.clone(),
        ),
        (
            "/v1beta/models/{model}:generateContent",
            "/v1beta/models/reviewer:generateContent",
            contents,
        ),
        (
            "/api/chat",
            "/api/chat",
            json!({"model": "reviewer", "messages": hi}),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_providers_failures_are_told_as_the_document_says() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    let key = app.key().await;
    let contract = Contract::of_the_code();
    let mut statuses = BTreeSet::new();
    let refusals = [
        Reply::refusal(
            400,
            "context_length_exceeded",
            "maximum context length is 4096 tokens",
        ),
        Reply::refusal(400, "invalid_value", "no"),
        Reply::refusal(401, "invalid_api_key", "no"),
        Reply::refusal(404, "model_not_found", "no"),
        Reply::refusal(429, "rate_limit_exceeded", "no").header("retry-after", "3"),
        Reply::refusal(429, "insufficient_quota", "no"),
        Reply::refusal(500, "server_error", "no"),
        Reply::refusal(503, "overloaded", "no"),
        Reply::new(200, "application/json").send("nonsense"),
        Reply::pieces(&["half"]).cut(),
    ];
    for (at, refusal) in refusals.into_iter().enumerate() {
        provider.always(refusal);
        for (nth, (of, path, mut body)) in reaching().into_iter().enumerate() {
            // an agent each on a model of its own: what fails often is left alone
            let agent = format!("agent-{at}-{nth}");
            app.add_agent(&agent, &format!("mock/{agent}"), "").await;
            for field in ["model", "agent_id"] {
                if body[field].is_string() {
                    body[field] = json!(agent);
                }
            }
            let path = path.replace("reviewer", &agent);
            for stream in [true, false] {
                if !of.contains("{model}") {
                    body["stream"] = json!(stream);
                }
                let told = contract.ask(&app, &key, &Asked::post(of, &path, &body)).await;
                statuses.insert(told.status);
            }
        }
    }
    for status in [200, 400, 404, 424, 429, 502, 503, 529] {
        assert!(
            statuses.contains(&status),
            "{status} was never told: {statuses:?}"
        );
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keys_limits_scope_and_money_are_told_as_the_document_says() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("other", "mock/m", "").await;
    let contract = Contract::of_the_code();
    for (nth, (of, path, body)) in reaching().into_iter().enumerate() {
        let name = |what: &str| format!("{what} {nth}");
        let narrow = app
            .key_with(json!({"name": name("narrow"), "agents": ["other"]}))
            .await;
        let poor = app
            .key_with(json!({"name": name("poor"), "budgets": [{"per": "total", "cap": 0}]}))
            .await;
        let slow = app.key_with(json!({"name": name("slow"), "rpm": 1})).await;
        let asked = Asked::post(of, path, &body);
        let told = contract.ask(&app, &narrow, &asked).await;
        assert!(matches!(told.status, 403 | 404), "{path}: {told:?}");
        assert_eq!(contract.ask(&app, &poor, &asked).await.status, 402, "{path}");
        contract.ask(&app, &slow, &asked).await;
        assert_eq!(contract.ask(&app, &slow, &asked).await.status, 429, "{path}");
        let repeated = Asked {
            headers: &[("idempotency-key", "same")],
            ..Asked::post(of, path, &body)
        };
        let once = app.key_with(json!({"name": name("once")})).await;
        assert_eq!(contract.ask(&app, &once, &repeated).await.status, 200, "{path}");
        assert_eq!(contract.ask(&app, &once, &repeated).await.status, 200, "{path}");
        let mut other = body.clone();
        other["user"] = json!("another");
        let other = Asked {
            body: Some(&other),
            ..asked_again(&repeated)
        };
        assert_eq!(contract.ask(&app, &once, &other).await.status, 409, "{path}");
    }
    app.finish().await;
}
