//! `POST /v1/completions`, the old form (W-108): by a provider that has the route and by one that only chats.

use serde_json::{Value, json};

use crate::support::app::CANARY;
use crate::support::canonical::completions as strict;
use crate::support::{Provider, Reply, TestApp};

const ROUTE: &str = "/v1/completions";

/// `reviewer` has instructions, `plain` has none; both stand on a provider of this kind.
async fn world(kind: &str) -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "mock", "kind": kind, "base_url": provider.base_url(), "key": CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "mock/m", "Be brief.").await;
    app.add_agent("plain", "mock/m", "").await;
    let key = app.key_with(json!({"name": "test", "raw_models": true})).await;
    (provider, app, key)
}

fn text(text: &str) -> Reply {
    Reply::json(
        200,
        &json!({"id": "cmpl-up", "object": "text_completion", "created": 1, "model": "m",
            "choices": [{"text": text, "index": 0, "logprobs": null, "finish_reason": "length"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}}),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn w_108_by_a_model_that_only_chats() {
    let (provider, app, key) = world("custom").await;
    provider.will(Reply::text(" upon a time"));
    let body =
        json!({"model": "reviewer", "prompt": "Once", "max_tokens": 5, "stop": ["."], "temperature": 0.5});
    let response = app.post(ROUTE, &key, &body).await;
    assert_eq!(response.status(), 200);
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let body = response.bytes().await.unwrap();
    let seen = strict::whole(&body, "reviewer");
    assert_eq!(seen.only().text, " upon a time");
    assert_eq!(seen.usage.unwrap()["total_tokens"], 15000);
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["id"], format!("cmpl-{id}"));

    let asked = provider.last();
    assert_eq!(asked.target, "/v1/chat/completions");
    let said = asked.said();
    assert_eq!(
        said[0],
        ("system".into(), "Be brief.".into()),
        "the agent's come first"
    );
    assert_eq!(said.last().unwrap(), &("user".to_owned(), "Once".to_owned()));
    let sent = asked.json();
    assert_eq!(
        (&sent["stop"], &sent["temperature"]),
        (&json!(["."]), &json!(0.5))
    );
    let call = app.ended_call().await;
    assert_eq!(call.row.call.id.as_str(), id);
    assert_eq!(call.row.call.route, "POST /v1/completions");
    assert_eq!(call.row.call.session, None);
    assert!(
        app.sessions().await.is_empty(),
        "a continued text is no conversation"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_108_a_gap_is_filled() {
    let (provider, app, key) = world("custom").await;
    let body = json!({"model": "plain", "prompt": "fn add(", "suffix": ") -> u32 {}"});
    assert_eq!(app.post(ROUTE, &key, &body).await.status(), 200);
    let (_, asked) = provider.last().said().pop().unwrap();
    assert!(
        asked.contains("fn add(") && asked.contains(") -> u32 {}"),
        "{asked}"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_108_by_a_provider_that_has_the_route_the_prompt_goes_as_it_stands() {
    let (provider, app, key) = world("vllm").await;
    for model in ["plain", "mock/m"] {
        provider.will(text(" a: u32"));
        let body = json!({"model": model, "prompt": "fn add(", "suffix": ") {}", "max_tokens": 5,
            "logprobs": 2, "best_of": 3, "user": "u"});
        let response = app.post(ROUTE, &key, &body).await;
        assert_eq!(response.status(), 200);
        let seen = strict::whole(&response.bytes().await.unwrap(), model);
        assert_eq!(
            (seen.only().text.as_str(), seen.only().finish.as_deref()),
            (" a: u32", Some("length"))
        );
        let asked = provider.last();
        assert_eq!(asked.target, "/v1/completions");
        let mut sent = asked.json();
        assert_eq!(sent["model"], "m");
        sent.as_object_mut().unwrap().remove("model");
        assert_eq!(
            sent,
            json!({"prompt": "fn add(", "suffix": ") {}", "max_tokens": 5, "logprobs": 2, "best_of": 3, "user": "u"})
        );
        assert_eq!(app.newest_call().await.entries[0].usage.unwrap().input, 7);
    }
    // instructions can be followed in a conversation alone
    let body = json!({"model": "reviewer", "prompt": "Once"});
    assert_eq!(app.post(ROUTE, &key, &body).await.status(), 200);
    assert_eq!(provider.last().target, "/v1/chat/completions");
    // tokens can be read by their own model alone
    let body = json!({"model": "reviewer", "prompt": [1, 2, 3]});
    let refused = app.post(ROUTE, &key, &body).await;
    assert_eq!(refused.status(), 400);
    provider.will(text("x"));
    let body = json!({"model": "plain", "prompt": [1, 2, 3], "echo": true});
    assert_eq!(app.post(ROUTE, &key, &body).await.status(), 200);
    assert_eq!(provider.last().json()["prompt"], json!([1, 2, 3]));
    assert_eq!(provider.last().json()["echo"], true);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_its_providers_route_does_not_know_is_asked_in_a_conversation() {
    let (provider, app, key) = world("openai").await;
    provider.will(Reply::refusal(
        404,
        "x",
        "This is a chat model and not supported here.",
    ));
    provider.will(Reply::text(" upon"));
    let body = json!({"model": "plain", "prompt": "Once"});
    let response = app.post(ROUTE, &key, &body).await;
    assert_eq!(response.status(), 200);
    let seen = strict::whole(&response.bytes().await.unwrap(), "plain");
    assert_eq!(seen.only().text, " upon");
    let targets: Vec<String> = provider.asked().into_iter().map(|asked| asked.target).collect();
    assert_eq!(targets, ["/v1/completions", "/v1/chat/completions"]);
    let call = app.ended_call().await;
    assert_eq!(call.entries.len(), 2, "nothing is asked unseen");
    assert!(
        call.row
            .call
            .applied
            .iter()
            .any(|applied| applied.what == "prompt")
    );
    // a refusal that has nothing to do with the route stays one
    provider.will(Reply::refusal(400, "x", "No."));
    assert_eq!(app.post(ROUTE, &key, &body).await.status(), 400);
    assert_eq!(provider.asked().len(), 3);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_108_streams() {
    let (provider, app, key) = world("custom").await;
    for usage in [false, true] {
        provider.will(Reply::stream(&[" upon", " a time"]));
        let body = json!({"model": "reviewer", "prompt": "Once", "stream": true, "echo": true,
            "stream_options": {"include_usage": usage}});
        let response = app.post(ROUTE, &key, &body).await;
        assert_eq!(response.status(), 200);
        assert_eq!(
            response.headers()["content-type"],
            "text/event-stream; charset=utf-8"
        );
        let seen = strict::stream(&response.bytes().await.unwrap(), "reviewer", usage);
        assert_eq!(seen.only().text, "Once upon a time", "with the prompt before it");
        assert_eq!(seen.error, None);
        assert_eq!(seen.usage.is_some(), usage);
    }
    provider.will(Reply::pieces(&[" upon"]).cut());
    let body = json!({"model": "reviewer", "prompt": "Once", "stream": true});
    let response = app.post(ROUTE, &key, &body).await;
    let seen = strict::stream(&response.bytes().await.unwrap(), "reviewer", false);
    assert!(seen.error.is_some(), "no false end");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_108_several_prompts_are_answered_as_one() {
    let (provider, app, _) = world("custom").await;
    let key = app.key_with(json!({"name": "single", "concurrency": 1})).await;
    for stream in [false, true] {
        for answer in ["1", "2", "3"] {
            provider.will(if stream {
                Reply::stream(&[answer])
            } else {
                Reply::text(answer)
            });
        }
        let body = json!({"model": "reviewer", "prompt": ["a", "b", "c"], "stream": stream, "echo": true,
            "stream_options": {"include_usage": true}});
        let response = app.post(ROUTE, &key, &body).await;
        assert_eq!(response.status(), 200);
        let body = response.bytes().await.unwrap();
        let seen = if stream {
            strict::stream(&body, "reviewer", true)
        } else {
            strict::whole(&body, "reviewer")
        };
        assert_eq!(seen.error, None);
        let texts: Vec<&str> = seen.choices.values().map(|choice| choice.text.as_str()).collect();
        assert_eq!(texts, ["a1", "b2", "c3"]);
        assert_eq!(seen.usage.unwrap()["total_tokens"], 3 * 15000, "all of it");
    }
    assert_eq!(app.calls().await.len(), 6, "each is a call of its own");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_108_several_prompts_do_not_slip_past_a_limit() {
    let (provider, app, _) = world("custom").await;
    let key = app.key_with(json!({"name": "slow", "rpm": 2})).await;
    let body = json!({"model": "reviewer", "prompt": ["a", "b", "c"]});
    let refused = app.post(ROUTE, &key, &body).await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(provider.asked().len(), 2);

    let other = app.key_with(json!({"name": "other", "rpm": 2})).await;
    let body = json!({"model": "reviewer", "prompt": ["a", "b", "c"], "stream": true});
    let response = app.post(ROUTE, &other, &body).await;
    let seen = strict::stream(&response.bytes().await.unwrap(), "reviewer", false);
    assert_eq!(seen.error.unwrap()["code"], "rate_limit_exceeded");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_request_is_said() {
    let (provider, app, key) = world("custom").await;
    for (body, status, param) in [
        (json!({"model": "reviewer"}), 400, "prompt"),
        (json!({"model": "reviewer", "prompt": []}), 400, "prompt"),
        (json!({"model": "reviewer", "prompt": {"x": 1}}), 400, "prompt"),
        (
            json!({"model": "reviewer", "prompt": "x", "temperature": 3}),
            400,
            "temperature",
        ),
        (json!({"model": "nobody", "prompt": "x"}), 404, "model"),
    ] {
        let response = app.post(ROUTE, &key, &body).await;
        assert_eq!(response.status(), status, "{body}");
        let error: Value = response.json().await.unwrap();
        assert_eq!(error["error"]["param"], param, "{body}");
    }
    assert!(provider.asked().is_empty());
    for path in ["/completions", "/v1/v1/completions", "/v1/completions/?x=1"] {
        let body = json!({"model": "reviewer", "prompt": "x"});
        assert_eq!(app.post(path, &key, &body).await.status(), 200, "{path}");
    }
    app.finish().await;
}
