//! What the client is told when the provider fails, before and after the first byte.

use serde_json::{Value, json};

use super::{hi, hi_streamed};
use crate::support::client::events;
use crate::support::{Provider, Reply, TestApp};

async fn world() -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    (provider, app, key)
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_keep_their_meaning() {
    use domain::FailureKind as K;
    let provider = Provider::start().await;
    // what is asked again is seen elsewhere
    let app = TestApp::with(|config| config.upstream.retries.most = 0).await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let key = app.key().await;
    let overflow = Reply::refusal(
        400,
        "context_length_exceeded",
        "This model's maximum context length is 8192 tokens.",
    );
    let table = [
        (
            Reply::refusal(401, "invalid_api_key", "Incorrect API key provided."),
            424,
            K::ProviderKeyRejected,
            "upstream_auth_failed",
            "false",
        ),
        (
            Reply::refusal(429, "rate_limit_exceeded", "Slow down.").header("retry-after", "7"),
            429,
            K::ProviderRateLimited,
            "rate_limit_exceeded",
            "true",
        ),
        (
            Reply::refusal(429, "insufficient_quota", "You exceeded your current quota."),
            424,
            K::ProviderQuotaExceeded,
            "insufficient_quota",
            "false",
        ),
        (
            Reply::refusal(500, "server_error", "Oops."),
            502,
            K::UpstreamFailed,
            "upstream_error",
            "false",
        ),
        (
            overflow,
            400,
            K::ContextTooLong,
            "context_length_exceeded",
            "false",
        ),
        (
            Reply::new(502, "text/html").send("<html>bad gateway</html>"),
            502,
            K::UpstreamFailed,
            "upstream_error",
            "false",
        ),
        (
            Reply::new(200, "text/html").send("<html>welcome</html>"),
            502,
            K::UpstreamFailed,
            "upstream_error",
            "false",
        ),
        (
            Reply::json(200, &json!({"error": {"message": "boom", "code": 500}})),
            502,
            K::UpstreamFailed,
            "upstream_error",
            "false",
        ),
    ];
    for (number, (reply, status, kind, code, retry)) in (1..).zip(table) {
        for body in [hi("reviewer"), hi_streamed("reviewer")] {
            provider.will(reply.clone());
            let response = app.chat(&key, &body).await;
            assert_eq!(response.status(), status, "{number}: {kind:?}");
            assert_eq!(response.headers()["x-should-retry"], retry, "{number}");
            assert_eq!(
                response.headers()["content-type"],
                "application/json",
                "{number}: no stream has begun"
            );
            let after = response
                .headers()
                .get("retry-after")
                .map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(
                after.as_deref(),
                (kind == K::ProviderRateLimited).then_some("7"),
                "{number}"
            );
            let error: Value = response.json().await.unwrap();
            assert_eq!(error["error"]["code"], code, "{number}");
            let call = app.ended_call().await;
            assert_eq!(
                call.row.outcome,
                Some(domain::Outcome::Failed { kind }),
                "{number}"
            );
            assert_eq!(call.entries[0].usage, None, "{number}: nothing was used");
        }
    }
    assert_eq!(
        app.calls().await.len(),
        provider.asked().len(),
        "each was asked once: nothing is retried unseen"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_not_there() {
    let (_, app, key) = world().await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let args = json!({"id": "gone", "kind": "custom", "base_url": format!("http://127.0.0.1:{port}"), "no_key": true});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("lost", "gone/m", "").await;
    let response = app.chat(&key, &hi("lost")).await;
    assert_eq!(response.status(), 502);
    let error: Value = response.json().await.unwrap();
    assert_eq!(error["error"]["code"], "upstream_unavailable");
    assert!(
        !error.to_string().contains(&port.to_string()),
        "addresses are nobody's business"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_without_its_key_is_not_asked() {
    let (provider, app, key) = world().await;
    let args = json!({"id": "bare", "kind": "custom", "base_url": provider.base_url()});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("keyless", "bare/m", "").await;
    let response = app.chat(&key, &hi("keyless")).await;
    assert_eq!(response.status(), 424, "never 401: the client's key is fine");
    let error: Value = response.json().await.unwrap();
    assert_eq!(error["error"]["code"], "provider_key_missing");
    assert!(provider.asked().is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_fails_ends_with_one_error_and_no_marker() {
    use domain::FailureKind as K;
    let (provider, app, key) = world().await;
    let boom =
        json!({"error": {"message": "The engine fell over.", "type": "server_error", "code": "engine"}});
    let table = [
        (Reply::pieces(&["Hel"]).event(&boom), K::UpstreamFailed),
        (Reply::pieces(&["Hel"]).cut(), K::UpstreamDisconnected),
        (Reply::pieces(&["Hel"]), K::UpstreamDisconnected),
        (
            Reply::pieces(&["Hel"])
                .send("data: {\"id\": \"half\", \"cho")
                .cut(),
            K::UpstreamDisconnected,
        ),
    ];
    for (number, (reply, kind)) in (1..).zip(table) {
        provider.will(reply);
        let response = app.chat(&key, &hi_streamed("reviewer")).await;
        assert_eq!(response.status(), 200, "{number}");
        let text = response.text().await.unwrap();
        assert!(!text.contains("[DONE]"), "{number}: {text}");
        assert_eq!(text.matches("\"error\"").count(), 1, "{number}: {text}");
        let events = events(&text);
        let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
        assert!(
            last["error"]["message"].is_string(),
            "{number}: the error comes last"
        );
        let said: Vec<Value> = events
            .iter()
            .map(|event| serde_json::from_str(event).unwrap())
            .collect();
        let text: String = said
            .iter()
            .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
            .collect();
        assert_eq!(text, "Hel", "{number}: what came before is delivered");
        assert!(
            said.iter()
                .all(|chunk| chunk["choices"][0]["finish_reason"].is_null()),
            "{number}: no false end"
        );

        let call = app.ended_call().await;
        assert_eq!(
            call.row.outcome,
            Some(domain::Outcome::Failed { kind }),
            "{number}"
        );
        assert_eq!(
            call.row.confidence,
            domain::Confidence::Unknown,
            "{number}: no price is known"
        );
        let view = app.session(&call.row.call.session.clone().unwrap()).await;
        let answer = view.messages.last().unwrap();
        assert_eq!(answer.state, domain::MessageState::Failed, "{number}");
        assert_eq!(
            answer.message.plain_text(),
            "Hel",
            "{number}: the beginning is kept"
        );
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_target_answers_when_the_first_cannot() {
    let provider = Provider::start().await;
    let spare = Provider::start().await;
    let app = TestApp::with(|config| config.upstream.retries.most = 0).await;
    app.add_provider("first", &provider).await;
    app.add_provider("second", &spare).await;
    let mut draft = crate::support::app::draft("steady", "first/a", "Be there.");
    draft["fallbacks"] = json!(["second/b"]);
    let _agent: Value = app.ask("agent.create", draft).await;
    let key = app.key().await;
    for reply in [
        Reply::refusal(500, "x", "Oops."),
        Reply::refusal(429, "x", "Slow."),
        Reply::refusal(401, "x", "No."),
    ] {
        provider.will(reply);
        let response = app.chat(&key, &hi("steady")).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-upstream-model"], "second/b");
        let _read = response.bytes().await.unwrap();
        assert_eq!(spare.last().json()["model"], "b");
        assert_eq!(
            spare.last().said()[0].1,
            "Be there.",
            "the agent is the same behind every target"
        );
        let call = app.newest_call().await;
        let targets: Vec<String> = call
            .entries
            .iter()
            .map(|entry| entry.attempt.target.to_string())
            .collect();
        assert_eq!(
            targets,
            ["first/a", "second/b"],
            "both attempts are in the ledger"
        );
        assert_eq!(call.entries[1].outcome, domain::Outcome::Succeeded);
        let view = app.session(&call.row.call.session.clone().unwrap()).await;
        assert_eq!(view.messages.len(), 2, "one question, one answer");
    }
    // a request that is at fault itself is not tried elsewhere
    let before = spare.asked().len();
    provider.will(Reply::refusal(
        400,
        "context_length_exceeded",
        "maximum context length",
    ));
    assert_eq!(app.chat(&key, &hi("steady")).await.status(), 400);
    assert_eq!(spare.asked().len(), before);
    app.finish().await;
}
