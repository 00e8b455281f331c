//! Providers and their keys.

use domain::FailureKind;
use gateway::control::{CatalogueEntry, CheckState, ModelList, ProviderReport, ProviderView};
use serde_json::{Value, json};

use crate::support::app::CANARY;
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
async fn a_test_says_what_works() {
    let upstream = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &upstream).await;
    upstream.will(Reply::json(200, &json!({"data": [{"id": "m1"}]})));
    let report: ProviderReport = app.ask("provider.test", json!({"id": "mock"})).await;
    assert!(report.ok, "{:#?}", report.checks);
    assert_eq!(
        report
            .checks
            .iter()
            .map(|check| check.name.as_str())
            .collect::<Vec<_>>(),
        ["models", "call"]
    );
    assert!(app.calls().await.is_empty(), "it is nobody's call");

    upstream.will(Reply::refusal(401, "invalid_api_key", "No."));
    let report: ProviderReport = app.ask("provider.test", json!({"id": "mock"})).await;
    assert!(!report.ok);
    assert_eq!(
        (report.checks[0].name.as_str(), report.checks[0].state),
        ("key", CheckState::Failed)
    );

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
        Some(format!("Bearer {other}").as_str()),
        "at once"
    );
    assert!(!app.disk_holds(other));
    app.finish().await;
}
