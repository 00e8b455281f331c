//! Providers and their keys.

use std::time::Duration;

use domain::FailureKind;
use gateway::control::{CatalogueEntry, CheckState, ModelList, ModelSource, ProviderReport, ProviderView};
use serde_json::{Value, json};

use crate::support::app::CANARY;
use crate::support::provider::Asked;
use crate::support::{Provider, Reply, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_comes_and_goes() {
    let upstream = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "mock", "kind": "custom", "name": "Mock", "base_url": upstream.base_url(), "key": CANARY});
    let added: ProviderView = app.ask("provider.add", args.clone()).await;
    assert_eq!(
        (added.provider.name.as_str(), added.key_missing, added.agents),
        ("Mock", false, 0)
    );
    assert!(!serde_json::to_string(&added).unwrap().contains(CANARY));
    assert!(
        added
            .provider
            .key_hint
            .as_deref()
            .is_some_and(|hint| hint.len() < CANARY.len() / 2)
    );

    assert_eq!(app.refused("provider.add", args).await, FailureKind::Conflict);
    app.add_agent("reviewer", "mock/m", "").await;
    assert_eq!(
        app.refused("provider.remove", json!({"id": "mock"})).await,
        FailureKind::Conflict,
        "an agent needs it"
    );
    let _gone: Value = app.ask("agent.delete", json!({"agent": "reviewer"})).await;
    let _gone: Value = app.ask("provider.remove", json!({"id": "mock"})).await;
    let none: Vec<ProviderView> = app.ask("provider.list", json!({})).await;
    assert!(none.is_empty());
    assert_eq!(
        app.refused("provider.remove", json!({"id": "mock"})).await,
        FailureKind::NotFound
    );
    assert!(upstream.asked().is_empty(), "adding asks nobody");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_gives_what_a_kind_needs() {
    let app = TestApp::start().await;
    let kinds: Vec<CatalogueEntry> = app.ask("provider.catalogue", json!({})).await;
    for id in [
        "openai",
        "groq",
        "mistral",
        "openrouter",
        "ollama",
        "lmstudio",
        "starter",
    ] {
        assert!(kinds.iter().any(|kind| kind.id == id), "{id}");
    }
    for kind in &kinds {
        assert!(!kind.name.is_empty());
        if kind.local {
            assert!(!kind.needs_key, "{}", kind.id);
        }
        let mut args = json!({"id": format!("p-{}", kind.id), "kind": kind.id});
        if kind.base_url.is_none() {
            args["base_url"] = json!("https://models.example/v1");
        }
        match app.run("provider.add", args).await {
            Ok(view) => {
                let view: ProviderView = serde_json::from_value(view).unwrap();
                assert_eq!(view.key_missing, kind.needs_key, "{}", kind.id);
                assert_eq!(view.provider.wire, kind.wire, "{}", kind.id);
            }
            Err(failure) => assert_ne!(kind.wire, domain::Wire::OpenAiChat, "{}: {failure}", kind.id),
        }
    }
    // a slug that the catalogue knows is its own kind
    let args = json!({"id": "openai", "key": CANARY});
    let added: ProviderView = app.ask("provider.add", args).await;
    assert_eq!(added.provider.kind, "openai");
    assert_eq!(added.provider.base_url().unwrap().host(), "api.openai.com");
    for wrong in [
        json!({"id": "a", "kind": "no-such-kind"}),
        json!({"id": "b"}),
        json!({"id": "c", "kind": "custom", "base_url": "https://x.example", "key": " padded "}),
        json!({"id": "d", "kind": "custom", "base_url": "https://x.example", "key": "two\nlines"}),
        json!({"id": "e", "kind": "custom", "base_url": "https://x.example", "key": ""}),
    ] {
        assert_eq!(
            app.refused("provider.add", wrong.clone()).await,
            FailureKind::InvalidRequest,
            "{wrong}"
        );
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_asked_for_once_and_kept() {
    let upstream = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &upstream).await;
    let page =
        json!({"object": "list", "data": [{"id": "m1", "object": "model"}, {"id": "m2", "object": "model"}]});
    upstream.will(Reply::json(200, &page));
    let ids = |list: &ModelList| {
        list.models
            .iter()
            .map(|model| model.id.clone())
            .collect::<Vec<_>>()
    };
    let list: ModelList = app.ask("provider.models", json!({"id": "mock"})).await;
    assert_eq!(ids(&list), ["m1", "m2"]);
    let asked = upstream.last();
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("GET", "/v1/models")
    );
    assert_eq!(
        asked.header("authorization"),
        Some(format!("Bearer {CANARY}").as_str())
    );
    let kept: ModelList = app.ask("provider.models", json!({"id": "mock"})).await;
    assert_eq!(
        (ids(&kept), upstream.asked().len()),
        (ids(&list), 1),
        "from what was kept"
    );
    upstream.will(Reply::json(200, &json!({"data": [{"id": "m3"}]})));
    let fresh: ModelList = app
        .ask("provider.models", json!({"id": "mock", "refresh": true}))
        .await;
    assert_eq!(ids(&fresh), ["m3"]);
    upstream.will(Reply::refusal(401, "invalid_api_key", "No."));
    let failed = app
        .refused("provider.models", json!({"id": "mock", "refresh": true}))
        .await;
    assert_eq!(failed, FailureKind::ProviderKeyRejected);
    let kept: ModelList = app.ask("provider.models", json!({"id": "mock"})).await;
    assert_eq!(ids(&kept), ["m3"], "a failure does not forget");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_has_an_age_and_something_stands_in_for_it() {
    let upstream = Provider::start().await;
    let clock = crate::support::app::TestClock::at(1_795_326_720_000);
    let app = TestApp::with(|config| config.clock = clock.clone()).await;
    let add = async |id: &str, kind: &str| {
        let args = json!({"id": id, "kind": kind, "base_url": upstream.base_url(), "key": CANARY});
        let _added: Value = app.ask("provider.add", args).await;
    };
    let list = async |id: &str| -> ModelList { app.ask("provider.models", json!({"id": id})).await };
    add("openai", "openai").await;

    upstream.will(Reply::refusal(503, "x", "Busy."));
    let stand_in = list("openai").await;
    assert_eq!(stand_in.source, ModelSource::Catalogue);
    assert_eq!(
        stand_in.failure.as_ref().map(|failure| failure.kind),
        Some(FailureKind::UpstreamOverloaded)
    );
    let known = stand_in
        .models
        .iter()
        .find(|model| model.id == "gpt-4o-mini")
        .unwrap();
    let (context, price) = (known.context, known.price.clone().unwrap());
    assert_eq!(
        (context, price.input, price.output),
        (Some(128_000), 150_000, 600_000)
    );

    let page = json!({"data": [{"id": "gpt-4o-mini"}, {"id": "home-made", "context_window": 7000}]});
    upstream.will(Reply::json(200, &page));
    let told = list("openai").await;
    assert_eq!(
        (told.source, told.failure.is_none(), told.age_s),
        (ModelSource::Provider, true, 0)
    );
    assert_eq!(told.models[0].context, context, "what it did not say is added");
    assert_eq!(told.models[0].price.as_ref(), Some(&price));
    assert_eq!(
        (told.models[1].context, &told.models[1].price),
        (Some(7000), &None),
        "never zero"
    );

    let asked = upstream.asked().len();
    clock.advance(Duration::from_secs(3600));
    assert_eq!(list("openai").await.age_s, 3600);
    assert_eq!(upstream.asked().len(), asked, "from what was kept");
    clock.advance(Duration::from_secs(24 * 3600));
    upstream.will(Reply::refusal(500, "x", "Oops."));
    let old = list("openai").await;
    assert_eq!(
        (old.age_s, old.models.len()),
        (25 * 3600, 2),
        "an old list is better than none"
    );
    assert_eq!(
        old.failure.map(|failure| failure.kind),
        Some(FailureKind::UpstreamFailed)
    );
    upstream.will(Reply::json(200, &page));
    assert_eq!(list("openai").await.age_s, 0, "an old list is asked for again");

    // nobody knows the models of a place that nobody knows
    add("mock", "custom").await;
    upstream.will(Reply::refusal(500, "x", "Oops."));
    let failed = app.refused("provider.models", json!({"id": "mock"})).await;
    assert_eq!(failed, FailureKind::UpstreamFailed);
    app.finish().await;
}

/// What a healthy provider answers to each question of a test.
fn healthy(asked: &Asked) -> Reply {
    if asked.method == "GET" {
        return Reply::json(200, &json!({"data": [{"id": "m1"}, {"id": "m2"}]}));
    }
    let body = asked.json();
    if body["stream"] == true {
        return Reply::stream(&["Hi", "!"]);
    }
    if body["tools"].is_array() {
        let call =
            json!({"id": "c1", "type": "function", "function": {"name": "get_time", "arguments": "{}"}});
        return Reply::json(
            200,
            &json!({"id": "u", "choices": [{"index": 0, "finish_reason": "tool_calls",
                "message": {"role": "assistant", "content": null, "tool_calls": [call]}}]}),
        );
    }
    Reply::text("Hi")
}

fn states(report: &ProviderReport) -> Vec<(&str, CheckState)> {
    report
        .checks
        .iter()
        .map(|check| (check.name.as_str(), check.state))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_says_what_works() {
    use CheckState::{Failed, Ok, Skipped, Warning};
    let upstream = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &upstream).await;
    let test = async |args: Value| -> ProviderReport { app.ask("provider.test", args).await };
    let names = ["reachable", "key", "models", "call", "stream", "tools"];
    let all = |states: [CheckState; 6]| names.into_iter().zip(states).collect::<Vec<_>>();

    upstream.answers_by(healthy);
    let begun = std::time::Instant::now();
    let report = test(json!({"id": "mock"})).await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(states(&report), all([Ok; 6]), "{:#?}", report.checks);
    assert!(report.ok);
    assert_eq!(report.model.as_deref(), Some("m1"));
    let took = report.checks.iter().map(|check| check.took_ms.is_some());
    assert_eq!(took.collect::<Vec<_>>(), [true, false, true, true, true, true]);
    let call = upstream
        .asked()
        .into_iter()
        .find(|asked| asked.method == "POST")
        .unwrap();
    assert_eq!(call.json()["max_completion_tokens"], 1, "a call of one token");
    assert!(app.calls().await.is_empty(), "it is nobody's call");
    let report = test(json!({"id": "mock", "model": "m2"})).await;
    assert_eq!(report.model.as_deref(), Some("m2"));
    assert_eq!(upstream.last().json()["model"], "m2");

    // a provider that refuses a single token is asked for a few
    upstream.answers_by(|asked| match asked.method.as_str() {
        "POST" if asked.json()["max_completion_tokens"] == 1 => Reply::refusal(400, "x", "At least 16."),
        _ => healthy(asked),
    });
    assert!(test(json!({"id": "mock"})).await.ok);

    let no = |status: u16| Reply::refusal(status, "x", "No.");
    upstream.answers_by(move |asked| match asked.method.as_str() {
        "GET" => no(404),
        _ => healthy(asked),
    });
    let report = test(json!({"id": "mock"})).await;
    let without = [Ok, Skipped, Warning, Skipped, Skipped, Skipped];
    assert_eq!(states(&report), all(without), "a server without a list");
    let report = test(json!({"id": "mock", "model": "m"})).await;
    assert_eq!(
        states(&report),
        all([Ok, Ok, Warning, Ok, Ok, Ok]),
        "is tried by name"
    );

    upstream.answers_by(|asked| match asked.method.as_str() {
        "POST" if asked.json()["tools"].is_array() => Reply::text("It is late."),
        "POST" if asked.json()["stream"] == true => Reply::text("Whole"),
        _ => healthy(asked),
    });
    let report = test(json!({"id": "mock"})).await;
    assert_eq!(states(&report), all([Ok, Ok, Ok, Ok, Warning, Warning]));
    assert!(report.ok, "a thing to know, not a failure");

    upstream.answers_by(move |asked| {
        if asked.method == "POST" {
            no(500)
        } else {
            healthy(asked)
        }
    });
    let report = test(json!({"id": "mock"})).await;
    assert_eq!(states(&report), all([Ok, Ok, Ok, Failed, Skipped, Skipped]));
    assert!(!report.ok);

    upstream.always(Reply::refusal(401, "invalid_api_key", "No."));
    let report = test(json!({"id": "mock"})).await;
    assert_eq!(
        states(&report),
        all([Ok, Failed, Skipped, Skipped, Skipped, Skipped])
    );
    let before = upstream.asked().len();
    let args = json!({"id": "bare", "kind": "custom", "base_url": upstream.base_url()});
    let _added: Value = app.ask("provider.add", args).await;
    let report = test(json!({"id": "bare"})).await;
    assert_eq!(
        states(&report),
        all([Skipped, Failed, Skipped, Skipped, Skipped, Skipped])
    );
    assert_eq!(upstream.asked().len(), before, "without a key nobody is asked");

    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let args = json!({"id": "gone", "kind": "custom", "base_url": base_url, "no_key": true});
    let _added: Value = app.ask("provider.add", args).await;
    let report = test(json!({"id": "gone"})).await;
    assert_eq!(
        states(&report),
        all([Failed, Skipped, Skipped, Skipped, Skipped, Skipped])
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_holds_at_once() {
    let upstream = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &upstream).await;
    let other = "sk-canary-other-1234567890";
    let view: ProviderView = app
        .ask("provider.set_key", json!({"id": "mock", "key": other}))
        .await;
    assert!(
        view.provider
            .key_hint
            .as_deref()
            .is_some_and(|hint| other.ends_with(hint.trim_start_matches(['.', '\u{2026}', '*']))),
        "{view:?}"
    );
    upstream.will(Reply::json(200, &json!({"data": []})));
    let _list: ModelList = app
        .ask("provider.models", json!({"id": "mock", "refresh": true}))
        .await;
    assert_eq!(
        upstream.last().header("authorization"),
        Some(format!("Bearer {other}").as_str())
    );
    assert!(!app.disk_holds(other));
    app.finish().await;
}
