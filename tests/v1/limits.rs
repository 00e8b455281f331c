//! The leashes of client keys and agents: how often and how much at once, and when they end.

use std::time::Duration;

use serde_json::{Value, json};

use super::hi;
use crate::support::app::TestClock;
use crate::support::{Provider, Reply, TestApp, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_is_too_small_sends_nothing() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "p", "kind": "openai", "base_url": provider.base_url(), "key": crate::support::app::CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "p/gpt-4o-mini", "").await;
    let key = app
        .key_with(json!({"name": "poor", "budgets": [{"cap": 100, "per": "day"}]}))
        .await;
    let response = app.chat(&key, &hi("reviewer")).await;
    assert_eq!(response.status(), 402);
    assert_eq!(response.headers()["x-should-retry"], "false");
    let error: Value = response.json().await.unwrap();
    assert_eq!(
        (&error["error"]["type"], &error["error"]["code"]),
        (&json!("insufficient_quota"), &json!("budget_exceeded"))
    );
    assert!(provider.asked().is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_is_spent_and_comes_back_with_its_span() {
    let provider = Provider::start().await;
    // 2026-11-22T05:52:00Z
    let clock = TestClock::at(1_795_326_720_000);
    let app = TestApp::with(|config| config.clock = clock.clone()).await;
    let args = json!({"id": "p", "kind": "openai", "base_url": provider.base_url(), "key": crate::support::app::CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "p/gpt-4o-mini", "").await;
    let key = app
        .key_with(json!({"name": "daily", "budgets": [{"cap": 3000, "per": "day"}]}))
        .await;
    // the reservation of 4096 tokens of output, 2458 micro-dollars, fits; the answer then costs 3300
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200);
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 402, "spent");
    assert_eq!(provider.asked().len(), 1);
    clock.advance(Duration::from_secs(86_400));
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200, "another day");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_a_minute_and_calls_at_once() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let slow = app.key_with(json!({"name": "slow", "rpm": 1})).await;
    assert_eq!(app.chat(&slow, &hi("reviewer")).await.status(), 200);
    let refused = app.chat(&slow, &hi("reviewer")).await;
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let error: Value = refused.json().await.unwrap();
    assert_eq!(error["error"]["code"], "rate_limit_exceeded");

    let single = app.key_with(json!({"name": "single", "concurrency": 1})).await;
    provider.will(Reply::silence());
    let sending = app
        .http()
        .post(app.url("/v1/chat/completions"))
        .bearer_auth(&single)
        .json(&hi("reviewer"))
        .send();
    let waiting = tokio::spawn(sending);
    eventually("the first call", async || (provider.open() == 1).then_some(())).await;
    assert_eq!(app.chat(&single, &hi("reviewer")).await.status(), 429);
    waiting.abort();
    eventually("its place to be free again", async || {
        (app.chat(&single, &hi("reviewer")).await.status() == 200).then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_key_is_no_key() {
    let provider = Provider::start().await;
    let clock = TestClock::at(1_795_326_720_000);
    let app = TestApp::with(|config| config.clock = clock.clone()).await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let key = app.key_with(json!({"name": "short", "expires_in": 60})).await;
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200);
    clock.advance(Duration::from_secs(61));
    let refused = app.chat(&key, &hi("reviewer")).await;
    assert_eq!(refused.status(), 401);
    assert_eq!(provider.asked().len(), 1);
    app.finish().await;
}

fn header(response: &reqwest::Response, name: &str) -> String {
    let value = response
        .headers()
        .get(name)
        .unwrap_or_else(|| panic!("no {name}"));
    value.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn w_94_sixty_an_hour_are_told_and_hold() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key_with(json!({"name": "hourly", "rph": 60})).await;
    for left in (0..60).rev() {
        let response = app.chat(&key, &hi("reviewer")).await;
        assert_eq!(response.status(), 200, "{left}");
        assert_eq!(header(&response, "x-ratelimit-limit-requests"), "60");
        let told: u32 = header(&response, "x-ratelimit-remaining-requests")
            .parse()
            .unwrap();
        assert!((left..=left + 1).contains(&told), "{told}, {left}");
    }
    let refused = loop {
        // a slow machine may have got one more a minute back
        let response = app.chat(&key, &hi("reviewer")).await;
        if response.status() != 200 {
            break response;
        }
    };
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["x-should-retry"], "true");
    assert_eq!(header(&refused, "x-ratelimit-remaining-requests"), "0");
    assert_eq!(header(&refused, "x-ratelimit-reset-requests"), "1h0m0s");
    let wait: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "one comes back every minute: {wait}");
    let millis: u64 = header(&refused, "retry-after-ms").parse().unwrap();
    assert!(millis.div_ceil(1000) == wait, "{millis}");
    let error: Value = refused.json().await.unwrap();
    let told = format!("Please try again in {wait}s.");
    assert!(
        error["error"]["message"].as_str().unwrap().contains(&told),
        "{error}"
    );
    let asked = provider.asked().len();
    assert_eq!(
        app.get("/v1/models", &key).await.status(),
        200,
        "looking costs nothing"
    );
    assert_eq!(provider.asked().len(), asked);
    let free = app.key().await;
    let response = app.chat(&free, &hi("reviewer")).await;
    assert!(
        !response
            .headers()
            .keys()
            .any(|name| name.as_str().starts_with("x-ratelimit")),
        "no limit, no word"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_a_minute_count_calls_at_once() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key_with(json!({"name": "tokens", "tpm": 15_001})).await;
    let response = app.chat(&key, &hi("reviewer")).await;
    assert_eq!(header(&response, "x-ratelimit-limit-tokens"), "15001");
    assert_eq!(
        app.chat(&key, &hi("reviewer")).await.status(),
        200,
        "15,000 of 15,001 were used"
    );
    let refused = app.chat(&key, &hi("reviewer")).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(header(&refused, "x-ratelimit-remaining-tokens"), "0");
    let wait: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!(
        (50..=60).contains(&wait),
        "until the first is a minute old: {wait}"
    );

    // a large prompt that is being read counts already
    let key = app.key_with(json!({"name": "large", "tpm": 5_000})).await;
    provider.will(Reply::silence());
    let mut large = hi("reviewer");
    large["messages"][0]["content"] = "x".repeat(30_000).into();
    let sending = app
        .http()
        .post(app.url("/v1/chat/completions"))
        .bearer_auth(&key)
        .json(&large)
        .send();
    let waiting = tokio::spawn(sending);
    eventually("the first call", async || (provider.open() == 1).then_some(())).await;
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 429);
    waiting.abort();
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_has_limits_of_its_own_for_everybody_together() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let mut busy = crate::support::app::draft("busy", "mock/m", "");
    busy["limits"] = json!({"rph": 2, "concurrency": 1});
    let agent: domain::Agent = app.ask("agent.create", busy.clone()).await;
    assert_eq!(agent.draft.limits.rph, Some(2));
    let (one, two) = (app.key().await, app.key_with(json!({"name": "two"})).await);
    assert_eq!(app.chat(&one, &hi("busy")).await.status(), 200);
    assert_eq!(app.chat(&two, &hi("busy")).await.status(), 200);
    let refused = app.chat(&one, &hi("busy")).await;
    assert_eq!(refused.status(), 429);
    assert!(header(&refused, "retry-after").parse::<u64>().unwrap() > 1_000);
    let error: Value = refused.json().await.unwrap();
    assert!(
        error["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("This agent's limit"),
        "{error}"
    );
    assert_eq!(
        app.chat(&one, &hi("reviewer")).await.status(),
        200,
        "the others answer"
    );
    busy["limits"] = json!({"rph": 0});
    assert_eq!(
        app.refused(
            "agent.update",
            json!({"agent": "busy", "draft": busy, "revision": 1})
        )
        .await,
        domain::FailureKind::InvalidRequest
    );
    app.finish().await;
}

