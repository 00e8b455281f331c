//! Client keys: the secret is shown once.

use domain::FailureKind;
use gateway::control::{ClientKeyView, CreatedClientKey};
use serde_json::{Value, json};

use crate::support::{Provider, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_shown_once_and_kept_nowhere() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let args = json!({"name": " editor ", "agents": ["reviewer"], "rpm": 30, "budgets": [{"cap": 1_000_000, "per": "month"}]});
    let made: CreatedClientKey = app.ask("key.create", args).await;
    assert!(
        made.secret.starts_with("sk-ink-") && made.secret.len() == 56,
        "{}",
        made.secret.len()
    );
    assert_eq!(made.key.key.name, "editor");
    assert!(made.secret.ends_with(&made.key.key.hint) && made.key.key.hint.len() == 4);
    assert_eq!(made.key.agent_slugs, ["reviewer"]);

    for (name, args) in [
        ("key.list", json!({})),
        ("key.get", json!({"key": "editor"})),
        ("key.get", json!({"key": made.id})),
        ("app.status", json!({})),
        ("app.doctor", json!({})),
    ] {
        let told = app.run(name, args).await.unwrap().to_string();
        assert!(
            !told.contains(&made.secret) && !told.contains(&made.secret[7..20]),
            "{name}"
        );
    }
    assert_eq!(
        app.chat(&made.secret, &crate::v1::hi("reviewer")).await.status(),
        200
    );
    let used: ClientKeyView = app.ask("key.get", json!({"key": "editor"})).await;
    assert!(used.key.last_used_at.is_some());

    let _gone: Value = app.ask("key.revoke", json!({"key": made.id})).await;
    let left: Vec<ClientKeyView> = app.ask("key.list", json!({})).await;
    assert!(left.is_empty());
    assert_eq!(
        app.chat(&made.secret, &crate::v1::hi("reviewer")).await.status(),
        401
    );
    assert_eq!(
        app.refused("key.revoke", json!({"key": "editor"})).await,
        FailureKind::NotFound
    );
    assert!(!app.disk_holds(&made.secret), "only its digest was ever kept");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_breaks_a_rule_is_not_made() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    for args in [
        json!({"name": " "}),
        json!({"name": "n".repeat(101)}),
        json!({"name": "x", "rpm": 0}),
        json!({"name": "x", "tpm": 0}),
        json!({"name": "x", "concurrency": 0}),
        json!({"name": "x", "origins": ["*"]}),
    ] {
        assert_eq!(
            app.refused("key.create", args.clone()).await,
            FailureKind::InvalidRequest,
            "{args}"
        );
    }
    for field in ["agents", "aliases"] {
        let nobody = if field == "agents" {
            json!(["nobody"])
        } else {
            json!([["gpt-4o", "nobody"]])
        };
        let args = json!({"name": "x", field: nobody});
        assert_eq!(
            app.refused("key.create", args).await,
            FailureKind::ModelNotFound,
            "{field}"
        );
    }
    let none: Vec<ClientKeyView> = app.ask("key.list", json!({})).await;
    assert!(none.is_empty());
    // two of one name: an id is needed to say which
    let _one = app.key_with(json!({"name": "twin"})).await;
    let _two = app.key_with(json!({"name": "twin"})).await;
    assert_eq!(
        app.refused("key.revoke", json!({"key": "twin"})).await,
        FailureKind::InvalidRequest
    );
    app.finish().await;
}