/// Opens a stream that has said something and goes on for ever.
async fn open_stream(app: &TestApp, provider: &Provider, key: &str, model: &str) -> reqwest::Response {
    provider.will(Reply::pieces(&["Once"]).stall());
    let mut body = hi(model);
    body["stream"] = true.into();
    let mut response = app.chat(key, &body).await;
    assert_eq!(response.status(), 200);
    let mut text = String::new();
    while !text.contains("Once") {
        text.push_str(&String::from_utf8_lossy(
            &response.chunk().await.unwrap().unwrap(),
        ));
    }
    response
}

/// The stream ends by itself, with an error of this code and without the end of a whole one.
async fn assert_closed(what: &str, response: reqwest::Response, code: &str) {
    let text = tokio::time::timeout(Duration::from_secs(5), response.text()).await;
    let text = text.unwrap_or_else(|_| panic!("{what}: still open")).unwrap();
    assert!(!text.contains("[DONE]"), "{what}: {text}");
    let last: Value = serde_json::from_str(crate::support::client::events(&text).last().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], code, "{what}: {last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_16_a_key_that_is_revoked_or_narrowed_loses_its_streams_and_its_next_request() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("other", "mock/m", "").await;
    let narrowings = [
        ("revoked", "key.revoke", json!({}), "invalid_api_key", 401),
        (
            "another agent",
            "key.update",
            json!({"agents": ["other"]}),
            "scope_denied",
            403,
        ),
        (
            "spent",
            "key.update",
            json!({"budgets": [{"cap": 0, "per": "total"}]}),
            "budget_exceeded",
            402,
        ),
        (
            "expired",
            "key.update",
            json!({"expires_in": 1}),
            "invalid_api_key",
            401,
        ),
    ];
    for (what, command, mut args, code, status) in narrowings {
        let key = app
            .key_with(json!({"name": what, "budgets": [{"cap": 9_000_000, "per": "total"}]}))
            .await;
        let untouched = app.key_with(json!({"name": format!("not {what}")})).await;
        let response = open_stream(&app, &provider, &key, "reviewer").await;
        let beside = open_stream(&app, &provider, &untouched, "reviewer").await;
        args["key"] = what.into();
        let _done: Value = app.ask(command, args).await;
        if what == "expired" {
            tokio::time::sleep(Duration::from_millis(950)).await;
        }
        assert_closed(what, response, code).await;
        let refused = app.chat(&key, &hi("reviewer")).await;
        assert_eq!(refused.status(), status, "{what}");
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["error"]["code"], code, "{what}: {body}");
        eventually("the provider to be left", async || {
            (provider.open() == 1).then_some(())
        })
        .await;
        drop(beside);
        eventually("the other stream to end", async || {
            (provider.open() == 0).then_some(())
        })
        .await;
    }
    // widened, it goes on
    let key = app
        .key_with(json!({"name": "wide", "agents": ["reviewer"]}))
        .await;
    let mut response = open_stream(&app, &provider, &key, "reviewer").await;
    let _done: Value = app
        .ask("key.update", json!({"key": "wide", "agents": [], "rpm": 5}))
        .await;
    let silent = tokio::time::timeout(Duration::from_millis(300), response.chunk()).await;
    assert!(silent.is_err(), "it is still open");
    drop(response);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_04_without_a_key_only_where_a_setting_says_so_and_loudly() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let bare = async || {
        let sent = app
            .http()
            .post(app.url("/v1/chat/completions"))
            .json(&hi("reviewer"))
            .send();
        sent.await.unwrap()
    };
    assert_eq!(bare().await.status(), 401);
    let status: gateway::control::AppStatus = app.ask("app.status", json!({})).await;
    assert!(!status.no_key_on_loopback, "off by default");

    let _set: Value = app.ask("settings.set", json!({"no_key_on_loopback": true})).await;
    let response = bare().await;
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["x-ratelimit-limit-requests"],
        "120",
        "with limits of its own"
    );
    assert_eq!(
        app.ended_call().await.row.client.as_deref(),
        Some("no key"),
        "by name in the history"
    );
    let status: gateway::control::AppStatus = app.ask("app.status", json!({})).await;
    assert!(status.no_key_on_loopback);
    let checks: Vec<gateway::control::Check> = app.ask("app.doctor", json!({})).await;
    let loud = |check: &&gateway::control::Check| check.name == "client keys";
    assert_eq!(
        checks.iter().find(loud).map(|check| check.state),
        Some(gateway::control::CheckState::Warning)
    );

    // everything else is as strict as before
    assert_eq!(
        app.chat("sk-ink-wrong", &hi("reviewer")).await.status(),
        401,
        "a wrong key"
    );
    for (name, value, refused) in [
        ("authorization", "Basic eA==", 401),
        ("x-api-key", "", 401),
        ("origin", "https://attacker.example", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("host", "attacker.example", 421),
    ] {
        let sent = app
            .http()
            .post(app.url("/v1/chat/completions"))
            .header(name, value)
            .json(&hi("reviewer"));
        assert_eq!(sent.send().await.unwrap().status(), refused, "{name}: {value}");
    }
    let mut raw = hi("mock/m");
    raw["stream"] = false.into();
    let sent = app
        .http()
        .post(app.url("/v1/chat/completions"))
        .json(&raw)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 403, "no raw models");

    // it is a key like others: it can be narrowed, and is made once
    let _changed: Value = app.ask("key.update", json!({"key": "no key", "rpm": 1})).await;
    assert_eq!(bare().await.status(), 200);
    assert_eq!(bare().await.status(), 429);
    let _set: Value = app
        .ask("settings.set", json!({"no_key_on_loopback": false}))
        .await;
    assert_eq!(bare().await.status(), 401);
    let _set: Value = app.ask("settings.set", json!({"no_key_on_loopback": true})).await;
    let keys: Vec<gateway::control::ClientKeyView> = app.ask("key.list", json!({})).await;
    assert_eq!(keys.iter().filter(|key| key.key.anonymous).count(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_04_without_a_key_on_every_wire_and_for_no_page() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let said = json!([{"role": "user", "content": "Hi"}]);
    let asked = [
        (
            "/v1/messages",
            json!({"model": "reviewer", "max_tokens": 9, "messages": said}),
        ),
        ("/v1/responses", json!({"model": "reviewer", "input": "Hi"})),
        ("/v1/completions", json!({"model": "reviewer", "prompt": "Hi"})),
        (
            "/api/chat",
            json!({"model": "reviewer", "messages": said, "stream": false}),
        ),
        (
            "/api/generate",
            json!({"model": "reviewer", "prompt": "Hi", "stream": false}),
        ),
        (
            "/v1beta/models/reviewer:generateContent",
            json!({"contents": [{"parts": [{"text": "Hi"}]}]}),
        ),
        (
            "/models/reviewer:generateContent",
            json!({"contents": [{"parts": [{"text": "Hi"}]}]}),
        ),
        ("/v1/agents/reviewer/chat", json!({"message": "Hi"})),
        (
            "/api/agents/reviewer/openai/chat/completions",
            json!({"messages": said}),
        ),
    ];
    let ask = async |path: &str, body: &Value, header: Option<(&str, &str)>| {
        let sent = app.http().post(app.url(path)).json(body);
        let sent = match header {
            Some((name, value)) => sent.header(name, value),
            None => sent,
        };
        sent.send().await.unwrap().status().as_u16()
    };
    for keyless in [false, true, false] {
        let _set: Value = app
            .ask("settings.set", json!({"no_key_on_loopback": keyless}))
            .await;
        for (path, body) in &asked {
            let wanted = if keyless { 200 } else { 401 };
            assert_eq!(ask(path, body, None).await, wanted, "{path}, keyless: {keyless}");
            for page in [
                ("origin", "https://attacker.example"),
                ("origin", "null"),
                ("sec-fetch-site", "cross-site"),
            ] {
                assert_eq!(ask(path, body, Some(page)).await, 403, "{path} from {page:?}");
            }
            assert_eq!(
                ask(path, body, Some(("x-goog-api-key", "wrong"))).await,
                401,
                "{path}"
            );
        }
        for path in [
            "/api/tags",
            "/api/version",
            "/v1beta/models",
            "/v1/models",
            "/v1/key",
        ] {
            let sent = app.http().get(app.url(path)).send().await.unwrap();
            assert_eq!(sent.status(), if keyless { 200 } else { 401 }, "{path}");
        }
    }
    app.finish().await;
}
